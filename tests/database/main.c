/* main.c -- runs every suite of this folder on the database that ORM_TEST_URL names.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

int main(void)
{
    /* clang-format off */
    Suite *(*const suites[])(void) = {
        suite_schema,
        suite_core,
        suite_execute,
        suite_rows,
        suite_copy,
        suite_aggregate,
        suite_refusals,
        suite_types,
        suite_where,
        suite_session,
        suite_flush,
        suite_sticky,
        suite_unique,
        suite_rollback,
        suite_replace,
        suite_hooks,
        suite_savepoint,
        suite_server,
        suite_many,
        suite_bulk,
        suite_arrays,
        suite_relations,
        suite_one_to_one,
        suite_on_delete,
        suite_loading,
        suite_keys,
        suite_natural_keys,
        suite_connections,
        suite_observing,
        suite_production,
        suite_related,
        suite_streaming,
        suite_trips,
        suite_differential,
        suite_injection,
        suite_named,
        suite_named_each,
        suite_bulk_where,
        suite_checklist,
        suite_isolation,
        suite_hostile,
        suite_async,
        suite_verify,
        suite_get_many,
        suite_shared,
        suite_gather,
        suite_gather_keys,
        suite_fibers_random,
        suite_together,
        suite_cancelling,
        suite_closing,
        suite_views,
        suite_corners,
        suite_trust,
        suite_extremes,
    };
    /* clang-format on */
    SRunner *runner = srunner_create(NULL);
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        srunner_add_suite(runner, suites[i]());
    if (!getenv("ORM_TEST_PREPARED")) /* behind a pooler they are not worth their time */
        srunner_add_suite(runner, suite_large());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
