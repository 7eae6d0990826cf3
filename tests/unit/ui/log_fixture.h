/* Logs made by hand: what app would put into a model, and a view that shows them. */
#pragma once

#include "ui/screen_fixture.h"
#include "ui/screen_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LOG_NOW FIXTURE_NOW /* wall time of the newest line */

/* One screen with logs; requests of the view are answered as app does it. */
struct log_session {
  struct fixture fixture;
  struct logs logs;
  struct log_source_status sources[8];
  struct log *log;
  struct log_rates rates;
  struct view *view;
  struct canvas *canvas;
  int64_t now_ms;
  struct request request;  /* of the last key */
  struct logs_query asked; /* of the last request with one; its texts are gone */
  char grep[256], exclude[256], source[64];
};

static const char *log_no_logs(const struct model *model, const struct subject *subject) {
  const struct target *target = model->targets[subject->target_index].target;
  if (strcmp(target->name, "api") == 0)
    return NULL;
  return "api has logs, this one has none: set its option `logs`";
}

static inline void log_draw(struct log_session *s) {
  view_draw(s->view, &s->fixture.model, s->now_ms, s->canvas);
}

static inline void log_source(struct log_session *s, const char *name, const char *place) {
  s->sources[s->logs.source_count++] = (struct log_source_status){
      .name = (char *)name, .place = (char *)place, .state = LOG_SOURCE_FOLLOWING};
}

/* A line `ago_ms` before now. */
static inline void log_line(struct log_session *s, size_t source, enum log_level level,
                            int64_t ago_ms, const char *text) {
  struct log_record record = {.time_ms = LOG_NOW - ago_ms,
                              .text = text,
                              .len = (uint32_t)strlen(text),
                              .source = (uint16_t)source,
                              .level = (uint8_t)level,
                              .time = LOG_TIME_LINE,
                              .json = *text == '{'};
  log_add(s->log, &record);
  log_rates_add(&s->rates, record.time_ms, level);
  log_messages_add(s->logs.messages, &record);
  s->sources[source].lines++;
  s->sources[source].passed++;
  log_settle(s->log);
}

static inline void log_record(struct log_session *s, struct log_record record) {
  record.len = (uint32_t)strlen(record.text);
  log_add(s->log, &record);
  log_rates_add(&s->rates, record.time_ms, (enum log_level)record.level);
  s->sources[record.source].lines++;
  s->sources[record.source].passed++;
  log_settle(s->log);
}

static inline void log_session_init(struct log_session *s, int width, int height, bool ascii) {
  *s = (struct log_session){.now_ms = FIXTURE_NOW};
  fixture_init(&s->fixture, SCENE_CALM, false);
  fixture_run(&s->fixture);
  s->log = log_new(1000, 1 << 20);
  s->logs = (struct logs){.title = (char *)"services / api",
                          .reading = 1,
                          .follow = true,
                          .sources = s->sources,
                          .log = s->log,
                          .rates = &s->rates,
                          .messages = log_messages_new()};
  log_rates_clear(&s->rates);
  s->view =
      view_new(&(struct view_options){.utc = true, .user = "ops@bastion1", .no_logs = log_no_logs});
  s->canvas = canvas_new(width, height, ascii);
  log_draw(s);
}

static inline void log_session_fini(struct log_session *s) {
  canvas_free(s->canvas);
  view_free(s->view);
  log_free(s->log);
  log_messages_free(s->logs.messages);
  fixture_fini(&s->fixture);
}

static inline void log_answer(struct log_session *s, const struct request *request) {
  if (request->kind == REQUEST_LOGS_OPEN)
    s->fixture.model.logs = &s->logs;
  if (request->kind == REQUEST_LOGS_CLOSE)
    s->fixture.model.logs = NULL;
  if (request->kind == REQUEST_LOGS_OPEN || request->kind == REQUEST_LOGS_CHANGE) {
    s->asked = *request->logs;
    snprintf(s->grep, sizeof s->grep, "%s", s->asked.filter.grep ? s->asked.filter.grep : "");
    snprintf(s->exclude, sizeof s->exclude, "%s",
             s->asked.filter.exclude ? s->asked.filter.exclude : "");
    snprintf(s->source, sizeof s->source, "%s",
             s->asked.filter.source ? s->asked.filter.source : "");
  }
}

static inline void log_press(struct log_session *s, const char *keys) {
  while (*keys) {
    s->request = view_key(s->view, &s->fixture.model, s->now_ms, screen_next_key(&keys));
    log_answer(s, &s->request);
    log_draw(s);
  }
}

static inline void log_expect(const struct log_session *s, const char *text) {
  if (screen_has(s->canvas, text))
    return;
  char *screen = screen_text(s->canvas);
  print_message("%.*s", (int)(strstr(screen, "styles") - screen), screen);
  free(screen);
  fail_msg("the screen has no \"%s\"", text);
}

static inline void log_expect_not(const struct log_session *s, const char *text) {
  if (screen_has(s->canvas, text))
    fail_msg("the screen has \"%s\"", text);
}

/* Two files of a service within some minutes. */
static inline void log_fill(struct log_session *s) {
  log_source(s, "api-1.log", "file /var/log/ecap/api-1.log");
  log_source(s, "worker.log", "file /var/log/ecap/worker.log");
  for (int i = 0; i < 60; i++) {
    char text[128];
    const int64_t ago = (int64_t)(60 - i) * 2000;
    snprintf(text, sizeof text, "GET /customers/%d 200 in %dms", 4700 + i, 12 + i % 7);
    log_line(s, 0, LOG_LEVEL_INFO, ago, text);
    if (i % 10 == 9)
      log_line(s, 1, LOG_LEVEL_WARN, ago - 100, "retry 3 of 5 after timeout of 250ms");
    if (i % 20 == 19)
      log_line(s, 1, LOG_LEVEL_ERROR, ago - 200, "connection to 10.0.3.17:5432 refused");
  }
  log_line(s, 0, LOG_LEVEL_INFO, 700,
           "{\"level\":\"info\",\"msg\":\"order stored\",\"id\":4711,\"user\":\"ann\"}");
  log_line(s, 1, LOG_LEVEL_DEBUG, 500, "queue is empty");
  log_line(s, 0, LOG_LEVEL_FATAL, 300, "out of memory: killed");
}
