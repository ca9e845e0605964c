/* engine/url.c -- reads the URL forms that orm/engine.h documents.
 *
 * PostgreSQL's keywords are libpq's (PostgreSQL documentation, "Parameter Key Words"); several hosts are given to it as
 * lists with commas, as it expects them. SQLite's databases in memory use its memdb file system, which the connections
 * of one process share by name. No message repeats a part of the URL in which a misplaced password could stand.
 * SPDX-License-Identifier: MIT */
#include "engine/url.h"

#include "base/error.h"
#include "base/text.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define LENGTH_OF(array) (sizeof(array) / sizeof *(array))
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { MOST_KEYWORDS = 64, LONGEST_NAME = 40, LARGEST_PORT = 65535, FARTHEST_SUGGESTION = 3 };

typedef struct reading {
    orm__arena *arena;
    orm__url *url;
    orm_error *error;
    const char *keywords[MOST_KEYWORDS + 1], *values[MOST_KEYWORDS + 1];
    size_t count, first_option; /* the keywords from this one on come from behind the question mark */
    orm__text shown;
    const char *to_show; /* what of the URL is not in `shown` yet */
} reading;

static orm_status read_url(reading *r, const char *text);
static orm_status refuse_scheme(reading *r, const char *scheme, size_t length);
static size_t distance(const char *a, size_t length, const char *b);
static orm_status read_sqlite(reading *r, const char *rest);
static orm_status name_memory(reading *r);
static orm_status read_postgresql(reading *r, const char *rest);
static const char *end_of_user(const char *rest);
static bool is_option(const char *text);
static bool are_hosts(const char *start, const char *end);
static orm_status read_user(reading *r, const char *start, const char *end);
static orm_status read_hosts(reading *r, const char *start, const char *end);
static orm_status read_host_list(reading *r, const char *start, const char *end, orm__text *hosts, orm__text *ports);
static orm_status read_host(reading *r, const char *start, const char *end, orm__text *hosts, orm__text *ports);
static bool is_port(const char *start, const char *end);
static orm_status add_list(reading *r, const char *keyword, const orm__text *list);
static orm_status read_options(reading *r, const char *start);
static orm_status read_option(reading *r, const char *start, const char *end);
static bool is_secret(const char *keyword);
static orm_status add_database(reading *r, const char *name);
static void drop_database(reading *r);
static orm_status add(reading *r, const char *keyword, const char *value);
static orm_status keep_keywords(reading *r);
static orm_status decode(reading *r, const char *start, const char *end, const char **decoded);
static int digit(char c);
static void hide(reading *r, const char *start, const char *end);

/* What a URL may begin with. */
static const struct {
    const char *scheme;
    orm_status (*read)(reading *r, const char *rest);
} forms[] = {{"sqlite", read_sqlite}, {"postgresql", read_postgresql}, {"postgres", read_postgresql}};

orm_status orm__url_parse(const char *text, orm__arena *arena, orm__url *url, orm_error *error)
{
    memset(url, 0, sizeof *url);
    if (!text)
        return orm__error_set(error, ORM_MISUSE, "no database URL was given");
    reading r = {.arena = arena, .url = url, .error = error, .to_show = text};
    orm_status status = read_url(&r, text);
    orm__text_string(&r.shown, r.to_show);
    if (!status && (r.shown.failed || !(url->shown = orm__arena_strdup(arena, r.shown.data))))
        status = orm__error_no_memory(error);
    orm__text_release(&r.shown);
    return status;
}

/* scheme+driver://rest */
static orm_status read_url(reading *r, const char *text)
{
    size_t whole = strspn(text, LETTERS "0123456789+-._"), length = strcspn(text, "+:");
    if (whole == 0 || strncmp(text + whole, "://", 3) != 0)
        return orm__error_set(r->error, ORM_MISUSE, "the database URL must begin with sqlite:// or postgresql://");
    for (size_t i = 0; i < LENGTH_OF(forms); i++)
        if (strlen(forms[i].scheme) == length && memcmp(text, forms[i].scheme, length) == 0)
            return forms[i].read(r, text + whole + 3);
    return refuse_scheme(r, text, length);
}

static orm_status refuse_scheme(reading *r, const char *scheme, size_t length)
{
    const char *nearest = NULL;
    size_t least = FARTHEST_SUGGESTION + 1;
    for (size_t i = 0; i < LENGTH_OF(forms); i++) {
        size_t far = distance(scheme, length, forms[i].scheme);
        if (far < least) {
            least = far;
            nearest = forms[i].scheme;
        }
    }
    return orm__error_set(r->error, ORM_MISUSE,
                          "unknown database '%.*s' in the URL: known are sqlite and postgresql%s%s%s",
                          (int)(length < LONGEST_NAME ? length : LONGEST_NAME), scheme,
                          nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* How many letters must be added, removed or changed to make one of the other; upper case is no difference. */
static size_t distance(const char *a, size_t length, const char *b)
{
    size_t row[LONGEST_NAME + 1], width = strlen(b);
    if (length > LONGEST_NAME)
        return LONGEST_NAME;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 0; i < length; i++) {
        size_t diagonal = row[0]++;
        for (size_t j = 0; j < width; j++) {
            size_t changed = diagonal + ((a[i] | 0x20) != b[j]),
                   one_off = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            diagonal = row[j + 1];
            row[j + 1] = changed < one_off ? changed : one_off;
        }
    }
    return row[width];
}

/* --- SQLite ------------------------------------------------------------------------------------------------------ */

static orm_status read_sqlite(reading *r, const char *rest)
{
    const char *end = rest + strcspn(rest, "?"), *path;
    r->url->address.dialect = ORM_SQLITE;
    if (*end && end[1]) {
        size_t length = strcspn(end + 1, "=&");
        return orm__error_set(r->error, ORM_MISUSE, "a sqlite URL knows no option '%.*s', nor any other",
                              (int)(length < LONGEST_NAME ? length : LONGEST_NAME), end + 1);
    }
    if (rest == end)
        return name_memory(r);
    if (*rest != '/')
        return orm__error_set(
            r->error, ORM_MISUSE,
            "a sqlite URL has three slashes before a relative path (sqlite:///blog.db) and four before "
            "an absolute one (sqlite:////var/lib/blog.db)");
    ORM_TRY(decode(r, rest + 1, end, &path));
    if (!*path || strcmp(path, ":memory:") == 0)
        return name_memory(r);
    if (strncmp(path, "file:", 5) == 0) /* SQLite would take it for a URI of its own */
        path = orm__arena_printf(r->arena, "./%s", path);
    r->url->address.file = path;
    return path ? ORM_OK : orm__error_no_memory(r->error);
}

static orm_status name_memory(reading *r)
{
    static atomic_uint databases;
    r->url->address.memory = true;
    r->url->address.file = orm__arena_printf(r->arena, "file:/orm-%ld-%u?vfs=memdb", (long)getpid(),
                                             atomic_fetch_add(&databases, 1u));
    return r->url->address.file ? ORM_OK : orm__error_no_memory(r->error);
}

/* --- PostgreSQL -------------------------------------------------------------------------------------------------- */

/* user:password@host:port,host:port/name?keyword=value&... */
static orm_status read_postgresql(reading *r, const char *rest)
{
    const char *at = end_of_user(rest), *name;
    bool with_password = at && memchr(rest, ':', (size_t)(at - rest));
    r->url->address.dialect = ORM_POSTGRESQL;
    if (at) {
        ORM_TRY(read_user(r, rest, at));
        rest = at + 1;
    }
    const char *end = rest + strcspn(rest, "/?");
    ORM_TRY(read_hosts(r, rest, end));
    if (*end == '/') {
        rest = end + 1;
        end = rest + strcspn(rest, "?");
        if (with_password && memchr(rest, '@', (size_t)(end - rest))) /* which of both ends the password? */
            return orm__error_set(r->error, ORM_MISUSE,
                                  "the database URL has an '@' behind its host: write %%40 for one in a name or a "
                                  "password, and %%2F for a slash there");
        ORM_TRY(decode(r, rest, end, &name));
        if (*name)
            ORM_TRY(add_database(r, name));
    }
    if (*end == '?')
        ORM_TRY(read_options(r, end + 1));
    return keep_keywords(r);
}

/* The @ behind user and password, or NULL. SQLAlchemy's passwords may hold a bare / or ?, which therefore need not end
 * this part. */
static const char *end_of_user(const char *rest)
{
    const char *end = rest + strcspn(rest, "/?"), *at = NULL;
    for (const char *c = rest; c < end; c++)
        if (*c == '@')
            at = c;
    if (at || *rest == '[' || !memchr(rest, ':', (size_t)(end - rest)))
        return at;
    at = strchr(end, '@');
    const char *mark = at ? memchr(end, '?', (size_t)(at - end)) : NULL;
    if (!at || (mark && is_option(mark + 1) && are_hosts(rest, end)))
        return NULL;
    for (const char *c = at; *c && *c != '/' && *c != '?'; c++)
        if (*c == '@')
            at = c;
    return at;
}

static bool is_option(const char *text)
{
    size_t length = strspn(text, LETTERS "0123456789_%");
    return length > 0 && text[length] == '=';
}

/* Whether each colon, other than those in brackets, is followed by a number or nothing. */
static bool are_hosts(const char *start, const char *end)
{
    for (const char *c = start; c < end; c++) {
        const char *bracket = *c == '[' && (c == start || c[-1] == ',') ? memchr(c, ']', (size_t)(end - c)) : NULL;
        c = bracket ? bracket : c;
        if (*c != ':')
            continue;
        c += 1 + strspn(c + 1, "0123456789");
        if (c < end && *c != ',')
            return false;
    }
    return true;
}

static orm_status read_user(reading *r, const char *start, const char *end)
{
    const char *colon = memchr(start, ':', (size_t)(end - start)), *user, *password;
    ORM_TRY(decode(r, start, colon ? colon : end, &user));
    if (*user)
        ORM_TRY(add(r, "user", user));
    if (!colon)
        return ORM_OK;
    hide(r, colon + 1, end);
    ORM_TRY(decode(r, colon + 1, end, &password));
    return add(r, "password", password);
}

static orm_status read_hosts(reading *r, const char *start, const char *end)
{
    orm__text hosts = {0}, ports = {0};
    orm_status status = start == end ? ORM_OK : read_host_list(r, start, end, &hosts, &ports);
    if (!status)
        status = add_list(r, "host", &hosts);
    if (!status)
        status = add_list(r, "port", &ports);
    orm__text_release(&hosts);
    orm__text_release(&ports);
    return status;
}

static orm_status read_host_list(reading *r, const char *start, const char *end, orm__text *hosts, orm__text *ports)
{
    for (;;) {
        const char *comma = memchr(start, ',', (size_t)(end - start));
        ORM_TRY(read_host(r, start, comma ? comma : end, hosts, ports));
        if (!comma)
            return ORM_OK;
        orm__text_char(hosts, ',');
        orm__text_char(ports, ',');
        start = comma + 1;
    }
}

static orm_status read_host(reading *r, const char *start, const char *end, orm__text *hosts, orm__text *ports)
{
    const char *host_end, *host;
    if (start < end && *start == '[') { /* [::1] */
        const char *bracket = memchr(start, ']', (size_t)(end - start));
        if (!bracket || (bracket + 1 < end && bracket[1] != ':'))
            return orm__error_set(r->error, ORM_MISUSE,
                                  "the database URL has an address in brackets that does not end with ']' or ']:port'");
        ORM_TRY(decode(r, start + 1, bracket, &host));
        host_end = bracket + 1;
    } else {
        const char *colon = memchr(start, ':', (size_t)(end - start));
        host_end = colon ? colon : end;
        ORM_TRY(decode(r, start, host_end, &host));
    }
    const char *port = host_end < end ? host_end + 1 : end;
    if (port < end && !is_port(port, end))
        return orm__error_set(
            r->error, ORM_MISUSE,
            "the database URL has a port that is no number from 1 to %d; it reads user:password@host:port",
            LARGEST_PORT);
    orm__text_string(hosts, host);
    orm__text_bytes(ports, port, (size_t)(end - port));
    return ORM_OK;
}

static bool is_port(const char *start, const char *end)
{
    int number = 0;
    for (; start < end && *start >= '0' && *start <= '9' && number <= LARGEST_PORT; start++)
        number = number * 10 + (*start - '0');
    return start == end && number >= 1 && number <= LARGEST_PORT;
}

/* A list of nothing but commas says nothing. */
static orm_status add_list(reading *r, const char *keyword, const orm__text *list)
{
    if (list->failed)
        return orm__error_no_memory(r->error);
    if (!list->data || strspn(list->data, ",") == list->length)
        return ORM_OK;
    const char *copy = orm__arena_strdup(r->arena, list->data);
    return copy ? add(r, keyword, copy) : orm__error_no_memory(r->error);
}

static orm_status read_options(reading *r, const char *start)
{
    r->first_option = r->count;
    while (*start) {
        const char *end = start + strcspn(start, "&");
        ORM_TRY(read_option(r, start, end));
        start = *end ? end + 1 : end;
    }
    return ORM_OK;
}

/* An option goes over what stood before the question mark: libpq takes the last. Among themselves they must differ. */
static orm_status read_option(reading *r, const char *start, const char *end)
{
    const char *equals = memchr(start, '=', (size_t)(end - start)), *keyword, *value;
    if (!equals || equals == start)
        return orm__error_set(r->error, ORM_MISUSE,
                              "the database URL has an option without a value: they read name=value&name=value");
    ORM_TRY(decode(r, start, equals, &keyword));
    if (keyword[strspn(keyword, LETTERS "0123456789_")])
        return orm__error_set(r->error, ORM_MISUSE,
                              "the database URL has an option whose name is none: of letters, digits and '_'");
    for (size_t i = r->first_option; i < r->count; i++)
        if (strcmp(r->keywords[i], keyword) == 0)
            return orm__error_set(r->error, ORM_MISUSE,
                                  "the database URL has the option '%.*s' twice; several hosts read host1:1,host2:2",
                                  LONGEST_NAME, keyword);
    if (is_secret(keyword))
        hide(r, equals + 1, end);
    ORM_TRY(decode(r, equals + 1, end, &value));
    return strcmp(keyword, "dbname") == 0 ? add_database(r, value) : add(r, keyword, value);
}

/* Misspelt ones too: libpq refuses them, but a replica's URL is shown before it is tried. */
static bool is_secret(const char *keyword)
{
    static const char *const secrets[] = {"password", "passwd", "secret", "scram_client_key", "scram_server_key"};
    char small[LONGEST_NAME + 1];
    size_t length = 0;
    for (char c; length < LONGEST_NAME && (c = keyword[length]) != '\0'; length++)
        small[length] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    small[length] = '\0';
    for (size_t i = 0; i < LENGTH_OF(secrets); i++)
        if (strstr(small, secrets[i]))
            return true;
    return false;
}

/* A database's name that libpq would take for a whole connection string becomes one, with just this name. */
static orm_status add_database(reading *r, const char *name)
{
    drop_database(r);
    if (!strchr(name, '=') && !strstr(name, "://"))
        return add(r, "dbname", name);
    orm__text string = {0};
    orm__text_string(&string, "dbname='");
    for (; *name; name++) {
        if (*name == '\'' || *name == '\\')
            orm__text_char(&string, '\\');
        orm__text_char(&string, *name);
    }
    orm__text_char(&string, '\'');
    orm_status status = add_list(r, "dbname", &string);
    orm__text_release(&string);
    return status;
}

/* The one before the question mark gives way: of several, libpq takes only the first for a connection string. */
static void drop_database(reading *r)
{
    for (size_t i = 0; i < r->first_option; i++) {
        if (strcmp(r->keywords[i], "dbname") != 0)
            continue;
        size_t after = --r->count - i;
        memmove(&r->keywords[i], &r->keywords[i + 1], after * sizeof *r->keywords);
        memmove(&r->values[i], &r->values[i + 1], after * sizeof *r->values);
        r->first_option--;
        return;
    }
}

static orm_status add(reading *r, const char *keyword, const char *value)
{
    if (r->count == MOST_KEYWORDS)
        return orm__error_set(r->error, ORM_MISUSE, "the database URL has more than %d options", MOST_KEYWORDS);
    r->keywords[r->count] = keyword;
    r->values[r->count++] = value;
    return ORM_OK;
}

static orm_status keep_keywords(reading *r)
{
    size_t size = (r->count + 1) * sizeof *r->keywords;
    const char **keywords = orm__arena_alloc(r->arena, size), **values = orm__arena_alloc(r->arena, size);
    if (!keywords || !values)
        return orm__error_no_memory(r->error);
    memcpy(keywords, r->keywords, size);
    memcpy(values, r->values, size);
    r->url->address.keywords = keywords;
    r->url->address.values = values;
    return ORM_OK;
}

/* --- percent signs and passwords --------------------------------------------------------------------------------- */

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
            return orm__error_set(
                r->error, ORM_MISUSE,
                "the database URL has a '%%' that two hexadecimal digits, other than 00, do not follow "
                "(write %%25 for the sign itself)");
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

/* Called in the order in which the secrets stand. */
static void hide(reading *r, const char *start, const char *end)
{
    orm__text_bytes(&r->shown, r->to_show, (size_t)(start - r->to_show));
    orm__text_string(&r->shown, "***");
    r->to_show = end;
}
