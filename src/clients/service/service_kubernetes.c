/* Services in a Kubernetes cluster: a deployment, stateful set or daemon set.
 *
 * A look reads the workload, and then its pods for the cause where it is not well. The cluster is a
 * target of the kind kubernetes: that which `engine` names, else the only one; without any, the
 * current context of kubectl. */
#include "clients/kubernetes/kubernetes_judge.h"
#include "clients/kubernetes/kubernetes_rollout.h"
#include "clients/kubernetes/kubernetes_target.h"
#include "clients/kubernetes/kubernetes_usage.h"
#include "clients/service/service_driver.h"
#include "clients/service/service_kubernetes_place.h"
#include "clients/service/service_kubernetes_use.h"
#include "core/count.h"
#include "core/mem.h"
#include "io/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 1 << 20, PODS_MAX = 200, WORDS_MAX = 600 };
enum { NO_METRICS_MS = 300000, LOOKS_A_POD = 5 };

extern const struct service_driver service_driver_kubernetes;

enum work { WORK_NONE, WORK_LOOK, WORK_CHANGE, WORK_FOLLOW };

struct kubernetes_runtime {
  struct service_runtime runtime; /* first */
  const struct target *cluster;   /* NULL: kubectl's own default */
  struct service_kubernetes_place place;
  struct kubernetes_proxy *proxy;

  /* What is under way. */
  enum work work;
  struct kubernetes_wait wait;
  bool waits;
  struct kubernetes_request *request;
  int64_t end_ms;
  struct service_look look;
  service_look_cb looked;
  struct service_change change;
  service_change_cb changed;
  void *arg;
  struct kubernetes_object *object; /* the workload */
  enum service_variable variables[SERVICE_VARIABLES_MAX];
  bool has_sources;      /* variables may come from a map or a secret as a whole */
  json_t *pods, *usage;  /* answers to a look; NULL: none */
  const char *scaled_by; /* in `words` */
  char words[WORDS_MAX];

  /* Of this opening. */
  int64_t metrics_again_ms; /* when metrics.k8s.io is asked for again */
  const char *no_metrics;   /* why it does not say what pods use; NULL: it does */
  size_t follows;
  char trouble[KUBERNETES_TROUBLE_MAX]; /* of a pod that follows a change; "" */
  double now_s;
};

/* ---- options */

static bool check(const char *runtime, const char *text, struct err *err) {
  struct service_kubernetes_place place;
  (void)runtime;
  return service_kubernetes_place_read(&place, text, err);
}

static bool can(const struct target *target, enum service_verb verb, struct err *why) {
  struct service_kubernetes_place place;
  const struct target *cluster;
  if (verb == SERVICE_SCALE && service_kubernetes_place_find(&place, target, &cluster, why) &&
      place.kind == KUBERNETES_DAEMON_SET)
    return err_set(why, ERR_UNSUPPORTED,
                   "a daemon set has no number of pods: it runs one on each node");
  return verb == SERVICE_RESTART || verb == SERVICE_SCALE ||
         err_set(why, ERR_UNSUPPORTED,
                 "Kubernetes has no start and stop: scale it (service.scale), to 0 to stop it");
}

static struct service_runtime *open_runtime(struct io *io, const struct target *target,
                                            struct err *err) {
  struct kubernetes_runtime *runtime = mem_new(sizeof *runtime);
  runtime->runtime =
      (struct service_runtime){.driver = &service_driver_kubernetes, .io = io, .target = target};
  if (!service_kubernetes_place_find(&runtime->place, target, &runtime->cluster, err)) {
    free(runtime);
    return NULL;
  }
  const struct kubernetes_login login =
      runtime->cluster ? kubernetes_target_login(runtime->cluster) : (struct kubernetes_login){0};
  runtime->proxy = kubernetes_proxy_take(io, &login);
  return &runtime->runtime;
}

/* Where the configuration says that it is: a part of the identity. */
static const char *place_text(const struct kubernetes_runtime *runtime, struct arena *arena) {
  return arena_printf(arena, "%s %s/%s/%s", runtime->cluster ? runtime->cluster->name : "kubectl",
                      runtime->place.namespace, kubernetes_kind_info(runtime->place.kind)->word,
                      runtime->place.name);
}

/* ---- the end of what is under way */

static void rest(struct kubernetes_runtime *runtime) {
  if (runtime->waits)
    kubernetes_proxy_cancel(runtime->proxy, &runtime->wait);
  if (runtime->request)
    kubernetes_cancel(runtime->request);
  kubernetes_object_free(runtime->object);
  json_decref(runtime->pods);
  json_decref(runtime->usage);
  runtime->pods = runtime->usage = NULL;
  runtime->scaled_by = NULL;
  runtime->waits = false;
  runtime->request = NULL;
  runtime->object = NULL;
  runtime->work = WORK_NONE;
}

static void end_change(struct kubernetes_runtime *runtime, enum object_result result,
                       const char *words) {
  char copy[WORDS_MAX];
  snprintf(copy, sizeof copy, "%s", words);
  rest(runtime);
  runtime->changed(runtime->arg, result, copy);
}

static void fail(struct kubernetes_runtime *runtime, const struct err *err) {
  const struct err copy = *err;
  const enum work work = runtime->work;
  if (work != WORK_LOOK) {
    end_change(runtime, work == WORK_FOLLOW ? OBJECT_UNKNOWN : OBJECT_SKIPPED, copy.text);
    return;
  }
  rest(runtime);
  runtime->looked(runtime->arg, NULL, &copy);
}

/* ---- a look */

static void take_variable(struct kubernetes_runtime *runtime, const json_t *env, size_t index) {
  const char *wanted = runtime->look.variables[index];
  runtime->variables[index] = runtime->has_sources ? VARIABLE_UNKNOWN : VARIABLE_MISSING;
  for (size_t i = 0; i < json_array_size(env); i++) {
    const json_t *one = json_array_get(env, i);
    const char *name = json_string_value(json_object_get(one, "name"));
    const char *value = json_string_value(json_object_get(one, "value"));
    if (name && strcmp(name, wanted) == 0)
      runtime->variables[index] =
          json_object_get(one, "valueFrom") || (value && *value) ? VARIABLE_SET : VARIABLE_EMPTY;
  }
}

/* Of the first container: sidecars have variables of their own. */
static void take_variables(struct kubernetes_runtime *runtime, const json_t *json) {
  const json_t *template = json_object_get(json_object_get(json, "spec"), "template");
  const json_t *container =
      json_array_get(json_object_get(json_object_get(template, "spec"), "containers"), 0);
  runtime->has_sources = json_array_size(json_object_get(container, "envFrom")) > 0;
  for (size_t i = 0; i < runtime->look.variable_count; i++)
    take_variable(runtime, json_object_get(container, "env"), i);
}

/* What its pods say together, and the cause of the worst. */
static const char *take_pods(const struct kubernetes_runtime *runtime, const json_t *items,
                             struct service_state *state, struct arena *arena) {
  enum severity worst = SEVERITY_OK;
  const char *cause = NULL;
  for (size_t i = 0; i < json_array_size(items); i++) {
    struct kubernetes_verdict verdict;
    struct kubernetes_object *pod = kubernetes_object_new(KUBERNETES_POD, json_array_get(items, i));
    if (!pod)
      continue;
    kubernetes_judge_pod(pod, NULL, runtime->now_s, &verdict);
    state->restarts = count_add(state->restarts < 0 ? 0 : state->restarts, pod->pod.restarts);
    if (pod->deleted_s < 0 && verdict.severity > worst) {
      worst = verdict.severity;
      cause = arena_printf(arena, "%s", verdict.reason);
      state->exit_code = *pod->pod.terminated ? pod->pod.exit_code : pod->pod.last_exit;
    }
    kubernetes_object_free(pod);
  }
  return cause;
}

static void fill_state(const struct kubernetes_runtime *runtime, const char *cause,
                       struct arena *arena, struct service_state *state) {
  const struct kubernetes_object *object = runtime->object;
  const struct kubernetes_workload *workload = &object->workload;
  struct kubernetes_verdict verdict;
  struct service_object *one = arena_alloc(arena, sizeof *one);
  kubernetes_judge_workload(object, NULL, cause, runtime->now_s, &verdict);
  const char *words = workload->desired == 0                   ? "scaled to 0"
                      : strcmp(verdict.state, "complete") == 0 ? "running"
                                                               : verdict.state;
  snprintf(state->state, sizeof state->state, "%.31s", words);
  state->severity = verdict.severity;
  snprintf(state->reason, sizeof state->reason, "%.479s", verdict.reason);
  state->since_s = verdict.since_s >= 0 && runtime->now_s > verdict.since_s
                       ? runtime->now_s - verdict.since_s
                       : -1;
  state->ready = workload->ready;
  state->wanted = workload->desired;
  state->image = workload->images;
  service_kubernetes_use(runtime->pods, runtime->usage, runtime->no_metrics, state);
  for (size_t i = 0; i < runtime->look.variable_count; i++)
    state->variables[i] = runtime->variables[i];
  if (runtime->has_sources)
    state->variables_why = "some come from a ConfigMap or Secret as a whole (envFrom)";
  if (!one)
    return;
  *one = (struct service_object){
      .identity = {.place = place_text(runtime, arena),
                   .id = object->uid,
                   .run = arena_printf(arena, "%" PRId64, object->generation),
                   .state = arena_printf(arena, "%s", words),
                   .restarts = ""},
      .name = arena_printf(arena, "%s/%s", kubernetes_kind_info(object->kind)->word, object->name),
      .group = object->namespace,
      .image = workload->images,
      .scaled_by = runtime->scaled_by};
  state->objects = one;
  state->object_count = 1;
}

/* object NULL: there is none. */
static void end_look(struct kubernetes_runtime *runtime) {
  struct service_state state = service_state_unknown;
  struct arena arena;
  arena_init(&arena, ARENA_MAX);
  state.address = place_text(runtime, &arena);
  if (runtime->object) {
    fill_state(runtime, take_pods(runtime, json_object_get(runtime->pods, "items"), &state, &arena),
               &arena, &state);
  } else {
    snprintf(state.state, sizeof state.state, "absent");
    state.severity = SEVERITY_WARN;
    snprintf(state.reason, sizeof state.reason, "there is no %s", state.address);
  }
  struct kubernetes_object *object = runtime->object;
  runtime->object = NULL; /* its texts are in the state */
  rest(runtime);          /* and those of `words` */
  runtime->looked(runtime->arg, &state, NULL);
  kubernetes_object_free(object);
  arena_fini(&arena);
}

static int64_t left_ms(const struct kubernetes_runtime *runtime) {
  const int64_t left = runtime->end_ms - clock_now_ms();
  return left > 1 ? left : 1;
}

static void ask(struct kubernetes_runtime *runtime, const char *path, kubernetes_cb done) {
  runtime->request = kubernetes_ask(
      runtime->runtime.io, runtime->proxy,
      &(struct kubernetes_query){.path = path, .timeout_ms = left_ms(runtime)}, done, runtime);
}

/* The autoscaler of the workload, if any. */
static void take_scalers(struct kubernetes_runtime *runtime, const json_t *items) {
  static const char *const kinds[] = {[KUBERNETES_DEPLOYMENT] = "Deployment",
                                      [KUBERNETES_STATEFUL_SET] = "StatefulSet",
                                      [KUBERNETES_DAEMON_SET] = "DaemonSet"};
  for (size_t i = 0; i < json_array_size(items); i++) {
    struct kubernetes_object *scaler =
        kubernetes_object_new(KUBERNETES_SCALER, json_array_get(items, i));
    if (scaler && strcmp(scaler->scaler.name, runtime->place.name) == 0 &&
        strcmp(scaler->scaler.kind, kinds[runtime->place.kind]) == 0) {
      snprintf(runtime->words, sizeof runtime->words,
               "the autoscaler %.200s, %" PRId64 " to %" PRId64
               " sets its replicas, and will undo this",
               scaler->name, scaler->scaler.min, scaler->scaler.max);
      runtime->scaled_by = runtime->words;
    }
    kubernetes_object_free(scaler);
  }
}

static void on_scalers(void *arg, const struct kubernetes_answer *answer) {
  struct kubernetes_runtime *runtime = arg;
  runtime->request = NULL;
  if (answer->err) {
    snprintf(runtime->words, sizeof runtime->words,
             "whether an autoscaler undoes this is not known: %.300s", answer->err->text);
    runtime->scaled_by = runtime->words;
  } else {
    take_scalers(runtime, json_object_get(answer->json, "items"));
  }
  end_look(runtime);
}

static void look_at_scalers(struct kubernetes_runtime *runtime) {
  char list[KUBERNETES_PATH_MAX], path[KUBERNETES_PATH_MAX + 32];
  if (!runtime->look.scaling ||
      !kubernetes_list_path(list, KUBERNETES_SCALER, runtime->place.namespace)) {
    end_look(runtime);
    return;
  }
  snprintf(path, sizeof path, "%slimit=500", list);
  ask(runtime, path, on_scalers);
}

static void on_usage(void *arg, const struct kubernetes_answer *answer) {
  struct kubernetes_runtime *runtime = arg;
  runtime->request = NULL;
  runtime->no_metrics = kubernetes_no_metrics(answer);
  if (runtime->no_metrics)
    runtime->metrics_again_ms = clock_now_ms() + NO_METRICS_MS;
  else
    runtime->usage = json_incref(answer->json);
  look_at_scalers(runtime);
}

static void look_at_usage(struct kubernetes_runtime *runtime) {
  char base[KUBERNETES_PATH_MAX], path[2 * KUBERNETES_PATH_MAX];
  if (!runtime->pods || clock_now_ms() < runtime->metrics_again_ms ||
      !kubernetes_path(base, KUBERNETES_METRICS_PATH "/namespaces/%s/pods",
                       runtime->place.namespace)) {
    look_at_scalers(runtime);
    return;
  }
  snprintf(path, sizeof path, "%s?labelSelector=%s", base, runtime->object->workload.selector);
  ask(runtime, path, on_usage);
}

static void on_pods(void *arg, const struct kubernetes_answer *answer);

static bool ask_for_pods(struct kubernetes_runtime *runtime) {
  char list[KUBERNETES_PATH_MAX], path[2 * KUBERNETES_PATH_MAX];
  const char *selector = runtime->object->workload.selector;
  if (!*selector || !kubernetes_list_path(list, KUBERNETES_POD, runtime->place.namespace))
    return false;
  snprintf(path, sizeof path, "%slimit=%d&labelSelector=%s", list, PODS_MAX, selector);
  ask(runtime, path, on_pods);
  return true;
}

/* ---- changes */

static void on_effect(void *arg, const struct kubernetes_answer *answer) {
  struct kubernetes_runtime *runtime = arg;
  char words[WORDS_MAX];
  runtime->request = NULL;
  if (!answer->err) {
    end_change(runtime, OBJECT_SENT, "accepted by the API server");
  } else if (answer->status == 404) {
    end_change(runtime, OBJECT_GONE, "it no longer exists");
  } else if (answer->status > 0 && answer->err->kind != ERR_UNREACHABLE) {
    end_change(runtime, OBJECT_REFUSED, answer->err->text);
  } else if (answer->status == 0 && kubernetes_was_not_sent(answer->err)) {
    end_change(runtime, OBJECT_SKIPPED, answer->err->text);
  } else {
    snprintf(words, sizeof words, "sent, but no answer: %s", answer->err->text);
    end_change(runtime, OBJECT_UNKNOWN, words);
  }
}

static void send_change(struct kubernetes_runtime *runtime) {
  const struct kubernetes_object *object = runtime->object;
  const bool scales = runtime->change.verb == SERVICE_SCALE;
  char path[KUBERNETES_PATH_MAX];
  if (!kubernetes_object_path(path, object->kind, object->namespace, object->name,
                              scales ? "/scale" : "")) {
    end_change(runtime, OBJECT_SKIPPED, "not the name of an object");
    return;
  }
  char *patch =
      scales
          ? kubernetes_scale_patch(object->uid, object->workload.desired, runtime->change.replicas)
          : kubernetes_restart_patch(object->uid, object->generation,
                                     object->workload.template_annotated, clock_wall_ms() / 1000);
  runtime->runtime.sent = true;
  runtime->request =
      kubernetes_ask(runtime->runtime.io, runtime->proxy,
                     &(struct kubernetes_query){.method = "PATCH",
                                                .path = path,
                                                .json = patch ? patch : "[]",
                                                .type = "application/json-patch+json",
                                                .timeout_ms = left_ms(runtime)},
                     on_effect, runtime);
  free(patch);
}

static void take_before(struct kubernetes_runtime *runtime) {
  const struct kubernetes_object *object = runtime->object;
  const struct service_identity *identity = &runtime->change.identity;
  char generation[32];
  struct arena arena;
  arena_init(&arena, ARENA_MAX);
  snprintf(generation, sizeof generation, "%" PRId64, object->generation);
  const bool same_place = strcmp(identity->place, place_text(runtime, &arena)) == 0;
  arena_fini(&arena);
  if (!same_place)
    end_change(runtime, OBJECT_REFUSED, "the configuration now names another workload");
  else if (strcmp(identity->id, object->uid) != 0)
    end_change(runtime, OBJECT_GONE, "it was deleted, and another one has its name");
  else if (strcmp(identity->run, generation) != 0)
    end_change(runtime, OBJECT_REFUSED, "its specification was changed since the plan was made");
  else
    send_change(runtime);
}

static void still_rolling(struct kubernetes_runtime *runtime) {
  const struct kubernetes_object *object = runtime->object;
  char words[WORDS_MAX];
  snprintf(words, sizeof words, "rolling out, %" PRId64 " of %" PRId64 " pods%s%s",
           kubernetes_rolled_pods(object), object->workload.desired, *runtime->trouble ? ": " : "",
           runtime->trouble);
  end_change(runtime, OBJECT_PENDING, words);
}

static void take_follow(struct kubernetes_runtime *runtime) {
  const struct kubernetes_object *object = runtime->object;
  const bool scales = runtime->change.verb == SERVICE_SCALE;
  char words[WORDS_MAX], stuck[KUBERNETES_STUCK_MAX];
  if (strcmp(runtime->change.identity.id, object->uid) != 0) {
    end_change(runtime, OBJECT_PARTLY, "changed, and then deleted");
  } else if (scales && object->workload.desired != runtime->change.replicas) {
    snprintf(words, sizeof words,
             "scaled, but it was then set to %" PRId64 " replicas, as by an autoscaler",
             object->workload.desired);
    end_change(runtime, OBJECT_PARTLY, words);
  } else if (kubernetes_is_rolled(object)) {
    snprintf(words, sizeof words, "scaled to %" PRId64, object->workload.desired);
    end_change(runtime, OBJECT_DONE, scales ? words : "rolled out");
  } else if (*kubernetes_stuck(object, stuck)) {
    end_change(runtime, OBJECT_PARTLY, stuck);
  } else if (++runtime->follows % LOOKS_A_POD != 0 || !ask_for_pods(runtime)) {
    still_rolling(runtime);
  }
}

/* Of a look: its pods. Of a change that is followed: why a pod of it does not start. */
static void on_pods(void *arg, const struct kubernetes_answer *answer) {
  struct kubernetes_runtime *runtime = arg;
  const json_t *items = json_object_get(answer->json, "items");
  bool found = false;
  runtime->request = NULL;
  if (runtime->work == WORK_LOOK) {
    runtime->pods = answer->err ? NULL : json_incref(answer->json); /* NULL: there is no cause */
    look_at_usage(runtime);
    return;
  }
  for (size_t i = 0; !answer->err && i < json_array_size(items) && !found; i++) {
    struct kubernetes_object *pod = kubernetes_object_new(KUBERNETES_POD, json_array_get(items, i));
    found = pod && pod->deleted_s < 0 && kubernetes_trouble(pod, runtime->trouble);
    kubernetes_object_free(pod);
  }
  if (!found)
    *runtime->trouble = '\0';
  still_rolling(runtime);
}

/* ---- the workload */

static void on_workload(void *arg, const struct kubernetes_answer *answer) {
  struct kubernetes_runtime *runtime = arg;
  struct err foreign;
  runtime->request = NULL;
  runtime->now_s = answer->date_s >= 0 ? (double)answer->date_s : (double)clock_wall_ms() / 1000;
  runtime->object = answer->err ? NULL : kubernetes_object_new(runtime->place.kind, answer->json);
  err_set(&foreign, ERR_PROTOCOL, "the answer is not an object of the kind");
  if (answer->status == 404 && answer->json && runtime->work == WORK_LOOK)
    end_look(runtime);
  else if (answer->status == 404 && answer->json)
    end_change(runtime, OBJECT_GONE, "it no longer exists");
  else if (!runtime->object)
    fail(runtime, answer->err ? answer->err : &foreign);
  else if (runtime->work == WORK_CHANGE)
    take_before(runtime);
  else if (runtime->work == WORK_FOLLOW)
    take_follow(runtime);
  else {
    take_variables(runtime, answer->json);
    if (!ask_for_pods(runtime))
      look_at_scalers(runtime);
  }
}

static void on_ready(void *arg, const struct err *err) {
  struct kubernetes_runtime *runtime = arg;
  char path[KUBERNETES_PATH_MAX];
  struct err invalid;
  runtime->waits = false;
  if (err) {
    fail(runtime, err);
    return;
  }
  if (!kubernetes_object_path(path, runtime->place.kind, runtime->place.namespace,
                              runtime->place.name, "")) {
    err_set(&invalid, ERR_INVALID, "not the name of an object");
    fail(runtime, &invalid);
    return;
  }
  runtime->request =
      kubernetes_ask(runtime->runtime.io, runtime->proxy,
                     &(struct kubernetes_query){.path = path, .timeout_ms = left_ms(runtime)},
                     on_workload, runtime);
}

static void begin(struct kubernetes_runtime *runtime, enum work work, int64_t timeout_ms,
                  void *arg) {
  runtime->work = work;
  runtime->arg = arg;
  runtime->end_ms = clock_now_ms() + timeout_ms;
  runtime->waits = true;
  runtime->wait = (struct kubernetes_wait){.done = on_ready, .arg = runtime};
  kubernetes_proxy_wait(runtime->proxy, &runtime->wait);
}

static void look(struct service_runtime *self, const struct service_look *query,
                 service_look_cb done, void *arg) {
  struct kubernetes_runtime *runtime = (struct kubernetes_runtime *)self;
  runtime->look = *query;
  if (runtime->look.variable_count > SERVICE_VARIABLES_MAX)
    runtime->look.variable_count = SERVICE_VARIABLES_MAX;
  runtime->looked = done;
  begin(runtime, WORK_LOOK, query->timeout_ms, arg);
}

static void change(struct service_runtime *self, const struct service_change *query,
                   service_change_cb done, void *arg) {
  struct kubernetes_runtime *runtime = (struct kubernetes_runtime *)self;
  self->sent = false;
  runtime->change = *query;
  runtime->changed = done;
  begin(runtime, WORK_CHANGE, query->timeout_ms, arg);
}

static void follow(struct service_runtime *self, const struct service_change *query,
                   service_change_cb done, void *arg) {
  struct kubernetes_runtime *runtime = (struct kubernetes_runtime *)self;
  runtime->change = *query;
  runtime->changed = done;
  begin(runtime, WORK_FOLLOW, query->timeout_ms, arg);
}

static void cancel(struct service_runtime *self) {
  rest((struct kubernetes_runtime *)self);
}

static void close_runtime(struct service_runtime *self, void (*closed)(void *arg), void *arg) {
  struct kubernetes_runtime *runtime = (struct kubernetes_runtime *)self;
  struct kubernetes_proxy *proxy = runtime->proxy;
  free(runtime);
  kubernetes_proxy_release(proxy, closed, arg);
}

/* ---- words */

static bool fits(enum service_verb verb, const char *state) {
  return verb == SERVICE_SCALE || (verb == SERVICE_RESTART && strcmp(state, "scaled to 0") != 0 &&
                                   strcmp(state, "paused") != 0);
}

static const char *command(struct arena *arena, const struct target *target,
                           const struct service_change *change) {
  struct service_kubernetes_place place;
  struct err err;
  const struct target *cluster;
  if (!service_kubernetes_place_find(&place, target, &cluster, &err))
    return "";
  const char *kind = kubernetes_kind_info(place.kind)->word;
  const char *where = strchr(change->identity.place, ' '); /* "staging ecap/deployment/api" */
  const char *namespace = where ? where + 1 : "";
  const char *context = cluster ? target_text(cluster, "context") : NULL;
  const char *tail = arena_printf(arena, "%s/%s --namespace=%.*s%s%s", kind, place.name,
                                  (int)strcspn(namespace, "/"), namespace,
                                  context ? " --context=" : "", context ? context : "");
  return change->verb == SERVICE_SCALE
             ? arena_printf(arena, "kubectl scale %s --replicas=%" PRId64, tail, change->replicas)
             : arena_printf(arena, "kubectl rollout restart %s", tail);
}

static const char *impact(enum service_verb verb) {
  return verb == SERVICE_RESTART
             ? "replaces its pods by new ones, in steps as its update strategy says"
             : "";
}

static const char *const runtimes[] = {"kubernetes", NULL};

const struct service_driver service_driver_kubernetes = {.name = "kubernetes",
                                                         .runtimes = runtimes,
                                                         .noun = "workload",
                                                         .nouns = "workloads",
                                                         .looks = true,
                                                         .scales = true,
                                                         .check = check,
                                                         .can = can,
                                                         .open = open_runtime,
                                                         .look = look,
                                                         .change = change,
                                                         .follow = follow,
                                                         .cancel = cancel,
                                                         .close = close_runtime,
                                                         .fits = fits,
                                                         .command = command,
                                                         .impact = impact};
