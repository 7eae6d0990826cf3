#include "app/modes/records/audit_output.h"

#include "core/mem.h"
#include "core/text/text.h"
#include "model/action/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT_MAX = AUDIT_OUTPUT_HEAD + AUDIT_OUTPUT_TAIL };

struct gathering {
  bool whole, ascii;
  char *text; /* so far */
  size_t len, capacity;
  char *last[AUDIT_OUTPUT_TAIL]; /* a ring of the newest lines beyond the head */
  size_t count;                  /* of all lines */
};

static void text_add(struct gathering *gathering, const char *line) {
  const size_t len = strlen(line);
  if (gathering->len + len + 2 > gathering->capacity) {
    gathering->capacity = 2 * (gathering->len + len + 2);
    gathering->text = mem_resize(gathering->text, gathering->capacity);
  }
  memcpy(gathering->text + gathering->len, line, len);
  gathering->len += len;
  gathering->text[gathering->len++] = '\n';
  gathering->text[gathering->len] = '\0';
}

static void take_line(void *arg, enum output_line_kind kind, enum output_stream stream,
                      const char *line) {
  struct gathering *gathering = arg;
  char clean[OUTPUT_LINE_MAX * 3 + 2]; /* a byte that cannot be shown becomes three */
  (void)stream;
  text_sanitize(clean, sizeof clean - 1, line, strlen(line), gathering->ascii);
  if (kind == OUTPUT_LINE_HEADING)
    memcpy(clean + strlen(clean), ":", 2);
  const size_t at = gathering->count++;
  if (gathering->whole || at < AUDIT_OUTPUT_HEAD) {
    text_add(gathering, clean);
    return;
  }
  char **place = &gathering->last[(at - AUDIT_OUTPUT_HEAD) % AUDIT_OUTPUT_TAIL];
  free(*place);
  *place = mem_dup(clean);
}

static void add_last(struct gathering *gathering) {
  const size_t beyond =
      gathering->count > AUDIT_OUTPUT_HEAD ? gathering->count - AUDIT_OUTPUT_HEAD : 0;
  const size_t kept = beyond < AUDIT_OUTPUT_TAIL ? beyond : AUDIT_OUTPUT_TAIL;
  char gap[80];
  if (gathering->whole)
    return;
  if (gathering->count > SHORT_MAX) {
    const size_t hidden = gathering->count - SHORT_MAX;
    snprintf(gap, sizeof gap, "... %zu more %s; --output shows all ...", hidden,
             hidden == 1 ? "line" : "lines");
    text_add(gathering, gap);
  }
  for (size_t i = beyond - kept; i < beyond; i++)
    text_add(gathering, gathering->last[i % AUDIT_OUTPUT_TAIL]);
  for (size_t i = 0; i < AUDIT_OUTPUT_TAIL; i++)
    free(gathering->last[i]);
}

char *audit_output_text(const struct audit_record *record, bool whole, bool ascii) {
  struct gathering gathering = {.whole = whole, .ascii = ascii};
  struct outcome outcome = {0};
  char left_out[80];
  for (size_t i = 0; i < record->output_count && outcome.output_count < OUTPUTS_MAX; i++)
    outcome.outputs[outcome.output_count++] = record->outputs[i];
  output_lines(&outcome, take_line, &gathering);
  add_last(&gathering);
  if (record->outputs_left_out > 0) {
    snprintf(left_out, sizeof left_out, "... %lld more outputs were too long to record ...",
             (long long)record->outputs_left_out);
    text_add(&gathering, left_out);
  }
  return gathering.text;
}
