/* Exercises what is read of an API server's objects, and what is made of it.
 * The first byte says the kind, the second one how old it is; the rest is the object, or lines of a
 * watch where the first byte is 'w'.
 * Holds: texts are never NULL and never longer than KUBERNETES_TEXT_MAX; counts are -1 or not
 * negative; a judgement has a reason exactly where it is not OK, and a state; selectors need no
 * escaping in a URL; what a pod uses is finite, or -1; after a line that is not valid a watch has
 * no version to continue from.
 */
#include "fuzz.h"

#include "clients/kubernetes/kubernetes_feed.h"
#include "clients/kubernetes/kubernetes_judge.h"
#include "clients/kubernetes/kubernetes_template.h"
#include "clients/kubernetes/kubernetes_usage.h"

#include <math.h>

static const double now_s = 1795785732;

static void check_text(const char *text) {
  assert(text && strlen(text) <= KUBERNETES_TEXT_MAX);
}

static void check_verdict(const struct kubernetes_verdict *verdict) {
  assert((verdict->severity == SEVERITY_OK) == !*verdict->reason);
  assert(*verdict->state && strlen(verdict->state) < KUBERNETES_STATE_MAX);
  assert(strlen(verdict->reason) < KUBERNETES_REASON_MAX && isfinite(verdict->since_s));
}

static void check_workload(const struct kubernetes_object *object) {
  const struct kubernetes_workload *workload = &object->workload;
  struct kubernetes_verdict verdict;
  check_text(workload->images);
  check_text(workload->progressing_message);
  check_text(workload->schedule);
  check_text(workload->finished);
  check_text(workload->finished_message);
  assert(workload->active >= 0 && workload->failed >= -1 && isfinite(workload->finished_s));
  assert(strspn(workload->selector,
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./%") ==
         strlen(workload->selector));
  assert(workload->desired >= -1 && workload->ready >= -1 && workload->observed >= -1);
  kubernetes_judge_workload(object, NULL, NULL, now_s, &verdict);
  check_verdict(&verdict);
  kubernetes_judge_workload(object, NULL, "cause", now_s, &verdict);
  check_verdict(&verdict);
}

static void check_pod(const struct kubernetes_object *object) {
  char owner[KUBERNETES_TEXT_MAX + 1];
  struct kubernetes_verdict verdict;
  check_text(object->pod.unscheduled);
  check_text(object->pod.waiting_message);
  check_text(object->pod.unready);
  assert(object->pod.restarts >= 0 && object->pod.memory_limit >= 0);
  assert(kubernetes_pod_workload(object, owner) && strlen(owner) <= KUBERNETES_TEXT_MAX);
  kubernetes_judge_pod(object, NULL, now_s, &verdict);
  check_verdict(&verdict);
}

static void check_other(const struct kubernetes_object *object) {
  struct kubernetes_verdict verdict;
  if (object->kind == KUBERNETES_NODE) {
    assert(object->node.trouble_count <= KUBERNETES_TROUBLES_MAX);
    kubernetes_judge_node(object, now_s, &verdict);
    check_verdict(&verdict);
  } else if (object->kind == KUBERNETES_CLAIM || object->kind == KUBERNETES_VOLUME) {
    check_text(object->storage.condition);
    check_text(object->storage.condition_message);
    kubernetes_judge_storage(object, NULL, now_s, &verdict);
    check_verdict(&verdict);
  } else if (object->kind == KUBERNETES_WARNING) {
    check_text(object->event.message);
    assert(object->event.count >= 0);
  }
}

static void check_object(enum kubernetes_kind kind, const json_t *json) {
  struct kubernetes_object *object = kubernetes_object_new(kind, json);
  if (!object)
    return;
  check_text(object->uid);
  check_text(object->name);
  check_text(object->namespace);
  assert(*object->uid && *object->name);
  if (kind <= KUBERNETES_JOB)
    check_workload(object);
  else if (kind == KUBERNETES_POD)
    check_pod(object);
  else
    check_other(object);
  kubernetes_object_free(object);
}

static void check_usage(const json_t *json) {
  const struct kubernetes_usage usage = kubernetes_usage_read(json);
  assert(isfinite(usage.cpu) && usage.cpu >= -1);
  assert(usage.memory >= -1 && usage.memory < 0x1p62);
  assert(kubernetes_usage_text(json, "name"));
}

static void on_difference(void *arg, const char *text) {
  size_t *count = arg;
  assert(strlen(text) < KUBERNETES_TEXT_MAX);
  ++*count;
}

static void check_watch(const char *text, size_t size) {
  struct kubernetes_feed feed;
  feed_init(&feed, NULL, KUBERNETES_POD, NULL);
  for (const char *end; size > 0; text = end + 1) {
    end = memchr(text, '\n', size);
    const size_t len = end ? (size_t)(end - text) : size;
    const size_t before = feed.count;
    if (!feed_take_line(&feed, text, len))
      assert(!feed.version && feed.count == before);
    if (!end)
      break;
    size -= len + 1;
  }
  assert(feed.count <= feed.events);
  feed_fini(&feed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct err err;
  if (size < 2 || size > 100000)
    return 0;
  const char *text = (const char *)data + 1;
  if (*data == 'w') {
    check_watch(text, size - 1);
    return 0;
  }
  json_t *json = kubernetes_parse(text, size - 1, false, &err);
  size_t differences = 0;
  if (json)
    check_object((enum kubernetes_kind)(*data % KUBERNETES_KIND_COUNT), json);
  check_usage(json);
  const json_t *spec = json_object_get(json, "spec");
  assert(kubernetes_template_compare(json_object_get(spec, "template"), json, on_difference,
                                     &differences) == differences);
  json_decref(json);
  struct fuzz_input input = {data, size};
  char *word = fuzz_text(&input, '\0');
  assert(isfinite(kubernetes_time(word)) && isfinite(kubernetes_quantity(word)));
  assert(kubernetes_quantity(word) >= -1);
  check_text(kubernetes_proxy_line(strlen(word) <= KUBERNETES_TEXT_MAX ? word : ""));
  free(word);
  return 0;
}
