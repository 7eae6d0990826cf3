/* ROLLBACK PREPARED and COMMIT PREPARED: transactions of two phases that their coordinator has
 * forgotten. They hold locks and rows until a person decides. */
#include "actions/postgres/postgres_each.h"

#include "actions/postgres/postgres_sql.h"

#include <string.h>

static const struct column_spec prepared_columns[] = {
    {.id = "name", .title = "TRANSACTION", .flags = COLUMN_FLEX, .width = 20},
    {.id = "age", .title = "AGE", .unit = UNIT_SECONDS},
    {.id = "locks", .title = "LOCKS", .unit = UNIT_COUNT},
    {.id = "waiting", .title = "WAITING", .unit = UNIT_COUNT, .priority = 1},
    {.id = "owner", .title = "OWNER"},
    {.id = "problem", .title = "PROBLEM", .priority = 3},
    {.id = "oid", .title = "XID", .flags = COLUMN_DETAIL},
    {.id = "prepared", .title = "PREPARED", .flags = COLUMN_DETAIL},
    {.id = "statement", .title = "STATEMENT", .flags = COLUMN_DETAIL},
};
static const struct table_spec prepared_table =
    POSTGRES_TABLE_SPEC("prepared", "Prepared transactions", prepared_columns);

/* Only a session of the same database may end them. Their locks have no pid, and the virtual
 * transaction of the one that locks its own number. */
#define LOCKS_OF_IT                                                                  \
  " FROM pg_locks h WHERE h.granted AND h.pid IS NULL AND h.virtualtransaction IN"   \
  " (SELECT x.virtualtransaction FROM pg_locks x WHERE x.locktype = 'transactionid'" \
  "   AND x.pid IS NULL AND x.transactionid = p.transaction)"
#define PREPARED_SQL(verb)                                                                      \
  "SELECT p.gid, extract(epoch FROM clock_timestamp() - p.prepared),"                           \
  " (SELECT count(*)" LOCKS_OF_IT "),"                                                          \
  " (SELECT count(DISTINCT w.pid) FROM pg_locks w WHERE NOT w.granted AND EXISTS "              \
  "(SELECT" LOCKS_OF_IT                                                                         \
  " AND h.locktype = w.locktype AND h.database IS NOT DISTINCT FROM w.database"                 \
  " AND h.relation IS NOT DISTINCT FROM w.relation"                                             \
  " AND h.transactionid IS NOT DISTINCT FROM w.transactionid)),"                                \
  " p.owner::text,"                                                                             \
  " CASE WHEN p.owner <> current_user"                                                          \
  "   AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"                     \
  "   THEN 'needs to be ' || p.owner || ' or a superuser' END,"                                 \
  " p.transaction::text, " POSTGRES_MOMENT(                                                     \
      "p.prepared") ", format('" verb " %L', p.gid)"                                            \
                    " FROM pg_prepared_xacts p WHERE p.database = current_database() ORDER BY " \
                    "p.prepared, 1"                                                             \
                    " LIMIT 1001"

static const struct postgres_column columns[] = {
    {"AGE", "age"}, {"LOCKS", "locks"}, {"WAITING", "waiting"}, {"OWNER", "owner"}, {0}};
static const char *const identities[] = {"name", "oid", "prepared", "statement", NULL};

/* An identifier may be used again as soon as it is free; not within the transaction's number. */
#define THE_TRANSACTION(verb)                                                  \
  " FROM pg_prepared_xacts p WHERE p.gid = $1::text"                           \
  " AND p.transaction::text = $2::text"                                        \
  " AND " POSTGRES_MOMENT("p.prepared") " = $3::text"                          \
                                        " AND p.database = current_database()" \
                                        " AND $4::text = format('" verb " %L', p.gid)"

static void say(const struct action_request *request, struct plan *plan,
                const struct row *const *rows, size_t count, bool commit) {
  const struct table *table = &request->found->tables[0];
  int64_t locks = 0, waiting = 0;
  for (size_t i = 0; i < count; i++) {
    locks += postgres_found_int(table, rows[i], "locks");
    waiting += postgres_found_int(table, rows[i], "waiting");
  }
  plan_say(plan, PLAN_BLAST, "releases %s, for which %s",
           postgres_counted(plan, locks, "lock", "locks"),
           waiting == 0
               ? "no session waits"
               : plan_printf(plan, "%s",
                             postgres_counted(plan, waiting, "session waits", "sessions wait")));
  plan_say(plan, PLAN_BLAST, "vacuum may remove the rows that %s for %s",
           count == 1 ? "it has kept" : "they have kept", count == 1 ? "it" : "them");
  plan_say(plan, PLAN_WARNING,
           "ask the coordinator (the application server) first: its other databases may have "
           "already decided to %s, and then the data differ",
           commit ? "roll back" : "commit");
  plan_say(plan, PLAN_LOSS, "%s",
           commit ? "the choice to roll back: its changes become visible"
                  : "all changes of the transaction");
  plan_say(plan, PLAN_PRECONDITION,
           "it is still the same (identifier, transaction number and time), checked just before, "
           "in the same session");
}

static void say_rollback(const struct action_request *request, struct plan *plan,
                         const struct row *const *rows, size_t count) {
  say(request, plan, rows, count, false);
}

static void say_commit(const struct action_request *request, struct plan *plan,
                       const struct row *const *rows, size_t count) {
  say(request, plan, rows, count, true);
}

static const char *command(struct plan *plan, const struct plan_object *object) {
  return plan_printf(plan, "%s;", object->identities[3]);
}

#define PREPARED(verb, heading, participle, sayer)                                            \
  {                                                                                           \
    .table = &prepared_table, .sql = PREPARED_SQL(verb),                                      \
    .empty = "this database has no prepared transactions",                                    \
    .plan = {columns, identities, POSTGRES_OF_RUN}, .title = (heading),                       \
    .one = "prepared transaction", .many = "prepared transactions", .checked = identities,    \
    .check = "SELECT NULL::text" THE_TRANSACTION(verb),                                       \
    .prove = "SELECT count(*) = 0" THE_TRANSACTION(verb), .say = (sayer), .command = command, \
    .done = (participle),                                                                     \
  }
static const struct postgres_each rollback =
    PREPARED("ROLLBACK PREPARED", "Roll back", "rolled back", say_rollback);
static const struct postgres_each commit =
    PREPARED("COMMIT PREPARED", "Commit", "committed", say_commit);

POSTGRES_EACH_STEPS(rollback)
POSTGRES_EACH_STEPS(commit)

const struct action action_postgres_rollback_prepared = {
    .spec = {.id = "postgres.rollback-prepared",
             .kind = "postgres",
             .title = "roll back prepared transactions",
             .past = "rolled back",
             .what = "rolls back transactions that were prepared for a two-phase commit and never "
                     "ended",
             .runs = "ROLLBACK PREPARED 'identifier'",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY},
    POSTGRES_EACH(rollback),
};
const struct action action_postgres_commit_prepared = {
    .spec = {.id = "postgres.commit-prepared",
             .kind = "postgres",
             .title = "commit prepared transactions",
             .past = "committed",
             .what = "commits transactions that were prepared for a two-phase commit and never "
                     "ended",
             .runs = "COMMIT PREPARED 'identifier'",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY},
    POSTGRES_EACH(commit),
};
