/* test_url.c -- database URLs: what a driver gets of each, what is shown of it, and what is refused.
 * SPDX-License-Identifier: MIT */
#include "engine/url.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static orm__arena arena;
static orm__url url;
static orm_error error;

static void tear_down(void)
{
    orm__arena_release(&arena);
}

static void must_parse(const char *text)
{
    ck_assert_msg(orm__url_parse(text, &arena, &url, &error) == ORM_OK, "%s: %s", text, error.message);
}

/* "user=ada|host=db", in the order of the keywords. */
static const char *parts(void)
{
    static char text[1024];
    text[0] = '\0';
    for (size_t i = 0; url.address.keywords[i]; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s=%s", i ? "|" : "", url.address.keywords[i],
                 url.address.values[i]);
    return text;
}

static const struct {
    const char *url, *file; /* NULL: in memory */
} files[] = {
    {"sqlite://", NULL},
    {"sqlite:///", NULL},
    {"sqlite:///:memory:", NULL},
    {"sqlite+driver://", NULL},
    {"sqlite:///?", NULL},
    {"sqlite:///blog.db", "blog.db"},
    {"sqlite:///data/blog.db", "data/blog.db"},
    {"sqlite:///../blog.db?", "../blog.db"},
    {"sqlite:////var/lib/blog.db", "/var/lib/blog.db"},
    {"sqlite:///with%20a%20blank.db", "with a blank.db"},
    {"sqlite:///what%3F.db", "what?.db"},
    {"sqlite:///100%25.db", "100%.db"},
    {"sqlite:///gr%C3%BC%c3%9fe.db", "gr\xc3\xbc\xc3\x9f"
                                     "e.db"},
    {"sqlite:///a+b@c:d.db", "a+b@c:d.db"},
    {"sqlite:///file:blog.db", "./file:blog.db"}, /* a name, not a URI of SQLite's */
    {"sqlite+pysqlite:///blog.db", "blog.db"},
};

START_TEST(an_sqlite_url_is_a_file_or_memory)
{
    must_parse(files[_i].url);
    ck_assert_int_eq(url.address.dialect, ORM_SQLITE);
    ck_assert_int_eq(url.address.memory, !files[_i].file);
    if (files[_i].file)
        ck_assert_str_eq(url.address.file, files[_i].file);
    ck_assert_str_eq(url.shown, files[_i].url);
}
END_TEST

START_TEST(each_database_in_memory_has_a_name_of_its_own)
{
    must_parse("sqlite://");
    const char *first = url.address.file;
    must_parse("sqlite://");
    ck_assert_int_eq(strncmp(first, "file:/orm-", 10), 0);
    ck_assert_ptr_nonnull(strstr(first, "?vfs=memdb"));
    ck_assert_str_ne(first, url.address.file);
}
END_TEST

static const struct {
    const char *url, *parts, *shown; /* NULL: shown as it is */
} servers[] = {
    {"postgresql://", "", NULL},
    {"postgres://", "", NULL},
    {"postgresql:///blog", "dbname=blog", NULL},
    {"postgresql://localhost", "host=localhost", NULL},
    {"postgresql://localhost/", "host=localhost", NULL},
    {"postgresql+psycopg2://db/blog", "host=db|dbname=blog", NULL},
    {"postgresql+anything.else-1_2://db", "host=db", NULL},
    {"postgresql://db:5433/blog", "host=db|port=5433|dbname=blog", NULL},
    {"postgresql://:5433/blog", "port=5433|dbname=blog", NULL},
    {"postgresql://db:/blog", "host=db|dbname=blog", NULL},
    {"postgresql://ada@db/blog", "user=ada|host=db|dbname=blog", NULL},
    {"postgresql://ada:secret@db/blog", "user=ada|password=secret|host=db|dbname=blog", "postgresql://ada:***@db/blog"},
    {"postgres://ada:secret@/blog", "user=ada|password=secret|dbname=blog", "postgres://ada:***@/blog"},
    {"postgresql://:secret@db", "password=secret|host=db", "postgresql://:***@db"},
    {"postgresql://ada:@db", "user=ada|password=|host=db", "postgresql://ada:***@db"},
    {"postgresql://a%40b:p%3A%2f%3f%25@db", "user=a@b|password=p:/?%|host=db", "postgresql://a%40b:***@db"},
    {"postgresql://ada:a:b@db", "user=ada|password=a:b|host=db", "postgresql://ada:***@db"},
    {"postgresql://ada:a@b@db/blog", "user=ada|password=a@b|host=db|dbname=blog", "postgresql://ada:***@db/blog"},
    {"postgresql://ada:a/b@db/blog", "user=ada|password=a/b|host=db|dbname=blog", "postgresql://ada:***@db/blog"},
    {"postgresql://ada:1/b@db/blog", "user=ada|password=1/b|host=db|dbname=blog", "postgresql://ada:***@db/blog"},
    {"postgresql://ada:a?b@db/blog", "user=ada|password=a?b|host=db|dbname=blog", "postgresql://ada:***@db/blog"},
    {"postgresql://ada:a/b@c@db/blog", "user=ada|password=a/b@c|host=db|dbname=blog", "postgresql://ada:***@db/blog"},
    {"postgresql://ada:1?b@db/blog?port=1", "user=ada|password=1?b|host=db|dbname=blog|port=1",
     "postgresql://ada:***@db/blog?port=1"},
    {"postgresql://ada:?b/c@db", "user=ada|password=?b/c|host=db", "postgresql://ada:***@db"},
    {"postgresql://db:5432/blog?user=a@b", "host=db|port=5432|dbname=blog|user=a@b", NULL},
    {"postgresql://[::1]/blog", "host=::1|dbname=blog", NULL},
    {"postgresql://ada:secret@[::1]:5433/blog", "user=ada|password=secret|host=::1|port=5433|dbname=blog",
     "postgresql://ada:***@[::1]:5433/blog"},
    {"postgresql://[fe80::1%25eth0]/blog?user=a@b", "host=fe80::1%eth0|dbname=blog|user=a@b", NULL},
    {"postgresql://%2Fvar%2Frun%2Fpostgresql/blog", "host=/var/run/postgresql|dbname=blog", NULL},
    {"postgresql:///blog?host=/var/run/postgresql", "dbname=blog|host=/var/run/postgresql", NULL},
    {"postgresql://a:1,b:2/blog", "host=a,b|port=1,2|dbname=blog", NULL},
    {"postgresql://a,b/blog", "host=a,b|dbname=blog", NULL},
    {"postgresql://a,b:2,[::1]:3/blog", "host=a,b,::1|port=,2,3|dbname=blog", NULL},
    {"postgresql://a:1,[::1]:2/blog?user=a@b", "host=a,::1|port=1,2|dbname=blog|user=a@b", NULL},
    {"postgresql://a,[::1]/blog?user=a@b", "host=a,::1|dbname=blog|user=a@b", NULL},
    {"postgresql://ada:[1/b@db/blog", "user=ada|password=[1/b|host=db|dbname=blog", "postgresql://ada:***@db/blog"},
    {"postgresql://db?sslmode=require&target_session_attrs=read-write",
     "host=db|sslmode=require|target_session_attrs=read-write", NULL},
    {"postgresql://db/?application_name=a%20b%26c%3Dd+e", "host=db|application_name=a b&c=d+e", NULL},
    {"postgresql://db/?options=-c%20x%3D1", "host=db|options=-c x=1", NULL},
    {"postgresql://db/?sslmode=", "host=db|sslmode=", NULL},
    {"postgresql://db/b?password=secret&port=1", "host=db|dbname=b|password=secret|port=1",
     "postgresql://db/b?password=***&port=1"},
    {"postgresql://db/b?port=1&%70assword=secret", "host=db|dbname=b|port=1|password=secret",
     "postgresql://db/b?port=1&%70assword=***"},
    {"postgresql://a:s1@db/b?sslpassword=s2&sslkey=k", "user=a|password=s1|host=db|dbname=b|sslpassword=s2|sslkey=k",
     "postgresql://a:***@db/b?sslpassword=***&sslkey=k"},
    {"postgresql://db?Password=s1&ssl_passwd=s2&scram_client_key=s3&passfile=f",
     "host=db|Password=s1|ssl_passwd=s2|scram_client_key=s3|passfile=f",
     "postgresql://db?Password=***&ssl_passwd=***&scram_client_key=***&passfile=f"},
    {"postgresql://db/my%20blog", "host=db|dbname=my blog", NULL},
    {"postgresql://db/a/b", "host=db|dbname=a/b", NULL},
    {"postgresql://db/%3Fpassword=b", "host=db|dbname=dbname='?password=b'", NULL},
    {"postgresql://db/a%3D%27b%5C", "host=db|dbname=dbname='a=\\'b\\\\'", NULL}, /* else libpq would take it apart */
    {"postgresql://db/?dbname=host%3Devil", "host=db|dbname=dbname='host=evil'", NULL},
    {"postgresql://db/first?port=1&dbname=a%3Db&user=u", "host=db|port=1|dbname=dbname='a=b'|user=u", NULL},
    {"postgresql://db/postgres://evil", "host=db|dbname=dbname='postgres://evil'", NULL},
};

START_TEST(a_postgresql_url_becomes_keywords_of_libpq)
{
    must_parse(servers[_i].url);
    ck_assert_int_eq(url.address.dialect, ORM_POSTGRESQL);
    ck_assert(!url.address.memory);
    ck_assert_str_eq(parts(), servers[_i].parts);
    ck_assert_str_eq(url.shown, servers[_i].shown ? servers[_i].shown : servers[_i].url);
}
END_TEST

static const struct {
    const char *url, *message; /* a part of it */
} bad[] = {
    {NULL, "no database URL"},
    {"", "must begin with sqlite:// or postgresql://"},
    {"blog.db", "must begin with sqlite:// or postgresql://"},
    {"sqlite:blog.db", "must begin with sqlite:// or postgresql://"},
    {"://secret", "must begin with sqlite:// or postgresql://"},
    {"postgres:/ada:secret@db/blog", "must begin with sqlite:// or postgresql://"},
    {"host=db password=secret", "must begin with sqlite:// or postgresql://"},
    {"password=secret://db", "must begin with sqlite:// or postgresql://"},
    {"mysql://ada:secret@db/blog", "unknown database 'mysql' in the URL: known are sqlite and postgresql"},
    {"postgressql://ada:secret@db", "did you mean 'postgresql'?"},
    {"postgre://ada:secret@db", "did you mean 'postgres'?"},
    {"sqllite:///blog.db", "did you mean 'sqlite'?"},
    {"sqlite3:///blog.db", "did you mean 'sqlite'?"},
    {"PostgreSQL+driver://db", "unknown database 'PostgreSQL' in the URL"},
    {"PostgreSQL://db", "did you mean 'postgresql'?"},
    {"sqlite://blog.db", "three slashes before a relative path"},
    {"sqlite://ada:secret@db/blog", "three slashes before a relative path"},
    {"sqlite:///blog.db?mode=ro", "no option 'mode'"},
    {"sqlite://?key=secret", "no option 'key'"},
    {"sqlite:///blog.db?flag", "no option 'flag'"},
    {"sqlite:///bl%zzog.db", "'%'"},
    {"sqlite:///blog%00.db", "'%'"},
    {"sqlite:///blog.db%", "'%'"},
    {"sqlite:///blog.db%4", "'%'"},
    {"postgresql://a%zz:secret@db", "'%'"},
    {"postgresql://ada:secret%00@db", "'%'"},
    {"postgresql://ada:secret%@db", "'%'"},
    {"postgresql://ada:secret@d%0gb", "'%'"},
    {"postgresql://ada:secret@db/%", "'%'"},
    {"postgresql://db/?a%=secret", "'%'"},
    {"postgresql://db/?password=secret%G0", "'%'"},
    {"postgresql://ada:secret@db:many/blog", "port"},
    {"postgresql://ada:secret/blog", "port"}, /* the host is missing */
    {"postgresql://ada:secret@db:0", "port"},
    {"postgresql://ada:secret@db:65536", "port"},
    {"postgresql://ada:secret@a:1,b:-2", "port"},
    {"postgresql://ada:secret@db:99999999999999999999", "port"},
    {"postgresql://ada:secret@[::1", "brackets"},
    {"postgresql://ada:secret@[::1]5432", "brackets"},
    {"postgresql://[secret", "brackets"},
    {"postgresql://ada:x@secret/y@db/blog", "'@' behind its host"},
    {"postgresql://ada:x@secret?y@db/blog?sslmode=disable", "an option whose name is none"},
    {"postgresql://db/blog?password=x&sec@ret=y", "an option whose name is none"},
    {"postgresql://db/blog?sslmode", "without a value"},
    {"postgresql://db/blog?=secret", "without a value"},
    {"postgresql://ada:1?secret", "without a value"},
    {"postgresql://db/blog?host=a&host=b", "option 'host' twice"},
    {"postgresql://db/blog?dbname=a&dbname=b", "option 'dbname' twice"},
    {"postgresql://db/blog?password=secret&password=secret", "option 'password' twice"},
};

START_TEST(a_bad_url_is_refused_without_telling_the_password)
{
    ck_assert_int_eq(orm__url_parse(bad[_i].url, &arena, &url, &error), ORM_MISUSE);
    ck_assert_int_eq(error.status, ORM_MISUSE);
    ck_assert_msg(strstr(error.message, bad[_i].message), "%s: %s", bad[_i].url, error.message);
    ck_assert_msg(!strstr(error.message, "secret"), "%s: %s", bad[_i].url, error.message);
    ck_assert_int_eq(orm__url_parse(bad[_i].url, &arena, &url, NULL), ORM_MISUSE);
}
END_TEST

START_TEST(nothing_is_suggested_for_what_is_far_from_all)
{
    orm__url_parse("oracle://db", &arena, &url, &error);
    ck_assert_ptr_null(strstr(error.message, "did you mean"));
    orm__url_parse("a-scheme-much-longer-than-any-that-we-know-and-than-a-message-should-repeat://db", &arena, &url,
                   &error);
    ck_assert_ptr_null(strstr(error.message, "did you mean"));
}
END_TEST

START_TEST(more_options_than_a_url_may_have_are_refused)
{
    char text[2048] = "postgresql://db/?";
    for (int i = 0; i < 100; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "k%d=v&", i);
    ck_assert_int_eq(orm__url_parse(text, &arena, &url, &error), ORM_MISUSE);
    ck_assert_ptr_nonnull(strstr(error.message, "more than"));
}
END_TEST

/* Every beginning of a good URL is read or refused, never overrun. */
START_TEST(a_url_may_end_anywhere)
{
    static const char whole[] = "postgresql+x://a%40:s%41@h%2F:1,[::1]:2/d%20b?sslmode=%41&password=%42";
    for (size_t length = 0; length < sizeof whole; length++) {
        char *text = malloc(length + 1); /* so that a sanitizer sees its end */
        ck_assert_ptr_nonnull(text);
        memcpy(text, whole, length);
        text[length] = '\0';
        orm_status status = orm__url_parse(text, &arena, &url, &error);
        ck_assert(status == ORM_OK || status == ORM_MISUSE);
        free(text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("url");
    TCase *tests = tcase_create("url");
    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_loop_test(tests, an_sqlite_url_is_a_file_or_memory, 0, COUNT(files));
    tcase_add_test(tests, each_database_in_memory_has_a_name_of_its_own);
    tcase_add_loop_test(tests, a_postgresql_url_becomes_keywords_of_libpq, 0, COUNT(servers));
    tcase_add_loop_test(tests, a_bad_url_is_refused_without_telling_the_password, 0, COUNT(bad));
    tcase_add_test(tests, nothing_is_suggested_for_what_is_far_from_all);
    tcase_add_test(tests, more_options_than_a_url_may_have_are_refused);
    tcase_add_test(tests, a_url_may_end_anywhere);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
