/* What a reload says of changed options. */
#include "app/dashboard/dashboard_changes.h"

#include "app/startup/schema.h"
#include "config/config_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct config *load(const char *options) {
  static struct app_schema schema;
  char text[512];
  struct config_errors errors;
  app_schema_init(&schema);
  snprintf(text, sizeof text, "%shosts: [{name: h}]\n", options);
  config_errors_init(&errors, "/etc/stacktop/ecap.yaml");
  struct config *config = config_parse(errors.path, text, strlen(text), &schema.schema, &errors);
  config_errors_print(&errors, stderr);
  config_errors_fini(&errors);
  assert_non_null(config);
  return config;
}

static void check(const char *before, const char *after, const struct options *options,
                  const char *expected) {
  struct config *old = load(before), *config = load(after);
  char text[DASHBOARD_CHANGES_MAX];
  assert_string_equal(dashboard_changes_text(text, config, old, options), expected);
  config_free(old);
  config_free(config);
}

/* A new option has to say whether a reload takes it over. */
static void test_every_option_says_what_a_reload_does(void **state) {
  (void)state;
  for (int i = 0; i < CONFIG_OPTION_COUNT; i++)
    if (dashboard_change_effect((enum config_option)i) == CHANGE_UNSAID)
      fail_msg("dashboard_changes.c does not say what a reload does with %s",
               config_options[i].name);
}

static void test_what_has_changed(void **state) {
  (void)state;
  const struct options none = {0}, own = {.theme = "light", .no_mouse = true};
  check("", "", &none, "");
  check("name: a\n", "name: a\n", &none, "");
  check("interval: 60s\n", "interval: 1m\n", &none, "");
  check("", "interval: 2s\nevents: true\nwall_notice: none\n", &none, ""); /* the defaults */
  check("theme: dark\n", "theme: light\n", &none, "; theme: taken over");
  check("theme: dark\n", "", &none, "; theme: taken over");
  check("theme: dark\nmouse: true\n", "theme: light\nmouse: false\n", &own,
        "; theme: --theme has precedence; mouse: -M has precedence");
  check("", "events_keep: 2d\nevents: false\nstate: /x\n", &none,
        "; state: needs a restart; events, events_keep: taken over");
  check("wall_run: [a, b]\n", "wall_run: [a, c]\naudit_syslog: true\nstate: /x\n", &none,
        "; state, audit_syslog: need a restart; wall_run: taken over");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_option_says_what_a_reload_does),
      cmocka_unit_test(test_what_has_changed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
