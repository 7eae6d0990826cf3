/* What the actions on PostgreSQL sessions share: whom they may be done to, the plan, the effect and
 * its proof.
 *
 * A session is its pid and the time at which it began, to the microsecond: the row's key has both,
 * and the effect matches both in the statement that does it. An effect on what a session is doing
 * now matches when that began, too. Whether an action is offered for a row says the model, by the
 * collector's table "sessions", known by its id and by the ids of its columns; the plan is made
 * from what the survey has asked the server, in a table of the same ids. */
#pragma once

#include "actions/action.h"
#include "clients/postgres/postgres_contract.h"

enum postgres_effect {
  POSTGRES_CANCEL,           /* the query that runs now */
  POSTGRES_TERMINATE,        /* the session, whatever it does */
  POSTGRES_TERMINATE_ACTIVE, /* if it still runs the same query */
  POSTGRES_TERMINATE_IDLE,   /* if it has been idle in its transaction ever since */
};

enum postgres_session_pin {
  SESSION_PIN_PID,
  SESSION_PIN_START,   /* "2026-11-25 04:03:12.123456+00" */
  SESSION_PIN_MOMENT,  /* the query's start or the state's change; NULL: POSTGRES_TERMINATE */
  SESSION_PIN_WAITERS, /* keys of the rows that it frees, with blanks between them; NULL: none */
  SESSION_PIN_COUNT
};

/* The table's rows as the model has them; NULL if there is none yet. */
const struct table *postgres_sessions_table(const struct action_request *request);

/* The survey: the rows of the request, by pid; the same with all that hold them up; those that have
 * been active or idle in a transaction for at least the age of the first parameter. */
extern const struct act_step postgres_sessions_rows_survey, postgres_sessions_root_survey,
    postgres_sessions_active_survey, postgres_sessions_idle_survey;
enum postgres_session_found {
  SESSION_FOUND_LABEL,
  SESSION_FOUND_STATE,
  SESSION_FOUND_STATE_AGE,
  SESSION_FOUND_BLOCKS,
  SESSION_FOUND_BLOCKED_BY,
  SESSION_FOUND_TRANSACTION_AGE,
  SESSION_FOUND_USER,
  SESSION_FOUND_DATABASE,
  SESSION_FOUND_APPLICATION,
  SESSION_FOUND_CLIENT,
  SESSION_FOUND_QUERY, /* as it is: not to be kept with its literals */
  SESSION_FOUND_PID,
  SESSION_FOUND_TYPE,
  SESSION_FOUND_QUERY_START,
  SESSION_FOUND_STATE_CHANGE,
  SESSION_FOUND_WANTED, /* 1: it is one of those that were asked for */
  SESSION_FOUND_COUNT
};
enum postgres_session_counts {
  SESSION_COUNT_WANTED,  /* also those that there was no room for */
  SESSION_COUNT_WAITING, /* for a lock */
  SESSION_COUNT_HIDDEN,  /* of which we may see nothing */
  SESSION_COUNT_COUNT
};
/* The survey's tables: sessions, and one row of counts. */
extern const struct table_spec postgres_sessions_found_table, postgres_sessions_counts_table;
/* The survey's row of that key, or of the pid where the key is one; NULL with what became of it. */
const struct row *postgres_session_found(const struct action_request *request, const char *key,
                                         struct err *err);
/* "8123" and "pid 8123" name a session that the server may know: its pid. NULL: they do not. */
const char *postgres_session_named(const char *word);
/* The cell of a row by its column's id. */
struct value postgres_session_cell(const struct table *table, const struct row *row,
                                   const char *column);
/* "active"; "" when it is not known. */
const char *postgres_session_text(const struct table *table, const struct row *row,
                                  const char *column);
/* The row at the top of the tree that it is in: itself where it waits for nobody. */
const struct row *postgres_session_root(const struct table *table, const struct row *row);

/* Whether the effect may be done to that row. False with why, as in "walsender: only client
 * sessions". */
bool postgres_session_check(const struct table *table, const struct row *row,
                            enum postgres_effect effect, struct err *why);
/* The same for those rows of the request that the model knows: of others the survey will tell. */
bool postgres_sessions_check(const struct action_request *request, enum postgres_effect effect,
                             struct err *why);

/* The start in a key "8123/1700000000.123456" as psql takes it; false if it has none. */
enum { POSTGRES_MOMENT_MAX = 48 };
bool postgres_key_start(const char *key, char out[POSTGRES_MOMENT_MAX]);

/* Who is freed: for each row of the table the index of the victim that it waits for, directly or
 * behind others, when all that it waits for are victims or will be freed; else -1. For free().
 * *others: how many wait for a victim and for somebody else as well. rows: the victims. */
int *postgres_sessions_freed(const struct table *table, const struct row *const *rows, size_t count,
                             size_t *others);

/* Fills the plan for these rows of the survey, which postgres_session_check lets through; its title
 * apart. */
bool postgres_sessions_plan(const struct action_request *request, const struct row *const *rows,
                            size_t count, enum postgres_effect effect, struct plan *plan,
                            struct err *err);
/* The same for all rows of the request, with the title. */
bool postgres_sessions_plan_rows(const struct action_request *request, enum postgres_effect effect,
                                 struct plan *plan, struct err *err);
/* The same for all that the survey was to find; age_text: as typed. POSTGRES_TERMINATE_ACTIVE and
 * POSTGRES_TERMINATE_IDLE only. */
bool postgres_sessions_plan_all(const struct action_request *request, enum postgres_effect effect,
                                const char *age_text, struct plan *plan, struct err *err);

/* The statement of an effect; pid, start and moment as they are to stand in it: values, or $1, $2,
 * $3. */
enum { POSTGRES_EFFECT_MAX = 400 };
const char *postgres_effect_sql(enum postgres_effect effect, const char *pid, const char *start,
                                const char *moment, char out[POSTGRES_EFFECT_MAX]);

extern const struct act_step postgres_cancel_execute, postgres_terminate_execute,
    postgres_terminate_active_execute, postgres_terminate_idle_execute;
/* Watches until they are gone (their queries ended), at most for 5 s, and those that they free no
 * longer wait, at most for 1 s more. */
extern const struct act_step postgres_cancel_verify, postgres_terminate_verify;

/* What both ask, by the simple protocol: what has become of the sessions with one of these pids.
 * Texts are as the server has them (clients/postgres/pg_text.h). For free(). */
char *postgres_look(const long *pids, size_t count);
enum postgres_look_column {
  LOOK_PID,
  LOOK_START,
  LOOK_STATE,
  LOOK_QUERY_START,
  LOOK_STATE_CHANGE,
  LOOK_USER,
  LOOK_WAITS,    /* for a lock: t */
  LOOK_OWN,      /* it is we who ask: t */
  LOOK_ENCODING, /* of its database */
  LOOK_COLUMN_COUNT
};
