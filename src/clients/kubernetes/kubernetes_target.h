/* A configured target: what the collector and the actions share. */
#pragma once

#include "clients/kubernetes/kubernetes_proxy.h"
#include "model/target.h"

/* The options kubectl, context, kubeconfig and proxy; the texts are the target's. */
struct kubernetes_login kubernetes_target_login(const struct target *target);
