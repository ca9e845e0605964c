/* migrate_revision.c -- a revision: made from two schemas, and written as the text that migration/revision.h describes.
 * SPDX-License-Identifier: MIT */
#include "migrate.h"

#include "literal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool plan_both(const ormc_snapshot *from, const ormc_snapshot *to, orm__arena *arena, ormc_plan *up,
                      ormc_plan *down);
static void write_found(const ormc_plan *plan, orm__text *out);
static void write_plan(const ormc_plan *plan, const char *section, orm__text *out);
static void write_step(const ormc_step *step, orm__text *out);

bool ormc_revision_make(const ormc_snapshot from[2], const ormc_snapshot to[2], orm__arena *arena,
                        ormc_revision *revision)
{
    *revision = (ormc_revision){.different = false};
    for (size_t i = 0; i < 2; i++) {
        if (!plan_both(&from[i], &to[i], arena, &revision->up[i], &revision->down[i]))
            return false;
        revision->different |= !ormc_record_equal(ORMC_RECORD_SNAPSHOT, &from[i], &to[i], NULL);
        for (size_t k = 0; k < revision->up[i].step_count; k++)
            revision->destructive |= revision->up[i].steps[k].destructive;
    }
    return true;
}

static bool plan_both(const ormc_snapshot *from, const ormc_snapshot *to, orm__arena *arena, ormc_plan *up,
                      ormc_plan *down)
{
    ormc_renames forth, back;
    return ormc_renames_find(from, to, arena, &forth) && ormc_renames_turn(&forth, arena, &back) &&
           ormc_plan_make(from, to, &forth, arena, up) && ormc_plan_make(to, from, &back, arena, down);
}

void ormc_revision_write(const ormc_revision *revision, const char *name, const char *parent, orm__text *out)
{
    static const char *const words[] = {[ORMC_POSTGRESQL] = "postgresql", [ORMC_SQLITE] = "sqlite"};
    orm__text_printf(out,
                     "-- Revision %s. It may be edited until another one follows it or a database has it; lines that\n"
                     "-- begin with --@ are read by ormc migrate.\n--@ parent %s\n--\n-- What was found:\n",
                     name, *parent ? parent : "none");
    write_found(&revision->up[ORMC_POSTGRESQL], out);
    for (size_t i = 0; i < 2; i++) {
        char section[32];
        snprintf(section, sizeof section, "%s up", words[i]);
        write_plan(&revision->up[i], section, out);
        snprintf(section, sizeof section, "%s down", words[i]);
        write_plan(&revision->down[i], section, out);
    }
}

static void write_found(const ormc_plan *plan, orm__text *out)
{
    for (size_t i = 0; i < plan->step_count; i++)
        orm__text_printf(out, "--   %s%s\n", plan->steps[i].title, plan->steps[i].destructive ? " (loses data)" : "");
    if (!plan->step_count)
        orm__text_string(out, "--   nothing\n");
}

static void write_plan(const ormc_plan *plan, const char *section, orm__text *out)
{
    orm__text_printf(out, "\n--@ on %s\n", section);
    for (size_t i = 0; i < plan->preflight_count; i++)
        orm__text_printf(out, "\n--@ preflight %s\n%s;\n", plan->preflights[i].refusal, plan->preflights[i].query);
    for (size_t i = 0; i < plan->step_count; i++)
        write_step(&plan->steps[i], out);
}

static void write_step(const ormc_step *step, orm__text *out)
{
    orm__text_printf(out, "\n--@ step %s\n%s%s", step->title, step->alone ? "--@ alone\n" : "",
                     step->destructive ? "--@ destructive\n" : "");
    if (step->rebuilds)
        orm__text_printf(out, "--@ rebuilds %s\n", step->rebuilds);
    if (step->lock)
        orm__text_printf(out, "-- lock: %s\n", step->lock);
    for (size_t i = 0; i < step->sql.count; i++)
        orm__text_printf(out, "%s;\n", step->sql.items[i]);
}

const char *ormc_revision_name(const ormc_chain *chain, const char *title, orm__arena *arena)
{
    unsigned number = 0;
    if (chain->count)
        sscanf(chain->revisions[chain->count - 1].name, "%u", &number);
    char *name = orm__arena_printf(arena, "%04u_%.80s", number + 1, title);
    for (char *c = name ? name + 5 : NULL; c && *c; c++)
        *c = isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '_';
    return name;
}

void ormc_chain_embed(const ormc_chain *chain, const char *package, bool allow_destructive, orm__text *out)
{
    orm__text_printf(out,
                     "/* The migrations of %s, written by ormc migrate embed. Not for editing. */\n"
                     "#include <orm.h>\n\n"
                     "extern const orm_migrations %s_migrations;\n"
                     "orm_status %s_migrate(orm_engine *engine, orm_error *error);\n\n",
                     package, package, package);
    for (size_t i = 0; i < chain->count; i++) {
        orm__text_printf(out, "static const char revision_%zu[] =", i + 1);
        for (const char *line = chain->revisions[i].text; *line;) {
            size_t length = strcspn(line, "\n");
            length += line[length] == '\n';
            orm__text_string(out, "\n    ");
            ormc_literal_c_string(out, line, length);
            line += length;
        }
        orm__text_string(out, ";\n\n");
    }
    orm__text_string(out, "static const orm_revision revisions[] = {\n");
    for (size_t i = 0; i < chain->count; i++) {
        orm__text_string(out, "    {");
        ormc_literal_c_string(out, chain->revisions[i].name, strlen(chain->revisions[i].name));
        orm__text_printf(out, ", revision_%zu},\n", i + 1);
    }
    orm__text_printf(out,
                     "    {0, 0},\n};\n\nconst orm_migrations %s_migrations = {\n    .package = \"%s\",\n"
                     "    .revisions = revisions,\n    .count = %zu,\n    .allow_destructive = %s,\n};\n\n"
                     "orm_status %s_migrate(orm_engine *engine, orm_error *error)\n{\n"
                     "    return orm_migrate(&%s_migrations, engine, 0, error);\n}\n",
                     package, package, chain->count, allow_destructive ? "true" : "false", package, package);
}
