/* layout.h -- keeps emitted C within its width: breaks long lines where a programmer would.
 *
 * Templates write a declaration or an initializer in one line, whatever its length; this gives it its lines.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_LAYOUT_H
#define ORMC_LAYOUT_H

#include "base/text.h"

enum { ORMC_WIDTH = 100 };

/* Appends `text`, with lines longer than ORMC_WIDTH characters broken after commas (continued below the open
 * parenthesis or brace), inside string constants after spaces, and, where names are too long for that, behind an
 * open parenthesis. Comments and preprocessor lines stay as they are. */
void ormc_layout_wrap(const char *text, size_t length, orm__text *out);

/* A comment of C, indented by `indent` but for its first line: one line when it fits, else one word after another.
 * Lines of `text` stay apart. What would end the comment or alarm a compiler is taken apart. */
void ormc_layout_comment(const char *text, size_t indent, orm__text *out);

#endif
