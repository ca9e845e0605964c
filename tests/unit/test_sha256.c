/* test_sha256.c -- the examples of the standard, and lengths around the end of a block.
 * SPDX-License-Identifier: MIT */
#include "base/sha256.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text, *hash;
} examples[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

START_TEST(the_examples_of_the_standard_come_out)
{
    char text[ORM__SHA256_TEXT];
    orm__sha256_text(examples[_i].text, strlen(examples[_i].text), text);
    ck_assert_str_eq(text, examples[_i].hash);
}
END_TEST

START_TEST(a_million_letters_come_out)
{
    enum { MILLION = 1000000 };
    char text[ORM__SHA256_TEXT], *letters = malloc(MILLION);
    memset(letters, 'a', MILLION);
    orm__sha256_text(letters, MILLION, text);
    free(letters);
    ck_assert_str_eq(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sha256");
    TCase *tests = tcase_create("sha256");
    tcase_add_loop_test(tests, the_examples_of_the_standard_come_out, 0, sizeof examples / sizeof *examples);
    tcase_add_test(tests, a_million_letters_come_out);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
