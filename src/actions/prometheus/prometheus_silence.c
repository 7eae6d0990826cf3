/* Silences alerts in the Alertmanager: for each a silence whose matchers are all its labels, exact.
 * What is silenced is what was shown: the labels are the identity, and the plan has them. */
#include "actions/found.h"
#include "actions/prometheus/prometheus_conn.h"
#include "actions/shown.h"
#include "clients/prometheus/alertmanager.h"
#include "clients/prometheus/prometheus_contract.h"
#include "core/text/format.h"

#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 40000, ARENA_MAX = 32 << 20, COMMENT_MAX = 500 };
enum { MINUTE_MS = 60 * 1000 };
static const int64_t DURATION_MAX_MS = INT64_C(30) * 24 * 60 * MINUTE_MS;

static bool comment_check(const char *text, struct err *err) {
  if (!text[strspn(text, " \t")])
    return err_set(err, ERR_INVALID, "say why: others read it in the Alertmanager");
  return strlen(text) <= COMMENT_MAX || err_set(err, ERR_LIMIT, "at most %d bytes", COMMENT_MAX);
}

enum { PARAM_DURATION, PARAM_COMMENT };
static const struct option params[] = {
    [PARAM_DURATION] = {.name = "duration",
                        .type = OPTION_DURATION,
                        .required = true,
                        .min = MINUTE_MS,
                        .max = INT64_C(30) * 24 * 60 * MINUTE_MS,
                        .fallback = "1h",
                        .help = "how long it is silenced"},
    [PARAM_COMMENT] = {.name = "comment",
                       .type = OPTION_TEXT,
                       .required = true,
                       .check = comment_check,
                       .help = "why; others read it in the Alertmanager",
                       .example = "\"disk is being replaced, INC-42\""},
};

/* ---- survey */

enum found_column {
  FOUND_NAME,
  FOUND_MATCHERS, /* for people */
  FOUND_LABELS,   /* as JSON */
  FOUND_COVERS,   /* alerts in the Alertmanager that have these labels */
  FOUND_QUIET,    /* of these, already silenced or inhibited */
  FOUND_COLUMN_COUNT
};
static const struct column_spec found_columns[FOUND_COLUMN_COUNT] = {
    [FOUND_NAME] = {.id = "alert", .title = "ALERT"},
    [FOUND_MATCHERS] = {.id = "matchers", .title = "MATCHERS"},
    [FOUND_LABELS] = {.id = "labels", .title = "LABELS"},
    [FOUND_COVERS] = {.id = "covers", .title = "COVERS", .unit = UNIT_COUNT},
    [FOUND_QUIET] = {.id = "quiet", .title = "SILENCED", .unit = UNIT_COUNT},
};
static const struct table_spec found_table = FOUND_TABLE("matched", "Alerts", found_columns);

/* "alertname=Down job=db", as amtool takes them. */
static const char *matchers_text(struct arena *arena, const struct prometheus_labels *labels) {
  const char *text = "";
  for (size_t i = 0; i < labels->count; i++)
    text = arena_printf(arena, "%s%s%s", text, *text ? " " : "",
                        shown_word(arena, arena_printf(arena, "%s=%s", labels->items[i].name,
                                                       labels->items[i].value)));
  return text;
}

static const struct prometheus_alert *alert_of(const struct prometheus_rules *rules,
                                               const char *key) {
  for (size_t i = 0; i < rules->alert_count; i++)
    if (strcmp(rules->alerts[i].key, key) == 0)
      return &rules->alerts[i];
  return NULL;
}

static bool add_found(struct step *step, const struct prometheus_alert *alert) {
  struct sample *found = step->found;
  if (alert->labels.cut)
    return step_fail(step, ERR_LIMIT,
                     "%.80s has more or longer labels than stacktop reads: silence it in the "
                     "Alertmanager",
                     alert->name);
  struct row *row = sample_row(found, &found->tables[0], alert->key, NULL);
  if (!row)
    return step_fail(step, ERR_LIMIT, "too many alerts");
  row->cells[FOUND_NAME] = value_text(sample_copy(found, alert->name));
  row->cells[FOUND_MATCHERS] =
      value_text(sample_copy(found, matchers_text(&step->arena, &alert->labels)));
  row->cells[FOUND_LABELS] =
      value_text(sample_copy(found, alertmanager_labels_json(&alert->labels, &step->arena)));
  return true;
}

static bool find_alerts(struct step *step, struct arena *arena) {
  const struct action_request *request = step->call->request;
  struct prometheus_rules rules;
  const json_t *json = prometheus_step_get(step, PROMETHEUS_SERVER, PROMETHEUS_RULES_PATH, NULL);
  if (!json || !prometheus_rules_read(json, arena, &rules, &step->err))
    return false;
  for (size_t i = 0; i < request->key_count; i++) {
    const struct prometheus_alert *alert = alert_of(&rules, request->keys[i]);
    if (!alert)
      return step_fail(step, ERR_INVALID, "an alert of these no longer exists: look again");
    if (!add_found(step, alert))
      return false;
  }
  return true;
}

/* How many alerts of the Alertmanager the matchers cover. */
static bool count_covered(struct step *step, struct arena *arena) {
  struct table *found = &step->found->tables[0];
  struct alertmanager_alerts alerts;
  const json_t *json =
      prometheus_step_get(step, PROMETHEUS_ALERTMANAGER, ALERTMANAGER_ALERTS_PATH, NULL);
  if (!json || !alertmanager_alerts_read(json, arena, &alerts, &step->err))
    return false;
  for (size_t i = 0; i < found->row_count; i++) {
    struct prometheus_labels labels;
    int64_t covers = 0, quiet = 0;
    if (!alertmanager_labels_parse(found->rows[i].cells[FOUND_LABELS].text, arena, &labels))
      return step_fail(step, ERR_PROTOCOL, "its labels cannot be written: not valid text");
    for (size_t k = 0; k < alerts.count; k++)
      if (prometheus_labels_within(&labels, &alerts.items[k].labels)) {
        covers++;
        quiet += alerts.items[k].quiet != PROMETHEUS_HEARD;
      }
    found->rows[i].cells[FOUND_COVERS] = value_int(covers);
    found->rows[i].cells[FOUND_QUIET] = value_int(quiet);
  }
  found_set_int(step->found, "all", (int64_t)alerts.total);
  found_set_int(step->found, "read", (int64_t)alerts.count);
  return true;
}

static bool survey(struct step *step) {
  static const struct table_spec *const specs[] = {&found_table};
  struct arena arena;
  step->found = found_new(specs, 1);
  arena_init(&arena, ARENA_MAX);
  const bool good = find_alerts(step, &arena) && count_covered(step, &arena);
  arena_fini(&arena);
  return good;
}

/* ---- plan */

static void say_covered(struct plan *plan, const struct action_request *request,
                        const struct row *row) {
  const struct value *cells = row->cells;
  const int64_t covers = cells[FOUND_COVERS].integer, quiet = cells[FOUND_QUIET].integer;
  const int64_t all = found_int(request->found, "all", 0),
                read = found_int(request->found, "read", 0);
  plan_say(plan, PLAN_BLAST, "%s: covers %s of %s in the Alertmanager now", cells[FOUND_NAME].text,
           shown_counted(&plan->arena, covers, "alert", "alerts"), shown_count(&plan->arena, all));
  if (covers == 0)
    plan_say(
        plan, PLAN_WARNING,
        "%s: none in the Alertmanager has these labels now: it does not fire yet, or its labels "
        "are changed on the way (alert_relabel_configs)",
        cells[FOUND_NAME].text);
  if (quiet > 0)
    plan_say(plan, PLAN_WARNING, "%s: %s already silenced or inhibited", cells[FOUND_NAME].text,
             shown_counted(&plan->arena, quiet, "alert is", "alerts are"));
  if (read < all)
    plan_say(plan, PLAN_WARNING, "only %s of these were counted", shown_count(&plan->arena, read));
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"MATCHERS", false}, {"COVERS", true}};
  static const char *const identities[] = {"labels", "creator", "comment", "duration"};
  const struct table *found = &request->found->tables[0];
  const int64_t duration_ms = request->params[PARAM_DURATION].number;
  const char *comment = request->params[PARAM_COMMENT].text;
  const char *creator = request->who ? request->who : "stacktop";
  struct arena *arena = &plan->arena;
  char length[DURATION_TEXT_MAX];
  duration_text(length, duration_ms);
  ACTION_OBJECTS(plan, columns, identities);
  for (size_t i = 0; i < found->row_count; i++) {
    const struct row *row = &found->rows[i];
    if (!plan_object(plan, row->key, row->cells[FOUND_NAME].text))
      return err_set(err, ERR_LIMIT, "the plan is too large");
    ACTION_CELLS(plan, plan_copy(plan, row->cells[FOUND_MATCHERS].text),
                 shown_count(arena, row->cells[FOUND_COVERS].integer));
    action_bind(plan, "labels", plan_copy(plan, row->cells[FOUND_LABELS].text));
    plan_say(plan, PLAN_EFFECT,
             "amtool silence add --alertmanager.url=%s --duration=%s --author=%s --comment=%s %s",
             shown_word(arena, target_text(request->target, "alertmanager")), length,
             shown_word(arena, creator), shown_word(arena, comment),
             row->cells[FOUND_MATCHERS].text);
    say_covered(plan, request, row);
  }
  action_bind_all(plan, "creator", plan_copy(plan, creator));
  action_bind_all(plan, "comment", plan_copy(plan, comment));
  action_bind_all(plan, "duration", shown_number(arena, duration_ms));
  plan->unit = "alerts";
  plan->title =
      found->row_count == 1
          ? plan_printf(plan, "Silence %s for %s", found->rows[0].cells[FOUND_NAME].text, length)
          : plan_printf(plan, "Silence %zu alerts of %s for %s", found->row_count,
                        request->target->name, length);
  plan_say(plan, PLAN_BLAST,
           "for %s the Alertmanager sends no notifications of %s; on the screen %s as silenced",
           length, found->row_count == 1 ? "it" : "them",
           found->row_count == 1 ? "it stays" : "they stay");
  plan_say(plan, PLAN_UNDO, "prometheus.expire-silence %s, with the id that the outcome shows",
           shown_word(arena, request->target->name));
  return true;
}

/* ---- execute, verify */

static bool silence_one(struct step *step, size_t object, const char **undo) {
  const struct plan *plan = step->call->plan;
  const int64_t now_ms = prometheus_step_clock_ms(step);
  const int64_t duration_ms = action_identity_number(plan, object, "duration", 0);
  struct prometheus_labels labels;
  const json_t *answer = NULL;
  if (!alertmanager_labels_parse(action_identity(plan, object, "labels"), &step->arena, &labels) ||
      duration_ms < MINUTE_MS || duration_ms > DURATION_MAX_MS)
    return step_fail(step, ERR_INVALID, "the plan has no labels or no duration");
  char *body = alertmanager_silence_body(&labels, now_ms, now_ms + duration_ms,
                                         action_identity(plan, object, "creator"),
                                         action_identity(plan, object, "comment"));
  if (!body)
    return step_fail(step, ERR_INVALID, "a label or the comment is not valid text");
  const enum effect effect =
      prometheus_step_change(step, "POST", ALERTMANAGER_SILENCES_PATH, body, &answer);
  free(body);
  if (effect != EFFECT_ACCEPTED)
    return prometheus_step_settle(step, object, effect);
  const char *id = alertmanager_silence_id(answer);
  if (!id) {
    outcome_set(step->call->outcome, object, OBJECT_UNKNOWN,
                "accepted, but the answer has no id: look in the Alertmanager");
    return true;
  }
  outcome_set(step->call->outcome, object, OBJECT_SENT, "silence %s", id);
  *undo = arena_printf(&step->arena, "%s %s", *undo, id);
  return true;
}

static bool execute(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  const char *undo = arena_printf(&step->arena, "prometheus.expire-silence %s",
                                  shown_word(&step->arena, step->call->target->name));
  const char *const none = undo;
  /* its clock, and proof that it is one, before anything is sent */
  const json_t *json =
      prometheus_step_get(step, PROMETHEUS_ALERTMANAGER, ALERTMANAGER_SILENCES_PATH, NULL);
  struct alertmanager_silences silences;
  if (!json || !alertmanager_silences_read(json, &step->arena, &silences, &step->err))
    return false;
  for (size_t i = 0; i < outcome->count; i++) {
    if (step_should_stop(step)) {
      outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "cancelled before its turn");
      return step_fail(step, ERR_NONE, "cancelled");
    }
    const bool good = silence_one(step, i, &undo);
    if (undo != none)
      outcome_undo(outcome, "%s", undo);
    if (!good)
      return false;
    step_report(step);
  }
  return true;
}

static const struct alertmanager_silence *silence_of(const struct alertmanager_silences *silences,
                                                     const char *words) {
  for (size_t i = 0; i < silences->count; i++)
    if (strstr(words, silences->items[i].id))
      return &silences->items[i];
  return NULL;
}

static void judge(struct step *step, size_t object, const struct alertmanager_silence *silence) {
  struct outcome *outcome = step->call->outcome;
  struct prometheus_labels labels;
  char until[FORMAT_MAX];
  const bool same = alertmanager_labels_parse(action_identity(step->call->plan, object, "labels"),
                                              &step->arena, &labels) &&
                    silence && silence->exact.count == labels.count &&
                    prometheus_labels_within(&labels, &silence->exact);
  if (!silence)
    outcome_set(outcome, object, OBJECT_UNKNOWN,
                "accepted, but it is not among the silences: others have expired it?");
  else if (!same)
    outcome_set(outcome, object, OBJECT_UNKNOWN, "its matchers are not those of the plan: %s",
                silence->matchers);
  else
    outcome_set(outcome, object, OBJECT_DONE, "silence %s, %s until %s UTC", silence->id,
                silence->state, format_time(until, sizeof until, silence->end_ms, true, true));
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  struct alertmanager_silences silences;
  if (outcome_count(outcome, OBJECT_SENT) == 0)
    return true;
  const json_t *json =
      prometheus_step_get(step, PROMETHEUS_ALERTMANAGER, ALERTMANAGER_SILENCES_PATH, NULL);
  if (!json || !alertmanager_silences_read(json, &step->arena, &silences, &step->err))
    return false;
  for (size_t i = 0; i < outcome->count; i++)
    if (outcome->objects[i].result == OBJECT_SENT)
      judge(step, i, silence_of(&silences, outcome->objects[i].words));
  outcome_proof(outcome, "read again from the Alertmanager: %zu of %zu silences as planned",
                outcome_count(outcome, OBJECT_DONE), outcome->count);
  return true;
}

static bool applies(const struct action_request *request, struct err *why) {
  for (size_t i = 0; i < request->key_count; i++)
    if (strncmp(request->keys[i], "rule/", 5) == 0)
      return err_set(why, ERR_INVALID, "it is a rule that cannot be evaluated, not an alert");
  return prometheus_has_alertmanager(request, why);
}

STEP(survey, STEP_MS)
STEP(execute, 0)
STEP(verify, STEP_MS)

const struct action action_prometheus_silence = {
    .spec =
        {.id = "prometheus.silence",
         .kind = PROMETHEUS_KIND,
         .table = PROMETHEUS_ALERTS_TABLE,
         .key = 'S',
         .title = "silence",
         .past = "silenced",
         .what =
             "silences the alert in the Alertmanager for a while: it sends no notifications of it",
         .runs = "amtool silence add, with all labels of the alert as exact matchers",
         .danger = DANGER_REVERSIBLE,
         .many = true,
         ACTION_PARAMS(params)},
    .applies = applies,
    STEPS,
};
