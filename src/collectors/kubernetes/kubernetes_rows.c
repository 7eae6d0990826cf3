#include "collectors/kubernetes/kubernetes_rows.h"

#include "clients/kubernetes/kubernetes_judge.h"
#include "clients/kubernetes/kubernetes_usage.h"
#include "core/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 3 * KUBERNETES_TEXT_MAX, WARNING_S = 3600 };

/* What one sample is made of, beside the objects. Keys belong to the arena. */
struct making {
  const struct kubernetes_answers *answers;
  struct sample *sample;
  struct arena arena;
  struct map events;   /* "uid" of an object to its newest event, an index into `newest` */
  struct map causes;   /* "Deployment/ecap/api" to its worst pod, an index into `worst` */
  struct map scalers;  /* "Deployment/ecap/api" to an index into `autoscalers` */
  struct map usages;   /* "ecap/api-7d9c-x" to an index into the items of the metrics */
  struct map on_nodes; /* a node's name to its number of pods */
  struct map crons;    /* "CronJob/ecap/report" to an index into `runs` */
  struct {
    int64_t failed;     /* jobs of it */
    double succeeded_s; /* when one last did; -1: none */
  } * runs;
  const struct kubernetes_event **newest;
  const struct kubernetes_object **autoscalers;
  struct {
    const char *reason;
    enum severity severity;
  } * worst;
  int64_t running, pending, restarts, unready, workloads, nodes_ready, bound;
};

/* ---- what belongs together */

static const struct kubernetes_feed *next_feed(const struct making *making, size_t *index) {
  while (*index < making->answers->feed_count) {
    const struct kubernetes_feed *feed = &making->answers->feeds[(*index)++];
    if (feed->known)
      return feed;
  }
  return NULL;
}

/* Calls for each known object of the kind. */
#define EACH_OBJECT(making, wanted, object)                                                       \
  for (size_t feed_at = 0; feed_at < (making)->answers->feed_count; feed_at++)                    \
    for (size_t object_at = 0; (making)->answers->feeds[feed_at].known &&                         \
                               (making)->answers->feeds[feed_at].kind == (wanted) &&              \
                               object_at < (making)->answers->feeds[feed_at].count &&             \
                               ((object) = (making)->answers->feeds[feed_at].objects[object_at]); \
         object_at++)

static size_t count_of(const struct making *making, enum kubernetes_kind kind) {
  size_t count = 0, index = 0;
  for (const struct kubernetes_feed *feed; (feed = next_feed(making, &index));)
    count += feed->kind == kind ? feed->count : 0;
  return count;
}

static bool is_known(const struct making *making, enum kubernetes_kind kind) {
  bool known = false;
  for (size_t i = 0; i < making->answers->feed_count; i++) {
    if (making->answers->feeds[i].kind != kind)
      continue;
    if (!making->answers->feeds[i].known)
      return false;
    known = true;
  }
  return known;
}

static void index_events(struct making *making, enum kubernetes_kind kind) {
  const struct kubernetes_object *object;
  EACH_OBJECT(making, kind, object) {
    const struct kubernetes_event *event = &object->event;
    struct map_slot *known = map_find(&making->events, event->uid);
    if (!known) {
      const size_t at = making->events.count;
      making->newest[at] = event;
      map_add(&making->events, event->uid, at);
    } else if (event->last_s >= making->newest[known->value]->last_s) {
      making->newest[known->value] = event;
    }
  }
}

static const struct kubernetes_event *event_of(const struct making *making,
                                               const struct kubernetes_object *object) {
  const struct map_slot *slot = map_find(&making->events, object->uid);
  return slot ? making->newest[slot->value] : NULL;
}

/* Of an hour at most: what was wrong yesterday explains nothing. */
static const struct kubernetes_event *warning_of(const struct making *making,
                                                 const struct kubernetes_object *object) {
  const struct kubernetes_event *event = event_of(making, object);
  return event && making->answers->now_s - event->last_s < WARNING_S ? event : NULL;
}

static const char *workload_key(char key[KEY_MAX], const char *kind, const char *namespace,
                                const char *name) {
  snprintf(key, KEY_MAX, "%s/%s/%s", kind, namespace, name);
  return key;
}

static const char *api_kind(enum kubernetes_kind kind) {
  return kind == KUBERNETES_DEPLOYMENT     ? "Deployment"
         : kind == KUBERNETES_STATEFUL_SET ? "StatefulSet"
         : kind == KUBERNETES_DAEMON_SET   ? "DaemonSet"
         : kind == KUBERNETES_JOB          ? "Job"
                                           : "CronJob";
}

static void index_scalers(struct making *making) {
  const struct kubernetes_object *object;
  char key[KEY_MAX];
  EACH_OBJECT(making, KUBERNETES_SCALER, object) {
    workload_key(key, object->scaler.kind, object->namespace, object->scaler.name);
    const size_t at = making->scalers.count;
    if (map_add(&making->scalers, arena_text(&making->arena, key, strlen(key)), at))
      making->autoscalers[at] = object;
  }
}

static void index_usages(struct making *making) {
  const json_t *items = json_object_get(making->answers->metrics, "items");
  char key[KEY_MAX];
  for (size_t i = 0; i < json_array_size(items) && i < KUBERNETES_OBJECTS_MAX; i++) {
    const json_t *pod = json_array_get(items, i);
    snprintf(key, sizeof key, "%.500s/%.500s", kubernetes_usage_text(pod, "namespace"),
             kubernetes_usage_text(pod, "name"));
    map_add(&making->usages, arena_text(&making->arena, key, strlen(key)), i);
  }
}

/* What became of the jobs of each cron job. */
static void index_jobs(struct making *making) {
  const struct kubernetes_object *object;
  char key[KEY_MAX];
  EACH_OBJECT(making, KUBERNETES_JOB, object) {
    const struct kubernetes_workload *job = &object->workload;
    workload_key(key, object->owner_kind, object->namespace, object->owner);
    const struct map_slot *known = map_find(&making->crons, key);
    const size_t at = known ? known->value : making->crons.count;
    if (!known) {
      map_add(&making->crons, arena_text(&making->arena, key, strlen(key)), at);
      making->runs[at].succeeded_s = -1;
    }
    making->runs[at].failed += strcmp(job->finished, "Failed") == 0;
    if (strcmp(job->finished, "Complete") == 0 && job->finished_s > making->runs[at].succeeded_s)
      making->runs[at].succeeded_s = job->finished_s;
  }
}

/* A job of a cron job that failed, of which a later one succeeded. */
static bool is_superseded(const struct making *making, const struct kubernetes_object *object) {
  char key[KEY_MAX];
  if (object->kind != KUBERNETES_JOB || strcmp(object->owner_kind, "CronJob") != 0)
    return false;
  workload_key(key, object->owner_kind, object->namespace, object->owner);
  const struct map_slot *slot = map_find(&making->crons, key);
  return slot && object->workload.finished_s >= 0 &&
         making->runs[slot->value].succeeded_s > object->workload.finished_s;
}

/* ---- rows */

static struct value text_or_none(struct sample *sample, const char *text) {
  return *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

static const char *label_of(struct sample *sample, const struct kubernetes_object *object) {
  return *object->namespace ? sample_printf(sample, "%s/%s", object->namespace, object->name)
                            : sample_copy(sample, object->name);
}

static struct value age_cell(const struct making *making, double since_s) {
  const double age_s = making->answers->now_s - since_s;
  return since_s < 0 ? value_none(NULL) : value_real(age_s > 0 ? age_s : 0);
}

static struct value count_or_none(int64_t count) {
  return count >= 0 ? value_int(count) : value_none(NULL);
}

static struct row *begin_row(struct making *making, enum kubernetes_table table,
                             const struct kubernetes_object *object,
                             const struct kubernetes_verdict *verdict) {
  struct sample *sample = making->sample;
  struct row *row = sample_row(sample, &sample->tables[table], object->uid, NULL);
  if (!row)
    return NULL;
  row->cells[0] = value_text(label_of(sample, object));
  row->severity = verdict->severity;
  row->reason = *verdict->reason ? sample_copy(sample, verdict->reason) : NULL;
  if (verdict->severity != SEVERITY_OK && verdict->since_s >= 0 &&
      making->answers->now_s > verdict->since_s)
    row->lasted_ms = (int64_t)((making->answers->now_s - verdict->since_s) * 1000);
  return row;
}

static struct value reason_cell(const struct row *row) {
  return row->reason ? value_text(row->reason) : value_none(NULL);
}

static void fill_usage(struct making *making, const struct kubernetes_object *object,
                       struct value *cells) {
  char key[KEY_MAX];
  snprintf(key, sizeof key, "%.500s/%.500s", object->namespace, object->name);
  const struct map_slot *slot = map_find(&making->usages, key);
  const json_t *items = json_object_get(making->answers->metrics, "items");
  const struct kubernetes_usage used =
      kubernetes_usage_read(slot ? json_array_get(items, slot->value) : NULL);
  const bool runs = strcmp(object->pod.phase, "Running") == 0;
  const char *why = !runs                         ? NULL
                    : making->answers->no_metrics ? making->answers->no_metrics
                                                  : "metrics.k8s.io does not know this pod yet";
  cells[POD_CPU] = used.cpu >= 0 ? value_real(used.cpu) : value_none(why);
  cells[POD_MEMORY] = used.memory >= 0 ? value_int((int64_t)used.memory) : value_none(why);
  cells[POD_LIMIT] =
      object->pod.memory_limit > 0 ? value_int(object->pod.memory_limit) : value_none(NULL);
  if (used.memory >= 0 && object->pod.memory_limit > 0)
    cells[POD_MEMORY_RATIO] = value_real(used.memory / (double)object->pod.memory_limit);
}

/* What is wrong with a pod may be why its workload is not complete. */
static void note_cause(struct making *making, const struct kubernetes_object *pod,
                       const struct row *row) {
  char name[KUBERNETES_TEXT_MAX + 1], key[KEY_MAX];
  const char *kind = kubernetes_pod_workload(pod, name);
  if (row->severity == SEVERITY_OK || !*kind || pod->deleted_s >= 0)
    return;
  workload_key(key, kind, pod->namespace, name);
  const struct map_slot *known = map_find(&making->causes, key);
  const size_t at = known ? known->value : making->causes.count;
  if (known && making->worst[at].severity >= row->severity)
    return;
  if (!known)
    map_add(&making->causes, arena_text(&making->arena, key, strlen(key)), at);
  making->worst[at].severity = row->severity;
  making->worst[at].reason = row->reason;
}

static void count_pod(struct making *making, const struct kubernetes_object *object) {
  const struct kubernetes_pod *pod = &object->pod;
  making->running += strcmp(pod->phase, "Running") == 0;
  making->pending += strcmp(pod->phase, "Pending") == 0;
  making->restarts += pod->restarts;
  if (!*pod->node)
    return;
  struct map_slot *slot = map_find(&making->on_nodes, pod->node);
  if (slot)
    slot->value++;
  else
    map_add(&making->on_nodes, pod->node, 1);
}

static bool add_pod(struct making *making, const struct kubernetes_object *object) {
  const struct kubernetes_pod *pod = &object->pod;
  struct sample *sample = making->sample;
  char owner[KUBERNETES_TEXT_MAX + 1];
  struct kubernetes_verdict verdict;
  kubernetes_judge_pod(object, warning_of(making, object), making->answers->now_s, &verdict);
  struct row *row = begin_row(making, KUBERNETES_PODS, object, &verdict);
  if (!row)
    return false;
  struct value *cells = row->cells;
  const char *kind = kubernetes_pod_workload(object, owner);
  const int64_t exit_code = *pod->terminated ? pod->exit_code : pod->last_exit;
  cells[POD_STATE] = value_text(sample_copy(sample, verdict.state));
  cells[POD_READY] = value_int(pod->ready);
  cells[POD_CONTAINERS] = value_int(pod->containers);
  cells[POD_RESTARTS] = value_int(pod->restarts);
  cells[POD_EXIT] = exit_code >= 0 && (pod->restarts > 0 || *pod->terminated) ? value_int(exit_code)
                                                                              : value_none(NULL);
  cells[POD_AGE] = age_cell(making, object->created_s);
  cells[POD_NODE] = text_or_none(sample, pod->node);
  cells[POD_REASON] = reason_cell(row);
  cells[POD_OWNER] =
      *kind ? value_text(sample_printf(sample, "%s %s", kind, owner)) : value_none("it has none");
  cells[POD_IMAGE] = text_or_none(sample, pod->images);
  cells[POD_CONTAINER] = text_or_none(sample, pod->container);
  cells[POD_NAMESPACE] = text_or_none(sample, object->namespace);
  cells[POD_NAME] = text_or_none(sample, object->name);
  if (object->created_s >= 0)
    cells[POD_CREATED] = value_int((int64_t)object->created_s * 1000);
  fill_usage(making, object, cells);
  count_pod(making, object);
  note_cause(making, object, row);
  return true;
}

static void fill_runs(const struct making *making, const struct kubernetes_object *object,
                      const char *key, struct value *cells) {
  const struct kubernetes_workload *workload = &object->workload;
  const struct map_slot *jobs = map_find(&making->crons, key);
  if (object->kind != KUBERNETES_CRON_JOB && object->kind != KUBERNETES_JOB)
    return;
  cells[WORKLOAD_ACTIVE] = value_int(workload->active);
  cells[WORKLOAD_FAILED] = object->kind == KUBERNETES_JOB ? value_int(workload->failed)
                           : is_known(making, KUBERNETES_JOB)
                               ? value_int(jobs ? making->runs[jobs->value].failed : 0)
                               : value_none("jobs could not be listed");
  if (workload->scheduled_s >= 0)
    cells[WORKLOAD_SCHEDULED] = value_int((int64_t)workload->scheduled_s * 1000);
}

static bool add_workload(struct making *making, const struct kubernetes_object *object) {
  const struct kubernetes_workload *workload = &object->workload;
  struct sample *sample = making->sample;
  struct kubernetes_verdict verdict;
  char key[KEY_MAX];
  workload_key(key, api_kind(object->kind), object->namespace, object->name);
  const struct map_slot *cause = map_find(&making->causes, key);
  const struct map_slot *scaler = map_find(&making->scalers, key);
  kubernetes_judge_workload(object, warning_of(making, object),
                            cause ? making->worst[cause->value].reason : NULL,
                            making->answers->now_s, &verdict);
  if (verdict.severity != SEVERITY_OK && is_superseded(making, object)) {
    verdict.severity = SEVERITY_OK;
    *verdict.reason = '\0';
  }
  struct row *row = begin_row(making, KUBERNETES_WORKLOADS, object, &verdict);
  if (!row)
    return false;
  struct value *cells = row->cells;
  cells[WORKLOAD_KIND] = value_text(kubernetes_kind_info(object->kind)->word);
  cells[WORKLOAD_STATE] = value_text(sample_copy(sample, verdict.state));
  cells[WORKLOAD_READY] = count_or_none(workload->ready);
  cells[WORKLOAD_DESIRED] = count_or_none(workload->desired);
  cells[WORKLOAD_UPDATED] = count_or_none(workload->updated);
  cells[WORKLOAD_AVAILABLE] = count_or_none(workload->available);
  cells[WORKLOAD_SINCE] = age_cell(making, verdict.since_s);
  cells[WORKLOAD_IMAGE] = text_or_none(sample, workload->images);
  cells[WORKLOAD_REASON] = reason_cell(row);
  cells[WORKLOAD_REVISION] = text_or_none(sample, workload->revision);
  cells[WORKLOAD_RESTARTED] = text_or_none(sample, workload->restarted);
  cells[WORKLOAD_SCHEDULE] = text_or_none(sample, workload->schedule);
  cells[WORKLOAD_NAMESPACE] = text_or_none(sample, object->namespace);
  cells[WORKLOAD_NAME] = text_or_none(sample, object->name);
  cells[WORKLOAD_GENERATION] = count_or_none(object->generation);
  if (object->created_s >= 0)
    cells[WORKLOAD_CREATED] = value_int((int64_t)object->created_s * 1000);
  if (scaler) {
    const struct kubernetes_object *by = making->autoscalers[scaler->value];
    cells[WORKLOAD_SCALER] =
        value_text(sample_printf(sample, "%s, %lld to %lld", by->name, (long long)by->scaler.min,
                                 (long long)by->scaler.max));
  }
  fill_runs(making, object, key, cells);
  making->workloads += object->kind != KUBERNETES_JOB;
  making->unready += workload->ready >= 0 && workload->ready < workload->desired;
  return true;
}

static bool add_node(struct making *making, const struct kubernetes_object *object) {
  const struct kubernetes_node *node = &object->node;
  struct kubernetes_verdict verdict;
  kubernetes_judge_node(object, making->answers->now_s, &verdict);
  struct row *row = begin_row(making, KUBERNETES_NODES, object, &verdict);
  if (!row)
    return false;
  const struct map_slot *pods = map_find(&making->on_nodes, object->name);
  struct value *cells = row->cells;
  cells[NODE_STATE] = value_text(sample_copy(making->sample, verdict.state));
  cells[NODE_SINCE] = age_cell(making, verdict.since_s);
  cells[NODE_PODS] = is_known(making, KUBERNETES_POD) ? value_int(pods ? (int64_t)pods->value : 0)
                                                      : value_none("pods could not be listed");
  cells[NODE_PODS_MAX] = count_or_none(node->pods);
  cells[NODE_VERSION] = text_or_none(making->sample, node->version);
  cells[NODE_REASON] = reason_cell(row);
  cells[NODE_MEMORY] = count_or_none(node->memory);
  making->nodes_ready += strcmp(node->ready, "True") == 0;
  return true;
}

static bool add_storage(struct making *making, const struct kubernetes_object *object) {
  const struct kubernetes_storage *storage = &object->storage;
  struct sample *sample = making->sample;
  struct kubernetes_verdict verdict;
  if (object->kind == KUBERNETES_VOLUME && strcmp(storage->phase, "Bound") == 0)
    return true; /* its claim stands for it */
  kubernetes_judge_storage(object, event_of(making, object), making->answers->now_s, &verdict);
  struct row *row = begin_row(making, KUBERNETES_STORAGE, object, &verdict);
  if (!row)
    return false;
  struct value *cells = row->cells;
  cells[STORAGE_KIND] = value_text(kubernetes_kind_info(object->kind)->word);
  cells[STORAGE_STATE] = value_text(sample_copy(sample, verdict.state));
  cells[STORAGE_SIZE] = count_or_none(storage->capacity >= 0 ? storage->capacity : storage->wanted);
  cells[STORAGE_WANTED] =
      object->kind == KUBERNETES_CLAIM ? count_or_none(storage->wanted) : value_none(NULL);
  cells[STORAGE_CLASS] = text_or_none(sample, storage->class_name);
  cells[STORAGE_AGE] = age_cell(making, object->created_s);
  cells[STORAGE_REASON] = reason_cell(row);
  cells[STORAGE_VOLUME] = text_or_none(sample, storage->volume);
  cells[STORAGE_NAMESPACE] = text_or_none(sample, object->namespace);
  cells[STORAGE_NAME] = text_or_none(sample, object->name);
  making->bound += object->kind == KUBERNETES_CLAIM && strcmp(storage->phase, "Bound") == 0;
  return true;
}

static void add_rows(struct making *making) {
  static const struct {
    enum kubernetes_kind kind;
    bool (*add)(struct making *making, const struct kubernetes_object *object);
  } all[] = {{KUBERNETES_POD, add_pod}, /* first: what is wrong with pods explains workloads */
             {KUBERNETES_DEPLOYMENT, add_workload},
             {KUBERNETES_STATEFUL_SET, add_workload},
             {KUBERNETES_DAEMON_SET, add_workload},
             {KUBERNETES_CRON_JOB, add_workload},
             {KUBERNETES_JOB, add_workload},
             {KUBERNETES_NODE, add_node},
             {KUBERNETES_CLAIM, add_storage},
             {KUBERNETES_VOLUME, add_storage}};
  const struct kubernetes_object *object;
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    bool fits = true;
    EACH_OBJECT(making, all[i].kind, object) {
      fits = fits && all[i].add(making, object);
    }
  }
}

static int by_harm(const void *a, const void *b) {
  const struct row *one = a, *other = b;
  if (one->severity != other->severity)
    return one->severity > other->severity ? -1 : 1;
  const int order = strcmp(one->cells[0].text, other->cells[0].text);
  return order ? order : strcmp(one->key, other->key);
}

/* ---- the summary, and what is not known */

static void fill_summary(struct making *making) {
  const struct kubernetes_answers *answers = making->answers;
  struct sample *sample = making->sample;
  struct row *row = sample_row(sample, &sample->tables[KUBERNETES_SUMMARY], answers->name, NULL);
  assert(row); /* one row fits into any ceiling */
  struct value *cells = row->cells;
  const struct {
    enum kubernetes_summary_column column;
    enum kubernetes_kind kind;
    int64_t count;
  } counts[] = {
      {SUMMARY_PODS, KUBERNETES_POD, making->running},
      {SUMMARY_PENDING, KUBERNETES_POD, making->pending},
      {SUMMARY_RESTARTS, KUBERNETES_POD, making->restarts},
      {SUMMARY_UNREADY, KUBERNETES_DEPLOYMENT, making->unready},
      {SUMMARY_WORKLOADS, KUBERNETES_DEPLOYMENT, making->workloads},
      {SUMMARY_NODES, KUBERNETES_NODE, making->nodes_ready},
      {SUMMARY_CLAIMS, KUBERNETES_CLAIM, making->bound},
      {SUMMARY_VOLUMES, KUBERNETES_VOLUME, (int64_t)count_of(making, KUBERNETES_VOLUME)},
      {SUMMARY_INGRESSES, KUBERNETES_INGRESS, (int64_t)count_of(making, KUBERNETES_INGRESS)},
      {SUMMARY_POLICIES, KUBERNETES_NETWORK_POLICY,
       (int64_t)count_of(making, KUBERNETES_NETWORK_POLICY)},
  };
  int64_t warnings = 0;
  for (size_t i = 0; i < making->events.count; i++)
    warnings += answers->now_s - making->newest[i]->last_s < WARNING_S;
  cells[SUMMARY_NAME] = value_text(row->key);
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    cells[counts[i].column] = is_known(making, counts[i].kind)
                                  ? value_int(counts[i].count)
                                  : value_none("they could not be listed");
  cells[SUMMARY_WARNINGS] = is_known(making, KUBERNETES_WARNING)
                                ? value_int(warnings)
                                : value_none("they could not be listed");
  cells[SUMMARY_LATENCY] = answers->latency_us >= 0
                               ? value_real((double)answers->latency_us / 1e6)
                               : value_none("stacktop was busy while it waited");
  cells[SUMMARY_VERSION] = text_or_none(sample, answers->version);
}

static const char *table_of(enum kubernetes_kind kind) {
  const enum kubernetes_table table = kind <= KUBERNETES_JOB    ? KUBERNETES_WORKLOADS
                                      : kind == KUBERNETES_POD  ? KUBERNETES_PODS
                                      : kind == KUBERNETES_NODE ? KUBERNETES_NODES
                                      : kind == KUBERNETES_CLAIM || kind == KUBERNETES_VOLUME
                                          ? KUBERNETES_STORAGE
                                          : KUBERNETES_SUMMARY;
  return kubernetes_tables[table]->id;
}

static void add_note(struct sample *sample, const struct kubernetes_feed *feed) {
  const struct kubernetes_kind_info *info = kubernetes_kind_info(feed->kind);
  const char *table = table_of(feed->kind);
  const char *in = feed->namespace && !info->global ? " in the namespace " : "";
  const char *namespace = *in ? feed->namespace : "";
  if (feed->denied)
    sample_note(sample, table, NULL, "no right to list %s%s%.60s (grant the verbs list and watch)",
                info->resource, in, namespace);
  else if (feed->missing)
    sample_note(sample, table, NULL, "the server has no %s", info->resource);
  else if (!feed->known)
    sample_fault(sample, table, SEVERITY_UNKNOWN, "%s%s%.60s could not be listed: %s",
                 info->resource, in, namespace, feed->err.text);
  else if (feed->unwatched.kind != ERR_NONE)
    sample_note(sample, table, NULL,
                "no right to watch %s%s%.60s, so that each collection lists them", info->resource,
                in, namespace);
  if (feed->known && feed->cut)
    sample_fault(sample, table, SEVERITY_UNKNOWN,
                 "only %zu %s%s%.60s are read; limit them with namespaces", feed->count,
                 info->resource, in, namespace);
}

static void add_notes(struct making *making) {
  const struct kubernetes_answers *answers = making->answers;
  size_t denied = 0;
  for (size_t i = 0; i < answers->feed_count; i++) {
    denied += answers->feeds[i].denied;
    add_note(making->sample, &answers->feeds[i]);
  }
  if (denied == answers->feed_count)
    sample_fault(making->sample, NULL, SEVERITY_UNKNOWN, "no right to list anything: %s",
                 answers->feeds[0].err.text);
  if (answers->no_metrics && making->running > 0)
    sample_note(making->sample, kubernetes_tables[KUBERNETES_PODS]->id, NULL, "%s",
                answers->no_metrics);
}

static void making_init(struct making *making, const struct kubernetes_answers *answers) {
  *making = (struct making){.answers = answers};
  making->sample = sample_new(kubernetes_tables, KUBERNETES_TABLE_COUNT);
  arena_init(&making->arena, 64 << 20);
  const size_t events =
      count_of(making, KUBERNETES_WARNING) + count_of(making, KUBERNETES_CLAIM_EVENT) + 1;
  making->newest = mem_new(events * sizeof *making->newest);
  making->autoscalers =
      mem_new((count_of(making, KUBERNETES_SCALER) + 1) * sizeof *making->autoscalers);
  making->runs = mem_new((count_of(making, KUBERNETES_JOB) + 1) * sizeof *making->runs);
  making->worst = mem_new((count_of(making, KUBERNETES_POD) + 1) * sizeof *making->worst);
}

static void making_fini(struct making *making) {
  map_fini(&making->events);
  map_fini(&making->causes);
  map_fini(&making->scalers);
  map_fini(&making->usages);
  map_fini(&making->on_nodes);
  map_fini(&making->crons);
  free(making->runs);
  free(making->newest);
  free(making->autoscalers);
  free(making->worst);
  arena_fini(&making->arena);
}

struct sample *kubernetes_sample(const struct kubernetes_answers *answers) {
  struct making making;
  making_init(&making, answers);
  index_events(&making, KUBERNETES_WARNING);
  index_events(&making, KUBERNETES_CLAIM_EVENT);
  index_scalers(&making);
  index_usages(&making);
  index_jobs(&making);
  add_rows(&making);
  fill_summary(&making);
  add_notes(&making);
  struct sample *sample = making.sample;
  for (size_t i = 0; i < KUBERNETES_TABLE_COUNT; i++)
    if (sample->tables[i].row_count > 0)
      qsort(sample->tables[i].rows, sample->tables[i].row_count, sizeof(struct row), by_harm);
  if (*answers->version)
    sample->server = sample_printf(sample, "Kubernetes %s", answers->version);
  making_fini(&making);
  return sample;
}
