#include "app/dashboard/dashboard_view.h"

#include "logs/log_session.h"
#include "operate/command/command.h"

/* For completion. */
static const char *const *command_list(void) {
  enum { COMMAND_NAMES_MAX = 32 };
  static const char *names[COMMAND_NAMES_MAX + 1];
  for (size_t i = 0; command_names[i].name && i < COMMAND_NAMES_MAX; i++)
    names[i] = command_names[i].name;
  return names;
}

/* For the view: why the rows have no logs. */
static const char *no_logs(const struct model *model, const struct subject *subject) {
  if (log_session_has(model->targets[subject->target_index].target))
    return NULL;
  return "It has no logs: name its files in the configuration, such as logs: [/var/log/api/*.log]";
}

struct view *dashboard_view_new(const struct options *options, const char *user,
                                const struct config *config) {
  return view_new(&(struct view_options){.utc = options->utc,
                                         .user = user,
                                         .no_logs = no_logs,
                                         .wall = options->wall,
                                         .wall_rotate_ms = config->wall.rotate_ms,
                                         .keys = config->keys,
                                         .key_count = config->key_count,
                                         .commands = command_list()});
}
