/* The page postgres.roles: who may log in, with which rights, for an access review. */
#include "collectors/postgres/pages/postgres_page.h"

#define COLUMN(name, ...) {__VA_ARGS__},
static const struct column_spec roles_columns[] = {
#include "postgres_roles.def"
};
#undef COLUMN
static const struct column_spec grants_columns[] = {
    {.id = "grant", .title = "GRANT", .help = "the right"},
    {.id = "on", .title = "ON", .priority = 1, .help = "the database or schema"},
    {.id = "why",
     .title = "WHAT IT ALLOWS",
     .flags = COLUMN_FLEX,
     .priority = 2,
     .help = "to every role, also to future ones"},
};

POSTGRES_PAGE_TABLE(roles, "login_roles", "Roles that may log in", 0);
POSTGRES_PAGE_TABLE(grants, "grants", "Granted to everyone (PUBLIC)", 0);
static const struct table_spec *const tables[] = {&roles, &grants};

/* The formatter cannot set SQL. */
// clang-format off

/* Every role may read all of it. Membership is followed whether or not it is inherited, because SET
 * ROLE needs no inheritance. pg_execute_server_program and the two of files give the operating
 * system's rights of the server, which are those of a superuser. */
static const char roles_sql[] =
  "WITH RECURSIVE m (member, roleid) AS (SELECT member, roleid FROM pg_auth_members"
  "  UNION SELECT m.member, a.roleid FROM m JOIN pg_auth_members a ON a.member = m.roleid)"
  " SELECT r.oid AS key, r.rolname AS role,"
  " nullif(concat_ws('; ',"
  "  CASE WHEN r.rolsuper AND s.sessions > 0 AND r.rolname <> 'postgres'"
  "   THEN 'superuser with sessions: does an application use it?'"
  "   WHEN r.rolsuper THEN 'superuser' END,"
  "  CASE WHEN NOT r.rolsuper AND g.server THEN 'as good as superuser: files or programs of the server' END,"
  "  CASE WHEN NOT r.rolsuper AND r.rolcreaterole THEN 'may create roles' END,"
  "  CASE WHEN NOT r.rolsuper AND r.rolbypassrls THEN 'sees all rows' END,"
  "  CASE WHEN r.rolvaliduntil < now() THEN 'expired: delete it?'"
  "   WHEN r.rolvaliduntil IS NULL OR r.rolvaliduntil = 'infinity' THEN 'password never expires' END), '') AS review,"
  " concat_ws(', ', CASE WHEN r.rolsuper THEN 'superuser' END, CASE WHEN r.rolcreaterole THEN 'createrole' END,"
  "  CASE WHEN r.rolcreatedb THEN 'createdb' END, CASE WHEN r.rolreplication THEN 'replication' END,"
  "  CASE WHEN r.rolbypassrls THEN 'bypassrls' END) AS rights,"
  " g.roles AS member,"
  " CASE WHEN r.rolvaliduntil IS NULL OR r.rolvaliduntil = 'infinity' THEN 'never'"
  "  ELSE to_char(r.rolvaliduntil, 'YYYY-MM-DD') END AS expires,"
  " s.sessions AS sessions,"
  " (SELECT count(*) FROM pg_database d WHERE d.datdba = r.oid)"
  "  + (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid AND c.oid >= 16384) AS owns,"
  " CASE r.rolconnlimit WHEN -1 THEN 'no limit' ELSE r.rolconnlimit::text END AS limit"
  " FROM pg_roles r"
  " CROSS JOIN LATERAL (SELECT count(*) AS sessions FROM pg_stat_activity a WHERE a.usesysid = r.oid"
  "  AND a.pid <> pg_backend_pid()) s"
  " CROSS JOIN LATERAL (SELECT string_agg(x.rolname, ', ') FILTER (WHERE x.n <= 8) AS roles,"
  "  coalesce(bool_or(x.rolname IN ('pg_execute_server_program', 'pg_read_server_files',"
  "   'pg_write_server_files') OR x.rolsuper), false) AS server FROM (SELECT o.rolname::text, o.rolsuper,"
  "   row_number() OVER (ORDER BY o.rolname) AS n FROM m JOIN pg_roles o ON o.oid = m.roleid"
  "   WHERE m.member = r.oid) x) g"
  " WHERE r.rolcanlogin ORDER BY r.rolsuper DESC, r.rolcreaterole DESC, r.rolname";

static const char grants_sql[] =
  "SELECT 'schema/' || n.oid AS key, a.privilege_type AS grant, 'schema ' || n.nspname AS on,"
  " 'create objects there: a function of the same name may be called instead of another one' AS why"
  " FROM pg_namespace n CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a"
  " WHERE a.grantee = 0 AND a.privilege_type = 'CREATE'"
  " UNION ALL SELECT 'database/' || d.oid, a.privilege_type, 'database ' || d.datname,"
  " CASE a.privilege_type WHEN 'CONNECT' THEN 'connect to it' ELSE 'create schemas in it' END"
  " FROM pg_database d CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
  " WHERE a.grantee = 0 AND a.privilege_type IN ('CONNECT', 'CREATE') AND NOT d.datistemplate"
  " ORDER BY 2 DESC, 3";
// clang-format on

static const struct postgres_page own = {
    .queries = (const struct postgres_page_query[]){
        {.table = "login_roles", .text = roles_sql, .limit = 1000},
        {.table = "grants", .text = grants_sql, .limit = 1000},
        {0}}};

const struct page page_postgres_roles = {
    .spec = {.id = "postgres.roles",
             .kind = "postgres",
             .title = "Roles",
             .question = "Who may log in, and with which rights?",
             .cost = "2 queries every 30s; the catalogue of roles",
             .interval_ms = 30000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables},
    .watch = &postgres_page_watch,
    .own = &own,
};
