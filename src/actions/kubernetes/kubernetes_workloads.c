/* Actions on workloads as they are: rollout restart, scale, suspend and resume. */
#include "actions/kubernetes/kubernetes_workload.h"
#include "actions/shown.h"
#include "actions/turns.h"
#include "clients/kubernetes/kubernetes_contract.h"
#include "clients/kubernetes/kubernetes_rollout.h"
#include "core/text/quote.h"
#include "io/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SURVEY_MS = 15000, EXECUTE_MS = 0 }; /* a rollout has a limit of its own */
enum { REPLICAS_MAX = 10000 };

enum verb { RESTART, SCALE, SUSPEND, RESUME };

static enum verb verb_of(const struct action_spec *spec) {
  static const char *const ids[] = {"kubernetes.restart", "kubernetes.scale", "kubernetes.suspend",
                                    "kubernetes.resume"};
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
    if (strcmp(spec->id, ids[i]) == 0)
      return (enum verb)i;
  assert(!"an action without a verb");
  return RESTART;
}

/* ---- whether it applies */

static bool fits(enum verb verb, enum kubernetes_kind kind) {
  const bool cron = kind == KUBERNETES_CRON_JOB;
  return verb == RESTART ? kind <= KUBERNETES_DAEMON_SET
         : verb == SCALE ? kind == KUBERNETES_DEPLOYMENT || kind == KUBERNETES_STATEFUL_SET
                         : cron;
}

static bool applies(const struct action_request *request, enum verb verb, struct err *why) {
  static const char *const words[] = {"a job has no rollout",
                                      "only deployments and stateful sets are scaled",
                                      "only a cron job is suspended", "only a cron job is resumed"};
  struct kubernetes_subject subject;
  for (size_t i = 0; i < request->key_count; i++)
    if (!kubernetes_subject_of(request, i, &subject, why))
      return false;
    else if (!fits(verb, subject.kind))
      return err_set(why, ERR_UNSUPPORTED, "%s", words[verb]);
  return request->key_count > 0 || err_set(why, ERR_INVALID, "no workload is selected");
}

#define APPLIES(name, verb)                                                           \
  static bool name##_applies(const struct action_request *request, struct err *why) { \
    return applies(request, verb, why);                                               \
  }
APPLIES(restart, RESTART)
APPLIES(scale, SCALE)
APPLIES(suspend, SUSPEND)
APPLIES(resume, RESUME)

/* ---- plan */

static const struct option scale_params[] = {
    {.name = "replicas",
     .type = OPTION_INT,
     .required = true,
     .min = 0,
     .max = REPLICAS_MAX,
     .help = "number of pods that are to run"},
};

static bool plan_restart(const struct action_request *request, struct plan *plan,
                         const struct row *row, struct err *err) {
  const struct value *cells = row->cells;
  const char *name = cells[FOUND_NAME].text;
  if (*cells[FOUND_PAUSED].text)
    return err_set(err, ERR_INVALID, "the rollouts of %.80s are paused: kubectl rollout resume",
                   cells[FOUND_LABEL].text);
  if (*cells[FOUND_ON_DELETE].text)
    return err_set(err, ERR_INVALID,
                   "%.80s has the update strategy OnDelete: its pods are replaced when you delete "
                   "them",
                   cells[FOUND_LABEL].text);
  plan_say(plan, PLAN_EFFECT, "kubectl rollout restart %s/%s%s", cells[FOUND_KIND].text,
           shown_word(&plan->arena, name),
           kubernetes_plan_flags(request, plan, cells[FOUND_NAMESPACE].text));
  plan_say(plan, PLAN_BLAST, "replaces %s by new ones, in steps as its update strategy says",
           shown_counted(&plan->arena, cells[FOUND_DESIRED].integer, "pod", "pods"));
  if (cells[FOUND_DESIRED].integer == 0)
    plan_say(plan, PLAN_WARNING, "%s has no pods: nothing is restarted", cells[FOUND_LABEL].text);
  return true;
}

static bool plan_scale(const struct action_request *request, struct plan *plan,
                       const struct row *row, struct err *err) {
  const struct value *cells = row->cells;
  const int64_t before = cells[FOUND_DESIRED].integer, wanted = request->params[0].number;
  char word[PLAN_NAME_MAX * 4];
  if (wanted == before)
    return err_set(err, ERR_INVALID, "%.80s has %" PRId64 " replicas already",
                   cells[FOUND_LABEL].text, before);
  action_bind_number(plan, "wanted", wanted);
  plan->title = plan_printf(plan, "Scale %s from %" PRId64 " to %" PRId64, cells[FOUND_LABEL].text,
                            before, wanted);
  plan_say(plan, PLAN_EFFECT,
           "kubectl scale %s/%s --current-replicas=%" PRId64 " --replicas=%" PRId64 "%s",
           cells[FOUND_KIND].text, shown_word(&plan->arena, cells[FOUND_NAME].text), before, wanted,
           kubernetes_plan_flags(request, plan, cells[FOUND_NAMESPACE].text));
  plan_say(plan, PLAN_BLAST, wanted > before ? "starts %s" : "ends %s",
           shown_counted(&plan->arena, wanted > before ? wanted - before : before - wanted, "pod",
                         "pods"));
  if (wanted == 0)
    plan_say(plan, PLAN_WARNING, "no pod is left: it serves nothing until it is scaled up again");
  if (*cells[FOUND_SCALER].text)
    plan_say(plan, PLAN_WARNING, "the autoscaler %s sets its replicas, and will undo this",
             cells[FOUND_SCALER].text);
  plan_say(plan, PLAN_UNDO, "kubernetes.scale %s %s replicas=%" PRId64,
           quote_word(word, sizeof word, request->target->name), row->key, before);
  return true;
}

static bool plan_suspend(const struct action_request *request, struct plan *plan,
                         const struct row *row, bool suspends, struct err *err) {
  const struct value *cells = row->cells;
  char word[PLAN_NAME_MAX * 4];
  if (!!*cells[FOUND_PAUSED].text == suspends)
    return err_set(err, ERR_INVALID, "%.80s is %s already", cells[FOUND_LABEL].text,
                   suspends ? "suspended" : "active");
  plan_say(plan, PLAN_EFFECT, "kubectl patch cronjob/%s --patch '{\"spec\":{\"suspend\":%s}}'%s",
           shown_word(&plan->arena, cells[FOUND_NAME].text), suspends ? "true" : "false",
           kubernetes_plan_flags(request, plan, cells[FOUND_NAMESPACE].text));
  plan_say(plan, PLAN_BLAST,
           suspends ? "its schedule starts no more jobs; jobs that run continue"
                    : "its schedule starts jobs again; runs that were missed may start at once");
  plan_say(plan, PLAN_UNDO, "%s %s %s", suspends ? "kubernetes.resume" : "kubernetes.suspend",
           quote_word(word, sizeof word, request->target->name), row->key);
  return true;
}

static bool plan_row(const struct action_request *request, struct plan *plan, const struct row *row,
                     struct err *err) {
  const enum verb verb = verb_of(plan->action);
  switch (verb) {
  case RESTART:
    return plan_restart(request, plan, row, err);
  case SCALE:
    return plan_scale(request, plan, row, err);
  case SUSPEND:
  case RESUME:
    return plan_suspend(request, plan, row, verb == SUSPEND, err);
  }
  return false;
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const char *const titles[] = {"Restart", "Scale", "Suspend", "Resume"};
  const struct table *table = &request->found->tables[0];
  const char *title = titles[verb_of(plan->action)];
  kubernetes_plan_begin(plan);
  if (table->row_count == 0)
    return err_set(err, ERR_INVALID, "no workload is selected");
  plan->title = table->row_count == 1
                    ? plan_printf(plan, "%s %s", title, table->rows[0].cells[FOUND_LABEL].text)
                    : plan_printf(plan, "%s %zu workloads of %s", title, table->row_count,
                                  request->target->name);
  for (size_t i = 0; i < table->row_count; i++)
    if (!kubernetes_plan_object(plan, &table->rows[i], err) ||
        !plan_row(request, plan, &table->rows[i], err))
      return false;
  plan->unit = plan->object_count == 1 ? "workload" : "workloads";
  plan_say(plan, PLAN_PRECONDITION,
           "it is the object with that uid, and its specification is unchanged (generation); the "
           "server tests both in the change itself");
  if (plan->object_count > 1)
    plan_say(plan, PLAN_BLAST, "one after the other; the first that fails ends it");
  if (verb_of(plan->action) == RESTART)
    plan_say(plan, PLAN_LOSS, "what its pods hold in memory, and requests in progress");
  return true;
}

/* ---- execute */

static bool act_on(struct step *step, size_t object) {
  const struct plan *plan = step->call->plan;
  const enum verb verb = verb_of(plan->action);
  bool settled;
  const struct kubernetes_object *now = kubernetes_planned(step, object, &settled);
  if (!now)
    return settled;
  const char *uid = action_identity(plan, object, "uid");
  const int64_t generation = action_identity_number(plan, object, "generation", 0);
  switch (verb) {
  case RESTART:
    return kubernetes_patch(step, object, "",
                            kubernetes_restart_patch(uid, generation,
                                                     now->workload.template_annotated,
                                                     clock_wall_ms() / 1000));
  case SCALE:
    return kubernetes_patch(
        step, object, "/scale",
        kubernetes_scale_patch(uid, action_identity_number(plan, object, "before", 0),
                               action_identity_number(plan, object, "wanted", 0)));
  case SUSPEND:
  case RESUME:
    return kubernetes_patch(
        step, object, "",
        kubernetes_patch_text(uid, generation,
                              json_pack("[{s:s,s:s,s:b}]", "op", "add", "path", "/spec/suspend",
                                        "value", verb == SUSPEND)));
  }
  return false;
}

static bool prove(struct step *step, size_t object) {
  const struct plan *plan = step->call->plan;
  const enum verb verb = verb_of(plan->action);
  bool gone;
  if (verb == RESTART || verb == SCALE)
    return kubernetes_wait_rolled(
        step, object, verb == SCALE ? action_identity_number(plan, object, "wanted", -1) : -1);
  const struct kubernetes_object *now = kubernetes_step_read(
      step, KUBERNETES_CRON_JOB, action_identity(plan, object, "namespace"),
      action_identity(plan, object, "name"), action_identity(plan, object, "uid"), &gone);
  if (!now && !gone)
    return false;
  if (now && now->workload.paused == (verb == SUSPEND))
    outcome_set(step->call->outcome, object, OBJECT_DONE,
                verb == SUSPEND ? "suspended" : "active again");
  else
    outcome_set_partly(step->call->outcome, object, NULL, "changed, and then changed by others");
  return true;
}

static bool is_as_wanted(const struct outcome *outcome, size_t object) {
  const enum object_result result = outcome->objects[object].result;
  return result == OBJECT_SENT || result == OBJECT_DONE;
}

/* Once it has been sent: what is only partly done can be undone too. */
static void say_undo(const struct step *step) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  const enum verb verb = verb_of(plan->action);
  char word[PLAN_NAME_MAX * 4];
  if (outcome->count != 1 || verb == RESTART)
    return;
  quote_word(word, sizeof word, plan->target);
  if (verb == SCALE)
    outcome_undo(outcome, "kubernetes.scale %s %s replicas=%s", word, plan->objects[0].key,
                 action_identity(plan, 0, "before"));
  else
    outcome_undo(outcome, "%s %s %s", verb == SUSPEND ? "kubernetes.resume" : "kubernetes.suspend",
                 word, plan->objects[0].key);
}

/* One after the other: each has to be rolled out before the next one's turn. The last one is waited
 * for here too, because a person can stop an execution, and a rollout takes minutes. */
static bool execute(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  for (size_t i = 0; i < outcome->count; i++) {
    if (step->cancelled) {
      outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "cancelled before its turn");
      return step_fail(step, ERR_NONE, "cancelled");
    }
    if (!act_on(step, i))
      return false;
    if (outcome->objects[i].result == OBJECT_SENT) {
      say_undo(step);
      if (!prove(step, i))
        return false;
    }
    if (!is_as_wanted(outcome, i)) {
      outcome_set_all(outcome, OBJECT_PENDING, OBJECT_SKIPPED, "not attempted: %s failed",
                      step->call->plan->objects[i].label);
      return true;
    }
    step_yield(step);
  }
  return true;
}

/* ---- verify */

static bool verify(struct step *step) {
  turns_proof(step, "workloads");
  return true;
}

STEP(kubernetes_workloads_survey, SURVEY_MS)
STEP(execute, EXECUTE_MS)
STEP(verify, SURVEY_MS)

#define WORKLOAD_ACTION(name, ...)                                                      \
  const struct action action_kubernetes_##name = {                                      \
      .spec = {.kind = "kubernetes", .table = KUBERNETES_WORKLOADS_TABLE, __VA_ARGS__}, \
      .applies = name##_applies,                                                        \
      .survey = &kubernetes_workloads_survey_step,                                      \
      .plan = make_plan,                                                                \
      .execute = &execute_step,                                                         \
      .verify = &verify_step}

WORKLOAD_ACTION(restart, .id = "kubernetes.restart", .key = 'R', .title = "rollout restart",
                .past = "restarted",
                .what = "replaces all pods of the selected workloads by new ones, in steps",
                .runs = "kubectl rollout restart KIND/NAME", .danger = DANGER_DESTRUCTIVE,
                .many = true);
WORKLOAD_ACTION(scale, .id = "kubernetes.scale", .key = 'C', .title = "scale", .past = "scaled",
                .what = "sets how many pods of a workload run",
                .runs = "kubectl scale KIND/NAME --replicas=N", .danger = DANGER_REVERSIBLE,
                ACTION_PARAMS(scale_params));
WORKLOAD_ACTION(suspend, .id = "kubernetes.suspend", .key = 'S', .title = "suspend",
                .past = "suspended", .what = "stops the schedule of the selected cron jobs",
                .runs = "kubectl patch cronjob/NAME: suspend: true", .danger = DANGER_REVERSIBLE,
                .many = true);
WORKLOAD_ACTION(resume, .id = "kubernetes.resume", .key = 'B', .title = "resume", .past = "resumed",
                .what = "starts the schedule of suspended cron jobs again",
                .runs = "kubectl patch cronjob/NAME: suspend: false", .danger = DANGER_REVERSIBLE,
                .many = true);
