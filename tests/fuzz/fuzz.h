/* fuzz.h -- what a target of libFuzzer is: a function that takes any bytes and never fails. One file each; replay.c
 * runs them over files, mutate.c makes new inputs for the schema language.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_FUZZ_H
#define ORM_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stands where a wrong answer of the code under test would else pass unseen. */
#define EXPECT(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

#endif
