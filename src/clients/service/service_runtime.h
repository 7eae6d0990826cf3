/* What runs a service, as its target's option `runtime` says: what its actions are done by. */
#pragma once

#include "model/target.h"

enum service_verb {
  SERVICE_START,
  SERVICE_STOP,
  SERVICE_RESTART,
  SERVICE_SCALE, /* not by programs */
  SERVICE_VERB_COUNT
};

enum { SERVICE_COMMAND_MAX = 1000 }; /* bytes of one command in the configuration */

/* Programs of the operator's own, each as words; NULL: not configured. */
struct service_commands {
  char **verbs[SERVICE_VERB_COUNT];
  char **status; /* ends with 0 where the service runs */
};

/* "start", "stop", "restart": the name in the configuration. */
const char *service_verb_name(enum service_verb verb);

/* The names that the option may have; ends with NULL. */
extern const char *const service_runtimes[];
/* Whether the text of one of them can be used; for `check` of the option. */
bool service_runtime_check(const char *text, struct err *err) MUST_CHECK;

/* From a target whose texts were checked. */
void service_commands_init(struct service_commands *commands, const struct target *target);
void service_commands_fini(struct service_commands *commands);
/* Whether it can be done: by its own command or, for a restart, by stop and start. */
bool service_commands_can(const struct service_commands *commands, enum service_verb verb);
