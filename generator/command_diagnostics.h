/* command_diagnostics.h -- the options about messages, which all commands that read schemas share.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_COMMAND_DIAGNOSTICS_H
#define ORMC_COMMAND_DIAGNOSTICS_H

#include "diagnostic.h"
#include "options.h"

/* In the list of a command's options. */
#define ORMC_DIAGNOSTIC_OPTIONS &ormc_option_diagnostics, &ormc_option_color, &ormc_option_warning, &ormc_option_quiet
extern const ormc_option ormc_option_diagnostics, ormc_option_color, ormc_option_warning, ormc_option_quiet;

/* New diagnostics as the options ask, repeated ones in their order. Owned. NULL when one is wrong, and then
 * `message` is appended what, or when memory is gone. */
ormc_diagnostics *ormc_command_diagnostics(const ormc_arguments *given, orm__text *message);

#endif
