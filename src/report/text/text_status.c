#include "report/text/text_status.h"

#include "core/text/text.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

/* Length of the line if the width is unlimited. */
enum { STATUS_WIDTH = 240 };

static const char *status_word(enum severity severity) {
  static const char *const words[] = {[SEVERITY_OK] = "OK",
                                      [SEVERITY_UNKNOWN] = "UNKNOWN",
                                      [SEVERITY_WARN] = "WARN",
                                      [SEVERITY_CRIT] = "CRIT"};
  return words[severity];
}

/* Appends a part if it fits completely. */
struct status {
  char text[TEXT_OUT_MAX];
  size_t length;
};

static void status_add(struct status *status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void status_add(struct status *status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  size_t room = sizeof status->text - status->length;
  int length = vsnprintf(status->text + status->length, room, format, args);
  va_end(args);
  if (length > 0 && (size_t)length < room)
    status->length += (size_t)length;
  else
    status->text[status->length] = '\0';
}

static void status_counts(struct status *status, const struct model *model, int64_t now_ms) {
  static const enum severity shown[] = {SEVERITY_CRIT, SEVERITY_WARN, SEVERITY_UNKNOWN};
  size_t ok = 0, waiting = 0;
  for (size_t i = 0; i < model->target_count; i++) {
    ok += model_target_severity(model, i, now_ms) == SEVERITY_OK;
    waiting += target_state_condition(&model->targets[i], now_ms) == TARGET_WAITING;
  }
  const char *gap = "";
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
    size_t count = findings_count(model->findings, shown[i]);
    if (count == 0)
      continue;
    const char *plus = findings_count_is_least(model->findings, shown[i]) ? "+" : "";
    status_add(status, "%s%zu%s %s", gap, count, plus, severity_name(shown[i]));
    gap = ", ";
  }
  if (waiting) {
    status_add(status, "%s%zu without data", gap, waiting);
    gap = ", ";
  }
  if (model->target_count == 0)
    status_add(status, "no targets");
  else
    status_add(status, "%s%zu of %zu targets ok", gap, ok, model->target_count);
}

/* The worst, and others as long as there is room for "; and 12 more" after them. */
static void status_findings(const struct text_out *out, struct status *status,
                            const struct findings *findings, int width) {
  enum { MORE_WIDTH = 16 };
  size_t counting = 0, told = 0;
  bool at_least = false;
  for (size_t i = 0; i < findings->count; i++) {
    counting += !findings->items[i].pending;
    at_least = at_least || (!findings->items[i].pending && finding_is_cut(&findings->items[i]));
  }
  for (; told < counting; told++) { /* the pending ones come last */
    const struct finding *finding = &findings->items[told];
    char subject[TEXT_OUT_MAX], sentence[TEXT_OUT_MAX];
    text_out_clean(out, finding->subject, width, subject);
    text_out_clean(out, finding->sentence, width, sentence);
    /* The worst is always shown, even on a second line. */
    if (told > 0 &&
        text_width(status->text) + text_width(subject) + text_width(sentence) + MORE_WIDTH > width)
      break;
    status_add(status, "; %s: %s", subject, sentence);
  }
  if (told > 0 && told < counting)
    status_add(status, "; and %zu%s more", counting - told, at_least ? "+" : "");
}

void text_status_begin(struct text_out *out, const struct model *model, int64_t now_ms,
                       const char *word) {
  struct status status = {0};
  char name[TEXT_OUT_MAX];
  int width = out->width == INT_MAX ? STATUS_WIDTH : out->width;
  enum severity worst = model_severity(model, now_ms);
  text_out_clean(out, model->config->name ? model->config->name : "stacktop", width / 2, name);
  status_add(&status, "%s: ", name);
  status_counts(&status, model, now_ms);
  int word_width = (int)strlen(word) + 1;
  status_findings(out, &status, model->findings, width - word_width);
  for (char *at = status.text; (at = strchr(at, '|'));)
    *at = '/';
  text_out_begin(out, 0);
  text_out_status(out, word, worst);
  text_out_words(out, status.text, 1);
}

void text_status(struct text_out *out, const struct model *model, int64_t now_ms) {
  text_status_begin(out, model, now_ms, status_word(model_severity(model, now_ms)));
  text_out_end(out);
}
