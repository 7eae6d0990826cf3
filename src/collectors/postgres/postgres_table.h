/* The tables of a PostgreSQL server: its figures, and its sessions as a tree of blockers and
 * waiters. */
#pragma once

#include "collectors/figures.h"
#include "collectors/postgres/postgres_replication.h"
#include "model/sample.h"

enum postgres_summary_column {
#define COLUMN(name, ...) name,
#include "postgres_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};

enum postgres_session_column {
#define COLUMN(name, ...) name,
#include "postgres_sessions.def"
#undef COLUMN
  SESSION_COLUMN_COUNT
};

enum postgres_replica_column {
#define COLUMN(name, ...) name,
#include "postgres_replicas.def"
#undef COLUMN
  REPLICA_COLUMN_COUNT
};

extern const struct table_spec postgres_summary_table, postgres_session_table,
    postgres_replica_table;

/* Source of the columns (postgres_table.c): a struct postgres_summary_answer, postgres_session or
 * postgres_replica_answer. */
extern const struct figures postgres_summary_figures, postgres_session_figures,
    postgres_replica_figures;

/* The result of one collection. A failed part is NULL, with its error; activity is never NULL,
 * because a collection without it fails. */
struct postgres_findings {
  const char *version; /* "15.18" */
  int version_number;  /* 150018 */
  bool pooled;         /* connected through a pooler */
  const struct postgres_activity *activity;
  const struct postgres_statistics *statistics;
  const struct err *no_statistics;          /* why not */
  const struct rates *rates;                /* of the statistics; never NULL */
  const struct postgres_sessions *sessions; /* judged */
  const struct err *no_sessions;
  const struct postgres_standby_verdict *standby; /* NULL on a primary, too */
  const char *timeline;                           /* "" if not known */
  const struct err *no_standby;                   /* NULL on a primary */
  const struct postgres_replica_rows *replicas;
  const struct err *no_replicas;
  const char *system; /* the system identifier; NULL if not known */
};

struct postgres_summary_answer {
  const struct postgres_findings *found;
  const char *no_states,
      *no_waits;             /* why the states or waits of sessions cannot be counted; or NULL */
  const char *no_statistics; /* why there are none */
};

struct postgres_replica_answer {
  const struct postgres_replica *replica;
  const char *hidden; /* why its lag is not visible; NULL: it is */
};

#define POSTGRES_NEEDS_RIGHT "needs pg_monitor"

/* The counters of the statistics, for the rates between two collections. NULL: not known. */
void postgres_counters_read(struct counters *counters,
                            const struct postgres_statistics *statistics);

/* Fills the tables (summary, sessions, replicas, in this order) and the notes of the sample; copies
 * all texts. */
void postgres_fill(struct sample *sample, const struct postgres_findings *findings);
