/* sql/comment.c -- the comment behind statements that says for whom they run, as sqlcommenter writes it.
 *
 * All but letters, digits and - _ . ~ is written as %XX, so that nothing in a tag can end the comment or be anything
 * but text.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "sql/connection.h"

#include <string.h>

static const char *next_name(const char *const *const *lists, const char *last, const char **value);
static void encode(orm__text *text, const char *tag);

orm_status orm__connection_tag(orm_connection *connection, const char *const *tags)
{
    static const char *const none[] = {NULL};
    const char *const *engine = connection->observation.options->tags;
    const char *const *const lists[] = {engine ? engine : none, tags ? tags : none};
    orm__text *comment = &connection->comment;
    orm__text_clear(comment);
    connection->comment_hash = 0;
    const char *value, *name = NULL;
    while ((name = next_name(lists, name, &value)) != NULL) {
        orm__text_string(comment, comment->length ? "," : " /*");
        encode(comment, name);
        orm__text_string(comment, "='");
        encode(comment, value);
        orm__text_char(comment, '\'');
    }
    if (comment->length)
        orm__text_string(comment, "*/");
    if (comment->failed) {
        orm__text_release(comment);
        return orm__error_no_memory(&connection->error);
    }
    for (size_t i = 0; i < comment->length; i++)
        connection->comment_hash = (connection->comment_hash ^ (unsigned char)comment->data[i]) *
                                   UINT64_C(0x100000001b3);
    return ORM_OK;
}

/* The least name above the last one, as sqlcommenter orders them; the later list has the last word on its value. */
static const char *next_name(const char *const *const *lists, const char *last, const char **value)
{
    const char *least = NULL;
    for (size_t i = 0; i < 2; i++)
        for (const char *const *tag = lists[i]; tag[0] && tag[1]; tag += 2) {
            if ((last && strcmp(tag[0], last) <= 0) || (least && strcmp(tag[0], least) > 0))
                continue;
            least = tag[0];
            *value = tag[1];
        }
    return least;
}

static void encode(orm__text *text, const char *tag)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~",
                      hex[] = "0123456789ABCDEF";
    for (; *tag; tag++) {
        if (strchr(plain, *tag)) {
            orm__text_char(text, *tag);
            continue;
        }
        unsigned char c = (unsigned char)*tag;
        orm__text_char(text, '%');
        orm__text_char(text, hex[c >> 4]);
        orm__text_char(text, hex[c & 15]);
    }
}
