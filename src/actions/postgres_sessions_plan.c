#include "actions/postgres_sessions.h"

#include "core/format.h"
#include "core/mem.h"
#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_MAX = 160 }; /* bytes of a query that are shown */

enum {
  CELL_USER,
  CELL_DATABASE,
  CELL_APPLICATION,
  CELL_CLIENT,
  CELL_STATE,
  CELL_FOR,
  CELL_TXN,
  CELL_FREES,
  CELL_QUERY,
  CELL_COUNT
};

static const struct plan_column columns[CELL_COUNT] = {
    [CELL_USER] = {.title = "USER"},
    [CELL_DATABASE] = {.title = "DATABASE"},
    [CELL_APPLICATION] = {.title = "APPLICATION"},
    [CELL_CLIENT] = {.title = "CLIENT"},
    [CELL_STATE] = {.title = "STATE"},
    [CELL_FOR] = {.title = "FOR", .right = true},
    [CELL_TXN] = {.title = "TXN", .right = true},
    [CELL_FREES] = {.title = "FREES", .right = true},
    [CELL_QUERY] = {.title = "QUERY"},
};

/* What they are in the table; NULL: made here. */
static const char *const sources[CELL_COUNT] = {
    [CELL_USER] = "user",
    [CELL_DATABASE] = "database",
    [CELL_APPLICATION] = "application",
    [CELL_CLIENT] = "client",
    [CELL_STATE] = "state",
    [CELL_FOR] = "state_age",
    [CELL_TXN] = "transaction_age",
};

static const char *const pins[SESSION_PIN_COUNT] = {
    [SESSION_PIN_PID] = "pid",
    [SESSION_PIN_START] = "backend_start",
    [SESSION_PIN_MOMENT] = "moment",
    [SESSION_PIN_WAITERS] = "waiters",
};

/* Whom it is planned for. */
struct victims {
  const struct table *table;
  const struct row *const *rows;
  size_t count;
  enum postgres_effect effect;
  const int *freed; /* of postgres_sessions_freed */
  size_t freed_count, others;
};

static bool state_is(const struct victims *victims, size_t index, const char *state) {
  const char *text = postgres_session_text(victims->table, victims->rows[index], "state");
  return strcmp(text, state) == 0;
}

static size_t count_state(const struct victims *victims, const char *state) {
  size_t count = 0;
  for (size_t i = 0; i < victims->count; i++)
    count += state_is(victims, i, state);
  return count;
}

static const char *plural(size_t count) {
  return count == 1 ? "" : "s";
}

/* ---- the victims */

static const char *cell_text(struct plan *plan, const struct table *table, const struct row *row,
                             const char *column) {
  int index = table_column(table->spec, column);
  struct value value = postgres_session_cell(table, row, column);
  char text[FORMAT_MAX];
  if (value.type == VALUE_TEXT)
    return plan_copy(plan, value.text);
  if (value.type == VALUE_NONE)
    return value.text ? "?" : NULL;
  format_value(text, sizeof text, value, table->spec->columns[index].unit, false);
  return plan_copy(plan, text);
}

static const char *query_text(struct plan *plan, const struct table *table, const struct row *row) {
  const char *query = postgres_session_text(table, row, "query");
  char text[QUERY_MAX];
  if (!*query)
    return postgres_session_cell(table, row, "query").text ? "?" : NULL;
  text_sanitize(text, sizeof text, query, strlen(query), false);
  return plan_printf(plan, "%s%s", text, strlen(query) >= sizeof text ? "..." : "");
}

/* The keys of those that the victim frees; NULL: nobody. */
static const char *waiters_text(struct plan *plan, const struct victims *victims, size_t index,
                                size_t *count) {
  size_t size = 1, used = 0;
  *count = 0;
  for (size_t i = 0; i < victims->table->row_count; i++)
    if (victims->freed[i] == (int)index) {
      size += strlen(victims->table->rows[i].key) + 1;
      ++*count;
    }
  char *text = mem_new(size);
  for (size_t i = 0; i < victims->table->row_count; i++)
    if (victims->freed[i] == (int)index)
      used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "",
                               victims->table->rows[i].key);
  const char *copy = *count ? arena_text(&plan->arena, text, used) : NULL;
  free(text);
  return copy;
}

/* The moment that the effect is bound to, "" if it is to none. Only what looks like a time is taken
 * over into the SQL that is shown. */
static bool moment_of(const struct victims *victims, const struct row *row, const char **moment,
                      struct err *err) {
  static const char *const sources_of[] = {
      [POSTGRES_CANCEL] = "query_start",
      [POSTGRES_TERMINATE] = NULL,
      [POSTGRES_TERMINATE_ACTIVE] = "query_start",
      [POSTGRES_TERMINATE_IDLE] = "state_change",
  };
  const char *source = sources_of[victims->effect];
  *moment = source ? postgres_session_text(victims->table, row, source) : "";
  if (!source || (**moment && strspn(*moment, "0123456789-+:. ") == strlen(*moment)))
    return true;
  return err_set(err, ERR_UNSUPPORTED, "%s: since when it is in its state is not known",
                 postgres_session_text(victims->table, row, "session"));
}

static bool add_victim(struct plan *plan, const struct victims *victims, size_t index,
                       struct err *err) {
  const struct row *row = victims->rows[index];
  const char *label = postgres_session_text(victims->table, row, "session");
  struct value pid = postgres_session_cell(victims->table, row, "pid");
  char start[POSTGRES_MOMENT_MAX];
  const char *moment;
  if (pid.type != VALUE_INT || !postgres_key_start(row->key, start))
    return err_set(err, ERR_INVALID, "%s: who it is cannot be told for sure", label);
  if (!moment_of(victims, row, &moment, err))
    return false;
  struct plan_victim *victim = plan_victim(plan, row->key, label);
  if (!victim)
    return err_set(err, ERR_LIMIT, "more than can be done at once: pick fewer");
  size_t freed;
  for (size_t c = 0; c < CELL_COUNT; c++)
    if (sources[c])
      victim->cells[c] = cell_text(plan, victims->table, row, sources[c]);
  victim->cells[CELL_QUERY] = query_text(plan, victims->table, row);
  victim->pins[SESSION_PIN_PID] = plan_printf(plan, "%lld", (long long)pid.integer);
  victim->pins[SESSION_PIN_START] = plan_copy(plan, start);
  victim->pins[SESSION_PIN_MOMENT] = *moment ? plan_copy(plan, moment) : NULL;
  victim->pins[SESSION_PIN_WAITERS] = waiters_text(plan, victims, index, &freed);
  victim->cells[CELL_FREES] =
      postgres_session_cell(victims->table, row, "blocks").type == VALUE_NONE
          ? "?"
          : plan_printf(plan, "%zu", freed);
  char quoted_start[POSTGRES_MOMENT_MAX + 2], quoted_moment[POSTGRES_MOMENT_MAX + 2];
  char sql[POSTGRES_EFFECT_MAX];
  snprintf(quoted_start, sizeof quoted_start, "'%s'", start);
  snprintf(quoted_moment, sizeof quoted_moment, "'%.*s'", POSTGRES_MOMENT_MAX - 1, moment);
  plan_say(plan, PLAN_EFFECT, "%s;",
           postgres_effect_sql(victims->effect, victim->pins[SESSION_PIN_PID], quoted_start,
                               quoted_moment, sql));
  return true;
}

/* ---- what it means */

static void say_freed(struct plan *plan, const struct victims *victims) {
  const char *them = victims->count == 1 ? "it" : "them";
  const char *blind = NULL;
  for (size_t i = 0; i < victims->count; i++) {
    struct value blocks = postgres_session_cell(victims->table, victims->rows[i], "blocks");
    if (blocks.type == VALUE_NONE)
      blind = blocks.text ? blocks.text : "not told";
  }
  if (victims->freed_count > 0)
    plan_say(plan, PLAN_BLAST, "frees %zu session%s that wait%s for %s", victims->freed_count,
             plural(victims->freed_count), victims->freed_count == 1 ? "s" : "", them);
  else if (blind)
    plan_say(plan, PLAN_BLAST, "who waits for %s is not known: %s", them, blind);
  else if (victims->others == 0)
    plan_say(plan, PLAN_BLAST, "frees nobody: no session waits for %s", them);
  if (victims->others > 0)
    plan_say(plan, PLAN_BLAST, "%zu session%s wait%s for others as well, and will go on waiting",
             victims->others, plural(victims->others), victims->others == 1 ? "s" : "");
}

static void say_end(struct plan *plan, const struct victims *victims) {
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
static void say_loss(struct plan *plan, const struct victims *victims) {
  size_t open = 0;
  double oldest = 0, age;
  char time[FORMAT_MAX];
  for (size_t i = 0; i < victims->count; i++) {
    struct value value = postgres_session_cell(victims->table, victims->rows[i], "transaction_age");
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
static void warn_of_work(struct plan *plan, const struct victims *victims) {
  static const struct {
    const char *application, *says;
  } works[] = {{"pg_dump", "a backup (pg_dump)"}, {"stacktop", "stacktop's own work"}};
  for (size_t w = 0; w < sizeof works / sizeof *works; w++) {
    size_t count = 0;
    const char *label = "";
    for (size_t i = 0; i < victims->count; i++) {
      const struct row *row = victims->rows[i];
      const char *application = postgres_session_text(victims->table, row, "application");
      if (strcmp(application, works[w].application) != 0)
        continue;
      count++;
      label = postgres_session_text(victims->table, row, "session");
    }
    if (count == 1)
      plan_say(plan, PLAN_WARNING, "%s is %s", label, works[w].says);
    else if (count > 1)
      plan_say(plan, PLAN_WARNING, "%zu of them are %s", count, works[w].says);
  }
}

static void warn_of_waiters(struct plan *plan, const struct victims *victims) {
  size_t waiting = 0;
  const char *holder = "";
  for (size_t i = 0; i < victims->count; i++) {
    const struct row *root = postgres_session_root(victims->table, victims->rows[i]);
    if (root == victims->rows[i])
      continue;
    waiting++;
    holder = postgres_session_text(victims->table, root, "session");
  }
  if (waiting == 1 && victims->count == 1)
    plan_say(plan, PLAN_WARNING, "it waits itself: who holds it up is %s", holder);
  else if (waiting > 0)
    plan_say(plan, PLAN_WARNING, "%zu of them wait%s for a lock: to end who holds it frees them",
             waiting, waiting == 1 ? "s" : "");
}

static void say_warnings(struct plan *plan, const struct victims *victims) {
  size_t active = count_state(victims, "active");
  if (active > 0 && victims->effect != POSTGRES_CANCEL)
    plan_say(plan, PLAN_WARNING,
             victims->count == 1 ? "a query runs: cancel (C) would end it and leave the session"
                                 : "queries run: cancel (C) would end them and leave the "
                                   "sessions");
  warn_of_work(plan, victims);
  warn_of_waiters(plan, victims);
}

static void say_preconditions(struct plan *plan, const struct victims *victims) {
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

bool postgres_sessions_plan(const struct table *table, const struct row *const *rows, size_t count,
                            enum postgres_effect effect, struct plan *plan, struct err *err) {
  struct victims victims = {.table = table, .rows = rows, .count = count, .effect = effect};
  int *freed = postgres_sessions_freed(table, rows, count, &victims.others);
  for (size_t i = 0; i < table->row_count; i++)
    victims.freed_count += freed[i] >= 0;
  victims.freed = freed;
  plan->columns = columns;
  plan->column_count = CELL_COUNT;
  plan->pins = pins;
  plan->pin_count = SESSION_PIN_COUNT;
  plan->unit = count == 1 ? "session" : "sessions";
  bool good = true;
  for (size_t i = 0; i < count && good; i++)
    good = add_victim(plan, &victims, i, err);
  if (good) {
    say_warnings(plan, &victims);
    say_freed(plan, &victims);
    say_end(plan, &victims);
    say_loss(plan, &victims);
    say_preconditions(plan, &victims);
  }
  free(freed);
  return good;
}

bool postgres_sessions_plan_rows(const struct action_request *request, enum postgres_effect effect,
                                 struct plan *plan, struct err *err) {
  if (!postgres_sessions_check(request, effect, err))
    return false;
  const struct table *table = postgres_sessions_table(request);
  size_t count = 0;
  const struct row **rows = mem_new((request->key_count + 1) * sizeof *rows);
  for (size_t i = 0; i < request->key_count; i++) {
    const struct row *row = table_find(table, request->keys[i]);
    bool twice = false;
    for (size_t j = 0; j < count; j++)
      twice = twice || rows[j] == row;
    if (!twice)
      rows[count++] = row;
  }
  const char *label = postgres_session_text(table, rows[0], "session");
  bool cancel = effect == POSTGRES_CANCEL;
  if (count == 1)
    plan->title = plan_printf(plan, "%s%s of %s", cancel ? "Cancel the query of " : "Terminate ",
                              label, plan->target);
  else
    plan->title =
        plan_printf(plan, "%s%zu sessions of %s", cancel ? "Cancel the queries of " : "Terminate ",
                    count, plan->target);
  bool good = postgres_sessions_plan(table, rows, count, effect, plan, err);
  free(rows);
  return good;
}

/* ---- all of a kind */

static bool matches(const struct table *table, const struct row *row, enum postgres_effect effect,
                    double seconds) {
  struct err err;
  const char *state = postgres_session_text(table, row, "state");
  if (!postgres_session_check(table, row, effect, &err))
    return false;
  if (effect == POSTGRES_TERMINATE_ACTIVE)
    return strcmp(state, "active") == 0 && postgres_session_aged(table, row, "query_age", seconds);
  return postgres_session_aged(table, row, "idle_in_transaction", seconds);
}

bool postgres_sessions_plan_all(const struct action_request *request, enum postgres_effect effect,
                                double seconds, struct plan *plan, struct err *err) {
  const struct table *table = postgres_sessions_table(request);
  if (!table)
    return err_set(err, ERR_UNSUPPORTED, "its sessions are not known yet");
  const struct row **rows = mem_new((table->row_count + 1) * sizeof *rows);
  size_t count = 0, hidden = 0;
  for (size_t i = 0; i < table->row_count; i++) {
    struct value type = postgres_session_cell(table, &table->rows[i], "type");
    hidden += type.type == VALUE_NONE && type.text;
    if (matches(table, &table->rows[i], effect, seconds))
      rows[count++] = &table->rows[i];
  }
  if (hidden > 0)
    plan_say(plan, PLAN_WARNING, "%zu session%s cannot be judged: needs pg_monitor", hidden,
             plural(hidden));
  if (table->truncated)
    plan_say(plan, PLAN_WARNING, "not all sessions are listed: make another plan afterwards");
  char age[FORMAT_MAX];
  const char *state = effect == POSTGRES_TERMINATE_ACTIVE ? "active" : "idle in transaction";
  format_duration(age, sizeof age, seconds);
  bool good;
  if (count == 0)
    good = err_set(err, ERR_INVALID, "no session that we may see has been %s for %s", state, age);
  else
    good = postgres_sessions_plan(table, rows, count, effect, plan, err);
  plan->title = plan_printf(plan, "Terminate %zu session%s of %s: %s for %s or longer", count,
                            plural(count), plan->target, state, age);
  free(rows);
  return good;
}
