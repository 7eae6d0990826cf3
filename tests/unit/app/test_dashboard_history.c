/* Which lines after `:` are kept for the next time: never one with a secret. And the pace. */
#include "app/dashboard/records/dashboard_history.h"
#include "app/dashboard/terminal/dashboard_pace.h"
#include "core/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct option params[] = {{.name = "role", .type = OPTION_TEXT},
                                       {.name = "pin", .type = OPTION_SECRET}};
static const struct action_spec alter = {
    .id = "postgres.alter", .kind = "postgres", .params = params, .param_count = 2};
static const struct action_spec *const specs[] = {&alter, NULL};

static void test_no_secret_is_kept(void **state) {
  (void)state;
  static const struct {
    const char *line;
    bool private;
  } cases[] = {
      {"postgres.alter ecap role=ops", false},
      {"postgres.alter ecap pin=1234", true},
      {"redis.delete cache pattern=cache:*", false},
      {"postgres.alter ecap role=ops password=hunter2", true},
      {"own.run api api_key=abcdef", true},
      {"note see postgresql://ops:hunter2@db/ecap", true},
      {"note password: hunter2", true},
      {"note restarted the api", false},
      {"unlock production", false},
      {"incident open P1 \"api down", false}, /* an open quote */
      {"", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (history_line_is_private(cases[i].line, specs) != cases[i].private)
      fail_msg("%s", cases[i].line);
}

static void test_the_pace(void **state) {
  (void)state;
  struct target target = {.interval_ms = 2000}, slow = {.interval_ms = 300};
  struct target_state states[] = {{.target = &target}, {.target = &slow}};
  struct config config = {.interval_ms = 2000};
  struct model model = {.targets = states, .target_count = 2, .config = &config};
  char said[160];
  pace_set(&model, 1, said, sizeof said);
  assert_int_equal(target_state_interval(&states[0]), 4000);
  assert_int_equal(target_state_interval(&states[1]), 600);
  assert_string_equal(said, "Collects every 4.0s instead of 2.0s");
  pace_set(&model, -2, said, sizeof said);
  assert_int_equal(target_state_interval(&states[0]), 500);
  assert_int_equal(target_state_interval(&states[1]), 300); /* not below its own */
  assert_non_null(strstr(said, "no faster than that"));
  pace_set(&model, 0, said, sizeof said);
  assert_int_equal(target_state_interval(&states[0]), 2000);
  assert_non_null(strstr(said, "as configured"));
  assert_int_equal(pace_step(PACE_MOST, 1), PACE_MOST);
  assert_int_equal(pace_step(PACE_LEAST, -1), PACE_LEAST);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_secret_is_kept),
                                     cmocka_unit_test(test_the_pace)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
