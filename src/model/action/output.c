#include "model/action/output.h"

#include "core/text/format.h"

#include <stdio.h>
#include <string.h>

enum { TAB_CELLS = 8 };

struct lines {
  output_line told;
  void *arg;
  enum output_stream stream;
  char line[OUTPUT_LINE_MAX];
  size_t len, cells; /* cells: characters of the line, for tabs */
  bool begun;
};

static void line_end(struct lines *lines) {
  lines->line[lines->len] = '\0';
  lines->told(lines->arg, OUTPUT_LINE_TEXT, lines->stream, lines->line);
  lines->len = lines->cells = 0;
  lines->begun = false;
}

static void byte_add(struct lines *lines, char byte) {
  const bool continues = ((unsigned char)byte & 0xC0) == 0x80;
  /* not in the middle of a character, if there is a place before it */
  if (lines->len + 1 == sizeof lines->line || (lines->len + 4 >= sizeof lines->line && !continues))
    line_end(lines);
  lines->line[lines->len++] = byte;
  lines->cells += !continues;
  lines->begun = true;
}

/* A carriage return before the newline is a terminal's; any other one ends a line: what a progress
 * bar has overwritten is kept. */
static void text_add(struct lines *lines, const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    const char byte = text[i];
    if (byte == '\n') {
      line_end(lines);
    } else if (byte == '\r') {
      if (i + 1 < len && text[i + 1] != '\n' && lines->begun)
        line_end(lines);
    } else if (byte == '\t') {
      do
        byte_add(lines, ' ');
      while (lines->cells % TAB_CELLS != 0);
    } else {
      byte_add(lines, byte);
    }
  }
  if (lines->begun)
    line_end(lines);
}

void output_lines(const struct outcome *outcome, output_line told, void *arg) {
  static const char *const headings[] = {
      [OUTPUT_STDOUT] = "Standard output", [OUTPUT_STDERR] = "Standard error"};
  char gap[80], count[FORMAT_MAX];
  for (size_t i = 0; i < outcome->output_count; i++) {
    const struct output *output = &outcome->outputs[i];
    struct lines lines = {.told = told, .arg = arg, .stream = output->stream};
    if (outcome->output_count > 1 || output->stream == OUTPUT_STDERR)
      told(arg, OUTPUT_LINE_HEADING, output->stream, headings[output->stream]);
    text_add(&lines, output->text, output->len);
    if (output->left_out > 0) {
      snprintf(gap, sizeof gap, "... %s omitted ...",
               format_counted(count, sizeof count, output->left_out, "byte", "bytes"));
      told(arg, OUTPUT_LINE_GAP, output->stream, gap);
    }
    text_add(&lines, output->tail, output->tail_len);
  }
}

static void line_count(void *arg, enum output_line_kind kind, enum output_stream stream,
                       const char *line) {
  int64_t *count = arg;
  (void)stream;
  (void)line;
  *count += kind == OUTPUT_LINE_TEXT;
}

const char *output_summary(const struct outcome *outcome, char *out, size_t size) {
  int64_t lines = 0, left_out = 0;
  char count[FORMAT_MAX], bytes[FORMAT_MAX];
  *out = '\0';
  if (outcome->output_count == 0)
    return out;
  output_lines(outcome, line_count, &lines);
  for (size_t i = 0; i < outcome->output_count; i++)
    left_out += outcome->outputs[i].left_out;
  format_counted(count, sizeof count, lines, "line", "lines");
  format_counted(bytes, sizeof bytes, left_out, "byte", "bytes");
  snprintf(out, size, "%s%s%s%s", count, left_out > 0 ? ", " : "", left_out > 0 ? bytes : "",
           left_out > 0 ? " omitted" : "");
  return out;
}
