#include "report/status/status_brief.h"

#include "core/json/json_writer.h"
#include "core/mem.h"
#include "core/text/text.h"

#include <stdlib.h>
#include <string.h>

static void text_take(char *out, size_t size, const char *text) {
  text_sanitize(out, size, text ? text : "", text ? strlen(text) : 0, false);
}

/* The pending ones come last. */
static const struct finding *worst_of(const struct findings *findings) {
  return findings->count > 0 && !findings->items[0].pending ? &findings->items[0] : NULL;
}

void status_brief_make(const struct model *model, int64_t now_ms, struct status_brief *brief) {
  const struct findings *findings = model->findings;
  const struct finding *worst = worst_of(findings);
  *brief = (struct status_brief){.severity = model_severity(model, now_ms),
                                 .crit = (int64_t)findings_count(findings, SEVERITY_CRIT),
                                 .warn = (int64_t)findings_count(findings, SEVERITY_WARN),
                                 .unknown = (int64_t)findings_count(findings, SEVERITY_UNKNOWN),
                                 .at_least = findings_count_is_least(findings, SEVERITY_CRIT) ||
                                             findings_count_is_least(findings, SEVERITY_WARN) ||
                                             findings_count_is_least(findings, SEVERITY_UNKNOWN),
                                 .targets = (int64_t)model->target_count};
  for (size_t i = 0; i < model->target_count; i++) {
    brief->ok += model_target_severity(model, i, now_ms) == SEVERITY_OK;
    brief->waiting += target_state_condition(&model->targets[i], now_ms) == TARGET_WAITING;
  }
  text_take(brief->name, sizeof brief->name, model->config->name);
  text_take(brief->environment, sizeof brief->environment, model->config->environment);
  if (!worst)
    return;
  brief->worst = worst->severity;
  brief->since_ms = worst->since_ms + model->wall_offset_ms;
  text_take(brief->subject, sizeof brief->subject, worst->subject);
  text_take(brief->sentence, sizeof brief->sentence, worst->sentence);
}

void status_brief_write(struct json_writer *json, const struct status_brief *brief) {
  json_text(json, "severity", severity_name(brief->severity));
  json_text(json, "name", brief->name);
  json_text(json, "environment", brief->environment);
  json_int(json, "crit", brief->crit);
  json_int(json, "warn", brief->warn);
  json_int(json, "unknown", brief->unknown);
  json_bool(json, "at_least", brief->at_least);
  json_int(json, "waiting", brief->waiting);
  json_int(json, "ok", brief->ok);
  json_int(json, "targets", brief->targets);
  if (!*brief->subject)
    return;
  json_open(json, "worst", '{');
  json_text(json, "severity", severity_name(brief->worst));
  json_text(json, "subject", brief->subject);
  json_text(json, "sentence", brief->sentence);
  json_int(json, "since_ms", brief->since_ms);
  json_close(json, '}');
}

char *status_brief_text(const struct status_brief *brief) {
  char *text = NULL;
  size_t length = 0;
  struct json_writer json = {.out = open_memstream(&text, &length)};
  if (!json.out)
    mem_failed();
  json_open(&json, NULL, '{');
  status_brief_write(&json, brief);
  json_close(&json, '}');
  fclose(json.out);
  return text;
}
