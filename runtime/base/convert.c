/* base/convert.c -- the public ways from texts to values and back: moments, uuids, decimals to count with, names of
 * enums.
 *
 * The reading itself stands in datetime.c, uuid.c and decimal.c, which also write.
 * SPDX-License-Identifier: MIT */
#include "base/datetime.h"
#include "base/decimal.h"
#include "base/uuid.h"
#include "orm/model.h"

#include <string.h>

enum { MOST_SCALE = 18 };

bool orm_date_parse(const char *text, orm_date *value)
{
    bool read = text && orm__date_parse(text, strlen(text), value);
    if (!read)
        *value = (orm_date){0};
    return read;
}

bool orm_time_parse(const char *text, orm_time *value)
{
    bool read = text && orm__time_parse(text, strlen(text), value);
    if (!read)
        *value = (orm_time){0};
    return read;
}

bool orm_timestamp_parse(const char *text, orm_timestamp *value)
{
    bool read = text && orm__timestamp_parse(text, strlen(text), &value->microseconds);
    if (!read)
        *value = (orm_timestamp){0};
    return read;
}

bool orm_timestamptz_parse(const char *text, orm_timestamptz *value)
{
    bool read = text && orm__timestamp_parse(text, strlen(text), &value->microseconds);
    if (!read)
        *value = (orm_timestamptz){0};
    return read;
}

bool orm_uuid_parse(const char *text, orm_uuid *value)
{
    bool read = text && orm__uuid_parse(text, strlen(text), value);
    if (!read)
        *value = (orm_uuid){{0}};
    return read;
}

bool orm_uuid_new(orm_uuid *value)
{
    bool made = orm__uuid_make(value);
    if (!made)
        *value = (orm_uuid){{0}};
    return made;
}

bool orm_decimal_to_scaled(orm_decimal value, int scale, int64_t *scaled)
{
    bool fits = value.text && scale >= 0 && scale <= MOST_SCALE && orm__decimal_scale(value.text, scale, scaled);
    if (!fits)
        *scaled = 0;
    return fits;
}

orm_decimal orm_decimal_from_scaled(int64_t scaled, int scale, char *buffer)
{
    char digits[24];
    uint64_t left = scaled < 0 ? -(uint64_t)scaled : (uint64_t)scaled;
    size_t count = 0, at = 0, behind = (size_t)(scale < 0 ? 0 : scale > MOST_SCALE ? MOST_SCALE : scale);
    for (; left || count <= behind; left /= 10)
        digits[count++] = (char)('0' + left % 10);
    if (scaled < 0)
        buffer[at++] = '-';
    while (count) {
        if (count-- == behind)
            buffer[at++] = '.';
        buffer[at++] = digits[count];
    }
    buffer[at] = '\0';
    return (orm_decimal){buffer};
}

int orm_decimal_compare(orm_decimal a, orm_decimal b)
{
    if (!a.text || !b.text)
        return (a.text != NULL) - (b.text != NULL);
    return orm__decimal_compare(a.text, strlen(a.text), b.text, strlen(b.text));
}

const char *orm_enum_name(const orm_enum *enumeration, int value)
{
    return value >= 1 && (size_t)value <= enumeration->count ? enumeration->values[value - 1] : NULL;
}

int orm_enum_from_name(const orm_enum *enumeration, const char *name)
{
    for (size_t i = 0; name && i < enumeration->count; i++)
        if (strcmp(enumeration->values[i], name) == 0)
            return (int)i + 1;
    return 0;
}
