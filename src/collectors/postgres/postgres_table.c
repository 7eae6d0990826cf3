#include "collectors/postgres/postgres_table.h"

#include "clients/postgres/postgres_contract.h"

#include <stdio.h>

/* ---- the server */

enum { OF_FINDINGS, OF_ACTIVITY, OF_STATES, OF_WAITS, OF_STATISTICS, OF_STANDBY, OF_REPLICAS };
#define FOUND(member) FIGURE_FIELD(OF_FINDINGS, struct postgres_findings, member)
#define ACTIVITY(member) FIGURE_FIELD(OF_ACTIVITY, struct postgres_activity, member)
#define STATES(member) FIGURE_FIELD(OF_STATES, struct postgres_activity, member)
#define WAITS(member) FIGURE_FIELD(OF_WAITS, struct postgres_activity, member)
#define STATISTICS(member) FIGURE_FIELD(OF_STATISTICS, struct postgres_statistics, member)
#define STANDBY(member) FIGURE_FIELD(OF_STANDBY, struct postgres_standby_verdict, member)
#define REPLICAS(member) FIGURE_FIELD(OF_REPLICAS, struct postgres_replica_rows, member)

static const struct column_spec summary_columns[SUMMARY_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "postgres_summary.def"
#undef COLUMN
};

const struct table_spec postgres_summary_table = {.id = "connections",
                                                  .title = "Connections",
                                                  .flags = TABLE_SUMMARY,
                                                  .columns = summary_columns,
                                                  .column_count = SUMMARY_COLUMN_COUNT};

/* NULL, with the reason, if the whole part is not known. */
static const void *unless(const char *reason, const void *part, const char **none) {
  if (!reason)
    return part;
  *none = reason;
  return NULL;
}

static const void *summary_part(const void *of, int part, const char **none) {
  const struct postgres_summary_answer *answer = of;
  const struct postgres_findings *found = answer->found;
  switch (part) {
  case OF_ACTIVITY:
    return found->activity;
  case OF_STATES:
    return unless(answer->no_states, found->activity, none);
  case OF_WAITS:
    return unless(answer->no_waits, found->activity, none);
  case OF_STATISTICS:
    return unless(answer->no_statistics, found->statistics, none);
  case OF_STANDBY: /* does not apply to a primary */
    *none = found->standby ? *none : NULL;
    return found->standby;
  case OF_REPLICAS:
    return found->replicas;
  default:
    return found;
  }
}

const struct figures postgres_summary_figures = {
    .table = &postgres_summary_table, .part = summary_part, .unsaid = "not reported by the server"};

/* A dropped database takes its counters along, which shows as a decrease. */
void postgres_counters_read(struct counters *counters,
                            const struct postgres_statistics *statistics) {
  const struct postgres_findings found = {.statistics = statistics};
  const struct postgres_summary_answer answer = {.found = &found};
  counters_read(counters, &postgres_summary_figures, &answer, (int64_t)(statistics->clock * 1e6));
  snprintf(counters->run, sizeof counters->run, "%.6f", statistics->started);
  counters->reset = statistics->reset;
}

/* ---- the sessions */

enum { OF_SESSION, OF_SEEN };
#define SESSION(member) FIGURE_FIELD(OF_SESSION, struct postgres_session, member)
#define SEEN(member) FIGURE_FIELD(OF_SEEN, struct postgres_session, member)

static const struct column_spec session_columns[SESSION_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "postgres_sessions.def"
#undef COLUMN
};

const struct table_spec postgres_session_table = {.id = POSTGRES_SESSIONS_TABLE,
                                                  .title = "Sessions",
                                                  .flags = TABLE_UNFOLDED,
                                                  .columns = session_columns,
                                                  .column_count = SESSION_COLUMN_COUNT};

static const void *session_part(const void *of, int part, const char **none) {
  const struct postgres_session *session = of;
  return unless(part == OF_SEEN && session->hidden ? POSTGRES_NEEDS_RIGHT : NULL, session, none);
}

const struct figures postgres_session_figures = {.table = &postgres_session_table,
                                                 .part = session_part};

/* ---- the replicas */

enum { OF_REPLICA, OF_LAG };
#define REPLICA(member) FIGURE_FIELD(OF_REPLICA, struct postgres_replica, member)
#define LAG(member) FIGURE_FIELD(OF_LAG, struct postgres_replica, member)

static const struct column_spec replica_columns[REPLICA_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "postgres_replicas.def"
#undef COLUMN
};

const struct table_spec postgres_replica_table = {.id = "replicas",
                                                  .title = "Replicas",
                                                  .columns = replica_columns,
                                                  .column_count = REPLICA_COLUMN_COUNT};

static const void *replica_part(const void *of, int part, const char **none) {
  const struct postgres_replica_answer *answer = of;
  if (part == OF_LAG)
    *none = answer->hidden;
  return answer->replica;
}

const struct figures postgres_replica_figures = {.table = &postgres_replica_table,
                                                 .part = replica_part};
