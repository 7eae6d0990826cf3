/* The details of a row: all that was cut is whole there, and the row's chart, events and actions
 * are one key away. */
#include "core/text/text.h"
#include "model/judge/model_evaluate.h"
#include "ui/operation_fixture.h"
#include "ui/view/view_state.h"
#include "ui/view_session.h"

enum { PAGES_MAX = 200, TEXT_BYTES = 1 << 20 };

/* The characters that are not blank: how a text is broken into lines does not matter. */
static size_t squeeze(char *out, size_t size, const char *text) {
  size_t used = 0;
  for (; *text && used + 1 < size; text++)
    if (*text != ' ' && *text != '\n')
      out[used++] = *text;
  out[used] = '\0';
  return used;
}

/* Text that has been read from the page so far; page by page with PgDn. */
static void page_read(struct session *s, char *out) {
  size_t used = 0;
  *out = '\0';
  press(s, "<Home>");
  for (int page = 0, last = -1; page < PAGES_MAX && s->view->scroll != last; page++) {
    const int new_lines = last < 0 ? s->view->page_height : s->view->scroll - last;
    last = s->view->scroll;
    /* the lines that the page before did not have */
    const int bottom = s->canvas->height - 2, top = bottom - s->view->page_height;
    for (int y = bottom - new_lines; y < bottom; y++)
      for (int x = 2; x < s->canvas->width - 2 && y >= top; x++) {
        const char *cell = canvas_cell(s->canvas, x, y)->text;
        if (strcmp(cell, " ") != 0 && used + CELL_BYTES < TEXT_BYTES)
          used += (size_t)snprintf(out + used, TEXT_BYTES - used, "%s", cell);
      }
    press(s, "<PgDn>");
  }
}

static void expect_whole(const struct session *s, const char *read, const char *text,
                         const char *what) {
  static char clean[SAMPLE_TEXT_MAX * 3], wanted[SAMPLE_TEXT_MAX * 3];
  text_sanitize(clean, sizeof clean, text, strlen(text), s->canvas->ascii);
  squeeze(wanted, sizeof wanted, clean);
  if (strstr(read, wanted))
    return;
  screen_print(s);
  fail_msg("%s is not whole on the page of details: \"%s\"", what, clean);
}

static void check_row(struct session *s, const struct table *table, const struct row *row) {
  static char read[TEXT_BYTES];
  const struct frame frame = {&s->fixture.model, s->now_ms, true, s->canvas, NULL, s->now_ms};
  page_read(s, read);
  for (size_t i = 0; i < table->spec->column_count; i++) {
    const struct column_spec *column = &table->spec->columns[i];
    char buffer[FORMAT_MAX];
    const struct value value = row->cells[i];
    expect_whole(s, read, column->title, "a title");
    if (column->help)
      expect_whole(s, read, column->help, column->title);
    if (value.type == VALUE_NONE && value.text)
      expect_whole(s, read, value.text, column->title);
    else
      expect_whole(s, read, frame_value(&frame, buffer, value, column), column->title);
  }
}

/* Every row of every pane. */
static void check_rows(struct session *s) {
  for (const char *number = "12345"; *number; number++) {
    const char keys[] = {*number, 'g', '\0'};
    press(s, keys);
    const struct pane *pane = s->view->panes[s->view->focus];
    uint64_t before = 0;
    while (pane_selection_identity(pane) != before) {
      before = pane_selection_identity(pane);
      press(s, "i");
      assert_int_equal(s->view->page, PAGE_DETAIL);
      const struct detail *detail = &s->view->detail;
      const struct sample *sample = s->fixture.model.targets[detail->target_index].sample;
      const struct table *table =
          sample && detail->table ? sample_table_view(sample, detail->table) : NULL;
      if (table)
        check_row(s, table, table_find(table, detail->key));
      press(s, "<Esc>j");
    }
  }
}

static void test_all_cells_are_whole(void **state) {
  (void)state;
  static const int sizes[][2] = {{80, 24}, {40, 12}, {120, 36}};
  for (int scene = SCENE_CALM; scene <= SCENE_FAULT; scene++)
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
      struct session s;
      session_init(&s, (enum fixture_scene)scene, sizes[i][0], sizes[i][1]);
      check_rows(&s);
      session_fini(&s);
    }
}

/* As long as a text may be, without a blank, of wide characters, of what is no text. */
static void test_long_texts_are_whole(void **state) {
  (void)state;
  static const struct column_spec columns[] = {
      {.id = "name", .title = "NAME"},
      {.id = "query",
       .title = "STATEMENT AS THE CLIENT SENT IT",
       .flags = COLUMN_FLEX,
       .help = "a help that is longer than a line of the screen, because it has very much to say "
               "about what the column means and where it comes from"}};
  static const struct table_spec spec = {"sessions", "Sessions", 0, columns, COUNT_OF(columns)};
  static const struct table_spec *const specs[] = {&spec};
  static const char *const parts[] = {"SELECT a, b FROM t WHERE c = 1 AND ", "x", "\xE5\xAE\xA2",
                                      "\x1b[31m", "e\xCC\x81 "};
  for (size_t i = 0; i < COUNT_OF(parts); i++) {
    struct session s;
    session_init(&s, SCENE_CALM, 80, 24);
    struct sample *sample = sample_new(specs, 1);
    char text[SAMPLE_TEXT_MAX];
    size_t used = 0;
    while (used + strlen(parts[i]) < 8000)
      used += (size_t)snprintf(text + used, sizeof text - used, "%s", parts[i]);
    ROW(sample, "sessions", "1", NULL, T("1"), T(text));
    sample->taken_ms = s.now_ms;
    model_publish(&s.fixture.model, 4, sample, s.now_ms);
    draw(&s);
    press(&s, "3i");
    const struct table *table = sample_table_view(s.fixture.model.targets[4].sample, "sessions");
    check_row(&s, table, &table->rows[0]);
    session_fini(&s);
  }
}

/* What is wrong, and why a target is down, is there in one piece. */
static void test_findings_are_whole(void **state) {
  (void)state;
  static char read[TEXT_BYTES];
  struct session s;
  session_init(&s, SCENE_INCIDENT, 80, 24);
  char why[300];
  memset(why, 'w', sizeof why - 1);
  for (size_t i = 9; i < sizeof why; i += 10)
    why[i] = ' ';
  why[sizeof why - 1] = '\0';
  struct err err;
  err_set(&err, ERR_DENIED, "%s", why);
  for (int i = 0; i < 5; i++)
    model_fail(&s.fixture.model, 3, &err, s.now_ms);
  model_evaluate(&s.fixture.model, s.now_ms, false);
  draw(&s);
  press(&s, "2gi");
  page_read(&s, read);
  expect_whole(&s, read, err.text, "the error of the target");
  press(&s, "<Esc>");
  const struct findings *findings = s.fixture.model.findings;
  assert_true(findings->count > 4);
  press(&s, "f");
  for (size_t i = 0; i < findings->count; i++) {
    press(&s, "i");
    assert_int_equal(s.view->page, PAGE_DETAIL);
    page_read(&s, read);
    bool any = false;
    for (size_t f = 0; f < findings->count; f++) {
      char wanted[2048];
      squeeze(wanted, sizeof wanted, findings->items[f].sentence);
      any = any || strstr(read, wanted);
    }
    if (!any)
      screen_print(&s);
    assert_true(any);
    press(&s, "<Esc>j");
  }
  session_fini(&s);
}

/* From the details: its chart, its events, its actions, and back to the same page. */
static void test_what_the_details_lead_to(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  s.fixture.model.operations.specs = fixture_specs;
  press(&s, "3i");
  expect(&s, "[postgres ecap 8123]");
  expect(&s, "T terminate");
  expect(&s, "c chart");
  expect(&s, "e events");
  press(&s, "T");
  assert_int_equal(s.request.kind, REQUEST_ACT);
  assert_ptr_equal(s.request.action, &spec_terminate);
  assert_string_equal(s.request.subject.keys[0], "8123/1");
  press(&s, "a");
  assert_int_equal(s.request.kind, REQUEST_MENU);
  press(&s, "c");
  assert_int_equal(s.view->page, PAGE_CHART);
  press(&s, "<Esc>");
  expect(&s, "[postgres ecap 8123]");
  press(&s, "e");
  assert_int_equal(s.request.kind, REQUEST_EVENTS_OPEN);
  assert_string_equal(s.request.events->filter.target, "postgres:ecap");
  assert_string_equal(s.request.events->filter.text, "8123");
  session_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_cells_are_whole),
      cmocka_unit_test(test_long_texts_are_whole),
      cmocka_unit_test(test_findings_are_whole),
      cmocka_unit_test(test_what_the_details_lead_to),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
