#include "ui/terminal/term_name.h"

#include <string.h>

/* Each is compatible with what stands in for it; of those that Debian's ncurses-base describes. */
static const struct {
  const char *begins;
  const char *instead[3];
} families[] = {
    {"tmux", {"screen-256color", "screen"}},
    {"screen", {"screen-256color", "screen"}},
    {"rxvt", {"rxvt", "xterm"}},
    {"xterm", {"xterm-256color", "xterm"}},
    {"kitty", {"xterm-256color", "xterm"}},
    {"foot", {"xterm-256color", "xterm"}},
    {"alacritty", {"xterm-256color", "xterm"}},
    {"wezterm", {"xterm-256color", "xterm"}},
    {"ghostty", {"xterm-256color", "xterm"}},
    {"contour", {"xterm-256color", "xterm"}},
    {"konsole", {"xterm-256color", "xterm"}},
    {"vte", {"xterm-256color", "xterm"}},
    {"gnome", {"xterm-256color", "xterm"}},
    {"iterm", {"xterm-256color", "xterm"}},
    {"mintty", {"xterm-256color", "xterm"}},
    {"st-", {"xterm-256color", "xterm"}},
    {"linux", {"linux", "vt100"}},
    {"vt", {"vt100"}},
};

const char *const *term_instead(const char *term) {
  for (size_t i = 0; i < sizeof families / sizeof *families; i++)
    if (strncmp(families[i].begins, term, strlen(families[i].begins)) == 0)
      return families[i].instead;
  return NULL;
}

/* The length of the padding at the start of the text; 0: none. */
static size_t padding_length(const char *text) {
  if (text[0] != '$' || text[1] != '<')
    return 0;
  const size_t digits = strspn(text + 2, "0123456789.");
  const size_t marks = strspn(text + 2 + digits, "*/");
  return digits > 0 && text[2 + digits + marks] == '>' ? 3 + digits + marks : 0;
}

void term_without_padding(char *out, size_t size, const char *text) {
  size_t count = 0;
  while (*text && count + 1 < size) {
    const size_t padding = padding_length(text);
    if (padding == 0)
      out[count++] = *text;
    text += padding ? padding : 1;
  }
  out[count] = '\0';
}
