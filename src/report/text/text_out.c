#include "report/text/text_out.h"

#include "core/text/text.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

/* Narrower lines are unreadable, and the part before a sentence takes a third of it. */
enum { WIDTH_MIN = 40 };

void text_out_init(struct text_out *out, FILE *file, const struct report_text_options *options) {
  int width = options->width > 0 ? options->width : INT_MAX;
  *out = (struct text_out){
      .out = file, .options = options, .width = width < WIDTH_MIN ? WIDTH_MIN : width};
}

void text_out_end(struct text_out *out) {
  if (out->column > 0)
    putc('\n', out->out);
  out->column = 0;
}

static void spaces(struct text_out *out, int count) {
  if (count > 0)
    fprintf(out->out, "%*s", count, "");
  out->column += count > 0 ? count : 0;
}

void text_out_begin(struct text_out *out, int indent) {
  text_out_end(out);
  out->indent = indent;
  spaces(out, indent);
}

static void styled(struct text_out *out, const char *style, const char *text) {
  bool color = out->options->color && *style;
  fprintf(out->out, "%s%s%s", color ? style : "", text, color ? "\x1b[0m" : "");
  out->column += text_width(text);
}

void text_out_status(struct text_out *out, const char *word, enum severity severity) {
  static const char *const styles[] = {[SEVERITY_OK] = "\x1b[32m",
                                       [SEVERITY_UNKNOWN] = "\x1b[35m",
                                       [SEVERITY_WARN] = "\x1b[33m",
                                       [SEVERITY_CRIT] = "\x1b[1;31m"};
  styled(out, styles[severity], word);
}

void text_out_mark(struct text_out *out, enum severity severity) {
  static const char *const words[] = {[SEVERITY_OK] = "OK",
                                      [SEVERITY_UNKNOWN] = "UNKN",
                                      [SEVERITY_WARN] = "WARN",
                                      [SEVERITY_CRIT] = "CRIT"};
  int end = out->column + 6;
  text_out_status(out, words[severity], severity);
  text_out_pad(out, end);
  out->indent = end;
}

void text_out_label(struct text_out *out, const char *word) {
  int end = out->column + 6;
  styled(out, "", word);
  text_out_pad(out, end);
  out->indent = end;
}

void text_out_bold(struct text_out *out, const char *text) {
  char clean[TEXT_OUT_MAX];
  text_out_clean(out, text, out->width - out->column, clean);
  styled(out, "\x1b[1m", clean);
}

void text_out_pad(struct text_out *out, int column) {
  spaces(out, column - out->column);
}

/* A piece wider than a line is broken at the end of the line; where the indent leaves no room for a
 * character, it is longer than the line. */
static void piece_break(struct text_out *out, const char *text) {
  int width = text_width(text);
  for (bool fresh = false; width > out->width - out->column; fresh = true) {
    int used;
    size_t length = text_fit(text, out->width - out->column, &used);
    if (length == 0 && fresh)
      break;
    fwrite(text, 1, length, out->out);
    text += length;
    width -= used;
    text_out_begin(out, out->indent);
  }
  fputs(text, out->out);
  out->column += width;
}

void text_out_piece(struct text_out *out, const char *text, int gap) {
  bool first = out->column <= out->indent;
  if (!first && text_width(text) + gap > out->width - out->column) {
    text_out_begin(out, out->indent);
    first = true;
  }
  if (!first)
    spaces(out, gap);
  piece_break(out, text);
}

void text_out_words(struct text_out *out, const char *text, int gap) {
  char clean[TEXT_OUT_MAX];
  text_out_clean(out, text, INT_MAX, clean);
  for (char *at = clean + strspn(clean, " "); *at;) {
    size_t length = strcspn(at, " ");
    char *next = at + length + strspn(at + length, " ");
    at[length] = '\0';
    text_out_piece(out, at, gap);
    gap = 1;
    at = next;
  }
}

void text_out_printf(struct text_out *out, int gap, const char *format, ...) {
  char text[TEXT_OUT_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  text_out_words(out, text, gap);
}

void text_out_clean(const struct text_out *out, const char *text, int cells,
                    char clean[TEXT_OUT_MAX]) {
  const char *ellipsis = out->options->ascii ? "..." : "\xE2\x80\xA6";
  int ellipsis_width = out->options->ascii ? 3 : 1;
  /* Leaves room for the ellipsis; a text that nearly fills the buffer counts as truncated. */
  size_t given = strnlen(text, TEXT_OUT_MAX);
  size_t length = text_sanitize(clean, TEXT_OUT_MAX - 4, text, given, out->options->ascii);
  for (char *at = clean; out->no_pipes && (at = strchr(at, '|'));)
    *at = '/';
  bool whole = given < TEXT_OUT_MAX && length < TEXT_OUT_MAX - 8;
  if (whole && text_width(clean) <= cells)
    return;
  size_t fit = text_fit(clean, cells > ellipsis_width ? cells - ellipsis_width : 0, NULL);
  memcpy(clean + fit, ellipsis, strlen(ellipsis) + 1);
}
