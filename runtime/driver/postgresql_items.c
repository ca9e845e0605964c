/* postgresql_items.c -- the items of lists, each behind its size, as arrays and rows of COPY have them, by
 * postgresql_codec.h.
 *
 * Where an item stands and how it is written is found out once for a list. What is usual is written here, in one go;
 * all else, and whatever has to be refused, is postgresql_codec.c's.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_codec.h"

/* How an item is written: so many bytes, turned round but for a UUID's; text and its like; the label of a position;
 * or by the codec. */
typedef enum way { BYTE, TWO, FOUR, EIGHT, UUID, STRING, LABEL, BYTES, ANYHOW } way;
enum { SIZE = 4, MOST_FIXED = SIZE + 16, NULL_SIZE = -1 };

/* Part of each loop over items: what it costs is most of what a row costs. */
#define INLINE static inline __attribute__((always_inline))

static way way_of(const orm_value *list, orm_type type, orm_type declared);
INLINE char *begin(const orm__text *buffer, const char **end);
static void end_at(orm__text *buffer, char *at);
INLINE char *write_usual(char *at, const char *end, const orm__pg_items *list, size_t index);
INLINE const char *place_of(const orm__pg_items *list, size_t index);
INLINE char *write_two(char *at, const char *place);
INLINE char *write_four(char *at, const char *place);
INLINE char *write_eight(char *at, const char *place);
INLINE char *write_bytes(char *at, const char *end, const void *data, size_t size);
static char *grow(orm__text *buffer, char *at, const char **end);
static char *write_anyhow(orm__text *buffer, char *at, const char **end, const orm__pg_items *list, size_t index,
                          orm_status *status, orm_error *error);

orm__pg_items orm__pg_items_of(const orm_value *list, orm_type declared)
{
    if (list->form == ORM_FORM_ROWS) {
        const orm_column *column = list->as.rows.column;
        return (orm__pg_items){.list = list,
                               .declared = declared,
                               .rows = list->as.rows.items,
                               .place = column->field.value,
                               .has = column->field.has,
                               .enumeration = column->enumeration,
                               .way = way_of(list, column->type, declared)};
    }
    return (orm__pg_items){.list = list,
                           .declared = declared,
                           .items = list->as.array.items,
                           .stride = orm__pg_formats[list->type].size,
                           .nulls = list->as.array.nulls,
                           .enumeration = list->enumeration,
                           .way = way_of(list, list->type, declared)};
}

/* As its own type, which it always fits; an array's own notation is not written here. */
static way way_of(const orm_value *list, orm_type type, orm_type declared)
{
    const orm__pg_format *format = &orm__pg_formats[type];
    if (type != declared || (list->form == ORM_FORM_ROWS && (list->as.rows.column->flags & ORM_ARRAY)))
        return ANYHOW;
    if (type == ORM_TYPE_ENUM)
        return LABEL;
    if (type == ORM_TYPE_JSONB || type == ORM_TYPE_INTERVAL)
        return ANYHOW;
    switch (format->wire) {
    case 0:
        return format->shape == ORM__PG_BYTES ? BYTES : STRING;
    case 1:
        return BYTE;
    case 2:
        return TWO;
    case 4:
        return FOUR;
    default:
        return format->wire == 8 ? EIGHT : UUID;
    }
}

orm_status orm__pg_write_list(orm__text *buffer, const orm__pg_items *list, size_t count, orm_error *error)
{
    orm_status status = ORM_OK;
    const char *end;
    char *at = begin(buffer, &end);
    for (size_t i = 0; i < count && !status && !buffer->failed; i++) {
        char *next = write_usual(at, end, list, i);
        at = next ? next : write_anyhow(buffer, at, &end, list, i, &status, error);
    }
    end_at(buffer, at);
    return status;
}

orm_status orm__pg_write_rows(orm__text *buffer, const orm__pg_items *lists, size_t count, size_t *row, size_t rows,
                              size_t most, orm_error *error)
{
    orm_status status = ORM_OK;
    const char *end;
    char *at = begin(buffer, &end);
    for (; *row < rows && !status && !buffer->failed && (size_t)(at - buffer->data) < most; ++*row) {
        if (end - at < 2)
            at = grow(buffer, at, &end);
        if (!at)
            return ORM_OK;
        *at++ = (char)(count >> 8);
        *at++ = (char)count;
        for (const orm__pg_items *list = lists; list < lists + count && !status; list++) {
            char *next = write_usual(at, end, list, *row);
            at = next ? next : write_anyhow(buffer, at, &end, list, *row, &status, error);
        }
    }
    end_at(buffer, at);
    return status;
}

/* Where the buffer ends, and how far it may. While much is appended its own length stays behind. */
INLINE char *begin(const orm__text *buffer, const char **end)
{
    char *at = buffer->data ? buffer->data + buffer->length : NULL;
    *end = at ? buffer->data + buffer->capacity - 1 : NULL;
    return at;
}

static void end_at(orm__text *buffer, char *at)
{
    if (!at)
        return;
    buffer->length = (size_t)(at - buffer->data);
    *at = '\0';
}

/* Where it ends; NULL, and nothing has happened, where there is more to see to, room for one. */
INLINE char *write_usual(char *at, const char *end, const orm__pg_items *list, size_t index)
{
    const char *place = place_of(list, index), *text;
    orm_bytes bytes;
    int position;
    if (end - at < MOST_FIXED)
        return NULL;
    if (!place) {
        orm__pg_put32(at, (uint32_t)NULL_SIZE);
        return at + SIZE;
    }
    switch ((way)list->way) {
    case BYTE:
        orm__pg_put32(at, 1);
        at[SIZE] = *(const bool *)place;
        return at + SIZE + 1;
    case TWO:
        return write_two(at, place);
    case FOUR:
        return write_four(at, place);
    case EIGHT:
        return write_eight(at, place);
    case UUID:
        return write_bytes(at, end, place, sizeof(orm_uuid));
    case STRING:
        memcpy(&text, place, sizeof text);
        return text ? write_bytes(at, end, text, strlen(text)) : NULL;
    case LABEL:
        memcpy(&position, place, sizeof position);
        if (position < 1 || !list->enumeration || (size_t)position > list->enumeration->count)
            return NULL;
        text = list->enumeration->values[position - 1];
        return write_bytes(at, end, text, strlen(text));
    case BYTES:
        memcpy(&bytes, place, sizeof bytes);
        return bytes.data ? write_bytes(at, end, bytes.data, bytes.size) : NULL;
    case ANYHOW:
        break;
    }
    return NULL;
}

/* NULL where the item is. */
INLINE const char *place_of(const orm__pg_items *list, size_t index)
{
    if (list->rows) {
        const char *row = list->rows[index];
        return list->has != ORM_ABSENT && !*(const bool *)(row + list->has) ? NULL : row + list->place;
    }
    return list->nulls && list->nulls[index] ? NULL : list->items + index * list->stride;
}

INLINE char *write_two(char *at, const char *place)
{
    uint16_t value;
    memcpy(&value, place, sizeof value);
    orm__pg_put32(at, sizeof value);
    at[SIZE] = (char)(value >> 8);
    at[SIZE + 1] = (char)value;
    return at + SIZE + sizeof value;
}

INLINE char *write_four(char *at, const char *place)
{
    uint32_t value;
    memcpy(&value, place, sizeof value);
    orm__pg_put32(at, sizeof value);
    orm__pg_put32(at + SIZE, value);
    return at + SIZE + sizeof value;
}

INLINE char *write_eight(char *at, const char *place)
{
    uint64_t value;
    memcpy(&value, place, sizeof value);
    orm__pg_put32(at, sizeof value);
    orm__pg_put64(at + SIZE, value);
    return at + SIZE + sizeof value;
}

INLINE char *write_bytes(char *at, const char *end, const void *data, size_t size)
{
    if (size >= INT32_MAX || (size_t)(end - at) < SIZE + size)
        return NULL;
    orm__pg_put32(at, (uint32_t)size);
    memcpy(at + SIZE, data, size);
    return at + SIZE + size;
}

/* NULL when memory is gone. */
static char *grow(orm__text *buffer, char *at, const char **end)
{
    end_at(buffer, at);
    if (!orm__text_extend(buffer, MOST_FIXED))
        return NULL;
    buffer->length -= MOST_FIXED;
    return begin(buffer, end);
}

static char *write_anyhow(orm__text *buffer, char *at, const char **end, const orm__pg_items *list, size_t index,
                          orm_status *status, orm_error *error)
{
    end_at(buffer, at);
    *status = orm__pg_encode_item(buffer, list->list, list->declared, index, error);
    return begin(buffer, end);
}
