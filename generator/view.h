/* view.h -- what templates see of a package: the data of each emitted pair of files.
 *
 * All cleverness that templates must not have is here: C types and constants, positions, who refers to whom. The keys
 * of the data are described where they are set, in view.c, view_enum.c, view_model.c, view_column.c and view_schema.c.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_VIEW_H
#define ORMC_VIEW_H

#include "base/arena.h"
#include "model.h"
#include "template.h"

typedef struct ormc_view ormc_view;

/* Arena: prepares what the files of a checked package have in common. NULL when memory is gone. */
ormc_view *ormc_view_new(orm__arena *arena, const ormc_package *package);

/* The data of one file's pair, in `arena`; its models are made when a template comes to them. NULL when memory is
 * gone. */
const ormc_data *ormc_view_file(ormc_view *view, const ormc_file *file, orm__arena *arena);

#endif
