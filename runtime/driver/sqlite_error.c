/* driver/sqlite_error.c -- from SQLite's codes and texts to statuses, SQLSTATEs, and the names in the texts.
 * SPDX-License-Identifier: MIT */
#include "driver/sqlite_error.h"

#include "base/error.h"

#include <string.h>

/* Extended codes before the primary ones that cover the rest. */
static const struct kind {
    int code;
    orm_status status;
    const char *sqlstate;
} kinds[] = {
    {SQLITE_CONSTRAINT_UNIQUE, ORM_CONSTRAINT, "23505"},
    {SQLITE_CONSTRAINT_PRIMARYKEY, ORM_CONSTRAINT, "23505"},
    {SQLITE_CONSTRAINT_ROWID, ORM_CONSTRAINT, "23505"},
    {SQLITE_CONSTRAINT_NOTNULL, ORM_CONSTRAINT, "23502"},
    {SQLITE_CONSTRAINT_CHECK, ORM_CONSTRAINT, "23514"},
    {SQLITE_CONSTRAINT_FOREIGNKEY, ORM_CONSTRAINT, "23503"},
    {SQLITE_CONSTRAINT, ORM_CONSTRAINT, "23000"},
    {SQLITE_BUSY_SNAPSHOT, ORM_SERIALIZATION, "40001"},
    {SQLITE_BUSY, ORM_TIMEOUT, "55P03"},
    {SQLITE_LOCKED, ORM_TIMEOUT, "55P03"},
    {SQLITE_INTERRUPT, ORM_TIMEOUT, "57014"},
    {SQLITE_NOMEM, ORM_NO_MEMORY, "53200"},
    {SQLITE_READONLY, ORM_READ_ONLY, "25006"},
    {SQLITE_FULL, ORM_DISK_FULL, "53100"},
    {SQLITE_IOERR, ORM_DATABASE, "58030"},
    {SQLITE_CANTOPEN, ORM_DATABASE, "58P01"},
    {SQLITE_CORRUPT, ORM_DATABASE, "XX001"},
    {SQLITE_NOTADB, ORM_DATABASE, "XX001"},
    {SQLITE_MISMATCH, ORM_DATABASE, "42804"},
    {SQLITE_TOOBIG, ORM_DATABASE, "54000"},
    {SQLITE_AUTH, ORM_DATABASE, "42501"},
    {SQLITE_PERM, ORM_DATABASE, "42501"},
    {SQLITE_MISUSE, ORM_MISUSE, "XX000"},
    {SQLITE_RANGE, ORM_MISUSE, "XX000"},
};
static const struct kind unknown = {SQLITE_ERROR, ORM_DATABASE, "XX000"};

/* What texts name: %t a table, %c a column (of several the first), %k a constraint. SQLite has one code for mistakes
 * in SQL; where a SQLSTATE stands here, it is told by the text. The first that matches counts. */
static const struct phrase {
    const char *pattern;
    orm_status status;
    const char *sqlstate;
} phrases[] = {
    {"UNIQUE constraint failed: index '%k'", ORM_OK, NULL},
    {"UNIQUE constraint failed: %t.%c", ORM_OK, NULL},
    {"NOT NULL constraint failed: %t.%c", ORM_OK, NULL},
    {"CHECK constraint failed: %k", ORM_OK, NULL},
    {"FOREIGN KEY constraint failed", ORM_CONSTRAINT, "23503"}, /* of ON DELETE RESTRICT the code says "trigger" */
    {"no such table: %t", ORM_SCHEMA, "42P01"},
    {"no such column: %c", ORM_SCHEMA, "42703"},
    {"table %t has no column named %c", ORM_SCHEMA, "42703"},
    {"table %t already exists", ORM_DATABASE, "42P07"},
    {"no such function: ", ORM_SCHEMA, "42883"},
    {"no such collation sequence: ", ORM_SCHEMA, "42704"},
    {"near \"", ORM_DATABASE, "42601"},
    {"integer overflow", ORM_DATABASE, "22003"},
    {"incomplete input", ORM_DATABASE, "42601"},
    {"cannot start a transaction within", ORM_DATABASE, "25001"},
};

static struct kind kind_of(int code);
static int position_in(sqlite3 *database, const char *sql);
static const struct phrase *find_phrase(const char *text, orm_error *names);
static bool match(const char *pattern, const char *text, orm_error *names);
static const char *end_of_name(const char *text, const char *pattern);
static void copy_name(orm_error *names, char what, const char *text, const char *end);

orm_status orm__sqlite_error(sqlite3 *database, const char *sql, orm_error *error)
{
    const char *text = sqlite3_errmsg(database);
    struct kind kind = kind_of(sqlite3_extended_errcode(database));
    orm_error names = {.status = ORM_OK};
    const struct phrase *phrase = find_phrase(text, &names);
    if (phrase && phrase->sqlstate && (kind.code == unknown.code || kind.code == SQLITE_CONSTRAINT))
        kind = (struct kind){kind.code, phrase->status, phrase->sqlstate};
    orm__error_set(error, kind.status, "%s: %s", orm_status_text(kind.status), text);
    if (!error)
        return kind.status;
    ORM__ERROR_COPY(error->sqlstate, kind.sqlstate);
    ORM__ERROR_COPY(error->table, names.table);
    ORM__ERROR_COPY(error->column, names.column);
    ORM__ERROR_COPY(error->constraint, names.constraint);
    ORM__ERROR_COPY(error->statement, sql);
    error->position = position_in(database, sql);
    return kind.status;
}

/* In characters, from 1, as PostgreSQL tells it; 0: unknown. */
static int position_in(sqlite3 *database, const char *sql)
{
    int position = 1;
#if SQLITE_VERSION_NUMBER >= 3038000
    int offset = sqlite3_error_offset(database);
#else
    int offset = -1;
    (void)database;
#endif
    for (int i = 0; sql && i < offset && sql[i]; i++)
        position += ((unsigned char)sql[i] & 0xc0) != 0x80;
    return offset < 0 || !sql ? 0 : position;
}

/* The row of the code itself, else of its primary code. */
static struct kind kind_of(int code)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].code == code)
            return kinds[i];
    return code > 0xff ? kind_of(code & 0xff) : unknown;
}

static const struct phrase *find_phrase(const char *text, orm_error *names)
{
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (match(phrases[i].pattern, text, names))
            return &phrases[i];
    return NULL;
}

/* Whether the text begins as the pattern says; what it names is copied. */
static bool match(const char *pattern, const char *text, orm_error *names)
{
    while (*pattern) {
        if (*pattern != '%') {
            if (*pattern++ != *text++)
                return false;
            continue;
        }
        const char *end = end_of_name(text, pattern + 2);
        if (!end)
            return false;
        copy_name(names, pattern[1], text, end);
        text = end;
        pattern += 2;
    }
    return true;
}

/* Where the rest of the pattern, to its next name, goes on in the text; a name at the end of the pattern ends with
 * the text. */
static const char *end_of_name(const char *text, const char *pattern)
{
    size_t length = strcspn(pattern, "%");
    if (length == 0)
        return text + strlen(text);
    for (; *text; text++)
        if (strncmp(text, pattern, length) == 0)
            return text;
    return NULL;
}

static void copy_name(orm_error *names, char what, const char *text, const char *end)
{
    char name[256]; /* the arrays cut at a whole character */
    size_t length = (size_t)(end - text);
    if (what == 'c' && memchr(text, ',', length))
        length = (size_t)((const char *)memchr(text, ',', length) - text);
    if (what != 'k') /* "main.authors", "t0.name" */
        for (const char *point; (point = memchr(text, '.', length)) != NULL; text = point + 1)
            length -= (size_t)(point + 1 - text);
    if (length >= sizeof name)
        length = sizeof name - 1;
    memcpy(name, text, length);
    name[length] = '\0';
    if (what == 't')
        ORM__ERROR_COPY(names->table, name);
    else if (what == 'c')
        ORM__ERROR_COPY(names->column, name);
    else
        ORM__ERROR_COPY(names->constraint, name);
}
