#include "collectors/postgres/postgres_inventory.h"

#include "clients/postgres/pg_text.h"
#include "core/mem.h"
#include "core/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM_NAME, ITEM_VALUE, ITEM_SETTING, ITEM_COLUMNS };

/* The formatter cannot set SQL. */
// clang-format off

/* What stacktop's own connection sets (its time limits, the search path) is not the server's value.
 * current_setting returns the value with its unit. */
static const char settings_sql[] =
  "SELECT 'setting ' || s.name AS name, CASE WHEN s.source IN ('session', 'client')"
  "   THEN s.reset_val || coalesce(' ' || s.unit, '') ELSE current_setting(s.name, true) END"
  " || CASE WHEN s.pending_restart THEN ' (until a restart)' ELSE '' END AS value,"
  " s.name AS setting"
  " FROM pg_settings s WHERE s.name !~ '^transaction_' AND s.name NOT IN"
  "   ('application_name', 'is_superuser', 'role', 'session_authorization', 'seed')";

static const char role_settings_sql[] =
  "SELECT 'setting ' || v.name"
  " || CASE d.setrole WHEN 0 THEN '' ELSE ' of role ' || coalesce(r.rolname, d.setrole::text) END"
  " || CASE d.setdatabase WHEN 0 THEN ''"
  "   ELSE ' in database ' || coalesce(b.datname, d.setdatabase::text) END AS name,"
  " substr(c.line, length(v.name) + 2) AS value, v.name AS setting"
  " FROM pg_db_role_setting d CROSS JOIN LATERAL unnest(d.setconfig) c (line)"
  " CROSS JOIN LATERAL (SELECT split_part(c.line, '=', 1) AS name) v"
  " LEFT JOIN pg_roles r ON r.oid = d.setrole LEFT JOIN pg_database b ON b.oid = d.setdatabase";

static const char roles_sql[] =
  "SELECT 'role ' || r.rolname AS name, concat_ws(E'\\n',"
  "   CASE WHEN r.rolsuper THEN 'superuser' END, CASE WHEN r.rolcanlogin THEN 'login' END,"
  "   CASE WHEN r.rolcreatedb THEN 'createdb' END, CASE WHEN r.rolcreaterole THEN 'createrole' END,"
  "   CASE WHEN r.rolreplication THEN 'replication' END,"
  "   CASE WHEN r.rolbypassrls THEN 'bypassrls' END, CASE WHEN NOT r.rolinherit THEN 'noinherit' END,"
  "   CASE WHEN r.rolconnlimit >= 0 THEN 'connections ' || r.rolconnlimit END,"
  "   CASE WHEN r.rolvaliduntil IS NOT NULL THEN 'valid until ' || r.rolvaliduntil END,"
  "   (SELECT string_agg(DISTINCT g.rolname || ' (membership)', E'\\n') FROM pg_auth_members m"
  "     JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid)) AS value, NULL AS setting"
  " FROM pg_roles r";

/* The attributes of an index are its columns, too. */
static const char relations_sql[] =
  "SELECT CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view '"
  "   WHEN 'f' THEN 'foreign table ' WHEN 'i' THEN 'index ' WHEN 'I' THEN 'index '"
  "   WHEN 'S' THEN 'sequence ' ELSE 'table ' END || n.nspname || '.' || c.relname AS name,"
  " concat_ws(E'\\n', (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod)"
  "     || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END, E'\\n' ORDER BY a.attnum)"
  "   FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
  "     AND c.relkind <> 'S'),"
  "   (SELECT 'invalid' FROM pg_index x WHERE x.indexrelid = c.oid AND NOT x.indisvalid)) AS value,"
  " NULL AS setting";
#define OF_RELATIONS \
  " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace" \
  " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'i', 'I') AND c.relpersistence <> 't'" \
  " AND NOT (c.relkind = 'i' AND c.relispartition)" \
  " AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
// clang-format on

static const struct inventory_kind {
  const char *id, *what; /* for a note */
  unsigned flags;
  const char *sql, *from;
} kinds[POSTGRES_INVENTORY_COUNT] = {
    /* Which settings there are depends on rights and on libraries. */
    [POSTGRES_OF_SETTINGS] = {"settings", "settings", 0, settings_sql, ""},
    [POSTGRES_OF_ROLE_SETTINGS] = {"role settings", "settings of roles", INVENTORY_COMES_AND_GOES,
                                   role_settings_sql, ""},
    [POSTGRES_OF_ROLES] = {"roles", "roles", INVENTORY_COMES_AND_GOES | INVENTORY_LISTS, roles_sql,
                           ""},
    [POSTGRES_OF_RELATIONS] = {"relations", "tables and indexes",
                               INVENTORY_COMES_AND_GOES | INVENTORY_LISTS, relations_sql,
                               OF_RELATIONS},
};

/* "COUNT:HASH", the sum of the hashes of the items: in any order, and without memory for them. */
static char *hash_of(const struct inventory_kind *kind) {
  return mem_printf("(SELECT count(*) || ':' || coalesce(sum(hashtext(x.name || '=' ||"
                    " coalesce(x.value, ''))::bigint), 0) FROM (%s%s) x)",
                    kind->sql, kind->from);
}

char *postgres_hashes_query(const struct postgres_timeouts *timeouts) {
  char *hashes[POSTGRES_INVENTORY_COUNT];
  for (size_t i = 0; i < POSTGRES_INVENTORY_COUNT; i++)
    hashes[i] = hash_of(&kinds[i]);
  char *query =
      mem_printf("SELECT %s, %s, %s, CASE WHEN (SELECT count(*)" OF_RELATIONS ") <= %d THEN %s END",
                 hashes[0], hashes[1], hashes[2], POSTGRES_ITEMS_MAX, hashes[3]);
  char *message = postgres_message(timeouts, query);
  for (size_t i = 0; i < POSTGRES_INVENTORY_COUNT; i++)
    free(hashes[i]);
  free(query);
  return message;
}

char *postgres_inventory_query(const struct postgres_timeouts *timeouts, size_t kind) {
  char *query = mem_printf(
      "SELECT name, value, setting FROM (SELECT x.*, sum(length(x.name) +"
      " coalesce(length(x.value), 0) + 16) OVER () AS total FROM (%s%s) x) y WHERE total <= %d"
      " ORDER BY name LIMIT %d",
      kinds[kind].sql, kinds[kind].from, POSTGRES_ITEMS_BYTES, POSTGRES_ITEMS_MAX + 1);
  char *message = postgres_message(timeouts, query);
  free(query);
  return message;
}

/* ---- the answers */

void postgres_inventories_fini(struct postgres_inventories *inventories) {
  arena_fini(&inventories->arena);
}

void postgres_inventories_reset(struct postgres_inventories *inventories) {
  postgres_inventories_fini(inventories);
  *inventories = (struct postgres_inventories){.asked_ms = 0};
}

void postgres_inventories_begin(struct postgres_inventories *inventories, int64_t now_ms) {
  arena_fini(&inventories->arena);
  arena_init(&inventories->arena, PG_BYTES_MAX);
  memset(inventories->items, 0, sizeof inventories->items);
  inventories->asked_ms = now_ms;
}

void postgres_hashes_read(struct postgres_inventories *inventories, const struct pg_rows *rows,
                          const struct err *err) {
  inventories->err = err ? *err : (struct err){0};
  if (!err && (rows->rows != 1 || rows->columns != POSTGRES_INVENTORY_COUNT))
    err_set(&inventories->err, ERR_PROTOCOL, "unexpected answer");
  if (inventories->err.kind != ERR_NONE)
    return;
  for (size_t i = 0; i < POSTGRES_INVENTORY_COUNT; i++) {
    const char *hash = pg_cell(rows, 0, i);
    snprintf(inventories->now[i], sizeof inventories->now[i], "%s", hash ? hash : "");
    inventories->items[i].due =
        *inventories->now[i] && strcmp(inventories->now[i], inventories->known[i]) != 0;
  }
}

size_t postgres_inventory_due(const struct postgres_inventories *inventories) {
  size_t kind = 0;
  while (kind < POSTGRES_INVENTORY_COUNT && !inventories->items[kind].due)
    kind++;
  return kind;
}

/* Too many items, or (no row, but the hash counts some) too many bytes. */
static bool is_too_large(const struct postgres_inventories *inventories, size_t kind,
                         const struct pg_rows *rows) {
  return rows->rows > POSTGRES_ITEMS_MAX || (rows->rows == 0 && *inventories->now[kind] != '0');
}

void postgres_inventory_read(struct postgres_inventories *inventories, size_t kind,
                             const struct pg_rows *rows, const struct err *err) {
  struct postgres_inventory *item = &inventories->items[kind];
  item->due = false;
  if (err || rows->columns != ITEM_COLUMNS) {
    inventories->err = err ? *err : (struct err){.kind = ERR_PROTOCOL, .text = "unexpected answer"};
    return; /* its hash stays unknown: asked again */
  }
  if (is_too_large(inventories, kind, rows))
    *inventories->now[kind] = '\0';
  else
    item->read = pg_rows_copy(&inventories->arena, rows, &item->rows);
  if (item->read)
    memcpy(inventories->known[kind], inventories->now[kind], sizeof inventories->known[kind]);
}

/* ---- the sample */

/* Commands of the archive and connection strings have room for a password. */
static bool setting_is_secret(const char *name) {
  const size_t length = strlen(name);
  static const char command[] = "_command";
  return name_is_secret(name) || strstr(name, "conninfo") ||
         (length > sizeof command && strcmp(name + length - (sizeof command - 1), command) == 0);
}

static void item_fill(struct sample *sample, struct inventory *inventory,
                      const char *const *cells) {
  const char *raw = cells[ITEM_VALUE] ? cells[ITEM_VALUE] : "";
  const char *setting = cells[ITEM_SETTING];
  char name[512];
  const size_t size = SAMPLE_TEXT_MAX;
  char *value = mem_new(size);
  pg_name_utf8(cells[ITEM_NAME] ? cells[ITEM_NAME] : "", NULL, name, sizeof name);
  pg_name_utf8(raw, NULL, value, size);
  sample_item(sample, inventory, name, value, setting && setting_is_secret(setting));
  free(value);
}

static void inventory_fill(struct sample *sample, const struct inventory_kind *kind,
                           const struct pg_rows *rows) {
  struct inventory *inventory = sample_inventory(sample, kind->id, kind->flags, rows->rows);
  for (size_t i = 0; inventory && i < rows->rows; i++)
    item_fill(sample, inventory, &rows->cells[i * rows->columns]);
}

void postgres_inventories_fill(struct postgres_inventories *inventories, struct sample *sample) {
  for (size_t i = 0; i < POSTGRES_INVENTORY_COUNT; i++) {
    if (inventories->items[i].read)
      inventory_fill(sample, &kinds[i], &inventories->items[i].rows);
    if (inventories->asked_ms && inventories->err.kind == ERR_NONE && !*inventories->now[i])
      sample_note(sample, NULL, NULL, "changes of %s are not watched: more than %d", kinds[i].what,
                  POSTGRES_ITEMS_MAX);
  }
  if (inventories->err.kind != ERR_NONE)
    sample_note(sample, NULL, NULL, "cannot watch for changes: %s", inventories->err.text);
  memset(inventories->items, 0, sizeof inventories->items);
  arena_fini(&inventories->arena);
}
