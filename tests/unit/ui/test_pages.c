/* Pages on the screen: which keys open and close them, that the row stays selected, and what is
 * shown of them. The test does what app does with the requests. */
#include "model/judge/model_evaluate.h"
#include "ui/operation_fixture.h"
#include "ui/screen_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static const struct table_spec *const tables[] = {&session_spec, &lag_spec};
static const struct page_sort sorts[] = {{"by user", "sessions", "user"},
                                         {"by query", "sessions", "query"}};
static const struct page_spec story = {.id = "postgres.session",
                                       .kind = "postgres",
                                       .row_of = "sessions",
                                       .title = "Session",
                                       .question = "What does it wait for?",
                                       .cost = "2 queries every 2s",
                                       .interval_ms = 2000,
                                       .tables = tables,
                                       .table_count = 2};
static const struct page_spec locks = {.id = "postgres.session-locks",
                                       .kind = "postgres",
                                       .row_of = "sessions",
                                       .title = "Locks",
                                       .question = "Which locks does it hold?",
                                       .cost = "1 query every 2s",
                                       .tables = tables,
                                       .table_count = 1};
static const struct page_spec plain = {.id = "postgres.statements",
                                       .kind = "postgres",
                                       .title = "Statements",
                                       .question = "Which statements take the time?",
                                       .cost = "1 query every 5s",
                                       .interval_ms = 5000,
                                       .tables = tables,
                                       .table_count = 1,
                                       .sorts = sorts,
                                       .windows = true,
                                       .sort_count = 2};
static const struct page_spec costly = {.id = "postgres.bloat",
                                        .kind = "postgres",
                                        .row_of = "sessions",
                                        .title = "Bloat",
                                        .question = "How much is bloat?",
                                        .cost = "reads the whole table",
                                        .costly = true,
                                        .tables = tables,
                                        .table_count = 1};

struct session {
  struct fixture fixture;
  struct view *view;
  struct canvas *canvas;
  const struct page_spec *pages[5];
  struct request request;  /* of the last key */
  char key[64], label[64]; /* of the page that it opened */
  size_t target;
};

static void draw(struct session *s) {
  view_draw(s->view, &s->fixture.model, FIXTURE_NOW, s->canvas);
}

static void begin(struct session *s, int width, int height) {
  *s = (struct session){0};
  fixture_init(&s->fixture, SCENE_INCIDENT, false);
  fixture_run(&s->fixture);
  while (strcmp(s->fixture.model.targets[s->target].target->kind->kind, "postgres") != 0)
    s->target++;
  s->fixture.model.pages = s->pages;
  s->view = view_new(&(struct view_options){.utc = true});
  s->canvas = canvas_new(width, height, false);
  draw(s);
}

static void end(struct session *s) {
  canvas_free(s->canvas);
  view_free(s->view);
  fixture_fini(&s->fixture);
}

/* Rows as of the target, published now. */
static void publish(struct session *s, size_t state) {
  struct sample *sample = sample_new(tables, s->fixture.model.targets[state].page->table_count);
  static const char *const pids[] = {"8123", "9001"};
  for (size_t i = 0; i < 2; i++) {
    struct row *row = sample_row(sample, &sample->tables[0], pids[i], NULL);
    assert_non_null(row);
    row->cells[0] = value_text(row->key);
  }
  sample->taken_ms = FIXTURE_NOW - 1000;
  model_publish(&s->fixture.model, state, sample, FIXTURE_NOW);
}

/* What app does. */
static void act(struct session *s) {
  struct model *model = &s->fixture.model;
  const struct subject *subject = &s->request.subject;
  if (s->request.kind == REQUEST_PAGE_CLOSE) {
    model_page_close(model);
  } else if (s->request.kind == REQUEST_PAGE_OPEN) {
    const char *key = subject->key_count ? subject->keys[0] : NULL;
    snprintf(s->key, sizeof s->key, "%s", key ? key : "");
    snprintf(s->label, sizeof s->label, "%s", s->request.text ? s->request.text : "");
    assert_int_equal(subject->target_index, s->target);
    publish(s, model_page_open(model, subject->target_index, s->request.page,
                               key ? subject->table : NULL, key, s->request.text));
  }
}

static void press(struct session *s, const char *keys) {
  while (*keys) {
    s->request = view_key(s->view, &s->fixture.model, FIXTURE_NOW, screen_next_key(&keys));
    act(s);
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

static void expect_not(const struct session *s, const char *text) {
  if (screen_has(s->canvas, text))
    fail_msg("the screen has \"%s\"", text);
}

/* Without pages nothing differs. */
static void test_no_pages(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36);
  press(&s, "3<Enter>");
  expect(&s, "Enter details");
  expect_not(&s, "v pages");
  press(&s, "v");
  expect(&s, "There are no pages for this row or its target");
  press(&s, "<Enter>");
  expect(&s, "[postgres ecap 8123]");
  end(&s);
}

static void test_one_page_opens_at_once(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36);
  s.pages[0] = &story;
  press(&s, "3<Enter>");
  expect(&s, "Enter open");
  press(&s, "<Down><Enter>");
  assert_int_equal(s.request.kind, REQUEST_PAGE_OPEN);
  assert_ptr_equal(s.request.page, &story);
  char title[200], row[100];
  snprintf(title, sizeof title, "[postgres ecap %s: Session]\xE2\x94\x80", s.label);
  expect(&s, title);
  expect(&s, "1s ago, every 2.0s");
  expect(&s, "cost: 2 queries every 2s");
  expect(&s, "What does it wait for?");
  expect(&s, "no lag"); /* an empty table of it */
  press(&s, "<Esc>");
  assert_int_equal(s.request.kind, REQUEST_PAGE_CLOSE);
  snprintf(row, sizeof row, "%s: ", s.label); /* the subject of the keys */
  expect(&s, row);
  expect(&s, "[3 PostgreSQL]");
  press(&s, "i");
  snprintf(title, sizeof title, "[postgres ecap %s]", s.label);
  expect(&s, title);
  end(&s);
}

static void test_several_pages_are_a_list(void **state) {
  (void)state;
  struct session s;
  begin(&s, 80, 24);
  s.pages[0] = &story;
  s.pages[1] = &locks;
  s.pages[2] = &costly;
  s.pages[3] = &plain;
  press(&s, "3<Enter><Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "[Pages of postgres ecap 8123]");
  expect(&s, "cost: reads the whole table");
  expect(&s, "Which statements take the time?");
  press(&s, "<Down><Down><Down><Down>"); /* not beyond the last one */
  const struct key click = screen_key_at(s.canvas, "Locks", KEY_CODE_CLICK);
  s.request = view_key(s.view, &s.fixture.model, FIXTURE_NOW, click); /* selects */
  assert_int_equal(s.request.kind, REQUEST_NONE);
  s.request = view_key(s.view, &s.fixture.model, FIXTURE_NOW, click); /* opens */
  assert_ptr_equal(s.request.page, &locks);
  press(&s, "v<End>");
  press(&s, "<Enter>");
  assert_ptr_equal(s.request.page, &plain);
  assert_int_equal(s.request.subject.key_count, 0); /* the whole target */
  expect(&s, "[postgres ecap: Statements]");
  press(&s, "<Esc>v");
  expect(&s, "[Pages of postgres ecap 8123]");
  press(&s, "<Esc>");
  expect(&s, "[3 PostgreSQL]");
  end(&s);
}

/* What costs much is in the list only: Enter opens the other one. */
static void test_a_costly_page_does_not_count(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36);
  s.pages[0] = &costly;
  s.pages[1] = &story;
  press(&s, "3<Enter><Enter>");
  assert_int_equal(s.request.kind, REQUEST_PAGE_OPEN);
  assert_ptr_equal(s.request.page, &story);
  assert_int_equal(s.request.subject.key_count, 1);
  end(&s);
}

/* Its cost is read first, though it is the only one. */
static void test_a_costly_page_is_listed_first(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36);
  s.pages[0] = &costly;
  press(&s, "3<Enter><Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "cost: reads the whole table");
  press(&s, "<Enter>");
  assert_ptr_equal(s.request.page, &costly);
  end(&s);
}

/* m begins and ends the window of a page that has one, and says which. */
static void test_marks_of_a_window(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36);
  s.pages[0] = &plain;
  s.pages[1] = &story;
  press(&s, "m");
  assert_int_equal(s.request.kind, REQUEST_NONE); /* no page is open */
  press(&s, "3v<Down><Enter>");
  expect(&s, "[postgres ecap: Statements]");
  press(&s, "m");
  assert_int_equal(s.request.kind, REQUEST_PAGE_MARK);
  expect(&s, "Figures count from now on: m again ends the window");
  s.fixture.model.targets[model_state_count(&s.fixture.model) - 1].focus.marks = 1;
  press(&s, "m");
  assert_int_equal(s.request.kind, REQUEST_PAGE_MARK);
  expect(&s, "The window has ended, its figures stay");
  press(&s, "zm");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "Paused: press z to resume, then set the mark");
  press(&s, "z<Esc>3<Enter><Enter>");
  assert_ptr_equal(s.request.page, &story);
  press(&s, "m");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "do not count from a mark on");
  end(&s);
}

static void test_from_the_overview(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36);
  s.pages[0] = &story;
  press(&s, "3v<Enter>");
  assert_ptr_equal(s.request.page, &story);
  press(&s, "<Esc>");
  expect(&s, "4 Redis"); /* the overview, as before */
  press(&s, "1v");
  expect(&s, "There are no pages for this row or its target");
  end(&s);
}

static void test_page_on_page(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36);
  s.pages[0] = &story;
  s.pages[1] = &plain;
  press(&s, "3v<End><Enter>");
  expect(&s, "[postgres ecap: Statements]");
  press(&s, "<Enter>"); /* a row of the table "sessions" */
  assert_string_equal(s.key, "8123");
  expect(&s, "[postgres ecap 8123: Session]");
  press(&s, "<Down><Enter>");
  expect(&s, "[postgres ecap 9001: Session]");
  press(&s, "<Enter>"); /* it is open already: its details */
  expect(&s, "[postgres ecap 8123]");
  press(&s, "<Esc><Down>");
  assert_int_equal(s.fixture.model.page_count, 3);
  press(&s, "<Esc><Esc>");
  expect(&s, "[postgres ecap: Statements]");
  press(&s, "<Esc>");
  expect(&s, "4 Redis");
  end(&s);
}

static void test_at_most_so_many(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36);
  s.pages[0] = &plain;
  s.pages[1] = &story;
  for (size_t i = 0; i < MODEL_PAGES_MAX; i++)
    publish(&s, model_page_open(&s.fixture.model, s.target, &costly, "sessions", "x", "x"));
  draw(&s);
  press(&s, "<Enter>");
  expect(&s, "Too many pages are open: press Esc to close one");
  assert_int_equal(s.fixture.model.page_count, MODEL_PAGES_MAX);
  end(&s);
}

static void test_orders(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36);
  s.pages[0] = &plain;
  press(&s, "3v<Enter>s");
  assert_int_equal(s.request.kind, REQUEST_PAGE_SORT);
  assert_string_equal(s.request.text, "query");
  assert_string_equal(s.request.subject.table, "sessions");
  expect(&s, "by query: sorted by QUERY");
  press(&s, "s");
  assert_string_equal(s.request.text, "user");
  press(&s, "I");
  assert_int_equal(s.request.kind, REQUEST_PAGE_SORT);
  assert_true(s.request.inverted);
  press(&s, "<");
  assert_int_equal(s.request.kind, REQUEST_PAGE_SORT);
  press(&s, "3"); /* another pane is below the page */
  expect(&s, "[postgres ecap: Statements]");
  press(&s, "/9001<Enter>");
  expect(&s, "/9001 1 of 2");
  press(&s, "<Esc>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "[postgres ecap: Statements]");
  press(&s, " <Esc>");
  assert_int_equal(s.request.kind, REQUEST_NONE); /* the marks */
  press(&s, "<Esc>");
  assert_int_equal(s.request.kind, REQUEST_PAGE_CLOSE);
  press(&s, "s"); /* only on pages */
  assert_int_equal(s.request.kind, REQUEST_NONE);
  end(&s);
}

/* A failed page is not empty: it says why, and what it had is marked as old. */
static void test_a_failed_page(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36);
  s.pages[0] = &plain;
  press(&s, "3v<Enter>");
  const size_t page = s.fixture.model.target_count;
  fixture_fail(&s.fixture, page, ERR_UNSUPPORTED, "run CREATE EXTENSION pg_stat_statements", 3000);
  draw(&s);
  expect(&s, "not available");
  expect(&s, "run CREATE EXTENSION pg_stat_statements");
  expect(&s, "8123");
  expect_not(&s, "Statements] ok");
  end(&s);
}

static void test_paused(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36);
  s.pages[0] = &plain;
  press(&s, "3zv<Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "Paused: press z to resume, then open the page");
  end(&s);
}

/* Actions work on the rows of the page, for its target. */
static void test_actions(void **state) {
  (void)state;
  struct session s;
  begin(&s, 120, 36);
  s.pages[0] = &story;
  press(&s, "3<Enter><Enter><Down>a");
  assert_int_equal(s.request.kind, REQUEST_MENU);
  assert_int_equal(s.request.subject.target_index, s.target);
  assert_string_equal(s.request.subject.table, "sessions");
  assert_string_equal(s.request.subject.keys[0], "9001");
  press(&s, "<Home>  a");
  assert_int_equal(s.request.subject.key_count, 2);
  assert_int_equal(s.request.subject.target_index, s.target);
  press(&s, "<Esc>i"); /* the marks, then details of a row of the page */
  expect(&s, "[postgres ecap 9001]");
  press(&s, "a");
  assert_int_equal(s.request.subject.target_index, s.target);
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_pages),
      cmocka_unit_test(test_one_page_opens_at_once),
      cmocka_unit_test(test_several_pages_are_a_list),
      cmocka_unit_test(test_a_costly_page_does_not_count),
      cmocka_unit_test(test_marks_of_a_window),
      cmocka_unit_test(test_a_costly_page_is_listed_first),
      cmocka_unit_test(test_from_the_overview),
      cmocka_unit_test(test_page_on_page),
      cmocka_unit_test(test_at_most_so_many),
      cmocka_unit_test(test_orders),
      cmocka_unit_test(test_a_failed_page),
      cmocka_unit_test(test_paused),
      cmocka_unit_test(test_actions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
