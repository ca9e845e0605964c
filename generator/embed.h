/* embed.h -- the templates and other texts that are compiled into ormc; made by embed.sh at build time.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_EMBED_H
#define ORMC_EMBED_H

typedef struct ormc_embedded_template {
    const char *name; /* "header.h" of templates/header.h.mustache, "messages.md" of schemas/messages.md */
    const char *text;
} ormc_embedded_template;

/* Ended by a row whose name is NULL. */
extern const ormc_embedded_template ormc_embedded_templates[];

#endif
