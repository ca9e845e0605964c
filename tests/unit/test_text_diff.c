/* test_text_diff.c -- generator/text_diff.c shows what differs between two texts.
 * SPDX-License-Identifier: MIT */
#include "text_diff.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static orm__text out;

static void tear_down(void)
{
    orm__text_release(&out);
}

static void diff(const char *old, const char *fresh)
{
    const ormc_text_diff_side a = {old ? "old" : NULL, old ? old : "", old ? strlen(old) : 0};
    const ormc_text_diff_side b = {fresh ? "new" : NULL, fresh ? fresh : "", fresh ? strlen(fresh) : 0};
    orm__text_release(&out);
    ormc_text_diff_unified(&a, &b, &out);
    ck_assert(!out.failed);
}

static const struct {
    const char *old, *fresh, *shown;
} cases[] = {
    {"a\nb\n", "a\nb\n", ""},
    {NULL, NULL, ""},
    {"", "", ""},
    {NULL, "a\n", "--- /dev/null\n+++ new\n@@ -0,0 +1 @@\n+a\n"},
    {"a\nb\n", NULL, "--- old\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n"},
    {"a\nb\nc\n", "a\nx\nc\n", "--- old\n+++ new\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
    {"a\nb\n", "b\na\n", "--- old\n+++ new\n@@ -1,2 +1,2 @@\n-a\n b\n+a\n"},
    {"a", "a\n", "--- old\n+++ new\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"},
    {"a\nb", "x\nb", "--- old\n+++ new\n@@ -1,2 +1,2 @@\n-a\n+x\n b\n\\ No newline at end of file\n"},
    /* six equal lines between two changes join them in one hunk, seven part them */
    {"x\n1\n2\n3\n4\n5\n6\ny\n", "1\n2\n3\n4\n5\n6\n",
     "--- old\n+++ new\n@@ -1,8 +1,6 @@\n-x\n 1\n 2\n 3\n 4\n 5\n 6\n-y\n"},
    {"x\n1\n2\n3\n4\n5\n6\n7\ny\n", "1\n2\n3\n4\n5\n6\n7\n",
     "--- old\n+++ new\n@@ -1,4 +1,3 @@\n-x\n 1\n 2\n 3\n@@ -6,4 +5,3 @@\n 5\n 6\n 7\n-y\n"},
};

START_TEST(changes_are_shown_with_three_lines_around_them)
{
    diff(cases[_i].old, cases[_i].fresh);
    ck_assert_str_eq(out.data ? out.data : "", cases[_i].shown);
}
END_TEST

/* Lines of a few letters, so that many are equal. */
static void make_text(char *text, unsigned *seed, size_t lines)
{
    for (size_t i = 0; i < lines; i++) {
        *seed = *seed * 1103515245u + 12345u;
        *text++ = (char)('a' + (*seed >> 16) % 3);
        *text++ = '\n';
    }
    *text = '\0';
}

/* Takes a diff for what it says, as patch does. */
static void patch(const char *old, const char *shown, char *fresh)
{
    size_t line = 0;
    while (*shown) {
        size_t from, length = strcspn(shown, "\n") + 1;
        if (sscanf(shown, "@@ -%zu", &from) == 1) {
            bool counts_before = strstr(shown, ",0 +") && strstr(shown, ",0 +") < shown + length;
            for (from -= !counts_before; line < from; line++, old += 2, fresh += 2)
                memcpy(fresh, old, 2);
        } else if (*shown == '+' && shown[1] != '+') {
            memcpy(fresh, shown + 1, 2);
            fresh += 2;
        } else if ((*shown == ' ' || *shown == '-') && shown[1] != '-') {
            ck_assert_int_eq(shown[1], *old);
            if (*shown == ' ') {
                memcpy(fresh, old, 2);
                fresh += 2;
            }
            old += 2;
            line++;
        }
        shown += length;
    }
    strcpy(fresh, old);
}

/* The least number of changed lines, by the longest common subsequence. */
static size_t least_changes(const char *old, const char *fresh)
{
    static size_t common[64][64];
    size_t n = strlen(old) / 2, m = strlen(fresh) / 2;
    for (size_t i = 0; i <= n; i++)
        for (size_t j = 0; j <= m; j++) {
            size_t up = i ? common[i - 1][j] : 0, left = j ? common[i][j - 1] : 0;
            common[i][j] = !i || !j                             ? 0
                           : old[2 * i - 2] == fresh[2 * j - 2] ? common[i - 1][j - 1] + 1
                           : up > left                          ? up
                                                                : left;
        }
    return n + m - 2 * common[n][m];
}

START_TEST(a_diff_leads_from_old_to_new_by_the_least_changes)
{
    char old[100], fresh[100], patched[200];
    unsigned seed = (unsigned)_i;
    make_text(old, &seed, (size_t)_i % 40);
    make_text(fresh, &seed, (size_t)(_i * 7) % 40);
    diff(old, fresh);
    const char *shown = out.data ? out.data : "";
    patch(old, shown, patched);
    ck_assert_str_eq(patched, fresh);
    size_t changes = 0;
    for (const char *at = shown; *at; at += strcspn(at, "\n") + 1)
        changes += (*at == '+' && at[1] != '+') || (*at == '-' && at[1] != '-');
    ck_assert_uint_eq(changes, least_changes(old, fresh));
}
END_TEST

START_TEST(texts_with_nothing_in_common_end_soon)
{
    orm__text old = {0}, fresh = {0};
    for (int i = 0; i < 50000; i++) {
        orm__text_printf(&old, "old %d\n", i);
        orm__text_printf(&fresh, "new %d\n", i);
    }
    diff(old.data, fresh.data);
    ck_assert_uint_eq(out.length,
                      strlen("--- old\n+++ new\n@@ -1,50000 +1,50000 @@\n") + old.length + fresh.length + 100000);
    orm__text_release(&old);
    orm__text_release(&fresh);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_diff");
    TCase *group = tcase_create("diff");
    tcase_add_checked_fixture(group, NULL, tear_down);
    tcase_add_loop_test(group, changes_are_shown_with_three_lines_around_them, 0, sizeof cases / sizeof *cases);
    tcase_add_loop_test(group, a_diff_leads_from_old_to_new_by_the_least_changes, 0, 200);
    tcase_add_test(group, texts_with_nothing_in_common_end_soon);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
