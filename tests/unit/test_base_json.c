/* test_base_json.c -- reading arrays of scalars, and writing strings: base/json.c.
 * SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

/* What was met, a word an item: n, t, f, the number, or the string behind an apostrophe; zero bytes as 0. */
static const char *met(const char *text, size_t size)
{
    static char words[200];
    orm__json_reader reader;
    orm__json_kind kind;
    size_t length = 0;
    orm__json_reader_init(&reader, text, size);
    while ((kind = orm__json_next(&reader)) > ORM__JSON_END) {
        if (length)
            words[length++] = ' ';
        if (kind == ORM__JSON_STRING)
            words[length++] = '\'';
        else if (kind != ORM__JSON_NUMBER)
            words[length++] = kind == ORM__JSON_NULL ? 'n' : kind == ORM__JSON_TRUE ? 't' : 'f';
        for (size_t i = 0; kind >= ORM__JSON_NUMBER && i < reader.size; i++)
            words[length++] = reader.data[i] ? reader.data[i] : '0';
    }
    words[length] = '\0';
    ck_assert_int_eq(orm__json_next(&reader), kind);
    orm__json_reader_release(&reader);
    ck_assert_int_ne(kind, ORM__JSON_NO_MEMORY);
    return kind == ORM__JSON_WRONG ? "wrong" : words;
}

static const struct {
    const char *text, *met;
} arrays[] = {
    {"[]", ""},
    {" \t\r\n[ \n] \n", ""},
    {"[null]", "n"},
    {"[null,true,false]", "n t f"},
    {"[ 1 , -2 ]", "1 -2"},
    {"[0,-0,0.5,1e5,1E+5,1.25e-7]", "0 -0 0.5 1e5 1E+5 1.25e-7"},
    {"[9223372036854775807,-9223372036854775808,123456789012345678901234567890]",
     "9223372036854775807 -9223372036854775808 123456789012345678901234567890"},
    {"[\"\"]", "'"},
    {"[\"a\",\"it's\"]", "'a 'it's"},
    {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "'\"\\/\b\f\n\r\t"},
    {"[\"x\\u00e9\\u20AC\\ud83d\\uDE00y\"]", "'x\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80y"},
    {"[\"\xc3\xa9\"]", "'\xc3\xa9"},
    {"[\"\\u0000\"]", "'0"},
    {"[\"\x7f\"]", "'\x7f"},
    {"[\"\\u0041\\u007f\\u07ff\\uffff\"]", "'A\x7f\xdf\xbf\xef\xbf\xbf"},
};

START_TEST(an_array_is_read_item_by_item)
{
    ck_assert_str_eq(met(arrays[_i].text, strlen(arrays[_i].text)), arrays[_i].met);
}
END_TEST

static const char *const wrong[] = {
    "",
    " ",
    "[",
    "]",
    "null",
    "{}",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[,]",
    "[1 2]",
    "[]]",
    "[] x",
    "[1][",
    "[[]]",
    "[{}]",
    "[nul]",
    "[nulll]",
    "[True]",
    "[01]",
    "[+1]",
    "[-]",
    "[1.]",
    "[.5]",
    "[1e]",
    "[1e+]",
    "[0x1]",
    "[1_0]",
    "[NaN]",
    "[Infinity]",
    "[\"]",
    "[\"a]",
    "[\"\\x\"]",
    "[\"\\u12\"]",
    "[\"\\u12g4\"]",
    "[\"\\ud800\"]",
    "[\"\\ud800x\"]",
    "[\"\\ud800\\n\"]",
    "[\"\\ud800\\ud800\"]",
    "[\"\\udc00\"]",
    "[\"\n\"]",
    "[\"\\n\n\"]",
    "['a']",
    "[\"a\" \"b\"]",
    "[\"\\",
    "[\"\\u",
    "\xef\xbb\xbf[]",
    "[1,\v2]",
    "[1]\f",
};

START_TEST(what_is_no_array_of_scalars_is_refused)
{
    ck_assert_str_eq(met(wrong[_i], strlen(wrong[_i])), "wrong");
}
END_TEST

START_TEST(every_beginning_of_an_array_is_refused)
{
    static const char text[] = "[null, true, -1.5e+7, \"a\\n\\ud83d\\ude00\"]";
    for (size_t size = 0; size + 1 < sizeof text - 1; size++) {
        char *alone = malloc(size + 1); /* so that a byte too far is noticed */
        memcpy(alone, text, size);
        char *exact = realloc(alone, size ? size : 1);
        ck_assert_str_eq(met(exact, size), "wrong");
        free(exact);
    }
}
END_TEST

START_TEST(bytes_of_zero_are_no_json)
{
    ck_assert_str_eq(met("[1\0]", 4), "wrong");
    ck_assert_str_eq(met("[\"a\0\"]", 6), "wrong");
    ck_assert_str_eq(met("[\"\\\0\"]", 6), "wrong");
    ck_assert_str_eq(met("[]\0", 3), "wrong");
}
END_TEST

static const struct {
    const char *text;
    size_t size;
    const char *written;
} strings[] = {
    {"", 0, "\"\""},
    {"it's", 4, "\"it's\""},
    {"a\"b\\c/", 6, "\"a\\\"b\\\\c/\""},
    {"\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\""},
    {"\x01\x1f\x7f", 3, "\"\\u0001\\u001f\x7f\""},
    {"a\0b", 3, "\"a\\u0000b\""},
    {"\xc3\xa9", 2, "\"\xc3\xa9\""},
};

START_TEST(a_string_is_written_and_read_again)
{
    orm__text json = {0};
    orm__text_char(&json, '[');
    orm__json_write_string(&json, strings[_i].text, strings[_i].size);
    orm__text_char(&json, ']');
    ck_assert_uint_eq(json.length, strlen(strings[_i].written) + 2);
    ck_assert_int_eq(strncmp(json.data + 1, strings[_i].written, json.length - 2), 0);
    orm__json_reader reader;
    orm__json_reader_init(&reader, json.data, json.length);
    ck_assert_int_eq(orm__json_next(&reader), ORM__JSON_STRING);
    ck_assert_uint_eq(reader.size, strings[_i].size);
    ck_assert_mem_eq(reader.data, strings[_i].text, reader.size);
    ck_assert_int_eq(orm__json_next(&reader), ORM__JSON_END);
    orm__json_reader_release(&reader);
    orm__text_release(&json);
}
END_TEST

static Suite *json_suite(void)
{
    Suite *suite = suite_create("base_json");
    TCase *tests = tcase_create("base_json");
    tcase_add_loop_test(tests, an_array_is_read_item_by_item, 0, COUNT(arrays));
    tcase_add_loop_test(tests, what_is_no_array_of_scalars_is_refused, 0, COUNT(wrong));
    tcase_add_test(tests, every_beginning_of_an_array_is_refused);
    tcase_add_test(tests, bytes_of_zero_are_no_json);
    tcase_add_loop_test(tests, a_string_is_written_and_read_again, 0, COUNT(strings));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(json_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
