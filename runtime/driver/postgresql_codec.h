/* postgresql_codec.h -- PostgreSQL's binary formats: parameters out of C values, struct members out of results.
 *
 * Pure bytes, no libpq: encoding is postgresql_codec.c, lists postgresql_items.c, decoding postgresql_decode.c,
 * arrays postgresql_array.c. The formats are those that the
 * server's own type functions (int4recv, numeric_send ...) read and write; each function names the server's source
 * file that shows it. All numbers are big-endian.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_DRIVER_POSTGRESQL_CODEC_H
#define ORM_DRIVER_POSTGRESQL_CODEC_H

#include "base/arena.h"
#include "base/text.h"
#include "driver/driver.h"

#include <string.h>

/* pg_type.oid of the built-in types, from the server's src/include/catalog/pg_type.dat. From ORM__PG_FIRST_USER_TYPE
 * on the numbers are of enums, extensions and the like (FirstNormalObjectId in src/include/access/transam.h). */
enum {
    ORM__PG_BOOL = 16,
    ORM__PG_BYTEA = 17,
    ORM__PG_CHAR = 18,
    ORM__PG_NAME = 19,
    ORM__PG_INT8 = 20,
    ORM__PG_INT2 = 21,
    ORM__PG_INT4 = 23,
    ORM__PG_TEXT = 25,
    ORM__PG_JSON = 114,
    ORM__PG_CIDR = 650,
    ORM__PG_FLOAT4 = 700,
    ORM__PG_FLOAT8 = 701,
    ORM__PG_UNKNOWN = 705,
    ORM__PG_INET = 869,
    ORM__PG_BPCHAR = 1042,
    ORM__PG_VARCHAR = 1043,
    ORM__PG_DATE = 1082,
    ORM__PG_TIME = 1083,
    ORM__PG_TIMESTAMP = 1114,
    ORM__PG_TIMESTAMPTZ = 1184,
    ORM__PG_INTERVAL = 1186,
    ORM__PG_NUMERIC = 1700,
    ORM__PG_UUID = 2950,
    ORM__PG_JSONB = 3802,
    ORM__PG_FIRST_USER_TYPE = 16384
};
enum { ORM__PG_JSONB_VERSION = 1 };

typedef enum orm__pg_shape {
    ORM__PG_NOTHING,
    ORM__PG_INTEGER,
    ORM__PG_REAL,
    ORM__PG_STRING,
    ORM__PG_BYTES,
    ORM__PG_SPAN
} orm__pg_shape;

/* By orm_type: what a value is in C, and as what it travels. `size` is of the C value, `wire` of the encoded one where
 * that is fixed. */
typedef struct orm__pg_format {
    const char *name;
    orm__pg_shape shape;
    uint8_t size, wire;
    uint16_t type, array; /* pg_type.oid of the parameter, and of an array of them */
} orm__pg_format;
enum { ORM__PG_FORMATS = ORM_TYPE_ENUM + 1 };
extern const orm__pg_format orm__pg_formats[ORM__PG_FORMATS];

/* The type, as pg_type.oid, that a parameter is declared and encoded as. */
uint32_t orm__pg_type(const orm__parameter *parameter);
/* Whether it is sent in the text format: then the server reads it as whatever type the parameter turns out to be. */
bool orm__pg_goes_as_text(const orm__parameter *parameter);

/* Appends the value to the buffer in the parameter's format, and says in `null` whether it is NULL, which appends
 * nothing. A number that does not fit the declared type, or a position that is none of the enum's, is ORM_INVALID; a
 * value of quite another kind than the one declared is ORM_MISUSE. */
orm_status orm__pg_encode(orm__text *buffer, const orm__parameter *parameter, const orm_value *value, bool *null,
                          orm_error *error);

/* The same of all the values of a statement: where each stands, NULL of NULL, and its size. Text and bytes stay
 * where they are. */
orm_status orm__pg_encode_all(orm__text *buffer, const orm__parameter *parameters, const orm_value *values,
                              size_t count, const char **places, int *sizes, orm_error *error);

/* Appends an item of a list of scalars, declared as that type: its size, or -1 for NULL, and its bytes. Memory that
 * runs out shows in the buffer alone. */
orm_status orm__pg_encode_item(orm__text *buffer, const orm_value *list, orm_type declared, size_t index,
                               orm_error *error);

/* A list whose items are written so one after the other, and what is known of all of them: postgresql_items.c. */
typedef struct orm__pg_items {
    const orm_value *list;
    const void *const *rows; /* of the column of rows; NULL: of the array below */
    const char *items;
    const bool *nulls;           /* or NULL */
    const orm_enum *enumeration; /* or NULL */
    size_t stride;
    uint32_t place, has; /* in a row; `has` ORM_ABSENT: there is none */
    orm_type declared;
    uint8_t way;
} orm__pg_items;
/* `list` is borrowed. */
orm__pg_items orm__pg_items_of(const orm_value *list, orm_type declared);
/* Appends the first `count` items of the list; failures are those of encode_item. */
orm_status orm__pg_write_list(orm__text *buffer, const orm__pg_items *list, size_t count, orm_error *error);
/* Appends rows of COPY, each how many fields there are, and of each list its item: from `*row`, which is moved on,
 * to `rows`, or as many as fill the buffer with `most` bytes. */
orm_status orm__pg_write_rows(orm__text *buffer, const orm__pg_items *lists, size_t count, size_t *row, size_t rows,
                              size_t most, orm_error *error);

/* A field of a result in binary format. */
typedef struct orm__pg_field {
    uint32_t type;    /* pg_type.oid */
    const char *data; /* NULL is SQL NULL */
    size_t size;
} orm__pg_field;

/* Writes a field into the member that `column` describes of the struct `row`. Text and bytes are copied to the arena.
 * What the member cannot hold is ORM_SCHEMA. */
orm_status orm__pg_decode(const orm_column *column, const orm__pg_field *field, void *row, orm__arena *arena,
                          orm_error *error);

/* The same of what is usual: the type in the database is just the member's own, and the value no NULL. False, and
 * nothing has happened: orm__pg_decode is to see to it. Stands here to be part of the loop over a row's columns. */
static inline bool orm__pg_decode_plain(const orm_column *column, orm__pg_field field, char *row, orm__arena *arena);

/* What orm__pg_decode does for an array of one dimension or none, into the {items, nulls, count} at `place`. */
orm_status orm__pg_decode_array(const orm_column *column, const orm__pg_field *field, void *place, orm__arena *arena,
                                orm_error *error);
/* Appends an ORM_FORM_ARRAY value in the notation {...} that the server's types read from text. A position that is
 * none of the enum's is ORM_INVALID. */
orm_status orm__pg_write_array(orm__text *buffer, const orm_value *array, orm_error *error);
/* ORM_SCHEMA: the database is not as the schema that was compiled in. */
orm_status orm__pg_drift(const orm_column *column, orm_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The value of an int2, int4 or int8 by its size; 0 for any other size. */
int64_t orm__pg_integer(const char *data, size_t size);

static inline void orm__pg_put32(char *place, uint32_t value)
{
    unsigned char *bytes = (unsigned char *)place;
    bytes[0] = (unsigned char)(value >> 24);
    bytes[1] = (unsigned char)(value >> 16);
    bytes[2] = (unsigned char)(value >> 8);
    bytes[3] = (unsigned char)value;
}

static inline void orm__pg_put64(char *place, uint64_t value)
{
    orm__pg_put32(place, (uint32_t)(value >> 32));
    orm__pg_put32(place + 4, (uint32_t)value);
}

static inline uint32_t orm__pg_get32(const char *data)
{
    const uint8_t *bytes = (const uint8_t *)data;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline uint64_t orm__pg_get64(const char *data)
{
    return (uint64_t)orm__pg_get32(data) << 32 | orm__pg_get32(data + 4);
}

static inline bool orm__pg_decode_plain(const orm_column *column, orm__pg_field field, char *row, orm__arena *arena)
{
    const orm__pg_format *format = &orm__pg_formats[column->type];
    char *place = row + column->field.value;
    if (field.type != format->type || (column->flags & ORM_ARRAY))
        return false;
    if (field.size == 8 && format->wire == 8) {
        uint64_t value = orm__pg_get64(field.data);
        memcpy(place, &value, 8);
    } else if (field.size == 4 && format->wire == 4) {
        uint32_t value = orm__pg_get32(field.data);
        memcpy(place, &value, 4);
    } else if (field.size == 1 && format->wire == 1) {
        *(bool *)place = field.data[0] != 0;
    } else if (field.size > 0 && column->type == ORM_TYPE_TEXT) {
        const char *text = orm__arena_copy(arena, field.data, field.size);
        if (!text)
            return false;
        memcpy(place, &text, sizeof text);
    } else {
        return false;
    }
    if (column->field.has != ORM_ABSENT)
        *(bool *)(row + column->field.has) = true;
    return true;
}

#endif
