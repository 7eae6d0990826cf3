/* Long statements on tables and indexes, one object after the other: VACUUM, ANALYZE, REINDEX,
 * CREATE INDEX and DROP INDEX. None of them takes values, so its names are assembled and quoted by
 * the server.
 *
 * Each object has its statement as an identity, built from a name that the survey's server has
 * quoted. Right before it runs, the server is asked on the same session whether it would write the
 * same statement itself for the object with the pinned oid; only then the identity is sent. A
 * second connection reads the progress each second, and carries a person's cancel
 * (pg_cancel_backend of our own session). */
#pragma once

#include "actions/postgres/postgres_plan.h"

/* Identities of every object: the oid of the table or index; the statement, which runs; the name,
 * quoted, with its schema; a number from before, to compare with (bytes, dead rows), if known; the
 * required or forbidden state of the object: the survey's column "stamp", if it has one. */
#define POSTGRES_WORK_OID "oid"
#define POSTGRES_WORK_STATEMENT "statement"
#define POSTGRES_WORK_NAME "name"
#define POSTGRES_WORK_BEFORE "before"
#define POSTGRES_WORK_STAMP "stamp"

/* The answer of `check`; no row: it no longer exists, or has another name. */
enum postgres_work_check {
  CHECK_WHY_NOT, /* why it is not run; NULL: run it */
  CHECK_LOCK,    /* a name for LOCK TABLE, to check that the lock is free; NULL: none */
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

/* The answer of `prove`, of at most one row. */
enum postgres_work_proof {
  PROOF_SEEN,   /* a boolean; false: read again */
  PROOF_WRONG,  /* why the object is not as it should be; NULL: it is */
  PROOF_SAYS,   /* before the numbers: "valid, "; may be NULL */
  PROOF_NOW,    /* a number to report */
  PROOF_BEHIND, /* after the numbers; may be NULL */
  PROOF_COLUMN_COUNT
};

enum { POSTGRES_FIGURES_MAX = 200 };

struct postgres_work {
  /* ---- the plan */
  const char *title;      /* before the name, and before the count: "Vacuum" */
  const char *title_one;  /* before the name, where that differs: "Drop the invalid index" */
  const char *objects;    /* after the count: "invalid indexes"; NULL: `many` */
  const char *one, *many; /* unit: "index", "indexes" */
  const struct postgres_column *columns;
  const char *before; /* id of the survey's column for that identity; NULL: none */
  void (*say)(const struct action_request *request, struct plan *plan,
              const struct row *const *rows, size_t count);

  /* After `say`: false with err where there must be no plan; NULL: there is always one. */
  bool (*permits)(const struct action_request *request, struct plan *plan,
                  const struct row *const *rows, size_t count, struct err *err);

  /* ---- execute */
  const char *check; /* $1 the oid, $2 the statement; $3 the stamp where check_stamp is set */
  bool check_stamp;
  const char *(*progress)(int version); /* $1 our pid; NULL: no progress */
  /* Waits for transactions instead of queueing for a lock, so it may wait without limit, once a
   * check has shown that the first lock is free; a failed one may leave invalid indexes */
  bool concurrently;
  const char *cancelled; /* words for one that was cancelled midway */
  bool stays;            /* its effect until then stays: partly done */

  /* ---- verify */
  const char *prove; /* $1 the oid, $2 the name, $3 the stamp */
  /* Where it returns no row: the object was dropped meanwhile, or was never created. */
  enum object_result missing;
  const char *missing_words;
  /* "1,000 dead rows removed, 0 remain", for one or for all together; before -1: not known. */
  void (*figures)(char out[POSTGRES_FIGURES_MAX], int64_t before, int64_t now);
  /* Before the totals: "tables vacuumed: ". */
  const char *together;
};

/* For `figures`: "1.4 GB before, 12 MB now". */
void postgres_figures_bytes(char out[POSTGRES_FIGURES_MAX], int64_t before, int64_t now);

/* The plan for all rows of the survey's first table that are picked, or for its only row where the
 * action has no choice. verb: the words before the name in the statement; NULL: the row's cell
 * "statement" is the whole statement. */
bool postgres_work_plan(const struct action_request *request, struct plan *plan,
                        const struct postgres_work *work, const char *verb, struct err *err);
/* The bodies of execute and verify. */
bool postgres_work_run(struct step *step, const struct postgres_work *work);
bool postgres_prove_run(struct step *step, const struct postgres_work *work);
enum { POSTGRES_PROVE_MS = 20000 };

/* The steps of an action, except its survey, in one line of its descriptor. verb may use the
 * request. */
#define POSTGRES_WORK_STEPS(work, verb)                                            \
  static bool work##_plan(const struct action_request *request, struct plan *plan, \
                          struct err *err) {                                       \
    return postgres_work_plan(request, plan, &(work), (verb), err);                \
  }                                                                                \
  static bool work##_execute(struct step *step) {                                  \
    return postgres_work_run(step, &(work));                                       \
  }                                                                                \
  static bool work##_verify(struct step *step) {                                   \
    return postgres_prove_run(step, &(work));                                      \
  }                                                                                \
  STEP(work##_execute, 0)                                                          \
  STEP(work##_verify, POSTGRES_PROVE_MS)
#define POSTGRES_WORK(work) \
  .plan = work##_plan, .execute = &work##_execute_step, .verify = &work##_verify_step
