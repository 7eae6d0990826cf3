/* The pods that a row or a service means: a source for each of their containers, added to a reader.
 *
 * With `follow` their list stays live: a pod that a rollout adds gets its sources, and so does one
 * that was not there yet. */
#pragma once

#include "logs/log_reader.h"
#include "model/config/config.h"

struct log_pods;

/* Whether the target has pods: a Kubernetes cluster, or a service with a runtime `kubernetes`. */
bool log_pods_has(const struct target *target);
/* table, key: of a row, NULL for the target itself. Without a table the key may be NAMESPACE/POD or
 * NAMESPACE/KIND/NAME. Rows that are neither pods nor workloads have all pods. Asks the server for
 * its list first; what goes wrong is a source that says so. */
struct log_pods *log_pods_new(struct io *io, struct log_reader *reader, const struct config *config,
                              size_t target_index, const char *table, const char *key,
                              const struct log_want *want, const struct log_filter *filter);
/* The list is not there yet. */
bool log_pods_is_looking(const struct log_pods *pods);
/* More pods may come. */
bool log_pods_is_waiting(const struct log_pods *pods);
/* Before the reader is closed. NULL is allowed. */
void log_pods_close(struct log_pods *pods);
