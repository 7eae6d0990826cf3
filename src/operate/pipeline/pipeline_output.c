#include "operate/pipeline/pipeline_output.h"

#include "audit/audit_format.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

static char *piece(const char *bytes, size_t len) {
  char *copy = mem_new(len + 1);
  memcpy(copy, bytes, len);
  return copy;
}

/* The beginning of the text and the end of the tail; a text without a tail is first taken apart. */
static struct output output_cut(const struct output *output, const char *text, size_t text_len,
                                const char *tail, size_t tail_len) {
  struct output cut = {.stream = output->stream, .left_out = output->left_out};
  const bool whole =
      output->left_out == 0 && text_len <= (size_t)AUDIT_OUTPUT_HEAD + AUDIT_OUTPUT_TAIL;
  if (output->left_out == 0 && !whole) {
    tail = text + AUDIT_OUTPUT_HEAD;
    tail_len = text_len - AUDIT_OUTPUT_HEAD;
    text_len = AUDIT_OUTPUT_HEAD;
  }
  cut.len = !whole && text_len > AUDIT_OUTPUT_HEAD ? AUDIT_OUTPUT_HEAD : text_len;
  cut.tail_len = tail_len > AUDIT_OUTPUT_TAIL ? AUDIT_OUTPUT_TAIL : tail_len;
  cut.left_out += (int64_t)(text_len - cut.len + tail_len - cut.tail_len);
  cut.text = piece(text, cut.len);
  cut.tail = piece(tail + tail_len - cut.tail_len, cut.tail_len);
  return cut;
}

struct output *record_outputs(const struct outcome *outcome, size_t *count) {
  *count = outcome->output_private ? 0 : outcome->output_count;
  struct output *outputs = *count > 0 ? mem_new(*count * sizeof *outputs) : NULL;
  for (size_t i = 0; i < *count; i++) {
    const struct output *output = &outcome->outputs[i];
    size_t text_len = output->len, tail_len = output->tail_len;
    char *text = mask_likely(output->text, &text_len);
    char *tail = mask_likely(output->tail, &tail_len);
    outputs[i] = output_cut(output, text, text_len, tail, tail_len);
    free(text);
    free(tail);
  }
  return outputs;
}

void record_outputs_free(struct output *outputs, size_t count) {
  for (size_t i = 0; i < count; i++) {
    free((char *)outputs[i].text);
    free((char *)outputs[i].tail);
  }
  free(outputs);
}
