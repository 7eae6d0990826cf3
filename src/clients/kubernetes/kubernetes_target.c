#include "clients/kubernetes/kubernetes_target.h"

struct kubernetes_login kubernetes_target_login(const struct target *target) {
  return (struct kubernetes_login){.kubectl = target_text(target, "kubectl"),
                                   .context = target_text(target, "context"),
                                   .kubeconfig = target_text(target, "kubeconfig"),
                                   .proxy = target_text(target, "proxy")};
}
