/* template.c -- any text as a template with up to three partials, separated by lines of %%, rendered with data of every
 * kind.
 *
 * A set of parsed templates gives what a render alone gives.
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "template.h"

#include <string.h>

enum { TEMPLATES = 4, MOST_SIGNS = 10 };

typedef struct texts {
    const char *items[TEMPLATES];
    size_t count;
} texts;

static size_t count_signs(const uint8_t *data, size_t size);
static void split(texts *all, char *text);
static const ormc_data *make_data(orm__arena *arena);
static bool render(const texts *all, const ormc_data *data, ormc_template_set *set, bool strict, orm__text *out);
static const char *look_up(const char *name, void *user);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    texts all = {0};
    orm__arena arena = {0};
    if (count_signs(data, size) > MOST_SIGNS)
        return 0;
    split(&all, orm__arena_copy(&arena, data, size));
    const ormc_data *tree = make_data(&arena);
    ormc_template_set set = {0};
    orm__text alone = {0}, first = {0}, second = {0};
    bool done = render(&all, tree, NULL, false, &alone);
    EXPECT(render(&all, tree, &set, false, &first) == done && render(&all, tree, &set, false, &second) == done);
    if (done) {
        EXPECT(alone.length == first.length && (!first.length || memcmp(alone.data, first.data, first.length) == 0));
        EXPECT(alone.length == second.length &&
               (!second.length || memcmp(alone.data, second.data, second.length) == 0));
    }
    orm__text_clear(&first);
    EXPECT(!render(&all, tree, NULL, true, &first) || done);
    orm__text_release(&alone);
    orm__text_release(&first);
    orm__text_release(&second);
    ormc_template_set_release(&set);
    orm__arena_release(&arena);
    return 0;
}

/* Of what makes the output grow by a factor: sections and partials. Nested deep, a few bytes ask for terabytes,
 * rightly. */
static size_t count_signs(const uint8_t *data, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += data[i] == '#' || data[i] == '>';
    return count;
}

static void split(texts *all, char *text)
{
    static const char mark[] = "\n%%\n";
    while (text && all->count < TEMPLATES) {
        all->items[all->count++] = text;
        text = strstr(text, mark);
        if (text) {
            *text = '\0';
            text += strlen(mark);
        }
    }
}

static const ormc_data *make_data(orm__arena *arena)
{
    ormc_data *data = ormc_data_object(arena);
    ormc_data_set_text(data, "a", "text <&\"'> \xC3\xB6");
    ormc_data_set_text(data, "b", "");
    ormc_data_set_boolean(data, "t", true);
    ormc_data_set_boolean(data, "f", false);
    ormc_data_set(data, "n", ormc_data_null(arena));
    ormc_data_set_list(data, "e");
    ormc_data *list = ormc_data_set_list(data, "l");
    ormc_data *item = ormc_data_object(arena);
    ormc_data_set_text(item, "a", "two\nlines");
    ormc_data_append(list, item);
    ormc_data_append(list, ormc_data_text(arena, "word"));
    ormc_data *object = ormc_data_set_object(data, "o");
    ormc_data_set_text(ormc_data_set_object(object, "o"), "a", "deep");
    return data;
}

static bool render(const texts *all, const ormc_data *data, ormc_template_set *set, bool strict, orm__text *out)
{
    texts copy = *all;
    const ormc_template_options options = {.lookup = look_up, .user = &copy, .set = set, .strict = strict};
    ormc_template_error error = {.line = 0};
    bool done = ormc_template_render(&options, "0", data, out, &error);
    EXPECT(done || *error.message);
    return done;
}

/* Partials are called 1, 2 and 3. */
static const char *look_up(const char *name, void *user)
{
    const texts *all = user;
    size_t at = name[0] >= '0' && name[0] <= '3' && !name[1] ? (size_t)(name[0] - '0') : TEMPLATES;
    return at < all->count ? all->items[at] : NULL;
}
