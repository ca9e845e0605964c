/* engine/url.c -- reads the URL forms that orm/engine.h documents.
 *
 * PostgreSQL's keywords are libpq's (PostgreSQL documentation, "Parameter Key Words"); several hosts are given to it as lists
 * with commas, as it expects them. SQLite's databases in memory use its memdb file system, which the connections of one
 * process share by name.
 * SPDX-License-Identifier: MIT */
#include "engine/url.h"

#include "base/error.h"
#include "base/text.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { MOST_KEYWORDS = 64 };

typedef struct reading {
    orm__arena *arena;
    orm__url *url;
    orm_error *error;
    const char *keywords[MOST_KEYWORDS + 1], *values[MOST_KEYWORDS + 1];
    size_t count;
} reading;

static orm_status read_sqlite(reading *r, const char *rest);
static orm_status read_postgresql(reading *r, const char *rest);
static orm_status read_user(reading *r, const char *start, const char *end);
static orm_status read_hosts(reading *r, const char *start, const char *end);
static orm_status read_host(reading *r, const char *start, const char *end, orm__text *hosts, orm__text *ports, bool first);
static orm_status read_options(reading *r, const char *start);
static orm_status add(reading *r, const char *keyword, const char *value);
static orm_status decode(reading *r, const char *start, const char *end, const char **decoded);
static int digit(char c);
static const char *hide_password(orm__arena *arena, const char *text);

orm_status orm__url_parse(const char *text, orm__arena *arena, orm__url *url, orm_error *error)
{
    reading r = {.arena = arena, .url = url, .error = error};
    memset(url, 0, sizeof *url);
    if (!text)
        return orm__error_set(error, ORM_MISUSE, "no database URL was given");
    const char *colon = strstr(text, "://"), *plus = strchr(text, '+');
    size_t length = colon ? (size_t)((plus && plus < colon ? plus : colon) - text) : 0;
    if (!(url->shown = hide_password(arena, text)))
        return orm__error_no_memory(error);
    if (length == 6 && memcmp(text, "sqlite", 6) == 0)
        return read_sqlite(&r, colon + 3);
    if ((length == 10 && memcmp(text, "postgresql", 10) == 0) || (length == 8 && memcmp(text, "postgres", 8) == 0))
        return read_postgresql(&r, colon + 3);
    return orm__error_set(error, ORM_MISUSE, "the database URL must begin with postgresql:// or sqlite://, not '%.*s'",
                          (int)(colon ? colon - text : 20), colon ? text : url->shown);
}

/* --- SQLite ------------------------------------------------------------------------------------------------------------- */

static orm_status read_sqlite(reading *r, const char *rest)
{
    static atomic_uint databases;
    const char *question = strchr(rest, '?'), *end = question ? question : rest + strlen(rest), *path;
    r->url->address.dialect = ORM_SQLITE;
    if (question && question[1])
        return orm__error_set(r->error, ORM_MISUSE, "sqlite URLs take no options: '%s'", question);
    if (rest != end && *rest != '/')
        return orm__error_set(r->error, ORM_MISUSE,
                              "a sqlite URL has three slashes before a relative path and four before an absolute one: sqlite:///%s", rest);
    ORM_TRY(decode(r, rest == end ? rest : rest + 1, end, &path));
    if (*path && strcmp(path, ":memory:") != 0) {
        r->url->address.file = path;
        return ORM_OK;
    }
    r->url->address.memory = true;
    r->url->address.file = orm__arena_printf(r->arena, "file:/orm-%ld-%u?vfs=memdb", (long)getpid(), atomic_fetch_add(&databases, 1u));
    return r->url->address.file ? ORM_OK : orm__error_no_memory(r->error);
}

/* --- PostgreSQL --------------------------------------------------------------------------------------------------------- */

/* user:password@host:port,host:port/name?keyword=value&... */
static orm_status read_postgresql(reading *r, const char *rest)
{
    const char *end = rest + strcspn(rest, "/?"), *at = NULL;
    for (const char *c = rest; c < end; c++)
        if (*c == '@')
            at = c;
    if (at)
        ORM_TRY(read_user(r, rest, at));
    ORM_TRY(read_hosts(r, at ? at + 1 : rest, end));
    if (*end == '/') {
        const char *name = end + 1;
        end = name + strcspn(name, "?");
        const char *database;
        ORM_TRY(decode(r, name, end, &database));
        if (*database)
            ORM_TRY(add(r, "dbname", database));
    }
    if (*end == '?')
        ORM_TRY(read_options(r, end + 1));
    size_t size = (r->count + 1) * sizeof *r->keywords;
    const char **keywords = orm__arena_alloc(r->arena, size), **values = orm__arena_alloc(r->arena, size);
    if (!keywords || !values)
        return orm__error_no_memory(r->error);
    memcpy(keywords, r->keywords, size);
    memcpy(values, r->values, size);
    r->url->address.dialect = ORM_POSTGRESQL;
    r->url->address.keywords = keywords;
    r->url->address.values = values;
    return ORM_OK;
}

static orm_status read_user(reading *r, const char *start, const char *end)
{
    const char *colon = memchr(start, ':', (size_t)(end - start)), *user, *password;
    ORM_TRY(decode(r, start, colon ? colon : end, &user));
    if (*user)
        ORM_TRY(add(r, "user", user));
    if (!colon)
        return ORM_OK;
    ORM_TRY(decode(r, colon + 1, end, &password));
    return add(r, "password", password);
}

static orm_status read_hosts(reading *r, const char *start, const char *end)
{
    orm__text hosts = {0}, ports = {0};
    orm_status status = ORM_OK;
    if (start == end)
        return ORM_OK;
    for (const char *next = start; !status; start = next + 1) {
        next = memchr(start, ',', (size_t)(end - start));
        if (!next)
            next = end;
        status = read_host(r, start, next, &hosts, &ports, hosts.length == 0 && ports.length == 0);
        if (next == end)
            break;
    }
    if (!status && (hosts.failed || ports.failed))
        status = orm__error_no_memory(r->error);
    const char *host_list = status ? NULL : orm__arena_strdup(r->arena, hosts.data ? hosts.data : "");
    const char *port_list = status ? NULL : orm__arena_strdup(r->arena, ports.data ? ports.data : "");
    if (!status && (!host_list || !port_list))
        status = orm__error_no_memory(r->error);
    if (!status && *host_list)
        status = add(r, "host", host_list);
    if (!status && strspn(port_list, ",") < strlen(port_list))
        status = add(r, "port", port_list);
    orm__text_release(&hosts);
    orm__text_release(&ports);
    return status;
}

static orm_status read_host(reading *r, const char *start, const char *end, orm__text *hosts, orm__text *ports, bool first)
{
    const char *host_end = end, *port = NULL, *host;
    if (start < end && *start == '[') {                                        /* [::1] */
        const char *bracket = memchr(start, ']', (size_t)(end - start));
        if (!bracket || (bracket + 1 < end && bracket[1] != ':'))
            return orm__error_set(r->error, ORM_MISUSE, "the database URL has an address in brackets that does not end: '%.*s'",
                                  (int)(end - start), start);
        port = bracket + 1 < end ? bracket + 2 : NULL;
        start++;
        host_end = bracket;
    } else {
        const char *colon = memchr(start, ':', (size_t)(end - start));
        port = colon ? colon + 1 : NULL;
        host_end = colon ? colon : end;
    }
    ORM_TRY(decode(r, start, host_end, &host));
    for (const char *c = port; c && c < end; c++)
        if (*c < '0' || *c > '9')
            return orm__error_set(r->error, ORM_MISUSE, "the database URL has a port that is no number: '%.*s'", (int)(end - port), port);
    if (!first) {
        orm__text_char(hosts, ',');
        orm__text_char(ports, ',');
    }
    orm__text_string(hosts, host);
    orm__text_bytes(ports, port ? port : "", port ? (size_t)(end - port) : 0);
    return ORM_OK;
}

static orm_status read_options(reading *r, const char *start)
{
    while (*start) {
        const char *end = start + strcspn(start, "&"), *equals = memchr(start, '=', (size_t)(end - start)), *keyword, *value;
        if (!equals || equals == start)
            return orm__error_set(r->error, ORM_MISUSE, "the database URL has an option without a value: '%.*s'",
                                  (int)((equals ? equals : end) - start), start);
        ORM_TRY(decode(r, start, equals, &keyword));
        ORM_TRY(decode(r, equals + 1, end, &value));
        ORM_TRY(add(r, keyword, value));
        start = *end ? end + 1 : end;
    }
    return ORM_OK;
}

static orm_status add(reading *r, const char *keyword, const char *value)
{
    if (r->count == MOST_KEYWORDS)
        return orm__error_set(r->error, ORM_MISUSE, "the database URL has more than %d options", MOST_KEYWORDS);
    r->keywords[r->count] = keyword;
    r->values[r->count++] = value;
    return ORM_OK;
}

/* --- percent signs and passwords ------------------------------------------------------------------------------------------ */

static orm_status decode(reading *r, const char *start, const char *end, const char **decoded)
{
    char *text = orm__arena_alloc(r->arena, (size_t)(end - start) + 1), *to = text;
    if (!text)
        return orm__error_no_memory(r->error);
    for (const char *c = start; c < end; c++) {
        if (*c != '%') {
            *to++ = *c;
            continue;
        }
        int high = end - c > 2 ? digit(c[1]) : -1, low = high < 0 ? -1 : digit(c[2]);
        if (low < 0 || (high == 0 && low == 0))
            return orm__error_set(r->error, ORM_MISUSE, "the database URL has a '%%' that two hexadecimal digits do not follow (write %%25 for it)");
        *to++ = (char)(high * 16 + low);
        c += 2;
    }
    *to = '\0';
    *decoded = text;
    return ORM_OK;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Between the first colon and the last @ of the authority, and behind password= among the options. */
static const char *hide_password(orm__arena *arena, const char *text)
{
    const char *slashes = strstr(text, "://"), *start = slashes ? slashes + 3 : text;
    const char *end = start + strcspn(start, "/?"), *at = NULL, *colon = memchr(start, ':', (size_t)(end - start));
    for (const char *c = start; c < end; c++)
        if (*c == '@')
            at = c;
    orm__text shown = {0};
    if (at && colon && colon < at) {
        orm__text_bytes(&shown, text, (size_t)(colon + 1 - text));
        orm__text_string(&shown, "***");
        text = at;
    }
    for (const char *secret; (secret = strstr(text, "password=")) != NULL;) {
        orm__text_bytes(&shown, text, (size_t)(secret + 9 - text));
        orm__text_string(&shown, "***");
        text = secret + 9 + strcspn(secret + 9, "&");
    }
    orm__text_string(&shown, text);
    const char *copy = shown.failed ? NULL : orm__arena_strdup(arena, shown.data);
    orm__text_release(&shown);
    return copy;
}
