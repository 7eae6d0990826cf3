#include "actions/postgres/postgres_sessions_say.h"

#include "core/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool state_is(const struct postgres_victims *victims, size_t index, const char *state) {
  const char *text =
      postgres_session_text(victims->table, victims->rows[index], POSTGRES_SESSIONS_ID_STATE);
  return strcmp(text, state) == 0;
}

static size_t count_state(const struct postgres_victims *victims, const char *state) {
  size_t count = 0;
  for (size_t i = 0; i < victims->count; i++)
    count += state_is(victims, i, state);
  return count;
}

static const char *plural(size_t count) {
  return count == 1 ? "" : "s";
}

/* Whether it waits for a victim itself, and not only behind others that do. */
static bool waits_directly(const struct postgres_victims *victims, const struct row *row) {
  for (const char *at = postgres_session_text(victims->table, row, POSTGRES_SESSIONS_ID_BLOCKED_BY);
       *at;) {
    char *end;
    int64_t pid = strtoll(at, &end, 10);
    for (size_t i = 0; i < victims->count; i++)
      if (postgres_session_cell(victims->table, victims->rows[i], POSTGRES_SESSIONS_ID_PID)
              .integer == pid)
        return true;
    at = end + strcspn(end, ",");
    at += strspn(at, ", ");
  }
  return false;
}

static size_t count_behind(const struct postgres_victims *victims) {
  size_t count = 0;
  for (size_t i = 0; i < victims->table->row_count; i++)
    count += victims->freed[i] >= 0 && !waits_directly(victims, &victims->table->rows[i]);
  return count;
}

static void say_freed(struct plan *plan, const struct postgres_victims *victims) {
  size_t behind = count_behind(victims);
  char some[64] = "";
  if (behind > 0)
    snprintf(some, sizeof some, ", %zu of them behind another of these", behind);
  const char *them = victims->count == 1 ? "it" : "them";
  const char *blind = NULL;
  for (size_t i = 0; i < victims->count; i++) {
    struct value blocks =
        postgres_session_cell(victims->table, victims->rows[i], POSTGRES_SESSIONS_ID_BLOCKS);
    if (blocks.type == VALUE_NONE)
      blind = blocks.text ? blocks.text : "not told";
  }
  if (victims->freed_count > 0)
    plan_say(plan, PLAN_BLAST, "frees %zu session%s that wait%s for %s%s", victims->freed_count,
             plural(victims->freed_count), victims->freed_count == 1 ? "s" : "", them, some);
  else if (blind)
    plan_say(plan, PLAN_BLAST, "who waits for %s is not known: %s", them, blind);
  else if (victims->others == 0)
    plan_say(plan, PLAN_BLAST, "frees nobody: no session waits for %s", them);
  size_t looked = 0;
  for (size_t i = 0; i < victims->table->row_count; i++)
    looked += *postgres_session_text(victims->table, &victims->table->rows[i],
                                     POSTGRES_SESSIONS_ID_BLOCKED_BY) != 0;
  if (victims->waiting > (int64_t)looked)
    plan_say(plan, PLAN_BLAST,
             "at least: of %lld sessions that wait for a lock, only %zu were looked into",
             (long long)victims->waiting, looked);
  if (victims->others > 0)
    plan_say(plan, PLAN_BLAST, "%zu session%s wait%s for others as well, and will go on waiting",
             victims->others, plural(victims->others), victims->others == 1 ? "s" : "");
}

static void say_end(struct plan *plan, const struct postgres_victims *victims) {
  bool one = victims->count == 1;
  if (victims->effect == POSTGRES_CANCEL)
    plan_say(plan, PLAN_BLAST,
             one ? "its client gets an error (57014) for the query; the session stays"
                 : "their clients get an error (57014) for the query; the sessions stay");
  else
    plan_say(plan, PLAN_BLAST,
             one ? "its client sees the connection break; a pool will reconnect"
                 : "their clients see the connections break; pools will reconnect");
}

/* What is rolled back, and how old it is. */
static void say_loss(struct plan *plan, const struct postgres_victims *victims) {
  size_t open = 0;
  double oldest = 0, age;
  char time[FORMAT_MAX];
  for (size_t i = 0; i < victims->count; i++) {
    struct value value = postgres_session_cell(victims->table, victims->rows[i],
                                               POSTGRES_SESSIONS_ID_TRANSACTION_AGE);
    if (value_number(value, &age)) {
      open++;
      oldest = age > oldest ? age : oldest;
    }
  }
  format_duration(time, sizeof time, oldest);
  if (victims->effect == POSTGRES_CANCEL)
    plan_say(plan, PLAN_LOSS, "what the quer%s so far is rolled back, and the transaction with %s",
             victims->count == 1 ? "y has done" : "ies have done",
             victims->count == 1 ? "it" : "them");
  else if (open == 1)
    plan_say(plan, PLAN_LOSS, "%s open transaction, begun %s ago, is rolled back",
             victims->count == 1 ? "its" : "one", time);
  else if (open > 1)
    plan_say(plan, PLAN_LOSS, "%zu open transactions are rolled back, the oldest begun %s ago",
             open, time);
  if (victims->effect != POSTGRES_CANCEL)
    plan_say(plan, PLAN_LOSS, "%s temporary tables, prepared statements and session locks go",
             victims->count == 1 ? "its" : "their");
}

/* Work that one would rather not lose. */
static void warn_of_work(struct plan *plan, const struct postgres_victims *victims) {
  static const struct {
    const char *application, *says;
  } works[] = {{"pg_dump", "a backup (pg_dump)"}, {"stacktop", "stacktop's own work"}};
  for (size_t w = 0; w < sizeof works / sizeof *works; w++) {
    size_t count = 0;
    const char *label = "";
    for (size_t i = 0; i < victims->count; i++) {
      const struct row *row = victims->rows[i];
      const char *application =
          postgres_session_text(victims->table, row, POSTGRES_SESSIONS_ID_APPLICATION);
      if (strcmp(application, works[w].application) != 0)
        continue;
      count++;
      label = postgres_session_text(victims->table, row, POSTGRES_SESSIONS_ID_SESSION);
    }
    if (count == 1)
      plan_say(plan, PLAN_WARNING, "%s is %s", label, works[w].says);
    else if (count > 1)
      plan_say(plan, PLAN_WARNING, "%zu of them are %s", count, works[w].says);
  }
}

static void warn_of_waiters(struct plan *plan, const struct postgres_victims *victims) {
  size_t waiting = 0;
  const char *holder = "";
  for (size_t i = 0; i < victims->count; i++) {
    const struct row *root = postgres_session_root(victims->table, victims->rows[i]);
    if (root == victims->rows[i])
      continue;
    waiting++;
    holder = postgres_session_text(victims->table, root, POSTGRES_SESSIONS_ID_SESSION);
  }
  if (waiting == 1 && victims->count == 1)
    plan_say(plan, PLAN_WARNING, "it waits itself: who holds it up is %s", holder);
  else if (waiting > 0)
    plan_say(plan, PLAN_WARNING, "%zu of them wait%s for a lock: to end who holds it frees them",
             waiting, waiting == 1 ? "s" : "");
}

static void say_warnings(struct plan *plan, const struct postgres_victims *victims) {
  size_t active = count_state(victims, POSTGRES_STATE_ACTIVE);
  if (active > 0 && victims->effect != POSTGRES_CANCEL)
    plan_say(plan, PLAN_WARNING,
             victims->count == 1 ? "a query runs: cancel (C) would end it and leave the session"
                                 : "queries run: cancel (C) would end them and leave the "
                                   "sessions");
  warn_of_work(plan, victims);
  warn_of_waiters(plan, victims);
}

static void say_preconditions(struct plan *plan, const struct postgres_victims *victims) {
  static const char *const still[] = {
      [POSTGRES_CANCEL] = ", and runs that same query",
      [POSTGRES_TERMINATE] = "",
      [POSTGRES_TERMINATE_ACTIVE] = ", and runs that same query",
      [POSTGRES_TERMINATE_IDLE] = ", and has been idle in its transaction ever since",
  };
  plan_say(plan, PLAN_PRECONDITION,
           "the session is still the same (pid and start), a client's, not stacktop's own%s",
           still[victims->effect]);
  plan_say(plan, PLAN_PRECONDITION,
           "we are a member of its role or of pg_signal_backend; a superuser's needs a superuser");
}

void postgres_sessions_say(struct plan *plan, const struct postgres_victims *victims) {
  say_warnings(plan, victims);
  say_freed(plan, victims);
  say_end(plan, victims);
  say_loss(plan, victims);
  say_preconditions(plan, victims);
}
