#include "clients/kubernetes/kubernetes_usage.h"

#include "clients/kubernetes/kubernetes_read.h"

const char *kubernetes_no_metrics(const struct kubernetes_answer *answer) {
  if (!answer->err && answer->json)
    return NULL;
  if (answer->status == 401 || answer->status == 403)
    return "no right to list pods of metrics.k8s.io, so CPU and memory are not known";
  if (answer->status == 404)
    return "the cluster has no metrics.k8s.io (metrics-server), so CPU and memory are not known";
  return "metrics.k8s.io does not answer, so CPU and memory are not known";
}

const char *kubernetes_usage_text(const json_t *pod, const char *name) {
  const char *text = json_string_value(json_object_get(json_object_get(pod, "metadata"), name));
  return text ? text : "";
}

static double sum(double so_far, const json_t *usage, const char *name) {
  const double one = kubernetes_quantity(json_string_value(json_object_get(usage, name)));
  return so_far >= 0 && one >= 0 && so_far + one < 0x1p62 ? so_far + one : -1;
}

struct kubernetes_usage kubernetes_usage_read(const json_t *pod) {
  const json_t *containers = json_object_get(pod, "containers");
  struct kubernetes_usage usage = {-1, -1};
  if (json_array_size(containers) > 0)
    usage = (struct kubernetes_usage){0, 0};
  for (size_t i = 0; i < json_array_size(containers); i++) {
    const json_t *one = json_object_get(json_array_get(containers, i), "usage");
    usage.cpu = sum(usage.cpu, one, "cpu");
    usage.memory = sum(usage.memory, one, "memory");
  }
  return usage;
}
