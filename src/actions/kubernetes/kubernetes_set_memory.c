/* Sets the memory limit of a container of a workload's template. The workload replaces its pods by
 * new ones, as with any change of its template, and that rollout is the proof. */
#include "actions/found.h"
#include "actions/kubernetes/kubernetes_quantity.h"
#include "actions/kubernetes/kubernetes_workload.h"
#include "actions/shown.h"
#include "clients/kubernetes/kubernetes_contract.h"
#include "clients/kubernetes/kubernetes_rollout.h"
#include "core/text/quote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 15000 };

/* ---- parameters */

static const char none[] = "none"; /* no limit */

static bool limit_check(const char *text, struct err *err) {
  return strcmp(text, none) == 0 || kubernetes_size_check(text, err);
}

enum { PARAM_MEMORY, PARAM_CONTAINER };
static const struct option params[] = {
    [PARAM_MEMORY] = {.name = "memory",
                      .type = OPTION_TEXT,
                      .required = true,
                      .check = limit_check,
                      .help = "the limit, as Kubernetes writes it: 512Mi, 2Gi, 500M; or none",
                      .example = "512Mi"},
    [PARAM_CONTAINER] = {.name = "container",
                         .type = OPTION_TEXT,
                         .help = "which container; needed where the pods have several"},
};

/* ---- survey: the containers of the template, and what each may use */

enum container_column {
  CONTAINER_NAME,
  CONTAINER_LIMIT,   /* "512Mi"; "": none */
  CONTAINER_REQUEST, /* the same */
  CONTAINER_INDEX,
  CONTAINER_HAS, /* what of its resources is there: "", "resources", "limits" */
  CONTAINER_COLUMN_COUNT
};
static const struct column_spec container_columns[CONTAINER_COLUMN_COUNT] = {
    [CONTAINER_NAME] = {.id = "container", .title = "CONTAINER"},
    [CONTAINER_LIMIT] = {.id = "limit", .title = "LIMIT"},
    [CONTAINER_REQUEST] = {.id = "request", .title = "REQUEST"},
    [CONTAINER_INDEX] = {.id = "index", .title = "INDEX"},
    [CONTAINER_HAS] = {.id = "has", .title = "HAS"},
};
static const struct table_spec containers_table =
    FOUND_TABLE("containers", "Containers", container_columns);

static const char *memory_in(const json_t *resources, const char *part) {
  const char *text = json_string_value(json_object_get(json_object_get(resources, part), "memory"));
  return text ? text : "";
}

static const json_t *containers_of(const json_t *workload) {
  const json_t *template = json_object_get(json_object_get(workload, "spec"), "template");
  return json_object_get(json_object_get(template, "spec"), "containers");
}

static bool add_container(struct step *step, const json_t *container, size_t index) {
  struct sample *found = step->found;
  const json_t *resources = json_object_get(container, "resources");
  const char *name = json_string_value(json_object_get(container, "name"));
  struct row *row = sample_row(found, &found->tables[0], name ? name : "", NULL);
  if (!name || !row)
    return step_fail(step, ERR_PROTOCOL, "a container without a name of its own");
  row->cells[CONTAINER_NAME] = value_text(sample_copy(found, name));
  row->cells[CONTAINER_LIMIT] = value_text(sample_copy(found, memory_in(resources, "limits")));
  row->cells[CONTAINER_REQUEST] = value_text(sample_copy(found, memory_in(resources, "requests")));
  row->cells[CONTAINER_INDEX] = value_int((int64_t)index);
  row->cells[CONTAINER_HAS] = value_text(json_object_get(resources, "limits") ? "limits"
                                         : resources                          ? "resources"
                                                                              : "");
  return true;
}

static const json_t *read_workload(struct step *step, enum kubernetes_kind kind,
                                   const char *namespace, const char *name) {
  char path[KUBERNETES_PATH_MAX];
  if (kubernetes_object_path(path, kind, namespace, name, ""))
    return kubernetes_step_get(step, path, false, NULL);
  step_fail(step, ERR_INVALID, "not the name of an object");
  return NULL;
}

static bool survey(struct step *step) {
  static const struct table_spec *const specs[] = {&containers_table, &kubernetes_found_table};
  struct kubernetes_subject subject;
  step->found = found_new(specs, 2);
  if (!kubernetes_subject_of(step->call->request, 0, &subject, &step->err) ||
      !kubernetes_found_add(step, &step->found->tables[1], 0))
    return false;
  const json_t *workload = read_workload(step, subject.kind, subject.namespace, subject.name);
  if (!workload)
    return false;
  const json_t *metadata = json_object_get(workload, "metadata");
  const json_int_t generation =
      (json_int_t)json_number_value(json_object_get(metadata, "generation"));
  if (generation != step->found->tables[1].rows[0].cells[FOUND_GENERATION].integer)
    return step_fail(step, ERR_INVALID, "it is being changed by others; try again");
  const json_t *containers = containers_of(workload);
  for (size_t i = 0; i < json_array_size(containers); i++)
    if (!add_container(step, json_array_get(containers, i), i))
      return false;
  return json_array_size(containers) > 0 ||
         step_fail(step, ERR_PROTOCOL, "its template has no container");
}

/* ---- plan */

/* NULL with err. */
static const struct row *container_of(const struct action_request *request, struct err *err) {
  const struct table *containers = &request->found->tables[0];
  const char *wanted = request->params[PARAM_CONTAINER].text;
  char names[200] = "";
  size_t length = 0;
  if (!wanted && containers->row_count == 1)
    return &containers->rows[0];
  for (size_t i = 0; i < containers->row_count; i++) {
    const char *name = containers->rows[i].key;
    if (wanted && strcmp(name, wanted) == 0)
      return &containers->rows[i];
    if (length < sizeof names)
      length += (size_t)snprintf(names + length, sizeof names - length, "%s%.63s",
                                 i > 0 ? ", " : "", name);
  }
  if (wanted)
    err_set(err, ERR_INVALID, "it has no container \"%.63s\", but %s", wanted, names);
  else
    err_set(err, ERR_INVALID, "its pods have several containers; name one with container: %s",
            names);
  return NULL;
}

/* The most that a pod of it uses, as the collector has it; -1: not known. */
static int64_t usage_of(const struct action_request *request, const struct value *cells) {
  const struct table *pods = action_table(request, KUBERNETES_PODS_TABLE);
  const int owner = pods ? table_column(pods->spec, KUBERNETES_POD_OWNER) : -1;
  const int memory = pods ? table_column(pods->spec, KUBERNETES_POD_MEMORY) : -1;
  const int namespace = pods ? table_column(pods->spec, KUBERNETES_NAMESPACE) : -1;
  int64_t most = -1;
  for (size_t i = 0; owner >= 0 && memory >= 0 && namespace >= 0 && i < pods->row_count; i++) {
    const struct value *pod = pods->rows[i].cells;
    const char *name = pod[owner].type == VALUE_TEXT ? strchr(pod[owner].text, ' ') : NULL;
    if (name && strcmp(name + 1, cells[FOUND_NAME].text) == 0 &&
        strncasecmp(pod[owner].text, cells[FOUND_KIND].text, (size_t)(name - pod[owner].text)) ==
            0 &&
        pod[namespace].type == VALUE_TEXT &&
        strcmp(pod[namespace].text, cells[FOUND_NAMESPACE].text) == 0 &&
        pod[memory].type == VALUE_INT && pod[memory].integer > most)
      most = pod[memory].integer;
  }
  return most;
}

static void say_usage(const struct action_request *request, struct plan *plan,
                      const struct value *cells, int64_t limit) {
  const int64_t usage = usage_of(request, cells);
  if (usage < 0)
    return;
  plan_say(plan, PLAN_BLAST, "its largest pod uses %s now", shown_bytes(&plan->arena, usage));
  if (limit > 0 && limit < usage && request->found->tables[0].row_count == 1)
    plan_say(plan, PLAN_WARNING,
             "the limit is below what its largest pod uses now: new pods may be OOM-killed");
}

/* The request is what the scheduler reserves; a limit below it is invalid. */
static bool say_request(struct plan *plan, const struct value *container, int64_t limit,
                        struct err *err) {
  struct arena *arena = &plan->arena;
  const char *request = container[CONTAINER_REQUEST].text;
  const double requested = kubernetes_quantity(request);
  if (*request && limit > 0 && requested > (double)limit)
    return err_set(err, ERR_INVALID,
                   "it requests %s, and a limit below the request is invalid: lower "
                   "resources.requests.memory first",
                   kubernetes_size_shown(arena, request));
  if (*request)
    plan_say(plan, PLAN_BLAST, "its request stays %s", kubernetes_size_shown(arena, request));
  else if (limit > 0)
    plan_say(plan, PLAN_BLAST,
             "it has no request of its own: each new pod requests as much as the limit, and needs "
             "a node with so much left");
  else
    plan_say(plan, PLAN_WARNING,
             "without a limit each of its pods can use all the memory of its node");
  return true;
}

static bool can_roll(const struct value *cells, struct err *err) {
  if (*cells[FOUND_PAUSED].text)
    return err_set(err, ERR_INVALID, "the rollouts of %.80s are paused: kubectl rollout resume",
                   cells[FOUND_LABEL].text);
  return !*cells[FOUND_ON_DELETE].text ||
         err_set(err, ERR_INVALID,
                 "%.80s has the update strategy OnDelete: a new limit reaches its pods only when "
                 "you delete them",
                 cells[FOUND_LABEL].text);
}

static void say_command(const struct action_request *request, struct plan *plan,
                        const struct value *cells, const struct value *container,
                        const char *limit) {
  const char *flags = kubernetes_plan_flags(request, plan, cells[FOUND_NAMESPACE].text);
  const char *name = shown_word(&plan->arena, cells[FOUND_NAME].text);
  if (strcmp(limit, none) != 0)
    plan_say(plan, PLAN_EFFECT, "kubectl set resources %s/%s --containers=%s --limits=memory=%s%s",
             cells[FOUND_KIND].text, name, shown_word(&plan->arena, container[CONTAINER_NAME].text),
             limit, flags);
  else
    plan_say(plan, PLAN_EFFECT,
             "kubectl patch %s/%s --type=json --patch='[{\"op\":\"remove\",\"path\":"
             "\"/spec/template/spec/containers/%" PRId64 "/resources/limits/memory\"}]'%s",
             cells[FOUND_KIND].text, name, container[CONTAINER_INDEX].integer, flags);
}

static const char *undo_text(struct arena *arena, const char *target, const char *uid,
                             const char *container, const char *limit) {
  return arena_printf(arena, "kubernetes.set-memory %s %s memory=%s container=%s",
                      shown_word(arena, target), uid, *limit ? shown_word(arena, limit) : none,
                      shown_word(arena, container));
}

/* What it is called, and what people read: "none", "512Mi (512 MB)". */
static const char *limit_shown(struct arena *arena, const char *limit) {
  return !*limit || strcmp(limit, none) == 0 ? none : kubernetes_size_shown(arena, limit);
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {
      {"KIND", false}, {"CONTAINER", false}, {"LIMIT", true}, {"NEW", true}, {"PODS", true}};
  static const char *const identities[] = {"uid",       "kind",   "namespace", "name", "generation",
                                           "container", "before", "wanted",    "path", "has"};
  const struct row *row = &request->found->tables[1].rows[0];
  const struct value *cells = row->cells;
  const char *limit = request->params[PARAM_MEMORY].text;
  const struct row *container = container_of(request, err);
  int64_t bytes = 0;
  if (!container || !can_roll(cells, err) ||
      (strcmp(limit, none) != 0 && !kubernetes_size_parse(limit, &bytes, err)))
    return false;
  struct arena *arena = &plan->arena;
  const char *before = container->cells[CONTAINER_LIMIT].text;
  if (strcmp(*before ? before : none, limit) == 0 ||
      (*before && bytes > 0 && kubernetes_quantity(before) == kubernetes_quantity(limit)))
    return err_set(err, ERR_INVALID, "nothing to change: its limit is %s",
                   limit_shown(arena, before));
  ACTION_OBJECTS(plan, columns, identities);
  if (!plan_object(plan, row->key, cells[FOUND_LABEL].text))
    return err_set(err, ERR_LIMIT, "the plan is too large");
  ACTION_CELLS(plan, plan_copy(plan, cells[FOUND_KIND].text), plan_copy(plan, container->key),
               plan_copy(plan, *before ? before : none), plan_copy(plan, limit),
               shown_number(arena, cells[FOUND_DESIRED].integer));
  action_bind(plan, "uid", plan_copy(plan, row->key));
  action_bind(plan, "kind", plan_copy(plan, cells[FOUND_KIND].text));
  action_bind(plan, "namespace", plan_copy(plan, cells[FOUND_NAMESPACE].text));
  action_bind(plan, "name", plan_copy(plan, cells[FOUND_NAME].text));
  action_bind_number(plan, "generation", cells[FOUND_GENERATION].integer);
  action_bind(plan, "container", plan_copy(plan, container->key));
  action_bind(plan, "before", plan_copy(plan, before));
  action_bind(plan, "wanted", plan_copy(plan, limit));
  action_bind(plan, "path",
              plan_printf(plan, "/spec/template/spec/containers/%" PRId64,
                          container->cells[CONTAINER_INDEX].integer));
  action_bind(plan, "has", plan_copy(plan, container->cells[CONTAINER_HAS].text));
  plan->unit = "workload";
  plan->title = plan_printf(plan, "Set the memory limit of %s to %s", cells[FOUND_LABEL].text,
                            limit_shown(arena, limit));
  say_command(request, plan, cells, container->cells, limit);
  plan_say(plan, PLAN_BLAST, "memory limit of the container %s: %s, so far %s", container->key,
           limit_shown(arena, limit), limit_shown(arena, before));
  plan_say(plan, PLAN_BLAST,
           "rolls out a new revision: replaces %s by new ones, in steps as its update strategy "
           "says",
           shown_counted(arena, cells[FOUND_DESIRED].integer, "pod", "pods"));
  if (!say_request(plan, container->cells, bytes, err))
    return false;
  say_usage(request, plan, cells, bytes);
  plan_say(plan, PLAN_PRECONDITION,
           "it is the object with that uid, and its specification is unchanged (generation); the "
           "server tests both in the change itself");
  plan_say(plan, PLAN_LOSS, "what its pods hold in memory, and requests in progress");
  plan_say(plan, PLAN_UNDO, "%s",
           undo_text(arena, request->target->name, row->key, container->key, before));
  return true;
}

/* ---- execute, verify */

static json_t *operation(const struct plan *plan) {
  const char *wanted = action_identity(plan, 0, "wanted"), *has = action_identity(plan, 0, "has");
  const char *container = action_identity(plan, 0, "path");
  char path[160];
  if (strcmp(wanted, none) == 0) {
    snprintf(path, sizeof path, "%.100s/resources/limits/memory", container);
    return json_pack("[{s:s,s:s}]", "op", "remove", "path", path);
  }
  if (strcmp(has, "limits") == 0) {
    snprintf(path, sizeof path, "%.100s/resources/limits/memory", container);
    return json_pack("[{s:s,s:s,s:s}]", "op", "add", "path", path, "value", wanted);
  }
  if (strcmp(has, "resources") == 0) {
    snprintf(path, sizeof path, "%.100s/resources/limits", container);
    return json_pack("[{s:s,s:s,s:{s:s}}]", "op", "add", "path", path, "value", "memory", wanted);
  }
  snprintf(path, sizeof path, "%.100s/resources", container);
  return json_pack("[{s:s,s:s,s:{s:{s:s}}}]", "op", "add", "path", path, "value", "limits",
                   "memory", wanted);
}

static bool execute(struct step *step) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  bool settled;
  if (!kubernetes_planned(step, 0, &settled))
    return settled;
  char *patch =
      kubernetes_patch_text(action_identity(plan, 0, "uid"),
                            action_identity_number(plan, 0, "generation", 0), operation(plan));
  if (!kubernetes_patch(step, 0, "", patch))
    return false;
  if (outcome->objects[0].result != OBJECT_SENT)
    return true;
  outcome_undo(outcome, "%s",
               undo_text(&step->arena, plan->target, plan->objects[0].key,
                         action_identity(plan, 0, "container"),
                         action_identity(plan, 0, "before")));
  return kubernetes_wait_rolled(step, 0, -1); /* here, because a person can stop an execution */
}

/* The limit that the template has now; NULL: it no longer has the container, or step->err. */
static const char *limit_now(struct step *step) {
  const struct plan *plan = step->call->plan;
  const json_t *containers = containers_of(
      read_workload(step, kubernetes_kind_of(action_identity(plan, 0, "kind")),
                    action_identity(plan, 0, "namespace"), action_identity(plan, 0, "name")));
  for (size_t i = 0; i < json_array_size(containers); i++) {
    const json_t *one = json_array_get(containers, i);
    const char *name = json_string_value(json_object_get(one, "name"));
    if (name && strcmp(name, action_identity(plan, 0, "container")) == 0)
      return memory_in(json_object_get(one, "resources"), "limits");
  }
  return NULL;
}

static bool verify(struct step *step) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  const char *wanted = action_identity(plan, 0, "wanted");
  if (outcome->objects[0].result == OBJECT_DONE) {
    const char *now = limit_now(step);
    if (!now && step->err.kind != ERR_NONE)
      return false;
    if (!now ||
        (strcmp(wanted, none) == 0 ? *now != '\0'
                                   : kubernetes_quantity(now) != kubernetes_quantity(wanted)))
      outcome_set_partly(outcome, 0, NULL, "rolled out, but others have set the limit to %.40s",
                         now && *now ? now : none);
  }
  outcome_proof(outcome, "%s", outcome->objects[0].words);
  return true;
}

static bool applies(const struct action_request *request, struct err *why) {
  struct kubernetes_subject subject;
  if (request->key_count != 1)
    return err_set(why, ERR_INVALID, "select one workload");
  return kubernetes_subject_of(request, 0, &subject, why) &&
         (subject.kind <= KUBERNETES_DAEMON_SET ||
          err_set(why, ERR_UNSUPPORTED,
                  "only deployments, stateful sets and daemon sets roll out a new limit"));
}

STEP(survey, STEP_MS)
STEP(execute, 0)
STEP(verify, STEP_MS)

const struct action action_kubernetes_set_memory = {
    .spec = {.id = "kubernetes.set-memory",
             .kind = "kubernetes",
             .table = KUBERNETES_WORKLOADS_TABLE,
             .title = "set memory limit",
             .past = "limited the memory of",
             .what = "sets the memory limit of a workload's container; its pods are replaced",
             .runs = "kubectl set resources KIND/NAME --containers=NAME --limits=memory=SIZE",
             .danger = DANGER_DESTRUCTIVE,
             ACTION_PARAMS(params)},
    .applies = applies,
    STEPS,
};
