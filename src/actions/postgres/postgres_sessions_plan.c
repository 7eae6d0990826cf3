#include "actions/postgres/postgres_identity.h"
#include "actions/postgres/postgres_sessions.h"

#include "clients/postgres/statement.h"
#include "core/format.h"
#include "core/mem.h"
#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_MAX = 160 }; /* bytes of a query that are shown */

enum { CELLS_FOUND = 7, CELL_FREES = CELLS_FOUND, CELL_QUERY, CELL_COUNT };

static const struct plan_column columns[CELL_COUNT] = {
    {"USER", false},   {"DATABASE", false}, {"APPLICATION", false},
    {"CLIENT", false}, {"STATE", false},    {"FOR", true},
    {"TXN", true},     {"FREES", true},     {"QUERY", false},
};

/* What the first of them are in the survey's table. */
static const char *const sources[CELLS_FOUND] = {
    POSTGRES_SESSIONS_ID_USER,
    POSTGRES_SESSIONS_ID_DATABASE,
    POSTGRES_SESSIONS_ID_APPLICATION,
    POSTGRES_SESSIONS_ID_CLIENT,
    POSTGRES_SESSIONS_ID_STATE,
    POSTGRES_SESSIONS_ID_STATE_AGE,
    POSTGRES_SESSIONS_ID_TRANSACTION_AGE,
};

static const char *const identities[SESSION_IDENTITY_COUNT] = {
    [SESSION_IDENTITY_PID] = "pid",
    [SESSION_IDENTITY_START] = "backend_start",
    [SESSION_IDENTITY_MOMENT] = "moment",
    [SESSION_IDENTITY_WAITERS] = "waiters",
};

/* ---- who is freed */

struct waiter {
  int64_t pid;
  const char *blockers; /* "8123, 8140"; "": waits for nobody */
  int object;           /* it is one, or waits for one: its index; else -1 */
  bool is_object;
  bool freed; /* or an object */
};

static const struct waiter *find_waiter(const struct waiter *waiters, size_t count, int64_t pid) {
  for (size_t i = 0; pid > 0 && i < count; i++) /* a prepared transaction is nobody's */
    if (waiters[i].pid == pid)
      return &waiters[i];
  return NULL;
}

/* Looks at its blockers once. Whether anything is new. */
static bool waiter_step(struct waiter *waiter, const struct waiter *waiters, size_t count) {
  const struct waiter was = *waiter;
  const char *at = waiter->blockers;
  bool all = true;
  int64_t pid;
  if (waiter->is_object || !*at)
    return false;
  while (postgres_pid_next(&at, &pid)) {
    const struct waiter *blocker = find_waiter(waiters, count, pid);
    all = all && blocker && blocker->freed;
    if (blocker && waiter->object < 0)
      waiter->object = blocker->object;
  }
  waiter->freed = waiter->freed || all;
  return waiter->object != was.object || waiter->freed != was.freed;
}

static void find_freed(struct postgres_objects *objects) {
  const struct table *table = objects->table;
  const size_t count = table->row_count;
  struct waiter *waiters = mem_new((count + 1) * sizeof *waiters);
  objects->freed = mem_new((count + 1) * sizeof *objects->freed);
  for (size_t i = 0; i < count; i++) {
    const struct row *row = &table->rows[i];
    waiters[i] = (struct waiter){.pid = postgres_found_int(table, row, POSTGRES_SESSIONS_ID_PID),
                                 .blockers = postgres_session_text(row, SESSION_FOUND_BLOCKED_BY),
                                 .object = -1};
    for (size_t v = 0; v < objects->count; v++)
      if (objects->rows[v] == row) {
        waiters[i].object = (int)v;
        waiters[i].is_object = waiters[i].freed = true;
      }
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < count; i++)
      changed |= waiter_step(&waiters[i], waiters, count);
  }
  for (size_t i = 0; i < count; i++) {
    const bool waits = !waiters[i].is_object && waiters[i].object >= 0;
    objects->freed[i] = waits && waiters[i].freed ? waiters[i].object : -1;
    objects->freed_count += objects->freed[i] >= 0;
    objects->others += waits && !waiters[i].freed;
  }
  free(waiters);
}

/* ---- the objects */

static const char *cell_text(struct plan *plan, const struct table *table, const struct row *row,
                             const char *column) {
  int index = table_column(table->spec, column);
  struct value value = postgres_found(table, row, column);
  char text[FORMAT_MAX];
  if (value.type == VALUE_TEXT)
    return plan_copy(plan, value.text);
  if (value.type == VALUE_NONE)
    return value.text ? "?" : NULL;
  format_value(text, sizeof text, value, table->spec->columns[index].unit, false);
  return plan_copy(plan, text);
}

static const char *query_text(struct plan *plan, const struct table *table, const struct row *row) {
  const char *query = postgres_found_text(table, row, POSTGRES_SESSIONS_ID_QUERY);
  char text[QUERY_MAX], masked[4 * QUERY_MAX];
  if (!*query)
    return postgres_found(table, row, POSTGRES_SESSIONS_ID_QUERY).text ? "?" : NULL;
  size_t length = statement_without_literals(masked, sizeof masked, query);
  text_sanitize(text, sizeof text, masked, length, false);
  return plan_printf(plan, "%s%s", text, length >= sizeof text ? "..." : "");
}

/* The keys of those that the object frees; NULL: nobody. */
static const char *waiters_text(struct plan *plan, const struct postgres_objects *objects,
                                size_t index, size_t *count) {
  size_t size = 1, used = 0;
  *count = 0;
  for (size_t i = 0; i < objects->table->row_count; i++)
    if (objects->freed[i] == (int)index) {
      size += strlen(objects->table->rows[i].key) + 1;
      ++*count;
    }
  char *text = mem_new(size);
  for (size_t i = 0; i < objects->table->row_count; i++)
    if (objects->freed[i] == (int)index)
      used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "",
                               objects->table->rows[i].key);
  const char *copy = *count ? arena_text(&plan->arena, text, used) : NULL;
  free(text);
  return copy;
}

/* The moment that the effect is bound to, "" if it is to none. Only what looks like a time is taken
 * over into the SQL that is shown. */
static bool moment_of(const struct table *table, const struct row *row, enum postgres_effect effect,
                      const char **moment, struct err *err) {
  const char *source = postgres_effects[effect].moment;
  *moment = source ? postgres_found_text(table, row, source) : "";
  if (!source || (**moment && strspn(*moment, "0123456789-+:. ") == strlen(*moment)))
    return true;
  return err_set(err, ERR_UNSUPPORTED, "%s: the time since when it is in its state is not known",
                 postgres_found_text(table, row, POSTGRES_SESSIONS_ID_SESSION));
}

static bool add_object(struct plan *plan, const struct postgres_objects *objects, size_t index,
                       struct err *err) {
  const struct row *row = objects->rows[index];
  const char *label = postgres_found_text(objects->table, row, POSTGRES_SESSIONS_ID_SESSION);
  struct value pid = postgres_found(objects->table, row, POSTGRES_SESSIONS_ID_PID);
  char start[POSTGRES_MOMENT_MAX];
  const char *moment;
  if (pid.type != VALUE_INT || !postgres_key_start(row->key, start))
    return err_set(err, ERR_INVALID, "%s: the session cannot be identified", label);
  if (!moment_of(objects->table, row, postgres_effect_of(plan), &moment, err))
    return false;
  struct plan_object *object = plan_object(plan, row->key, label);
  if (!object)
    return err_set(err, ERR_LIMIT, "too many at once; select fewer");
  size_t freed;
  for (size_t c = 0; c < CELLS_FOUND; c++)
    object->cells[c] = cell_text(plan, objects->table, row, sources[c]);
  object->cells[CELL_QUERY] = query_text(plan, objects->table, row);
  object->identities[SESSION_IDENTITY_PID] = plan_printf(plan, "%lld", (long long)pid.integer);
  object->identities[SESSION_IDENTITY_START] = plan_copy(plan, start);
  object->identities[SESSION_IDENTITY_MOMENT] = *moment ? plan_copy(plan, moment) : NULL;
  object->identities[SESSION_IDENTITY_WAITERS] = waiters_text(plan, objects, index, &freed);
  object->cells[CELL_FREES] =
      postgres_found(objects->table, row, POSTGRES_SESSIONS_ID_BLOCKS).type == VALUE_NONE
          ? "?"
          : plan_printf(plan, "%zu", freed);
  char quoted_start[POSTGRES_MOMENT_MAX + 2], quoted_moment[POSTGRES_MOMENT_MAX + 2];
  char sql[POSTGRES_EFFECT_MAX];
  snprintf(quoted_start, sizeof quoted_start, "'%s'", start);
  snprintf(quoted_moment, sizeof quoted_moment, "'%.*s'", POSTGRES_MOMENT_MAX - 1, moment);
  plan_say(plan, PLAN_EFFECT, "%s;",
           postgres_effect_sql(postgres_effect_of(plan), object->identities[SESSION_IDENTITY_PID],
                               quoted_start, quoted_moment, sql));
  return true;
}

static int64_t counted(const struct action_request *request, enum postgres_session_counts count) {
  const struct table *table = sample_table_view(request->found, postgres_sessions_counts_table.id);
  return table && table->row_count > 0 ? table->rows[0].cells[count].integer : 0;
}

bool postgres_sessions_plan(const struct action_request *request, const struct row *const *rows,
                            size_t count, struct plan *plan, struct err *err) {
  const struct table *table = &request->found->tables[0];
  struct postgres_objects objects = {.table = table, .rows = rows, .count = count};
  find_freed(&objects);
  ACTION_OBJECTS(plan, columns, identities);
  plan->unit = count == 1 ? "session" : "sessions";
  bool good = true;
  for (size_t i = 0; i < count && good; i++)
    good = add_object(plan, &objects, i, err);
  if (good && count == 1)
    plan->name = plan->objects[0].identities[SESSION_IDENTITY_PID];
  postgres_identity_bind(request, plan, POSTGRES_OF_RUN);
  objects.waiting = counted(request, SESSION_COUNT_WAITING);
  if (good)
    postgres_sessions_say(plan, &objects);
  free(objects.freed);
  return good;
}

/* The rows of the request, each once; NULL with why one of them cannot be planned for. */
static const struct row **rows_found(const struct action_request *request,
                                     enum postgres_effect effect, size_t *count, struct err *err) {
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
    if (good && !postgres_session_check(table, row, effect, &why))
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
  const bool cancel = postgres_effect_of(plan) == POSTGRES_CANCEL;
  size_t count;
  const struct row **rows = rows_found(request, postgres_effect_of(plan), &count, err);
  if (!rows)
    return false;
  if (count == 1)
    plan->title = plan_printf(
        plan, "%s%s of %s", cancel ? "Cancel the query of " : "Terminate ",
        postgres_found_text(&request->found->tables[0], rows[0], POSTGRES_SESSIONS_ID_SESSION),
        plan->target);
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
  const int64_t wanted = counted(request, SESSION_COUNT_WANTED);
  const int64_t hidden = counted(request, SESSION_COUNT_HIDDEN);
  const char *age = request->texts[0]; /* the only parameter */
  const char *state =
      postgres_effect_of(plan) == POSTGRES_TERMINATE_ACTIVE ? "active" : "idle in transaction";
  size_t count = 0;
  for (size_t i = 0; i < table->row_count; i++)
    if (table->rows[i].cells[SESSION_FOUND_WANTED].integer)
      rows[count++] = &table->rows[i];
  if (hidden > 0)
    plan_say(plan, PLAN_WARNING, "%lld session%s cannot be judged: needs pg_monitor",
             (long long)hidden, hidden == 1 ? "" : "s");
  if (wanted > (int64_t)count)
    plan_say(plan, PLAN_WARNING, "the %zu oldest of %lld sessions: make another plan afterwards",
             count, (long long)wanted);
  bool good =
      count > 0 || err_set(err, ERR_INVALID, "no visible session has been %s for %s", state, age);
  good = good && postgres_sessions_plan(request, rows, count, plan, err);
  plan->title = plan_printf(plan, "Terminate %zu session%s of %s: %s for %s or longer", count,
                            count == 1 ? "" : "s", plan->target, state, age);
  free(rows);
  return good;
}
