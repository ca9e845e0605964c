/* literal.h -- values of the schema language as constants of C and of SQL.
 *
 * Takes defaults and names that link.c has checked; decides nothing about where they go. Everything is appended to a
 * text.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_LITERAL_H
#define ORMC_LITERAL_H

#include "base/text.h"
#include "model.h"

/* A C string constant with its quotes. UTF-8 stays as it is; control characters and those that turn the direction of
 * writing become octal escapes, and trigraphs are broken up. */
void ormc_literal_c_string(orm__text *out, const char *text, size_t length);
/* An int64_t, a double: exact, of the type that an initializer wants without a warning. */
void ormc_literal_c_integer(orm__text *out, int64_t value);
void ormc_literal_c_real(orm__text *out, double value);
/* The member of orm_value's union with the default of a column: ".as.integer = 5". Not for `now`. */
void ormc_literal_c_default(orm__text *out, const ormc_column *column);
/* True when ormc_literal_c_real needs math.h. */
bool ormc_literal_needs_math(double value);

/* "name", 'text' */
void ormc_literal_sql_name(orm__text *out, const char *name);
void ormc_literal_sql_string(orm__text *out, const char *text);

typedef enum ormc_dialect { ORMC_POSTGRESQL, ORMC_SQLITE } ormc_dialect;

/* A decimal form of 15 to 17 digits that reads back as the same double; never an integer. */
void ormc_literal_sql_real(orm__text *out, double value, ormc_dialect dialect);
/* What may stand behind DEFAULT. */
void ormc_literal_sql_default(orm__text *out, const ormc_column *column, ormc_dialect dialect);

/* Days, or microseconds, as the runtime counts them (orm/types.h), of a literal of a date or time type
 * (base/datetime.h), "infinity" and "-infinity" included. False when it is none. */
bool ormc_literal_read_time(const ormc_type *type, const char *text, int64_t *value);
/* 32 hexadecimal digits, hyphens anywhere between them. */
bool ormc_literal_read_uuid(const char *text, unsigned char bytes[16]);

#endif
