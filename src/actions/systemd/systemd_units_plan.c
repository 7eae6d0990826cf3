/* What systemd says of each unit now, and the plan that is made of it. */
#include "actions/found.h"
#include "actions/systemd/systemd_units.h"
#include "core/text/quote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Units that are looked at because they depend on what is stopped. */
enum { DEPENDENTS_MAX = 64, LOOKS_MAX = 24 };
enum { SHOWN_STATE, SHOWN_PID, SHOWN_RESTART };

/* ---- survey: what systemd says of each unit now */

enum unit_column {
  UNIT_STATE,
  UNIT_SUB,
  UNIT_LOAD,
  UNIT_RUN,
  UNIT_PID,
  UNIT_RESTARTS,
  UNIT_RESTART,
  UNIT_TRIGGERS,   /* active sockets, timers and paths that start it */
  UNIT_DEPENDENTS, /* active units that are stopped with it */
  UNIT_MORE,       /* "1": there may be further ones */
  UNIT_FILE_STATE,
  UNIT_NO_START, /* "1": not by hand */
  UNIT_NO_STOP,
  UNIT_NO_RELOAD,
  UNIT_RELOAD_NEEDED,
  UNIT_COLUMN_COUNT
};
static const struct column_spec unit_columns[UNIT_COLUMN_COUNT] = {
    [UNIT_STATE] = {.id = SYSTEMD_UNIT_STATE, .title = "STATE", .help = "ActiveState"},
    [UNIT_SUB] = {.id = SYSTEMD_UNIT_SUB, .title = "SUB", .help = "SubState"},
    [UNIT_LOAD] = {.id = SYSTEMD_UNIT_LOAD, .title = "LOAD", .help = "LoadState"},
    [UNIT_RUN] = {.id = "run", .title = "RUN", .help = "InvocationID"},
    [UNIT_PID] = {.id = "pid", .title = "PID", .help = "MainPID"},
    [UNIT_RESTARTS] = {.id = "restarts", .title = "RESTARTS", .help = "NRestarts"},
    [UNIT_RESTART] = {.id = "restart", .title = "RESTART", .help = "Restart"},
    [UNIT_TRIGGERS] = {.id = "triggers", .title = "TRIGGERS", .help = "TriggeredBy"},
    [UNIT_DEPENDENTS] = {.id = "dependents", .title = "DEPENDENTS", .help = "stopped with it"},
    [UNIT_MORE] = {.id = "more", .title = "MORE", .help = "there may be further ones"},
    [UNIT_FILE_STATE] = {.id = "file_state", .title = "ENABLED", .help = "UnitFileState"},
    [UNIT_NO_START] = {.id = "no_start", .title = "NO START", .help = "RefuseManualStart"},
    [UNIT_NO_STOP] = {.id = "no_stop", .title = "NO STOP", .help = "RefuseManualStop"},
    [UNIT_NO_RELOAD] = {.id = "no_reload", .title = "NO RELOAD", .help = "not CanReload"},
    [UNIT_RELOAD_NEEDED] = {.id = "reload_needed", .title = "RELOAD", .help = "NeedDaemonReload"},
};
static const struct table_spec units_table = {.id = SYSTEMD_UNITS_TABLE,
                                              .title = "Units",
                                              .columns = unit_columns,
                                              .column_count = UNIT_COLUMN_COUNT};

/* Names without repetition. */
struct names {
  const char *items[DEPENDENTS_MAX];
  size_t count;
  bool more; /* there were more than fit, or than were looked at */
};

static void add_name(struct names *names, const char *name) {
  for (size_t i = 0; i < names->count; i++)
    if (strcmp(names->items[i], name) == 0)
      return;
  if (names->count == DEPENDENTS_MAX)
    names->more = true;
  else
    names->items[names->count++] = name;
}

static void add_words(struct names *names, struct arena *arena, const char *words) {
  for (const char *word = words; *word;) {
    const size_t length = strcspn(word, " ");
    if (length > 0)
      add_name(names, arena_text(arena, word, length));
    word += length + strspn(word + length, " ");
  }
}

static void add_dependents_of(struct names *names, struct arena *arena,
                              const struct systemd_unit *unit) {
  add_words(names, arena, unit->required_by);
  add_words(names, arena, unit->bound_by);
  add_words(names, arena, unit->consists_of);
  add_words(names, arena, unit->requisite_of);
}

/* Keeps those that are active. */
static bool keep_active(struct step *step, struct names *names) {
  struct systemd_entry entries[DEPENDENTS_MAX];
  size_t count, kept = 0;
  if (names->count == 0)
    return true;
  if (!systemd_step_entries(step, &step->arena, names->items, names->count, entries, DEPENDENTS_MAX,
                            &count))
    return false;
  for (size_t i = 0; i < count; i++)
    if (systemd_is_up(entries[i].active))
      names->items[kept++] = entries[i].name;
  names->count = kept;
  return true;
}

/* All active units that are stopped with it: those that require it, or are a part of it, and those
 * that require these. */
static bool find_dependents(struct step *step, const struct systemd_unit *unit,
                            struct names *names) {
  size_t looked = 0;
  add_dependents_of(names, &step->arena, unit);
  if (!keep_active(step, names))
    return false;
  for (; looked < names->count && looked < LOOKS_MAX; looked++) {
    struct systemd_unit other;
    struct names further = {.count = 0};
    if (!systemd_step_unit(step, &step->arena, names->items[looked], &other))
      return false;
    add_dependents_of(&further, &step->arena, &other);
    if (!keep_active(step, &further))
      return false;
    for (size_t i = 0; i < further.count; i++)
      if (strcmp(further.items[i], unit->id) != 0)
        add_name(names, further.items[i]);
    names->more = names->more || further.more;
  }
  names->more = names->more || looked < names->count;
  return true;
}

static const char *join(struct step *step, const struct names *names) {
  const char *text = "";
  for (size_t i = 0; i < names->count; i++)
    text = i ? arena_printf(&step->arena, "%s, %s", text, names->items[i]) : names->items[i];
  return text;
}

static const char *flag(bool is_set) {
  return is_set ? "1" : "";
}

static bool add_unit(struct step *step, const char *name) {
  struct systemd_unit unit;
  struct names triggers = {.count = 0}, dependents = {.count = 0};
  if (!systemd_step_unit(step, &step->arena, name, &unit))
    return false;
  add_words(&triggers, &step->arena, unit.triggered_by);
  if (!keep_active(step, &triggers) || !find_dependents(step, &unit, &dependents))
    return false;
  struct row *row = sample_row(step->found, &step->found->tables[0], unit.id, NULL);
  if (!row)
    return step_fail(step, ERR_LIMIT, "too many units");
  const long long pid = unit.main_pid > 0 ? unit.main_pid : 0;
  const char *const texts[UNIT_COLUMN_COUNT] = {
      [UNIT_STATE] = unit.active,
      [UNIT_SUB] = unit.sub,
      [UNIT_LOAD] = unit.load,
      [UNIT_RUN] = unit.invocation,
      [UNIT_PID] = arena_printf(&step->arena, "%lld", pid),
      [UNIT_RESTARTS] = arena_printf(&step->arena, "%lld", (long long)unit.restarts),
      [UNIT_RESTART] = unit.restart,
      [UNIT_TRIGGERS] = join(step, &triggers),
      [UNIT_DEPENDENTS] = join(step, &dependents),
      [UNIT_MORE] = flag(dependents.more),
      [UNIT_FILE_STATE] = unit.file_state,
      [UNIT_NO_START] = flag(unit.refuse_start == 1 || unit.can_start == 0),
      [UNIT_NO_STOP] = flag(unit.refuse_stop == 1 || unit.can_stop == 0),
      [UNIT_NO_RELOAD] = flag(unit.can_reload != 1),
      [UNIT_RELOAD_NEEDED] = flag(unit.reload_needed == 1)};
  for (size_t i = 0; i < UNIT_COLUMN_COUNT; i++)
    row->cells[i] = value_text(sample_copy(step->found, texts[i]));
  return true;
}

bool systemd_units_survey(struct step *step) {
  static const struct table_spec *const specs[] = {&units_table};
  const struct action_request *request = step->call->request;
  step->found = found_new(specs, 1);
  for (size_t i = 0; i < request->key_count; i++)
    if (!add_unit(step, request->keys[i]))
      return false;
  return true;
}

/* ---- the plan */

/* What systemd would refuse anyway is not planned. */
static const char *refusal_of(const struct systemd_verb *verb, const struct value *cells) {
  const bool starts = verb->wanted == SYSTEMD_UP, up = systemd_is_up(cells[UNIT_STATE].text);
  const char *load = cells[UNIT_LOAD].text;
  if (strcmp(load, "not-found") == 0 && (starts || !up))
    return "systemd knows no unit of this name";
  if (strcmp(load, "masked") == 0 && starts)
    return "it is masked: systemctl unmask lets it be started";
  if (starts && *cells[UNIT_NO_START].text)
    return "it cannot be started by hand (RefuseManualStart, CanStart)";
  if (verb->stops && up && *cells[UNIT_NO_STOP].text)
    return "it cannot be stopped by hand (RefuseManualStop, CanStop)";
  if (verb->wanted == SYSTEMD_SAME && *cells[UNIT_NO_RELOAD].text)
    return "it cannot read its configuration again: it has no ExecReload";
  return NULL;
}

/* The bus itself: without it systemd's answer cannot come. */
static bool is_bus(const char *name) {
  return strcmp(name, "dbus.service") == 0 || strcmp(name, "dbus.socket") == 0 ||
         strcmp(name, "dbus-broker.service") == 0;
}

static void warn(struct plan *plan, const struct systemd_verb *verb, const char *name,
                 const struct value *cells) {
  const char *triggers = cells[UNIT_TRIGGERS].text, *dependents = cells[UNIT_DEPENDENTS].text;
  const bool down = verb->wanted == SYSTEMD_DOWN;
  if (verb->stops && *dependents)
    plan_say(plan, PLAN_WARNING, "%s with it: %.600s%s", down ? "stops" : "restarts", dependents,
             *cells[UNIT_MORE].text ? ", and perhaps more" : "");
  if (down && *triggers)
    plan_say(plan, PLAN_WARNING, "%.60s is started again by %.300s; stop that first", name,
             triggers);
  if (down && strncmp(cells[UNIT_FILE_STATE].text, "enabled", 7) == 0)
    plan_say(plan, PLAN_WARNING, "%.60s is enabled: it starts again at the next boot", name);
  if (verb->wanted == SYSTEMD_UP && *cells[UNIT_RELOAD_NEEDED].text)
    plan_say(plan, PLAN_WARNING,
             "the unit file of %.60s has changed: systemd uses the old one until systemctl "
             "daemon-reload",
             name);
  if (verb->stops && is_bus(name))
    plan_say(plan, PLAN_WARNING,
             "%s is the bus over which stacktop asks systemd: the result will "
             "be unknown",
             name);
}

static bool add_object(struct plan *plan, const struct systemd_verb *verb, const struct row *row,
                       struct err *err) {
  const struct value *cells = row->cells;
  struct plan_object *object;
  char word[SYSTEMD_NAME_MAX * 4 + 3];
  const char *refusal = refusal_of(verb, cells);
  if (refusal)
    return err_set(err, ERR_INVALID, "%.60s: %s", row->key, refusal);
  if (!systemd_state_fits(verb, cells[UNIT_STATE].text))
    return err_set(err, ERR_INVALID, "%.60s is %s", row->key, cells[UNIT_STATE].text);
  if (!(object = plan_object(plan, row->key, row->key)))
    return err_set(err, ERR_LIMIT, "more than %d units", PLAN_OBJECTS_MAX);
  object->cells[SHOWN_STATE] =
      plan_printf(plan, "%s (%s)", cells[UNIT_STATE].text, cells[UNIT_SUB].text);
  if (strcmp(cells[UNIT_PID].text, "0") != 0)
    object->cells[SHOWN_PID] = plan_copy(plan, cells[UNIT_PID].text);
  object->cells[SHOWN_RESTART] = plan_copy(plan, cells[UNIT_RESTART].text);
  object->identities[SYSTEMD_IDENTITY_ID] = plan_copy(plan, row->key);
  object->identities[SYSTEMD_IDENTITY_RUN] = plan_copy(plan, cells[UNIT_RUN].text);
  object->identities[SYSTEMD_IDENTITY_PID] = plan_copy(plan, cells[UNIT_PID].text);
  object->identities[SYSTEMD_IDENTITY_STATE] = plan_copy(plan, cells[UNIT_STATE].text);
  object->identities[SYSTEMD_IDENTITY_RESTARTS] = plan_copy(plan, cells[UNIT_RESTARTS].text);
  plan_say(plan, PLAN_EFFECT, "systemctl %s %s%s", verb->command, *row->key == '-' ? "-- " : "",
           quote_word(word, sizeof word, row->key));
  warn(plan, verb, row->key, cells);
  return true;
}

bool systemd_units_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {[SHOWN_STATE] = {"STATE", false},
                                               [SHOWN_PID] = {"MAIN PID", true},
                                               [SHOWN_RESTART] = {"RESTART", false}};
  static const char *const identities[] = {"id", "run", "pid", "state", "restarts"};
  const struct systemd_verb *verb = systemd_verb_of(plan->action->id);
  const struct table *table = &request->found->tables[0];
  bool any_up = false;
  ACTION_OBJECTS(plan, columns, identities);
  for (size_t i = 0; i < table->row_count; i++) {
    if (!add_object(plan, verb, &table->rows[i], err))
      return false;
    any_up = any_up || systemd_is_up(table->rows[i].cells[UNIT_STATE].text);
  }
  if (plan->object_count == 0)
    return err_set(err, ERR_INVALID, "no unit is selected");
  plan_say(plan, PLAN_BLAST, "%s", verb->blast);
  plan_say(plan, PLAN_PRECONDITION,
           "it is the same run, by InvocationID and main PID; a restart by systemd does not count");
  turns_plan(&systemd_turns, plan, verb->title, request->target->name);
  if (verb->loss && any_up)
    plan_say(plan, PLAN_LOSS, "%s", verb->loss);
  if (verb->undo)
    plan_say(plan, PLAN_UNDO, "%s", verb->undo);
  return true;
}
