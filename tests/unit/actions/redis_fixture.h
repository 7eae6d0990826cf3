/* A private Redis and an action's driver for it. */
#pragma once

#include "clients/redis/redis_url.h"

#include "support/redis_server.h"

#include "act_driver.h"
#include "support/core_test.h"
#include "support/relay.h"

static const struct option redis_options[] = {
    {.name = "url", .type = OPTION_SECRET, .required = true, .check = redis_url_check, .help = ""},
    {.name = "username", .type = OPTION_TEXT, .help = ""},
    {.name = "password", .type = OPTION_SECRET, .help = ""},
    {.name = "ca_file", .type = OPTION_TEXT, .help = ""},
    {.name = "cert_file", .type = OPTION_TEXT, .help = ""},
    {.name = "key_file", .type = OPTION_TEXT, .help = ""},
    {.name = "insecure", .type = OPTION_BOOL, .help = ""},
};
static const struct target_kind redis_kind = {.kind = "redis",
                                              .key = "redis",
                                              .title = "Redis",
                                              .options = redis_options,
                                              .option_count = COUNT(redis_options)};

struct redis_fixture {
  struct redis_server server;
  redisContext *context; /* the test's own */
  struct driver driver;
  struct relay relay;
};

/* ---- the server and the test's own connection */

static inline void redis_connect(struct redis_fixture *fixture) {
  if (fixture->context)
    redisFree(fixture->context);
  fixture->context = redisConnect("127.0.0.1", fixture->server.port);
  assert_int_equal(fixture->context->err, 0);
}

static inline void redis_fixture_start(struct redis_fixture *fixture,
                                       const char *const *arguments) {
  *fixture = (struct redis_fixture){0};
  close(listen_free(&fixture->server.port));
  redis_server_start(&fixture->server, arguments);
  redis_connect(fixture);
}

static inline void redis_fixture_end(struct redis_fixture *fixture) {
  redisFree(fixture->context);
  relay_end(&fixture->relay);
  redis_server_end(&fixture->server);
}

/* Must succeed; the reply is the caller's. */
static inline redisReply *redis_get(struct redis_fixture *fixture, const char *format, ...) {
  va_list args;
  va_start(args, format);
  redisReply *reply = redisvCommand(fixture->context, format, args);
  va_end(args);
  assert_non_null(reply);
  if (reply->type == REDIS_REPLY_ERROR)
    fail_msg("%s: %s", format, reply->str);
  return reply;
}

#define redis_say(...) freeReplyObject(redis_get(__VA_ARGS__))

static inline long long redis_number(struct redis_fixture *fixture, const char *command) {
  redisReply *reply = redis_get(fixture, command);
  long long number = reply->type == REDIS_REPLY_INTEGER ? reply->integer : -99;
  freeReplyObject(reply);
  return number;
}

/* COUNT keys "prefix1"... in the selected database, by one script. */
static inline void redis_fill(struct redis_fixture *fixture, const char *prefix, int count) {
  redis_say(fixture, "EVAL %s 0 %s %d",
            "for i=1,tonumber(ARGV[2]) do redis.call('SET',ARGV[1]..i,string.rep('x',50)) end",
            prefix, count);
}

/* ---- the driver */

/* extra: pairs option, value beside the url, or NULL. port 0: the server's own. */
static inline void redis_drive(struct redis_fixture *fixture, int port, const char *const *extra) {
  char url[64];
  const char *settings[9] = {"url", url};
  size_t count = 2;
  snprintf(url, sizeof url, "redis://127.0.0.1:%d", port ? port : fixture->server.port);
  for (size_t i = 0; extra && extra[i]; i++)
    settings[count++] = extra[i];
  driver_open(&fixture->driver, &redis_kind, settings);
}
