/* The wall display: golden screens at several sizes, its keys, its time, and no growth. */
#include "model/judge/model_evaluate.h"
#include "ui/screen_fixture.h"
#include "ui/screen_text.h"
#include "ui/terminal/notice.h"
#include "ui/wall/wall.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct screen {
  const char *name;
  enum fixture_scene scene;
  int width, height;
  bool ascii;
};

static const struct screen screens[] = {
    {"wall-calm-120x36", SCENE_CALM, 120, 36, false},
    {"wall-calm-80x24-ascii", SCENE_CALM, 80, 24, true},
    {"wall-incident-120x36", SCENE_INCIDENT, 120, 36, false},
    {"wall-incident-80x24", SCENE_INCIDENT, 80, 24, false},
    {"wall-incident-80x24-ascii", SCENE_INCIDENT, 80, 24, true},
    {"wall-incident-200x50", SCENE_INCIDENT, 200, 50, false},
    {"wall-incident-40x12", SCENE_INCIDENT, 40, 12, false},
    {"wall-hostile-80x24", SCENE_HOSTILE, 80, 24, false},
};

struct display {
  struct fixture fixture;
  struct view *view;
  struct canvas *canvas;
  int64_t now_ms;
};

static void display_open(struct display *display, const struct screen *screen) {
  *display = (struct display){.now_ms = FIXTURE_NOW};
  fixture_init(&display->fixture, screen->scene, false);
  fixture_run(&display->fixture);
  display->view = view_new(&(struct view_options){.utc = true, .wall = true});
  display->canvas = canvas_new(screen->width, screen->height, screen->ascii);
}

static void draw(struct display *display) {
  view_draw(display->view, &display->fixture.model, display->now_ms, display->canvas);
}

static struct request press(struct display *display, const char *keys) {
  struct request request = {.kind = REQUEST_NONE};
  while (*keys) {
    request =
        view_key(display->view, &display->fixture.model, display->now_ms, screen_next_key(&keys));
    draw(display);
  }
  return request;
}

static void display_close(struct display *display) {
  canvas_free(display->canvas);
  view_free(display->view);
  fixture_fini(&display->fixture);
}

static void test_screen(void **state) {
  const struct screen *screen = *state;
  struct display display;
  display_open(&display, screen);
  draw(&display);
  char *drawn = screen_text(display.canvas), *wrong = screen_differs(screen->name, drawn);
  if (wrong)
    fail_msg("%s", wrong);
  free(drawn);
  display_close(&display);
}

static void test_left_only_on_purpose(void **state) {
  static const char *const keys[] = {"q", "<F10>", "<Ctrl-Z>", "x", " ", "z", "T", "<Esc>"};
  struct display display;
  (void)state;
  display_open(&display, &screens[2]);
  draw(&display);
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    assert_int_equal(press(&display, keys[i]).kind, REQUEST_NONE);
    assert_true(view_shows_wall(display.view));
    assert_true(screen_has(display.canvas, "type :quit and Enter"));
  }
  const struct request quit = press(&display, ":quit<Enter>");
  assert_int_equal(quit.kind, REQUEST_COMMAND);
  assert_string_equal(quit.text, "quit");
  assert_int_equal(press(&display, "<Ctrl-C>").kind, REQUEST_QUIT);
  display_close(&display);
}

/* Enter shows the panes; q and z are without effect there too; Esc and two minutes lead back. */
static void test_panes_behind_it(void **state) {
  struct display display;
  (void)state;
  display_open(&display, &screens[2]);
  draw(&display);
  press(&display, "<Enter>");
  assert_false(view_shows_wall(display.view));
  assert_true(screen_has(display.canvas, "PostgreSQL"));
  assert_int_equal(press(&display, "q").kind, REQUEST_NONE);
  assert_int_equal(press(&display, "z").kind, REQUEST_NONE);
  assert_true(screen_has(display.canvas, "never paused"));
  press(&display, "3<Enter><Esc>");
  assert_false(view_shows_wall(display.view));
  press(&display, "<Esc>");
  assert_true(view_shows_wall(display.view));
  press(&display, "<Enter>3:unl");
  display.now_ms += WALL_IDLE_MS - 1;
  draw(&display);
  assert_false(view_shows_wall(display.view));
  display.now_ms += 1;
  draw(&display);
  assert_true(view_shows_wall(display.view));
  assert_int_equal(press(&display, "q").kind,
                   REQUEST_NONE); /* it is not in the text of a command */
  display_close(&display);
}

static void test_it_moves(void **state) {
  struct display display;
  (void)state;
  display_open(&display, &screens[2]);
  draw(&display);
  char *first = screen_text(display.canvas);
  display.now_ms += 1000;
  draw(&display);
  char *second = screen_text(display.canvas);
  assert_string_not_equal(first, second);
  free(first);
  free(second);
  assert_in_range(view_next_ms(display.view, &display.fixture.model, display.now_ms),
                  display.now_ms + 1, display.now_ms + 1000);
  display_close(&display);
}

static void test_a_picture_that_stood_still(void **state) {
  struct display display;
  (void)state;
  display_open(&display, &screens[2]);
  draw(&display);
  display.now_ms += WALL_GAP_MS - 1;
  draw(&display);
  assert_false(screen_has(display.canvas, "stood still"));
  display.now_ms += 14000;
  draw(&display);
  assert_true(screen_has(display.canvas, "this picture stood still for 14s"));
  assert_true(screen_has(display.canvas, "OLD DATA") ||
              screen_has(display.canvas, "stood still")); /* the newer reason first */
  for (int i = 0; i < WALL_GAP_SHOWN_MS / 1000; i++) {
    display.now_ms += 1000;
    draw(&display);
  }
  assert_false(screen_has(display.canvas, "stood still"));
  assert_true(screen_has(display.canvas, "OLD DATA: ")); /* nothing was collected meanwhile */
  display_close(&display);
}

/* Every finding is on the screen at some time, the worst one always. */
static void test_rotation(void **state) {
  struct display display;
  char wanted[64];
  size_t seen = 0;
  (void)state;
  const struct screen small = {"", SCENE_CALM, 40, 12, false};
  display_open(&display, &small);
  for (size_t i = 0; i < 40; i++) {
    struct finding *finding = findings_add(display.fixture.model.findings, 0, "t", "r", NULL);
    finding->severity = SEVERITY_WARN;
    finding->subject = "several";
    char *sentence = mem_printf("number %zu is wrong", i);
    finding->sentence = arena_printf(&display.fixture.model.findings->arena, "%s", sentence);
    finding->since_ms = FIXTURE_NOW;
    free(sentence);
  }
  bool shown[40] = {false};
  for (int turn = 0; turn < 60; turn++) {
    draw(&display);
    assert_true(screen_has(display.canvas, "number 0 is wrong"));
    for (size_t i = 0; i < 40; i++) {
      snprintf(wanted, sizeof wanted, "number %zu is wrong", i);
      shown[i] = shown[i] || screen_has(display.canvas, wanted);
    }
    display.now_ms += WALL_ROTATE_MS;
  }
  for (size_t i = 0; i < 40; i++)
    seen += shown[i];
  assert_int_equal(seen, 40);
  display_close(&display);
}

/* Days of frames, with outages and recoveries: the memory in use stays as it was. */
static void test_no_growth(void **state) {
  enum { WARM = 400, FRAMES = 4000 };
  struct display display;
  size_t warm = 0;
  (void)state;
  display_open(&display, &screens[2]);
  for (int i = 0; i < WARM + FRAMES; i++) {
    display.now_ms += 2000;
    for (size_t target = 0; target < display.fixture.model.target_count; target++) {
      if ((i / 7 + (int)target) % 3 == 0) {
        struct err err;
        err_set(&err, ERR_REFUSED, "connection refused");
        model_fail(&display.fixture.model, target, &err, display.now_ms);
      } else
        fixture_publish(&display.fixture, target, i % FIXTURE_STEPS, display.now_ms);
    }
    model_evaluate(&display.fixture.model, display.now_ms, false);
    draw(&display);
    if (i == WARM)
      warm = mallinfo2().uordblks;
  }
  const size_t after = mallinfo2().uordblks;
  if (after > warm + (256 << 10))
    fail_msg("%zu kB in use after %d frames, %zu kB before", after >> 10, FRAMES, warm >> 10);
  display_close(&display);
}

/* ---- the sequences that draw attention */

static void notices(const struct notice *notice, const char *wanted) {
  size_t count;
  char *bytes = notice_make(notice, &count);
  assert_int_equal(count, strlen(wanted));
  assert_memory_equal(bytes, wanted, count);
  free(bytes);
}

static void test_notices(void **state) {
  (void)state;
  notices(&(struct notice){.text = "x"}, "");
  notices(&(struct notice){.bell = true}, "\a");
  notices(&(struct notice){.form = NOTICE_OSC777, .title = "ecap", .text = "api: down"},
          "\033]777;notify;ecap;api: down\033\\");
  notices(&(struct notice){.bell = true, .form = NOTICE_OSC9, .title = "ecap", .text = "api"},
          "\a\033]9;ecap: api\033\\");
  notices(&(struct notice){.form = NOTICE_OSC777, .title = "e", .text = "a", .tmux = true},
          "\033Ptmux;\033\033]777;notify;e;a\033\033\\\033\\");
  /* Nothing of a server ends the sequence or begins another. */
  size_t count;
  char *bytes = notice_make(&(struct notice){.form = NOTICE_OSC777,
                                             .title = "a;b\a",
                                             .text = "c\033\\\033]52;c;eA==\a\x9c\x9d\n"},
                            &count);
  size_t escapes = 0;
  for (size_t i = 0; i < count; i++) {
    escapes += bytes[i] == '\033';
    assert_true((unsigned char)bytes[i] >= ' ' || bytes[i] == '\033');
  }
  assert_int_equal(escapes, 2);
  free(bytes);
}

int main(void) {
  enum { COUNT = sizeof screens / sizeof *screens };
  const struct CMUnitTest others[] = {
      cmocka_unit_test(test_left_only_on_purpose),
      cmocka_unit_test(test_panes_behind_it),
      cmocka_unit_test(test_it_moves),
      cmocka_unit_test(test_a_picture_that_stood_still),
      cmocka_unit_test(test_rotation),
      cmocka_unit_test(test_no_growth),
      cmocka_unit_test(test_notices),
  };
  enum { OTHERS = sizeof others / sizeof *others };
  struct CMUnitTest tests[COUNT + OTHERS];
  for (size_t i = 0; i < COUNT; i++)
    tests[i] = (struct CMUnitTest){screens[i].name, test_screen, NULL, NULL, (void *)&screens[i]};
  memcpy(tests + COUNT, others, sizeof others);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
