/* hostile.c -- models whose names are words of C, C++ and SQL, macros, blanks, quotes, newlines and Unicode: made,
 * filled, read, queried, changed and removed like any other.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include "hostile.h"

#include <stdio.h>

#define DAY INT64_C(86400000000)
/* The default in hostile.yaml. */
#define DEFAULT_QUOTE \
    "it's \"100%\" \\ $1 :x ? {{name}} ?" \
    "?/ \n end"
/* Short names for what has none. */
#define LONG_(name) hostile_a_model_name_of_sixty_three_bytes_which_is_the_most_there_may_b##name
#define LONG_MODEL HOSTILE_A_MODEL_NAME_OF_SIXTY_THREE_BYTES_WHICH_IS_THE_MOST_THERE_MAY_B
#define U_(name) hostile_gru00f6u00dfe##name
#define U_MODEL HOSTILE_GRU00F6U00DFE

static const uint8_t zeros[] = {0, 1, 0};
static const int32_t numbers[] = {1, 0, -1};
static const bool nulls[] = {false, true, false};
static const char *const labels[] = {"a,b", "\"quoted\"", "back\\slash {}"};
static const hostile_int values_of_int[] = {
    HOSTILE_INT_WHILE,
    HOSTILE_INT_CAPITAL_WHILE,
    HOSTILE_INT_NULL,
    HOSTILE_INT_ERRNO,
    HOSTILE_INT_1ST,
    HOSTILE_INT_IN_PROGRESS,
    HOSTILE_INT_U00FCMLAUT,
    HOSTILE_INT_IT_S,
    HOSTILE_INT_PLUS,
    HOSTILE_INT_MINUS,
    HOSTILE_INT_100_,
    HOSTILE_INT_BACK_SLASH,
    HOSTILE_INT_DOU_BLE,
    HOSTILE_INT_NEW_LINE,
    HOSTILE_INT_____,
    HOSTILE_INT__,
    HOSTILE_INT_AN_ENUM_VALUE_OF_SIXTY_THREE_BYTES_WHICH_IS_THE_MOST_THERE_MAY_,
};

enum { VALUES = sizeof values_of_int / sizeof *values_of_int };

static const hostile_quoted quoted[] = {HOSTILE_QUOTED_B, HOSTILE_QUOTED_A};

static hostile_words_of_C_values words_of_C(const char *unique)
{
    return (hostile_words_of_C_values){
        .auto_ = 1,
        .case_ = "case",
        .const_ = true,
        .default_ = 3,
        .double_ = 0.25,
        .enum_ = HOSTILE_INT_IT_S,
        .float_ = 0.5f,
        .goto_ = {{1, 2, 3}},
        .inline_ = {zeros, sizeof zeros},
        .long_ = {8000},
        .restrict_ = {DAY / 2},
        .short_ = {8000 * DAY},
        .sizeof_ = {8000 * DAY + 1},
        .struct_ = {.months = 1, .days = 2, .microseconds = 3},
        .typedef_ = {"{\"a\":1}"},
        .unsigned_ = {"[1]"},
        .volatile_ = {"10.0.0.1"},
        .x_Bool = {numbers, nulls, 3},
        .x_Static_assert = {labels, NULL, 3},
        .alignas_ = ORM_VALUE({values_of_int, NULL, VALUES}),
        .constexpr_ = ORM_VALUE({quoted, NULL, 2}),
        .nullptr_ = {"1.50"},
        .thread_local_ = unique,
        .static_assert_ = 7,
    };
}

static void expect_words_of_C(const hostile_words_of_C *row, const char *unique)
{
    ck_assert_int_eq(row->auto_, 1);
    ck_assert(!row->break_.has);
    expect_text(row->case_, "case");
    ck_assert_ptr_null(row->char_);
    ck_assert(row->const_);
    ck_assert_int_eq(row->enum_, HOSTILE_INT_IT_S);
    ck_assert_uint_eq(row->inline_.size, sizeof zeros);
    ck_assert_mem_eq(row->inline_.data, zeros, sizeof zeros);
    ck_assert_int_eq(row->sizeof_.microseconds, 8000 * DAY + 1);
    ck_assert_int_eq(row->struct_.months, 1);
    ck_assert_uint_eq(row->x_Bool.count, 3);
    ck_assert(row->x_Bool.nulls && row->x_Bool.nulls[1] && row->x_Bool.items[2] == -1);
    for (size_t i = 0; i < 3; i++)
        expect_text(row->x_Static_assert.items[i], labels[i]);
    ck_assert_uint_eq(row->alignas_.count, VALUES);
    ck_assert_mem_eq(row->alignas_.items, values_of_int, sizeof values_of_int);
    ck_assert_uint_eq(row->constexpr_.count, 2);
    ck_assert_int_eq(row->constexpr_.items[0], HOSTILE_QUOTED_B);
    expect_text(row->nullptr_.text, "1.50");
    expect_text(row->typeof_unqual_, "typeof");
    expect_text(row->thread_local_, unique);
    ck_assert_int_eq(row->static_assert_, 7);
}

/* Each text holds the name of its column. */
static hostile_blanks_values blanks(const char *unique)
{
    return (hostile_blanks_values){
        .x2nd = "2nd",
        .two_words = unique,
        .tab_inside = "tab\tinside",
        .new_line = "new\nline",
        .apos_trophe = "apos'trophe",
        .semi_colon = "semi;colon",
        .per_cent = "100%",
        .x100_ = "100%",
        .question_ = "question?",
        ._dollar = "$dollar",
        .end_of_comment = "*/",
        .line_comment = "//",
        .sql_comment = "--",
        ._minus = unique,
        .blank = " ",
        .trigraph = "?"
                    "?/",
        .x__name__ = "{{name}}",
        ._brackets_ = "[brackets]",
        ._a__b_ = "(a, b)",
        .a_b = "a.b",
        .upper_case = "UPPER CASE",
        .CamelCase = "CamelCase",
    };
}

static void expect_blanks(const hostile_blanks *row, const char *unique)
{
    expect_text(row->x2nd, "2nd");
    expect_text(row->two_words, unique);
    expect_text(row->tab_inside, "tab\tinside");
    expect_text(row->new_line, "new\nline");
    expect_text(row->quo_te, DEFAULT_QUOTE);
    expect_text(row->apos_trophe, "apos'trophe");
    expect_text(row->back_slash, "back\\slash");
    expect_text(row->semi_colon, "semi;colon");
    expect_text(row->per_cent, "100%");
    expect_text(row->question_, "question?");
    expect_text(row->_dollar, "$dollar");
    expect_text(row->end_of_comment, "*/");
    expect_text(row->blank, " ");
    expect_text(row->trigraph, "?"
                               "?/");
    expect_text(row->x__name__, "{{name}}");
    expect_text(row->_a__b_, "(a, b)");
    expect_text(row->CamelCase, "CamelCase");
}

static hostile_select_values words_of_SQL(const char *from)
{
    return (hostile_select_values){.where = from,
                                   .group = "group",
                                   .order = "order",
                                   .table = "table",
                                   .user = "user",
                                   .primary = "primary",
                                   .index = "index",
                                   .column = "column",
                                   .check = "check",
                                   .limit = "limit",
                                   .offset = "offset",
                                   .join = "join",
                                   .values = "values",
                                   .key = "key",
                                   .set = "set",
                                   .current_timestamp = "never"};
}

static hostile_plus_plus_values words_of_CPP(const char *class, const hostile_select *select)
{
    return (hostile_plus_plus_values){
        .class_ = class,
        .new_ = "new",
        .delete_ = "delete",
        .operator_ = "operator",
        .template_ = "<T>",
        .typename_ = "typename",
        .namespace_ = "namespace",
        .private_ = "private",
        .public_ = "public",
        .protected_ = "x",
        .virtual_ = "virtual",
        .friend_ = "friend",
        .throw_ = "throw",
        .try_ = "try",
        .catch_ = "catch",
        .bool_ = "bool",
        .true_ = "true",
        .false_ = "false",
        .and_ = "and",
        .xor_eq_ = "xor_eq",
        .co_await_ = "await",
        .concept_ = "concept",
        .requires_ = "requires",
        .wchar_t_ = "wchar_t",
        .char8_t_ = "char8_t",
        .mutable_ = "mutable",
        .explicit_ = "explicit",
        .using_ = "using",
        .int_ = select,
    };
}

static hostile_gru00f6u00dfe_values unicode(const char *name)
{
    return (hostile_gru00f6u00dfe_values){.nau00efve = name,
                                          .u00c9cole = "\u00c9COLE",
                                          .u6570u91cf = 1,
                                          .u0438u043cu044f = "\u0438\u043c\u044f",
                                          .u0639u062fu062f = 2,
                                          .eu0301 = "e\u0301",
                                          .u00a0 = "\u00a0",
                                          .u1f600 = "\U0001F600",
                                          .u202ename = "\u202ename"};
}

static void make_hostile(void)
{
    ok(hostile_drop_all(engine, &error));
    ok(hostile_create_all(engine, &error));
    forget_statements();
}

static void drop_hostile(void)
{
    ok(orm_session_rollback(s));
    ok(hostile_drop_all(engine, &error));
}

START_TEST(tables_are_made_and_removed_as_often_as_one_likes)
{
    for (int i = 0; i < 2; i++)
        ok(hostile_create_all(engine, &error));
    for (int i = 0; i < 2; i++)
        ok(hostile_drop_all(engine, &error));
    hostile_blanks_values values = blanks("a");
    expect_status(ORM_SCHEMA, hostile_blanks_insert(c, &values, NULL, NULL));
    ok(hostile_create_all(engine, &error));
}
END_TEST

START_TEST(tables_in_a_circle_are_removed_with_their_rows)
{
    const hostile_circle_1 *first;
    const hostile_circle_2 *second;
    const hostile_circle_3 *third;
    ok(hostile_circle_1_add(s, &(hostile_circle_1_values){0}, &first));
    ok(hostile_circle_3_add(s, &(hostile_circle_3_values){.next = first}, &third));
    ok(hostile_circle_2_add(s, &(hostile_circle_2_values){.next = third}, &second));
    ok(hostile_circle_1_set_next(s, first, second));
    ok(hostile_circle_3_set_other(s, third, second));
    commit_and_forget();
    for (int i = 0; i < 2; i++)
        ok(hostile_drop_all(engine, &error));
    ok(hostile_create_all(engine, &error));
    size_t count;
    ok(hostile_circle_3_count(s, NULL, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(keywords_of_c_come_back_by_core)
{
    hostile_words_of_C_values values = words_of_C("u");
    hostile_words_of_C row, fetched;
    orm_result *result, *again;
    ok(hostile_words_of_C_insert(c, &values, &row, &result));
    expect_words_of_C(&row, "u");
    ok(hostile_words_of_C_fetch(c, row.id, &fetched, &again));
    expect_words_of_C(&fetched, "u");
    orm_result_free(result);
    orm_result_free(again);
    size_t count;
    ok(hostile_words_of_C_update_where(c, orm_eq(HOSTILE_WORDS_OF_C.thread_local_, "u"),
                                       &(hostile_words_of_C_changes){.break_ = ORM_VALUE(5), .asm_ = ORM_VALUE(6)},
                                       &count));
    ck_assert_uint_eq(count, 1);
    ok(hostile_words_of_C_fetch(c, row.id, &fetched, &again));
    ck_assert(fetched.break_.has && fetched.break_.value == 5 && fetched.asm_.value == 6);
    orm_result_free(again);
    ok(hostile_words_of_C_delete_where(c, orm_gt(HOSTILE_WORDS_OF_C.static_assert_, 6), &count));
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(keywords_of_c_come_back_by_a_session_and_a_batch)
{
    static char unique[20][16];
    const hostile_words_of_C *rows[20];
    for (int i = 0; i < 20; i++) {
        snprintf(unique[i], sizeof unique[i], "u%02d", i);
        hostile_words_of_C_values values = words_of_C(unique[i]);
        ok(hostile_words_of_C_add(s, &values, &rows[i]));
    }
    ok(orm_session_flush(s));
    expect_statements("INSERT words of C 20");
    commit_and_forget();
    hostile_words_of_C_list found;
    ok(hostile_words_of_C_find(s,
                               &(hostile_words_of_C_query){.where = {orm_eq(HOSTILE_WORDS_OF_C.enum_, HOSTILE_INT_IT_S),
                                                                     orm_is_null(HOSTILE_WORDS_OF_C.while_),
                                                                     orm_eq(HOSTILE_WORDS_OF_C.const_, true)},
                                                           .order_by = {orm_asc(HOSTILE_WORDS_OF_C.thread_local_)}},
                               &found));
    ck_assert_uint_eq(found.count, 20);
    for (size_t i = 0; i < found.count; i++) {
        expect_words_of_C(found.items[i], unique[i]);
        ok(hostile_words_of_C_set_auto_(s, found.items[i], 100 + (int32_t)i));
        ok(hostile_words_of_C_set_volatile_(s, found.items[i], (orm_inet){"::1"}));
    }
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("UPDATE words of C 20");
    size_t count;
    ok(hostile_words_of_C_count(s, &(hostile_words_of_C_query){.where = {orm_ge(HOSTILE_WORDS_OF_C.auto_, 110)}},
                                &count));
    ck_assert_uint_eq(count, 10);
}
END_TEST

START_TEST(every_value_of_an_enum_comes_back)
{
    hostile_words_of_C_values values = words_of_C("u");
    values.enum_ = values_of_int[_i];
    values.extern_ = (hostile_in_null_int)ORM_VALUE(values_of_int[_i]);
    const hostile_words_of_C *row;
    ok(hostile_words_of_C_add(s, &values, &row));
    commit_and_forget();
    ok(hostile_words_of_C_one(
        s, &(hostile_words_of_C_query){.where = {orm_eq(HOSTILE_WORDS_OF_C.extern_, values_of_int[_i])}}, &row));
    ck_assert_int_eq(row->enum_, values_of_int[_i]);
    ck_assert(row->extern_.has && row->extern_.value == values_of_int[_i]);
    hostile_int next = values_of_int[(_i + 1) % VALUES];
    ok(hostile_words_of_C_set_enum_(s, row, next));
    commit_and_forget();
    ok(hostile_words_of_C_one(s, &(hostile_words_of_C_query){.where = {orm_eq(HOSTILE_WORDS_OF_C.enum_, next)}}, &row));
}
END_TEST

START_TEST(words_of_sql_and_cpp_are_related)
{
    const hostile_select *select, *got;
    const hostile_plus_plus *first, *second;
    hostile_select_values sql = words_of_SQL("where");
    ok(hostile_select_add(s, &sql, &select));
    hostile_plus_plus_values cpp = words_of_CPP("b", select);
    ok(hostile_plus_plus_add(s, &cpp, &first));
    cpp = words_of_CPP("a", NULL);
    ok(hostile_plus_plus_add(s, &cpp, &second));
    ok(hostile_plus_plus_set_int_(s, second, select));
    commit_and_forget();
    ok(hostile_select_one(
        s,
        &(hostile_select_query){.where = {orm_eq(HOSTILE_SELECT.where, "where"), orm_is_null(HOSTILE_SELECT.null)},
                                .order_by = {orm_desc(HOSTILE_SELECT.order)},
                                .load = {orm_load(HOSTILE_SELECT.classes)}},
        &select));
    hostile_plus_plus_list classes;
    forget_statements();
    ok(hostile_select_get_classes(s, select, &classes));
    expect_nothing_sent();
    ck_assert_uint_eq(classes.count, 2);
    expect_text(classes.items[0]->class_, "a");
    expect_text(classes.items[1]->template_, "<T>");
    ok(hostile_plus_plus_get_int_(s, classes.items[0], &got));
    ck_assert_ptr_eq(got, select);
    ok(hostile_select_remove_from_classes(s, select, classes.items[0]));
    ok(hostile_select_set_user(s, select, "other"));
    ok(hostile_select_set_null(s, select, "not null"));
    commit_and_forget();
    ok(hostile_plus_plus_one(s, &(hostile_plus_plus_query){.where = {orm_is_null(HOSTILE_PLUS_PLUS.int_id)}}, &first));
    expect_text(first->class_, "a");
    ok(hostile_select_one(s, &(hostile_select_query){.where = {orm_eq(HOSTILE_SELECT.user, "other")}}, &select));
    expect_text(select->null, "not null");
    ok(hostile_select_delete(s, select));
    ok(orm_session_commit(s));
    size_t count;
    ok(hostile_plus_plus_count(s, &(hostile_plus_plus_query){.where = {orm_is_null(HOSTILE_PLUS_PLUS.int_id)}},
                               &count));
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(a_many_to_many_goes_through_a_table_called_inner_join)
{
    const hostile_select *select;
    const hostile_words_of_C *word;
    hostile_select_values sql = words_of_SQL("w");
    hostile_words_of_C_values values = words_of_C("u");
    ok(hostile_select_add(s, &sql, &select));
    ok(hostile_words_of_C_add(s, &values, &word));
    ok(hostile_select_add_to_union_(s, select, word));
    forget_statements();
    ok(orm_session_flush(s));
    expect_statements("INSERT select 1, INSERT words of C 1, INSERT inner join 1");
    commit_and_forget();
    ok(hostile_select_one(s, NULL, &select));
    hostile_words_of_C_list words;
    ok(hostile_select_get_union_(s, select, &words));
    ck_assert_uint_eq(words.count, 1);
    ok(hostile_select_remove_from_union_(s, select, words.items[0]));
    commit_and_forget();
    ok(hostile_select_one(s, NULL, &select));
    ok(hostile_select_get_union_(s, select, &words));
    ck_assert_uint_eq(words.count, 0);
}
END_TEST

START_TEST(names_of_macros_come_back)
{
    const hostile_macros *row;
    ok(hostile_macros_add(s,
                          &(hostile_macros_values){.eof = -1,
                                                   .errno_ = 2,
                                                   .stdin_ = 3,
                                                   .int_max = INT32_MAX,
                                                   .unix_ = 5,
                                                   .linux_ = 6,
                                                   .x__line__ = 7,
                                                   .orm_null_ = 8,
                                                   .isnan = 9,
                                                   .s = 10,
                                                   .value = 11,
                                                   .true_ = 12},
                          &row));
    commit_and_forget();
    ok(hostile_macros_one(
        s,
        &(hostile_macros_query){.where = {orm_eq(HOSTILE_MACROS.errno_, 2), orm_eq(HOSTILE_MACROS.unix_, 5),
                                          orm_eq(HOSTILE_MACROS.x__line__, 7), orm_eq(HOSTILE_MACROS.s, 10)}},
        &row));
    ck_assert_int_eq(row->eof, -1);
    ck_assert_int_eq(row->int_max, INT32_MAX);
    ck_assert_int_eq(row->linux_, 6);
    ck_assert_int_eq(row->isnan, 9);
    ck_assert_int_eq(row->true_, 12);
    ok(hostile_macros_set_errno_(s, row, 20));
    ok(hostile_macros_set_value(s, row, 21));
    ok(hostile_macros_set_orm_eq_(s, row, 22));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("UPDATE macros 1");
    size_t count;
    ok(hostile_macros_delete_where(c, orm_eq(HOSTILE_MACROS.value, 21), &count));
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(characters_that_end_strings_comments_and_lines_come_back)
{
    hostile_blanks_values values = blanks("a"), second = blanks("b");
    hostile_blanks row;
    orm_result *result;
    ok(hostile_blanks_insert(c, &values, &row, &result));
    expect_blanks(&row, "a");
    orm_result_free(result);
    const hostile_blanks *entity;
    ok(hostile_blanks_add(s, &second, &entity));
    commit_and_forget();
    hostile_blanks_list found;
    ok(hostile_blanks_find(s, &(hostile_blanks_query){.order_by = {orm_desc(HOSTILE_BLANKS._minus)}}, &found));
    ck_assert_uint_eq(found.count, 2);
    expect_blanks(found.items[0], "b");
    expect_blanks(found.items[1], "a");
}
END_TEST

/* Every text column, with the text that blanks() or a default put there. */
START_TEST(conditions_find_rows_by_each_of_these_columns)
{
    const orm_expr conditions[] = {
        orm_eq(HOSTILE_BLANKS.x2nd, "2nd"),
        orm_eq(HOSTILE_BLANKS.two_words, "a"),
        orm_eq(HOSTILE_BLANKS.tab_inside, "tab\tinside"),
        orm_eq(HOSTILE_BLANKS.new_line, "new\nline"),
        orm_eq(HOSTILE_BLANKS.quo_te, DEFAULT_QUOTE),
        orm_eq(HOSTILE_BLANKS.apos_trophe, "apos'trophe"),
        orm_eq(HOSTILE_BLANKS.back_slash, "back\\slash"),
        orm_eq(HOSTILE_BLANKS.semi_colon, "semi;colon"),
        orm_eq(HOSTILE_BLANKS.per_cent, "100%"),
        orm_eq(HOSTILE_BLANKS.x100_, "100%"),
        orm_eq(HOSTILE_BLANKS.question_, "question?"),
        orm_eq(HOSTILE_BLANKS._dollar, "$dollar"),
        orm_eq(HOSTILE_BLANKS.end_of_comment, "*/"),
        orm_eq(HOSTILE_BLANKS.line_comment, "//"),
        orm_eq(HOSTILE_BLANKS.sql_comment, "--"),
        orm_eq(HOSTILE_BLANKS._minus, "a"),
        orm_eq(HOSTILE_BLANKS.blank, " "),
        orm_eq(HOSTILE_BLANKS.trigraph, "?"
                                        "?/"),
        orm_like(HOSTILE_BLANKS.x__name__, "{{%}}"),
        orm_like(HOSTILE_BLANKS._brackets_, "[%]"),
        orm_eq(HOSTILE_BLANKS._a__b_, "(a, b)"),
        orm_eq(HOSTILE_BLANKS.a_b, "a.b"),
        orm_eq(HOSTILE_BLANKS.upper_case, "UPPER CASE"),
        orm_eq(HOSTILE_BLANKS.CamelCase, "CamelCase"),
    };
    hostile_blanks_values values = blanks("a");
    ok(hostile_blanks_insert(c, &values, NULL, NULL));
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        size_t count;
        ok(hostile_blanks_count(s, &(hostile_blanks_query){.where = {conditions[i]}}, &count));
        ck_assert_msg(count == 1, "condition %zu found %zu rows", i, count);
    }
}
END_TEST

START_TEST(a_broken_rule_is_told_with_these_names)
{
    hostile_blanks_values values = blanks("longer than ten");
    values.per_cent = "a%b";
    orm_problems problems;
    expect_status(ORM_INVALID, hostile_blanks_validate(&values, &problems));
    ck_assert_uint_eq(problems.count, 2);
    expect_text(problems.items[0].column, "two_words");
    expect_text(problems.items[1].column, "per_cent");
}
END_TEST

START_TEST(these_columns_are_set_and_rows_are_deleted_by_them)
{
    hostile_blanks_values values = blanks("a");
    const hostile_blanks *row;
    ok(hostile_blanks_add(s, &values, &row));
    ok(orm_session_commit(s));
    ok(hostile_blanks_set_quo_te(s, row, "q"));
    ok(hostile_blanks_set_new_line(s, row, "n"));
    ok(hostile_blanks_set_back_slash(s, row, "b"));
    ok(hostile_blanks_set_question_(s, row, "?"));
    ok(hostile_blanks_set_blank(s, row, ""));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("UPDATE Table \"of\" 'names' \\ and\na newline; -- /* too */ ?"
                      "?/ %s $1 :x ? 1");
    size_t count;
    ok(hostile_blanks_update_where(c, orm_eq(HOSTILE_BLANKS.quo_te, "q"),
                                   &(hostile_blanks_changes){.tab_inside = ORM_VALUE("t"), .x100_ = ORM_VALUE("%")},
                                   &count));
    ck_assert_uint_eq(count, 1);
    ok(orm_session_refresh(s, row));
    expect_text(row->tab_inside, "t");
    expect_text(row->x100_, "%");
    expect_text(row->new_line, "n");
    ok(hostile_blanks_delete_where(c, orm_eq(HOSTILE_BLANKS.new_line, "n"), &count));
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(a_broken_constraint_is_told_with_these_names)
{
    hostile_blanks_values values = blanks("same");
    ok(hostile_blanks_insert(c, &values, NULL, NULL));
    expect_status(ORM_CONSTRAINT, hostile_blanks_insert(c, &values, NULL, NULL));
    expect_text(orm_connection_error(c)->sqlstate, "23505");
    hostile_select_values sql = words_of_SQL("w");
    sql.offset = sql.limit;
    expect_status(ORM_CONSTRAINT, hostile_select_insert(c, &sql, NULL, NULL));
    expect_text(orm_connection_error(c)->constraint, "check \"it\"");
}
END_TEST

START_TEST(a_default_is_the_same_by_the_client_and_by_the_database)
{
    run_sql("INSERT INTO \"Table \"\"of\"\" 'names' \\ and\na newline; -- /* too */ ?"
            "?/ %s $1 :x ?\" "
            "(\"2nd\", \"two words\", \"tab\tinside\", \"new\nline\", \"apos'trophe\", \"semi;colon\", \"per%cent\", "
            "\"100%\", \"question?\", \"$dollar\", \"*/\", \"//\", \"--\", \"-minus\", \" \", \"?"
            "?/\", \"{{name}}\", "
            "\"[brackets]\", \"(a, b)\", \"a.b\", \"UPPER CASE\", \"CamelCase\") "
            "VALUES ('2nd', 'x', 'tab\tinside', 'new\nline', 'apos''trophe', 'semi;colon', '100%', '', 'question?', "
            "'$dollar', '*/', '', '', '', ' ', '?"
            "?/', '{{name}}', '', '(a, b)', '', '', 'CamelCase')");
    const hostile_blanks *row;
    ok(hostile_blanks_one(s, NULL, &row));
    expect_blanks(row, "x");
}
END_TEST

START_TEST(unicode_comes_back_and_refers_to_itself)
{
    hostile_gru00f6u00dfe_values values = unicode("parent");
    const hostile_gru00f6u00dfe *parent, *child;
    ok(U_(_add)(s, &values, &parent));
    values = unicode("na\u00efve");
    values.u03a3u03c7u03adu03c3u03b7 = parent;
    ok(U_(_add)(s, &values, &child));
    commit_and_forget();
    ok(U_(_one)(s,
                &(hostile_gru00f6u00dfe_query){
                    .where = {orm_eq(U_MODEL.nau00efve, "na\u00efve"), orm_eq(U_MODEL.u6570u91cf, 1),
                              orm_eq(U_MODEL.u1f600, "\U0001F600"), orm_eq(U_MODEL.u202ename, "\u202ename"),
                              orm_eq(U_MODEL.u00a0, "\u00a0")}},
                &child));
    expect_text(child->u00c9cole, "\u00c9COLE");
    expect_text(child->eu0301, "e\u0301");
    ck_assert_int_eq(child->u0639u062fu062f, 2);
    ok(U_(_get_u03a3u03c7u03adu03c3u03b7)(s, child, &parent));
    expect_text(parent->nau00efve, "parent");
    ok(U_(_set_u0438u043cu044f)(s, child, "\u0418"));
    ok(U_(_set_u03a3u03c7u03adu03c3u03b7)(s, child, NULL));
    commit_and_forget();
    size_t count;
    ok(U_(_count)(s,
                  &(hostile_gru00f6u00dfe_query){.where = {orm_eq(U_MODEL.u0438u043cu044f, "\u0418"),
                                                           orm_is_null(U_MODEL.u03a3u03c7u03adu03c3u03b7_id)}},
                  &count));
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(names_of_sixty_three_bytes_come_back)
{
    const hostile_select *select;
    hostile_select_values sql = words_of_SQL("w");
    ok(hostile_select_add(s, &sql, &select));
    LONG_(_values)
    values = {.another_column_name_of_sixty_three_bytes_which_is_most_ther_may = "a",
              .a_relation_name_of_fifty_nine_bytes_which_has_a_key_behind__ = select};
    values
        .u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f6u00f61 =
        "o";
    const LONG_() * row;
    ok(LONG_(_add)(s, &values, &row));
    commit_and_forget();
    ok(LONG_(_one)(s, NULL, &row));
    ok(LONG_(_get_a_relation_name_of_fifty_nine_bytes_which_has_a_key_behind__)(s, row, &select));
    expect_text(select->where, "w");
    ok(LONG_(_set_another_column_name_of_sixty_three_bytes_which_is_most_ther_may)(s, row, "b"));
    commit_and_forget();
    size_t count;
    ok(LONG_(_count)(
        s,
        &(LONG_(_query)){
            .where = {orm_eq(LONG_MODEL.another_column_name_of_sixty_three_bytes_which_is_most_ther_may, "b")}},
        &count));
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(names_that_differ_by_case_are_two_columns)
{
    hostile_no_key row;
    const hostile_no_key *rows;
    orm_result *result;
    size_t count;
    ok(hostile_no_key_insert(c, &(hostile_no_key_values){.a = "small", .capital_a = "large"}, &row, &result));
    expect_text(row.a, "small");
    expect_text(row.capital_a, "large");
    orm_result_free(result);
    ok(hostile_no_key_update_where(c, orm_eq(HOSTILE_NO_KEY.a, "small"),
                                   &(hostile_no_key_changes){.capital_a = ORM_VALUE("L")}, &count));
    ck_assert_uint_eq(count, 1);
    ok(hostile_no_key_select(c, &(hostile_no_key_query){.where = {orm_eq(HOSTILE_NO_KEY.capital_a, "L")}}, &rows,
                             &count, &result));
    ck_assert_uint_eq(count, 1);
    expect_text(rows->a, "small");
    orm_result_free(result);
    ok(hostile_no_key_delete_where(c, orm_eq(HOSTILE_NO_KEY.capital_a, "L"), &count));
    ck_assert_uint_eq(count, 1);
}
END_TEST

Suite *suite_hostile(void)
{
    Suite *suite = suite_create("hostile");
    TCase *names = new_case(suite, "names");
    tcase_add_checked_fixture(names, make_hostile, drop_hostile);
    tcase_add_test(names, tables_are_made_and_removed_as_often_as_one_likes);
    tcase_add_test(names, tables_in_a_circle_are_removed_with_their_rows);
    tcase_add_test(names, keywords_of_c_come_back_by_core);
    tcase_add_test(names, keywords_of_c_come_back_by_a_session_and_a_batch);
    tcase_add_loop_test(names, every_value_of_an_enum_comes_back, 0, VALUES);
    tcase_add_test(names, words_of_sql_and_cpp_are_related);
    tcase_add_test(names, a_many_to_many_goes_through_a_table_called_inner_join);
    tcase_add_test(names, names_of_macros_come_back);
    tcase_add_test(names, characters_that_end_strings_comments_and_lines_come_back);
    tcase_add_test(names, conditions_find_rows_by_each_of_these_columns);
    tcase_add_test(names, these_columns_are_set_and_rows_are_deleted_by_them);
    tcase_add_test(names, a_broken_rule_is_told_with_these_names);
    tcase_add_test(names, a_broken_constraint_is_told_with_these_names);
    tcase_add_test(names, a_default_is_the_same_by_the_client_and_by_the_database);
    tcase_add_test(names, unicode_comes_back_and_refers_to_itself);
    tcase_add_test(names, names_of_sixty_three_bytes_come_back);
    tcase_add_test(names, names_that_differ_by_case_are_two_columns);
    return suite;
}
