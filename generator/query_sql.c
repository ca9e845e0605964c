/* query_sql.c -- what is found in the words of SQL, behind query_sql.h.
 * SPDX-License-Identifier: MIT */
#include "query_sql.h"

#include "sql/scan.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Where a star that stands for a model's columns may be. */
typedef struct sender {
    const ormc_query *query;
    ormc_dialect dialect;
    orm__text *out;
    size_t next; /* of the query's returned: the models before it have had their stars */
} sender;

static int depth_of(ormc_sql_word word);
static bool put_parameter(const sender *s, ormc_sql_word word);
static void put_type(orm__text *out, const ormc_column *parameter);
static bool put_star(sender *s, ormc_sql_word before, ormc_sql_word dot);
static const ormc_model *next_model(sender *s);
static ormc_sql_item item_of(const ormc_sql_word *words, size_t length);
static ormc_sql_source source_at(ormc_sql_word word, const char *at, ormc_dialect dialect, bool optional);

/* The words are the runtime's, which scans what programs write by hand. */
ormc_sql_word ormc_sql_next(const char **at, ormc_dialect dialect)
{
    static const ormc_word_kind kinds[] = {
        [ORM__WORD_END] = ORMC_SQL_END,        [ORM__WORD_NAME] = ORMC_SQL_WORD,
        [ORM__WORD_QUOTED] = ORMC_SQL_WORD,    [ORM__WORD_NAMED] = ORMC_SQL_PARAMETER,
        [ORM__WORD_NUMBERED] = ORMC_SQL_OTHER, [ORM__WORD_OTHER] = ORMC_SQL_OTHER};
    const orm__word word = orm__scan_next(at, dialect == ORMC_SQLITE ? ORM_SQLITE : ORM_POSTGRESQL);
    return (ormc_sql_word){
        .kind = kinds[word.kind], .begin = word.begin, .end = word.end, .quoted = word.kind == ORM__WORD_QUOTED};
}

bool ormc_sql_is(ormc_sql_word word, const char *keyword)
{
    size_t length = strlen(keyword);
    return word.kind == ORMC_SQL_WORD && !word.quoted && (size_t)(word.end - word.begin) == length &&
           strncasecmp(word.begin, keyword, length) == 0;
}

bool ormc_sql_same(ormc_sql_word a, ormc_sql_word b)
{
    size_t first = (size_t)(a.end - a.begin) - (a.quoted ? 2 : 0),
           second = (size_t)(b.end - b.begin) - (b.quoted ? 2 : 0);
    return a.kind == ORMC_SQL_WORD && b.kind == ORMC_SQL_WORD && first == second &&
           strncasecmp(a.begin + a.quoted, b.begin + b.quoted, first) == 0;
}

bool ormc_sql_names(ormc_sql_word word, const char *name)
{
    size_t length = strlen(name), quotes = word.quoted ? 1 : 0;
    return word.kind == ORMC_SQL_WORD && (size_t)(word.end - word.begin) == length + 2 * quotes &&
           strncasecmp(word.begin + quotes, name, length) == 0;
}

bool ormc_sql_is_sign(ormc_sql_word word, char sign)
{
    return word.kind == ORMC_SQL_OTHER && word.end == word.begin + 1 && *word.begin == sign;
}

/* By how much it changes the depth of parentheses. */
static int depth_of(ormc_sql_word word)
{
    return ormc_sql_is_sign(word, '(') ? 1 : ormc_sql_is_sign(word, ')') ? -1 : 0;
}

/* FOR UPDATE locks, ON UPDATE and DO UPDATE belong to other clauses. */
ormc_statement ormc_sql_statement(const char *sql, ormc_dialect dialect)
{
    ormc_sql_word before = {0}, word, first = {0};
    for (const char *at = sql; (word = ormc_sql_next(&at, dialect)).kind != ORMC_SQL_END; before = word) {
        if (!first.begin)
            first = word;
        bool other = ormc_sql_is(before, "FOR") || ormc_sql_is(before, "ON") || ormc_sql_is(before, "DO") ||
                     ormc_sql_is(before, "KEY") || ormc_sql_is_sign(before, '.');
        if (other)
            continue;
        if (ormc_sql_is(before, "INSERT") && ormc_sql_is(word, "INTO"))
            return ORMC_STATEMENT_INSERT;
        if (ormc_sql_is(before, "REPLACE") && ormc_sql_is(word, "INTO"))
            return ORMC_STATEMENT_INSERT;
        if (ormc_sql_is(word, "UPDATE"))
            return ORMC_STATEMENT_UPDATE;
        if (ormc_sql_is(before, "DELETE") && ormc_sql_is(word, "FROM"))
            return ORMC_STATEMENT_DELETE;
    }
    if (ormc_sql_is(first, "INSERT"))
        return ORMC_STATEMENT_INSERT;
    bool reads = ormc_sql_is(first, "SELECT") || ormc_sql_is(first, "VALUES") || ormc_sql_is(first, "WITH");
    return reads ? ORMC_STATEMENT_SELECT : ORMC_STATEMENT_OTHER;
}

void ormc_sql_written(const char *sql, ormc_dialect dialect, void (*call)(ormc_sql_word table, void *user), void *user)
{
    ormc_sql_word older = {0}, before = {0}, word;
    for (const char *at = sql; (word = ormc_sql_next(&at, dialect)).kind != ORMC_SQL_END;
         older = before, before = word) {
        bool locks = ormc_sql_is(older, "FOR") || ormc_sql_is(older, "ON") || ormc_sql_is(older, "DO");
        bool written = ormc_sql_is(before, "INTO") || (ormc_sql_is(before, "UPDATE") && !locks) ||
                       (ormc_sql_is(older, "DELETE") && ormc_sql_is(before, "FROM"));
        if (ormc_sql_is(before, "ONLY") || (ormc_sql_is(older, "UPDATE") && ormc_sql_is(before, "OR")))
            written = true;
        if (!written || word.kind != ORMC_SQL_WORD)
            continue;
        const char *rest = at;
        ormc_sql_word dot = ormc_sql_next(&rest, dialect);
        if (ormc_sql_is_sign(dot, '.')) {
            word = ormc_sql_next(&rest, dialect); /* schema.table */
            at = rest;
        }
        call(word, user);
    }
}

bool ormc_sql_send(const ormc_query *query, ormc_dialect dialect, orm__text *out, ormc_sql_word *unknown)
{
    const char *sql = query->sql.text[dialect], *copied = sql;
    sender s = {.query = query, .dialect = dialect, .out = out};
    ormc_sql_word older = {0}, before = {0}, word;
    int depth = 0;
    for (const char *at = sql; (word = ormc_sql_next(&at, dialect)).kind != ORMC_SQL_END;
         older = before, before = word) {
        depth += depth_of(word);
        bool parameter = word.kind == ORMC_SQL_PARAMETER, star = depth == 0 && ormc_sql_is_sign(word, '*');
        if (!parameter && !star)
            continue;
        const char *from = parameter ? word.begin - 1 : word.begin;
        orm__text_bytes(out, copied, (size_t)(from - copied));
        copied = word.end;
        if (parameter && !put_parameter(&s, word)) {
            *unknown = word;
            return false;
        }
        if (star && !put_star(&s, older, before))
            orm__text_char(out, '*');
    }
    size_t length = strlen(copied);
    while (length && (isspace((unsigned char)copied[length - 1]) || copied[length - 1] == ';'))
        length--;
    orm__text_bytes(out, copied, length);
    return true;
}

static bool put_parameter(const sender *s, ormc_sql_word word)
{
    size_t length = (size_t)(word.end - word.begin);
    for (size_t i = 0; i < s->query->parameter_count; i++) {
        const ormc_column *parameter = &s->query->parameters[i];
        if (strlen(parameter->name) != length || strncmp(parameter->name, word.begin, length) != 0)
            continue;
        orm__text_printf(s->out, "%c%zu", s->dialect == ORMC_SQLITE ? '?' : '$', i + 1);
        if (s->dialect == ORMC_POSTGRESQL && parameter->type)
            put_type(s->out, parameter);
        return true;
    }
    return false;
}

/* What travels as text gets its type here; a time stays one beside an interval. */
static void put_type(orm__text *out, const ormc_column *parameter)
{
    orm__text_string(out, "::");
    if (parameter->enumeration) {
        if (parameter->enumeration->schema) {
            ormc_literal_sql_name(out, parameter->enumeration->schema);
            orm__text_char(out, '.');
        }
        ormc_literal_sql_name(out, parameter->enumeration->name);
    } else {
        orm__text_string(out, parameter->db_type ? parameter->db_type : parameter->type->postgresql);
    }
    orm__text_string(out, parameter->array ? "[]" : "");
}

/* `p.*` becomes p."id", p."title" and so on of the model that comes next, a star alone "id", "title". */
static bool put_star(sender *s, ormc_sql_word before, ormc_sql_word dot)
{
    bool dotted = ormc_sql_is_sign(dot, '.') && before.kind == ORMC_SQL_WORD;
    bool alone = ormc_sql_is(dot, "SELECT") || ormc_sql_is(dot, "RETURNING") || ormc_sql_is(dot, "DISTINCT") ||
                 ormc_sql_is_sign(dot, ',');
    const ormc_model *model = dotted || alone ? next_model(s) : NULL;
    if (!model)
        return false;
    for (size_t i = 0; i < model->column_count; i++) {
        const ormc_column *column = &model->columns[i];
        if (i) {
            orm__text_string(s->out, ", ");
            if (dotted)
                orm__text_bytes(s->out, before.begin, (size_t)(dot.end - before.begin));
        }
        ormc_literal_sql_name(s->out, column->column);
        if (column->db_type && s->dialect == ORMC_POSTGRESQL)
            orm__text_string(s->out, column->array ? "::text[]" : "::text");
    }
    return true;
}

static const ormc_model *next_model(sender *s)
{
    while (s->next < s->query->returned_count && !s->query->returned[s->next].model)
        s->next++;
    return s->next < s->query->returned_count ? s->query->returned[s->next++].model : NULL;
}

size_t ormc_sql_items(const char *sql, ormc_dialect dialect, ormc_sql_item *items, size_t most)
{
    static const char *const ends[] = {"FROM",  "WHERE", "GROUP", "HAVING", "ORDER",     "LIMIT",
                                       "UNION", "INTO",  "FETCH", "EXCEPT", "INTERSECT", "OFFSET"};
    size_t count = 0, length = 0; /* words of the item so far */
    ormc_sql_word words[5] = {{0}}, word;
    bool inside = false;
    int depth = 0;
    for (const char *at = sql; (word = ormc_sql_next(&at, dialect)).kind != ORMC_SQL_END;) {
        depth += depth_of(word);
        bool outermost = depth == 0, ended = false;
        if (!inside) {
            inside = outermost && (ormc_sql_is(word, "SELECT") || ormc_sql_is(word, "RETURNING"));
            continue;
        }
        for (size_t i = 0; outermost && i < sizeof ends / sizeof *ends; i++)
            ended |= ormc_sql_is(word, ends[i]);
        if (length == 0 && (ormc_sql_is(word, "DISTINCT") || ormc_sql_is(word, "ALL")))
            continue;
        if (ended)
            break;
        if (outermost && ormc_sql_is_sign(word, ',')) {
            if (count < most)
                items[count] = item_of(words, length);
            count++;
            length = 0;
            continue;
        }
        if (!outermost)
            continue;
        if (length < sizeof words / sizeof *words)
            words[length] = word;
        length++;
    }
    if (inside && count < most)
        items[count] = item_of(words, length);
    return inside ? count + 1 : 0;
}

/* name; a.name; name(...); each with AS or without and another name. Of what stands in parentheses there is but their
 * end. */
static ormc_sql_item item_of(const ormc_sql_word *words, size_t length)
{
    ormc_sql_item item = {.first = length ? words[0] : (ormc_sql_word){0}};
    bool dotted = length > 2 && ormc_sql_is_sign(words[1], '.'), called = length > 1 && ormc_sql_is_sign(words[1], ')');
    size_t rest = dotted ? 3 : called ? 2 : 1;
    bool named = length == rest + 1 || (length == rest + 2 && ormc_sql_is(words[rest], "AS"));
    if (dotted && (length == rest || named))
        item.second = words[2];
    bool whole = item.first.kind == ORMC_SQL_WORD && (length == rest || named);
    item.call = whole && called;
    item.plain = whole && !called;
    return item;
}

bool ormc_sql_groups(const char *sql, ormc_dialect dialect)
{
    ormc_sql_word word;
    int depth = 0;
    for (const char *at = sql; (word = ormc_sql_next(&at, dialect)).kind != ORMC_SQL_END;) {
        depth += depth_of(word);
        if (depth == 0 && ormc_sql_is(word, "GROUP"))
            return true;
    }
    return false;
}

size_t ormc_sql_sources(const char *sql, ormc_dialect dialect, ormc_sql_source *sources, size_t most)
{
    static const char *const ends[] = {"WHERE", "GROUP", "ORDER", "LIMIT", "UNION", "HAVING", "RETURNING", "WINDOW"};
    size_t count = 0;
    bool inside = false, wanted = false, optional = false;
    ormc_sql_word word;
    int depth = 0;
    for (const char *at = sql; (word = ormc_sql_next(&at, dialect)).kind != ORMC_SQL_END && count < most;) {
        int change = depth_of(word);
        depth += change;
        bool outermost = depth == 0 || (depth == 1 && change == 1);
        if (!outermost)
            continue;
        bool from = ormc_sql_is(word, "FROM"), ended = false;
        for (size_t i = 0; inside && i < sizeof ends / sizeof *ends; i++)
            ended |= ormc_sql_is(word, ends[i]);
        if (ended)
            return count;
        inside |= from;
        if (!inside)
            continue;
        if (ormc_sql_is(word, "RIGHT") || ormc_sql_is(word, "FULL"))
            for (size_t i = 0; i < count; i++)
                sources[i].optional = true;
        if (ormc_sql_is(word, "LEFT") || ormc_sql_is(word, "FULL"))
            optional = true;
        if (from || ormc_sql_is(word, "JOIN") || ormc_sql_is_sign(word, ',')) {
            wanted = true;
            continue;
        }
        if (!wanted || ormc_sql_is(word, "ONLY") || ormc_sql_is(word, "LATERAL"))
            continue;
        sources[count++] = source_at(word, at, dialect, optional);
        wanted = optional = false;
    }
    return count;
}

/* table, schema.table, (a subquery); each with an alias behind it or none. */
static ormc_sql_source source_at(ormc_sql_word word, const char *at, ormc_dialect dialect, bool optional)
{
    static const char *const others[] = {"ON",    "USING", "JOIN",  "LEFT",  "RIGHT", "FULL",    "INNER",     "CROSS",
                                         "WHERE", "GROUP", "ORDER", "LIMIT", "UNION", "NATURAL", "RETURNING", "HAVING"};
    ormc_sql_source source = {.optional = optional};
    if (word.kind == ORMC_SQL_WORD)
        source.table = source.alias = word;
    for (int depth = depth_of(word); depth > 0 && (word = ormc_sql_next(&at, dialect)).kind != ORMC_SQL_END;)
        depth += depth_of(word);
    word = ormc_sql_next(&at, dialect);
    if (ormc_sql_is_sign(word, '.')) {
        source.table = source.alias = ormc_sql_next(&at, dialect);
        word = ormc_sql_next(&at, dialect);
    }
    if (ormc_sql_is(word, "AS"))
        word = ormc_sql_next(&at, dialect);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (ormc_sql_is(word, others[i]))
            return source;
    if (word.kind == ORMC_SQL_WORD)
        source.alias = word;
    return source;
}
