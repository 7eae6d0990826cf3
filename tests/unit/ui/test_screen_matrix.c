/* What every screen must have: at each size, in each locale, with each number of colours, in each
 * state of the platform. tests/e2e/test_terminal_matrix.py shows some of it on real terminals. */
#include "core/text/text.h"
#include "ui/draw/theme.h"
#include "ui/draw/widget.h"
#include "ui/screen_cells.h"
#include "ui/table/table_view.h"
#include "ui/view/keys/view_binding.h"
#include "ui/view/view_state.h"
#include "ui/view_session.h"

static const int sizes[][2] = {{40, 12}, {80, 24}, {120, 36}, {200, 50}, {300, 100}};
/* What terminals have: vt100 and NO_COLOR, linux and screen, some, tmux-256color and
 * xterm-256color. */
static const int colours[] = {0, 8, 16, 256};

enum {
  WORD_MOST = 9,   /* "postgres " before the subject */
  SAME_LEAST = 16, /* bytes of a finding that is cut */
};

static void fail_at(const struct session *s, const char *what) {
  screen_print(s);
  fail_msg("%dx%d%s: %s", s->canvas->width, s->canvas->height, s->canvas->ascii ? " ASCII" : "",
           what);
}

static const char *line_text(const struct canvas *canvas, int y) {
  static char line[CANVAS_SIDE_MAX * CELL_BYTES];
  size_t used = 0;
  for (int x = 0; x < canvas->width; x++)
    used +=
        (size_t)snprintf(line + used, sizeof line - used, "%s", canvas_cell(canvas, x, y)->text);
  return line;
}

/* The verdict in the first line, the worst finding in the second, both in words: no colour is
 * needed to see them. */
static void check_verdict(const struct session *s) {
  const struct findings *findings = s->fixture.model.findings;
  const struct finding *worst =
      findings->count > 0 && finding_calls(&findings->items[0]) ? &findings->items[0] : NULL;
  const char *first = line_text(s->canvas, 0);
  if (!worst) {
    if (!strstr(first, "all ok") && !strstr(first, "ok"))
      fail_at(s, "the verdict is not there");
    return;
  }
  char count[32], mark[8];
  snprintf(count, sizeof count, "%zu %s", findings_count_calling(findings, worst->severity),
           word_of(worst->severity));
  snprintf(mark, sizeof mark, "%zu%.*s", findings_count_calling(findings, worst->severity),
           (int)strcspn(mark_of(worst->severity), " "), mark_of(worst->severity));
  if (!strstr(first, count) && !strstr(first, mark))
    fail_at(s, "the verdict is not there");
  const char *second = line_text(s->canvas, 1), *at = second + 1 + ROW_MARK_CELLS;
  char wanted[256];
  snprintf(wanted, sizeof wanted, "%s %s", worst->subject, worst->sentence);
  const char *from = strstr(second, worst->subject); /* after its kind */
  size_t same = 0;
  while (from && from[same] && from[same] == wanted[same])
    same++;
  const bool cut = from && (strncmp(from + same, "\xE2\x80\xA6", 3) == 0 || from[same] == '~');
  if (strncmp(second + 1, mark_of(worst->severity), MARK_CELLS) != 0 || !from ||
      from - at > WORD_MOST || (cut ? same < SAME_LEAST : same < strlen(wanted)))
    fail_at(s, "the worst finding is not there");
}

/* The cursor is one sign at one row, and is seen without colour. */
static void check_cursor(const struct session *s) {
  int marks = 0;
  for (int y = 0; y < s->canvas->height; y++)
    for (int x = 0; x < s->canvas->width; x++) {
      const struct cell *cell = canvas_cell(s->canvas, x, y);
      marks += (cell->style & STYLE_MASK) == STYLE_BORDER_FOCUSED &&
               strcmp(cell->text, s->canvas->ascii ? ">" : "\xE2\x96\xBA") == 0;
    }
  if (marks != 1)
    fail_at(s, "not exactly one row is selected");
}

static void check_text(const struct session *s, bool hostile) {
  for (int y = 0; y < s->canvas->height; y++) {
    const char *line = line_text(s->canvas, y);
    if (text_width(line) != s->canvas->width)
      fail_at(s, "a line is not as wide as the screen");
    if (!hostile && strstr(line, "\xEF\xBF\xBD"))
      fail_at(s, "a character is replaced");
    for (const char *at = line; s->canvas->ascii && *at; at++)
      if ((unsigned char)*at >= 0x80)
        fail_at(s, "a character is not ASCII");
  }
  const char *last = line_text(s->canvas, s->canvas->height - 1);
  if (!strstr(last, "? help  q quit "))
    fail_at(s, "the keys are not there");
}

static void check_screen(const struct session *s, bool hostile) {
  screen_check_cells(s->canvas);
  check_text(s, hostile);
  check_verdict(s);
  check_cursor(s);
}

static void test_every_screen(void **state) {
  (void)state;
  for (int scene = SCENE_CALM; scene <= SCENE_FAULT; scene++)
    for (int several = 0; several < 2; several++)
      for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (int ascii = 0; ascii < 2; ascii++) {
          struct session s = {0};
          fixture_init(&s.fixture, (enum fixture_scene)scene, several);
          fixture_run(&s.fixture);
          session_open(&s, sizes[i][0], sizes[i][1], ascii);
          check_screen(&s, scene == SCENE_HOSTILE);
          session_fini(&s);
        }
}

/* Every page that a key opens, at every size. */
static void test_every_page(void **state) {
  (void)state;
  static const char *const pages[] = {"f",  "o",        "?",  "3<Enter>", "3i",
                                      "3c", "v",        "3v", ":",        "/a",
                                      "e",  "6<Enter>", "6i", "2<Enter>", "5<Enter>i"};
  for (size_t p = 0; p < COUNT_OF(pages); p++)
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
      for (int ascii = 0; ascii < 2; ascii++) {
        struct session s = {0};
        fixture_init(&s.fixture, SCENE_INCIDENT, false);
        fixture_run(&s.fixture);
        session_open(&s, sizes[i][0], sizes[i][1], ascii);
        press(&s, pages[p]);
        screen_check_cells(s.canvas);
        check_verdict(&s);
        session_fini(&s);
      }
}

/* Nothing of the help is cut at 80 columns: there is no other place to read it. */
static void test_the_help_is_whole(void **state) {
  (void)state;
  for (size_t i = 0; i < view_binding_count; i++) {
    struct session s;
    char part[80];
    session_init(&s, SCENE_CALM, 80, 200);
    press(&s, "?");
    snprintf(part, sizeof part, "%s", view_bindings[i].help);
    expect(&s, part);
    session_fini(&s);
  }
}

/* On a terminal without colours, or with NO_COLOR, attributes and signs say the same. */
static void test_colours(void **state) {
  (void)state;
  struct theme theme;
  theme_init(&theme);
  static const unsigned rows[] = {STYLE_TEXT, STYLE_DIM,     STYLE_OK,   STYLE_WARN,
                                  STYLE_CRIT, STYLE_UNKNOWN, STYLE_STALE};
  for (size_t c = 0; c < COUNT_OF(colours); c++)
    for (unsigned style = 0; style < STYLE_COUNT; style++) {
      const struct look look = theme_look(&theme, style, colours[c]);
      assert_true(look.foreground < colours[c] && look.background < colours[c]);
    }
  for (size_t c = 0; c < COUNT_OF(colours); c++)
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
      const struct look plain = theme_look(&theme, rows[i], colours[c]);
      const struct look selected = theme_look(&theme, rows[i] | STYLE_SELECTED, colours[c]);
      if (memcmp(&plain, &selected, sizeof plain) == 0)
        fail_msg("a selected cell of style %u looks like another one with %d colours", rows[i],
                 colours[c]);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_screen),
      cmocka_unit_test(test_every_page),
      cmocka_unit_test(test_the_help_is_whole),
      cmocka_unit_test(test_colours),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
