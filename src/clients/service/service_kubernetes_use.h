/* What the pods of a service use together. Pure. */
#pragma once

#include "clients/service/service_driver.h"

#include <jansson.h>

/* Fills CPU, memory and its limit, or why they are not known. pods: a PodList; usage: a
 * PodMetricsList, NULL with no_metrics (kubernetes_no_metrics). Either may be NULL. */
void service_kubernetes_use(const json_t *pods, const json_t *usage, const char *no_metrics,
                            struct service_state *state);
