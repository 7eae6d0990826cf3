/* The shared state: one entry per target, the findings, the events.
 *
 * Owned by app. All others get a `const struct model *` for one frame. Times are milliseconds of
 * the steady wall clock (see io/clock.h), passed in by the caller: nothing here reads a clock. */
#pragma once

#include "model/action/operation.h"
#include "model/config/config.h"
#include "model/event/event.h"
#include "model/history.h"
#include "model/incident/incident_due.h"
#include "model/judge/finding.h"
#include "model/log/logs.h"
#include "model/page.h"
#include "model/sample.h"

struct alarm_marks;
struct chatter;
struct event_page;
struct next_step;
struct runbook_offers;

enum target_condition {
  TARGET_WAITING, /* no result yet */
  TARGET_LIVE,    /* the last collection succeeded recently */
  TARGET_STALE,   /* the last success is too long ago: nothing of it may be shown as ok */
  TARGET_DOWN,    /* the last collection failed; the sample, if any, is old */
};

struct target_state {
  const struct target *target;
  struct sample *sample;          /* the last sample, or NULL */
  struct err err;                 /* of the last attempt; ERR_NONE if it succeeded */
  int64_t started_ms;             /* start of the running attempt; 0: none is running */
  int64_t attempted_ms;           /* completion of the last attempt; 0 before the first */
  int64_t failing_ms;             /* since when attempts fail; 0: the last one succeeded */
  enum severity logged;           /* the worst of these failures in the event log; OK: none */
  int64_t next_ms;                /* when the next attempt starts; 0 if not known */
  uint32_t samples;               /* successful collections so far */
  uint32_t failures;              /* consecutive failed attempts */
  struct facts facts;             /* of the server, as last known */
  struct inventories inventories; /* the same */
  bool once; /* collected once only (`check`): its data does not become stale */
  struct history *history;
  size_t target_index;          /* of the target: its own index, or that of an open page's target */
  const struct page_spec *page; /* of an open page; NULL: the target itself */
  struct page_focus focus;      /* of an open page */
  int64_t interval_ms, timeout_ms; /* of an open page, instead of its own; 0: its own */
};

/* Pages that can be open at the same time, each opened from the one before. */
enum { MODEL_PAGES_MAX = 4 };

struct model {
  const struct config *config;
  /* In the order of the configuration's targets; behind them the open pages, in the order in which
   * they were opened. A "state" is an index of either; no target_index is ever that of a page. */
  struct target_state *targets;
  size_t target_count;
  size_t page_count;                    /* open pages */
  const struct page_spec *const *pages; /* all that can be opened, NULL-terminated; NULL: none */
  const struct next_step *next_steps;   /* for findings (judge/next_step.h); NULL: none */
  struct findings *findings;            /* of the last evaluation; never NULL */
  struct findings *held; /* findings that an outage hides, as last seen; not shown; never NULL */
  size_t findings_bytes_max; /* see findings_are_full */
  struct events events;
  struct operations operations;      /* running actions; changed only by the pipeline (operate) */
  struct incident_brief incident;    /* the current one; id "": none. Set by app */
  const char *const *incident_lines; /* of its page, as last asked for; NULL: none. Owned by app */
  size_t incident_line_count;
  struct chatter *chatter;               /* findings that come and go */
  const struct alarm_marks *alarm_marks; /* of operators on findings; NULL: none. Owned by app */
  const struct logs *logs;               /* the open logs; NULL: none. Owned by app */
  const struct event_page *event_page; /* the history that is looked at; NULL: none. Owned by app */
  const struct runbook_offers *runbooks; /* that are offered now; NULL: none. Owned by app */
  bool of_several; /* one of several environments (stacktop -c A -c B): it is named where it could
                      be mistaken for another, and Esc leads back to their list */
  bool leaves_out_quiet; /* `check --acknowledged`: what is acknowledged or silenced does not count
                            for model_severity */
  bool wants_all_judged; /* `check`: a configured threshold that judged nothing is a finding */
  int64_t
      watch_ms; /* `check --duration`: its length; a longer `for` counts at once. 0: unlimited */
  int64_t wall_offset_ms; /* add it to a time in here to show or record wall time: by how much the
                             host's clock was set since the start (clock_wall_offset_ms) */
  uint64_t generation;    /* increases with each change: a view redraws if it differs */
};

void model_init(struct model *model, const struct config *config);
void model_fini(struct model *model);
/* Gives it another configuration. from[i]: the index that target i of the new one had until now,
 * whose state it keeps; SIZE_MAX: it has none (config_adopt). No page may be open. Findings keep
 * their onset. */
void model_rebase(struct model *model, const struct config *config, const size_t *from);
/* Each target is collected only once: its data does not become stale while others take longer. */
void model_ask_once(struct model *model);

/* Opens a page on a row of that target, or (table, key and label NULL) on the whole target; returns
 * its state. Requires page_count < MODEL_PAGES_MAX. */
size_t model_page_open(struct model *model, size_t target_index, const struct page_spec *spec,
                       const char *table, const char *key, const char *label);
/* Closes the one that was opened last. */
void model_page_close(struct model *model);
/* Targets and open pages. */
static inline size_t model_state_count(const struct model *model) {
  return model->target_count + model->page_count;
}
/* The table of that id in the newest open page of the target, else of the target itself; NULL if
 * neither has it. */
const struct table *model_table(const struct model *model, size_t target_index, const char *id);

/* The row that a finding is, or was, about, as the target last published it; NULL: there is none.
 */
const struct row *model_finding_row(const struct model *model, const struct finding *finding);

/* An attempt has started; with 0: it was cancelled, and its result is ignored. */
void model_attempt(struct model *model, size_t state, int64_t now_ms);
/* Takes the sample. */
void model_publish(struct model *model, size_t state, struct sample *sample, int64_t now_ms);
void model_fail(struct model *model, size_t state, const struct err *err, int64_t now_ms);

/* The threshold of a column of the state; NULL if there is none. */
const struct threshold *model_threshold(const struct model *model, size_t state,
                                        const struct column_spec *column);
/* Milliseconds between two starts, and until the deadline of one collection. */
int64_t target_state_interval(const struct target_state *state);
int64_t target_state_timeout(const struct target_state *state);
enum target_condition target_state_condition(const struct target_state *state, int64_t now_ms);
void target_state_fini(struct target_state *state);
/* Milliseconds since the sample was taken; -1 without one. */
int64_t target_state_age(const struct target_state *state, int64_t now_ms);
/* The worst finding of a target; of a page, whether its data can be trusted. UNKNOWN while it is
 * waiting. */
enum severity model_target_severity(const struct model *model, size_t state, int64_t now_ms);
/* Whether the server did not answer; otherwise the error says nothing about its health. */
bool model_err_is_outage(const struct err *err);
/* The worst of all targets. */
enum severity model_severity(const struct model *model, int64_t now_ms);
