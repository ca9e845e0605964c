/* sql/handwritten.c -- SQL by hand: which may be run, and its parameters, by handwritten.h.
 *
 * Named parameters get the numbers of the order in which they are given, so that one that stands twice is one.
 * SPDX-License-Identifier: MIT */
#include "sql/handwritten.h"

#include "base/error.h"
#include "sql/scan.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN = 60 };

static orm_status check_statement(orm_connection *connection, const char *text, orm__by by);
static orm_status check_begin(orm_connection *connection, orm__word first, orm__word second);
static orm_status check_copy(orm_connection *connection, orm__by by, bool copy, bool in, bool out);
static size_t count_given(const orm_parameters *given);
static orm_value value_given(const orm_parameters *given, size_t index);
static orm_status check_names(orm_connection *connection, const orm_parameters *given, size_t count);
static orm_status copy_text(orm__sql *sql, const char *text, const orm_parameters *given, bool *used);
static size_t number_of(orm__word word, const orm_parameters *given, size_t count);
static orm_status unknown_parameter(orm_connection *connection, orm__word word, size_t count);
static orm_status bind_all(orm__sql *sql, const orm_parameters *given, size_t count, const bool *used);
static orm_status bind_one(orm__sql *sql, size_t index, orm_value value);
static bool is_parameter(orm__word word);
static int shown(orm__word word);
static int characters(const char *begin, const char *end);

orm_status orm__handwritten_take(orm__sql *sql, const char *text, const orm_parameters *given, orm__by by)
{
    orm_connection *c = sql->connection;
    size_t count = count_given(given);
    if (!text)
        return orm__error_set(&c->error, ORM_MISUSE, "there is no SQL to run");
    ORM_TRY(check_statement(c, text, by));
    ORM_TRY(check_names(c, given, count));
    bool *used = calloc(count + 1, sizeof *used);
    if (!used)
        return orm__error_no_memory(&c->error);
    orm_status status = copy_text(sql, text, given, used);
    if (!status)
        status = bind_all(sql, given, count, used);
    free(used);
    return status;
}

/* --- what may be run --- */

/* The body of a trigger or function has semicolons of its own; it ends by END behind one. */
static orm_status check_statement(orm_connection *connection, const char *text, orm__by by)
{
    orm__word word, first = {0}, second = {0}, before = {0}, older = {0};
    bool ended = false, body = false, in = false, out = false;
    for (const char *at = text; (word = orm__scan_next(&at, connection->dialect)).kind; older = before, before = word) {
        if (orm__word_is_sign(word, ';')) {
            ended |= first.begin && (!body || (orm__word_is(before, "END") && orm__word_is_sign(older, ';')));
            continue;
        }
        if (ended)
            return orm__error_set(&connection->error, ORM_MISUSE,
                                  "one statement is run at a time: another one begins at '%.*s'", shown(word),
                                  word.begin);
        second = first.begin && !second.begin ? word : second;
        first = first.begin ? first : word;
        body |= orm__word_is(first, "CREATE") && orm__word_is(word, "BEGIN");
        in |= orm__word_is(word, "STDIN");
        out |= orm__word_is(word, "STDOUT");
    }
    if (!first.begin)
        return orm__error_set(&connection->error, ORM_MISUSE, "there is no statement in the SQL");
    ORM_TRY(check_copy(connection, by, orm__word_is(first, "COPY"), in, out));
    return check_begin(connection, first, second);
}

/* What the connection must know of. Transactions that were prepared are nobody's. */
static orm_status check_begin(orm_connection *connection, orm__word first, orm__word second)
{
    static const struct {
        const char *word, *instead;
    } words[] = {{"BEGIN", "orm_connection_begin"},
                 {"START", "orm_connection_begin"},
                 {"COMMIT", "orm_connection_commit"},
                 {"END", "orm_connection_commit"},
                 {"ROLLBACK", "orm_connection_rollback"},
                 {"ABORT", "orm_connection_rollback"},
                 {"SAVEPOINT", "orm_connection_begin_nested"},
                 {"RELEASE", "orm_connection_commit_nested"}};
    if (orm__word_is(second, "PREPARED"))
        return ORM_OK;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (orm__word_is(first, words[i].word))
            return orm__error_set(&connection->error, ORM_MISUSE, "%s by hand: use %s", words[i].word,
                                  words[i].instead);
    if (orm__word_is(first, "PREPARE") && orm__word_is(second, "TRANSACTION"))
        return orm__error_set(&connection->error, ORM_MISUSE, "PREPARE TRANSACTION by hand is not known here");
    return ORM_OK;
}

static orm_status check_copy(orm_connection *connection, orm__by by, bool copy, bool in, bool out)
{
    if (by == ORM__BY_STATEMENT && copy && (in || out))
        return orm__error_set(&connection->error, ORM_MISUSE, "COPY %s: use orm_connection_copy_%s",
                              in ? "from the client" : "to the client", in ? "in" : "out");
    if (by == ORM__BY_COPY_IN && !(copy && in))
        return orm__error_set(&connection->error, ORM_MISUSE, "orm_connection_copy_in takes COPY ... FROM STDIN");
    if (by == ORM__BY_COPY_OUT && !(copy && out))
        return orm__error_set(&connection->error, ORM_MISUSE, "orm_connection_copy_out takes COPY ... TO STDOUT");
    return ORM_OK;
}

bool orm__handwritten_reads(const char *text, orm_dialect dialect)
{
    return orm__word_is(orm__scan_next(&text, dialect), "SELECT");
}

bool orm__handwritten_writes(const char *text, orm_dialect dialect)
{
    static const char *const words[] = {"INSERT", "UPDATE", "DELETE", "MERGE"};
    orm__word word;
    while ((word = orm__scan_next(&text, dialect)).kind)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (orm__word_is(word, words[i]))
                return true;
    return false;
}

bool orm__handwritten_mentions(const char *text, orm_dialect dialect, const char *name)
{
    orm__word word;
    while ((word = orm__scan_next(&text, dialect)).kind)
        if (orm__word_names(word, name))
            return true;
    return false;
}

/* --- parameters --- */

static size_t count_given(const orm_parameters *given)
{
    size_t count = given ? given->count : 0;
    if (count == 0 && given && (given->values || given->named))
        while (value_given(given, count).form != ORM_FORM_END)
            count++;
    return count;
}

static orm_value value_given(const orm_parameters *given, size_t index)
{
    return given->named ? given->named[index].value : given->values[index];
}

static orm_status check_names(orm_connection *connection, const orm_parameters *given, size_t count)
{
    if (count == 0 || !given->named)
        return ORM_OK;
    if (given->values)
        return orm__error_set(&connection->error, ORM_MISUSE,
                              "parameters are given by name or by position, not by both");
    for (size_t i = 0; i < count; i++) {
        if (!given->named[i].name)
            return orm__error_set(&connection->error, ORM_MISUSE, "parameter %zu is given without a name", i + 1);
        for (size_t k = 0; k < i; k++)
            if (strcmp(given->named[i].name, given->named[k].name) == 0)
                return orm__error_set(&connection->error, ORM_MISUSE, "parameter ':%s' is given twice",
                                      given->named[i].name);
    }
    return ORM_OK;
}

static orm_status copy_text(orm__sql *sql, const char *text, const orm_parameters *given, bool *used)
{
    orm_connection *c = sql->connection;
    size_t count = count_given(given);
    const char *copied = text;
    orm__word word;
    for (const char *at = text; (word = orm__scan_next(&at, c->dialect)).kind;) {
        bool other = word.kind == ORM__WORD_OTHER && word.end == word.begin + 1 && strchr("?@$:", *word.begin);
        if (other && c->dialect == ORM_SQLITE)
            return orm__error_set(&c->error, ORM_MISUSE, "parameters are written as :name or as $1, not with '%c'",
                                  *word.begin);
        if (!is_parameter(word))
            continue;
        size_t number = number_of(word, given, count);
        if (number == 0)
            return unknown_parameter(c, word, count);
        used[number - 1] = true;
        orm__text_bytes(sql->text, copied, (size_t)(word.begin - 1 - copied));
        orm__text_char(sql->text, c->dialect == ORM_SQLITE ? '?' : '$');
        orm__sql_number(sql, number);
        copied = word.end;
    }
    orm__text_string(sql->text, copied);
    return ORM_OK;
}

static bool is_parameter(orm__word word)
{
    return word.kind == ORM__WORD_NAMED || word.kind == ORM__WORD_NUMBERED;
}

/* From 1; 0: it is not given. */
static size_t number_of(orm__word word, const orm_parameters *given, size_t count)
{
    size_t length = (size_t)(word.end - word.begin);
    if (word.kind == ORM__WORD_NUMBERED) {
        unsigned long number = length < 6 ? strtoul(word.begin, NULL, 10) : 0;
        return count > 0 && given->values && number <= count ? number : 0;
    }
    for (size_t i = 0; i < count && given->named; i++)
        if (strlen(given->named[i].name) == length && memcmp(given->named[i].name, word.begin, length) == 0)
            return i + 1;
    return 0;
}

static orm_status unknown_parameter(orm_connection *connection, orm__word word, size_t count)
{
    bool named = word.kind == ORM__WORD_NAMED;
    return orm__error_set(&connection->error, ORM_MISUSE, "nothing is given for parameter '%c%.*s' (%zu given)",
                          named ? ':' : '$', shown(word), word.begin, count);
}

static orm_status bind_all(orm__sql *sql, const orm_parameters *given, size_t count, const bool *used)
{
    orm_error *error = &sql->connection->error;
    for (size_t i = 0; i < count; i++) {
        if (!used[i] && given->named)
            return orm__error_set(error, ORM_MISUSE, "the SQL has no parameter ':%s'", given->named[i].name);
        if (!used[i])
            return orm__error_set(error, ORM_MISUSE, "%zu parameters are given, and the SQL has no $%zu", count, i + 1);
        ORM_TRY(bind_one(sql, i, value_given(given, i)));
    }
    return sql->status;
}

/* A list without items is an empty array, none at all would be NULL. */
static orm_status bind_one(orm__sql *sql, size_t index, orm_value value)
{
    if (value.form == ORM_FORM_LIST) {
        value.form = ORM_FORM_ARRAY;
        value.as.array.items = value.as.array.items ? value.as.array.items : "";
    }
    bool known = (size_t)value.type <= ORM_TYPE_ENUM && (value.type != ORM_TYPE_NONE || value.form == ORM_FORM_NULL) &&
                 (value.type != ORM_TYPE_ENUM || value.enumeration || value.form == ORM_FORM_NULL);
    if (!known || value.form > ORM_FORM_ARRAY)
        return orm__error_set(&sql->connection->error, ORM_MISUSE, "parameter %zu is given something that is no value",
                              index + 1);
    orm__sql_bind_open(sql, value);
    return ORM_OK;
}

/* --- failures --- */

/* The database counts in what it was sent, where parameters may be shorter or longer. */
void orm__handwritten_failed(orm_connection *connection, const char *text, const orm_parameters *given)
{
    orm_error *error = &connection->error;
    orm_dialect dialect = connection->dialect;
    if (error->statement[0])
        ORM__ERROR_COPY(error->statement, text);
    int sent = 0, here = 0, position = error->position;
    const char *copied = text;
    orm__word word;
    for (const char *at = text; position && (word = orm__scan_next(&at, dialect)).kind;) {
        if (!is_parameter(word))
            continue;
        int before = characters(copied, word.begin - 1);
        if (sent + before >= position)
            break;
        sent += before + 1;
        here += before + 1 + characters(word.begin, word.end);
        for (size_t number = number_of(word, given, count_given(given)); number > 0; number /= 10)
            sent++;
        copied = word.end;
    }
    if (position)
        error->position = position > sent ? here + position - sent : here;
}

static int characters(const char *begin, const char *end)
{
    int count = 0;
    for (; begin < end; begin++)
        count += ((unsigned char)*begin & 0xc0) != 0x80;
    return count;
}

/* How much of a word a message shows. */
static int shown(orm__word word)
{
    return word.end - word.begin < SHOWN ? (int)(word.end - word.begin) : SHOWN;
}
