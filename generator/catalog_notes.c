/* catalog_notes.c -- which schemas of PostgreSQL are read, and what there is in them that the schema language has no
 * words for.
 * SPDX-License-Identifier: MIT */
#include "catalog_postgresql.h"

#include <string.h>

void pg_choose_schemas(pg_reader *p)
{
    const ormc_catalog_choice *choice = p->r->choice;
    catalog_rows rows = catalog_query(p->r, "SELECT coalesce(current_schema(), 'public')::text", 1);
    orm__text text = {0};
    p->home = rows.count ? catalog_cell(&rows, 0, 0) : "public";
    if (choice->scratch)
        orm__text_printf(&text, "left(n.nspname, %zu) = '%s'", strlen(choice->scratch), choice->scratch);
    else
        orm__text_printf(&text,
                         "left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema' AND left(n.nspname, %zu) "
                         "<> '%s'",
                         strlen(ORMC_CATALOG_SCRATCH), ORMC_CATALOG_SCRATCH);
    for (size_t i = 0; i < choice->schema_count; i++) {
        orm__text_string(&text, i ? ", " : " AND n.nspname IN (");
        ormc_literal_sql_string(&text, choice->schemas[i]);
    }
    orm__text_string(&text, choice->schema_count ? ")" : "");
    p->schemas = catalog_printf(p->r, "%s", text.failed ? "" : text.data);
    p->r->failed |= text.failed;
    orm__text_release(&text);
}

catalog_rows pg_query(pg_reader *p, const char *sql, size_t width)
{
    /* The sql is a constant of this program, with one %s for the schemas. */
    const char *at = strstr(sql, "%s");
    orm__text text = {0};
    orm__text_bytes(&text, sql, (size_t)(at - sql));
    orm__text_string(&text, p->schemas);
    orm__text_string(&text, at + 2);
    p->r->failed |= text.failed;
    catalog_rows rows = catalog_query(p->r, text.failed ? "" : text.data, width);
    orm__text_release(&text);
    return rows;
}

const char *pg_schema(pg_reader *p, const char *name)
{
    const char *scratch = p->r->choice->scratch;
    if (!name || strcmp(name, p->home) == 0)
        return NULL;
    if (!scratch)
        return name;
    size_t length = strlen(scratch); /* "ormc_drift_sales" */
    return strncmp(name, scratch, length) == 0 ? name + length + 1 : name;
}

/* schema, table (NULL: none), what */
void pg_read_notes(pg_reader *p)
{
    static const char *const queries[] = {
        "SELECT n.nspname::text, c.relname::text, 'partitioned by ' || pg_get_partkeydef(c.oid) || ', into ' || "
        "coalesce((SELECT string_agg(i.inhrelid::regclass::text || ' ' || pg_get_expr(x.relpartbound, x.oid), ', ' "
        "ORDER BY i.inhrelid::regclass::text) FROM pg_inherits i JOIN pg_class x ON x.oid = i.inhrelid WHERE "
        "i.inhparent = c.oid), 'nothing') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE %s AND "
        "c.relkind = 'p' AND NOT c.relispartition ORDER BY 1, 2",
        "SELECT n.nspname::text, c.relname::text, 'inherits from ' || i.inhparent::regclass::text FROM pg_inherits i "
        "JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE %s AND c.relkind = "
        "'r' AND NOT c.relispartition ORDER BY 1, 2, i.inhseqno",
        "SELECT n.nspname::text, c.relname::text, 'an unlogged table' FROM pg_class c JOIN pg_namespace n ON n.oid = "
        "c.relnamespace WHERE %s AND c.relkind IN ('r', 'p') AND c.relpersistence = 'u' ORDER BY 1, 2",
        "SELECT n.nspname::text, c.relname::text, pg_get_triggerdef(t.oid, true) FROM pg_trigger t JOIN pg_class c ON "
        "c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE %s AND NOT t.tgisinternal "
        "ORDER BY 1, 2, t.tgname",
        "SELECT n.nspname::text, c.relname::text, pg_get_ruledef(w.oid, true) FROM pg_rewrite w JOIN pg_class c ON "
        "c.oid = w.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace WHERE %s AND w.rulename <> '_RETURN' "
        "ORDER BY 1, 2, w.rulename",
        "SELECT n.nspname::text, c.relname::text, 'row security is on' || CASE WHEN c.relforcerowsecurity THEN ', for "
        "its owner too' ELSE '' END FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE %s AND "
        "c.relrowsecurity ORDER BY 1, 2",
        "SELECT n.nspname::text, c.relname::text, 'policy ' || o.polname || coalesce(' USING (' || "
        "pg_get_expr(o.polqual, o.polrelid, true) || ')', '') || coalesce(' WITH CHECK (' || "
        "pg_get_expr(o.polwithcheck, o.polrelid, true) || ')', '') FROM pg_policy o JOIN pg_class c ON c.oid = "
        "o.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE %s ORDER BY 1, 2, o.polname",
        "SELECT n.nspname::text, c.relname::text, pg_get_statisticsobjdef(s.oid) FROM pg_statistic_ext s JOIN pg_class "
        "c ON c.oid = s.stxrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE %s ORDER BY 1, 2, s.stxname",
        "SELECT NULL::text, NULL::text, 'extension ' || e.extname FROM pg_extension e JOIN pg_namespace n ON n.oid = "
        "e.extnamespace WHERE (true OR %s) AND e.extname <> 'plpgsql' ORDER BY 3",
        "SELECT n.nspname::text, NULL::text, CASE c.relkind WHEN 'm' THEN 'materialized view ' WHEN 'f' THEN 'foreign "
        "table ' ELSE 'sequence ' END || c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = "
        "c.relnamespace WHERE %s AND (c.relkind IN ('m', 'f') OR (c.relkind = 'S' AND NOT EXISTS (SELECT FROM "
        "pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype IN ('a', 'i')))) AND NOT "
        "EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = "
        "'e') ORDER BY 3",
        "SELECT n.nspname::text, NULL::text, CASE t.typtype WHEN 'd' THEN 'domain ' || format_type(t.oid, NULL) || "
        "' AS ' || format_type(t.typbasetype, t.typtypmod) || coalesce((SELECT string_agg(' ' || "
        "pg_get_constraintdef(k.oid, true), '') FROM pg_constraint k WHERE k.contypid = t.oid), '') WHEN 'r' THEN "
        "'range type ' || format_type(t.oid, NULL) ELSE 'composite type ' || format_type(t.oid, NULL) END FROM "
        "pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE %s AND (t.typtype IN ('d', 'r') OR (t.typtype = "
        "'c' AND (SELECT relkind FROM pg_class WHERE oid = t.typrelid) = 'c')) AND NOT EXISTS (SELECT FROM pg_depend x "
        "WHERE x.classid = 'pg_type'::regclass AND x.objid = t.oid AND x.deptype = 'e') ORDER BY 3",
        "SELECT n.nspname::text, NULL::text, CASE f.prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' ELSE "
        "'function ' END || f.oid::regprocedure::text FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace "
        "WHERE %s AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = f.oid "
        "AND x.deptype IN ('e', 'i')) ORDER BY 3",
        "SELECT NULL::text, NULL::text, 'event trigger ' || e.evtname FROM pg_event_trigger e, pg_namespace n WHERE %s "
        "AND n.nspname = coalesce(current_schema(), 'public') ORDER BY 3",
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        catalog_rows rows = pg_query(p, queries[i], 3);
        for (size_t k = 0; k < rows.count && !p->r->failed; k++)
            catalog_note(p->r, pg_schema(p, catalog_cell(&rows, k, 0)), catalog_cell(&rows, k, 1), "%s",
                         catalog_cell(&rows, k, 2));
    }
}
