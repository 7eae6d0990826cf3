/* The pane of events: what happens to one finding is one line, and its details have the rest. */
#include "model/judge/model_evaluate.h"
#include "ui/operation_fixture.h"
#include "ui/screen_text.h"
#include "ui/view/keys/view_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

enum { BEGIN_MS = 600000 }; /* that long ago it began */

struct session {
  struct fixture fixture;
  struct view *view;
  struct canvas *canvas;
};

static void draw(struct session *s) {
  view_draw(s->view, &s->fixture.model, FIXTURE_NOW, s->canvas);
}

static void press(struct session *s, const char *keys) {
  while (*keys) {
    view_key(s->view, &s->fixture.model, FIXTURE_NOW, screen_next_key(&keys));
    draw(s);
  }
}

static void session_init(struct session *s) {
  *s = (struct session){0};
  fixture_init(&s->fixture, SCENE_CALM, false);
  fixture_run(&s->fixture);
  s->view = view_new(&(struct view_options){.utc = true});
  s->canvas = canvas_new(120, 24, false);
  draw(s);
  press(s, "6<Enter>");
}

static void session_fini(struct session *s) {
  canvas_free(s->canvas);
  view_free(s->view);
  fixture_fini(&s->fixture);
}

static void add(struct session *s, int64_t at_ms, enum severity severity, enum event_topic topic,
                const char *row, const char *text) {
  struct events *events = &s->fixture.model.events;
  events_about(events, "redis", "cache");
  events_add(events, FIXTURE_NOW - BEGIN_MS + at_ms, severity, "cache", "%s", text);
  /* a began first, and its onset differs a little each time */
  const int64_t since_ms = strcmp(row, "a") == 0 ? at_ms / 200 : at_ms;
  events_mark_finding(events, topic, FIXTURE_NOW - BEGIN_MS + since_ms, "keys", row, "size");
  events_about(events, NULL, NULL);
  draw(s);
}

static void expect(const struct session *s, const char *text, bool is_there) {
  if (screen_has(s->canvas, text) == is_there)
    return;
  char *screen = screen_text(s->canvas);
  print_message("%.*s", (int)(strstr(screen, "styles") - screen), screen);
  free(screen);
  fail_msg("\"%s\" is%s on the screen", text, is_there ? " not" : "");
}

static void test_a_finding_is_one_line(void **state) {
  (void)state;
  struct session s;
  session_init(&s);
  add(&s, 0, SEVERITY_WARN, EVENT_BEGINS, "a", "size 12, above 10");
  add(&s, 900, SEVERITY_WARN, EVENT_BEGINS, "b", "size 13, above 10");
  expect(&s, "13:53:27 !  cache size 12, above 10", true);
  expect(&s, "(since", false);
  add(&s, 60000, SEVERITY_CRIT, EVENT_BEGINS, "a", "size 22, above 20");
  expect(&s, "13:54:27 !! cache size 22, above 20 (since 13:53:27)", true);
  expect(&s, "size 12, above 10", false);
  add(&s, 180000, SEVERITY_OK, EVENT_ENDS, "a", "resolved after 3m00s: size 22, above 20");
  expect(&s, "13:56:27 ok cache resolved after 3m00s: size 22, above 20", true);
  expect(&s, "(since", false);
  expect(&s, "13:53:27 !  cache size 13, above 10", true); /* another row */
  session_fini(&s);
}

static void test_its_details_have_the_rest(void **state) {
  (void)state;
  struct session s;
  session_init(&s);
  add(&s, 0, SEVERITY_WARN, EVENT_BEGINS, "a", "size 12, above 10");
  add(&s, 60000, SEVERITY_CRIT, EVENT_BEGINS, "a", "size 22, above 20");
  add(&s, 180000, SEVERITY_OK, EVENT_ENDS, "a", "resolved after 3m00s: size 22, above 20");
  press(&s, "gd");
  expect(&s, "resolved after 3m00s: size 22, above 20", true);
  expect(&s, "BEFORE           13:54:27 !! size 22, above 20", true);
  expect(&s, "                 13:53:27 !  size 12, above 10", true);
  session_fini(&s);
}

/* A filter by severity finds what was critical, although it is over. */
static void test_a_filter_finds_what_it_was(void **state) {
  (void)state;
  struct session s;
  session_init(&s);
  add(&s, 0, SEVERITY_CRIT, EVENT_BEGINS, "a", "size 22, above 20");
  add(&s, 180000, SEVERITY_OK, EVENT_ENDS, "a", "resolved after 3m00s: size 22, above 20");
  expect(&s, "13:53:27 !! cache size 22, above 20", false);
  press(&s, "/crit<Enter>");
  expect(&s, "13:53:27 !! cache size 22, above 20", true);
  session_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_finding_is_one_line),
      cmocka_unit_test(test_its_details_have_the_rest),
      cmocka_unit_test(test_a_filter_finds_what_it_was),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
