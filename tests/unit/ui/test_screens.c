/* Whole screens, compared with files. After an intended change: STACKTOP_REGENERATE=1, then check
 * the git diff. */
#include "model/judge/model_evaluate.h"
#include "ui/screen_fixture.h"
#include "ui/screen_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct screen {
  const char *name;
  void (*make)(struct fixture *fixture);
  int width, height;
  bool ascii;
  const char *keys;
};

static void make_calm(struct fixture *fixture) {
  fixture_init(fixture, SCENE_CALM, false);
  fixture_run(fixture);
}

static void make_incident(struct fixture *fixture) {
  fixture_init(fixture, SCENE_INCIDENT, false);
  fixture_run(fixture);
}

/* A value beyond its threshold, not yet for long enough. */
static void make_pending(struct fixture *fixture) {
  fixture_init(fixture, SCENE_CALM, false);
  struct rule *rule = mem_new(sizeof *rule);
  *rule =
      (struct rule){mem_dup("redis.memory"), {.has_warn = true, .warn = 0.5, .for_ms = 3600000}};
  fixture->config->rules = (struct rules){rule, 1};
  fixture_run(fixture);
}

static void make_hostile(struct fixture *fixture) {
  fixture_init(fixture, SCENE_HOSTILE, false);
  fixture_run(fixture);
}

/* Two rows, and what they do not name below them. */
static void make_arranged(struct fixture *fixture) {
  static const struct layout_line lines[] = {{1, {{"kafka", 1}, {"postgres", 2}}, 2},
                                             {1, {{"events", 1}, {"memcached", 1}}, 2}};
  fixture_init(fixture, SCENE_INCIDENT, false);
  fixture->config->layout = mem_new(sizeof lines);
  memcpy(fixture->config->layout, lines, sizeof lines);
  fixture->config->layout_count = 2;
  fixture_run(fixture);
}

static void make_empty(struct fixture *fixture) {
  fixture_init(fixture, SCENE_EMPTY, false);
  fixture_run(fixture);
}

static void make_fault(struct fixture *fixture) {
  fixture_init(fixture, SCENE_FAULT, false);
  fixture_run(fixture);
}

static void make_several(struct fixture *fixture) {
  fixture_init(fixture, SCENE_INCIDENT, true);
  fixture_run(fixture);
}

static void make_waiting(struct fixture *fixture) {
  fixture_init(fixture, SCENE_CALM, false);
  for (size_t i = 0; i < fixture->model.target_count; i++)
    model_attempt(&fixture->model, i, FIXTURE_NOW - 50);
  model_evaluate(&fixture->model, FIXTURE_NOW, false);
}

/* The database was never reached, Kafka went down 14 s ago, Redis refuses, the host is silent. */
static void make_down(struct fixture *fixture) {
  fixture_init(fixture, SCENE_CALM, false);
  for (int step = 0; step < FIXTURE_STEPS; step++)
    for (size_t target_index = 0; target_index < fixture->model.target_count; target_index++)
      if (target_index != 4)
        fixture_publish(fixture, target_index, step,
                        FIXTURE_NOW - (target_index == 6 ? 40000 : 14000) -
                            (FIXTURE_STEPS - 1 - step) * 2000);
  for (size_t target_index = 0; target_index < 3; target_index++)
    fixture_publish(fixture, target_index, FIXTURE_STEPS, FIXTURE_NOW);
  model_evaluate(&fixture->model, FIXTURE_NOW - 14000, false);
  fixture_fail(fixture, 3, ERR_TIMEOUT, "no answer from kafka:9092 within 2s", 14000);
  fixture_fail(fixture, 4, ERR_DENIED, "password authentication failed for user \"ecap_user\"",
               300000);
  fixture_fail(fixture, 5, ERR_REFUSED, "connection refused: nothing listens on redis:6379", 14000);
  model_evaluate(&fixture->model, FIXTURE_NOW, false);
}

static void make_nothing(struct fixture *fixture) {
  *fixture = (struct fixture){.config = config_new(), .now_ms = FIXTURE_NOW};
  model_init(&fixture->model, fixture->config);
}

static const struct screen screens[] = {
    {"calm-80x24", make_calm, 80, 24, false, ""},
    {"calm-120x36", make_calm, 120, 36, false, ""},
    {"calm-200x50", make_calm, 200, 50, false, ""},
    {"calm-200x50-ascii", make_calm, 200, 50, true, ""},
    {"calm-300x100", make_calm, 300, 100, false, ""},
    {"calm-60x40", make_calm, 60, 40, false, ""},
    {"incident-80x24", make_incident, 80, 24, false, ""},
    {"incident-80x24-ascii", make_incident, 80, 24, true, ""},
    {"incident-120x36", make_incident, 120, 36, false, ""},
    {"incident-120x36-ascii", make_incident, 120, 36, true, ""},
    {"incident-200x50", make_incident, 200, 50, false, ""},
    {"incident-300x80", make_incident, 300, 80, false, ""},
    {"incident-60x40", make_incident, 60, 40, false, ""},
    {"incident-40x12", make_incident, 40, 12, false, ""},
    {"incident-40x12-kafka", make_incident, 40, 12, true, "2"},
    {"incident-30x6", make_incident, 30, 6, false, ""},
    {"too-small", make_incident, 29, 6, false, ""},
    {"zoom-postgres", make_incident, 120, 36, false, "3<Enter>"},
    {"zoom-kafka-open", make_incident, 80, 24, false, "2<Enter><Down><Right>"},
    {"zoom-kafka-sorted", make_incident, 80, 24, false, "2<Enter>>>>"},
    {"detail-session", make_incident, 120, 36, false, "3i"},
    {"detail-summary", make_incident, 80, 24, false, "5<Up>i"},
    {"detail-event", make_incident, 80, 24, false, "6i"},
    {"filter-typing", make_incident, 80, 24, false, "3/active"},
    {"filter-kept", make_incident, 120, 36, false, "3<Enter>/819<Enter>"},
    {"help-80x24", make_incident, 80, 24, false, "?"},
    {"help-120x50", make_incident, 120, 50, true, "?"},
    {"paused", make_calm, 80, 24, false, "z"},
    {"waiting", make_waiting, 80, 24, false, ""},
    {"down-80x24", make_down, 80, 24, false, ""},
    {"down-120x36", make_down, 120, 36, false, ""},
    {"down-detail", make_down, 80, 24, false, "3i"},
    {"empty", make_empty, 80, 24, false, ""},
    {"fault-80x24", make_fault, 80, 24, false, ""},
    {"fault-120x36", make_fault, 120, 36, false, ""},
    {"fault-detail", make_fault, 120, 36, false, "3i"},
    {"pending-80x24", make_pending, 80, 24, false, ""},
    {"pending-40x12", make_pending, 40, 12, false, ""},
    {"several-60x20", make_several, 60, 20, false, ""},
    {"zoom-events", make_down, 60, 24, false, "6<Enter><Down>"},
    {"several", make_several, 120, 36, false, "3"},
    {"hostile", make_hostile, 120, 36, false, "3"},
    {"hostile-ascii", make_hostile, 80, 24, true, ""},
    {"marked", make_incident, 120, 36, false, "3<Down> j "},
    {"marked-filter-ascii", make_incident, 80, 24, true, "3<Enter> /active<Enter>  "},
    {"findings-120x36", make_incident, 120, 36, false, "f"},
    {"findings-80x24", make_down, 80, 24, true, "f<Down>"},
    {"findings-form-80x24", make_incident, 80, 24, false, "fareboot of b1"},
    {"findings-none", make_calm, 80, 24, false, "f"},
    {"findings-hostile", make_hostile, 60, 20, false, "f"},
    {"arranged-120x50", make_arranged, 120, 50, false, ""},
    {"arranged-too-small", make_arranged, 60, 20, false, ""},
    {"columns-120x36", make_incident, 120, 36, false, "3o<Down><Down> "},
    {"columns-40x12-ascii", make_incident, 40, 12, true, "3o<End>"},
    {"nothing", make_nothing, 80, 24, false, ""},
};

/* Drawn twice, so that a screen that differs the second time is found. */
static char *draw_screen(const struct screen *screen) {
  struct fixture fixture;
  screen->make(&fixture);
  struct view *view = view_new(&(struct view_options){.utc = true, .user = "ops@bastion1"});
  struct canvas *canvas = canvas_new(screen->width, screen->height, screen->ascii);
  view_draw(view, &fixture.model, FIXTURE_NOW, canvas);
  for (const char *keys = screen->keys; *keys;) {
    view_key(view, &fixture.model, FIXTURE_NOW, screen_next_key(&keys));
    view_draw(view, &fixture.model, FIXTURE_NOW, canvas);
  }
  char *first = screen_text(canvas);
  view_draw(view, &fixture.model, FIXTURE_NOW, canvas);
  char *second = screen_text(canvas);
  if (strcmp(first, second) != 0)
    fail_msg("%s: drawn again it is another one:\n%s%s", screen->name, first, second);
  free(second);
  canvas_free(canvas);
  view_free(view);
  fixture_fini(&fixture);
  return first;
}

static void test_screen(void **state) {
  const struct screen *screen = *state;
  char *drawn = draw_screen(screen), *wrong = screen_differs(screen->name, drawn);
  if (wrong)
    fail_msg("%s", wrong);
  free(drawn);
}

/* Lines of panes, but for the events, that show nothing. */
static int count_blank(const struct canvas *canvas, int columns, int *lines) {
  int blank = 0;
  for (int column = 0; column < columns; column++) {
    const int left = canvas->width * column / columns + 1;
    const int right = canvas->width * (column + 1) / columns - 1;
    bool events = false;
    for (int y = 2; y < canvas->height - 2; y++) {
      bool empty = true;
      for (int x = left; x < right; x++)
        empty = empty && strcmp(canvas_cell(canvas, x, y)->text, " ") == 0;
      events = events || strcmp(canvas_cell(canvas, left + 3, y)->text, "E") == 0;
      *lines += !events;
      blank += !events && empty;
    }
  }
  return blank;
}

/* No half of a large screen is empty while figures have a past. */
static void test_large_screens_are_used(void **state) {
  (void)state;
  static const int sizes[][3] = {{120, 36, 2}, {200, 50, 2}, {160, 60, 2}, {240, 60, 3}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct fixture fixture;
    int lines = 0;
    make_calm(&fixture);
    struct view *view = view_new(&(struct view_options){.utc = true});
    struct canvas *canvas = canvas_new(sizes[i][0], sizes[i][1], false);
    view_draw(view, &fixture.model, FIXTURE_NOW, canvas);
    const int blank = count_blank(canvas, sizes[i][2], &lines);
    if (blank * 3 > lines)
      fail_msg("%dx%d: %d of %d lines are empty", sizes[i][0], sizes[i][1], blank, lines);
    canvas_free(canvas);
    view_free(view);
    fixture_fini(&fixture);
  }
}

int main(void) {
  enum { COUNT = sizeof screens / sizeof *screens };
  struct CMUnitTest tests[COUNT + 1];
  for (size_t i = 0; i < COUNT; i++)
    tests[i] = (struct CMUnitTest){screens[i].name, test_screen, NULL, NULL, (void *)&screens[i]};
  tests[COUNT] = (struct CMUnitTest)cmocka_unit_test(test_large_screens_are_used);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
