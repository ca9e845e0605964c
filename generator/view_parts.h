/* view_parts.h -- what the files of the view share: who stands in which file, and ways to set texts. Not for others.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_VIEW_PARTS_H
#define ORMC_VIEW_PARTS_H

#include "base/text.h"
#include "ddl.h"
#include "table.h"
#include "view.h"

enum { ORMC_DIALECTS = 2 };

typedef struct view_model {
    const ormc_model *model;
    size_t index;                  /* in the schema, which has no abstract ones */
    const char *type;              /* "blog_author" */
    bool shared;                   /* another file's descriptors refer to its */
    const ormc_file *mentioned_in; /* the last file found to refer to it from outside */
    const ormc_ddl_table *ddl[ORMC_DIALECTS];
} view_model;

typedef struct view_enum {
    const ormc_enum *enumeration;
    size_t index;
    const char *type;         /* "blog_post_status" */
    size_t header_count;      /* files that declare it */
    bool used_here;           /* by columns of its own file */
    const ormc_file *used_in; /* the last file, not its own, found to use it */
} view_enum;

typedef struct view_list {
    void **items;
    size_t count;
} view_list;

typedef struct view_file {
    view_list models;  /* of view_model: its own */
    view_list others;  /* of view_model: those of other files that they refer to */
    view_list enums;   /* of view_enum: what its header declares */
    view_list queries; /* of ormc_query */
} view_file;

struct ormc_view {
    orm__arena *arena;
    const ormc_package *package;
    const ormc_file *main; /* whose pair holds the package's own functions */
    view_model *models;
    size_t model_count;
    view_enum *enums;
    view_file *files;
    ormc_table models_by_name, enums_by_name;
    ormc_ddl ddl[ORMC_DIALECTS];
    bool failed;
};

view_model *view_model_of(const ormc_view *view, const ormc_model *model);
view_enum *view_enum_of(const ormc_view *view, const ormc_enum *enumeration);

/* Sets a member to formatted text. */
void view_set(ormc_view *view, ormc_data *object, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Sets a member to a C string constant, or to false when `text` is NULL. */
void view_set_literal(ormc_view *view, ormc_data *object, const char *key, const char *text);
/* Sets a member to what was written into `text`, or to false when that is nothing; releases `text`. */
void view_set_written(ormc_view *view, ormc_data *object, const char *key, orm__text *text);
/* Sets a member to a comment that stands `indent` deep, or to false when `doc` is NULL. */
void view_set_comment(ormc_view *view, ormc_data *object, const char *key, const char *doc, size_t indent);

/* "{&blog_post_model_columns[0], &blog_post_model_columns[2]}" */
void view_set_columns(ormc_view *view, ormc_data *object, const char *key, const ormc_column *const *columns,
                      size_t count);

/* "int64_t id", "const char *name" */
const char *view_declare(ormc_view *view, const char *type, const char *name);
/* The C type of a column's value, without its NULL: "int64_t", "blog_post_status". */
const char *view_value_type(ormc_view *view, const ormc_column *column);
/* The type of its member: that, or "orm_opt_int64", "blog_opt_post_status". */
const char *view_member_type(ormc_view *view, const ormc_column *column);
/* "orm_in_null_int64", "blog_in_null_post_status", for the part "in_null". */
const char *view_part(ormc_view *view, const ormc_column *column, const char *part);

/* An enum, as the header and source of `file` see it. */
ormc_data *view_make_enum(ormc_view *view, const view_enum *item, const ormc_file *file);
ormc_data *view_make_model(ormc_view *view, const view_model *item);
ormc_data *view_make_column(ormc_view *view, const ormc_column *column);
ormc_data *view_make_schema(ormc_view *view);
ormc_data *view_make_query(ormc_view *view, const ormc_query *query);

/* Sets a member to what view_schema.c tells of statements. */
void view_set_statements(ormc_view *view, ormc_data *object, const char *key, const ormc_statements *statements);
/* Sets `statements`: all of a table. */
void view_set_table_statements(ormc_view *view, ormc_data *object, const view_model *item);
/* Whether a statement in that file's source is longer than C promises to take. */
bool view_has_long_statements(const ormc_view *view, const ormc_file *file);

#endif
