/* The list of environments: golden screens, its keys, and what it never shows as well. */
#include "ui/environments/environments_view.h"
#include "ui/screen_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { NOW = 1700000000 }; /* seconds */
static const int64_t now_ms = NOW * INT64_C(1000);

static const struct environment calm = {.name = "lab",
                                        .text = "staging",
                                        .path = "lab.yaml",
                                        .known = true,
                                        .severity = SEVERITY_OK,
                                        .ok = 9,
                                        .targets = 9,
                                        .age_ms = 1200,
                                        .heard_ms = NOW * INT64_C(1000) - 400};
static const struct environment sick = {
    .name = "ecap",
    .text = "eu-prod-1",
    .path = "/etc/stacktop/environments/ecap.yaml",
    .production = true,
    .known = true,
    .severity = SEVERITY_CRIT,
    .crit = 2,
    .warn = 11,
    .unknown = 1,
    .stale = 1,
    .ok = 5,
    .targets = 9,
    .worst = SEVERITY_CRIT,
    .subject = "kafka main/orders",
    .sentence =
        "consumer group billing does not commit: 12,430 messages behind on 3 of 12 partitions, "
        "and the oldest one has waited for 14 minutes",
    .since_ms = NOW * INT64_C(1000) - 840000,
    .age_ms = 900,
    .lock = ENVIRONMENT_READ_ONLY,
    .heard_ms = NOW * INT64_C(1000) - 100};
static const struct environment broken = {
    .name = "shop-with-a-rather-long-name-of-its-own",
    .path = "shop.yaml",
    .production = true,
    .text = "production",
    .trouble = "shop.yaml:4:3: unknown key \"adress\" in services; did you mean \"address\"?"};
static const struct environment warned = {.name = "edge",
                                          .path = "edge.yaml",
                                          .known = true,
                                          .severity = SEVERITY_WARN,
                                          .warn = 3,
                                          .at_least = true,
                                          .ok = 2,
                                          .targets = 4,
                                          .worst = SEVERITY_WARN,
                                          .subject = "/var",
                                          .sentence = "85% full, warning from 80%",
                                          .since_ms = NOW * INT64_C(1000) - 400000000,
                                          .age_ms = 2000,
                                          .lock = ENVIRONMENT_UNLOCKED,
                                          .running = 1,
                                          .heard_ms = NOW * INT64_C(1000)};

static const struct environment *const four[] = {&calm, &sick, &broken, &warned};

static struct environments_list list_of(const struct environment *const *items, size_t count) {
  return (struct environments_list){
      .items = items, .count = count, .now_ms = now_ms, .utc = true, .user = "ops@bastion1"};
}

struct screen {
  const char *name;
  int width, height;
  bool ascii;
};

static const struct screen screens[] = {
    {"environments-40x12", 40, 12, false},      {"environments-80x24", 80, 24, false},
    {"environments-80x24-ascii", 80, 24, true}, {"environments-120x36", 120, 36, false},
    {"environments-200x50", 200, 50, false},    {"environments-30x6", 30, 6, true},
};

static void test_screen(void **state) {
  const struct screen *screen = *state;
  struct environments_view view = {0};
  const struct environments_list list = list_of(four, 4);
  struct canvas *canvas = canvas_new(screen->width, screen->height, screen->ascii);
  environments_draw(&view, &list, canvas);
  char *drawn = screen_text(canvas), *wrong = screen_differs(screen->name, drawn);
  if (wrong)
    fail_msg("%s", wrong);
  free(drawn);
  canvas_free(canvas);
}

/* ---- what is shown */

static struct canvas *draw(struct environments_view *view, const struct environments_list *list) {
  struct canvas *canvas = canvas_new(120, 30, true);
  environments_draw(view, list, canvas);
  return canvas;
}

static void shows(const struct environment *environment, const char *words, bool wanted) {
  struct environments_view view = {0};
  const struct environment *const items[] = {environment};
  const struct environments_list list = list_of(items, 1);
  struct canvas *canvas = draw(&view, &list);
  if (screen_has(canvas, words) != wanted)
    fail_msg("\"%s\" is%s on the screen", words, wanted ? " not" : "");
  canvas_free(canvas);
}

static void test_never_a_false_green(void **state) {
  struct environment environment = calm;
  (void)state;
  shows(&environment, "1/1 environments ok", true);
  environment.heard_ms = now_ms - ENVIRONMENT_SILENT_MS; /* its process hangs */
  shows(&environment, "1/1 environments ok", false);
  shows(&environment, "UNKNOWN", true);
  shows(&environment, "its process has not reported for 5s", true);
  environment = calm;
  environment.paused = true;
  shows(&environment, "UNKNOWN", true);
  shows(&environment, "paused: nothing is collected", true);
  environment = calm;
  environment.clashes = true;
  shows(&environment, "UNKNOWN", true);
  shows(&environment, "another environment has this name", true);
  environment = calm;
  environment.known = false;
  shows(&environment, "UNKNOWN", true);
  shows(&environment, "starting", true);
  shows(&environment, "9/9", false); /* what it said before it ended */
  environment = sick;
  environment.heard_ms = now_ms - 60000;
  shows(&environment, "CRIT", true); /* a hang does not make it better */
  shows(&environment, "has not reported for 60s", true);
}

static void test_production_is_a_word(void **state) {
  (void)state;
  shows(&sick, "PRODUCTION", true);
  shows(&broken, "PRODUCTION", true); /* also where it could not be loaded */
  shows(&calm, "PRODUCTION", false);
  shows(&sick, "READ-ONLY", true);
  shows(&warned, "UNLOCKED", true);
  shows(&warned, "3+", true);
}

/* ---- keys */

static enum environments_act press(struct environments_view *view,
                                   const struct environments_list *list, const char *keys) {
  enum environments_act act = ENVIRONMENTS_NOTHING;
  while (*keys) {
    act = environments_key(view, list, screen_next_key(&keys));
    canvas_free(draw(view, list));
  }
  return act;
}

static void test_keys(void **state) {
  struct environments_view view = {0};
  const struct environments_list list = list_of(four, 4);
  (void)state;
  canvas_free(draw(&view, &list));
  assert_int_equal(view.at, 1); /* the worst one */
  assert_int_equal(press(&view, &list, "<Enter>"), ENVIRONMENTS_OPEN);
  press(&view, &list, "n");
  assert_int_equal(view.at, 2);
  press(&view, &list, "n");
  assert_int_equal(view.at, 3);
  press(&view, &list, "n");
  assert_int_equal(view.at, 1); /* not the calm one */
  press(&view, &list, "<Up><Up>");
  assert_int_equal(view.at, 0);
  press(&view, &list, "G<Down>");
  assert_int_equal(view.at, 3);
  assert_int_equal(press(&view, &list, "?"), ENVIRONMENTS_NOTHING);
  assert_int_equal(press(&view, &list, "<Enter>"), ENVIRONMENTS_NOTHING); /* over the help */
  press(&view, &list, "<Esc>");
  assert_int_equal(press(&view, &list, "<Esc>"), ENVIRONMENTS_NOTHING); /* it ends nothing */
  assert_int_equal(press(&view, &list, "q"), ENVIRONMENTS_QUIT);
  assert_int_equal(press(&view, &list, "<Ctrl-C>"), ENVIRONMENTS_QUIT);
  assert_int_equal(press(&view, &list, "<Ctrl-Z>"), ENVIRONMENTS_SUSPEND);
  assert_int_equal(press(&view, &list, "r"), ENVIRONMENTS_RETRY);
  assert_int_equal(press(&view, &list, "R"), ENVIRONMENTS_RELOAD);
}

static void test_mouse(void **state) {
  struct environments_view view = {0};
  const struct environments_list list = list_of(four, 4);
  (void)state;
  struct canvas *canvas = draw(&view, &list);
  const struct key edge = screen_key_at(canvas, "edge", KEY_CODE_CLICK);
  assert_int_equal(environments_key(&view, &list, edge), ENVIRONMENTS_NOTHING);
  assert_int_equal(view.at, 3);
  assert_int_equal(environments_key(&view, &list, edge), ENVIRONMENTS_OPEN);
  const struct key head = screen_key_at(canvas, "VERDICT", KEY_CODE_CLICK);
  assert_int_equal(environments_key(&view, &list, head), ENVIRONMENTS_NOTHING);
  canvas_free(canvas);
}

/* Those that do not fit are counted, with the worst of them. */
static void test_many(void **state) {
  const struct environment *items[64];
  struct environments_view view = {.touched = true};
  (void)state;
  for (size_t i = 0; i < 64; i++)
    items[i] = i == 60 ? &sick : i == 61 ? &sick : &calm;
  const struct environments_list list = list_of(items, 64);
  struct canvas *canvas = canvas_new(80, 24, true);
  environments_draw(&view, &list, canvas);
  assert_true(screen_has(canvas, "more, 2 CRIT"));
  view.at = 63;
  environments_draw(&view, &list, canvas);
  canvas_clear(canvas);
  environments_draw(&view, &list, canvas);
  assert_true(screen_has(canvas, "more, all ok"));
  canvas_free(canvas);
}

int main(void) {
  struct CMUnitTest tests[sizeof screens / sizeof *screens + 5];
  size_t count = 0;
  for (size_t i = 0; i < sizeof screens / sizeof *screens; i++)
    tests[count++] = (struct CMUnitTest){
        .name = screens[i].name, .test_func = test_screen, .initial_state = (void *)&screens[i]};
  const struct CMUnitTest others[] = {
      cmocka_unit_test(test_never_a_false_green), cmocka_unit_test(test_production_is_a_word),
      cmocka_unit_test(test_keys), cmocka_unit_test(test_mouse), cmocka_unit_test(test_many)};
  memcpy(tests + count, others, sizeof others);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
