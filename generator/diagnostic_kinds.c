/* diagnostic_kinds.c -- the table of diagnostic_kinds.h.
 * SPDX-License-Identifier: MIT */
#include "diagnostic_kinds.h"

#include <stddef.h>

const ormc_kind_row ormc_kinds[] = {
#define ROW(number, name, option) {ORMC_##name, option},
    ORMC_KINDS(ROW)
#undef ROW
        {0, NULL}};

const ormc_kind_row *ormc_kind_find(int kind)
{
    const ormc_kind_row *row = ormc_kinds;
    while (row->kind && (int)row->kind != kind)
        row++;
    return row->kind ? row : NULL;
}
