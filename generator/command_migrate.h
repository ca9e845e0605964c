/* command_migrate.h -- what command_migrate.c and command_migrate_run.c share.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_COMMAND_MIGRATE_H
#define ORMC_COMMAND_MIGRATE_H

#include "command.h"
#include "migrate.h"

extern const ormc_option ormc_migrate_folder, ormc_migrate_allow;
extern const ormc_command ormc_migrate_up, ormc_migrate_down, ormc_migrate_status, ormc_migrate_history,
    ormc_migrate_stamp, ormc_migrate_verify;

/* "migrations", unless it was given. */
const char *ormc_migrate_folder_of(const ormc_arguments *given);

#endif
