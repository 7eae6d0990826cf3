/* The page postgres.settings: what differs from the defaults, what waits for a restart, what is set
 * for single roles and databases, and which lines of the files are wrong. */
#include "clients/postgres/postgres_contract.h"
#include "collectors/postgres/pages/postgres_page.h"
#include "core/mem.h"

#define COLUMN(name, ...) {__VA_ARGS__},
static const struct column_spec settings_columns[] = {
#include "postgres_settings.def"
};
#undef COLUMN
static const struct column_spec roles_columns[] = {
    {.id = "setting", .title = "SETTING", .help = "name"},
    {.id = "value", .title = "VALUE", .priority = 1, .help = "in the sessions of that role"},
    {.id = "role", .title = "ROLE", .priority = 2, .help = "all: of every role"},
    {.id = "database", .title = "DATABASE", .priority = 3, .help = "all: in every database"},
    {.id = "server",
     .title = "SERVER'S",
     .flags = COLUMN_FLEX,
     .priority = 4,
     .help = "the value of other sessions"},
};
enum { FILES_PLACE, FILES_ERROR = 3 };
static const struct column_spec files_columns[] = {
    {.id = "place", .title = "LINE", .help = "file and line"},
    {.id = "setting", .title = "SETTING", .priority = 1, .help = "name"},
    {.id = "value", .title = "VALUE", .priority = 2, .help = "as written"},
    {.id = "error", .title = "ERROR", .flags = COLUMN_FLEX, .help = "why the line has no effect"},
};

POSTGRES_PAGE_TABLE(settings, POSTGRES_SETTINGS_TABLE, "Settings that are not the default", 0);
POSTGRES_PAGE_TABLE(roles, "roles", "Settings of roles and databases", 0);
POSTGRES_PAGE_TABLE(files, "files", "Lines of the files that have no effect", 0);
static const struct table_spec *const tables[] = {&settings, &roles, &files};

/* The formatter cannot set SQL. */
// clang-format off

/* A number in the unit of pg_settings, as people write it; -1 and 0 have meanings of their own. */
#define WITH_UNIT(value) \
  "CASE WHEN s.unit IS NULL OR " value " !~ '^([1-9][0-9]*|[0-9]+[.][0-9]+)$' THEN " value \
  " WHEN s.unit ~ '^[0-9]*(kB|MB)$' AND " value " !~ '[.]' THEN pg_size_pretty(" value "::bigint" \
  "   * coalesce(nullif(substring(s.unit FROM '^[0-9]+'), ''), '1')::bigint" \
  "   * CASE WHEN s.unit LIKE '%MB' THEN 1048576 ELSE 1024 END)" \
  " ELSE " value " || ' ' || s.unit END"

/* What this connection has set itself, such as its time limits, is not the server's value: that is
 * the one that it would go back to, whose source is not reported. Its encoding is in the startup
 * packet. Its role's own settings are what the server would give it. */
static const char settings_sql[] =
  "SELECT s.name AS key, s.name AS setting, " WITH_UNIT("v.value") " AS value,"
  " CASE WHEN s.pending_restart THEN 'restart' END AS waits,"
  " " WITH_UNIT("s.boot_val") " AS default,"
  " CASE WHEN s.source = 'session' THEN 'file, role or database'"
  "   WHEN s.sourcefile IS NOT NULL"
  "   THEN regexp_replace(s.sourcefile, '^.*/', '') || ':' || s.sourceline"
  "   ELSE s.source END AS source,"
  " CASE s.context WHEN 'postmaster' THEN 'restart' WHEN 'sighup' THEN 'reload'"
  "   WHEN 'internal' THEN 'new cluster' WHEN 'backend' THEN 'new session'"
  "   WHEN 'superuser-backend' THEN 'new session' ELSE 'reload or SET' END AS needs,"
  " s.short_desc AS what"
  " FROM pg_settings s CROSS JOIN LATERAL (SELECT CASE WHEN s.source IN ('session', 'client')"
  "   THEN s.reset_val ELSE s.setting END AS value) v"
  " WHERE s.pending_restart OR (v.value IS DISTINCT FROM s.boot_val"
  "   AND s.source NOT IN ('default', 'override', 'client')"
  "   AND NOT (s.source = 'session' AND s.name = 'client_encoding'))"
  " ORDER BY s.pending_restart DESC, s.name";

/* A setting of a role in one database, then of the role, then of the database. */
static const char roles_sql[] =
  "SELECT d.setrole || '/' || d.setdatabase || '/' || v.name AS key, v.name AS setting,"
  " substr(c.line, length(v.name) + 2) AS value,"
  " CASE d.setrole WHEN 0 THEN 'all' ELSE coalesce(r.rolname, d.setrole::text) END AS role,"
  " CASE d.setdatabase WHEN 0 THEN 'all' ELSE coalesce(b.datname, d.setdatabase::text) END AS database,"
  " (SELECT CASE WHEN s.source IN ('session', 'client', 'user', 'database', 'database user')"
  "   THEN NULL ELSE " WITH_UNIT("s.setting") " END"
  "   FROM pg_settings s WHERE lower(s.name) = lower(v.name)) AS server"
  " FROM pg_db_role_setting d CROSS JOIN LATERAL unnest(d.setconfig) c (line)"
  " CROSS JOIN LATERAL (SELECT split_part(c.line, '=', 1) AS name) v"
  " LEFT JOIN pg_roles r ON r.oid = d.setrole LEFT JOIN pg_database b ON b.oid = d.setdatabase"
  " ORDER BY v.name, 4, 5";

static const char files_sql[] =
  "SELECT f.seqno AS key, regexp_replace(f.sourcefile, '^.*/', '') || ':' || f.sourceline AS place,"
  " f.name AS setting, f.setting AS value, f.error AS error"
  " FROM pg_file_settings f WHERE f.error IS NOT NULL ORDER BY f.seqno";
// clang-format on

struct memory {
  bool may_read_files;
};

static bool right_read(struct postgres_page_call *call, const struct pg_rows *rows,
                       struct err *err) {
  struct memory *memory = call->memory;
  const bool whole = rows->rows == 1 && rows->columns == 2;
  const char *may = whole ? pg_cell(rows, 0, 0) : NULL, *all = whole ? pg_cell(rows, 0, 1) : NULL;
  if (!may || !all)
    return err_set(err, ERR_PROTOCOL, "unexpected answer");
  if (*all != 't')
    sample_fault(call->sample, settings.id, SEVERITY_UNKNOWN,
                 "settings that only pg_read_all_settings may see are not listed: GRANT pg_monitor "
                 "TO %.64s shows them",
                 call->role);
  memory->may_read_files = *may == 't';
  struct row *row = memory->may_read_files
                        ? NULL
                        : sample_row(call->sample, sample_table(call->sample, files.id), "", NULL);
  if (row) { /* an empty table would look like good news */
    row->cells[FILES_PLACE] = value_none("needs a right");
    row->cells[FILES_ERROR] = value_text(
        "not known: needs a superuser, or GRANT SELECT ON pg_file_settings and GRANT EXECUTE ON "
        "FUNCTION pg_show_all_file_settings()");
  }
  return true;
}

static char *files_make(struct postgres_page_call *call, struct err *err) {
  const struct memory *memory = call->memory;
  (void)err;
  return memory->may_read_files ? mem_dup(files_sql) : NULL;
}

static const struct postgres_page_query queries[] = {
    {.table = POSTGRES_SETTINGS_TABLE, .text = settings_sql},
    {.table = "roles", .limit = 2000, .text = roles_sql},
    {.table = "files",
     .text = "SELECT has_table_privilege('pg_file_settings', 'SELECT')"
             " AND has_function_privilege('pg_show_all_file_settings()', 'EXECUTE'),"
             " pg_has_role('pg_read_all_settings', 'USAGE')",
     .read = right_read},
    {.table = "files", .limit = 500, .make = files_make},
    {0}};
static const struct postgres_page own = {.queries = queries, .memory = sizeof(struct memory)};

const struct page page_postgres_settings = {
    .spec = {.id = "postgres.settings",
             .kind = "postgres",
             .title = "Settings",
             .question = "Which differ from the default, which need a restart?",
             .cost = "4 queries every 30s; it reads the configuration files",
             .interval_ms = 30000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &postgres_page_watch,
    .own = &own,
};
