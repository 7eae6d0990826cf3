#include "collectors/postgres/postgres_judge.h"

#include "clients/postgres/postgres_contract.h"
#include "core/text/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED_MAX = POSTGRES_SESSIONS_MAX + POSTGRES_STRANGERS_MAX };

static bool state_is(const struct postgres_session *session, const char *state) {
  return session->state && strcmp(session->state, state) == 0;
}

static bool state_in_transaction(const struct postgres_session *session) {
  return session->state && strncmp(session->state, "idle in transaction", 19) == 0;
}

static const char *label_of(const struct postgres_session *session) {
  if (state_is(session, "idle in transaction"))
    return POSTGRES_STATE_IDLE_IN_TRANSACTION;
  if (state_is(session, "idle in transaction (aborted)"))
    return POSTGRES_STATE_ABORTED;
  if (state_is(session, "fastpath function call"))
    return "fastpath";
  if (session->state)
    return session->state;
  if (session->stranger && session->pid == 0)
    return "prepared";
  return session->type;
}

/* ---- the tree */

static int find_pid(const struct postgres_sessions *sessions, int64_t pid) {
  for (size_t i = 0; i < sessions->count; i++)
    if (sessions->items[i].pid == pid)
      return (int)i;
  return -1;
}

static void add_strangers(struct postgres_sessions *sessions) {
  size_t listed = sessions->count;
  for (size_t i = 0; i < listed; i++) {
    for (size_t b = 0; b < sessions->items[i].blocker_count; b++) {
      int64_t pid = sessions->items[i].blockers[b];
      if (sessions->count < LISTED_MAX && find_pid(sessions, pid) < 0)
        sessions->items[sessions->count++] =
            (struct postgres_session){.pid = pid,
                                      .stranger = true,
                                      .backend_start_us = POSTGRES_UNKNOWN,
                                      .transaction_age = POSTGRES_UNKNOWN,
                                      .query_age = POSTGRES_UNKNOWN,
                                      .state_age = POSTGRES_UNKNOWN,
                                      .wait = POSTGRES_UNKNOWN,
                                      .xmin_age = POSTGRES_UNKNOWN,
                                      .leader = POSTGRES_UNKNOWN,
                                      .parent = -1};
    }
  }
}

/* Whether above is index itself, or one of its ancestors. */
static bool is_above(const struct postgres_sessions *sessions, int above, int index) {
  for (; index >= 0; index = sessions->items[index].parent)
    if (index == above)
      return true;
  return false;
}

static void find_parents(struct postgres_sessions *sessions) {
  for (size_t i = 0; i < sessions->count; i++) {
    struct postgres_session *session = &sessions->items[i];
    for (size_t b = 0; b < session->blocker_count && session->parent < 0; b++) {
      int blocker = find_pid(sessions, session->blockers[b]);
      if (blocker >= 0 && !is_above(sessions, (int)i, blocker))
        session->parent = blocker;
    }
  }
}

static bool waits_for(const struct postgres_session *session, int64_t pid) {
  for (size_t i = 0; i < session->blocker_count; i++)
    if (session->blockers[i] == pid)
      return true;
  return false;
}

/* How long it has waited: as reported by the server, otherwise at most since its query began. */
static double wait_of(const struct postgres_session *session) {
  double wait = session->wait >= 0 ? session->wait : session->query_age;
  return wait > 0 ? wait : 0;
}

/* All sessions that wait for it, directly or behind others: by all blockers, not only by the
 * tree. */
static void count_blocked(struct postgres_sessions *sessions, size_t root) {
  bool reached[LISTED_MAX] = {[0] = false};
  size_t queue[LISTED_MAX], first = 0, count = 0;
  struct postgres_session *blocker = &sessions->items[root];
  reached[root] = true;
  queue[count++] = root;
  while (first < count) {
    int64_t pid = sessions->items[queue[first++]].pid;
    for (size_t i = 0; i < sessions->count; i++) {
      if (reached[i] || !waits_for(&sessions->items[i], pid))
        continue;
      reached[i] = true;
      queue[count++] = i;
      blocker->direct += pid == blocker->pid;
      double wait = wait_of(&sessions->items[i]);
      if (wait > blocker->blocks_for)
        blocker->blocks_for = wait;
    }
  }
  blocker->all = count - 1;
}

/* ---- judging */

/* What it does while others wait: "idle in transaction 14m". */
static void describe(const struct postgres_session *session, char *out, size_t size) {
  char time[FORMAT_MAX];
  if (session->stranger && session->pid == 0)
    snprintf(out, size, "a prepared transaction");
  else if (state_in_transaction(session) && session->state_age >= 0)
    snprintf(out, size, "%s %s", session->state,
             format_duration(time, sizeof time, session->state_age));
  else if (state_is(session, POSTGRES_STATE_ACTIVE) && session->query_age >= 0)
    snprintf(out, size, "query running for %s",
             format_duration(time, sizeof time, session->query_age));
  else if (session->label)
    snprintf(out, size, "%s", session->label);
  else
    snprintf(out, size, "state hidden from this role");
}

static enum severity severity_of(const struct postgres_session *session,
                                 const struct postgres_rules *rules) {
  if (session->all > 0 && session->blocks_for >= rules->blocking_crit)
    return SEVERITY_CRIT;
  if (session->all > 0 && session->blocks_for >= rules->blocking_warn)
    return SEVERITY_WARN;
  if (state_in_transaction(session) && session->state_age >= rules->idle_in_transaction)
    return SEVERITY_WARN;
  bool runs = state_is(session, POSTGRES_STATE_ACTIVE) && !session->waiting;
  bool client = !session->type || strcmp(session->type, POSTGRES_TYPE_CLIENT) == 0;
  if (runs && client && session->query_age >= rules->long_query)
    return SEVERITY_WARN;
  return SEVERITY_OK;
}

bool postgres_waiters_are_cut(const struct postgres_sessions *sessions) {
  bool cut = sessions->waiters > POSTGRES_WAITERS_MAX;
  for (size_t i = 0; i < sessions->count; i++)
    cut = cut || sessions->items[i].blockers_cut;
  return cut;
}

/* at_least: not all waiters are known. */
static void judge(struct postgres_session *session, const struct postgres_rules *rules,
                  bool at_least) {
  /* a waiter whose blockers were not read is not a cause either */
  if (session->parent >= 0 || (session->waiting && session->blocker_count == 0))
    return;
  session->severity = severity_of(session, rules);
  if (session->severity == SEVERITY_OK)
    return;
  char what[64], who[72] = "", wait[FORMAT_MAX];
  session->lasted = session->all > 0                ? session->blocks_for
                    : state_in_transaction(session) ? session->state_age
                                                    : session->query_age;
  describe(session, what, sizeof what);
  if (session->application && *session->application)
    snprintf(who, sizeof who, " (%.63s)", session->application);
  if (session->all == 0)
    snprintf(session->reason, sizeof session->reason, "%s%s", what, who);
  else
    snprintf(session->reason, sizeof session->reason, "%s%s, blocks %s%zu for %s", what, who,
             at_least ? "at least " : "", session->all,
             format_duration(wait, sizeof wait, session->blocks_for));
}

/* ---- the order */

/* Sort classes of sessions without a severity. */
static int rank(const struct postgres_session *session) {
  if (session->all > 0)
    return 4;
  if (session->waiting)
    return 3;
  if (state_in_transaction(session))
    return 2;
  return state_is(session, "idle") || !session->state ? 0 : 1;
}

static int compare_numbers(double a, double b) {
  return (a < b) - (a > b); /* the greater first */
}

/* Of idle sessions, the longest idle comes first. In steps, so that sessions in use keep their
 * order, by pid, and do not overtake each other with each query. */
static double how_long(const struct postgres_session *session) {
  static const double steps[] = {10, 60, 600, 3600, 86400};
  double age = session->state_age;
  if (rank(session) > 0)
    return age;
  size_t step = 0;
  while (step < sizeof steps / sizeof *steps && age >= steps[step])
    step++;
  return (double)step;
}

/* Negative if a does more harm. */
static int compare(const struct postgres_session *a, const struct postgres_session *b) {
  int order = compare_numbers(a->severity, b->severity);
  if (!order)
    order = compare_numbers(rank(a), rank(b));
  if (!order)
    order = compare_numbers((double)a->all, (double)b->all);
  if (!order)
    order = compare_numbers(wait_of(a) * a->waiting, wait_of(b) * b->waiting);
  if (!order)
    order = compare_numbers(a->transaction_age, b->transaction_age);
  if (!order)
    order = compare_numbers(how_long(a), how_long(b));
  return order ? order : compare_numbers((double)b->pid, (double)a->pid);
}

static int compare_indices(const void *a, const void *b, void *arg) {
  const struct postgres_sessions *sessions = arg;
  return compare(&sessions->items[*(const size_t *)a], &sessions->items[*(const size_t *)b]);
}

/* Adds each followed by its children. The tree is as deep as the longest chain of waiters. */
static size_t put_children(struct postgres_sessions *sessions, const size_t *sorted, int parent,
                           size_t at) {
  for (size_t i = 0; i < sessions->count; i++) {
    if (sessions->items[sorted[i]].parent != parent)
      continue;
    sessions->order[at++] = sorted[i];
    at = put_children(sessions, sorted, (int)sorted[i], at);
  }
  return at;
}

void postgres_judge(struct postgres_sessions *sessions, const struct postgres_rules *rules) {
  add_strangers(sessions);
  find_parents(sessions);
  for (size_t i = 0; i < sessions->count; i++)
    count_blocked(sessions, i);
  size_t sorted[LISTED_MAX];
  const bool cut = postgres_waiters_are_cut(sessions);
  for (size_t i = 0; i < sessions->count; i++) {
    sessions->items[i].label = label_of(&sessions->items[i]);
    judge(&sessions->items[i], rules, cut);
    sorted[i] = i;
  }
  qsort_r(sorted, sessions->count, sizeof *sorted, compare_indices, sessions);
  put_children(sessions, sorted, -1, 0);
}
