/* Shared by the Kafka Connect collector, its page and its actions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONNECT_KIND "connect"
#define CONNECT_SUMMARY_TABLE "summary"
/* A tree: connectors with their tasks. The keys are those of connect_key. */
#define CONNECT_CONNECTORS_TABLE "connectors"
#define CONNECT_WORKERS_TABLE "workers"

/* Paths of the API. */
#define CONNECT_ROOT_PATH "/"
#define CONNECT_LIST_PATH "/connectors?expand=status&expand=info"
#define CONNECT_CONNECTOR_PATH "/connectors/"

/* Names may have any character: a key begins with the number of the task, or "connector". */
enum { CONNECT_NAME_MAX = 512, CONNECT_PATH_MAX = 3 * CONNECT_NAME_MAX + 64 };

/* "connector/NAME", or "task 3/NAME" for a task of at least 0. Returns out. */
const char *connect_key(char *out, size_t size, const char *name, int64_t task);
/* The name in a key (within it), and the task, -1 for a connector; NULL: it is not one. */
const char *connect_key_read(const char *key, int64_t *task);
/* "/connectors/NAME" and then end, "/status"; false if it does not fit. */
bool connect_path(char path[CONNECT_PATH_MAX], const char *name, const char *end);
