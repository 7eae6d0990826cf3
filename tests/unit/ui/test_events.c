/* The history of events on the screen: its lines, its keys, and what is said where there is none.
 */
#include "ui/screen_fixture.h"
#include "ui/screen_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct event_record records[] = {
    {.id = 5,
     .kind = EVENT_KIND_ACTION,
     .state = EVENT_STATE_ENDED,
     .at_ms = FIXTURE_NOW - 60000,
     .end_ms = FIXTURE_NOW - 58000,
     .lasted_ms = 2000,
     .target_kind = "postgres",
     .target = "ecap",
     .subject = "ecap",
     .text = "Terminate 2 sessions of ecap",
     .who = "ann@b1",
     .result = "done"},
    {.id = 4,
     .kind = EVENT_KIND_FINDING,
     .state = EVENT_STATE_OPEN,
     .at_ms = FIXTURE_NOW - 120000,
     .severity = SEVERITY_WARN,
     .target_kind = "redis",
     .target = "nowhere",
     .subject = "nowhere",
     .text = "used 91%"},
    {.id = 3,
     .kind = EVENT_KIND_FINDING,
     .state = EVENT_STATE_ENDED,
     .at_ms = FIXTURE_NOW - 1000000,
     .end_ms = FIXTURE_NOW - 551000,
     .lasted_ms = 449000,
     .severity = SEVERITY_CRIT,
     .target_kind = "postgres",
     .target = "ecap",
     .subject = "ecap 8123",
     .text = "idle in \033[31m transaction"},
    {.id = 2,
     .kind = EVENT_KIND_CHANGE,
     .at_ms = FIXTURE_NOW - 90000000,
     .target_kind = "postgres",
     .target = "ecap",
     .subject = "ecap",
     .text = "work_mem changed from 4MB to 8MB"},
};

struct session {
  struct fixture fixture;
  struct view *view;
  struct canvas *canvas;
  struct event_page page;
  struct request request;
};

static void draw(struct session *s) {
  view_draw(s->view, &s->fixture.model, FIXTURE_NOW, s->canvas);
}

static void press(struct session *s, const char *keys) {
  while (*keys) {
    s->request = view_key(s->view, &s->fixture.model, FIXTURE_NOW, screen_next_key(&keys));
    draw(s);
  }
}

static void begin(struct session *s, int width, int height) {
  *s = (struct session){.page = {.rows = records,
                                 .count = COUNT_OF(records),
                                 .has_newest = true,
                                 .has_oldest = true,
                                 .counted = true,
                                 .matches = COUNT_OF(records),
                                 .total = COUNT_OF(records),
                                 .first_ms = FIXTURE_NOW - 90000000}};
  fixture_init(&s->fixture, SCENE_CALM, false);
  fixture_run(&s->fixture);
  s->view = view_new(&(struct view_options){.utc = true});
  s->canvas = canvas_new(width, height, false);
  draw(s);
  press(s, "e");
  assert_int_equal(s->request.kind, REQUEST_EVENTS_OPEN);
  s->fixture.model.event_page = &s->page;
  draw(s);
}

static void end(struct session *s) {
  canvas_free(s->canvas);
  view_free(s->view);
  fixture_fini(&s->fixture);
}

static void expect(const struct session *s, const char *text) {
  if (!screen_has(s->canvas, text)) {
    char *screen = screen_text(s->canvas);
    print_message("%.*s", (int)(strstr(screen, "styles") - screen), screen);
    free(screen);
    fail_msg("the screen has no \"%s\"", text);
  }
}

static void test_lines(void **state) {
  static const int sizes[][2] = {{40, 12}, {80, 24}, {120, 36}, {200, 50}};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    struct session s;
    begin(&s, sizes[i][0], sizes[i][1]);
    expect(&s, "[Events]");
    expect(&s, "Tuesday 24 November 2026");
    if (sizes[i][0] >= 80) {
      expect(&s, "Monday 23 November 2026");
      expect(&s, "4 events");
      expect(&s, "13:46:47-13:54:16   7m29s !! postgres ecap 8123: idle in");
      expect(&s, "14:01:27-now        2m00s !");
      expect(&s, "by ann@b1, done: Terminate 2 sessions");
      expect(&s, "the history begins at 2026-11-23 13:03:27 UTC");
    }
    end(&s);
  }
}

static void test_filters(void **state) {
  struct session s;
  (void)state;
  begin(&s, 120, 36);
  press(&s, "v");
  assert_int_equal(s.request.kind, REQUEST_EVENTS_CHANGE);
  assert_int_equal(s.request.events->filter.kinds, 1U << EVENT_KIND_FINDING);
  expect(&s, "only findings");
  press(&s, "t");
  assert_string_equal(s.request.events->filter.target, "postgres:ecap");
  press(&s, "u");
  assert_string_equal(s.request.events->filter.who, "ann@b1");
  press(&s, "<Esc>");
  assert_true(event_filter_is_empty(&s.request.events->filter));
  press(&s, "/severity:bad");
  expect(&s, "unknown severity");
  press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  press(&s, "<Esc>");
  press(&s, "/lag severity:crit since:2h<Enter>");
  assert_int_equal(s.request.kind, REQUEST_EVENTS_CHANGE);
  assert_string_equal(s.request.events->filter.text, "lag");
  assert_int_equal(s.request.events->filter.severity, SEVERITY_CRIT);
  assert_int_equal(s.request.events->filter.since_ms, FIXTURE_NOW - 7200000);
  press(&s, "<Esc><Esc>");
  assert_int_equal(s.request.kind, REQUEST_EVENTS_CLOSE);
  end(&s);
}

static void test_enter_goes_to_the_row(void **state) {
  struct session s;
  (void)state;
  begin(&s, 120, 36);
  press(&s, "j<Enter>");
  expect(&s, "The configuration has no target redis:nowhere");
  press(&s, "k<Enter>");
  assert_int_equal(s.request.kind, REQUEST_EVENTS_CLOSE);
  end(&s);
}

static void test_the_end_and_the_beginning(void **state) {
  struct session s;
  (void)state;
  begin(&s, 120, 36);
  s.page.has_oldest = false;
  press(&s, "j");
  assert_int_equal(s.request.events->want, EVENT_WANT_OLDER);
  press(&s, "G");
  assert_int_equal(s.request.events->want, EVENT_WANT_OLDEST);
  s.page.has_newest = false;
  press(&s, "g");
  assert_int_equal(s.request.events->want, EVENT_WANT_NEWEST);
  end(&s);
}

static void test_no_history(void **state) {
  struct session s;
  (void)state;
  begin(&s, 80, 24);
  s.page = (struct event_page){.off = "The history of events is switched off."};
  draw(&s);
  expect(&s, "The history of events is switched off.");
  expect(&s, "The pane Events has the newest events");
  s.page = (struct event_page){.has_newest = true, .has_oldest = true};
  draw(&s);
  expect(&s, "no events so far");
  press(&s, "GgjkvstuiyPg<Enter>");
  end(&s);
}

static void point(struct session *s, const char *text, enum key_code code) {
  s->request =
      view_key(s->view, &s->fixture.model, FIXTURE_NOW, screen_key_at(s->canvas, text, code));
  draw(s);
}

/* A click selects the event that was seen, a further one goes to its row; the wheel moves. */
static void test_clicks(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36);
  point(&s, "work_mem changed", KEY_CODE_CLICK);
  expect(&s, "change, at 2026-11-23 13:03:27");
  point(&s, "Monday 23", KEY_CODE_CLICK); /* a heading */
  point(&s, "[Events]", KEY_CODE_CLICK);
  expect(&s, "change, at 2026-11-23 13:03:27");
  point(&s, "[Events]", KEY_CODE_WHEEL_UP);
  expect(&s, "action, from 2026-11-24 14:02:27");
  const struct key seen = screen_key_at(s.canvas, "nowhere: used", KEY_CODE_CLICK);
  s.page.rows++; /* the newest one went */
  s.page.count--;
  view_key(s.view, &s.fixture.model, FIXTURE_NOW, seen);
  draw(&s);
  expect(&s, "finding, since 2026-11-24 14:01:27");
  point(&s, "idle in", KEY_CODE_CLICK);
  assert_int_equal(s.request.kind, REQUEST_NONE);
  point(&s, "ecap 8123: idle in", KEY_CODE_CLICK);
  assert_int_equal(s.request.kind, REQUEST_EVENTS_CLOSE);
  expect(&s, "[3 PostgreSQL]");
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines),
      cmocka_unit_test(test_filters),
      cmocka_unit_test(test_enter_goes_to_the_row),
      cmocka_unit_test(test_the_end_and_the_beginning),
      cmocka_unit_test(test_no_history),
      cmocka_unit_test(test_clicks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
