/* catalog_sqlite_text.c -- what SQLite keeps only as the text of CREATE statements: checks, expressions, names of keys.
 *
 * The text was accepted by SQLite, so that little need be known of its grammar.
 * SPDX-License-Identifier: MIT */
#include "catalog_sqlite.h"

#include <string.h>
#include <strings.h>

/* A walk over the words of a CREATE TABLE. */
typedef struct walk {
    sqlite_reader *s;
    sqlite_table *table;
    const char *at;
    ormc_sql_word word;     /* the one just read */
    sqlite_words *words;    /* of the column being read; NULL behind the columns */
    const char *constraint; /* the name that CONSTRAINT has given to what follows */
} walk;

static void next(walk *w);
static void read_item(walk *w);
static bool begins_constraint(ormc_sql_word word);
static void read_clause(walk *w);
static void note_conflict(walk *w);
static void add_check(walk *w, const char *sql);
static const char *take_brackets(walk *w);
static void skip_brackets(walk *w);
static const char *name_of(sqlite_reader *s, ormc_sql_word word);
static const char *span(sqlite_reader *s, const char *begin, const char *end);

void sqlite_read_text(sqlite_reader *s, sqlite_table *table)
{
    walk w = {.s = s, .table = table, .at = table->sql};
    do
        next(&w);
    while (w.word.kind != ORMC_SQL_END && !ormc_sql_is_sign(w.word, '('));
    do
        read_item(&w);
    while (ormc_sql_is_sign(w.word, ',') && !s->r->failed);
    for (next(&w); w.word.kind != ORMC_SQL_END; next(&w)) {
        table->without_rowid |= ormc_sql_is(w.word, "ROWID");
        if (ormc_sql_is(w.word, "STRICT"))
            catalog_note(s->r, NULL, table->table->name, "a STRICT table");
        if (ormc_sql_is(w.word, "ROWID"))
            catalog_note(s->r, NULL, table->table->name, "a table WITHOUT ROWID");
    }
}

static void next(walk *w)
{
    w->word = ormc_sql_next(&w->at, ORMC_SQLITE);
}

/* A column or a constraint, up to the comma or bracket behind it. */
static void read_item(walk *w)
{
    next(w);
    w->words = NULL;
    w->constraint = NULL;
    if (!begins_constraint(w->word)) {
        sqlite_table *table = w->table;
        table->words = catalog_grow(w->s->r, table->words, table->word_count, sizeof *table->words);
        if (w->s->r->failed)
            return;
        w->words = &table->words[table->word_count++];
        *w->words = (sqlite_words){.name = name_of(w->s, w->word)};
        next(w);
    }
    while (w->word.kind != ORMC_SQL_END && !ormc_sql_is_sign(w->word, ',') && !ormc_sql_is_sign(w->word, ')'))
        read_clause(w);
}

static bool begins_constraint(ormc_sql_word word)
{
    static const char *const keywords[] = {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (!word.quoted && ormc_sql_is(word, keywords[i]))
            return true;
    return false;
}

/* Something inside an item; moves behind it. */
static void read_clause(walk *w)
{
    ormc_sql_word word = w->word;
    next(w);
    if (ormc_sql_is(word, "CONSTRAINT")) {
        w->constraint = name_of(w->s, w->word);
        next(w);
    } else if (ormc_sql_is(word, "CHECK") && ormc_sql_is_sign(w->word, '(')) {
        add_check(w, take_brackets(w));
        w->constraint = NULL;
    } else if (ormc_sql_is(word, "AS") && ormc_sql_is_sign(w->word, '(') && w->words) {
        w->words->generated = take_brackets(w);
    } else if (ormc_sql_is(word, "COLLATE") && w->words) {
        w->words->collation = name_of(w->s, w->word);
        next(w);
    } else if (ormc_sql_is(word, "PRIMARY")) {
        w->table->key_name = w->constraint;
        w->table->key_is_apart = !w->words;
        w->constraint = NULL;
    } else if (ormc_sql_is(word, "AUTOINCREMENT")) {
        w->table->autoincrement = true;
    } else if (ormc_sql_is(word, "CONFLICT")) {
        note_conflict(w);
    } else if (ormc_sql_is(word, "DEFERRED")) {
        catalog_note(w->s->r, NULL, w->table->table->name, "a foreign key is DEFERRABLE INITIALLY DEFERRED");
    } else if (ormc_sql_is_sign(word, '(')) {
        skip_brackets(w);
    }
}

static void note_conflict(walk *w)
{
    if (!ormc_sql_is(w->word, "ABORT"))
        catalog_note(w->s->r, NULL, w->table->table->name, "a constraint says ON CONFLICT %s", name_of(w->s, w->word));
}

static void add_check(walk *w, const char *sql)
{
    ormc_snapshot_table *table = w->table->table;
    table->checks = catalog_grow(w->s->r, table->checks, table->check_count, sizeof *table->checks);
    if (!w->s->r->failed)
        table->checks[table->check_count++] = (ormc_snapshot_check){w->constraint, sql};
}

/* What stands between a bracket, which is the word now, and its fellow; moves behind both. */
static const char *take_brackets(walk *w)
{
    const char *begin = w->at;
    next(w);
    skip_brackets(w);
    const char *end = w->word.begin - 1;
    while (end > begin && *end != ')')
        end--;
    return span(w->s, begin, end);
}

/* From behind a bracket to behind its fellow. */
static void skip_brackets(walk *w)
{
    for (int depth = 1; depth && w->word.kind != ORMC_SQL_END; next(w)) {
        depth += ormc_sql_is_sign(w->word, '(');
        depth -= ormc_sql_is_sign(w->word, ')');
    }
}

/* Without its quotes. */
static const char *name_of(sqlite_reader *s, ormc_sql_word word)
{
    if (!memchr("\"`[", *word.begin, 3) && *word.begin != '\'')
        return span(s, word.begin, word.end);
    char close = *word.begin == '[' ? ']' : *word.begin;
    orm__text text = {0};
    for (const char *at = word.begin + 1; at < word.end - 1; at++) {
        orm__text_char(&text, *at);
        at += *at == close;
    }
    const char *name = catalog_printf(s->r, "%s", text.data ? text.data : "");
    s->r->failed |= text.failed;
    orm__text_release(&text);
    return name;
}

/* Trimmed. */
static const char *span(sqlite_reader *s, const char *begin, const char *end)
{
    static const char blanks[] = " \t\r\n";
    begin += strspn(begin, blanks);
    while (end > begin && strchr(blanks, end[-1]))
        end--;
    return catalog_printf(s->r, "%.*s", end > begin ? (int)(end - begin) : 0, begin);
}

/* What names its columns behind its own name does so inside its SELECT. */
const char *sqlite_view_definition(sqlite_reader *s, const char *sql)
{
    const char *at = sql, *list = NULL;
    ormc_sql_word word, name = {.kind = ORMC_SQL_END};
    do {
        word = ormc_sql_next(&at, ORMC_SQLITE);
        list = !list && ormc_sql_is_sign(word, '(') ? word.begin : list;
        name = !list && word.kind == ORMC_SQL_WORD && !ormc_sql_is(word, "AS") ? word : name;
    } while (word.kind != ORMC_SQL_END && !ormc_sql_is(word, "AS"));
    const char *select = span(s, at, at + strlen(at));
    if (!list)
        return select;
    const char *called = span(s, name.begin, name.end);
    const char *end = strstr(select, "--") ? "\n" : "";
    return catalog_printf(s->r, "WITH %s %s AS (%s%s) SELECT * FROM %s", called, span(s, list, word.begin), select, end,
                          called);
}

sqlite_index_text sqlite_read_index(sqlite_reader *s, const char *sql)
{
    sqlite_index_text text = {"", NULL};
    walk w = {.s = s, .at = sql};
    if (!sql)
        return text;
    do
        next(&w);
    while (w.word.kind != ORMC_SQL_END && !ormc_sql_is_sign(w.word, '('));
    text.expression = take_brackets(&w);
    if (*text.expression == '(') { /* ((a)), as ormc writes it */
        const char *inner = text.expression;
        walk i = {.s = s, .at = inner};
        next(&i);
        const char *taken = take_brackets(&i);
        if (i.word.kind == ORMC_SQL_END)
            text.expression = taken;
    }
    if (ormc_sql_is(w.word, "WHERE"))
        text.where = span(s, w.at, w.at + strlen(w.at));
    return text;
}

const sqlite_words *sqlite_find_words(const sqlite_table *table, const char *column)
{
    for (size_t i = 0; i < table->word_count; i++)
        if (strcasecmp(table->words[i].name, column) == 0)
            return &table->words[i];
    return NULL;
}

const sqlite_table *sqlite_find_table(const sqlite_reader *s, const char *name)
{
    for (size_t i = 0; i < s->table_count; i++)
        if (strcasecmp(s->tables[i].table->name, name) == 0)
            return &s->tables[i];
    return NULL;
}

const char *sqlite_column_name(const sqlite_table *table, const char *name)
{
    for (size_t i = 0; table && name && i < table->table->column_count; i++)
        if (strcasecmp(table->table->columns[i].name, name) == 0)
            return table->table->columns[i].name;
    return name ? name : "";
}
