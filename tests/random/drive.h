/* drive.h -- runs random operations on a session and on the model, and compares them.
 * SPDX-License-Identifier: MIT */
#ifndef RANDOM_DRIVE_H
#define RANDOM_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Empties the tables, runs `count` operations of the seed but those that `left_out` marks, and ends by a commit.
 * Each operation draws from a generator of its own, so that leaving one out changes the others little. False when
 * the two sides differed: the difference is then in `story`. Prints each operation when `loud`. */
bool drive(const char *url, uint64_t seed, int count, const bool *left_out, bool loud, char *story, size_t size);
/* Makes the tables anew. */
bool drive_prepare(const char *url, char *story, size_t size);

#endif
