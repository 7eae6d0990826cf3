/* Drops replication slots that no session uses: the WAL that they retain fills the disk, and the
 * rows that they protect cannot be vacuumed. */
#include "actions/postgres/postgres_each.h"

#include <string.h>

/* There is no oid. A slot with the same name that was created again, or used in the meantime, has
 * another position; but a physical one that is created again begins at the last checkpoint, as the
 * one before may have done. From 17 on it has another inactive_since. */
#define POSITION                                                                                  \
  "coalesce(s.restart_lsn::text, 'none') || ' ' || coalesce(s.confirmed_flush_lsn::text, 'none')" \
  " || coalesce(' ' || extract(epoch FROM (to_jsonb(s)->>'inactive_since')::timestamptz)::text, " \
  "'')"

static const struct column_spec slot_columns[] = {
    {.id = "name", .title = "SLOT", .flags = COLUMN_FLEX, .width = 20},
    {.id = "retains", .title = "RETAINS WAL", .unit = UNIT_BYTES, .none = "none"},
    {.id = "type", .title = "TYPE"},
    {.id = "database", .title = "DATABASE", .priority = 2},
    {.id = "holds", .title = "HOLDS XMIN", .unit = UNIT_COUNT, .priority = 1, .none = "no"},
    {.id = "problem", .title = "PROBLEM", .priority = 3},
    {.id = "oid", .title = "PLUGIN", .flags = COLUMN_DETAIL},
    {.id = "position", .title = "POSITION", .flags = COLUMN_DETAIL},
};
static const struct table_spec slot_table =
    POSTGRES_TABLE_SPEC("slots", "Replication slots", slot_columns);

/* On a standby WAL is not written: its end is what was received or replayed. */
static const char slots_sql[] =
    "SELECT s.slot_name::text,"
    " CASE WHEN s.restart_lsn IS NOT NULL THEN pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery()"
    "   THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())"
    "   ELSE pg_current_wal_lsn() END, s.restart_lsn)::bigint END,"
    " s.slot_type, s.database::text, greatest(age(s.xmin), age(s.catalog_xmin)),"
    " CASE WHEN s.active THEN 'in use by pid ' || s.active_pid"
    "  WHEN NOT (SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user)"
    "  THEN 'needs a role with REPLICATION' END,"
    " coalesce(s.plugin::text, '-'), " POSITION
    " FROM pg_replication_slots s WHERE NOT s.temporary ORDER BY s.active, 2 DESC NULLS LAST, 1"
    " LIMIT 1001";

static const struct postgres_column columns[] = {
    {"RETAINS WAL", "retains"}, {"TYPE", "type"}, {"DATABASE", "database"}, {0}};
static const char *const identities[] = {"name", "type", "oid", "position", NULL};

static void say(const struct action_request *request, struct plan *plan,
                const struct row *const *rows, size_t count) {
  const struct table *table = &request->found->tables[0];
  int64_t bytes = 0;
  bool physical = false, logical = false;
  for (size_t i = 0; i < count; i++) {
    const int64_t retained = postgres_found_int(table, rows[i], "retains");
    bytes = retained > bytes ? retained : bytes; /* they retain the same WAL */
    const bool is_logical = strcmp(postgres_found_text(table, rows[i], "type"), "logical") == 0;
    logical = logical || is_logical;
    physical = physical || !is_logical;
  }
  plan_say(
      plan, PLAN_BLAST, "%s no longer %s WAL: %s at most can be removed by the next checkpoints",
      count == 1 ? "it" : "they", count == 1 ? "retains" : "retain", postgres_bytes(plan, bytes));
  plan_say(plan, PLAN_BLAST, "vacuum may remove the rows that %s for the slot's reader",
           count == 1 ? "it has kept" : "they have kept");
  if (physical)
    plan_say(plan, PLAN_WARNING,
             "a standby that comes back to a dropped physical slot cannot start streaming; if its "
             "WAL is gone, it must be built again from a base backup");
  if (logical)
    plan_say(plan, PLAN_WARNING,
             "the subscriber of a dropped logical slot loses its position: it must be synchronised "
             "again from the beginning");
  plan_say(plan, PLAN_LOSS, "the position in the WAL; a new slot of that name starts from now");
  plan_say(plan, PLAN_PRECONDITION,
           "it is still the same (name, type, plugin and position) and not in use (checked in the "
           "statement itself)%s",
           physical ? "; until PostgreSQL 16, a physical slot that was dropped and created again "
                      "within one checkpoint has the same position"
                    : "");
}

static const char *command(struct plan *plan, const struct plan_object *object) {
  /* slot names are lower-case letters, digits and underscores (ReplicationSlotValidateName) */
  return plan_printf(plan, "SELECT pg_drop_replication_slot('%s');", object->label);
}

#define THE_SLOT                                                             \
  " FROM pg_replication_slots s WHERE s.slot_name = $1::text"                \
  " AND s.slot_type = $2::text AND coalesce(s.plugin::text, '-') = $3::text" \
  " AND " POSITION " = $4::text"

static const struct postgres_each drop_slot = {
    .table = &slot_table,
    .sql = slots_sql,
    .empty = "the server has no replication slots",
    .plan = {columns, identities, POSTGRES_OF_RUN},
    .title = "Drop",
    .one = "replication slot",
    .many = "replication slots",
    .checked = identities,
    .check = "SELECT CASE WHEN s.active THEN 'in use by pid ' || s.active_pid END" THE_SLOT,
    .effect = "SELECT pg_drop_replication_slot(s.slot_name)" THE_SLOT " AND NOT s.active",
    .prove = "SELECT count(*) = 0" THE_SLOT,
    .say = say,
    .command = command,
    .done = "dropped",
};

POSTGRES_EACH_STEPS(drop_slot)

const struct action action_postgres_drop_slot = {
    .spec = {.id = "postgres.drop-slot",
             .kind = "postgres",
             .title = "drop replication slots",
             .past = "dropped",
             .what =
                 "drops replication slots that no session uses, so that the server can remove the "
                 "WAL that they retain",
             .runs = "SELECT pg_drop_replication_slot('slot')",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY},
    POSTGRES_EACH(drop_slot),
};
