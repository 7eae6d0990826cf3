#include "operate/runbook/runbook_line.h"

#include "core/json/json_writer.h"
#include "core/mem.h"

enum { VERSION = 1, LINE_WORDS_MAX = 2000 };

const char *const runbook_event_names[] = {
    [RUNBOOK_EVENT_BEGIN] = "begin",   [RUNBOOK_EVENT_EFFECT] = "effect",
    [RUNBOOK_EVENT_RESULT] = "result", [RUNBOOK_EVENT_INTERRUPTED] = "interrupted",
    [RUNBOOK_EVENT_OVER] = "over",     NULL};
const char *const runbook_result_names[] = {[RUNBOOK_THEN] = "then",
                                            [RUNBOOK_OTHERWISE] = "otherwise",
                                            [RUNBOOK_CHOICE] = "choice",
                                            [RUNBOOK_HALT] = "halt",
                                            NULL};
const char *const runbook_over_names[] = {[RUNBOOK_DONE] = "done",
                                          [RUNBOOK_STOPPED] = "stopped",
                                          [RUNBOOK_FAILED] = "failed",
                                          [RUNBOOK_ABANDONED] = "abandoned",
                                          NULL};

struct line {
  struct json_writer json;
  char *text;
  size_t len;
};

static void line_begin(struct line *line, const char *event, int64_t at_ms) {
  *line = (struct line){0};
  line->json.out = open_memstream(&line->text, &line->len);
  if (!line->json.out)
    mem_failed();
  json_open(&line->json, NULL, '{');
  json_text(&line->json, "event", event);
  json_int(&line->json, "at_ms", at_ms);
}

static char *line_end(struct line *line) {
  json_close(&line->json, '}');
  fputc('\n', line->json.out);
  if (fclose(line->json.out) != 0)
    mem_failed();
  return line->text;
}

char *runbook_line_head(const struct runbook_head *head) {
  struct line line;
  line_begin(&line, "run", head->at_ms);
  json_int(&line.json, "version", VERSION);
  json_text(&line.json, "id", head->id);
  json_text(&line.json, "runbook", head->runbook);
  json_text(&line.json, "path", head->path);
  json_text(&line.json, "config", head->config);
  json_text(&line.json, "user", head->user);
  json_text(&line.json, "host", head->host);
  json_open(&line.json, "parameters", '[');
  for (size_t i = 0; i < head->value_count; i++) {
    json_open(&line.json, NULL, '{');
    json_text(&line.json, "name", head->names[i]);
    json_text(&line.json, "value", head->values[i]);
    json_close(&line.json, '}');
  }
  json_close(&line.json, ']');
  json_text(&line.json, "source", head->source);
  return line_end(&line);
}

char *runbook_line_event(const struct runbook_event *event) {
  struct line line;
  line_begin(&line, runbook_event_names[event->kind], event->at_ms);
  json_text_if(&line.json, "step", event->step);
  json_text_if(&line.json, "audit", event->audit);
  json_text_if(&line.json, "hash", event->hash);
  if (event->kind == RUNBOOK_EVENT_RESULT)
    json_text(&line.json, "result", runbook_result_names[event->result]);
  if (event->kind == RUNBOOK_EVENT_RESULT && event->result == RUNBOOK_CHOICE)
    json_int(&line.json, "choice", (int64_t)event->choice);
  if (event->kind == RUNBOOK_EVENT_OVER)
    json_text(&line.json, "over", runbook_over_names[event->over]);
  if (event->words)
    json_text_cut(&line.json, "words", event->words, LINE_WORDS_MAX);
  return line_end(&line);
}
