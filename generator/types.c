/* types.c -- the table of column types behind types.h.
 * SPDX-License-Identifier: MIT */
#include "types.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* word, class, c_type, has_opt, constant, postgresql, sqlite, lowest, highest, takes_now */
const ormc_type ormc_types[] = {
    {"bool", ORMC_CLASS_BOOL, "bool", true, "ORM_TYPE_BOOL", "boolean", "INTEGER", 0, 1, false},
    {"int16", ORMC_CLASS_INTEGER, "int16_t", true, "ORM_TYPE_INT16", "smallint", "INTEGER", INT16_MIN, INT16_MAX,
     false},
    {"int32", ORMC_CLASS_INTEGER, "int32_t", true, "ORM_TYPE_INT32", "integer", "INTEGER", INT32_MIN, INT32_MAX, false},
    {"int64", ORMC_CLASS_INTEGER, "int64_t", true, "ORM_TYPE_INT64", "bigint", "INTEGER", INT64_MIN, INT64_MAX, false},
    {"float32", ORMC_CLASS_REAL, "float", true, "ORM_TYPE_FLOAT32", "real", "REAL", 0, 0, false},
    {"float64", ORMC_CLASS_REAL, "double", true, "ORM_TYPE_FLOAT64", "double precision", "REAL", 0, 0, false},
    {"decimal", ORMC_CLASS_DECIMAL, "orm_decimal", false, "ORM_TYPE_DECIMAL", "numeric", "TEXT", 0, 0, false},
    {"text", ORMC_CLASS_TEXT, "const char *", false, "ORM_TYPE_TEXT", "text", "TEXT", 0, 0, false},
    {"bytes", ORMC_CLASS_BYTES, "orm_bytes", false, "ORM_TYPE_BYTES", "bytea", "BLOB", 0, 0, false},
    {"uuid", ORMC_CLASS_UUID, "orm_uuid", true, "ORM_TYPE_UUID", "uuid", "BLOB", 0, 0, false},
    {"date", ORMC_CLASS_TIME, "orm_date", true, "ORM_TYPE_DATE", "date", "TEXT", 0, 0, true},
    {"time", ORMC_CLASS_TIME, "orm_time", true, "ORM_TYPE_TIME", "time", "TEXT", 0, 0, true},
    {"timestamp", ORMC_CLASS_TIME, "orm_timestamp", true, "ORM_TYPE_TIMESTAMP", "timestamp", "TEXT", 0, 0, true},
    {"timestamptz", ORMC_CLASS_TIME, "orm_timestamptz", true, "ORM_TYPE_TIMESTAMPTZ", "timestamptz", "TEXT", 0, 0,
     true},
    {"json", ORMC_CLASS_JSON, "orm_json", false, "ORM_TYPE_JSON", "json", "TEXT", 0, 0, false},
    {"jsonb", ORMC_CLASS_JSON, "orm_jsonb", false, "ORM_TYPE_JSONB", "jsonb", "TEXT", 0, 0, false},
    {"interval", ORMC_CLASS_INTERVAL, "orm_interval", true, "ORM_TYPE_INTERVAL", "interval", "TEXT", 0, 0, false},
    {"inet", ORMC_CLASS_INET, "orm_inet", false, "ORM_TYPE_INET", "inet", "TEXT", 0, 0, false},
    {"other", ORMC_CLASS_OTHER, "const char *", false, "ORM_TYPE_OTHER", NULL, "TEXT", 0, 0, false},
    {"enum", ORMC_CLASS_ENUM, NULL, true, "ORM_TYPE_ENUM", NULL, NULL, 0, 0, false},
    {.word = NULL},
};

static const ormc_type *find_class(ormc_type_class class);

const ormc_type *ormc_type_find(const char *word)
{
    for (const ormc_type *type = ormc_types; type->word; type++)
        if (type->class != ORMC_CLASS_ENUM && type->class != ORMC_CLASS_OTHER && strcmp(type->word, word) == 0)
            return type;
    return NULL;
}

const ormc_type *ormc_type_of_enum(void)
{
    return find_class(ORMC_CLASS_ENUM);
}

const ormc_type *ormc_type_of_other(void)
{
    return find_class(ORMC_CLASS_OTHER);
}

static const ormc_type *find_class(ormc_type_class class)
{
    const ormc_type *type = ormc_types;
    while (type->class != class)
        type++;
    return type;
}
