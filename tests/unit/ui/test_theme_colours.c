/* The themes of themes/, measured: contrast as WCAG 2 defines it, and whether the states differ for
 * people with a colour vision deficiency (simulated as by Machado, Oliveira and Fernandes, 2009,
 * severity 1.0), as distance in CIELAB. */
#include "ui/draw/theme.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NORMAL, PROTAN, DEUTAN, TRITAN, EYES };

static const char *const eyes[EYES] = {"normal vision", "protanopia", "deuteranopia", "tritanopia"};

static const double seen_as[EYES][3][3] = {
    [NORMAL] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
    [PROTAN] = {{0.152286, 1.052583, -0.204868},
                {0.114503, 0.786281, 0.099216},
                {-0.003882, -0.048116, 1.051998}},
    [DEUTAN] = {{0.367322, 0.860646, -0.227968},
                {0.280085, 0.672501, 0.047413},
                {-0.011820, 0.042940, 0.968881}},
    [TRITAN] = {{1.255528, -0.076749, -0.178779},
                {-0.078411, 0.930809, 0.147602},
                {0.004733, 0.691367, 0.303900}},
};

/* In linear light, 0 to 1. */
struct light {
  double part[3];
};

static struct light light_of(uint32_t rgb, int eye) {
  struct light plain, seen = {{0}};
  for (int i = 0; i < 3; i++) {
    const double part = (double)(rgb >> (16 - 8 * i) & 0xff) / 255;
    plain.part[i] = part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
  }
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++)
      seen.part[i] += seen_as[eye][i][j] * plain.part[j];
    seen.part[i] = fmin(1, fmax(0, seen.part[i]));
  }
  return seen;
}

static double luminance(struct light light) {
  return 0.2126 * light.part[0] + 0.7152 * light.part[1] + 0.0722 * light.part[2];
}

/* 1 to 21: 4.5 is enough to read, 7 for people with poor sight, 3 for a line or a bar. */
static double contrast(uint32_t a, uint32_t b, int eye) {
  const double x = luminance(light_of(a, eye)) + 0.05, y = luminance(light_of(b, eye)) + 0.05;
  return x > y ? x / y : y / x;
}

static double lab_curve(double t) {
  return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

/* CIE 1976: 2 is just visible side by side. */
static double distance(uint32_t a, uint32_t b, int eye) {
  static const double xyz[3][3] = {{0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047},
                                   {0.2126729, 0.7151522, 0.0721750},
                                   {0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883}};
  double lab[2][3];
  for (int i = 0; i < 2; i++) {
    const struct light light = light_of(i ? b : a, eye);
    double curve[3];
    for (int j = 0; j < 3; j++)
      curve[j] = lab_curve(xyz[j][0] * light.part[0] + xyz[j][1] * light.part[1] +
                           xyz[j][2] * light.part[2]);
    lab[i][0] = 116 * curve[1] - 16;
    lab[i][1] = 500 * (curve[0] - curve[1]);
    lab[i][2] = 200 * (curve[1] - curve[2]);
  }
  return sqrt(pow(lab[0][0] - lab[1][0], 2) + pow(lab[0][1] - lab[1][1], 2) +
              pow(lab[0][2] - lab[1][2], 2));
}

static void test_the_formulas(void **state) {
  (void)state;
  assert_true(fabs(contrast(0x000000, 0xffffff, NORMAL) - 21) < 0.01);
  assert_true(fabs(contrast(0x777777, 0xffffff, NORMAL) - 4.48) < 0.01); /* WCAG's own example */
  assert_true(fabs(distance(0x000000, 0xffffff, NORMAL) - 100) < 0.1);
  assert_true(fabs(distance(0xff0000, 0x00ff00, NORMAL) - 170.6) < 1); /* as published */
  /* Red and green of one lightness: far apart for most, close for the others. */
  assert_true(distance(0xcc0000, 0x6b6b00, NORMAL) > 60);
  assert_true(distance(0xcc0000, 0x6b6b00, DEUTAN) < 20);
}

/* The included themes, with the backgrounds that they are made for. */
static const struct included {
  const char *name;
  uint32_t grounds[2], texts[2]; /* the terminal's own colours */
  double least;                  /* contrast of all text */
  double apart, apart_tritan;    /* distance of any two states; 0: by attributes only */
} included[] = {
    {"dark", {0x000000, 0x1e1e1e}, {0xffffff, 0xd0d0d0}, 4.5, 15, 10},
    {"light", {0xffffff, 0xf8f8f2}, {0x000000, 0x222222}, 4.5, 15, 10},
    {"contrast", {0x000000, 0xffffff}, {0xffffff, 0x000000}, 7, 25, 15},
    {"colorblind", {0x000000, 0x1e1e1e}, {0xffffff, 0xd0d0d0}, 4.5, 25, 20},
    {"colorblind-light", {0xffffff, 0xf8f8f2}, {0x000000, 0x222222}, 4.5, 25, 20},
    {"mono", {0x000000, 0xffffff}, {0xffffff, 0x000000}, 4.5, 0, 0},
};
enum { INCLUDED = sizeof included / sizeof *included };

static struct theme theme_of(const char *name) {
  char path[64], text[8192];
  snprintf(path, sizeof path, "../../../themes/%s.theme", name);
  FILE *file = fopen(path, "re");
  if (!file)
    fail_msg("no %s", path);
  const size_t len = fread(text, 1, sizeof text, file);
  fclose(file);
  struct theme theme;
  struct err err = {0};
  if (!theme_parse(&theme, path, text, len, &err))
    fail_msg("%s", err.text);
  return theme;
}

static void test_every_file_is_measured(void **state) {
  (void)state;
  DIR *folder = opendir("../../../themes");
  assert_non_null(folder);
  size_t files = 0;
  for (const struct dirent *entry; (entry = readdir(folder));) {
    const char *end = strstr(entry->d_name, ".theme");
    if (!end)
      continue;
    files++;
    bool found = false;
    for (size_t i = 0; i < INCLUDED; i++)
      found = found || (strlen(included[i].name) == (size_t)(end - entry->d_name) &&
                        strncmp(included[i].name, entry->d_name, strlen(included[i].name)) == 0);
    if (!found)
      fail_msg("themes/%s is not in the table of this test", entry->d_name);
  }
  closedir(folder);
  assert_int_equal(files, INCLUDED);
}

static bool is_line(unsigned style) {
  return style == STYLE_BORDER || style == STYLE_GAUGE;
}

/* What the eye gets of a cell, on a terminal with those colours of its own. */
struct seen {
  uint32_t front, back;
};

static struct seen seen_of(const struct theme *theme, unsigned style, uint32_t ground,
                           uint32_t text) {
  const struct look look = theme_look(theme, style, 256);
  struct seen seen = {look.foreground == LOOK_DEFAULT ? text : theme_rgb(look.foreground),
                      look.background == LOOK_DEFAULT ? ground : theme_rgb(look.background)};
  if (look.attributes & LOOK_REVERSE)
    seen = (struct seen){seen.back, seen.front};
  return seen;
}

static void contrast_check(const struct included *of, size_t which) {
  const struct theme theme = theme_of(of->name);
  static const unsigned flags[] = {0, STYLE_SELECTED, STYLE_STRONG, STYLE_SELECTED | STYLE_STRONG};
  for (unsigned style = 0; style < STYLE_COUNT; style++) {
    for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
      if (is_line(style) && flags[f])
        continue;
      const double least = is_line(style) ? 2.5 : flags[f] || style == STYLE_CRIT ? 4.5 : of->least;
      const struct seen seen =
          seen_of(&theme, style | flags[f], of->grounds[which], of->texts[which]);
      for (int eye = 0; eye < EYES; eye++)
        if (contrast(seen.front, seen.back, eye) < least)
          fail_msg("%s: %s%s has a contrast of %.2f on #%06x with %s; at least %.1f", of->name,
                   theme_style_name(style), flags[f] & STYLE_SELECTED ? " selected" : "",
                   contrast(seen.front, seen.back, eye), seen.back, eyes[eye], least);
    }
  }
}

static void test_all_text_can_be_read(void **state) {
  (void)state;
  for (size_t i = 0; i < INCLUDED; i++)
    for (size_t which = 0; which < 2; which++)
      contrast_check(&included[i], which);
}

static const enum style states[] = {STYLE_OK, STYLE_WARN, STYLE_CRIT, STYLE_UNKNOWN};
enum { STATES = sizeof states / sizeof *states };

static void states_check(const struct included *of) {
  const struct theme theme = theme_of(of->name);
  for (size_t i = 0; i < STATES; i++) {
    for (size_t j = i + 1; j < STATES; j++) {
      const struct seen a = seen_of(&theme, states[i], of->grounds[0], of->texts[0]),
                        b = seen_of(&theme, states[j], of->grounds[0], of->texts[0]);
      for (int eye = 0; eye < EYES; eye++) {
        const double apart = fmax(distance(a.front, b.front, eye), distance(a.back, b.back, eye));
        if (apart < (eye == TRITAN ? of->apart_tritan : of->apart))
          fail_msg("%s: %s and %s are %.1f apart with %s", of->name, theme_style_name(states[i]),
                   theme_style_name(states[j]), apart, eyes[eye]);
      }
    }
  }
}

static void test_states_differ_for_all_eyes(void **state) {
  (void)state;
  for (size_t i = 0; i < INCLUDED; i++)
    states_check(&included[i]);
}

static bool is_bad(enum style style) {
  return style == STYLE_WARN || style == STYLE_CRIT;
}

/* Without colours only what is bad must differ from what is not: the mark and the word say which.
 */
static void test_states_differ_with_few_colours(void **state) {
  (void)state;
  static const int colors[] = {0, 8, 16, 256};
  for (size_t t = 0; t < INCLUDED; t++) {
    const struct theme theme = theme_of(included[t].name);
    for (size_t c = 0; c < sizeof colors / sizeof *colors; c++)
      for (size_t i = 0; i < STATES; i++)
        for (size_t j = i + 1; j < STATES; j++) {
          const struct look a = theme_look(&theme, states[i], colors[c]),
                            b = theme_look(&theme, states[j], colors[c]);
          if ((colors[c] > 0 || is_bad(states[i]) != is_bad(states[j])) &&
              a.foreground == b.foreground && a.background == b.background &&
              a.attributes == b.attributes)
            fail_msg("%s: %s and %s look alike with %d colours", included[t].name,
                     theme_style_name(states[i]), theme_style_name(states[j]), colors[c]);
        }
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
    for (int eye = 0; eye < EYES; eye++)
      assert_true(contrast(theme_rgb(look->foreground), theme_rgb(look->background), eye) >= 4.5);
    assert_true(contrast(theme_rgb(look->foreground_16), theme_rgb(look->background_16), 0) >= 4.5);
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

/* docs/themes.md has a line for each style, with the meaning of the table, and no other. */
static void test_docs_have_every_style(void **state) {
  (void)state;
  static char text[64 << 10];
  FILE *file = fopen("../../../docs/themes.md", "re");
  assert_non_null(file);
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  for (unsigned style = 0; style <= STYLE_COUNT; style++) {
    char line[160];
    snprintf(line, sizeof line, "\n| `%s` | %s |\n", theme_style_name(style),
             theme_style_meaning(style));
    if (!strstr(text, line))
      fail_msg("docs/themes.md has no line %s", line + 1);
  }
  const char *table = strstr(text, "\n| style | ");
  assert_non_null(table);
  size_t lines = 0;
  for (const char *at = strchr(table + 1, '\n'); at && at[1] == '|'; at = strchr(at + 1, '\n'))
    lines++;
  assert_int_equal(lines, STYLE_COUNT + 1 + 1); /* and the line below the heading */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_formulas),
      cmocka_unit_test(test_every_file_is_measured),
      cmocka_unit_test(test_all_text_can_be_read),
      cmocka_unit_test(test_states_differ_for_all_eyes),
      cmocka_unit_test(test_states_differ_with_few_colours),
      cmocka_unit_test(test_the_built_in_theme),
      cmocka_unit_test(test_docs_have_every_style),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
