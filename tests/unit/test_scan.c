/* test_scan.c -- the words of SQL on both databases: what is a parameter, and what only looks like one.
 * SPDX-License-Identifier: MIT */
#include "sql/scan.h"

#include <check.h>
#include <string.h>

/* The words with their kinds, "n:SELECT o:1". */
static const char *words_of(const char *sql, orm_dialect dialect)
{
    static char text[1000];
    static const char kinds[] = {[ORM__WORD_NAME] = 'n',
                                 [ORM__WORD_QUOTED] = 'q',
                                 [ORM__WORD_NAMED] = ':',
                                 [ORM__WORD_NUMBERED] = '$',
                                 [ORM__WORD_OTHER] = 'o'};
    size_t length = 0;
    orm__word word;
    while ((word = orm__scan_next(&sql, dialect)).kind) {
        size_t size = (size_t)(word.end - word.begin);
        ck_assert_uint_gt(size, 0);
        ck_assert_uint_lt(length + size + 4, sizeof text);
        if (length > 0)
            text[length++] = ' ';
        text[length++] = kinds[word.kind];
        text[length++] = '=';
        memcpy(text + length, word.begin, size);
        length += size;
    }
    text[length] = '\0';
    return text;
}

static const struct {
    const char *sql, *postgresql, *sqlite;
} cases[] = {
    {"", "", ""},
    {" \n\t-- all\n/* of it */", "", ""},
    {"SELECT :a, $12", "n=SELECT :=a o=, $=12", "n=SELECT :=a o=, $=12"},
    {"a::text:b", "n=a o=:: n=text :=b", "n=a o=:: n=text :=b"},
    {"'it''s :a' x", "o='it''s :a' n=x", "o='it''s :a' n=x"},
    {"'open :a", "o='open :a", "o='open :a"},
    {"\"q\"\":a\"", "q=\"q\"\":a\"", "q=\"q\"\":a\""},
    {"`:a`", "o=` :=a o=`", "q=`:a`"},
    {"[:a]", "o=[ :=a o=]", "o=[:a]"},
    {"E'\\' :a'", "o=E'\\' :a'", "n=E o='\\' :=a o='"},
    {"/* /* :a */ :b */ :c", ":=c", ":=b o=* o=/ :=c"},
    {"$$:a$$ $t$ $$ $1 $t$", "o=$$:a$$ o=$t$ $$ $1 $t$", "o=$ o=$ :=a$$ o=$ n=t$ o=$ o=$ $=1 o=$ n=t$"},
    {"$t$ open :a", "o=$t$ open :a", "o=$ n=t$ n=open :=a"},
    {"a$1 1.5e3 0x1f", "n=a$1 o=1.5e3 o=0x1f", "n=a$1 o=1.5e3 o=0x1f"},
    {"a[1: n] :1", "n=a o=[ o=1 o=: n=n o=] o=: o=1", "n=a o=[1: n] o=: o=1"},
    {"\xc3\xa4:\xc3\xb6", "n=\xc3\xa4 :=\xc3\xb6", "n=\xc3\xa4 :=\xc3\xb6"},
    {"- -1 --:a", "o=- o=- o=1", "o=- o=- o=1"},
};

START_TEST(words_are_told_apart)
{
    ck_assert_str_eq(words_of(cases[_i].sql, ORM_POSTGRESQL), cases[_i].postgresql);
    ck_assert_str_eq(words_of(cases[_i].sql, ORM_SQLITE), cases[_i].sqlite);
}
END_TEST

START_TEST(keywords_and_names_are_compared_in_any_case)
{
    const char *sql = "Select \"Post\" post ;";
    orm__word keyword = orm__scan_next(&sql, ORM_SQLITE), quoted = orm__scan_next(&sql, ORM_SQLITE),
              bare = orm__scan_next(&sql, ORM_SQLITE), sign = orm__scan_next(&sql, ORM_SQLITE);
    ck_assert(orm__word_is(keyword, "SELECT") && !orm__word_is(keyword, "SELEC") && !orm__word_is(quoted, "POST"));
    ck_assert(orm__word_names(quoted, "post") && orm__word_names(bare, "post"));
    ck_assert(!orm__word_names(quoted, "pos") && !orm__word_names(sign, ";"));
    ck_assert(orm__word_is_sign(sign, ';') && !orm__word_is_sign(bare, 'p'));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan");
    TCase *words = tcase_create("words");
    tcase_add_loop_test(words, words_are_told_apart, 0, sizeof cases / sizeof *cases);
    tcase_add_test(words, keywords_and_names_are_compared_in_any_case);
    suite_add_tcase(suite, words);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
