/* text_diff.h -- two texts to a unified diff, as patch reads it.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_TEXT_DIFF_H
#define ORMC_TEXT_DIFF_H

#include <stddef.h>

#include "base/text.h"

typedef struct ormc_text_diff_side {
    const char *name; /* of the file; NULL when there is none, which reads /dev/null */
    const char *text;
    size_t length;
} ormc_text_diff_side;

/* Appends the lines that differ with three around them, nothing when none does. out->failed when memory is gone. The
 * least number of lines is shown, unless the texts have little in common. */
void ormc_text_diff_unified(const ormc_text_diff_side *old, const ormc_text_diff_side *fresh, orm__text *out);

#endif
