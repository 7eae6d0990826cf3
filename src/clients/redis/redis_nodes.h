/* The answer to CLUSTER NODES: one line per node. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REDIS_NODES_MAX = 4096, REDIS_NODE_ID_MAX = 64, REDIS_NODE_TEXT_MAX = 256 };

struct redis_node {
  char id[REDIS_NODE_ID_MAX], master[REDIS_NODE_ID_MAX]; /* master: "" of one that has none */
  char address[REDIS_NODE_TEXT_MAX];                     /* "10.0.0.1:7000" */
  char flags[REDIS_NODE_TEXT_MAX];                       /* "myself,master,fail?" */
  char link[24];                                         /* "connected" */
  char ranges[REDIS_NODE_TEXT_MAX];                      /* "0-5460 5462 [93->-id]", clipped */
  int64_t pong_ms, epoch; /* -1: not known; pong_ms: wall time of the last answer, 0: none */
  int64_t slots;
};

/* Reads the line that begins there into node. Returns the beginning of the next one; NULL at the
 * end. A line that is none has an empty id. */
const char *redis_node_read(const char *line, struct redis_node *node);
/* Whether a list of flags, "master,s_down", has that word. */
bool redis_flags_have(const char *flags, const char *flag);
/* The same of the node. */
bool redis_node_is(const struct redis_node *node, const char *flag);
