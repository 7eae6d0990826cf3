/* A server that plays an engine by a list of what it answers to which request. */
#pragma once

#include "act_driver.h"

#include "support/tiny_server.h"

#include <signal.h>
#include <stdio.h>

struct played_answer {
  const char *request; /* "GET /networks": method and path */
  const char *status;  /* "200 OK"; NULL: none is given */
  const char *body;
};

enum { PLAYED_MAX = 32, PLAYED_TEXTS = 128, PLAYED_TEXT_MAX = 2048 };
static struct played_answer played[PLAYED_MAX];
static size_t played_count, text_count;
static char texts[PLAYED_TEXTS][PLAYED_TEXT_MAX];
static char log_text[4096], sent_body[1024];
static struct tiny_server server;
static struct driver driver;

static const struct option played_options[] = {
    {.name = "endpoint", .type = OPTION_TEXT, .help = ""},
    {.name = "ca_file", .type = OPTION_TEXT, .help = ""},
    {.name = "cert_file", .type = OPTION_TEXT, .help = ""},
    {.name = "key_file", .type = OPTION_TEXT, .help = ""},
};
static const struct target_kind played_kind = {.kind = "docker",
                                               .key = "docker",
                                               .title = "Docker",
                                               .options = played_options,
                                               .option_count = COUNT(played_options)};

/* From now on: replaces what it answered to that request. */
static inline void play(const char *request, const char *status, const char *body) {
  size_t i = 0;
  while (i < played_count && strcmp(played[i].request, request) != 0)
    i++;
  assert_true(i < PLAYED_MAX);
  played[i] = (struct played_answer){request, status, body};
  played_count += i == played_count;
}

static inline const char *played_choose(struct tiny_server *self, const char *request) {
  const size_t used = strlen(log_text), line = strcspn(request, "\r") - strlen(" HTTP/1.1");
  const char *body = strstr(request, "\r\n\r\n");
  (void)self;
  snprintf(log_text + used, sizeof log_text - used, "%s%.*s", used ? ", " : "", (int)line, request);
  if (strncmp(request, "GET", 3) != 0)
    snprintf(sent_body, sizeof sent_body, "%s", body ? body + 4 : "");
  for (size_t i = 0; i < played_count; i++) {
    const struct played_answer *answer = &played[i];
    if (strlen(answer->request) != line || strncmp(answer->request, request, line) != 0)
      continue;
    if (!answer->status)
      return NULL;
    char *out = texts[text_count++];
    assert_true(text_count < PLAYED_TEXTS);
    snprintf(out, PLAYED_TEXT_MAX, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", answer->status,
             strlen(answer->body), answer->body);
    return out;
  }
  return "HTTP/1.1 404 Not Found\r\nContent-Length: 24\r\n\r\n{\"message\":\"No such one\"}";
}

static inline int played_setup(void **state) {
  char endpoint[64];
  struct err err;
  (void)state;
  played_count = text_count = 0;
  *log_text = *sent_body = '\0';
  driver_open(&driver, &played_kind, NULL);
  server = (struct tiny_server){.choose = played_choose, .unref = true};
  assert_true(tiny_listen(&server, &driver.loop, "127.0.0.1"));
  uv_unref((uv_handle_t *)&server.socket);
  snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", server.port);
  struct target *target = driver.config->targets[0];
  assert_true(option_parse(&played_options[0], endpoint, &target->values[0], &err));
  target->values[0].set = true;
  return 0;
}

static inline int played_teardown(void **state) {
  (void)state;
  if (!uv_is_closing((uv_handle_t *)&server.socket))
    tiny_stop(&server);
  driver_close(&driver);
  return 0;
}

static inline void expect_object(size_t object, enum object_result result, const char *words) {
  if (driver.outcome.objects[object].result != result)
    fail_msg("%s: %s", object_result_name(driver.outcome.objects[object].result),
             object_words(&driver, object));
  char text[OBJECT_TEXT_MAX];
  expect_in(object_outcome_text(text, &driver.outcome.objects[object]), words);
}
