#include "ui/terminal/key_text.h"

#include "core/text/suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FUNCTION_KEYS = 12 };

/* The first name of a key is the one that is shown. */
static const struct {
  const char *name;
  struct key key;
} names[] = {
    {"Enter", {KEY_CODE_ENTER, 0}},     {"Return", {KEY_CODE_ENTER, 0}},
    {"Esc", {KEY_CODE_ESC, 0}},         {"Escape", {KEY_CODE_ESC, 0}},
    {"Tab", {KEY_CODE_TAB, 0}},         {"Shift-Tab", {KEY_CODE_BACKTAB, 0}},
    {"BackTab", {KEY_CODE_BACKTAB, 0}}, {"Backspace", {KEY_CODE_BACKSPACE, 0}},
    {"Delete", {KEY_CODE_DELETE, 0}},   {"Del", {KEY_CODE_DELETE, 0}},
    {"Up", {KEY_CODE_UP, 0}},           {"Down", {KEY_CODE_DOWN, 0}},
    {"Left", {KEY_CODE_LEFT, 0}},       {"Right", {KEY_CODE_RIGHT, 0}},
    {"Home", {KEY_CODE_HOME, 0}},       {"End", {KEY_CODE_END, 0}},
    {"PgUp", {KEY_CODE_PAGE_UP, 0}},    {"PageUp", {KEY_CODE_PAGE_UP, 0}},
    {"PgDn", {KEY_CODE_PAGE_DOWN, 0}},  {"PageDown", {KEY_CODE_PAGE_DOWN, 0}},
    {"Space", {KEY_CODE_RUNE, ' '}},
};
enum { NAMES = sizeof names / sizeof *names };

bool key_is(struct key key, struct key other) {
  return key.code == other.code && key.rune == other.rune;
}

bool key_is_mouse(struct key key) {
  return key.code == KEY_CODE_CLICK || key.code == KEY_CODE_WHEEL_UP ||
         key.code == KEY_CODE_WHEEL_DOWN;
}

const char *key_text(struct key key, char out[KEY_TEXT_MAX]) {
  *out = '\0';
  for (size_t i = 0; i < NAMES && !*out; i++)
    if (key_is(names[i].key, key))
      snprintf(out, KEY_TEXT_MAX, "%s", names[i].name);
  if (*out)
    return out;
  if (key.code == KEY_CODE_CTRL)
    snprintf(out, KEY_TEXT_MAX, "Ctrl-%c", toupper((int)key.rune));
  else if (key.code == KEY_CODE_FUNCTION)
    snprintf(out, KEY_TEXT_MAX, "F%u", (unsigned)key.rune);
  else
    snprintf(out, KEY_TEXT_MAX, "%c", (int)key.rune);
  return out;
}

static bool function_parse(const char *text, struct key *key) {
  char *end;
  if ((*text != 'F' && *text != 'f') || !isdigit((unsigned char)text[1]))
    return false;
  const long number = strtol(text + 1, &end, 10);
  *key = (struct key){KEY_CODE_FUNCTION, (uint32_t)number};
  return !*end && number >= 1 && number <= FUNCTION_KEYS;
}

/* What the terminal sends for these is another key's. */
static const char *same_as_ctrl(char letter) {
  return letter == 'i' ? "Tab" : letter == 'm' ? "Enter" : letter == 'h' ? "Backspace" : NULL;
}

static bool ctrl_parse(const char *text, struct key *key, struct err *err) {
  static const char *const leads[] = {"Ctrl-", "Ctrl+", "C-", "^"};
  size_t lead = 0;
  for (size_t i = 0; i < sizeof leads / sizeof *leads && lead == 0; i++)
    if (strncasecmp(text, leads[i], strlen(leads[i])) == 0 && text[strlen(leads[i])])
      lead = strlen(leads[i]);
  if (lead == 0 || !isalpha((unsigned char)text[lead]) || text[lead + 1])
    return false;
  const char letter = (char)tolower((unsigned char)text[lead]);
  *key = (struct key){KEY_CODE_CTRL, (uint32_t)letter};
  const char *same = same_as_ctrl(letter);
  if (same)
    err_set(err, ERR_INVALID, "a terminal sends Ctrl-%c as %s: use %s, or another key",
            toupper((unsigned char)letter), same, same);
  return true;
}

bool key_parse(const char *text, struct key *key, struct err *err) {
  struct suggestion near = {0};
  *err = (struct err){0};
  if (text[0] > ' ' && text[0] < 0x7f && !text[1]) {
    *key = (struct key){KEY_CODE_RUNE, (uint32_t)text[0]};
    return true;
  }
  for (size_t i = 0; i < NAMES; i++) {
    if (strcasecmp(names[i].name, text) == 0) {
      *key = names[i].key;
      return true;
    }
    suggest_consider(&near, text, names[i].name);
  }
  if (function_parse(text, key))
    return true;
  if (ctrl_parse(text, key, err))
    return err->kind == ERR_NONE;
  return err_set(err, ERR_INVALID,
                 "\"%.40s\" is not a key%s; expected a character, F1 to F12, Ctrl-A to Ctrl-Z, or "
                 "a name such as Enter, Tab, Space, PgDn, Home",
                 text, suggest_text(&near));
}
