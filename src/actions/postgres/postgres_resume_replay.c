/* Resumes the replay of a standby that pg_wal_replay_pause() has paused: it receives WAL, and its
 * data stay as they were. */
#include "actions/postgres/postgres_each.h"

#include <string.h>

static const struct column_spec replay_columns[] = {
    {.id = "name", .title = "REPLAY", .width = 20},
    {.id = "behind", .title = "TO REPLAY", .unit = UNIT_BYTES, .none = "not known"},
    {.id = "age", .title = "LAST COMMIT", .unit = UNIT_SECONDS, .none = "none replayed"},
    {.id = "queries", .title = "QUERIES", .unit = UNIT_COUNT, .priority = 1},
    {.id = "delay", .title = "CANCELS AFTER", .priority = 2},
    {.id = "problem", .title = "PROBLEM", .priority = 3},
    {.id = "oid", .title = "POSITION", .flags = COLUMN_DETAIL},
};
static const struct table_spec replay_table =
    POSTGRES_TABLE_SPEC("replay", "Replay of this standby", replay_columns);

/* A paused replay stays where it is, so its position is the identity. Database and xmin of a
 * session are visible to every role. */
static const char replay_sql[] =
    "SELECT 'replay',"
    " greatest(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0)::bigint,"
    " extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()),"
    " (SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL"
    "   AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()),"
    " current_setting('max_standby_streaming_delay'),"
    " CASE WHEN NOT pg_is_wal_replay_paused() THEN 'it is not paused'"
    "  WHEN NOT has_function_privilege('pg_wal_replay_resume()', 'EXECUTE')"
    "  THEN 'needs GRANT EXECUTE ON FUNCTION pg_wal_replay_resume() in this database' END,"
    " coalesce(pg_last_wal_replay_lsn()::text, 'none')"
    " WHERE pg_is_in_recovery()";

static const struct postgres_column columns[] = {
    {"TO REPLAY", "behind"}, {"LAST COMMIT", "age"}, {"QUERIES", "queries"}, {0}};
static const char *const identities[] = {"oid", NULL};

static void say(const struct action_request *request, struct plan *plan,
                const struct row *const *rows, size_t count) {
  const struct table *table = &request->found->tables[0];
  const int64_t queries = postgres_found_int(table, rows[0], "queries");
  (void)count;
  plan->title = "Resume the replay of this standby";
  plan_say(plan, PLAN_BLAST, "the standby replays %s of WAL that it has received, and then follows",
           postgres_bytes(plan, postgres_found_int(table, rows[0], "behind")));
  if (queries > 0)
    plan_say(plan, PLAN_WARNING,
             "%s on the standby; if the replay conflicts with one, the query is cancelled after "
             "max_standby_streaming_delay (%s)",
             postgres_counted(plan, queries, "query runs", "queries run"),
             postgres_found_text(table, rows[0], "delay"));
  plan_say(plan, PLAN_WARNING,
           "ask who has paused it: perhaps to read rows that were deleted on the primary");
  plan_say(plan, PLAN_LOSS,
           "the data as they were when the replay was paused: what is replayed cannot be undone");
  plan_say(plan, PLAN_PRECONDITION,
           "it is still paused at the same position (checked in the statement itself)");
}

static const char *command(struct plan *plan, const struct plan_object *object) {
  (void)object;
  return plan_printf(plan, "SELECT pg_wal_replay_resume();");
}

#define THE_REPLAY             \
  " WHERE pg_is_in_recovery()" \
  " AND coalesce(pg_last_wal_replay_lsn()::text, 'none') = $1::text"

static const struct postgres_each resume_replay = {
    .table = &replay_table,
    .sql = replay_sql,
    .empty = "the server is not a standby: it replays nothing",
    .plan = {columns, identities, POSTGRES_OF_RUN},
    .title = "Resume",
    .one = "replay",
    .many = "replays",
    .checked = identities,
    .check =
        "SELECT CASE WHEN NOT pg_is_wal_replay_paused() THEN 'it is not paused' END" THE_REPLAY,
    .effect = "SELECT pg_wal_replay_resume()" THE_REPLAY " AND pg_is_wal_replay_paused()",
    .prove = "SELECT NOT pg_is_wal_replay_paused() OR $1::text IS NULL",
    .proved = "no longer paused",
    .say = say,
    .command = command,
    .done = "resumed",
};

POSTGRES_EACH_STEPS(resume_replay)

const struct action action_postgres_resume_replay = {
    .spec = {.id = "postgres.resume-replay",
             .kind = "postgres",
             .title = "resume the replay",
             .past = "resumed",
             .what = "resumes the replay of a standby that was paused by pg_wal_replay_pause()",
             .runs = "SELECT pg_wal_replay_resume()",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY},
    POSTGRES_EACH(resume_replay),
};
