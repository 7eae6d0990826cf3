/* Expires silences of the Alertmanager: those who are notified hear of their alerts again. */
#include "actions/found.h"
#include "actions/prometheus/prometheus_conn.h"
#include "actions/shown.h"
#include "clients/prometheus/alertmanager.h"
#include "clients/prometheus/prometheus_contract.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STEP_MS = 40000 };

/* ---- survey: what can be expired */

enum found_column {
  FOUND_MATCHERS,
  FOUND_END,
  FOUND_CREATOR,
  FOUND_COMMENT,
  FOUND_ID,
  FOUND_STATE,
  FOUND_COLUMN_COUNT
};
static const struct column_spec found_columns[FOUND_COLUMN_COUNT] = {
    [FOUND_MATCHERS] = {.id = "matchers", .title = "MATCHERS", .flags = COLUMN_FLEX},
    [FOUND_END] = {.id = "end", .title = "UNTIL", .unit = UNIT_TIME},
    [FOUND_CREATOR] = {.id = "creator", .title = "BY", .priority = 1},
    [FOUND_COMMENT] = {.id = "comment", .title = "COMMENT", .priority = 2},
    [FOUND_ID] = {.id = "id", .title = "ID", .priority = 3},
    [FOUND_STATE] = {.id = "state", .title = "STATE", .priority = 4},
};
static const struct table_spec found_table = FOUND_TABLE("silences", "Silences", found_columns);

static bool survey(struct step *step) {
  static const struct table_spec *const specs[] = {&found_table};
  struct alertmanager_silences silences;
  const json_t *json =
      prometheus_step_get(step, PROMETHEUS_ALERTMANAGER, ALERTMANAGER_SILENCES_PATH, NULL);
  struct sample *found = step->found = found_new(specs, 1);
  if (!json || !alertmanager_silences_read(json, &step->arena, &silences, &step->err))
    return false;
  if (silences.total == 0)
    return step_fail(step, ERR_INVALID, "the Alertmanager has no silences");
  for (size_t i = 0; i < silences.count; i++) {
    const struct alertmanager_silence *silence = &silences.items[i];
    if (table_find(&found->tables[0], silence->id))
      continue;
    struct row *row = sample_row(found, &found->tables[0], silence->id, NULL);
    if (!row)
      break;
    row->cells[FOUND_MATCHERS] = value_text(sample_copy(found, silence->matchers));
    row->cells[FOUND_END] =
        silence->end_ms >= 0 ? value_int(silence->end_ms) : value_none("not said");
    row->cells[FOUND_CREATOR] = value_text(sample_copy(found, silence->creator));
    row->cells[FOUND_COMMENT] = value_text(sample_copy(found, silence->comment));
    row->cells[FOUND_ID] = value_text(sample_copy(found, silence->id));
    row->cells[FOUND_STATE] = value_text(sample_copy(found, silence->state));
  }
  return true;
}

/* ---- plan */

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"MATCHERS", false}, {"UNTIL", true}, {"BY", false}};
  static const char *const identities[] = {"id", "matchers"};
  const struct table *found = &request->found->tables[0];
  struct arena *arena = &plan->arena;
  const char *ids = "";
  ACTION_OBJECTS(plan, columns, identities);
  for (size_t i = 0; i < request->chosen_count; i++) {
    const struct row *row = table_find(found, request->chosen[i]);
    if (!row || !plan_object(plan, row->key, row->key))
      return err_set(err, ERR_LIMIT, "the plan is too large");
    ACTION_CELLS(plan, plan_copy(plan, row->cells[FOUND_MATCHERS].text),
                 shown_value(arena, row->cells[FOUND_END], UNIT_TIME),
                 plan_copy(plan, row->cells[FOUND_CREATOR].text));
    action_bind(plan, "id", plan_copy(plan, row->key));
    action_bind(plan, "matchers", plan_copy(plan, row->cells[FOUND_MATCHERS].text));
    ids = arena_printf(arena, "%s %s", ids, row->key);
    plan_say(plan, PLAN_BLAST, "%s: %s notifies again; silenced with the comment \"%s\"", row->key,
             row->cells[FOUND_MATCHERS].text, row->cells[FOUND_COMMENT].text);
  }
  if (plan->object_count == 0)
    return err_set(err, ERR_INVALID, "pick a silence");
  plan->unit = "silences";
  plan->title =
      plan_printf(plan, "Expire %s of %s",
                  shown_counted(arena, (int64_t)plan->object_count, "silence", "silences"),
                  request->target->name);
  plan_say(plan, PLAN_EFFECT, "amtool silence expire --alertmanager.url=%s%s",
           shown_word(arena, target_text(request->target, "alertmanager")), ids);
  plan_say(plan, PLAN_PRECONDITION, "it is still active or pending, with these matchers");
  plan_say(plan, PLAN_UNDO, "silence the alerts again: prometheus.silence");
  return true;
}

/* ---- execute, verify */

static const struct alertmanager_silence *read_one(struct step *step, size_t object, bool *gone,
                                                   struct alertmanager_silence *silence) {
  char path[sizeof ALERTMANAGER_SILENCE_PATH + ALERTMANAGER_ID_MAX];
  const char *id = action_identity(step->call->plan, object, "id");
  int status;
  *gone = false;
  if (!alertmanager_id_check(id, &step->err))
    return NULL;
  snprintf(path, sizeof path, "%s%s", ALERTMANAGER_SILENCE_PATH, id);
  const json_t *json = prometheus_step_get(step, PROMETHEUS_ALERTMANAGER, path, &status);
  *gone = status == 404;
  return json && alertmanager_silence_read(json, &step->arena, silence, &step->err) ? silence
                                                                                    : NULL;
}

static bool expire_one(struct step *step, size_t object) {
  struct outcome *outcome = step->call->outcome;
  const struct plan *plan = step->call->plan;
  char path[sizeof ALERTMANAGER_SILENCE_PATH + ALERTMANAGER_ID_MAX];
  struct alertmanager_silence silence;
  bool gone;
  if (!read_one(step, object, &gone, &silence)) {
    if (gone)
      outcome_set(outcome, object, OBJECT_GONE, "the Alertmanager does not know it");
    return gone;
  }
  if (strcmp(silence.state, "expired") == 0) {
    outcome_set(outcome, object, OBJECT_GONE, "already expired");
    return true;
  }
  if (strcmp(silence.matchers, action_identity(plan, object, "matchers")) != 0) {
    outcome_set(outcome, object, OBJECT_REFUSED, "not expired: its matchers are now %s",
                silence.matchers);
    return true;
  }
  snprintf(path, sizeof path, "%s%s", ALERTMANAGER_SILENCE_PATH,
           action_identity(plan, object, "id"));
  const enum effect effect = prometheus_step_change(step, "DELETE", path, NULL, NULL);
  if (effect != EFFECT_ACCEPTED)
    return prometheus_step_settle(step, object, effect);
  outcome_set(outcome, object, OBJECT_SENT, "accepted by the Alertmanager");
  return true;
}

static bool execute(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  for (size_t i = 0; i < outcome->count; i++) {
    if (!expire_one(step, i))
      return false;
    step_report(step);
  }
  return true;
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  for (size_t i = 0; i < outcome->count; i++) {
    struct alertmanager_silence silence;
    bool gone;
    if (outcome->objects[i].result != OBJECT_SENT)
      continue;
    if (!read_one(step, i, &gone, &silence) && !gone)
      return false;
    if (gone || strcmp(silence.state, "expired") == 0)
      outcome_set(outcome, i, OBJECT_DONE, "read again: expired");
    else
      outcome_set(outcome, i, OBJECT_UNKNOWN, "accepted, but read again it is %s", silence.state);
  }
  return true;
}

STEPS_OF(STEP_MS, 2 * STEP_MS, STEP_MS)

const struct action action_prometheus_expire_silence = {
    .spec = {.id = "prometheus.expire-silence",
             .kind = PROMETHEUS_KIND,
             .title = "expire silences",
             .past = "expired",
             .what = "ends silences of the Alertmanager: it notifies of their alerts again",
             .runs = "amtool silence expire ID",
             .danger = DANGER_REVERSIBLE,
             .choice = CHOICE_MANY},
    .applies = prometheus_has_alertmanager,
    STEPS,
};
