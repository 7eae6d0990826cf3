#include "config/print/config_dump_line.h"

#include "core/text/text.h"

#include <string.h>

void config_dump_line_end(const struct dump *dump, const struct origin *origin) {
  static const struct {
    unsigned by;
    const char *words;
  } ways[] = {{ORIGIN_VARIABLE, ", by ${...} of the environment"},
              {ORIGIN_FILE, ", from a file"},
              {ORIGIN_COMMAND, ", from a command"}};
  if (dump->effects && (!origin || !origin->file)) {
    fputs("  # default", dump->out);
  } else if (dump->effects) {
    fputs("  # ", dump->out);
    char shown[1024];
    text_sanitize(shown, sizeof shown, origin->file, strlen(origin->file), false);
    fprintf(dump->out, "%s:%d", shown, origin->line);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
      if (origin->by & ways[i].by)
        fputs(ways[i].words, dump->out);
  }
  fputc('\n', dump->out);
}
