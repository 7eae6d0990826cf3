/* The next step of a finding: the bottom line says it first, and one key does it. Never one that is
 * impossible now. */
#include "model/judge/model_evaluate.h"
#include "model/judge/next_step.h"
#include "ui/operation_fixture.h"
#include "ui/screen_text.h"
#include "ui/view/view_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct table_spec *const tables[] = {&lag_spec};
static const struct page_spec group_page = {.id = "kafka.group",
                                            .kind = "kafka",
                                            .row_of = "lag",
                                            .title = "Group",
                                            .question = "Who reads what?",
                                            .cost = "2 requests",
                                            .tables = tables,
                                            .table_count = 1};
static const struct page_spec activity_page = {.id = "postgres.activity",
                                               .kind = "postgres",
                                               .title = "Activity",
                                               .question = "What is it busy with?",
                                               .cost = "1 query",
                                               .tables = tables,
                                               .table_count = 1};
static const struct page_spec *const pages[] = {&group_page, &activity_page, NULL};

static const struct next_step steps[] = {
    {"kafka", "lag", NULL, {"kafka.group", NEXT_STEP_DETAILS}},
    {"postgres", "sessions", NULL, {"postgres.terminate", "postgres.activity", NEXT_STEP_DETAILS}},
    {"postgres", NULL, "postgres.connections", {"postgres.activity", NEXT_STEP_DETAILS}},
    {"service", NULL, NULL, {"service.restart", NEXT_STEP_LOGS, NEXT_STEP_DETAILS}},
    {"host", NULL, NULL, {NEXT_STEP_DETAILS}},
    {NULL, NULL, NULL, {NULL}}};

struct session {
  struct fixture fixture;
  struct view *view;
  struct canvas *canvas;
  struct request request;
  char foot[CANVAS_SIDE_MAX * CELL_BYTES];
};

static void draw(struct session *s) {
  view_draw(s->view, &s->fixture.model, FIXTURE_NOW, s->canvas);
  size_t at = 0;
  for (int x = 0; x < s->canvas->width; x++)
    at += (size_t)snprintf(s->foot + at, sizeof s->foot - at, "%s",
                           canvas_cell(s->canvas, x, s->canvas->height - 1)->text);
}

static void begin(struct session *s, int width, int height, const struct key_setting *keys) {
  *s = (struct session){0};
  fixture_init(&s->fixture, SCENE_INCIDENT, false);
  fixture_run(&s->fixture);
  s->fixture.model.next_steps = steps;
  s->fixture.model.pages = pages;
  s->fixture.model.operations.specs = fixture_specs;
  s->view = view_new(&(struct view_options){.utc = true, .keys = keys, .key_count = keys ? 1 : 0});
  s->canvas = canvas_new(width, height, false);
  draw(s);
}

static void end(struct session *s) {
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

static void expect(const struct session *s, const char *text) {
  if (!strstr(s->foot, text))
    fail_msg("no \"%s\" in \"%s\"", text, s->foot);
}

static void expect_not(const struct session *s, const char *text) {
  if (strstr(s->foot, text))
    fail_msg("\"%s\" in \"%s\"", text, s->foot);
}

/* The cursor is on the worst row, and its fix is the first thing in the bottom line. */
static void test_an_action_comes_first(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36, NULL);
  expect(&s, "8123: T terminate  C cancel the query");
  press(&s, "p");
  assert_int_equal(s.request.kind, REQUEST_ACT); /* its plan, nothing else */
  assert_ptr_equal(s.request.action, &spec_terminate);
  assert_string_equal(s.request.subject.keys[0], "8123/1");
  end(&s);
}

/* Where changes are refused, the next one that is possible. */
static void test_read_only(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36, NULL);
  s.fixture.model.operations.lock = LOCK_READ_ONLY;
  draw(&s);
  expect(&s, "8123: p open Activity");
  expect_not(&s, "terminate");
  press(&s, "p");
  assert_int_equal(s.request.kind, REQUEST_PAGE_OPEN);
  assert_ptr_equal(s.request.page, &activity_page);
  assert_int_equal(s.request.subject.key_count, 0);
  end(&s);
}

static bool never(void *arg, const struct action_spec *spec, const struct subject *subject) {
  (void)arg;
  (void)spec;
  (void)subject;
  return false;
}

static void test_what_the_menu_refuses(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36, NULL);
  s.fixture.model.operations.may = never;
  draw(&s);
  expect(&s, "8123: p open Activity");
  end(&s);
}

/* Lag had no fix at all. */
static void test_a_page_of_the_row(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36, NULL);
  press(&s, "2");
  expect(&s, "ecap-consumer-group: p open Group");
  press(&s, "p");
  assert_int_equal(s.request.kind, REQUEST_PAGE_OPEN);
  assert_ptr_equal(s.request.page, &group_page);
  assert_string_equal(s.request.subject.table, "lag");
  assert_string_equal(s.request.subject.keys[0], "ecap-consumer-group");
  end(&s);
}

static const char *has_logs(const struct model *model, const struct subject *subject) {
  (void)model;
  (void)subject;
  return NULL;
}

/* They say why: before further actions, and once. */
static void test_logs_come_before_other_actions(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36, NULL);
  s.view->no_logs = has_logs;
  draw(&s);
  expect(&s, "8123: T terminate  l logs  C cancel the query");
  const char *first = strstr(s.foot, "l logs");
  assert_null(strstr(first + 1, "l logs"));
  end(&s);
}

/* No logs here, no restart: the details. */
static void test_the_last_resort(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36, NULL);
  press(&s, "1");
  expect(&s, "dashboard: i details");
  press(&s, "p");
  assert_true(screen_has(s.canvas, "[dashboard]"));
  press(&s, "p"); /* there is no further one */
  expect(&s, "There is no further step");
  end(&s);
}

static void test_no_finding_no_step(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36, NULL);
  press(&s, "1<Down>");
  expect(&s, "api:");
  expect_not(&s, "p open");
  press(&s, "p");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "The selected row has no finding");
  end(&s);
}

static void test_in_the_list_of_findings(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36, NULL);
  press(&s, "f<Down><Down><Down><Down><Down>");
  expect(&s, "p open Group");
  press(&s, "p");
  assert_ptr_equal(s.request.page, &group_page);
  end(&s);
}

/* The bottom line has the key of the configuration. */
static void test_another_key(void **state) {
  (void)state;
  struct session s;
  char name[] = "finding-step", key[] = "F5", *keys[] = {key};
  const struct key_setting setting = {.name = name, .keys = keys, .key_count = 1};
  begin(&s, 80, 24, &setting);
  press(&s, "2");
  expect(&s, "F5 open Group");
  press(&s, "p");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_an_action_comes_first),
                                     cmocka_unit_test(test_read_only),
                                     cmocka_unit_test(test_what_the_menu_refuses),
                                     cmocka_unit_test(test_a_page_of_the_row),
                                     cmocka_unit_test(test_logs_come_before_other_actions),
                                     cmocka_unit_test(test_the_last_resort),
                                     cmocka_unit_test(test_no_finding_no_step),
                                     cmocka_unit_test(test_in_the_list_of_findings),
                                     cmocka_unit_test(test_another_key)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
