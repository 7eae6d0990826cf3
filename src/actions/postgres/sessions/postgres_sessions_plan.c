#include "actions/postgres/sessions/postgres_sessions.h"

#include "actions/found.h"
#include "clients/postgres/statement.h"
#include "core/mem.h"
#include "core/text/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_MAX = 160 }; /* bytes of a query that are shown */

enum { CELL_FREES = 7, CELL_QUERY };
static const struct postgres_column columns[] = {
    {"USER", POSTGRES_SESSIONS_ID_USER},
    {"DATABASE", POSTGRES_SESSIONS_ID_DATABASE},
    {"APPLICATION", POSTGRES_SESSIONS_ID_APPLICATION},
    {"CLIENT", POSTGRES_SESSIONS_ID_CLIENT},
    {"STATE", POSTGRES_SESSIONS_ID_STATE},
    {"FOR", POSTGRES_SESSIONS_ID_STATE_AGE},
    {"TXN", POSTGRES_SESSIONS_ID_TRANSACTION_AGE},
    {"FREES", POSTGRES_SESSIONS_ID_BLOCKS}, /* where that is known, how many it unblocks */
    {"QUERY", NULL},
    {0},
};
static const char *const identities[] = {POSTGRES_SESSIONS_ID_PID, POSTGRES_SESSION_START,
                                         POSTGRES_SESSION_MOMENT, POSTGRES_SESSION_WAITERS, NULL};
static const struct postgres_plan_spec spec = {columns, identities, POSTGRES_OF_RUN};

/* ---- which sessions are unblocked */

static struct postgres_fate *fate_of(const struct postgres_objects *objects, int64_t pid) {
  for (size_t i = 0; pid > 0 && i < objects->table->row_count; i++) /* 0: a prepared transaction */
    if (objects->table->rows[i].cells[SESSION_FOUND_PID].integer == pid)
      return &objects->fates[i];
  return NULL;
}

/* Looks once at what the session in that row waits for. Whether anything changed. */
static bool look_up(const struct postgres_objects *objects, size_t row) {
  const char *at = postgres_session_text(&objects->table->rows[row], SESSION_FOUND_BLOCKED_BY);
  struct postgres_fate *fate = &objects->fates[row];
  const struct postgres_fate was = *fate;
  bool all = true;
  int64_t pid;
  if (fate->is_object || !*at)
    return false;
  while (postgres_pid_next(&at, &pid)) {
    const struct postgres_fate *blocker = fate_of(objects, pid);
    all = all && blocker && blocker->is_freed;
    if (blocker && fate->object < 0)
      fate->object = blocker->object;
    fate->is_direct = fate->is_direct || (blocker && blocker->is_object);
  }
  fate->is_freed = fate->is_freed || all;
  return fate->object != was.object || fate->is_freed != was.is_freed;
}

static void find_fates(struct postgres_objects *objects) {
  const size_t count = objects->table->row_count;
  objects->fates = mem_new((count + 1) * sizeof *objects->fates);
  for (size_t i = 0; i < count; i++)
    objects->fates[i].object = -1;
  for (size_t i = 0; i < objects->count; i++)
    objects->fates[objects->rows[i] - objects->table->rows] =
        (struct postgres_fate){.object = (int)i, .is_object = true, .is_freed = true};
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < count; i++)
      changed |= look_up(objects, i);
  }
  for (size_t i = 0; i < count; i++) {
    const struct postgres_fate *fate = &objects->fates[i];
    const bool waits = !fate->is_object && fate->object >= 0;
    objects->freed += waits && fate->is_freed;
    objects->behind += waits && fate->is_freed && !fate->is_direct;
    objects->others += waits && !fate->is_freed;
  }
}

/* ---- the objects */

static const char *query_text(struct plan *plan, const struct row *row) {
  const char *query = postgres_session_text(row, SESSION_FOUND_QUERY);
  char text[QUERY_MAX], masked[4 * QUERY_MAX];
  if (!*query)
    return row->cells[SESSION_FOUND_QUERY].text ? "?" : NULL;
  size_t length = statement_without_literals(masked, sizeof masked, query);
  text_sanitize(text, sizeof text, masked, length, false);
  return plan_printf(plan, "%s%s", text, length >= sizeof text ? "..." : "");
}

/* The keys of the sessions that the object unblocks; NULL: none. For free(). */
static char *waiters_text(const struct postgres_objects *objects, size_t index, size_t *count) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  *count = 0;
  for (size_t i = 0; i < objects->table->row_count; i++) {
    const struct postgres_fate *fate = &objects->fates[i];
    if (fate->object == (int)index && fate->is_freed && !fate->is_object)
      fprintf(out, "%s%s", (*count)++ ? " " : "", objects->table->rows[i].key);
  }
  fclose(out);
  return text;
}

/* The moment that the effect is bound to, "" if it is not bound. Only text that looks like a time
 * goes into the SQL that is shown. */
static bool moment_of(const struct table *table, const struct row *row,
                      const struct postgres_effect *effect, const char **moment, struct err *err) {
  const char *source = effect->moment;
  *moment = source ? postgres_found_text(table, row, source) : "";
  if (!source || (**moment && strspn(*moment, "0123456789-+:. ") == strlen(*moment)))
    return true;
  return err_set(err, ERR_UNSUPPORTED, "%s: the time since when it is in its state is not known",
                 postgres_found_text(table, row, POSTGRES_SESSIONS_ID_SESSION));
}

static bool add_object(const struct action_request *request, struct plan *plan,
                       const struct postgres_objects *objects, size_t index, struct err *err) {
  const struct postgres_effect *effect = postgres_effect_of(plan);
  const struct row *row = objects->rows[index];
  char start[POSTGRES_MOMENT_MAX], sql[POSTGRES_EFFECT_MAX];
  const char *moment;
  if (!postgres_key_start(row->key, start))
    return err_set(err, ERR_INVALID, "%s: the session cannot be identified",
                   postgres_session_text(row, SESSION_FOUND_LABEL));
  if (!moment_of(objects->table, row, effect, &moment, err))
    return false;
  struct plan_object *object = postgres_plan_add(request, plan, &spec, row, err);
  if (!object)
    return false;
  size_t freed;
  char *waiters = waiters_text(objects, index, &freed);
  postgres_identify(plan, object, POSTGRES_SESSION_START, start);
  postgres_identify(plan, object, POSTGRES_SESSION_MOMENT, *moment ? moment : NULL);
  postgres_identify(plan, object, POSTGRES_SESSION_WAITERS, freed ? waiters : NULL);
  free(waiters);
  if (row->cells[SESSION_FOUND_BLOCKS].type == VALUE_INT)
    object->cells[CELL_FREES] = plan_printf(plan, "%zu", freed);
  object->cells[CELL_QUERY] = query_text(plan, row);
  postgres_effect_sql(effect,
                      plan_printf(plan, "%lld", (long long)row->cells[SESSION_FOUND_PID].integer),
                      plan_printf(plan, "'%s'", start), plan_printf(plan, "'%s'", moment), sql);
  plan_say(plan, PLAN_EFFECT, "%s;", sql);
  return true;
}

bool postgres_sessions_plan(const struct action_request *request, const struct row *const *rows,
                            size_t count, struct plan *plan, struct err *err) {
  const struct table *table = &request->found->tables[0];
  struct postgres_objects objects = {.table = table, .rows = rows, .count = count};
  find_fates(&objects);
  postgres_plan_begin(request, plan, &spec);
  plan->unit = count == 1 ? "session" : "sessions";
  bool good = true;
  for (size_t i = 0; i < count && good; i++)
    good = add_object(request, plan, &objects, i, err);
  if (good && count == 1)
    plan->name = action_identity(plan, 0, POSTGRES_SESSIONS_ID_PID);
  objects.waiting = found_int(request->found, POSTGRES_SESSIONS_WAITING, 0);
  if (good)
    postgres_sessions_say(plan, &objects);
  free(objects.fates);
  return good;
}

/* The rows of the request, each once; NULL with the reason why one of them cannot be planned for.
 */
static const struct row **rows_found(const struct action_request *request, bool cancels,
                                     size_t *count, struct err *err) {
  const struct row **rows = mem_new((request->key_count + 1) * sizeof *rows);
  const struct table *table = &request->found->tables[0];
  bool good = request->key_count > 0 || err_set(err, ERR_INVALID, "no session is selected");
  *count = 0;
  for (size_t i = 0; good && i < request->key_count; i++) {
    struct err why;
    const struct row *row = postgres_session_found(request, request->keys[i], err);
    bool twice = false;
    for (size_t j = 0; j < *count; j++)
      twice = twice || rows[j] == row;
    good = row != NULL;
    if (good && !postgres_session_check(table, row, cancels, &why))
      good = err_set(err, why.kind, "%s: %.200s",
                     postgres_found_text(table, row, POSTGRES_SESSIONS_ID_SESSION), why.text);
    if (good && !twice)
      rows[(*count)++] = row;
  }
  if (good)
    return rows;
  free(rows);
  return NULL;
}

bool postgres_sessions_plan_rows(const struct action_request *request, struct plan *plan,
                                 struct err *err) {
  const bool cancel = postgres_effect_of(plan)->cancels;
  size_t count;
  const struct row **rows = rows_found(request, cancel, &count, err);
  if (!rows)
    return false;
  if (count == 1)
    plan->title = plan_printf(plan, "%s%s of %s", cancel ? "Cancel the query of " : "Terminate ",
                              postgres_session_text(rows[0], SESSION_FOUND_LABEL), plan->target);
  else
    plan->title =
        plan_printf(plan, "%s%zu sessions of %s", cancel ? "Cancel the queries of " : "Terminate ",
                    count, plan->target);
  bool good = postgres_sessions_plan(request, rows, count, plan, err);
  free(rows);
  return good;
}

bool postgres_sessions_plan_all(const struct action_request *request, struct plan *plan,
                                struct err *err) {
  const struct table *table = &request->found->tables[0];
  const struct row **rows = mem_new((table->row_count + 1) * sizeof *rows);
  const int64_t wanted = found_int(request->found, POSTGRES_SESSIONS_WANTED, 0);
  const int64_t hidden = found_int(request->found, POSTGRES_SESSIONS_HIDDEN, 0);
  const char *age = request->texts[0]; /* the only parameter */
  const char *state = postgres_effect_of(plan)->lasts;
  size_t count = 0;
  for (size_t i = 0; i < table->row_count; i++)
    if (table->rows[i].cells[SESSION_FOUND_WANTED].integer)
      rows[count++] = &table->rows[i];
  if (hidden > 0)
    plan_say(plan, PLAN_WARNING, "%s cannot be judged: needs pg_monitor",
             postgres_counted(plan, hidden, "session", "sessions"));
  if (wanted > (int64_t)count)
    plan_say(plan, PLAN_WARNING, "the %zu oldest of %lld sessions: make another plan afterwards",
             count, (long long)wanted);
  bool good =
      count > 0 || err_set(err, ERR_INVALID, "no visible session has been %s for %s", state, age);
  good = good && postgres_sessions_plan(request, rows, count, plan, err);
  plan->title = plan_printf(plan, "Terminate %s of %s: %s for %s or longer",
                            postgres_counted(plan, (int64_t)count, "session", "sessions"),
                            plan->target, state, age);
  free(rows);
  return good;
}
