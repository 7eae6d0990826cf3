#include "app/dashboard/dashboard_view.h"

#include "core/mem.h"
#include "logs/log_session.h"
#include "operate/command/command.h"
#include "ui/view/view_rebase.h"

#include <stdlib.h>
#include <string.h>

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

static struct view_options options_of(const struct options *options, const char *user,
                                      const struct config *config) {
  return (struct view_options){.utc = options->utc,
                               .user = user,
                               .no_logs = no_logs,
                               .wall = options->wall,
                               .wall_rotate_ms = config->wall.rotate_ms,
                               .keys = config->keys,
                               .key_count = config->key_count,
                               .commands = command_list()};
}

struct view *dashboard_view_new(const struct options *options, const char *user,
                                const struct config *config) {
  const struct view_options own = options_of(options, user, config);
  return view_new(&own);
}

/* Where the target of the same kind and name is now, even if it is asked in another way. */
static size_t index_now(const struct target *target, const struct config *config) {
  for (size_t i = 0; i < config->target_count; i++)
    if (config->targets[i]->kind == target->kind &&
        strcmp(config->targets[i]->name, target->name) == 0)
      return i;
  return SIZE_MAX;
}

void dashboard_view_rebase(struct view *view, const struct options *options, const char *user,
                           const struct config *config, const struct config *old) {
  const struct view_options own = options_of(options, user, config);
  size_t *to = mem_new((old->target_count + 1) * sizeof *to);
  for (size_t i = 0; i < old->target_count; i++)
    to[i] = index_now(old->targets[i], config);
  view_rebase(view, &own, to, old->target_count);
  free(to);
}
