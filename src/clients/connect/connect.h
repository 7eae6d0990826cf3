/* Answers of Kafka Connect's REST API. Pure. Texts are copied to the arena, cut where they are too
 * long; bytes of a server: sanitise them for display. */
#pragma once

#include "clients/connect/connect_contract.h"
#include "core/arena.h"
#include "core/err.h"

#include <jansson.h>
#include <stdint.h>

enum {
  CONNECT_TEXT_MAX = 1024,
  CONNECT_TRACE_MAX = 4096,
  CONNECT_CONNECTORS_MAX = 2000,
  CONNECT_TASKS_MAX = 20000, /* of all connectors */
  CONNECT_CONFIGS_MAX = 500, /* of a connector */
};

/* The states that its workers report. */
enum connect_state {
  CONNECT_RUNNING,
  CONNECT_FAILED,
  CONNECT_PAUSED,
  CONNECT_STOPPED, /* since 3.5: it has no tasks then */
  CONNECT_UNASSIGNED,
  CONNECT_RESTARTING,
  CONNECT_OTHER, /* a word that is not known here */
};

struct connect_part {
  enum connect_state state;
  const char *word;   /* of the state, in lower case */
  const char *worker; /* "host:port"; "" */
  const char *reason; /* connect_reason of the trace; "" */
  const char *trace;  /* "" */
};
struct connect_task {
  struct connect_part part;
  int64_t id;
};
struct connect_connector {
  const char *name, *type, *class; /* type: "source" or "sink" */
  struct connect_part part;
  struct connect_task *tasks;
  size_t task_count;
};
struct connect_list {
  struct connect_connector *items;
  size_t count, total;
  bool tasks_cut;
};

/* The version in the answer to CONNECT_ROOT_PATH, and the id of the Kafka cluster ("": not said);
 * NULL with err. */
const char *connect_version(const json_t *json, const char **cluster, struct arena *arena,
                            struct err *err);
/* The answer to CONNECT_LIST_PATH, in the order of the names. False with err if it is not one. */
bool connect_list_read(const json_t *json, struct arena *arena, struct connect_list *list,
                       struct err *err) MUST_CHECK;
/* The answer to /connectors/NAME/status. */
bool connect_status_read(const json_t *json, struct arena *arena,
                         struct connect_connector *connector, struct err *err) MUST_CHECK;
/* The first line of a trace, and what caused it last: "A; caused by B". */
const char *connect_reason(const char *trace, struct arena *arena);

struct connect_config {
  const char *name, *value; /* value: "***" of a secret, unless it refers to a config provider */
};
/* The answer to /connectors/NAME/config, in the order of the names: how many, at most
 * CONNECT_CONFIGS_MAX; -1 with err if it is not one. */
int connect_config_read(const json_t *json, struct arena *arena, struct connect_config **configs,
                        struct err *err);
