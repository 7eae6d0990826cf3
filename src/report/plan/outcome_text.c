#include "report/plan/outcome_text.h"

#include "core/text/text.h"
#include "model/action/output.h"
#include "report/text/text_out.h"

#include <string.h>

/* Beside a label there must be room for some words; otherwise they follow below it. */
enum { LABEL_MOST = 40, GAP = 2, WORDS_LEAST = 16 };

static enum severity severity_of(enum object_result result) {
  switch (result) {
  case OBJECT_DONE:
  case OBJECT_GONE:
    return SEVERITY_OK;
  case OBJECT_SENT:
  case OBJECT_UNKNOWN:
    return SEVERITY_CRIT;
  default:
    return SEVERITY_WARN;
  }
}

static int label_width(const struct text_out *out, const struct plan *plan) {
  int most = 0;
  for (size_t i = 0; i < plan->object_count; i++) {
    char clean[TEXT_OUT_MAX];
    text_out_clean(out, plan->objects[i].label, LABEL_MOST, clean);
    int width = text_width(clean);
    most = width > most ? width : most;
  }
  return most;
}

static int result_width(const struct outcome *outcome) {
  int most = text_width(object_result_text(OBJECT_REFUSED));
  for (size_t i = 0; i < outcome->count; i++) {
    const int width = text_width(object_result_text(outcome->objects[i].result));
    most = width > most ? width : most;
  }
  return most + GAP;
}

static void put_object(struct text_out *out, const char *label, int result, int width,
                       const struct object_outcome *object) {
  char clean[TEXT_OUT_MAX], words[OBJECT_TEXT_MAX];
  text_out_begin(out, 0);
  text_out_status(out, object_result_text(object->result), severity_of(object->result));
  text_out_pad(out, result);
  text_out_clean(out, label, out->width, clean);
  text_out_piece(out, clean, 0);
  if (!*object_outcome_text(words, object))
    return;
  const int end = result + width > out->column ? result + width : out->column;
  if (out->width - end - GAP < WORDS_LEAST)
    text_out_begin(out, result);
  else
    text_out_pad(out, end + GAP);
  out->indent = out->column;
  text_out_words(out, words, 0);
}

const char *outcome_counts(const struct outcome *outcome, char *out, size_t size) {
  snprintf(out, size, "%s", outcome->count ? "" : "nothing");
  for (int result = OBJECT_PENDING; result <= OBJECT_UNKNOWN; result++) {
    size_t count = outcome_count(outcome, (enum object_result)result), used = strlen(out);
    if (count > 0)
      snprintf(out + used, size - used, "%s%zu %s", used ? ", " : "", count,
               object_result_text((enum object_result)result));
  }
  return out;
}

bool report_outcome_text(FILE *file, const struct plan *plan, const struct outcome *outcome,
                         const struct report_text_options *options) {
  struct text_out out;
  char counts[160];
  text_out_init(&out, file, options);
  const int result = result_width(outcome), width = label_width(&out, plan);
  for (size_t i = 0; i < plan->object_count && i < outcome->count; i++)
    put_object(&out, plan->objects[i].label, result, width, &outcome->objects[i]);
  text_out_end(&out);
  putc('\n', file);
  text_out_begin(&out, 0);
  text_out_words(&out, outcome_counts(outcome, counts, sizeof counts), 0);
  if (outcome->proof) {
    text_out_begin(&out, 0);
    text_out_words(&out, "Proof:", 0);
    text_out_words(&out, outcome->proof, 1);
  }
  text_out_end(&out);
  return fflush(file) == 0 && !ferror(file);
}

struct output_out {
  FILE *file;
  const struct report_text_options *options;
};

static void put_output_line(void *arg, enum output_line_kind kind, enum output_stream stream,
                            const char *line) {
  const struct output_out *out = arg;
  char clean[OUTPUT_LINE_MAX * 3]; /* a byte that cannot be shown becomes three */
  (void)stream;
  text_sanitize(clean, sizeof clean, line, strlen(line), out->options->ascii);
  fprintf(out->file, "%s%s\n", clean, kind == OUTPUT_LINE_HEADING ? ":" : "");
}

bool report_output_text(FILE *file, const struct outcome *outcome,
                        const struct report_text_options *options) {
  struct output_out out = {.file = file, .options = options};
  if (outcome->output_count == 0)
    return true;
  fputs(outcome->output_count == 1 && outcome->outputs[0].stream == OUTPUT_STDOUT ? "\nOutput:\n"
                                                                                  : "\n",
        file);
  output_lines(outcome, put_output_line, &out);
  return fflush(file) == 0 && !ferror(file);
}
