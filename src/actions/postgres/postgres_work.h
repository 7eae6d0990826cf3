/* Long statements on tables and indexes, one object after the other: VACUUM, ANALYZE, REINDEX,
 * CREATE INDEX and DROP INDEX. None of them takes values, so that its names are put together and
 * quoted by the server.
 *
 * Each object has its statement as an identity, made of a name that the survey's server had quoted.
 * Right before it runs, the server is asked on the same session whether that statement is what it
 * would write itself for the object with the pinned oid; only then the identity is sent. A second
 * link reads the progress each second, and is the way in which a person's cancel gets through
 * (pg_cancel_backend of our own session). */
#pragma once

#include "actions/action.h"
#include "actions/postgres/postgres_conn.h"

enum postgres_work_identity {
  WORK_IDENTITY_OID,       /* of the table or index */
  WORK_IDENTITY_STATEMENT, /* what runs */
  WORK_IDENTITY_NAME,      /* quoted, with its schema */
  WORK_IDENTITY_BEFORE, /* a number to compare with afterwards: bytes, dead rows; NULL: not known */
  WORK_IDENTITY_STAMP, /* what it must have, or must no longer have: the action's own; NULL: none */
  WORK_IDENTITY_COUNT
};

/* The answer of `check`; no row: it no longer exists, or has another name. */
enum postgres_work_check {
  CHECK_WHY_NOT, /* words; NULL: go on */
  CHECK_LOCK,    /* a name for LOCK TABLE, to see whether the lock is to be had; NULL: none */
  CHECK_INVALID, /* the table's invalid indexes, as an array of oids; NULL: does not matter */
  CHECK_COLUMN_COUNT
};

/* The answer of `progress`, of at most one row. */
enum postgres_work_progress {
  PROGRESS_PHASE,
  PROGRESS_DONE,
  PROGRESS_TOTAL,
  PROGRESS_UNIT,   /* one of "blocks", "rows", "indexes", "transactions" */
  PROGRESS_LOCKER, /* a pid that it waits for; "0" or NULL: none */
  PROGRESS_COLUMN_COUNT
};

struct postgres_totals {
  int64_t before, now; /* sums over those whose figures are known */
  size_t known;
};

struct postgres_work {
  /* ---- the plan */
  const char *title_one;             /* before the name: "Drop the invalid index" */
  const char *title_many;            /* before how many: "Drop" */
  const char *objects;               /* after it: "invalid indexes" */
  const char *unit_one, *unit_many;  /* "index", "indexes" */
  const struct plan_column *columns; /* of the plan */
  const char *const *cells;          /* ids of the survey's columns in them; NULL: the parent */
  size_t column_count;
  const char *before, *stamp; /* ids of the survey's columns for these identities; NULL: none */
  void (*say)(const struct action_request *request, struct plan *plan,
              const struct row *const *rows, size_t count);

  /* ---- execute */
  const char *check; /* $1 the oid, $2 the statement; $3 the stamp where check_stamp is set */
  bool check_stamp;
  const char *(*progress)(int version); /* $1 our pid; NULL: nothing is reported */
  /* Waits for transactions instead of queueing for a lock, so that it waits as long as it takes,
   * once a look has shown that the first lock is to be had; what fails may leave invalid indexes */
  bool concurrently;
  const char *cancelled; /* words for what was cancelled half-way */
  bool stays;            /* what it had done until then stays: partly done */

  /* ---- verify */
  /* The proof: $1 the oid, $2 the name, $3 the stamp. True with the outcome set when it is there
   * (or will never be); false: look again. */
  const char *prove;
  bool (*judge)(struct act *act, size_t object, const struct pg_rows *rows,
                struct postgres_totals *totals);
  /* The proof in one line, when there is more than one object. */
  void (*conclude)(struct outcome *outcome, const struct postgres_totals *totals);
};

/* The plan for all that is picked of the survey's first table, or for its only row where the action
 * has no choice. verb: what stands before the name in the statement; NULL: the row's cell
 * "statement" is the whole of it. */
bool postgres_work_plan(const struct action_request *request, struct plan *plan,
                        const struct postgres_work *work, const char *verb, struct err *err);
/* The bodies of execute and verify. */
bool postgres_work_run(struct step *step, const struct postgres_work *work);
bool postgres_prove_run(struct step *step, const struct postgres_work *work);
enum { POSTGRES_PROVE_MS = 20000 };

/* make_plan with that verb, which may look at the request, execute_step and verify_step of the
 * work.
 */
#define POSTGRES_WORK_STEPS(work, verb)                                          \
  static bool make_plan(const struct action_request *request, struct plan *plan, \
                        struct err *err) {                                       \
    return postgres_work_plan(request, plan, &(work), (verb), err);              \
  }                                                                              \
  static bool execute(struct step *step) {                                       \
    return postgres_work_run(step, &(work));                                     \
  }                                                                              \
  static bool verify(struct step *step) {                                        \
    return postgres_prove_run(step, &(work));                                    \
  }                                                                              \
  STEP(execute, 0)                                                               \
  STEP(verify, POSTGRES_PROVE_MS)
