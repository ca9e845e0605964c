/* test_arena.c -- blocks, growth and reuse of base/arena.c.
 * SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* About the borders of size classes and chunks; blocks of more than 64 KiB are not kept for reuse. */
static const size_t sizes[] = {0,   1,   7,   8,    9,    255,  256,   257,   288,     289,
                               511, 512, 513, 4095, 4096, 4097, 65535, 65536, 1 << 20, (1 << 20) + 1};
enum { SIZE_COUNT = sizeof sizes / sizeof *sizes, RECYCLED_COUNT = SIZE_COUNT - 2 };

static orm__arena arena;

static void set_up(void)
{
    orm__arena_init(&arena);
}

static void tear_down(void)
{
    orm__arena_release(&arena);
}

static bool holds_only(const unsigned char *block, size_t size, unsigned char value)
{
    for (size_t i = 0; i < size; i++)
        if (block[i] != value)
            return false;
    return true;
}

START_TEST(a_block_of_any_size_is_aligned_and_whole)
{
    size_t size = sizes[_i];
    unsigned char *first = orm__arena_alloc(&arena, size), *second = orm__arena_alloc(&arena, size);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_ne(first, second);
    ck_assert_uint_eq((uintptr_t)first % 8, 0);
    ck_assert_uint_eq((uintptr_t)second % 8, 0);
    memset(first, 'a', size);
    memset(second, 'b', size);
    ck_assert(holds_only(first, size, 'a'));
}
END_TEST

START_TEST(a_recycled_block_serves_the_next_request_of_its_size)
{
    size_t size = sizes[_i];
    char *block = orm__arena_alloc(&arena, size);
    memset(block, 'x', size);
    orm__arena_recycle(&arena, block, size);
    ck_assert_ptr_eq(orm__arena_alloc(&arena, size), block);
    ck_assert_ptr_ne(orm__arena_alloc(&arena, size), block);
}
END_TEST

START_TEST(a_recycled_block_serves_no_larger_request)
{
    size_t size = sizes[_i];
    for (size_t larger = size + 1; larger < size + 600; larger += 53) {
        void *block = orm__arena_alloc(&arena, size);
        orm__arena_recycle(&arena, block, size);
        char *next = orm__arena_alloc(&arena, larger);
        ck_assert_ptr_nonnull(next);
        memset(next, 'y', larger); /* the sanitizer speaks when it does not fit */
    }
}
END_TEST

START_TEST(blocks_do_not_overlap)
{
    enum { COUNT = 3000 };
    static unsigned char *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = orm__arena_alloc(&arena, i % 97);
        ck_assert_ptr_nonnull(blocks[i]);
        memset(blocks[i], (int)(i % 251), i % 97);
    }
    for (size_t i = 0; i < COUNT; i++)
        ck_assert(holds_only(blocks[i], i % 97, (unsigned char)(i % 251)));
}
END_TEST

START_TEST(replacing_for_ever_does_not_grow)
{
    void *block = orm__arena_alloc(&arena, 100);
    size_t held = arena.held;
    for (int i = 0; i < 100000; i++) {
        orm__arena_recycle(&arena, block, 100);
        block = orm__arena_alloc(&arena, 100);
    }
    ck_assert_uint_eq(arena.held, held);
}
END_TEST

START_TEST(recycling_null_does_nothing)
{
    orm__arena_recycle(&arena, NULL, 16);
    ck_assert_ptr_nonnull(orm__arena_alloc(&arena, 16));
    ck_assert_ptr_nonnull(orm__arena_alloc(&arena, 16));
}
END_TEST

START_TEST(blocks_are_recycled_last_first)
{
    void *first = orm__arena_alloc(&arena, 40), *second = orm__arena_alloc(&arena, 40);
    orm__arena_recycle(&arena, first, 40);
    orm__arena_recycle(&arena, second, 40);
    ck_assert_ptr_eq(orm__arena_alloc(&arena, 40), second);
    ck_assert_ptr_eq(orm__arena_alloc(&arena, 40), first);
}
END_TEST

START_TEST(an_impossible_size_gives_null)
{
    ck_assert_ptr_null(orm__arena_alloc(&arena, SIZE_MAX));
    ck_assert_ptr_null(orm__arena_alloc(&arena, SIZE_MAX - 64));
    ck_assert_ptr_null(orm__arena_copy(&arena, "", SIZE_MAX));
    ck_assert_ptr_nonnull(orm__arena_alloc(&arena, 16));
}
END_TEST

START_TEST(zeroed_memory_is_zero_even_when_recycled)
{
    void *block = orm__arena_alloc(&arena, 80);
    memset(block, 0xff, 80);
    orm__arena_recycle(&arena, block, 80);
    unsigned char *again = orm__arena_zalloc(&arena, 10, 8);
    ck_assert_ptr_eq(again, block);
    ck_assert(holds_only(again, 80, 0));
}
END_TEST

START_TEST(zeroed_memory_refuses_an_overflow)
{
    ck_assert_ptr_null(orm__arena_zalloc(&arena, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(orm__arena_zalloc(&arena, 3, SIZE_MAX / 2));
    ck_assert_ptr_nonnull(orm__arena_zalloc(&arena, SIZE_MAX, 0));
    ck_assert_ptr_nonnull(orm__arena_zalloc(&arena, 0, SIZE_MAX));
}
END_TEST

START_TEST(a_copy_ends_with_a_zero_and_is_its_own)
{
    char source[] = {'a', '\0', 'b'};
    char *copy = orm__arena_copy(&arena, source, sizeof source);
    source[0] = 'z';
    ck_assert_mem_eq(copy, "a\0b", 4);
    ck_assert_str_eq(orm__arena_copy(&arena, NULL, 0), "");
    ck_assert_str_eq(orm__arena_strdup(&arena, "text"), "text");
    ck_assert_str_eq(orm__arena_strdup(&arena, ""), "");
}
END_TEST

START_TEST(formatted_text_of_any_length_is_whole)
{
    ck_assert_str_eq(orm__arena_printf(&arena, "%s has %d", "ada", 3), "ada has 3");
    char *text = orm__arena_printf(&arena, "%9999d|", 7);
    ck_assert_uint_eq(strlen(text), 10000);
    ck_assert_str_eq(text + 9998, "7|");
}
END_TEST

START_TEST(chunks_grow_so_that_many_blocks_are_few_mallocs_and_little_is_empty)
{
    size_t chunks = 0, held = 0;
    for (int i = 0; i < 100000 && orm__arena_alloc(&arena, 64); i++) {
        chunks += arena.held != held;
        held = arena.held;
    }
    ck_assert_uint_lt(chunks, 100);
    ck_assert_uint_ge(held, 64 * 100000);
    ck_assert_uint_lt(held, 64 * 100000 * 10 / 9);
}
END_TEST

START_TEST(the_first_blocks_stand_where_the_caller_says)
{
    uint64_t place[16];
    orm__arena_init_at(&arena, place, sizeof place);
    ck_assert_ptr_eq(orm__arena_alloc(&arena, 64), &place[0]);
    ck_assert_ptr_eq(orm__arena_alloc(&arena, 64), &place[8]);
    ck_assert_uint_eq(arena.held, 0);
    char *behind = orm__arena_alloc(&arena, 64);
    ck_assert_ptr_nonnull(behind);
    ck_assert_uint_gt(arena.held, 0);
    memset(behind, 'x', 64);
    orm__arena_recycle(&arena, place, 64);
    ck_assert_ptr_eq(orm__arena_alloc(&arena, 64), &place[0]);
}
END_TEST

START_TEST(a_released_arena_is_ready_again)
{
    void *block = orm__arena_alloc(&arena, 32);
    orm__arena_recycle(&arena, block, 32);
    orm__arena_release(&arena);
    ck_assert_uint_eq(arena.held, 0);
    char *text = orm__arena_strdup(&arena, "again");
    ck_assert_str_eq(text, "again");
    orm__arena_release(&arena);
    orm__arena_release(&arena);
}
END_TEST

static Suite *arena_suite(void)
{
    Suite *suite = suite_create("arena");
    TCase *tests = tcase_create("arena");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, a_block_of_any_size_is_aligned_and_whole, 0, SIZE_COUNT);
    tcase_add_loop_test(tests, a_recycled_block_serves_the_next_request_of_its_size, 0, RECYCLED_COUNT);
    tcase_add_loop_test(tests, a_recycled_block_serves_no_larger_request, 0, SIZE_COUNT);
    tcase_add_test(tests, blocks_do_not_overlap);
    tcase_add_test(tests, replacing_for_ever_does_not_grow);
    tcase_add_test(tests, recycling_null_does_nothing);
    tcase_add_test(tests, blocks_are_recycled_last_first);
    tcase_add_test(tests, an_impossible_size_gives_null);
    tcase_add_test(tests, zeroed_memory_is_zero_even_when_recycled);
    tcase_add_test(tests, zeroed_memory_refuses_an_overflow);
    tcase_add_test(tests, a_copy_ends_with_a_zero_and_is_its_own);
    tcase_add_test(tests, formatted_text_of_any_length_is_whole);
    tcase_add_test(tests, chunks_grow_so_that_many_blocks_are_few_mallocs_and_little_is_empty);
    tcase_add_test(tests, the_first_blocks_stand_where_the_caller_says);
    tcase_add_test(tests, a_released_arena_is_ready_again);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(arena_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
