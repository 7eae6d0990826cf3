#include "clients/kubernetes/kubernetes_read.h"

#include "core/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const json_t *at(const json_t *object, const char *name) {
  return json_object_get(object, name);
}

static const char *text_of(struct arena *arena, const json_t *object, const char *name) {
  const json_t *value = at(object, name);
  const size_t length = json_string_length(value);
  if (!json_is_string(value))
    return "";
  return arena_text(arena, json_string_value(value),
                    length < KUBERNETES_TEXT_MAX ? length : KUBERNETES_TEXT_MAX);
}

/* Numbers are reals (clients/kubernetes/kubernetes.h); a count beyond 2^62 is no count. */
static int64_t int_of(const json_t *object, const char *name) {
  static const double most = (double)(INT64_C(1) << 62);
  const json_t *value = at(object, name);
  const double number = json_number_value(value);
  return json_is_number(value) && number >= 0 && number <= most ? (int64_t)number : -1;
}

static int64_t int_or(const json_t *object, const char *name, int64_t fallback) {
  const int64_t number = int_of(object, name);
  return number >= 0 ? number : fallback;
}

double kubernetes_time(const char *text) {
  struct tm tm = {0};
  const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
  double fraction = 0, digit = 0.1;
  if (!rest || tm.tm_year < 70)
    return -1;
  if (*rest == '.')
    while (*++rest >= '0' && *rest <= '9') {
      fraction += (*rest - '0') * digit;
      digit /= 10;
    }
  const double seconds = (double)timegm(&tm) + fraction;
  return seconds >= 0 ? seconds : -1;
}

static double time_of(const json_t *object, const char *name) {
  return kubernetes_time(json_string_value(at(object, name)));
}

double kubernetes_quantity(const char *text) {
  static const struct {
    const char *suffix;
    double factor;
  } units[] = {{"", 1},        {"n", 1e-9},    {"u", 1e-6},    {"m", 1e-3},
               {"k", 1e3},     {"M", 1e6},     {"G", 1e9},     {"T", 1e12},
               {"P", 1e15},    {"E", 1e18},    {"Ki", 1024},   {"Mi", 1048576},
               {"Gi", 0x1p30}, {"Ti", 0x1p40}, {"Pi", 0x1p50}, {"Ei", 0x1p60}};
  char *end;
  if (!text || strspn(text, "0123456789.") == 0)
    return -1;
  if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
    return -1;
  const double number = strtod(text, &end);
  if (memchr(text, 'e', (size_t)(end - text)) || memchr(text, 'E', (size_t)(end - text)))
    return *end == '\0' && isfinite(number) ? number : -1; /* an exponent takes no suffix */
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (strcmp(end, units[i].suffix) == 0)
      return isfinite(number * units[i].factor) ? number * units[i].factor : -1;
  return -1;
}

static int64_t bytes_of(const json_t *object, const char *name) {
  static const double most = (double)(INT64_C(1) << 62);
  const double bytes = kubernetes_quantity(json_string_value(at(object, name)));
  return bytes >= 0 && bytes <= most ? (int64_t)bytes : -1;
}

static const json_t *condition_of(const json_t *status, const char *type) {
  const json_t *conditions = at(status, "conditions");
  for (size_t i = 0; i < json_array_size(conditions); i++) {
    const json_t *one = json_array_get(conditions, i);
    const char *name = json_string_value(at(one, "type"));
    if (name && strcmp(name, type) == 0)
      return one;
  }
  return NULL;
}

/* The texts of a member of each element, between commas. */
static const char *joined(struct arena *arena, const json_t *array, const char *name) {
  char text[KUBERNETES_TEXT_MAX + 1] = "";
  size_t length = 0;
  for (size_t i = 0; i < json_array_size(array) && length < sizeof text - 1; i++) {
    const char *one = json_string_value(at(json_array_get(array, i), name));
    length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", i > 0 ? ", " : "",
                               one ? one : "");
  }
  return arena_text(arena, text, strlen(text));
}

/* ---- workloads */

/* A label's name or value in a query: what neither may hold makes it none of ours. */
static bool is_label(const char *text) {
  return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") ==
         strlen(text);
}

static const char *selector_of(struct arena *arena, const json_t *selector) {
  char text[KUBERNETES_TEXT_MAX + 1] = "";
  size_t length = 0;
  const char *key;
  json_t *value;
  if (json_array_size(at(selector, "matchExpressions")) > 0)
    return "";
  json_object_foreach((json_t *)at(selector, "matchLabels"), key, value) {
    const char *label = json_string_value(value);
    if (!label || !is_label(key) || !is_label(label) || length >= sizeof text - 1)
      return "";
    length += (size_t)snprintf(text + length, sizeof text - length, "%s%s%%3D%s",
                               length > 0 ? "%2C" : "", key, label);
  }
  return length < sizeof text - 1 ? arena_text(arena, text, length) : "";
}

static void read_conditions(struct arena *arena, const json_t *status,
                            struct kubernetes_workload *workload) {
  const json_t *progressing = condition_of(status, "Progressing");
  const json_t *failure = condition_of(status, "ReplicaFailure");
  const json_t *available = condition_of(status, "Available");
  workload->progressing = text_of(arena, progressing, "status");
  workload->progressing_reason = text_of(arena, progressing, "reason");
  workload->progressing_message = text_of(arena, progressing, "message");
  workload->progressing_s = time_of(progressing, "lastUpdateTime");
  workload->failure = text_of(arena, failure, "status");
  workload->failure_message = text_of(arena, failure, "message");
  workload->is_available = text_of(arena, available, "status");
  workload->available_message = text_of(arena, available, "message");
  workload->available_s = time_of(available, "lastTransitionTime");
}

static void read_counts(enum kubernetes_kind kind, const json_t *spec, const json_t *status,
                        struct kubernetes_workload *workload) {
  const bool daemon = kind == KUBERNETES_DAEMON_SET;
  workload->desired = daemon ? int_or(status, "desiredNumberScheduled", 0) /* absent: 0 */
                             : int_or(spec, "replicas", 1);
  workload->updated = int_or(status, daemon ? "updatedNumberScheduled" : "updatedReplicas", 0);
  workload->ready = int_or(status, daemon ? "numberReady" : "readyReplicas", 0);
  workload->available = int_or(status, daemon ? "numberAvailable" : "availableReplicas", 0);
  workload->present = int_or(status, daemon ? "currentNumberScheduled" : "replicas", 0);
  workload->observed = int_of(status, "observedGeneration");
}

static void read_job(struct arena *arena, const json_t *status,
                     struct kubernetes_workload *workload) {
  static const char *const ends[] = {"Complete", "Failed"};
  const json_t *end = NULL;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    const json_t *condition = condition_of(status, ends[i]);
    const char *is = json_string_value(at(condition, "status"));
    end = is && strcmp(is, "True") == 0 ? condition : end;
  }
  workload->active = int_or(status, "active", 0);
  workload->failed = int_or(status, "failed", 0);
  workload->succeeded = int_or(status, "succeeded", 0);
  workload->finished = text_of(arena, end, "type");
  workload->finished_reason = text_of(arena, end, "reason");
  workload->finished_message = text_of(arena, end, "message");
  workload->finished_s = time_of(end, "lastTransitionTime");
  workload->started_s = time_of(status, "startTime");
}

static void read_workload(struct kubernetes_object *object, const json_t *json) {
  struct arena *arena = &object->arena;
  struct kubernetes_workload *workload = &object->workload;
  const json_t *spec = at(json, "spec"), *status = at(json, "status");
  const bool cron = object->kind == KUBERNETES_CRON_JOB;
  const bool job = object->kind == KUBERNETES_JOB;
  const json_t *template =
      cron ? at(at(at(spec, "jobTemplate"), "spec"), "template") : at(spec, "template");
  const char *strategy = json_string_value(at(at(spec, "updateStrategy"), "type"));
  *workload = (struct kubernetes_workload){
      .desired = -1,
      .updated = -1,
      .ready = -1,
      .available = -1,
      .present = -1,
      .observed = -1,
      .paused = json_is_true(at(spec, cron || job ? "suspend" : "paused")),
      .images = joined(arena, at(at(template, "spec"), "containers"), "image"),
      .revision = text_of(arena, at(at(json, "metadata"), "annotations"),
                          "deployment.kubernetes.io/revision"),
      .restarted = text_of(arena, at(at(template, "metadata"), "annotations"),
                           "kubectl.kubernetes.io/restartedAt"),
      .template_annotated = json_is_object(at(at(template, "metadata"), "annotations")),
      .surges_nothing = strategy && strcmp(strategy, "OnDelete") == 0,
      .selector = selector_of(arena, at(spec, "selector")),
      .schedule = text_of(arena, spec, "schedule"),
      .scheduled_s = time_of(status, "lastScheduleTime"),
      .active = (int64_t)json_array_size(at(status, "active")),
      .failed = -1,
      .succeeded = -1,
      .finished = "",
      .finished_reason = "",
      .finished_message = "",
      .finished_s = -1,
      .started_s = -1,
  };
  read_conditions(arena, status, workload);
  if (job)
    read_job(arena, status, workload);
  else if (!cron)
    read_counts(object->kind, spec, status, workload);
}

/* ---- pods */

/* How bad the state of a container is: what waits with a reason is worse than what ended. */
static int harm_of(const json_t *container) {
  const json_t *state = at(container, "state");
  const char *waiting = json_string_value(at(at(state, "waiting"), "reason"));
  const json_t *terminated = at(state, "terminated");
  if (waiting && strcmp(waiting, "ContainerCreating") != 0 &&
      strcmp(waiting, "PodInitializing") != 0)
    return 4;
  if (terminated && int_of(terminated, "exitCode") != 0)
    return 3;
  if (at(at(container, "lastState"), "terminated"))
    return 2;
  return waiting ? 1 : 0;
}

static void read_container(struct arena *arena, const json_t *container, bool is_init,
                           struct kubernetes_pod *pod) {
  const json_t *state = at(container, "state");
  const json_t *waiting = at(state, "waiting"), *terminated = at(state, "terminated");
  const json_t *last = at(at(container, "lastState"), "terminated");
  pod->container = text_of(arena, container, "name");
  pod->is_init = is_init;
  pod->waiting = text_of(arena, waiting, "reason");
  pod->waiting_message = text_of(arena, waiting, "message");
  pod->terminated = text_of(arena, terminated, "reason");
  pod->terminated_message = text_of(arena, terminated, "message");
  pod->exit_code = int_of(terminated, "exitCode");
  pod->last = text_of(arena, last, "reason");
  pod->last_message = text_of(arena, last, "message");
  pod->last_exit = int_of(last, "exitCode");
  pod->last_finished_s = time_of(last, "finishedAt");
}

static void read_containers(struct arena *arena, const json_t *status, struct kubernetes_pod *pod) {
  static const char *const lists[] = {"initContainerStatuses", "containerStatuses"};
  const json_t *worst = NULL;
  bool worst_is_init = false;
  for (size_t k = 0; k < 2; k++) {
    const json_t *list = at(status, lists[k]);
    for (size_t i = 0; i < json_array_size(list); i++) {
      const json_t *one = json_array_get(list, i);
      pod->restarts += int_or(one, "restartCount", 0) % (INT64_C(1) << 32);
      pod->ready += k == 1 && json_is_true(at(one, "ready"));
      if (harm_of(one) > (worst ? harm_of(worst) : 0)) {
        worst = one;
        worst_is_init = k == 0;
      }
    }
  }
  read_container(arena, worst, worst_is_init, pod);
}

static int64_t restarts_of(const json_t *statuses, const char *name) {
  for (size_t i = 0; i < json_array_size(statuses); i++) {
    const char *one = json_string_value(at(json_array_get(statuses, i), "name"));
    if (one && strcmp(one, name) == 0)
      return int_or(json_array_get(statuses, i), "restartCount", 0);
  }
  return 0;
}

static void name_containers(struct arena *arena, const json_t *spec, const json_t *status,
                            struct kubernetes_pod *pod) {
  static const char *const lists[][2] = {{"initContainers", "initContainerStatuses"},
                                         {"containers", "containerStatuses"}};
  size_t count = json_array_size(at(spec, lists[0][0])) + json_array_size(at(spec, lists[1][0]));
  count = count < KUBERNETES_CONTAINERS_MAX ? count : KUBERNETES_CONTAINERS_MAX;
  struct kubernetes_container *named = arena_alloc(arena, count * sizeof *named);
  for (size_t k = 0; named && k < 2; k++)
    for (size_t i = 0; i < json_array_size(at(spec, lists[k][0])); i++) {
      const char *name = text_of(arena, json_array_get(at(spec, lists[k][0]), i), "name");
      if (name && *name && pod->named_count < count)
        named[pod->named_count++] = (struct kubernetes_container){
            .name = name, .restarts = restarts_of(at(status, lists[k][1]), name)};
    }
  pod->named = named;
}

static int64_t memory_limit(const json_t *containers) {
  int64_t sum = 0;
  for (size_t i = 0; i < json_array_size(containers); i++) {
    const int64_t limit =
        bytes_of(at(at(json_array_get(containers, i), "resources"), "limits"), "memory");
    if (limit <= 0 || limit > INT64_MAX - sum)
      return 0;
    sum += limit;
  }
  return sum;
}

static void read_pod(struct kubernetes_object *object, const json_t *json) {
  struct arena *arena = &object->arena;
  struct kubernetes_pod *pod = &object->pod;
  const json_t *spec = at(json, "spec"), *status = at(json, "status");
  const json_t *containers = at(spec, "containers");
  const json_t *scheduled = condition_of(status, "PodScheduled");
  const char *is_scheduled = json_string_value(at(scheduled, "status"));
  *pod = (struct kubernetes_pod){
      .phase = text_of(arena, status, "phase"),
      .reason = text_of(arena, status, "reason"),
      .message = text_of(arena, status, "message"),
      .node = text_of(arena, spec, "nodeName"),
      .images = joined(arena, containers, "image"),
      .unscheduled = is_scheduled && strcmp(is_scheduled, "False") == 0
                         ? text_of(arena, scheduled, "message")
                         : "",
      .containers = (int64_t)json_array_size(containers),
      .ready_s = time_of(condition_of(status, "Ready"), "lastTransitionTime"),
      .memory_limit = memory_limit(containers),
  };
  read_containers(arena, status, pod);
  name_containers(arena, spec, status, pod);
  const json_t *ready = condition_of(status, "Ready");
  const char *is_ready = json_string_value(at(ready, "status"));
  const char *message = json_string_value(at(ready, "message"));
  pod->unready = "";
  if (is_ready && strcmp(is_ready, "True") != 0 && pod->ready >= pod->containers)
    pod->unready = message && *message ? text_of(arena, ready, "message")
                                       : "its containers are ready, but its node or a gate is not";
}

const char *kubernetes_pod_workload(const struct kubernetes_object *pod, char *name) {
  const size_t owner = strlen(pod->owner), hash = strlen(pod->hash);
  snprintf(name, KUBERNETES_TEXT_MAX + 1, "%s", pod->owner);
  if (strcmp(pod->owner_kind, "ReplicaSet") != 0 || hash == 0 || owner < hash + 2 ||
      strcmp(pod->owner + owner - hash, pod->hash) != 0 || pod->owner[owner - hash - 1] != '-')
    return pod->owner_kind;
  name[owner - hash - 1] = '\0';
  return "Deployment";
}

/* ---- the others */

static void read_node(struct kubernetes_object *object, const json_t *json) {
  struct arena *arena = &object->arena;
  struct kubernetes_node *node = &object->node;
  const json_t *status = at(json, "status"), *conditions = at(status, "conditions");
  const json_t *ready = condition_of(status, "Ready");
  *node = (struct kubernetes_node){
      .ready = text_of(arena, ready, "status"),
      .ready_message = text_of(arena, ready, "message"),
      .ready_s = time_of(ready, "lastTransitionTime"),
      .unschedulable = json_is_true(at(at(json, "spec"), "unschedulable")),
      .version = text_of(arena, at(status, "nodeInfo"), "kubeletVersion"),
      .pods = bytes_of(at(status, "allocatable"), "pods"),
      .memory = bytes_of(at(status, "allocatable"), "memory"),
  };
  for (size_t i = 0; i < json_array_size(conditions); i++) {
    const json_t *one = json_array_get(conditions, i);
    const char *is = json_string_value(at(one, "status"));
    if (one == ready || !is || strcmp(is, "True") != 0 ||
        node->trouble_count == KUBERNETES_TROUBLES_MAX)
      continue;
    node->troubles[node->trouble_count].type = text_of(arena, one, "type");
    node->troubles[node->trouble_count++].message = text_of(arena, one, "message");
  }
}

/* What becomes of a resize; errors first. */
static const json_t *resize_of(const json_t *status) {
  static const char *const types[] = {"ControllerResizeError", "NodeResizeError",
                                      "FileSystemResizePending", "Resizing"};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    const json_t *condition = condition_of(status, types[i]);
    const char *is = json_string_value(at(condition, "status"));
    if (is && strcmp(is, "True") == 0)
      return condition;
  }
  return NULL;
}

static void read_storage(struct kubernetes_object *object, const json_t *json) {
  struct arena *arena = &object->arena;
  const json_t *spec = at(json, "spec"), *status = at(json, "status");
  const json_t *from = object->kind == KUBERNETES_CLAIM ? status : spec;
  object->storage = (struct kubernetes_storage){
      .phase = text_of(arena, status, "phase"),
      .class_name = text_of(arena, spec, "storageClassName"),
      .volume = text_of(arena, spec, "volumeName"),
      .claim = text_of(arena, at(spec, "claimRef"), "name"),
      .reason = text_of(arena, status, "reason"),
      .message = text_of(arena, status, "message"),
      .condition = text_of(arena, resize_of(status), "type"),
      .condition_message = text_of(arena, resize_of(status), "message"),
      .wanted = bytes_of(at(at(spec, "resources"), "requests"), "storage"),
      .capacity = bytes_of(at(from, "capacity"), "storage"),
  };
}

static void read_event(struct kubernetes_object *object, const json_t *json) {
  struct arena *arena = &object->arena;
  const json_t *about = at(json, "involvedObject"), *series = at(json, "series");
  double last_s = time_of(json, "lastTimestamp");
  if (last_s < 0)
    last_s = time_of(series, "lastObservedTime");
  if (last_s < 0)
    last_s = time_of(json, "eventTime");
  object->event = (struct kubernetes_event){
      .kind = text_of(arena, about, "kind"),
      .name = text_of(arena, about, "name"),
      .uid = text_of(arena, about, "uid"),
      .reason = text_of(arena, json, "reason"),
      .message = text_of(arena, json, "message"),
      .count = int_or(series, "count", int_or(json, "count", 1)),
      .last_s = last_s >= 0 ? last_s : object->created_s,
  };
}

static void read_scaler(struct kubernetes_object *object, const json_t *json) {
  const json_t *spec = at(json, "spec"), *target = at(spec, "scaleTargetRef");
  object->scaler = (struct kubernetes_scaler){
      .kind = text_of(&object->arena, target, "kind"),
      .name = text_of(&object->arena, target, "name"),
      .min = int_or(spec, "minReplicas", 1),
      .max = int_of(spec, "maxReplicas"),
  };
}

static const json_t *controller_of(const json_t *metadata) {
  const json_t *owners = at(metadata, "ownerReferences");
  for (size_t i = 0; i < json_array_size(owners); i++)
    if (json_is_true(at(json_array_get(owners, i), "controller")))
      return json_array_get(owners, i);
  return NULL;
}

static void read_metadata(struct kubernetes_object *object, const json_t *json) {
  struct arena *arena = &object->arena;
  const json_t *metadata = at(json, "metadata"), *owner = controller_of(metadata);
  object->uid = text_of(arena, metadata, "uid");
  object->name = text_of(arena, metadata, "name");
  object->namespace = text_of(arena, metadata, "namespace");
  object->version = text_of(arena, metadata, "resourceVersion");
  object->owner_kind = text_of(arena, owner, "kind");
  object->owner = text_of(arena, owner, "name");
  object->hash = text_of(arena, at(metadata, "labels"), "pod-template-hash");
  object->generation = int_of(metadata, "generation");
  object->created_s = time_of(metadata, "creationTimestamp");
  object->deleted_s = time_of(metadata, "deletionTimestamp");
}

static void read_kind(struct kubernetes_object *object, const json_t *json) {
  switch (object->kind) {
  case KUBERNETES_DEPLOYMENT:
  case KUBERNETES_STATEFUL_SET:
  case KUBERNETES_DAEMON_SET:
  case KUBERNETES_CRON_JOB:
  case KUBERNETES_JOB:
    read_workload(object, json);
    break;
  case KUBERNETES_POD:
    read_pod(object, json);
    break;
  case KUBERNETES_NODE:
    read_node(object, json);
    break;
  case KUBERNETES_CLAIM:
  case KUBERNETES_VOLUME:
    read_storage(object, json);
    break;
  case KUBERNETES_WARNING:
  case KUBERNETES_CLAIM_EVENT:
    read_event(object, json);
    break;
  case KUBERNETES_SCALER:
    read_scaler(object, json);
    break;
  default:
    break; /* its metadata are all that is wanted */
  }
}

struct kubernetes_object *kubernetes_object_new(enum kubernetes_kind kind, const json_t *json) {
  struct kubernetes_object *object = mem_new(sizeof *object);
  arena_init(&object->arena, KUBERNETES_OBJECT_BYTES_MAX);
  object->kind = kind;
  read_metadata(object, json);
  read_kind(object, json);
  if (*object->uid && *object->name && !object->arena.exhausted)
    return object;
  kubernetes_object_free(object);
  return NULL;
}

void kubernetes_object_free(struct kubernetes_object *object) {
  if (!object)
    return;
  arena_fini(&object->arena);
  free(object);
}
