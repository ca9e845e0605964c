/* catalog_sqlite.h -- what catalog_sqlite.c and catalog_sqlite_text.c share. Not for others.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_CATALOG_SQLITE_H
#define ORMC_CATALOG_SQLITE_H

#include "catalog.h"
#include "query_sql.h"
#include "table.h"

/* What only the text of CREATE TABLE says of a column. */
typedef struct sqlite_words {
    const char *name, *generated, *collation;
} sqlite_words;

typedef struct sqlite_table {
    ormc_snapshot_table *table;
    const char *sql;
    sqlite_words *words;
    size_t word_count;
    const char *key_name; /* of the primary key; NULL when it has none */
    bool autoincrement, without_rowid;
    bool key_is_apart; /* stands behind the columns */
} sqlite_table;

typedef struct sqlite_reader {
    catalog_reader *r;
    sqlite_table *tables;
    size_t table_count;
    ormc_table by_name;
} sqlite_reader;

/* Checks go to the table, what is of columns to `words`. */
void sqlite_read_text(sqlite_reader *s, sqlite_table *table);
const char *sqlite_view_definition(sqlite_reader *s, const char *sql);

typedef struct sqlite_index_text {
    const char *expression, *where; /* what stands in its brackets, and behind WHERE */
} sqlite_index_text;
sqlite_index_text sqlite_read_index(sqlite_reader *s, const char *sql);

/* In any case of letters; NULL when there is none. */
const sqlite_words *sqlite_find_words(const sqlite_table *table, const char *column);
const sqlite_table *sqlite_find_table(const sqlite_reader *s, const char *name);
/* As its table writes it. */
const char *sqlite_column_name(const sqlite_table *table, const char *name);

#endif
