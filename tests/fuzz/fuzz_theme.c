/* Exercises the reader of themes. Holds: an error names its line and has no control characters; a
 * look is one that the terminal supports. */
#include "ui/draw/theme.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  static const int colors[] = {0, 8, 16, 256};
  struct theme theme;
  struct err err = {0};
  if (!theme_parse(&theme, "x", (const char *)data, size, &err)) {
    if (strncmp(err.text, "x:", 2) != 0)
      abort();
    for (const char *at = err.text; *at; at++)
      if ((unsigned char)*at < ' ' || *at == 0x7f)
        abort();
    return 0;
  }
  for (unsigned style = 0; style < STYLE_COUNT; style++)
    for (size_t i = 0; i < sizeof colors / sizeof *colors; i++) {
      const struct look look = theme_look(&theme, style | STYLE_SELECTED, colors[i]);
      if (look.foreground < LOOK_DEFAULT || look.background < LOOK_DEFAULT ||
          (look.foreground >= colors[i] && look.foreground != LOOK_DEFAULT) ||
          (look.background >= colors[i] && look.background != LOOK_DEFAULT))
        abort();
    }
  return 0;
}
