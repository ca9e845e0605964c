/* postgresql_row.c -- the columns of the current row into a struct.
 *
 * Where row after row is read into the same members a plan is made once: which columns are of just the type that the
 * member has, and where they go. All others, and NULLs, are the codec's.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "driver/postgresql_codec.h"
#include "driver/postgresql_link.h"

#include <stdlib.h>
#include <string.h>

enum { PLANNED = 2 /* columns at least */, STEPS = 16 /* to begin with */ };

static orm_status read_any(orm__pg_link *l, const orm_column *const *columns, size_t count, size_t first, void *row,
                           orm__arena *arena, orm_error *error);
static orm_status read_by_plan(orm__pg_link *l, char *row, orm__arena *arena, orm_error *error);
static inline void take_fixed(char *place, const char *data, size_t size);
static void consider_plan(orm__pg_link *l, const orm_column *const *columns, size_t count, size_t first);
static orm__pg_step step_for(const orm_column *column, uint32_t type);
static uint32_t type_of(const orm__pg_link *l, size_t at);
static orm_status decode(orm__pg_link *l, const orm_column *column, size_t at, void *row, orm__arena *arena,
                         orm_error *error);

orm_status orm__pg_read(orm__link *base, const orm_column *const *columns, size_t count, size_t first, void *row,
                        orm__arena *arena, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    if (l->row < 0 || l->row >= l->row_count || first + count > l->width)
        return orm__error_set(error, ORM_MISUSE, "no such row or column in the answer");
    if (l->plan.columns == columns && l->plan.count == count && l->plan.first == first && count > 0)
        return read_by_plan(l, row, arena, error);
    return read_any(l, columns, count, first, row, arena, error);
}

static orm_status read_any(orm__pg_link *l, const orm_column *const *columns, size_t count, size_t first, void *row,
                           orm__arena *arena, orm_error *error)
{
    const PGresult *result = l->result;
    int number = l->row;
    for (size_t i = 0; i < count; i++) {
        int at = (int)(first + i);
        orm__pg_field field = {.type = type_of(l, first + i),
                               .data = PQgetvalue(result, number, at),
                               .size = (size_t)PQgetlength(result, number, at)};
        l->base.bytes += field.size;
        if (!orm__pg_decode_plain(columns[i], field, row, arena))
            ORM_TRY(decode(l, columns[i], first + i, row, arena, error));
    }
    consider_plan(l, columns, count, first);
    return ORM_OK;
}

/* A NULL has no bytes, and is none of these. */
static orm_status read_by_plan(orm__pg_link *l, char *row, orm__arena *arena, orm_error *error)
{
    const PGresult *result = l->result;
    const orm__pg_step *end = l->plan.steps + l->plan.count;
    int number = l->row, at = (int)l->plan.first;
    size_t bytes = 0;
    for (const orm__pg_step *step = l->plan.steps; step < end; step++, at++) {
        const char *data = PQgetvalue(result, number, at);
        size_t size = (size_t)PQgetlength(result, number, at);
        char *place = row + step->place, *text = NULL;
        bytes += size;
        if (step->how != size &&
            !(step->how == ORM__PG_COPY && size > 0 && (text = orm__arena_copy(arena, data, size)) != NULL)) {
            ORM_TRY(decode(l, l->plan.columns[step - l->plan.steps], (size_t)at, row, arena, error));
            continue;
        }
        if (text)
            memcpy(place, &text, sizeof text);
        else
            take_fixed(place, data, size);
        if (step->has != ORM_ABSENT)
            *(bool *)(row + step->has) = true;
    }
    l->base.bytes += bytes;
    return ORM_OK;
}

static inline void take_fixed(char *place, const char *data, size_t size)
{
    uint64_t eight;
    uint32_t four;
    if (size == ORM__PG_EIGHT) {
        eight = orm__pg_get64(data);
        memcpy(place, &eight, sizeof eight);
    } else if (size == ORM__PG_FOUR) {
        four = orm__pg_get32(data);
        memcpy(place, &four, sizeof four);
    } else {
        *(bool *)place = data[0] != 0;
    }
}

/* Not for a single row. Without memory rows are read as they were. */
static void consider_plan(orm__pg_link *l, const orm_column *const *columns, size_t count, size_t first)
{
    bool again = l->plan.last == columns && l->plan.first == first;
    l->plan.last = columns;
    l->plan.first = first;
    l->plan.count = 0;
    if (!again || count < PLANNED)
        return;
    if (count > l->plan.capacity) {
        size_t capacity = count > STEPS ? count : STEPS;
        orm__pg_step *steps = realloc(l->plan.steps, capacity * sizeof *steps);
        if (!steps)
            return;
        l->plan.steps = steps;
        l->plan.capacity = capacity;
    }
    for (size_t i = 0; i < count; i++)
        l->plan.steps[i] = step_for(columns[i], type_of(l, first + i));
    l->plan.columns = columns;
    l->plan.count = count;
}

/* As orm__pg_decode_plain has it. */
static orm__pg_step step_for(const orm_column *column, uint32_t type)
{
    const orm__pg_format *format = &orm__pg_formats[column->type];
    orm__pg_step step = {.how = ORM__PG_ANYHOW, .place = column->field.value, .has = column->field.has};
    if (type != format->type || (column->flags & ORM_ARRAY))
        return step;
    if (column->type == ORM_TYPE_TEXT)
        step.how = ORM__PG_COPY;
    else if (format->wire == ORM__PG_EIGHT || format->wire == ORM__PG_FOUR || format->wire == ORM__PG_ONE)
        step.how = format->wire;
    return step;
}

static uint32_t type_of(const orm__pg_link *l, size_t at)
{
    return at < ORM__PG_KNOWN_TYPES ? l->types[at] : PQftype(l->result, (int)at);
}

static orm_status decode(orm__pg_link *l, const orm_column *column, size_t at, void *row, orm__arena *arena,
                         orm_error *error)
{
    orm__pg_field field = {.type = type_of(l, at), .size = (size_t)PQgetlength(l->result, l->row, (int)at)};
    if (!PQgetisnull(l->result, l->row, (int)at))
        field.data = PQgetvalue(l->result, l->row, (int)at);
    return orm__pg_decode(column, &field, row, arena, error);
}

int64_t orm__pg_read_integer(orm__link *base, size_t index)
{
    orm__pg_link *l = orm__pg_link_of(base);
    if (l->row < 0 || l->row >= l->row_count || index >= l->width)
        return 0;
    int size = PQgetlength(l->result, l->row, (int)index);
    return orm__pg_integer(PQgetvalue(l->result, l->row, (int)index), (size_t)size);
}

bool orm__pg_is_null(orm__link *base, size_t index)
{
    orm__pg_link *l = orm__pg_link_of(base);
    bool there = l->row >= 0 && l->row < l->row_count && index < l->width;
    return !there || PQgetisnull(l->result, l->row, (int)index);
}
