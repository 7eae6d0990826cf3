#include "core/text/flow.h"

#include "core/text/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* "- item", "* item", "2. item". */
static bool is_item(const char *line) {
  const size_t digits = strspn(line, "0123456789");
  return ((*line == '-' || *line == '*') && line[1] == ' ') ||
         (digits > 0 && (line[digits] == '.' || line[digits] == ')') && line[digits + 1] == ' ');
}

/* Whether the line continues the paragraph of the line before. */
static bool is_more(const char *line) {
  return *line && *line != '\n' && !isspace((unsigned char)*line) && !is_item(line);
}

static bool is_wide(const char *line, size_t length, int width) {
  return text_fit(line, width, NULL) < length;
}

void text_flow(char *text, int width) {
  for (char *paragraph = text; *paragraph;) {
    bool wide = false;
    char *line = paragraph, *end;
    do {
      const size_t length = strcspn(line, "\n");
      wide = wide || is_wide(line, length, width);
      end = line + length;
      line = end + (*end == '\n');
    } while (*end && is_more(line) && !isspace((unsigned char)*paragraph));
    for (char *at = paragraph; wide && at < end; at++)
      if (*at == '\n')
        *at = ' ';
    paragraph = line;
  }
}
