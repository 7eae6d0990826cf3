#include "clients/service/service_kubernetes_use.h"

#include "clients/kubernetes/kubernetes_read.h"
#include "clients/kubernetes/kubernetes_usage.h"
#include "core/count.h"

#include <string.h>

/* All pods that run. */
struct sum {
  double cpu, memory, share;
  int64_t limit;
  bool unlimited; /* one of them */
  size_t running, known;
};

static struct kubernetes_usage usage_of(const json_t *usage, const char *pod) {
  const json_t *items = json_object_get(usage, "items");
  for (size_t i = 0; i < json_array_size(items); i++)
    if (strcmp(kubernetes_usage_text(json_array_get(items, i), "name"), pod) == 0)
      return kubernetes_usage_read(json_array_get(items, i));
  return (struct kubernetes_usage){-1, -1};
}

static void add_pod(struct sum *sum, const json_t *usage, const struct kubernetes_object *pod) {
  const struct kubernetes_usage used = usage_of(usage, pod->name);
  const int64_t limit = pod->pod.memory_limit;
  if (pod->deleted_s >= 0 || strcmp(pod->pod.phase, "Running") != 0)
    return;
  sum->running++;
  sum->unlimited |= limit <= 0;
  sum->limit = count_add(sum->limit, limit);
  if (used.cpu < 0 || used.memory < 0)
    return;
  sum->known++;
  sum->cpu += used.cpu;
  sum->memory += used.memory;
  if (limit > 0 && used.memory / (double)limit > sum->share)
    sum->share = used.memory / (double)limit;
}

static bool is_cut(const json_t *pods) {
  const char *more =
      json_string_value(json_object_get(json_object_get(pods, "metadata"), "continue"));
  return more && *more;
}

void service_kubernetes_use(const json_t *pods, const json_t *usage, const char *no_metrics,
                            struct service_state *state) {
  const json_t *items = json_object_get(pods, "items");
  struct sum sum = {.share = -1};
  for (size_t i = 0; i < json_array_size(items); i++) {
    struct kubernetes_object *pod = kubernetes_object_new(KUBERNETES_POD, json_array_get(items, i));
    if (pod)
      add_pod(&sum, usage, pod);
    kubernetes_object_free(pod);
  }
  if (sum.running == 0)
    return;
  if (is_cut(pods)) {
    state->unused_why = "it has more pods than stacktop reads for a service";
    return;
  }
  state->memory_limit = sum.unlimited ? 0 : sum.limit;
  if (sum.known == sum.running && sum.memory < 0x1p62) {
    state->cpu = sum.cpu;
    state->memory = (int64_t)sum.memory;
    state->memory_share = sum.share;
    return;
  }
  /* a sum without one of them would be too small */
  state->unused_why = no_metrics ? no_metrics : "metrics.k8s.io does not know all its pods yet";
  state->note = no_metrics;
}
