/* postgresql_refusal.c -- why a connection to PostgreSQL was not made, from what libpq complains.
 *
 * libpq (15) keeps no SQLSTATE of a server that refuses a connection, but writes it when it is told to be verbose,
 * which postgresql_connect.c does: "FATAL:  28P01: password authentication failed", and a line with the place in the
 * server's source. What libpq says by itself is known by its English text; in other languages it passes for a lost
 * connection.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_link.h"

#include "base/error.h"

#include <string.h>

enum { STATE = 5 };

static orm_status status_of_line(const char *line, size_t length, const char *sqlstate);
static orm_status status_of_state(const char *sqlstate);
static const char *find_state(const char *line, size_t length);
static bool is_place(const char *line, size_t length);
static bool contains(const char *line, size_t length, const char *text);
static void add(orm__text *shown, const char *line, size_t length, const char *state);

/* Of several hosts or attempts the first that says something counts; that there was no TLS says less than all else,
 * since libpq may try without after it was refused with. */
orm_status orm__pg_read_refusal(const char *complaint, orm__text *shown, char *sqlstate)
{
    orm_status found = ORM_DISCONNECTED;
    for (size_t length; *complaint; complaint += length + (complaint[length] == '\n')) {
        length = strcspn(complaint, "\n");
        if (is_place(complaint, length))
            continue;
        const char *state = find_state(complaint, length);
        orm_status status = status_of_line(complaint, length, state);
        if (status != ORM_DISCONNECTED && (found == ORM_DISCONNECTED || (found == ORM_TLS && status != ORM_TLS))) {
            found = status;
            memcpy(sqlstate, state ? state : "", state ? STATE : 0);
            sqlstate[state ? STATE : 0] = '\0';
        }
        add(shown, complaint, length, state);
    }
    return found;
}

static orm_status status_of_line(const char *line, size_t length, const char *sqlstate)
{
    static const struct {
        const char *text;
        orm_status status;
    } phrases[] = {
        {"no encryption", ORM_TLS},
        {"SSL off", ORM_TLS}, /* the same, before PostgreSQL 12 */
        {"server does not support SSL", ORM_TLS},
        {"SSL error", ORM_TLS},
        {"SSL negotiation", ORM_TLS},
        {"server certificate", ORM_TLS}, /* words with a space between: names of hosts have none */
        {"root certificate", ORM_TLS},
        {"client certificate", ORM_TLS},
        {"certificate file", ORM_TLS},
        {"private key file", ORM_TLS},
        {"no password supplied", ORM_AUTHENTICATION},
        {"authentication method", ORM_AUTHENTICATION},
        {"session is read-only", ORM_READ_ONLY},
        {"server is in hot standby mode", ORM_READ_ONLY},
    };
    orm_status by_state = sqlstate ? status_of_state(sqlstate) : ORM_DISCONNECTED;
    bool vague = !sqlstate || (strncmp(sqlstate, "28000", STATE) == 0 &&
                               !contains(line, length, "\"[local]\"")); /* a socket has no TLS */
    for (size_t i = 0; vague && i < sizeof phrases / sizeof *phrases; i++)
        if (contains(line, length, phrases[i].text))
            return phrases[i].status;
    return by_state;
}

static orm_status status_of_state(const char *sqlstate)
{
    static const struct {
        char code[STATE + 1];
        orm_status status;
    } meanings[] = {
        {"25006", ORM_READ_ONLY},      {"28", ORM_AUTHENTICATION}, {"3D000", ORM_NO_DATABASE},
        {"42501", ORM_AUTHENTICATION}, {"53100", ORM_DISK_FULL},   {"53300", ORM_TOO_MANY_CONNECTIONS},
        {"57P0", ORM_STARTING},
    };
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strncmp(sqlstate, meanings[i].code, strlen(meanings[i].code)) == 0)
            return meanings[i].status;
    return ORM_DISCONNECTED;
}

/* Behind the severity, in whatever language that is: ":  28P01: ". */
static const char *find_state(const char *line, size_t length)
{
    static const char characters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (const char *c = line; c + 3 + STATE + 2 <= line + length; c++)
        if (memcmp(c, ":  ", 3) == 0 && strspn(c + 3, characters) == STATE && memcmp(c + 3 + STATE, ": ", 2) == 0)
            return c + 3;
    return NULL;
}

/* "LOCATION:  auth_failed, auth.c:330" */
static bool is_place(const char *line, size_t length)
{
    size_t end = length;
    while (end > 0 && line[end - 1] >= '0' && line[end - 1] <= '9')
        end--;
    return end < length && end > 3 && memcmp(line + end - 3, ".c:", 3) == 0;
}

static bool contains(const char *line, size_t length, const char *text)
{
    const char *found = strstr(line, text);
    return found && found < line + length;
}

/* Each line is a sentence. */
static void add(orm__text *shown, const char *line, size_t length, const char *state)
{
    size_t blank = strspn(line, "\t ");
    if (blank > length)
        blank = length;
    line += blank;
    length -= blank;
    size_t before = state ? (size_t)(state - line) : length, after = state ? before + STATE + 2 : length;
    if (shown->length > 0 && length > 0)
        orm__text_string(shown, strchr(".?!:", shown->data[shown->length - 1]) ? " " : ". ");
    orm__text_bytes(shown, line, before);
    orm__text_bytes(shown, line + after, length - after);
}
