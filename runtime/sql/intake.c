/* sql/intake.c -- rows out of inputs, by intake.h.
 * SPDX-License-Identifier: MIT */
#include "sql/intake.h"

#include "base/error.h"
#include "base/uuid.h"
#include "sql/result.h"
#include "sql/values.h"

#include <stdlib.h>
#include <string.h>

/* What becomes of a column that is left out. */
typedef enum absence { STAYS_OUT, HAS_DEFAULT, MAKES_KEY, IS_MISSED } absence;
/* What of a value that is given may be none after all: text that is NULL, an enum's 0. */
enum { LACKS_NOTHING, LACKS_POINTER, LACKS_OTHERWISE };

typedef struct intake_step {
    orm_input input;
    orm_field field;
    uint64_t bit; /* in the word of the mask of what is given */
    uint32_t word, index;
    uint8_t size;          /* of the C value */
    uint8_t absence, lack; /* LACKS_NOTHING ... */
    bool always;           /* given: it cannot be left out */
    bool plain;            /* no `has`, no lack */
    bool clock;            /* its default is the clock */
} intake_step;

struct orm__intake {
    orm__intake *next; /* of the connection */
    orm_connection *connection;
    const orm_model *model;
    orm_timestamptz now;
    char *defaults;             /* a row of nothing else */
    const orm_column **checked; /* whose values have rules */
    size_t checked_count, count;
    intake_step steps[]; /* of the columns that are ever given */
};

static orm__intake *make(orm_connection *connection, const orm_model *model);
static void set_clock(orm__intake *intake, orm_timestamptz now);
static bool fill_steps(orm__intake *intake);
static intake_step step_for(const orm_column *column, bool has_default);
static bool take_usual(const orm__intake *intake, const char *values, char *row, uint64_t *given);
static inline orm_given state_of(const char *values, uint32_t place);
static bool take_absent(const orm__intake *intake, const intake_step *step, orm_given set, orm_given null, char *row);
static inline bool is_lacking(const orm__intake *intake, const intake_step *step, const char *row);
static bool has_targets(const orm_model *model, const char *values);
static bool meets_rules(const orm__intake *intake, const char *row, const uint64_t *given);

const orm__intake *orm__intake_of(orm_connection *connection, const orm_model *model, orm_timestamptz now)
{
    orm__intake **place = &connection->intakes, *found;
    while (*place && (*place)->model != model)
        place = &(*place)->next;
    found = *place;
    if (found)
        *place = found->next;
    else if (!(found = make(connection, model)))
        return NULL;
    found->next = connection->intakes;
    connection->intakes = found;
    if (found->now.microseconds != now.microseconds)
        set_clock(found, now);
    return found;
}

void orm__intakes_free(orm__intake *intakes)
{
    for (orm__intake *next; intakes; intakes = next) {
        next = intakes->next;
        free(intakes->defaults);
        free(intakes);
    }
}

static orm__intake *make(orm_connection *connection, const orm_model *model)
{
    size_t count = model->column_count;
    orm__intake *made = calloc(1, sizeof *made + count * (sizeof *made->steps + sizeof *made->checked));
    if (!made)
        return NULL;
    made->connection = connection;
    made->model = model;
    made->defaults = calloc(1, model->row_size + 1);
    made->checked = (const orm_column **)(void *)((char *)made->steps + count * sizeof *made->steps);
    if (made->defaults && fill_steps(made))
        return made;
    orm__intakes_free(made);
    return NULL;
}

static void set_clock(orm__intake *intake, orm_timestamptz now)
{
    intake->now = now;
    for (const intake_step *step = intake->steps; step < intake->steps + intake->count; step++) {
        const orm_column *column = &intake->model->columns[step->index];
        if (step->clock)
            orm__member_set(column, intake->defaults, orm__value_now(column, now));
    }
}

static bool fill_steps(orm__intake *intake)
{
    const orm_model *model = intake->model;
    uint64_t *defaulted = calloc(orm__mask_words(model) + 1, sizeof *defaulted);
    if (!defaulted)
        return false;
    orm__values_default(model, intake->defaults, defaulted, &intake->now);
    for (size_t i = 0; i < model->column_count; i++) {
        const orm_column *column = &model->columns[i];
        intake_step made = step_for(column, orm__mask_has(defaulted, i));
        if (made.absence == HAS_DEFAULT && orm__member_is_null(column, intake->defaults))
            made.absence = IS_MISSED; /* a default of NULL: it has no value to be copied */
        if (column->input.value != ORM_ABSENT || made.absence != STAYS_OUT)
            intake->steps[intake->count++] = made;
        if (orm__validate_needs(column))
            intake->checked[intake->checked_count++] = column;
    }
    free(defaulted);
    return true;
}

static intake_step step_for(const orm_column *column, bool has_default)
{
    bool may_lack = !(column->flags & ORM_NULLABLE) && orm__member_may_lack(column);
    absence left_out = STAYS_OUT;
    if (orm__member_makes_key(column))
        left_out = MAKES_KEY;
    else if (has_default)
        left_out = HAS_DEFAULT;
    else if (orm__validate_is_missed(column))
        left_out = IS_MISSED;
    return (intake_step){.input = column->input,
                         .field = column->field,
                         .bit = (uint64_t)1 << column->index % 64,
                         .word = column->index / 64,
                         .index = column->index,
                         .size = (uint8_t)orm__member_size(column),
                         .absence = (uint8_t)left_out,
                         .lack = !may_lack                    ? LACKS_NOTHING
                                 : orm__member_points(column) ? LACKS_POINTER
                                                              : LACKS_OTHERWISE,
                         .always = column->input.set == ORM_ABSENT && column->input.value != ORM_ABSENT,
                         .clock = left_out == HAS_DEFAULT && (column->flags & ORM_DEFAULT_NOW) &&
                                  !(column->flags & (ORM_DEFAULT_VALUE | ORM_VERSION)),
                         .plain = !may_lack && column->field.has == ORM_ABSENT};
}

orm_status orm__intake_row(const orm__intake *intake, const void *values, void *row, uint64_t *given)
{
    const orm_model *model = intake->model;
    if (take_usual(intake, values, row, given))
        return ORM_OK;
    memset(row, 0, model->row_size);
    memset(given, 0, orm__mask_words(model) * sizeof *given);
    ORM_TRY(orm__row_take(intake->connection, model, values, row, given));
    return orm__row_complete(intake->connection, model, row, given, &intake->now);
}

/* False where anything is odd; then the row may be filled in part. */
static bool take_usual(const orm__intake *intake, const char *values, char *row, uint64_t *given)
{
    const intake_step *last = intake->steps + intake->count;
    for (const intake_step *step = intake->steps; step < last; step++) {
        orm_given set = step->always ? ORM_GIVEN : state_of(values, step->input.set);
        orm_given null = state_of(values, step->input.null);
        if (set == ORM_GIVEN && null == ORM_LEFT_OUT)
            orm__value_copy(row + step->field.value, values + step->input.value, step->size);
        else if (set == ORM_LEFT_OUT && null == ORM_LEFT_OUT && step->absence == STAYS_OUT)
            continue;
        else if (!take_absent(intake, step, set, null, row))
            return false;
        given[step->word] |= step->bit;
        if (step->plain)
            continue;
        if (step->field.has != ORM_ABSENT && null == ORM_LEFT_OUT)
            *(bool *)(row + step->field.has) = true;
        if (step->lack != LACKS_NOTHING && is_lacking(intake, step, row))
            return false;
    }
    return !has_targets(intake->model, values) && meets_rules(intake, row, given);
}

static inline orm_given state_of(const char *values, uint32_t place)
{
    orm_given state = ORM_LEFT_OUT;
    if (place != ORM_ABSENT)
        memcpy(&state, values + place, sizeof state);
    return state;
}

/* NULL, or what is made of nothing. */
static bool take_absent(const orm__intake *intake, const intake_step *step, orm_given set, orm_given null, char *row)
{
    orm_uuid key;
    if (null == ORM_GIVEN)
        return set == ORM_LEFT_OUT || set == ORM_GIVEN;
    if (set != ORM_LEFT_OUT || null != ORM_LEFT_OUT || step->absence == IS_MISSED)
        return false;
    if (step->absence == MAKES_KEY && !orm__uuid_make(&key))
        return false;
    orm__value_copy(row + step->field.value,
                    step->absence == MAKES_KEY ? (const char *)&key : intake->defaults + step->field.value, step->size);
    return true;
}

static inline bool is_lacking(const orm__intake *intake, const intake_step *step, const char *row)
{
    const void *pointer;
    if (step->lack == LACKS_OTHERWISE)
        return orm__member_is_missing(&intake->model->columns[step->index], row);
    memcpy(&pointer, row + step->field.value, sizeof pointer);
    return !pointer;
}

/* Whether a row is referred to, whose key has to be copied. */
static bool has_targets(const orm_model *model, const char *values)
{
    for (size_t i = 0; i < model->relation_count; i++)
        if (model->relations[i].input != ORM_ABSENT && orm__values_target(&model->relations[i], values))
            return true;
    return false;
}

/* Which ones it does not meet is told on the other way. */
static bool meets_rules(const orm__intake *intake, const char *row, const uint64_t *given)
{
    orm_problems problems;
    problems.count = 0;
    for (size_t i = 0; i < intake->checked_count; i++) {
        const orm_column *column = intake->checked[i];
        if (orm__mask_has(given, column->index) &&
            !orm__validate_column(column, row, &intake->connection->patterns, &problems))
            return false;
    }
    return problems.count == 0;
}
