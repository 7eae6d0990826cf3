/* Keys of the configuration: names, clashes, what cannot be changed, and that help and bottom line
 * follow. */
#include "ui/operation_fixture.h"
#include "ui/screen_text.h"
#include "ui/view/keys/key_rows.h"
#include "ui/view/keys/keymap.h"
#include "ui/view/keys/view_binding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SETTINGS_MAX = 4 };

static struct key_setting setting(const char *name, const char *one, const char *other) {
  static char *keys[SETTINGS_MAX * 4];
  static size_t next;
  if (next + 2 > COUNT_OF(keys))
    next = 0;
  struct key_setting setting = {.name = (char *)(uintptr_t)name, .keys = &keys[next]};
  if (one)
    setting.keys[setting.key_count++] = (char *)(uintptr_t)one;
  if (other)
    setting.keys[setting.key_count++] = (char *)(uintptr_t)other;
  next += 2;
  return setting;
}

static void good(const struct key_setting *settings, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct err err = {0};
    if (!view_keys_check(settings, count, i, fixture_specs, &err))
      fail_msg("%s: %s", settings[i].name, err.text);
  }
}

/* The last one is wrong. */
static void bad(const struct key_setting *settings, size_t count, const char *words) {
  struct err err = {0};
  if (view_keys_check(settings, count, count - 1, fixture_specs, &err))
    fail_msg("%s was taken", settings[count - 1].name);
  if (!strstr(err.text, words))
    fail_msg("%s: \"%s\" does not say \"%s\"", settings[count - 1].name, err.text, words);
}

#define GOOD(...)                                         \
  do {                                                    \
    const struct key_setting settings_[] = {__VA_ARGS__}; \
    good(settings_, COUNT_OF(settings_));                 \
  } while (0)
#define BAD(words_, ...)                                  \
  do {                                                    \
    const struct key_setting settings_[] = {__VA_ARGS__}; \
    bad(settings_, COUNT_OF(settings_), words_);          \
  } while (0)

static void test_names_of_keys(void **state) {
  (void)state;
  static const struct {
    const char *text, *shown;
  } cases[] = {{"a", "a"},           {"A", "A"},
               {"pgdn", "PgDn"},     {"PageUp", "PgUp"},
               {"ctrl-r", "Ctrl-R"}, {"^r", "Ctrl-R"},
               {"f10", "F10"},       {"space", "Space"},
               {"return", "Enter"},  {"shift-tab", "Shift-Tab"},
               {"^", "^"},           {"F", "F"},
               {"-", "-"},           {"none", NULL},
               {"F13", NULL},        {"F0", NULL},
               {"", NULL},           {"ab", NULL},
               {"Ctrl-", NULL},      {"Ctrl-1", NULL},
               {"Ctrl-M", NULL},     {"Ctrl-i", NULL},
               {"\xC3\xA9", NULL},   {"Entr", NULL}};
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    struct key key;
    struct err err;
    char text[KEY_TEXT_MAX];
    assert_int_equal(key_parse(cases[i].text, &key, &err), cases[i].shown != NULL);
    if (cases[i].shown)
      assert_string_equal(key_text(key, text), cases[i].shown);
    else
      assert_true(*err.text);
  }
  struct key key;
  struct err err;
  assert_false(key_parse("Entr", &key, &err));
  assert_non_null(strstr(err.text, "did you mean \"Enter\"?"));
  assert_false(key_parse("Ctrl-M", &key, &err));
  assert_non_null(strstr(err.text, "sends Ctrl-M as Enter"));
}

static void test_settings(void **state) {
  (void)state;
  GOOD(setting("row-details", "F3", "x"), setting("chart-show", "Ctrl-G", NULL));
  GOOD(setting("app-quit", NULL, NULL));
  GOOD(setting("sort-next", "t", NULL)); /* t has a meaning in the logs only */
  GOOD(setting("logs-show", "c", NULL), setting("chart-show", "l", NULL)); /* they change places */
  BAD("unknown name \"row-detail\"; did you mean \"row-details\"?",
      setting("row-detail", "x", NULL));
  BAD("c is the key of chart-show (chart of the row's figures", setting("logs-show", "c", NULL));
  BAD("change chart-show as well", setting("logs-show", "c", NULL));
  BAD("x is the key of row-details", setting("row-details", "x", NULL),
      setting("chart-show", "x", NULL));
  BAD("\"Entr\" is not a key", setting("row-details", "Entr", NULL));
  BAD("Ctrl-C is always the key of app-interrupt", setting("row-details", "Ctrl-C", NULL));
  BAD("Esc is always the key of view-back", setting("app-quit", "Esc", NULL));
  BAD("the keys of view-back cannot be changed", setting("view-back", "x", NULL));
  BAD("the keys of app-interrupt cannot be changed", setting("app-interrupt", NULL, NULL));
  BAD("1 is always the key of pane-number", setting("row-details", "1", NULL));
}

static void test_actions(void **state) {
  (void)state;
  GOOD(setting("postgres.terminate", NULL, NULL));
  GOOD(setting("postgres.terminate", "X", NULL));
  BAD("C is the key of postgres.cancel", setting("postgres.terminate", "C", NULL));
  BAD("I is the key of sort-reverse", setting("postgres.terminate", "I", NULL));
  BAD("one capital letter, or none", setting("postgres.terminate", "x", NULL));
  BAD("one capital letter, or none", setting("postgres.terminate", "Enter", NULL));
  BAD("one capital letter, or none", setting("postgres.terminate", "X", "Y"));
  BAD("unknown action \"postgres.termnate\"; did you mean \"postgres.terminate\"?",
      setting("postgres.termnate", "X", NULL));
  BAD("T is the key of the action postgres.terminate", setting("row-details", "T", NULL));
}

/* A new place needs a word of its own (key_rows.c). */
static void test_each_row_says_where(void **state) {
  (void)state;
  static struct key_row rows[KEY_ROWS_MAX];
  struct keymap map;
  keymap_init(&map);
  const size_t count = key_rows(&map, rows);
  for (size_t i = 0; i < count; i++)
    if (!rows[i].places[0])
      fail_msg("%s: %s", rows[i].name ? rows[i].name : "a dialog", rows[i].help);
  keymap_fini(&map);
}

struct session {
  struct fixture fixture;
  struct view *view;
  struct canvas *canvas;
  struct request request;
};

static void session_init(struct session *s, const struct key_setting *keys, size_t count) {
  *s = (struct session){0};
  fixture_init(&s->fixture, SCENE_INCIDENT, false);
  fixture_run(&s->fixture);
  s->view = view_new(&(struct view_options){.utc = true, .keys = keys, .key_count = count});
  s->canvas = canvas_new(120, 36, false);
  view_draw(s->view, &s->fixture.model, FIXTURE_NOW, s->canvas);
}

static void session_fini(struct session *s) {
  canvas_free(s->canvas);
  view_free(s->view);
  fixture_fini(&s->fixture);
}

static void press(struct session *s, const char *keys) {
  while (*keys) {
    s->request = view_key(s->view, &s->fixture.model, FIXTURE_NOW, screen_next_key(&keys));
    view_draw(s->view, &s->fixture.model, FIXTURE_NOW, s->canvas);
  }
}

static void test_the_screen_follows(void **state) {
  (void)state;
  const struct key_setting keys[] = {setting("row-details", "x", NULL),
                                     setting("screen-pause", "Ctrl-Y", NULL),
                                     setting("app-quit", NULL, NULL)};
  struct session s;
  session_init(&s, keys, COUNT_OF(keys));
  assert_true(screen_has(s.canvas, "x details"));
  assert_false(screen_has(s.canvas, "i details"));
  assert_false(screen_has(s.canvas, "quit")); /* unbound: not offered */
  press(&s, "i");
  assert_false(screen_has(s.canvas, "ecap 8123]"));
  press(&s, "x");
  assert_true(screen_has(s.canvas, "ecap 8123]"));
  press(&s, "<Esc>q<F10>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  press(&s, "z");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  press(&s, "<Ctrl-Y>");
  assert_int_equal(s.request.kind, REQUEST_PAUSE);
  press(&s, "<Ctrl-R>");
  assert_true(screen_has(s.canvas, "Paused: press Ctrl-Y to resume"));
  press(&s, "?");
  assert_true(screen_has(s.canvas, "x                 details of the selected row"));
  press(&s, "<Ctrl-C>"); /* whatever the configuration says */
  assert_int_equal(s.request.kind, REQUEST_QUIT);
  session_fini(&s);
}

/* The key of an own action is compared with the keys as they are configured. */
static void test_the_key_of_an_own_action(void **state) {
  (void)state;
  struct err err = {0};
  const struct key_setting moved[] = {setting("help-show", "X", NULL),
                                      setting("rows-mark", "none of these", NULL)};
  assert_true(view_action_key_check(NULL, 0, 'X', &err));
  assert_false(view_action_key_check(moved, COUNT_OF(moved), 'X', &err));
  assert_non_null(strstr(err.text, "X is taken"));
  assert_false(view_action_key_check(NULL, 0, 'G', &err)); /* last row */
  const struct key_setting freed[] = {setting("move-last", "End", NULL)};
  assert_true(view_action_key_check(freed, 1, 'G', &err));
}

/* Sentences name the keys of the configuration. */
static void test_sentences_follow(void **state) {
  (void)state;
  struct session s;
  const struct key_setting settings[] = {setting("screen-pause", "P", NULL),
                                         setting("app-quit", "F9", NULL)};
  session_init(&s, settings, COUNT_OF(settings));
  press(&s, "P+");
  assert_true(screen_has(s.canvas, "Paused: press P to resume"));
  view_notice(s.view, "press {screen-pause}, {no-such-name}, {");
  view_draw(s.view, &s.fixture.model, FIXTURE_NOW, s.canvas);
  assert_true(screen_has(s.canvas, "press P, {no-such-name}, {"));
  view_command_wrong(s.view, "Paused: press {screen-pause} to resume");
  view_draw(s.view, &s.fixture.model, FIXTURE_NOW, s.canvas);
  assert_true(screen_has(s.canvas, "Paused: press P to resume"));
  struct canvas *small = canvas_new(20, 4, false);
  view_draw(s.view, &s.fixture.model, FIXTURE_NOW, small);
  assert_true(screen_has(small, "F9 quits"));
  canvas_free(small);
  session_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names_of_keys),
      cmocka_unit_test(test_settings),
      cmocka_unit_test(test_actions),
      cmocka_unit_test(test_each_row_says_where),
      cmocka_unit_test(test_the_screen_follows),
      cmocka_unit_test(test_the_key_of_an_own_action),
      cmocka_unit_test(test_sentences_follow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
