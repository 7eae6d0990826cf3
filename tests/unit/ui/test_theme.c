#include "ui/draw/theme.h"

#include <math.h>
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

/* Contrast as WCAG defines it: 1 to 21; 4.5 is enough to read, 3 for text that need not be read. */
static double luminance(uint32_t rgb) {
  static const double weights[] = {0.2126, 0.7152, 0.0722};
  double sum = 0;
  for (int i = 0; i < 3; i++) {
    double part = (double)(rgb >> (16 - 8 * i) & 0xff) / 255;
    sum += weights[i] * (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
  }
  return sum;
}

static double contrast(uint32_t a, uint32_t b) {
  double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
  return x > y ? x / y : y / x;
}

static void check_contrast(const char *name, const struct theme *theme, uint32_t ground,
                           uint32_t text) {
  for (unsigned style = 0; style < STYLE_COUNT; style++) {
    const double least = style == STYLE_BORDER || style == STYLE_GAUGE ? 2.5 : 4.5;
    for (unsigned flag = 0; flag <= STYLE_SELECTED; flag += STYLE_SELECTED) {
      if (flag && least < 4.5)
        continue;
      const struct look look = theme_look(theme, style | flag, 256);
      const uint32_t front = look.foreground == LOOK_DEFAULT ? text : theme_rgb(look.foreground);
      const uint32_t back = look.background == LOOK_DEFAULT ? ground : theme_rgb(look.background);
      if (contrast(front, back) < least)
        fail_msg("%s: %s%s has a contrast of %.1f on #%06x", name, theme_style_name(style),
                 flag ? " selected" : "", contrast(front, back), back);
    }
  }
}

static void test_the_themes_can_be_read(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint32_t ground, text;
  } files[] = {{"dark", 0x000000, 0xffffff},     {"dark", 0x1e1e1e, 0xd0d0d0},
               {"light", 0xffffff, 0x000000},    {"light", 0xf8f8f2, 0x222222},
               {"contrast", 0x000000, 0xffffff}, {"contrast", 0xffffff, 0x000000},
               {"mono", 0x000000, 0xffffff},     {"mono", 0xffffff, 0x000000}};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char path[64], text[8192];
    snprintf(path, sizeof path, "../../../themes/%s.theme", files[i].name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    const size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    struct theme theme;
    struct err err = {0};
    if (!theme_parse(&theme, path, text, len, &err))
      fail_msg("%s", err.text);
    check_contrast(files[i].name, &theme, files[i].ground, files[i].text);
  }
}

/* The built-in theme uses the user's own colours, whose looks are unknown; but where it sets a
 * background, it sets the text colour, too. No severity looks like another, nor like plain text. */
static void test_the_built_in_theme(void **state) {
  (void)state;
  struct theme theme;
  theme_init(&theme);
  for (unsigned style = 0; style < STYLE_COUNT; style++) {
    const struct look *look = &theme.looks[style];
    if (look->background == LOOK_DEFAULT)
      continue;
    assert_true(look->background >= 16 && look->foreground >= 16);
    assert_true(contrast(theme_rgb(look->foreground), theme_rgb(look->background)) >= 4.5);
    assert_true(contrast(theme_rgb(look->foreground_16), theme_rgb(look->background_16)) >= 4.5);
  }
  static const enum style told_apart[] = {STYLE_TEXT, STYLE_OK,      STYLE_WARN,
                                          STYLE_CRIT, STYLE_UNKNOWN, STYLE_STALE};
  static const int colors[] = {8, 256};
  for (size_t c = 0; c < 2; c++)
    for (size_t i = 0; i < 6; i++)
      for (size_t j = i + 1; j < 6; j++) {
        struct look a = theme_look(&theme, told_apart[i], colors[c]),
                    b = theme_look(&theme, told_apart[j], colors[c]);
        assert_true(a.foreground != b.foreground || a.background != b.background ||
                    a.attributes != b.attributes);
      }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_file_lies_over_the_built_in_one),
      cmocka_unit_test(test_mistakes_have_their_place),
      cmocka_unit_test(test_garbage),
      cmocka_unit_test(test_fewer_colours),
      cmocka_unit_test(test_every_style_has_a_name),
      cmocka_unit_test(test_the_themes_can_be_read),
      cmocka_unit_test(test_the_built_in_theme),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
