#include "ui/draw/theme.h"

#include "core/text/suggest.h"
#include "core/text/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
  WORD_MAX = 32,
  WORD_SHOWN = 128,
  LIST_MAX = 320,
  COLORS_16 = 16,
  COLORS_256 = 256,
  CUBE = 16,
  GREYS = 232
};

/* The word in a theme file, and the meaning in docs/themes.md. */
static const struct {
  const char *name, *meaning;
} styles[STYLE_COUNT + 1] = {
    [STYLE_TEXT] = {"text", "text and figures"},
    [STYLE_DIM] = {"dim", "secondary text: units, hints, ages"},
    [STYLE_LABEL] = {"label", "headings of columns, titles of figures"},
    [STYLE_BORDER] = {"border", "lines around a pane"},
    [STYLE_BORDER_FOCUSED] = {"border-focused", "lines around the pane that has the keys"},
    [STYLE_TITLE] = {"title", "name of a pane or page"},
    [STYLE_FIGURE] = {"figure", "headline in the line around a pane"},
    [STYLE_OK] = {"ok", "state OK: within all thresholds"},
    [STYLE_WARN] = {"warn", "state WARN: beyond a warning threshold"},
    [STYLE_CRIT] = {"crit", "state CRIT: beyond a critical threshold, or no answer"},
    [STYLE_UNKNOWN] = {"unknown", "state UNKNOWN: the value cannot be read"},
    [STYLE_INFO] = {"info", "an event that is a change: neither good nor bad"},
    [STYLE_STALE] = {"stale", "a value that is too old to be trusted"},
    [STYLE_GAUGE] = {"gauge", "empty part of a bar"},
    [STYLE_SPARK] = {"spark", "charts"},
    [STYLE_HEADER] = {"header", "first line of the screen"},
    [STYLE_HEADER_PRODUCTION] = {"header-production", "the same in a production environment"},
    [STYLE_KEY] = {"key", "name of a key in the last line"},
    [STYLE_NOTICE] = {"notice", "the view is not in its normal state: paused, filtered, locked"},
    [STYLE_SOURCE_1] = {"source-1", "names of sources of log lines, in turn"},
    [STYLE_SOURCE_2] = {"source-2", "the second source"},
    [STYLE_SOURCE_3] = {"source-3", "the third source"},
    [STYLE_SOURCE_4] = {"source-4", "the fourth source"},
    [STYLE_SOURCE_5] = {"source-5", "the fifth source"},
    [STYLE_SOURCE_6] = {"source-6", "the sixth source"},
    [STYLE_COUNT] = {"selected", "the selected row, drawn over the style of the row"},
};

static const char *const color_names[COLORS_16] = {
    "black",        "red",           "green",       "yellow",         "blue",
    "magenta",      "cyan",          "white",       "bright-black",   "bright-red",
    "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan",
    "bright-white",
};

static const struct {
  const char *name;
  enum look_attribute attribute;
} attributes[] = {{"bold", LOOK_BOLD},
                  {"dim", LOOK_DIM},
                  {"reverse", LOOK_REVERSE},
                  {"underline", LOOK_UNDERLINE}};

const char *theme_style_name(unsigned style) {
  return style <= STYLE_COUNT ? styles[style].name : NULL;
}

const char *theme_style_meaning(unsigned style) {
  return style <= STYLE_COUNT ? styles[style].meaning : NULL;
}

uint32_t theme_rgb(int color) {
  static const uint32_t first[COLORS_16] = {
      0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
      0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
  static const uint32_t steps[] = {0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff};
  if (color < CUBE)
    return first[color];
  if (color >= GREYS) {
    const uint32_t grey = 8 + 10 * (uint32_t)(color - GREYS);
    return grey << 16 | grey << 8 | grey;
  }
  const int place = color - CUBE;
  return steps[place / 36] << 16 | steps[place / 6 % 6] << 8 | steps[place % 6];
}

static long rgb_distance(uint32_t a, uint32_t b) {
  const long red = (long)(a >> 16) - (long)(b >> 16),
             green = (long)(a >> 8 & 0xff) - (long)(b >> 8 & 0xff),
             blue = (long)(a & 0xff) - (long)(b & 0xff);
  return 3 * red * red + 4 * green * green + 2 * blue * blue; /* the eye weighs green most */
}

static int16_t color_nearest(uint32_t rgb, int first, int end) {
  int nearest = first;
  for (int i = first; i < end; i++)
    if (rgb_distance(theme_rgb(i), rgb) < rgb_distance(theme_rgb(nearest), rgb))
      nearest = i;
  return (int16_t)nearest;
}

/* Of the 16. A colour keeps its hue, or two pale colours that differ would both become white: red
 * includes orange and crimson, green what is nearer to it than to cyan. */
static int16_t color_16_of(uint32_t rgb) {
  enum { GREY_SPREAD = 0x28, BRIGHT_FROM = 0xd7, RED = 1, GREEN, YELLOW, BLUE, MAGENTA, CYAN };
  static const struct {
    int end; /* degrees of hue */
    int16_t color;
  } hues[] = {{30, RED},   {75, YELLOW},   {165, GREEN}, {200, CYAN},
              {265, BLUE}, {320, MAGENTA}, {361, RED}};
  const int red = (int)(rgb >> 16), green = (int)(rgb >> 8 & 0xff), blue = (int)(rgb & 0xff);
  const int most = red > green ? (red > blue ? red : blue) : (green > blue ? green : blue);
  const int least = red < green ? (red < blue ? red : blue) : (green < blue ? green : blue);
  const int spread = most - least;
  if (spread < GREY_SPREAD)
    return color_nearest(rgb, 0, COLORS_16);
  const int hue = most == red     ? (360 + 60 * (green - blue) / spread) % 360
                  : most == green ? 120 + 60 * (blue - red) / spread
                                  : 240 + 60 * (red - green) / spread;
  size_t at = 0;
  while (hue >= hues[at].end)
    at++;
  return (int16_t)(hues[at].color + (most >= BRIGHT_FROM ? 8 : 0));
}

static int16_t color_16(int16_t color) {
  return color < COLORS_16 ? color : color_16_of(theme_rgb(color));
}

static struct look look_of(int16_t foreground, int16_t background, uint16_t attributes_set) {
  return (struct look){.foreground = foreground,
                       .background = background,
                       .foreground_16 = color_16(foreground),
                       .background_16 = color_16(background),
                       .attributes = attributes_set};
}

/* The first 16 colours are the user's own choice, made to be readable on the user's own background;
 * the built-in theme uses no others, except for a text on a background that it sets itself. */
void theme_init(struct theme *theme) {
  enum { RED = 1, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE = 15, NONE = LOOK_DEFAULT };
  enum { PAPER = 231, BLACK = 16, NAVY = 24, SIGNAL = 124, MARK = 238, AMBER = 178 };
  *theme = (struct theme){
      .looks =
          {
              [STYLE_TEXT] = look_of(NONE, NONE, 0),
              [STYLE_DIM] = look_of(NONE, NONE, LOOK_DIM),
              [STYLE_LABEL] = look_of(CYAN, NONE, 0),
              [STYLE_BORDER] = look_of(NONE, NONE, LOOK_DIM),
              [STYLE_BORDER_FOCUSED] = look_of(CYAN, NONE, LOOK_BOLD),
              [STYLE_TITLE] = look_of(NONE, NONE, LOOK_BOLD),
              [STYLE_FIGURE] = look_of(NONE, NONE, LOOK_BOLD),
              [STYLE_OK] = look_of(GREEN, NONE, 0),
              [STYLE_WARN] = look_of(YELLOW, NONE, LOOK_BOLD),
              [STYLE_CRIT] = look_of(RED, NONE, LOOK_BOLD),
              [STYLE_UNKNOWN] = look_of(MAGENTA, NONE, 0),
              [STYLE_INFO] = look_of(CYAN, NONE, 0),
              [STYLE_STALE] = look_of(NONE, NONE, LOOK_DIM),
              [STYLE_GAUGE] = look_of(NONE, NONE, LOOK_DIM),
              [STYLE_SPARK] = look_of(CYAN, NONE, 0),
              [STYLE_HEADER] = {PAPER, NAVY, WHITE, BLUE, 0},
              [STYLE_HEADER_PRODUCTION] = look_of(PAPER, SIGNAL, LOOK_BOLD),
              [STYLE_KEY] = look_of(NONE, NONE, LOOK_BOLD),
              [STYLE_NOTICE] = look_of(BLACK, AMBER, 0),
              [STYLE_SOURCE_1] = look_of(CYAN, NONE, 0),
              [STYLE_SOURCE_2] = look_of(GREEN, NONE, 0),
              [STYLE_SOURCE_3] = look_of(MAGENTA, NONE, 0),
              [STYLE_SOURCE_4] = look_of(BLUE, NONE, 0),
              [STYLE_SOURCE_5] = look_of(CYAN, NONE, LOOK_BOLD),
              [STYLE_SOURCE_6] = look_of(GREEN, NONE, LOOK_BOLD),
          },
      .selected = look_of(NONE, NONE, LOOK_REVERSE),
  };
}

/* With eight colours the bright ones are the plain ones in bold; but bright black would then be
 * black on black on many terminals. */
static void look_on_8(struct look *look) {
  enum { BRIGHT = 8 };
  if (look->foreground == BRIGHT && look->background <= 0) {
    look->foreground = LOOK_DEFAULT;
    look->attributes |= LOOK_DIM;
  } else if (look->foreground >= BRIGHT) {
    look->foreground -= BRIGHT;
    look->attributes |= LOOK_BOLD;
  }
  if (look->background >= BRIGHT)
    look->background -= BRIGHT;
}

static void look_without_colors(struct look *look) {
  if (look->background != LOOK_DEFAULT)
    look->attributes |= LOOK_REVERSE;
  look->foreground = look->background = LOOK_DEFAULT;
}

/* A background without a text colour is not applied to a style that has its own background: dark on
 * dark would be unreadable. */
static void look_select(struct look *look, const struct look *selected) {
  const bool own = look->background != LOOK_DEFAULT && selected->foreground == LOOK_DEFAULT;
  if (selected->background != LOOK_DEFAULT && !own) {
    look->background = selected->background;
    look->background_16 = selected->background_16;
  }
  if (selected->foreground != LOOK_DEFAULT) {
    look->foreground = selected->foreground;
    look->foreground_16 = selected->foreground_16;
  }
  look->attributes |= selected->attributes;
  if (selected->attributes & LOOK_REVERSE)
    look->attributes &= (uint16_t)~LOOK_DIM; /* dim on reversed is hard to read */
}

struct look theme_look(const struct theme *theme, unsigned style, int colors) {
  struct look look = theme->looks[(style & STYLE_MASK) < STYLE_COUNT ? style & STYLE_MASK : 0];
  if (style & STYLE_SELECTED)
    look_select(&look, &theme->selected);
  if (style & STYLE_STRONG)
    look.attributes |= LOOK_BOLD;
  if (colors < COLORS_256) {
    look.foreground = look.foreground_16;
    look.background = look.background_16;
  }
  if (colors < 8)
    look_without_colors(&look);
  else if (colors < COLORS_16)
    look_on_8(&look);
  return look;
}

/* Theme files. */

struct line {
  const char *at, *end;
  const char *word; /* where the last word began; for the place of an error */
};

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

static bool line_word(struct line *line, char word[WORD_MAX + 1], bool *too_long) {
  while (line->at < line->end && is_blank(*line->at))
    line->at++;
  if (line->at == line->end)
    return false;
  const char *begin = line->word = line->at;
  if (*line->at == '=') {
    line->at++;
  } else {
    while (line->at < line->end && !is_blank(*line->at) && *line->at != '=')
      line->at++;
  }
  size_t len = (size_t)(line->at - begin);
  *too_long = len > WORD_MAX;
  if (*too_long)
    len = WORD_MAX;
  memcpy(word, begin, len);
  word[len] = '\0';
  return true;
}

static bool color_parse(const char *word, int16_t *color, int16_t *color_16_out) {
  char *end;
  if (strcasecmp(word, "default") == 0) {
    *color = *color_16_out = LOOK_DEFAULT;
    return true;
  }
  for (int i = 0; i < COLORS_16; i++) {
    if (strcasecmp(word, color_names[i]) == 0) {
      *color = *color_16_out = (int16_t)i;
      return true;
    }
  }
  if (word[0] == '#') {
    if (strlen(word) != 7 || strspn(word + 1, "0123456789abcdefABCDEF") != 6)
      return false;
    const uint32_t rgb = (uint32_t)strtoul(word + 1, NULL, 16);
    *color = color_nearest(rgb, CUBE, COLORS_256);
    *color_16_out = color_16_of(rgb);
    return true;
  }
  if (strspn(word, "0123456789") != strlen(word) || *word == '\0')
    return false;
  const unsigned long number = strtoul(word, &end, 10);
  if (number >= COLORS_256)
    return false;
  *color = (int16_t)number;
  *color_16_out = color_16(*color);
  return true;
}

static uint16_t attribute_parse(const char *word) {
  for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
    if (strcasecmp(word, attributes[i].name) == 0)
      return (uint16_t)attributes[i].attribute;
  return 0;
}

static bool word_bad(const char *word, const char *expected, struct err *err) {
  char shown[WORD_SHOWN];
  text_sanitize(shown, sizeof shown, word, strlen(word), false);
  return err_set(err, ERR_INVALID, "\"%s\": expected %s", shown, expected);
}

/* An unknown colour or attribute, with the nearest known name. */
static bool color_unknown(const char *word, bool attribute, struct err *err) {
  char shown[WORD_SHOWN];
  struct suggestion near = {0};
  for (size_t i = 0; i < COLORS_16; i++)
    suggest_consider(&near, word, color_names[i]);
  for (size_t i = 0; attribute && i < sizeof attributes / sizeof *attributes; i++)
    suggest_consider(&near, word, attributes[i].name);
  text_sanitize(shown, sizeof shown, word, strlen(word), false);
  return err_set(err, ERR_INVALID, "unknown colour%s \"%s\"%s%s%s",
                 attribute ? " or attribute" : "", shown, suggest_text(&near),
                 near.best ? "" : "; use default, black, red, ..., bright-white, 0 to 255, #rrggbb",
                 near.best || !attribute ? "" : ", bold, dim, reverse or underline");
}

static bool look_parse(struct line *line, struct look *look, struct err *err) {
  char word[WORD_MAX + 1];
  bool too_long = false, on = false, has_foreground = false, has_background = false;
  *look = look_of(LOOK_DEFAULT, LOOK_DEFAULT, 0);
  while (line_word(line, word, &too_long)) {
    const uint16_t attribute = on ? 0 : attribute_parse(word);
    int16_t *color = on ? &look->background : &look->foreground;
    int16_t *nearest = on ? &look->background_16 : &look->foreground_16;
    bool *has = on ? &has_background : &has_foreground;
    if (!on && strcasecmp(word, "on") == 0) {
      on = true;
    } else if (attribute) {
      look->attributes |= attribute;
    } else if (too_long || !color_parse(word, color, nearest)) {
      return color_unknown(word, !on, err);
    } else if (*has) {
      return word_bad(word, "one colour, and one background colour after \"on\"", err);
    } else {
      *has = true;
      on = false;
    }
  }
  return !on || word_bad("on", "a colour after it", err);
}

static struct look *theme_find(struct theme *theme, const char *name) {
  for (unsigned i = 0; i <= STYLE_COUNT; i++)
    if (strcasecmp(styles[i].name, name) == 0)
      return i == STYLE_COUNT ? &theme->selected : &theme->looks[i];
  return NULL;
}

static bool style_unknown(const char *name, struct err *err) {
  char shown[WORD_SHOWN], list[LIST_MAX] = "";
  struct suggestion near = {0};
  for (unsigned i = 0; i <= STYLE_COUNT; i++) {
    const size_t used = strlen(list);
    suggest_consider(&near, name, styles[i].name);
    snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", styles[i].name);
  }
  text_sanitize(shown, sizeof shown, name, strlen(name), false);
  return err_set(err, ERR_INVALID, "unknown style \"%s\"%s%s", shown,
                 near.best ? suggest_text(&near) : "; available: ", near.best ? "" : list);
}

static bool line_parse(struct theme *theme, struct line *line, struct err *err) {
  char name[WORD_MAX + 1], equals[WORD_MAX + 1];
  bool too_long = false;
  if (!line_word(line, name, &too_long))
    return true;
  struct look *found = too_long ? NULL : theme_find(theme, name);
  if (!found)
    return style_unknown(name, err);
  if (!line_word(line, equals, &too_long) || strcmp(equals, "=") != 0)
    return word_bad(name, "\"=\" after it", err);
  struct look look;
  if (!look_parse(line, &look, err))
    return false;
  *found = look;
  return true;
}

/* A comment begins at a # at the start of a line, or at one with a blank after it: #rrggbb is not a
 * comment. */
static const char *line_end(const char *begin, const char *end) {
  const char *at = begin;
  while (at < end && is_blank(*at))
    at++;
  if (at < end && *at == '#')
    return begin;
  for (at = begin; at < end; at++)
    if (*at == '#' && (at + 1 == end || is_blank(at[1]) || at[1] == '#'))
      return at;
  return end;
}

bool theme_parse(struct theme *theme, const char *name, const char *text, size_t len,
                 struct err *err) {
  struct theme parsed;
  theme_init(&parsed);
  const char *at = text, *end = text + len;
  for (int number = 1; at < end; number++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *stop = newline ? newline : end;
    struct err what = {0};
    struct line line = {at, line_end(at, stop), at};
    if (!line_parse(&parsed, &line, &what))
      return err_set(err, ERR_INVALID, "%s:%d:%d: %s", name, number, (int)(line.word - at) + 1,
                     what.text);
    at = newline ? newline + 1 : end;
  }
  *theme = parsed;
  return true;
}
