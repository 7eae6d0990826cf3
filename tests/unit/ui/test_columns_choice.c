/* The user's file of columns, and what the choice does to a table. */
#include "ui/screen_fixture.h"
#include "ui/screen_text.h"
#include "ui/table/columns_choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_text(const char *text, const char *expected) {
  struct columns_choices choices = {0};
  struct err err;
  assert_true(columns_choices_read(&choices, text, strlen(text), &err));
  char *written = columns_choices_text(&choices), *lines = written;
  while (*lines == '#')
    lines = strchr(lines, '\n') + 1;
  assert_string_equal(lines, expected);
  free(written);
  columns_choices_fini(&choices);
}

static void test_it_is_read_and_written(void **state) {
  (void)state;
  expect_text("", "");
  expect_text("# nothing\n\n", "");
  expect_text("redis.databases: db ,keys = 9\r\n  postgres.sessions:query=40,state",
              "postgres.sessions: query=40, state\nredis.databases: db, keys=9\n");
  expect_text("a.b: c\na.b: d\n", "a.b: d\n"); /* the last one */
  expect_text("a.b:\n", "a.b:\n");
}

static void expect_error(const char *text, const char *words, size_t kept) {
  struct columns_choices choices = {0};
  struct err err;
  assert_false(columns_choices_read(&choices, text, strlen(text), &err));
  if (!strstr(err.text, words))
    fail_msg("\"%s\" is not in \"%s\"", words, err.text);
  assert_int_equal(choices.count, kept);
  columns_choices_fini(&choices);
}

static void test_wrong_lines_are_named_and_the_others_kept(void **state) {
  (void)state;
  expect_error("a.b: c\nsessions\na.c: d", "line 2: expected KIND.TABLE", 2);
  expect_error("sessions: pid", "line 1: expected KIND.TABLE", 0);
  expect_error("a.b: c=0", "line 1: the width \"0\" is not a number from 1 to 200", 0);
  expect_error("a.b: c=201", "the width", 0);
  expect_error("a.b: c=99999999999999999999", "the width", 0);
  expect_error("a.b: c=4x", "the width", 0);
  expect_error("a.b: QUERY", "\"QUERY\" is not the name of a column", 0);
  expect_error("a.b: c,,d", "is not the name of a column", 0);
  char *many = mem_new(1 << 16);
  size_t length = 0;
  for (int i = 0; i <= COLUMN_CHOICES_MAX; i++)
    length += (size_t)snprintf(many + length, (1 << 16) - length, "a.t%d: c\n", i);
  expect_error(many, "more than 200 tables", COLUMN_CHOICES_MAX);
  free(many);
}

/* What a person wrote into the file is there after the next saving, once. */
static void test_lines_are_kept(void **state) {
  (void)state;
  static const char text[] = "# mine\na.b: c\nwhat is this\na.c: D\n\n";
  struct columns_choices choices = {0};
  struct err err;
  char *written = mem_dup(text);
  for (int i = 0; i < 3; i++) {
    assert_false(columns_choices_read(&choices, written, strlen(written), &err));
    free(written);
    columns_choice_add(columns_choices_set(&choices, "d.e"), "f", 4);
    written = columns_choices_text(&choices);
    columns_choices_fini(&choices);
    const char *at = strstr(written, "columns.\n");
    assert_non_null(at);
    assert_string_equal(strchr(at, '\n') + 1, "# mine\nwhat is this\na.c: D\na.b: c\nd.e: f=4\n");
  }
  free(written);
}

/* ---- on the screen */

struct session {
  struct fixture fixture;
  struct view *view;
  struct canvas *canvas;
  struct request request;
};

static void draw(struct session *s) {
  view_draw(s->view, &s->fixture.model, FIXTURE_NOW, s->canvas);
}

static void session_init(struct session *s, const char *text, int width) {
  *s = (struct session){0};
  fixture_init(&s->fixture, SCENE_INCIDENT, false);
  fixture_run(&s->fixture);
  s->view = view_new(&(struct view_options){.utc = true});
  s->canvas = canvas_new(width, 36, false);
  view_columns_load(s->view, "/home/op/.config/stacktop/columns", text, text ? strlen(text) : 0);
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

static void expect(const struct session *s, const char *text) {
  if (screen_has(s->canvas, text))
    return;
  char *screen = screen_text(s->canvas);
  print_message("%.*s", (int)(strstr(screen, "styles") - screen), screen);
  free(screen);
  fail_msg("the screen has no \"%s\"", text);
}

static void test_the_file_chooses_columns(void **state) {
  (void)state;
  struct session s;
  session_init(&s, "postgres.sessions: database=6, query=9, state\n", 120);
  expect(&s, "SESSION    DATAB… QUERY     STATE");
  assert_false(screen_has(s.canvas, "USER"));
  session_fini(&s);
}

/* What tells why a row is wrong is shown even if it was not chosen. */
static void test_what_tells_is_shown_anyway(void **state) {
  (void)state;
  struct session s;
  session_init(&s, "service.services: address\n", 120);
  expect(&s, "SERVICE   ADDRESS");
  expect(&s, "nothing listens on");
  session_fini(&s);
}

static void test_an_unknown_column_is_a_notice(void **state) {
  (void)state;
  struct session s;
  session_init(&s, "\npostgres.sessions: nap, state\n", 120);
  expect(&s, "columns:2: postgres.sessions has no column \"nap\"");
  press(&s, "<Tab>");
  assert_false(screen_has(s.canvas, "nap"));
  session_fini(&s);
  session_init(&s, "what is this\n", 120);
  expect(&s, "columns: line 1: expected KIND.TABLE");
  session_fini(&s);
}

static void test_the_chooser(void **state) {
  (void)state;
  struct session s;
  session_init(&s, NULL, 120);
  press(&s, "3o");
  expect(&s, "[Columns of postgres.sessions]");
  expect(&s, "[x] SESSION");
  expect(&s, "[ ] CLIENT");
  press(&s, " ");
  expect(&s, "it is always shown");
  press(&s, "<Down> "); /* STATE is hidden */
  expect(&s, "[ ] STATE");
  expect(&s, "not saved");
  press(&s, "<Esc>");
  expect(&s, "SESSION ");
  assert_false(screen_has(s.canvas, "idle in txn"));
  press(&s, "o<Down><Right>"); /* the second one is wider, and first among the others */
  press(&s, "w");
  assert_int_equal(s.request.kind, REQUEST_COLUMNS_SAVE);
  assert_non_null(strstr(s.request.text, "postgres.sessions: session, "));
  assert_null(strstr(s.request.text, " state,"));
  press(&s, "u");
  expect(&s, "[x] STATE");
  press(&s, "w");
  assert_null(strstr(s.request.text, "postgres.sessions"));
  press(&s, "<Down>J");
  press(&s, "w");
  assert_non_null(strstr(s.request.text, "postgres.sessions: session, "));
  session_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_it_is_read_and_written),
      cmocka_unit_test(test_lines_are_kept),
      cmocka_unit_test(test_wrong_lines_are_named_and_the_others_kept),
      cmocka_unit_test(test_the_file_chooses_columns),
      cmocka_unit_test(test_what_tells_is_shown_anyway),
      cmocka_unit_test(test_an_unknown_column_is_a_notice),
      cmocka_unit_test(test_the_chooser),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
