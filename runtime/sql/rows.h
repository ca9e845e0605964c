/* sql/rows.h -- columns of many rows as parameters: what insert.c and write.c share.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_ROWS_H
#define ORM_SQL_ROWS_H

#include "base/arena.h"
#include "sql/builder.h"

/* Rows that travel as arrays at once. */
enum { ORM__CHUNK = 1000 };

/* Columns that a statement writes, or finds rows by, and a value or list for each. */
typedef struct orm__chosen {
    const orm_column **columns;
    orm_value *values;
    size_t count;
    void *own; /* memory of theirs; NULL: they are in the caller's room */
} orm__chosen;

/* Where those of a model of few columns find place without an allocation. Not initialized. */
enum { ORM__CHOSEN_ROOM = 40 };
typedef struct orm__chosen_room {
    const orm_column *columns[ORM__CHOSEN_ROOM];
    orm_value values[ORM__CHOSEN_ROOM];
} orm__chosen_room;

/* The columns of the mask (NULL: none), with room for all columns and the key's behind them, without values yet.
 * `room`, which may be NULL, is borrowed. Owned: release it, also when it failed. */
orm_status orm__chosen_init(orm_connection *connection, const orm_model *model, const uint64_t *mask,
                            orm__chosen_room *room, orm__chosen *chosen);
void orm__chosen_release(orm__chosen *chosen);
static inline void orm__chosen_add(orm__chosen *chosen, const orm_column *column)
{
    chosen->columns[chosen->count++] = column;
}
void orm__chosen_add_key(orm__chosen *chosen, const orm_model *model);
/* Values of the columns first to last become those of one row, or lists: one column each of all the rows. */
void orm__chosen_values(orm__chosen *chosen, size_t first, size_t last, const void *row);
void orm__chosen_lists(orm__chosen *chosen, size_t first, size_t last, const void *const *rows, size_t count);
/* After orm__chosen_lists, for all of them: a column whose default is the clock, and which is the same in all rows,
 * becomes a value of its own beside the lists, as long as one of these is left. SQLite asks for each item of a list
 * by itself. */
void orm__chosen_share_clocks(orm__chosen *chosen, const void *const *rows, size_t count);

/* Runs it without telling the hooks: the caller tells once for all its rows. */
orm_status orm__run_quietly(orm__sql *sql, const orm_model *model, orm_statement_kind kind, size_t *rows);

/* The first column of the first row, as an integer; 0 when there is none. Tells no hooks. */
orm_status orm__ask_integer(orm__sql *sql, const char *table, int64_t *answer);

/* Reads these columns of the rows again, by their keys, into the row structs; texts go to the arena, what was there
 * before is not given back. One SELECT, told to the hooks. */
orm_status orm__read_back(orm_connection *connection, const orm_model *model, const orm_column *const *columns,
                          size_t count, void *const *rows, size_t row_count, orm__arena *arena);

#endif
