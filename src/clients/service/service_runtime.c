#include "clients/service/service_runtime.h"

#include "core/text/words.h"

#include <stdlib.h>
#include <string.h>

static const char *const verb_names[SERVICE_VERB_COUNT] = {[SERVICE_START] = "start",
                                                           [SERVICE_STOP] = "stop",
                                                           [SERVICE_RESTART] = "restart",
                                                           [SERVICE_SCALE] = "scale"};

const char *const service_runtimes[] = {"start",  "stop",       "restart", "status", "compose",
                                        "docker", "kubernetes", "systemd", NULL};

const char *service_verb_name(enum service_verb verb) {
  return verb_names[verb];
}

bool service_runtime_check(const char *text, struct err *err) {
  size_t count;
  if (strlen(text) > SERVICE_COMMAND_MAX) /* a plan shows all of it, quoted */
    return err_set(err, ERR_INVALID, "longer than %d bytes; put it into a script",
                   SERVICE_COMMAND_MAX);
  char **words = words_split(text, &count, err);
  free(words);
  return words && (count > 0 || err_set(err, ERR_INVALID, "expected a program and its arguments"));
}

static char **words_of(const struct option_value *runtime, const char *name) {
  size_t count;
  for (size_t i = 0; i < runtime->item_count; i++)
    if (strcmp(runtime->names[i], name) == 0)
      return words_split(runtime->items[i], &count, NULL);
  return NULL;
}

void service_commands_init(struct service_commands *commands, const struct target *target) {
  const struct option_value *runtime = target_option(target, "runtime");
  for (size_t i = 0; i < SERVICE_VERB_COUNT; i++)
    commands->verbs[i] = words_of(runtime, verb_names[i]);
  commands->status = words_of(runtime, "status");
}

void service_commands_fini(struct service_commands *commands) {
  for (size_t i = 0; i < SERVICE_VERB_COUNT; i++)
    free(commands->verbs[i]);
  free(commands->status);
}

bool service_commands_can(const struct service_commands *commands, enum service_verb verb) {
  return commands->verbs[verb] || (verb == SERVICE_RESTART && commands->verbs[SERVICE_START] &&
                                   commands->verbs[SERVICE_STOP]);
}
