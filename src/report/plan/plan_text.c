#include "report/plan/plan_text.h"

#include "core/mem.h"
#include "core/text/text.h"
#include "report/text/text_out.h"
#include "report/text/text_table.h"

#include <stdlib.h>
#include <string.h>

enum { INDENT = 2 };

struct printer {
  struct text_out out;
  bool titled;
};

/* Writes the whole line, whatever its length. */
static void put_whole(struct text_out *out, const char *text) {
  const size_t length = strlen(text),
               size = 3 * length + 1; /* quoting turns a byte into three at most */
  char *clean = mem_new(size);
  text_sanitize(clean, size, text, length, out->options->ascii);
  text_out_end(out);
  fprintf(out->out, "%*s%s\n", INDENT, "", clean);
  free(clean);
}

static void put_line(void *arg, enum plan_part part, bool strong, const char *text) {
  struct printer *printer = arg;
  struct text_out *out = &printer->out;
  if (strong) {
    text_out_end(out);
    if (printer->titled)
      putc('\n', out->out);
    printer->titled = true;
    text_out_begin(out, 0);
    text_out_bold(out, text);
    text_out_end(out);
    return;
  }
  if (part == PLAN_EFFECT || strlen(text) >= TEXT_OUT_MAX / 4) {
    put_whole(out, text);
    return;
  }
  text_out_begin(out, INDENT);
  text_out_words(out, text, 0);
}

bool report_plan_text(FILE *file, const struct plan *plan,
                      const struct report_text_options *options) {
  struct printer printer = {0};
  text_out_init(&printer.out, file, options);
  plan_lines(plan, put_line, &printer);
  text_out_end(&printer.out);
  return fflush(file) == 0 && !ferror(file);
}

static bool put_rows(FILE *file, const struct text_table *table,
                     const struct report_text_options *options) {
  struct text_out out;
  text_out_init(&out, file, options);
  text_table_rows(&out, table);
  text_out_end(&out);
  return fflush(file) == 0 && !ferror(file);
}

bool report_candidates_text(FILE *file, const struct sample *found,
                            const struct report_text_options *options) {
  const struct text_table table = {.table = &found->tables[0], .keys = true};
  return put_rows(file, &table, options);
}

bool report_found_text(FILE *file, const struct sample *found,
                       const struct report_text_options *options) {
  const struct text_table table = {.table = &found->tables[0], .keys = true, .look = true};
  return put_rows(file, &table, options);
}

bool report_line(FILE *file, const char *text, const struct report_text_options *options) {
  struct text_out out;
  text_out_init(&out, file, options);
  text_out_words(&out, text, 0);
  text_out_end(&out);
  return fflush(file) == 0 && !ferror(file);
}
