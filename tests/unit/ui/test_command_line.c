/* The line after `:`: completion, history, and what is wrong with it. */
#include "ui/operation_fixture.h"
#include "ui/screen_text.h"
#include "ui/view/command/command_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const commands[] = {"unlock", "lock", "undo", "incident", "quit", NULL};

struct session {
  struct fixture fixture;
  struct view *view;
  struct canvas *canvas;
  struct request request;
};

static void draw(struct session *s) {
  view_draw(s->view, &s->fixture.model, FIXTURE_NOW, s->canvas);
}

static void session_init(struct session *s) {
  *s = (struct session){0};
  fixture_init(&s->fixture, SCENE_INCIDENT, false);
  fixture_run(&s->fixture);
  s->fixture.model.operations.specs = fixture_specs;
  s->view = view_new(&(struct view_options){.utc = true, .commands = commands});
  s->canvas = canvas_new(100, 30, false);
  draw(s);
}

static void session_fini(struct session *s) {
  canvas_free(s->canvas);
  view_free(s->view);
  fixture_fini(&s->fixture);
}

static void press(struct session *s, const char *keys) {
  while (*keys) {
    s->request = view_key(s->view, &s->fixture.model, FIXTURE_NOW, screen_next_key(&keys));
    draw(s);
  }
}

static const char *typed(const struct session *s) {
  return s->view->command_line->text;
}

static void test_completion(void **state) {
  (void)state;
  static const struct {
    const char *keys, *text;
  } cases[] = {
      {":u<Tab>", "un"},          /* unlock, undo */
      {":u<Tab><Tab>", "unlock"}, /* then one after the other */
      {":u<Tab><Tab><Tab>", "undo"},
      {":u<Tab><Tab><Tab><Tab>", "unlock"},
      {":u<Tab><BackTab>", "undo"},
      {":unl<Tab>", "unlock "},
      {":unlock <Tab>", "unlock "}, /* the name has to be typed */
      {":postgres.t<Tab>", "postgres.terminate "},
      {":postgres.<Tab>", "postgres.cancel"},
      {":postgres.terminate <Tab>", "postgres.terminate ecap "},
      {":postgres.terminate ecap 81<Tab>", "postgres.terminate ecap 812"},
      {":postgres.terminate ecap 8123<Tab>", "postgres.terminate ecap 8123 "},
      {":POSTGRES.T<Tab>", "postgres.terminate "},
      {":kafka.reset_offsets <Tab>", "kafka.reset_offsets main "},
      {":kafka.reset_offsets main exp<Tab>", "kafka.reset_offsets main export="},
      {":kafka.reset_offsets main export=t<Tab>", "kafka.reset_offsets main export=true "},
      {":nothing <Tab>", "nothing "},
      {":xyz<Tab>", "xyz"},
      {":\"open <Tab>", "\"open "},
      {":<Tab>", "unlock"},
      {":<Tab><Tab>", "lock"},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    struct session s;
    session_init(&s);
    press(&s, cases[i].keys);
    if (strcmp(typed(&s), cases[i].text) != 0)
      fail_msg("%s: \"%s\" instead of \"%s\"", cases[i].keys, typed(&s), cases[i].text);
    session_fini(&s);
  }
}

static void test_candidates_are_shown(void **state) {
  (void)state;
  struct session s;
  session_init(&s);
  press(&s, ":postgres.");
  assert_true(screen_has(s.canvas, "postgres.cancel  postgres.terminate  postgres.vacuum"));
  press(&s, "v<Tab>");
  assert_false(screen_has(s.canvas, "postgres.cancel"));
  session_fini(&s);
}

static void test_history(void **state) {
  (void)state;
  struct session s;
  session_init(&s);
  view_history_add(s.view, "lock");
  view_history_add(s.view, "undo");
  view_history_add(s.view, "undo"); /* once */
  press(&s, ":abc<Up>");
  assert_string_equal(typed(&s), "undo");
  press(&s, "<Up>");
  assert_string_equal(typed(&s), "lock");
  press(&s, "<Up>");
  assert_string_equal(typed(&s), "lock");
  press(&s, "<Down><Down>");
  assert_string_equal(typed(&s), "abc");
  press(&s, "<Up><Up><Enter>");
  assert_int_equal(s.request.kind, REQUEST_COMMAND);
  assert_string_equal(s.request.text, "lock");
  for (int i = 0; i < 3 * COMMAND_HISTORY_MAX; i++) {
    char line[32];
    snprintf(line, sizeof line, "line %d", i);
    view_history_add(s.view, line);
  }
  press(&s, ":<Up>");
  assert_string_equal(typed(&s), "line 599");
  for (int i = 0; i < 2 * COMMAND_HISTORY_MAX; i++)
    press(&s, "<Up>");
  assert_string_equal(typed(&s), "line 400");
  session_fini(&s);
}

/* What is wrong is shown above the line, which stays to be corrected. */
static void test_errors_keep_the_line(void **state) {
  (void)state;
  struct session s;
  session_init(&s);
  press(&s, ":vacum ecap<Enter>");
  assert_string_equal(s.request.text, "vacum ecap");
  view_command_wrong(s.view, "no action is called \"vacum\"");
  draw(&s);
  assert_true(screen_has(s.canvas, "no action is called \"vacum\""));
  assert_true(screen_has(s.canvas, ":vacum ecap_"));
  press(&s, "<Backspace>");
  assert_false(screen_has(s.canvas, "no action is called"));
  assert_string_equal(typed(&s), "vacum eca");
  press(&s, "<Esc>");
  assert_false(screen_has(s.canvas, ":vacum"));
  session_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_completion),
      cmocka_unit_test(test_candidates_are_shown),
      cmocka_unit_test(test_history),
      cmocka_unit_test(test_errors_keep_the_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
