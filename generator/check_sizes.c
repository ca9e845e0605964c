/* check_sizes.c -- how much a table, a key and an index may hold: PostgreSQL's bounds, which are below SQLite's, and
 * ours.
 * SPDX-License-Identifier: MIT */
#include "checks.h"

enum {
    MOST_COLUMNS = 1600,     /* of a table of PostgreSQL; SQLite takes 2,000 */
    MOST_INDEX_COLUMNS = 32, /* PostgreSQL's INDEX_MAX_KEYS; those of `include` count */
    MOST_KEY_COLUMNS = 16    /* the runtime's ORM__KEY_MAX */
};

void ormc_check_sizes(const ormc_package *package, ormc_diagnostics *diagnostics)
{
    for (size_t i = 0; i < package->model_count; i++) {
        const ormc_model *model = package->models[i];
        if (model->abstract)
            continue;
        if (model->column_count > MOST_COLUMNS)
            ormc_report(diagnostics, ORMC_E_TOO_MANY_COLUMNS, model->place,
                        "'%s' has %zu columns; a table of PostgreSQL has %d at most, one of SQLite 2000", model->name,
                        model->column_count, MOST_COLUMNS);
        if (model->primary_key_count > MOST_KEY_COLUMNS)
            ormc_report(diagnostics, ORMC_E_TOO_MANY_COLUMNS, model->place,
                        "the primary key of '%s' has %zu columns; it may have %d", model->name,
                        model->primary_key_count, MOST_KEY_COLUMNS);
        for (size_t k = 0; k < model->index_count; k++) {
            const ormc_index *index = &model->indexes[k];
            size_t count = index->column_count + index->include_count;
            if (count > MOST_INDEX_COLUMNS)
                ormc_report(diagnostics, ORMC_E_TOO_MANY_COLUMNS, index->place,
                            "this index of '%s' has %zu columns; PostgreSQL takes %d", model->name, count,
                            MOST_INDEX_COLUMNS);
        }
    }
}
