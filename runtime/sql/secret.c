/* sql/secret.c -- takes values of sensitive columns out of what the database said, by secret.h.
 *
 * PostgreSQL's DETAIL shows a key ("Key (pin)=(1234) already exists.") or a whole row ("Failing row contains (1,
 * 1234)."), maybe of another table than the statement's; refusing a value, its message quotes that. It may speak any
 * language: only the signs are looked at. SQLite names columns, and shows no values.
 * SPDX-License-Identifier: MIT */
#include "sql/secret.h"

#include <string.h>

static bool shows_secret(const orm_error *error, const char *detail, const orm_model *table);
static const orm_model *find_table(const orm_schema *schema, const char *table);
static bool has_sensitive(const orm_model *model, const char *among, size_t length);
static bool contains(const char *text, size_t length, const char *part);
static void cut_quoted(char *message);

void orm__secret_hide(orm_connection *connection, const orm_model *model, bool sensitive)
{
    orm_error *error = &connection->error;
    size_t detail = connection->link->detail;
    const orm_schema *schema = model ? model->schema : connection->schema;
    const orm_model *table = schema ? find_table(schema, error->table) : NULL;
    connection->link->detail = 0;
    bool told = detail && detail < strlen(error->message);
    bool secret = sensitive ||
                  (model && has_sensitive(model, NULL, 0)); /* of a partition, or what a trigger writes to */
    if (told && (table ? shows_secret(error, error->message + detail, table) : secret))
        error->message[detail] = '\0';
    if (sensitive && strncmp(error->sqlstate, "22", 2) == 0)
        cut_quoted(error->message);
}

/* A key is shown behind the names of its columns. */
static bool shows_secret(const orm_error *error, const char *detail, const orm_model *table)
{
    static const char *const of_keys[] = {"23505", "23503", "23P01"}; /* unique, foreign key, exclusion */
    const char *values = strstr(detail, ")=(");
    for (size_t i = 0; values && i < sizeof of_keys / sizeof *of_keys; i++)
        if (strcmp(error->sqlstate, of_keys[i]) == 0)
            return has_sensitive(table, detail, (size_t)(values - detail));
    return has_sensitive(table, NULL, 0);
}

static const orm_model *find_table(const orm_schema *schema, const char *table)
{
    for (uint32_t i = 0; i < schema->model_count; i++)
        if (strcmp(schema->models[i]->table, table) == 0)
            return schema->models[i];
    return NULL;
}

/* Whether it has such a column, of those whose names stand in a text (NULL: of all). */
static bool has_sensitive(const orm_model *model, const char *among, size_t length)
{
    for (uint32_t i = 0; i < model->column_count; i++) {
        const orm_column *column = &model->columns[i];
        if ((column->flags & ORM_SENSITIVE) && (!among || contains(among, length, column->name)))
            return true;
    }
    return false;
}

static bool contains(const char *text, size_t length, const char *part)
{
    const char *found = strstr(text, part);
    return found && found < text + length;
}

/* From its first quotation mark on; in some languages that is not of ASCII. */
static void cut_quoted(char *message)
{
    static const char hidden[] = "***";
    for (char *c = message; *c && (size_t)(c - message) + sizeof hidden < sizeof((orm_error *)0)->message; c++)
        if (*c == '"' || *c == '\'' || (unsigned char)*c >= 0x80) {
            memcpy(c, hidden, sizeof hidden);
            return;
        }
}
