/* test_hash.c -- generator/hash.c tells bytes apart, in memory and in files alike.
 * SPDX-License-Identifier: MIT */
#include "hash.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const size_t sizes[] = {0, 1, 7, 8, 9, 4096, 65535, 65536, 65537, 131072, 200000};

START_TEST(a_file_has_the_hash_of_its_bytes_and_of_their_pieces)
{
    char path[] = "/tmp/test_hash.XXXXXX";
    size_t size = sizes[_i];
    char *bytes = malloc(size + 1);
    int descriptor = mkstemp(path);
    ck_assert(bytes && descriptor >= 0);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * i);
    ck_assert_int_eq(write(descriptor, bytes, size), (ssize_t)size);
    close(descriptor);
    uint64_t hash = 0;
    ck_assert(ormc_hash_file(5, path, &hash));
    ck_assert(hash == ormc_hash_bytes(5, bytes, size));
    ck_assert(hash != ormc_hash_bytes(6, bytes, size));
    ormc_hasher hasher = {.hash = 5};
    for (size_t at = 0, step = 1; at < size; at += step, step = 3 * step < size - at ? 3 * step : size - at)
        ormc_hasher_add(&hasher, bytes + at, step);
    ck_assert(hash == ormc_hasher_end(&hasher));
    for (size_t at = 0; at < size; at += size / 16 + 1) {
        bytes[at] ^= 1;
        ck_assert(hash != ormc_hash_bytes(5, bytes, size));
        bytes[at] ^= 1;
    }
    unlink(path);
    free(bytes);
}
END_TEST

START_TEST(what_is_no_file_has_no_hash)
{
    uint64_t hash;
    ck_assert(!ormc_hash_file(0, "/dev/null", &hash));
    ck_assert(!ormc_hash_file(0, "/tmp", &hash));
    ck_assert(!ormc_hash_file(0, "/no/such", &hash));
}
END_TEST

START_TEST(texts_are_told_apart_by_where_they_end)
{
    ck_assert(ormc_hash_text(ormc_hash_text(0, "ab"), "c") != ormc_hash_text(ormc_hash_text(0, "a"), "bc"));
    ck_assert(ormc_hash_text(0, "") != 0);
    ck_assert(ormc_hash_bytes(0, "a", 1) != ormc_hash_bytes(0, "a\0", 2));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hash");
    TCase *group = tcase_create("hash");
    tcase_add_loop_test(group, a_file_has_the_hash_of_its_bytes_and_of_their_pieces, 0, sizeof sizes / sizeof *sizes);
    tcase_add_test(group, what_is_no_file_has_no_hash);
    tcase_add_test(group, texts_are_told_apart_by_where_they_end);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
