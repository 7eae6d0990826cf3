#include "actions/postgres/sessions/postgres_sessions.h"

#include "core/text/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct value cell(const struct postgres_objects *objects, size_t index,
                         enum postgres_session_found column) {
  return objects->rows[index]->cells[column];
}

static size_t count_text(const struct postgres_objects *objects, enum postgres_session_found column,
                         const char *text) {
  size_t count = 0;
  for (size_t i = 0; i < objects->count; i++)
    count += strcmp(postgres_session_text(objects->rows[i], column), text) == 0;
  return count;
}

static void say_freed(struct plan *plan, const struct postgres_objects *objects) {
  const char *them = objects->count == 1 ? "it" : "them", *blind = NULL;
  char some[64] = "";
  size_t looked = 0;
  if (objects->behind > 0)
    snprintf(some, sizeof some, ", %zu of them indirectly", objects->behind);
  for (size_t i = 0; i < objects->count; i++) {
    struct value blocks = cell(objects, i, SESSION_FOUND_BLOCKS);
    if (blocks.type == VALUE_NONE)
      blind = blocks.text ? blocks.text : "no reason given";
  }
  if (objects->freed > 0)
    plan_say(
        plan, PLAN_BLAST, "frees %s for %s%s",
        postgres_counted(plan, (int64_t)objects->freed, "session that waits", "sessions that wait"),
        them, some);
  else if (blind)
    plan_say(plan, PLAN_BLAST, "the sessions waiting for %s are not known: %s", them, blind);
  else if (objects->others == 0)
    plan_say(plan, PLAN_BLAST, "frees no session: none waits for %s", them);
  for (size_t i = 0; i < objects->table->row_count; i++)
    looked += *postgres_session_text(&objects->table->rows[i], SESSION_FOUND_BLOCKED_BY) != '\0';
  if (objects->waiting > (int64_t)looked)
    plan_say(plan, PLAN_BLAST,
             "at least that many: of %lld sessions that wait for a lock, only %zu were examined",
             (long long)objects->waiting, looked);
  if (objects->others > 0)
    plan_say(plan, PLAN_BLAST, "%s waiting",
             postgres_counted(plan, (int64_t)objects->others,
                              "session waits for others as well, and keeps",
                              "sessions wait for others as well, and keep"));
}

/* What fails, and what is rolled back. */
static void say_cancel(struct plan *plan, bool one) {
  plan_say(plan, PLAN_BLAST,
           one ? "its client gets an error (57014) for the query; the session stays"
               : "their clients get an error (57014) for the query; the sessions stay");
  plan_say(plan, PLAN_LOSS,
           one ? "what the query has done so far is rolled back, and the transaction with it"
               : "what the queries have done so far is rolled back, and the transaction with them");
}

static void say_terminate(struct plan *plan, const struct postgres_objects *objects, bool one) {
  size_t open = 0;
  double oldest = 0, age;
  char time[FORMAT_MAX];
  for (size_t i = 0; i < objects->count; i++)
    if (value_number(cell(objects, i, SESSION_FOUND_TRANSACTION_AGE), &age)) {
      open++;
      oldest = age > oldest ? age : oldest;
    }
  format_duration(time, sizeof time, oldest);
  plan_say(plan, PLAN_BLAST,
           one ? "its client sees the connection break; a pool will reconnect"
               : "their clients see the connections break; pools will reconnect");
  if (open == 1)
    plan_say(plan, PLAN_LOSS, "%s open transaction, begun %s ago, is rolled back",
             one ? "its" : "one", time);
  else if (open > 1)
    plan_say(plan, PLAN_LOSS, "%zu open transactions are rolled back, the oldest begun %s ago",
             open, time);
  plan_say(plan, PLAN_LOSS, "%s temporary tables, prepared statements and session locks",
           one ? "its" : "their");
  if (count_text(objects, SESSION_FOUND_STATE, POSTGRES_STATE_ACTIVE) > 0)
    plan_say(plan, PLAN_WARNING,
             one ? "a query runs: cancel (C) would end it and leave the session"
                 : "queries run: cancel (C) would end them and leave the sessions");
}

/* Work whose loss costs time. */
static void warn_of_work(struct plan *plan, const struct postgres_objects *objects) {
  static const struct {
    const char *application, *says;
  } works[] = {{"pg_dump", "a backup (pg_dump)"}, {"stacktop", "stacktop's own work"}};
  for (size_t w = 0; w < sizeof works / sizeof *works; w++) {
    const size_t count = count_text(objects, SESSION_FOUND_APPLICATION, works[w].application);
    if (count > 1)
      plan_say(plan, PLAN_WARNING, "%zu of them are %s", count, works[w].says);
    for (size_t i = 0; count == 1 && i < objects->count; i++)
      if (strcmp(postgres_session_text(objects->rows[i], SESSION_FOUND_APPLICATION),
                 works[w].application) == 0)
        plan_say(plan, PLAN_WARNING, "%s is %s",
                 postgres_session_text(objects->rows[i], SESSION_FOUND_LABEL), works[w].says);
  }
}

static void warn_of_waiters(struct plan *plan, const struct postgres_objects *objects) {
  const struct row *holder = NULL;
  size_t waiting = 0;
  for (size_t i = 0; i < objects->count; i++) {
    const struct row *root = postgres_session_root(objects->table, objects->rows[i]);
    waiting += root != objects->rows[i];
    holder = root != objects->rows[i] ? root : holder;
  }
  if (waiting == 1 && objects->count == 1)
    plan_say(plan, PLAN_WARNING, "it is itself blocked by %s",
             postgres_session_text(holder, SESSION_FOUND_LABEL));
  else if (waiting > 0)
    plan_say(plan, PLAN_WARNING, "%s for a lock: to end who holds it frees them",
             postgres_counted(plan, (int64_t)waiting, "of them waits", "of them wait"));
}

void postgres_sessions_say(struct plan *plan, const struct postgres_objects *objects) {
  const struct postgres_effect *effect = postgres_effect_of(plan);
  const bool one = objects->count == 1;
  say_freed(plan, objects);
  if (effect->cancels)
    say_cancel(plan, one);
  else
    say_terminate(plan, objects, one);
  warn_of_work(plan, objects);
  warn_of_waiters(plan, objects);
  plan_say(
      plan, PLAN_PRECONDITION,
      "the session is still the same (pid and start), a client session and not stacktop's own%s",
      effect->still_words);
  plan_say(plan, PLAN_PRECONDITION,
           "the role is a member of the session's role or of pg_signal_backend; a superuser's "
           "session requires a superuser");
}
