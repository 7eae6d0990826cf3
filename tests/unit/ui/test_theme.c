#include "ui/draw/theme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool parse(struct theme *theme, const char *text, struct err *err) {
  return theme_parse(theme, "x.theme", text, strlen(text), err);
}

static void refuse(const char *text, const char *message) {
  struct theme theme, before;
  struct err err = {0};
  theme_init(&theme);
  before = theme;
  assert_false(parse(&theme, text, &err));
  if (!strstr(err.text, message))
    fail_msg("\"%s\" says: %s", text, err.text);
  assert_memory_equal(&theme, &before, sizeof theme); /* nothing of an invalid file is used */
}

static void test_a_file_lies_over_the_built_in_one(void **state) {
  (void)state;
  struct theme theme, built_in;
  struct err err = {0};
  theme_init(&built_in);
  theme_init(&theme);
  assert_true(parse(&theme,
                    "# a remark\n"
                    "\n"
                    "crit = bright-red on 17 bold underline # and one more\r\n"
                    "\tWARN=#ffd75f\n"
                    "ok = default on black ## x\n"
                    "selected = reverse",
                    &err));
  const struct look *crit = &theme.looks[STYLE_CRIT], *warn = &theme.looks[STYLE_WARN];
  assert_int_equal(crit->foreground, 9);
  assert_int_equal(crit->background, 17);
  assert_int_equal(crit->attributes, LOOK_BOLD | LOOK_UNDERLINE);
  assert_int_equal(warn->foreground, 221);
  assert_int_equal(warn->background, LOOK_DEFAULT);
  assert_int_equal(warn->attributes, 0);
  assert_int_equal(theme.looks[STYLE_OK].foreground, LOOK_DEFAULT);
  assert_int_equal(theme.looks[STYLE_OK].background, 0);
  assert_memory_equal(&theme.looks[STYLE_TITLE], &built_in.looks[STYLE_TITLE], sizeof *crit);
  assert_true(parse(&theme, "", &err));
}

static void test_mistakes_have_their_place(void **state) {
  (void)state;
  refuse("crit = red\n\nnone = red\n",
         "x.theme:3:1: unknown style \"none\"; available: text, dim, ");
  refuse("crit red", "x.theme:1:6: \"crit\": expected \"=\"");
  refuse("crit", "x.theme:1:1: \"crit\": expected \"=\"");
  refuse("= red", "x.theme:1:1: unknown style \"=\"");
  refuse("crit = pink", "x.theme:1:8: unknown colour or attribute \"pink\"; use default, black");
  refuse("crit = 256", "unknown colour or attribute \"256\"");
  refuse("crit = 99999999999999999999999", "unknown colour or attribute");
  refuse("crit = -1", "unknown colour or attribute \"-1\"");
  refuse("crit = #12345", "unknown colour or attribute \"#12345\"");
  refuse("crit = #12345g", "unknown colour or attribute");
  refuse("crit = red on", "\"on\": expected a colour after it");
  refuse("crit = red on bold", ":1:15: unknown colour \"bold\"");
  refuse("crit = red green", "\"green\": expected one colour");
  refuse("crit = red on blue on green", "\"green\": expected one colour");
  refuse("crit = \033[31m", "x.theme:1:8: ");
  refuse("ok = green\n\t crti = red",
         "x.theme:2:3: unknown style \"crti\"; did you mean \"crit\"?");
  refuse("crit = red on grene", ":1:15: unknown colour \"grene\"; did you mean \"green\"?");
  refuse("crit = bolt", "unknown colour or attribute \"bolt\"; did you mean \"bold\"?");
  refuse("crit = reddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
         "unknown colour");
  struct theme theme;
  struct err err = {0};
  static const char nul[] = "crit = r\0ed";
  assert_false(theme_parse(&theme, "x.theme", nul, sizeof nul - 1, &err));
}

/* Whatever the bytes: a theme, or an error in one line without control characters. */
static void test_garbage(void **state) {
  (void)state;
  srandom(1);
  for (int i = 0; i < 20000; i++) {
    static const char words[][8] = {"crit", "=", "on",   "red",  "bold", "#fff",
                                    "\n",   " ", "\xff", "\033", "9"};
    char text[64];
    size_t len = 0;
    while (len < sizeof text - 10 && random() % 12) {
      const char *word = words[random() % (long)(sizeof words / sizeof *words)];
      memcpy(text + len, word, strlen(word));
      len += strlen(word);
      text[len] = (char)random();
      len += (size_t)(random() % 2);
    }
    struct theme theme;
    struct err err = {0};
    if (theme_parse(&theme, "x.theme", text, len, &err))
      continue;
    assert_int_equal(strncmp(err.text, "x.theme:", 8), 0);
    for (const char *at = err.text; *at; at++)
      assert_false((unsigned char)*at < ' ' || *at == 0x7f);
  }
}

static void test_fewer_colours(void **state) {
  (void)state;
  struct theme theme;
  struct err err = {0};
  assert_true(parse(&theme,
                    "text = bright-black\nwarn = 221\ncrit = 231 on 160\nheader = bright-white on "
                    "bright-blue\nselected = on 236\n",
                    &err));
  assert_int_equal(theme_look(&theme, STYLE_WARN, 256).foreground, 221);
  assert_in_range(theme_look(&theme, STYLE_WARN, 16).foreground, 0, 15);
  struct look look = theme_look(&theme, STYLE_CRIT, 8);
  assert_int_equal(look.foreground, 7); /* bright white is white, made bold */
  assert_int_equal(look.background, 1);
  assert_true(look.attributes & LOOK_BOLD);
  look = theme_look(&theme, STYLE_HEADER, 8);
  assert_int_equal(look.background, 4);
  look = theme_look(&theme, STYLE_TEXT, 8); /* not black on black */
  assert_int_equal(look.foreground, LOOK_DEFAULT);
  assert_true(look.attributes & LOOK_DIM);
  look = theme_look(&theme, STYLE_CRIT, 0);
  assert_int_equal(look.foreground, LOOK_DEFAULT);
  assert_int_equal(look.background, LOOK_DEFAULT);
  assert_true(look.attributes & LOOK_REVERSE);
  look = theme_look(&theme, STYLE_TEXT | STYLE_SELECTED, 0); /* a selection shows without colours */
  assert_true(look.attributes & LOOK_REVERSE);
  for (unsigned style = 0; style < STYLE_COUNT; style++) {
    static const int colors[] = {8, 16, 88, 256};
    for (size_t i = 0; i < 4; i++) {
      look = theme_look(&theme, style | STYLE_SELECTED | STYLE_STRONG, colors[i]);
      assert_true(look.foreground < colors[i] && look.background < colors[i]);
      assert_true(look.attributes & LOOK_BOLD);
    }
  }
}

static void test_every_style_has_a_name(void **state) {
  (void)state;
  for (unsigned style = 0; style <= STYLE_COUNT; style++) {
    char line[64];
    struct theme theme;
    struct err err = {0};
    assert_non_null(theme_style_name(style));
    snprintf(line, sizeof line, "%s = 123", theme_style_name(style));
    assert_true(parse(&theme, line, &err));
    const struct look *look = style < STYLE_COUNT ? &theme.looks[style] : &theme.selected;
    assert_int_equal(look->foreground, 123);
  }
  assert_null(theme_style_name(STYLE_COUNT + 1));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_file_lies_over_the_built_in_one),
      cmocka_unit_test(test_mistakes_have_their_place),
      cmocka_unit_test(test_garbage),
      cmocka_unit_test(test_fewer_colours),
      cmocka_unit_test(test_every_style_has_a_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
