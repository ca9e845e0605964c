/* base/decimal.h -- decimal numbers as text, of any length: checking, comparing, fitting, adding, means.
 *
 * A decimal is "-12.50", "1.5e3", "NaN", "Infinity" or "-inf" (letters in either case), without blanks. The canonical
 * text has no plus, no exponent, no leading zeros beside the one before the point, and keeps the digits after the
 * point: "-12.50", "1500", "0.00", "NaN", "Infinity", "-Infinity". Numbers have at most 131,072 digits before the
 * point and 16,383 after it, as in PostgreSQL; longer ones are not decimals.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_DECIMAL_H
#define ORM_BASE_DECIMAL_H

#include "base/arena.h"
#include "base/text.h"

#include <stdint.h>

/* Whether `length` bytes of text are a decimal. */
bool orm__decimal_check(const char *text, size_t length);

/* Writes the canonical text and a zero when `size` allows it, and returns its length without the zero; 0 for text
 * that is no decimal. A call with size 0 asks for the length. */
size_t orm__decimal_write(const char *text, size_t length, char *buffer, size_t size);
/* Canonical text in the arena; NULL when it is no decimal or memory is gone. */
char *orm__decimal_canonical(orm__arena *arena, const char *text);
/* Whether PostgreSQL's numeric(precision, scale) holds it without rounding. Infinities do not fit, NaN does. */
bool orm__decimal_fits(const char *text, unsigned precision, unsigned scale);
/* Canonical text with exactly `scale` digits after the point when it fits, else a copy. NULL when memory is gone. */
char *orm__decimal_fit(orm__arena *arena, const char *text, unsigned precision, unsigned scale);

/* The number times 10^scale; false when that is no whole number, or too large. */
bool orm__decimal_scale(const char *text, int scale, int64_t *scaled);

/* <0, 0, >0 by value, as PostgreSQL orders: -Infinity, numbers, Infinity, NaN, which is equal to itself. Text that is
 * no decimal comes after all of them, by its bytes. */
int orm__decimal_compare(const char *a, size_t a_length, const char *b, size_t b_length);
/* Equal values have equal hashes, however they are written. */
uint64_t orm__decimal_hash(const char *text, size_t length);

/* Appends the canonical text of a + b, exactly, with as many digits after the point as the longer of the two. False
 * when one of them is no decimal, and then nothing is appended. */
bool orm__decimal_add(orm__text *sum, const char *a, size_t a_length, const char *b, size_t b_length);

/* Appends the canonical text of sum / count, rounded as PostgreSQL's avg(numeric): to at least 16 significant
 * digits, and to no fewer after the point than the sum has. `count` is above 0. False as above. */
bool orm__decimal_mean(orm__text *mean, const char *sum, size_t length, int64_t count);

#endif
