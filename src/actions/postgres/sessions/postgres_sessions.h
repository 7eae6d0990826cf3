/* Shared by the actions on PostgreSQL sessions: the survey, the plan, the effect and its
 * verification.
 *
 * A session is its pid and its start time, to the microsecond: the row's key has both, and the
 * effect matches both in the statement itself. An effect on the current query or state of a session
 * also matches when that began. The model decides whether an action is offered for a row, from the
 * collector's table of sessions; the plan is made from the server's answers to the survey, in a
 * table of the same ids (clients/postgres/postgres_contract.h). */
#pragma once

#include "actions/postgres/postgres_conn.h"
#include "actions/postgres/postgres_plan.h"
#include "clients/postgres/postgres_contract.h"

/* What an action does to a session: one row per action. */
struct postgres_effect {
  const char *action; /* its id */
  const char *function;
  const char *still;       /* SQL before the moment that the effect is bound to; NULL: not bound */
  const char *moment;      /* id of the column that has it */
  const char *still_words; /* of the precondition; "": none */
  const char *ended; /* for a session that does something else now; NULL: it may do anything */
  bool cancels;      /* affects the query, not the session */
  const char *lasts; /* "active": for an action whose survey selects by age */
};
const struct postgres_effect *postgres_effect_named(const char *action);
/* The effect of the action that made the plan: a plan from a file must be its own. */
const struct postgres_effect *postgres_effect_of(const struct plan *plan);

/* Identities beside "pid". */
#define POSTGRES_SESSION_START "backend_start" /* "2026-11-25 04:03:12.123456+00" */
/* The query's start or the state's change; none: not bound. */
#define POSTGRES_SESSION_MOMENT "moment"
/* Keys of the rows that it unblocks, separated by blanks; none: it unblocks no session. */
#define POSTGRES_SESSION_WAITERS "waiters"

/* ---- the survey */

/* The columns of the survey's table. */
enum postgres_session_found {
  SESSION_FOUND_LABEL,
  SESSION_FOUND_PID,
  SESSION_FOUND_TYPE,
  SESSION_FOUND_USER,
  SESSION_FOUND_DATABASE,
  SESSION_FOUND_APPLICATION,
  SESSION_FOUND_CLIENT,
  SESSION_FOUND_STATE,
  SESSION_FOUND_STATE_AGE,
  SESSION_FOUND_TRANSACTION_AGE,
  SESSION_FOUND_BLOCKS,
  SESSION_FOUND_BLOCKED_BY,
  SESSION_FOUND_QUERY, /* with its literals: must not be stored */
  SESSION_FOUND_QUERY_START,
  SESSION_FOUND_STATE_CHANGE,
  SESSION_FOUND_WANTED, /* 1: it is one of the requested rows */
  SESSION_FOUND_COUNT
};
extern const struct table_spec postgres_sessions_found_table;
/* Facts of the survey (actions/found.h): how many sessions. */
#define POSTGRES_SESSIONS_WANTED "wanted"   /* including those that had no room */
#define POSTGRES_SESSIONS_WAITING "waiting" /* for a lock */
#define POSTGRES_SESSIONS_HIDDEN "hidden"   /* whose details are hidden from us */

/* Bodies. The rows of the request, by pid; the same with all their blockers; those that have been
 * active or idle in a transaction for at least the age of the first parameter. */
bool postgres_sessions_survey_rows(struct step *step);
bool postgres_sessions_survey_root(struct step *step);
bool postgres_sessions_survey_active(struct step *step);
bool postgres_sessions_survey_idle(struct step *step);
/* Client sessions that are wanted, and their order: SQL on the columns of pg_stat_activity. A value
 * from outside is in it as digits only. */
bool postgres_sessions_survey_where(struct step *step, const char *order, const char *wanted);

/* The survey's row of that key, or of the pid where the key is one; NULL with what happened to it.
 */
const struct row *postgres_session_found(const struct action_request *request, const char *key,
                                         struct err *err);
/* The row at the top of its tree: itself where it waits for no other. */
const struct row *postgres_session_root(const struct table *table, const struct row *row);
/* The next pid of a list "8123, 8140" from *at on; "prepared" is 0. False at the list's end. */
bool postgres_pid_next(const char **at, int64_t *pid);

/* ---- the plan */

/* Whether the effect is allowed for that row. False with the reason, as in "walsender: only client
 * sessions". */
bool postgres_session_check(const struct table *table, const struct row *row, bool cancels,
                            struct err *why);

/* The start in a key "8123/1700000000.123456" as psql takes it; false if it has none. */
enum { POSTGRES_MOMENT_MAX = 48 };
bool postgres_key_start(const char *key, char out[POSTGRES_MOMENT_MAX]);

/* The text of the survey's cell; "" if it is none. */
static inline const char *postgres_session_text(const struct row *row,
                                                enum postgres_session_found cell) {
  return row->cells[cell].type == VALUE_TEXT ? row->cells[cell].text : "";
}

/* What happens to a session of the survey when the objects of a plan are gone. */
struct postgres_fate {
  int object; /* index of the object that it is or waits for, also behind others; otherwise -1 */
  bool is_object;
  bool is_direct; /* waits for an object itself */
  bool is_freed;  /* is an object, or all that it waits for are objects or will be unblocked */
};

/* The objects of a plan. */
struct postgres_objects {
  const struct table *table; /* the survey's */
  const struct row *const *rows;
  size_t count;
  struct postgres_fate *fates; /* one per row of the table */
  size_t freed, behind;        /* unblocked ones; of them, those that wait behind others */
  size_t others;               /* that wait for an object and for another session as well */
  int64_t waiting;             /* for locks, on the whole server */
};
/* The impact, in sentences: which sessions it unblocks, what fails, what is lost. */
void postgres_sessions_say(struct plan *plan, const struct postgres_objects *objects);

/* Fills the plan for these rows of the survey, which postgres_session_check allows; except its
 * title. */
bool postgres_sessions_plan(const struct action_request *request, const struct row *const *rows,
                            size_t count, struct plan *plan, struct err *err);
/* The same for all rows of the request, with the title. */
bool postgres_sessions_plan_rows(const struct action_request *request, struct plan *plan,
                                 struct err *err);
/* The same for all sessions that the survey found, by the age in the first parameter. */
bool postgres_sessions_plan_all(const struct action_request *request, struct plan *plan,
                                struct err *err);

/* "8123,8124", for SQL, in the step's arena; "0" for none. */
const char *postgres_pid_list(struct step *step, const int64_t *pids, size_t count);

/* The statement of an effect; pid, start and moment as they appear in it: values, or $1, $2, $3. */
enum { POSTGRES_EFFECT_MAX = 400 };
const char *postgres_effect_sql(const struct postgres_effect *effect, const char *pid,
                                const char *start, const char *moment,
                                char out[POSTGRES_EFFECT_MAX]);

/* ---- execute and verify: bodies */

bool postgres_sessions_execute(struct step *step);
/* Waits until they are gone (their queries ended), at most 5 s, and until the sessions that they
 * block no longer wait, at most 1 s more. */
bool postgres_sessions_verify(struct step *step);
