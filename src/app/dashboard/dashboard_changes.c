#include "app/dashboard/dashboard_changes.h"

#include "config/config_changes.h"
#include "core/text/names.h"

#include <stdio.h>
#include <string.h>

static const enum change_effect effects[CONFIG_OPTION_COUNT] = {
    [CONFIG_NAME] = CHANGE_AT_ONCE,
    [CONFIG_ENVIRONMENT] = CHANGE_AT_ONCE,
    [CONFIG_INTERVAL] = CHANGE_AT_ONCE,
    [CONFIG_TIMEOUT] = CHANGE_AT_ONCE,
    [CONFIG_THEME] = CHANGE_AT_ONCE,
    [CONFIG_READ_ONLY] = CHANGE_AT_ONCE,
    [CONFIG_STATE] = CHANGE_AT_RESTART, /* the audit log is open, others may follow it */
    [CONFIG_AUDIT_SYSLOG] = CHANGE_AT_RESTART,
    [CONFIG_WALL_BELL] = CHANGE_AT_ONCE,
    [CONFIG_WALL_NOTICE] = CHANGE_AT_ONCE,
    [CONFIG_WALL_RUN] = CHANGE_AT_ONCE,
    [CONFIG_WALL_EVERY] = CHANGE_AT_ONCE,
    [CONFIG_WALL_ROTATE] = CHANGE_AT_ONCE,
    [CONFIG_MOUSE] = CHANGE_AT_ONCE,
    [CONFIG_EVENTS] = CHANGE_AT_ONCE,
    [CONFIG_EVENTS_KEEP] = CHANGE_AT_ONCE,
    [CONFIG_EVENTS_SIZE] = CHANGE_AT_ONCE,
};

enum change_effect dashboard_change_effect(enum config_option option) {
  return effects[option];
}

/* The option of the command line that it yields to; NULL: none. */
static const char *yields_to(enum config_option option, const struct options *options) {
  if (option == CONFIG_THEME && options->theme)
    return "--theme";
  return option == CONFIG_MOUSE && options->no_mouse ? "-M" : NULL;
}

static void part_add(char *out, struct names *names, const char *words) {
  const size_t used = strlen(out);
  if (names->used > 0)
    snprintf(out + used, DASHBOARD_CHANGES_MAX - used, "; %s: %s",
             names_end(names, "`stacktop config`"), words);
}

const char *dashboard_changes_text(char out[DASHBOARD_CHANGES_MAX], const struct config *config,
                                   const struct config *old, const struct options *options) {
  struct names taken = {0}, later = {0};
  *out = '\0';
  for (int i = 0; i < CONFIG_OPTION_COUNT; i++) {
    const enum config_option option = (enum config_option)i;
    const char *over = yields_to(option, options);
    if (!config_option_changes(config, old, option))
      continue;
    if (over) {
      const size_t used = strlen(out);
      snprintf(out + used, DASHBOARD_CHANGES_MAX - used, "; %s: %s has precedence",
               config_options[option].name, over);
      continue;
    }
    names_add(effects[option] == CHANGE_AT_ONCE ? &taken : &later, config_options[option].name);
  }
  part_add(out, &later, /* what is still to be done comes first, and is not cut */
           later.used > 0 && strchr(later.text, ',') ? "need a restart" : "needs a restart");
  part_add(out, &taken, "taken over");
  return out;
}
