#include "logs/log_pods.h"

#include "clients/kubernetes/kubernetes_contract.h"
#include "clients/kubernetes/kubernetes_feed.h"
#include "clients/kubernetes/kubernetes_target.h"
#include "clients/service/service_kubernetes_place.h"
#include "core/mem.h"
#include "io/clock.h"
#include "logs/log_note.h"
#include "logs/log_pod.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_MS = 10000, LOOK_MS = 1000, NAMESPACES_MAX = 16, SEEN_MAX = 512 };

/* Pods, and the workloads by which the key of a row is found. */
static const enum kubernetes_kind kinds[] = {KUBERNETES_POD,          KUBERNETES_DEPLOYMENT,
                                             KUBERNETES_STATEFUL_SET, KUBERNETES_DAEMON_SET,
                                             KUBERNETES_CRON_JOB,     KUBERNETES_JOB};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct log_pods {
  struct io *io;
  struct log_reader *reader;
  struct kubernetes_login login;
  struct kubernetes_proxy *proxy; /* NULL: it is not known where they are */
  struct kubernetes_wait wait;
  bool waits;
  uv_timer_t timer;
  struct log_want want;
  struct log_filter *filter;

  /* Which pods. NULL: all. A workload is found by its uid first. */
  char *uid, *namespace, *name;
  enum kubernetes_kind kind; /* of what has the uid or the name; KUBERNETES_KIND_COUNT: a workload's
                                uid, of which it is not known yet */

  struct kubernetes_feed feeds[NAMESPACES_MAX * KINDS];
  size_t feed_count, pending;
  char *seen[SEEN_MAX]; /* "uid/container" of those that are read */
  size_t seen_count;
  bool looking, full;
  struct log_source *trouble; /* a note, while the list fails; held */
  struct err said;
};

static bool is_cluster(const struct target *target) {
  return strcmp(target->kind->kind, "kubernetes") == 0;
}

static bool is_service(const struct target *target) {
  return strcmp(target->kind->key, "services") == 0;
}

bool log_pods_has(const struct target *target) {
  return is_cluster(target) || (is_service(target) && service_kubernetes_place_has(target));
}

/* ---- what is missing */

static void note(struct log_pods *pods, const struct err *err) {
  (void)log_reader_add(pods->reader, log_note_new("pods", "pods", err));
}

static void trouble_end(struct log_pods *pods) {
  if (!pods->trouble)
    return;
  log_note_end(pods->trouble);
  log_source_release(pods->trouble);
  pods->trouble = NULL;
}

static void trouble_begin(struct log_pods *pods, const struct err *err) {
  if (pods->trouble && strcmp(pods->said.text, err->text) == 0)
    return;
  trouble_end(pods);
  pods->said = *err;
  pods->trouble = log_note_new("pods", "pods", err);
  log_source_hold(pods->trouble);
  (void)log_reader_add(pods->reader, pods->trouble);
}

/* ---- which pods */

static const char *owner_word(enum kubernetes_kind kind) {
  return kind == KUBERNETES_DEPLOYMENT     ? "Deployment"
         : kind == KUBERNETES_STATEFUL_SET ? "StatefulSet"
         : kind == KUBERNETES_DAEMON_SET   ? "DaemonSet"
         : kind == KUBERNETES_JOB          ? "Job"
                                           : "";
}

/* A cron job's pods are those of its jobs, which have its name and a number. */
static bool is_of_cron_job(const char *kind, const char *job, const char *name) {
  const size_t len = strlen(name);
  return strcmp(kind, "Job") == 0 && strncmp(job, name, len) == 0 && job[len] == '-' &&
         job[len + 1] && strspn(job + len + 1, "0123456789") == strlen(job + len + 1);
}

static bool is_meant(const struct log_pods *pods, const struct kubernetes_object *pod) {
  char owner[KUBERNETES_TEXT_MAX + 1];
  if (pods->kind == KUBERNETES_POD && pods->uid)
    return strcmp(pod->uid, pods->uid) == 0;
  if (!pods->name)
    return !pods->uid;
  if (pods->namespace && strcmp(pod->namespace, pods->namespace) != 0)
    return false;
  if (pods->kind == KUBERNETES_POD)
    return strcmp(pod->name, pods->name) == 0;
  const char *kind = kubernetes_pod_workload(pod, owner);
  if (pods->kind == KUBERNETES_CRON_JOB)
    return is_of_cron_job(kind, owner, pods->name);
  return strcmp(kind, owner_word(pods->kind)) == 0 && strcmp(owner, pods->name) == 0;
}

static void workload_find(struct log_pods *pods) {
  for (size_t i = 0; i < pods->feed_count && pods->kind == KUBERNETES_KIND_COUNT; i++)
    for (size_t k = 0; pods->feeds[i].kind != KUBERNETES_POD && k < pods->feeds[i].count; k++) {
      const struct kubernetes_object *object = pods->feeds[i].objects[k];
      if (strcmp(object->uid, pods->uid) != 0)
        continue;
      pods->kind = object->kind;
      pods->namespace = mem_dup(object->namespace);
      pods->name = mem_dup(object->name);
      return;
    }
}

/* ---- their sources */

static bool is_seen(const struct log_pods *pods, const char *id) {
  for (size_t i = 0; i < pods->seen_count; i++)
    if (strcmp(pods->seen[i], id) == 0)
      return true;
  return false;
}

/* False: there is no room for it. */
static bool source_add(struct log_pods *pods, const struct log_pod_place *place, const char *uid) {
  char *name = log_pod_name(place);
  const bool wanted = log_reader_wants(pods->reader, pods->filter, name);
  free(name);
  if (!wanted)
    return true;
  char *id = mem_printf("%s/%s", uid, place->container);
  const bool seen = is_seen(pods, id);
  if (seen || log_reader_count(pods->reader) >= LOG_SOURCES_MAX - 2 ||
      pods->seen_count == SEEN_MAX) {
    free(id);
    return seen;
  }
  pods->seen[pods->seen_count++] = id;
  return log_reader_add(pods->reader,
                        log_pod_new(pods->io, &pods->login, place, &pods->want, pods->filter));
}

/* Returns how many of its containers there is no room for. */
static size_t pod_add(struct log_pods *pods, const struct kubernetes_object *object) {
  size_t left_out = 0;
  for (size_t i = 0; i < object->pod.named_count; i++) {
    const struct kubernetes_container *container = &object->pod.named[i];
    const struct log_pod_place place = {.namespace = object->namespace,
                                        .pod = object->name,
                                        .container = container->name,
                                        .alone = object->pod.named_count == 1,
                                        .restarted = container->restarts > 0};
    left_out += !source_add(pods, &place, object->uid);
  }
  return left_out;
}

static void none_note(struct log_pods *pods) {
  const char *namespace = pods->namespace ? pods->namespace : "";
  struct err err;
  if (pods->kind == KUBERNETES_POD && pods->uid)
    err_set(&err, ERR_INVALID, "the pod no longer exists");
  else if (pods->kind == KUBERNETES_KIND_COUNT)
    err_set(&err, ERR_INVALID, "the workload no longer exists");
  else if (!pods->name)
    err_set(&err, ERR_INVALID, "the cluster has no pods");
  else if (pods->kind == KUBERNETES_POD)
    err_set(&err, ERR_INVALID, "there is no pod %.60s%s%.100s", namespace, *namespace ? "/" : "",
            pods->name);
  else
    err_set(&err, ERR_INVALID, "%s %.60s/%.100s has no pods",
            kubernetes_kind_info(pods->kind)->word, namespace, pods->name);
  trouble_begin(pods, &err);
}

static const struct err *failure_of(const struct log_pods *pods) {
  for (size_t i = 0; i < pods->feed_count; i++) {
    const struct kubernetes_feed *feed = &pods->feeds[i];
    const bool needed = feed->kind == KUBERNETES_POD || pods->kind == KUBERNETES_KIND_COUNT;
    if (needed && !feed->known && feed->err.kind != ERR_NONE)
      return &feed->err;
  }
  return NULL;
}

static void look_later(struct log_pods *pods);

static void take(struct log_pods *pods) {
  size_t left_out = 0, meant = 0;
  struct err err;
  workload_find(pods);
  for (size_t i = 0; i < pods->feed_count; i++)
    for (size_t k = 0; pods->feeds[i].kind == KUBERNETES_POD && k < pods->feeds[i].count; k++)
      if (is_meant(pods, pods->feeds[i].objects[k])) {
        meant++;
        left_out += pod_add(pods, pods->feeds[i].objects[k]);
      }
  const struct err *failure = failure_of(pods);
  if (failure)
    trouble_begin(pods, failure);
  else if (meant == 0 && pods->seen_count == 0)
    none_note(pods);
  else
    trouble_end(pods);
  if (left_out > 0 && !pods->full) {
    pods->full = true;
    err_set(&err, ERR_LIMIT, "%zu more containers are not read (limit: %d)", left_out,
            LOG_SOURCES_MAX - 2);
    note(pods, &err);
  }
  look_later(pods);
}

/* ---- the list */

static void on_settled(void *arg) {
  struct log_pods *pods = arg;
  if (--pods->pending == 0)
    take(pods);
}

static void on_ready(void *arg, const struct err *err) {
  struct log_pods *pods = arg;
  const bool sought = pods->kind == KUBERNETES_KIND_COUNT;
  pods->waits = false;
  if (err) {
    trouble_begin(pods, err);
    look_later(pods);
    return;
  }
  pods->pending = 1;
  for (size_t i = 0; i < pods->feed_count; i++)
    if (pods->feeds[i].kind == KUBERNETES_POD || sought)
      pods->pending += !feed_refresh(&pods->feeds[i], pods->proxy,
                                     pods->want.follow && pods->feeds[i].kind == KUBERNETES_POD,
                                     clock_now_ms() + LIST_MS, on_settled, pods);
  on_settled(pods);
}

static void look(struct log_pods *pods) {
  pods->waits = true;
  pods->wait = (struct kubernetes_wait){.done = on_ready, .arg = pods};
  kubernetes_proxy_wait(pods->proxy, &pods->wait);
}

static void on_timer(uv_timer_t *timer) {
  look(timer->data);
}

static void look_later(struct log_pods *pods) {
  pods->looking = false;
  if (pods->want.follow)
    uv_timer_start(&pods->timer, on_timer, LOOK_MS, 0);
  log_reader_wake(pods->reader);
}

/* ---- whose pods */

static char *dup_len(const char *text, size_t len) {
  return mem_printf("%.*s", (int)len, text);
}

/* "ecap/api-7d9c", "ecap/deployment/api", "api-7d9c". */
static bool key_read(struct log_pods *pods, const char *key, struct err *err) {
  struct service_kubernetes_place place;
  const char *first = strchr(key, '/'), *last = strrchr(key, '/');
  pods->kind = KUBERNETES_POD;
  if (first != last) {
    if (!service_kubernetes_place_read(&place, key, err))
      return false;
    pods->kind = place.kind;
    pods->namespace = mem_dup(place.namespace);
    pods->name = mem_dup(place.name);
    return true;
  }
  pods->namespace = first ? dup_len(key, (size_t)(first - key)) : NULL;
  pods->name = mem_dup(first ? first + 1 : key);
  return *pods->name || err_set(err, ERR_INVALID, "expected NAMESPACE/POD");
}

static bool row_read(struct log_pods *pods, const char *table, const char *key, struct err *err) {
  if (!key)
    return true;
  if (!table)
    return key_read(pods, key, err);
  if (strcmp(table, KUBERNETES_PODS_TABLE) == 0)
    pods->kind = KUBERNETES_POD;
  else if (strcmp(table, KUBERNETES_WORKLOADS_TABLE) == 0)
    pods->kind = KUBERNETES_KIND_COUNT;
  else
    return true;
  pods->uid = mem_dup(key);
  return true;
}

static bool sought_set(struct log_pods *pods, const struct target *target, const char *table,
                       const char *key, const struct target **cluster, struct err *err) {
  struct service_kubernetes_place place;
  *cluster = target;
  pods->kind = KUBERNETES_POD;
  if (is_cluster(target))
    return row_read(pods, table, key, err);
  if (!service_kubernetes_place_find(&place, target, cluster, err))
    return false;
  pods->kind = place.kind;
  pods->namespace = mem_dup(place.namespace);
  pods->name = mem_dup(place.name);
  return true;
}

static void feeds_init(struct log_pods *pods, const struct target *cluster) {
  const struct option_value *namespaces = cluster ? target_option(cluster, "namespaces") : NULL;
  const size_t many =
      pods->namespace || !namespaces || namespaces->item_count == 0 ? 0 : namespaces->item_count;
  const size_t count = pods->kind == KUBERNETES_KIND_COUNT ? KINDS : 1;
  for (size_t k = 0; k < count; k++)
    for (size_t i = 0; i < (many ? many : 1) && i < NAMESPACES_MAX; i++)
      feed_init(&pods->feeds[pods->feed_count++], pods->io, kinds[k],
                many ? namespaces->items[i] : pods->namespace);
}

struct log_pods *log_pods_new(struct io *io, struct log_reader *reader, const struct config *config,
                              size_t target_index, const char *table, const char *key,
                              const struct log_want *want, const struct log_filter *filter) {
  const struct target *target = config->targets[target_index], *cluster;
  struct log_pods *pods = mem_new(sizeof *pods);
  struct err err;
  pods->io = io;
  pods->reader = reader;
  pods->want = *want;
  pods->filter = log_filter_dup(filter);
  if (!sought_set(pods, target, table, key, &cluster, &err)) {
    note(pods, &err);
    return pods;
  }
  if (cluster)
    pods->login = kubernetes_target_login(cluster);
  pods->proxy = kubernetes_proxy_take(io, &pods->login);
  feeds_init(pods, cluster);
  uv_timer_init(io->loop, &pods->timer);
  pods->timer.data = pods;
  pods->looking = true;
  look(pods);
  return pods;
}

bool log_pods_is_looking(const struct log_pods *pods) {
  return pods && pods->looking;
}

bool log_pods_is_waiting(const struct log_pods *pods) {
  return pods && pods->proxy && pods->want.follow;
}

static void pods_free(struct log_pods *pods) {
  for (size_t i = 0; i < pods->seen_count; i++)
    free(pods->seen[i]);
  log_filter_free(pods->filter);
  free(pods->uid);
  free(pods->namespace);
  free(pods->name);
  free(pods);
}

static void on_closed(uv_handle_t *handle) {
  pods_free(handle->data);
}

void log_pods_close(struct log_pods *pods) {
  if (!pods)
    return;
  if (!pods->proxy) {
    pods_free(pods);
    return;
  }
  if (pods->waits)
    kubernetes_proxy_cancel(pods->proxy, &pods->wait);
  for (size_t i = 0; i < pods->feed_count; i++)
    feed_fini(&pods->feeds[i]);
  if (pods->trouble)
    log_source_release(pods->trouble);
  kubernetes_proxy_release(pods->proxy, NULL, NULL);
  uv_close((uv_handle_t *)&pods->timer, on_closed);
}
