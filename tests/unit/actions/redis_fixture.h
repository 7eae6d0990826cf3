/* A private Redis, an action's driver for it, and a way in between that can play an older server or
 * break. */
#pragma once

#include "clients/redis/redis_url.h"

#include "support/redis_server.h"

#include "act_driver.h"
#include "support/core_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

static const struct option redis_options[] = {
    {.name = "url", .type = OPTION_SECRET, .required = true, .check = redis_url_check, .help = ""},
    {.name = "username", .type = OPTION_TEXT, .help = ""},
    {.name = "password", .type = OPTION_SECRET, .help = ""},
};
static const struct target_kind redis_kind = {.kind = "redis",
                                              .key = "redis",
                                              .title = "Redis",
                                              .options = redis_options,
                                              .option_count = COUNT(redis_options)};

/* What sits between: a child that relays. */
struct relay {
  pid_t pid;
  int port;
  char major;      /* the first digit of redis_version that it tells; 0: the server's own */
  const char *cut; /* it hangs up on the client once this was sent, and forwarded; NULL: never */
  int cut_after;   /* so many times */
};

struct redis_fixture {
  struct redis_server server;
  redisContext *context; /* the test's own */
  struct driver driver;
  struct relay relay;
};

/* ---- the relay */

static inline int listen_free(int *port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(fd, 8), 0);
  getsockname(fd, (struct sockaddr *)&address, &length);
  *port = ntohs(address.sin_port);
  return fd;
}

static inline bool relay_some(const struct relay *relay, int from, int to, bool to_client,
                              int *seen) {
  static char bytes[1 << 16];
  ssize_t count = read(from, bytes, sizeof bytes - 1);
  if (count <= 0)
    return false;
  bytes[count] = '\0';
  char *version = to_client && relay->major ? strstr(bytes, "redis_version:") : NULL;
  if (version)
    version[strlen("redis_version:")] = relay->major;
  if (write(to, bytes, (size_t)count) != count)
    return false;
  if (to_client || !relay->cut)
    return true;
  if (memmem(bytes, (size_t)count, relay->cut, strlen(relay->cut)))
    ++*seen;
  return *seen < relay->cut_after;
}

static inline void relay_serve(const struct relay *relay, int client, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int server = socket(AF_INET, SOCK_STREAM, 0), seen = 0;
  bool open = connect(server, (struct sockaddr *)&address, sizeof address) == 0;
  while (open) {
    struct pollfd fds[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    poll(fds, 2, -1);
    if (fds[0].revents)
      open = relay_some(relay, client, server, false, &seen);
    if (open && fds[1].revents)
      open = relay_some(relay, server, client, true, &seen);
  }
  shutdown(client, SHUT_RDWR);
}

static inline void relay_start(struct relay *relay, int port) {
  int fd = listen_free(&relay->port);
  relay->pid = fork();
  assert_true(relay->pid >= 0);
  if (relay->pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
      int client = accept(fd, NULL, NULL);
      if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        relay_serve(relay, client, port);
        _exit(0);
      }
      close(client);
    }
  }
  close(fd);
}

static inline void relay_end(struct relay *relay) {
  if (relay->pid > 0) {
    kill(relay->pid, SIGKILL);
    waitpid(relay->pid, NULL, 0);
  }
  *relay = (struct relay){0};
}

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

/* What must succeed; the reply is the caller's. */
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

static inline void expect_in(const char *text, const char *part) {
  if (!strstr(text, part))
    fail_msg("no \"%s\" in:\n%s", part, text);
}

static inline void expect_words(const struct driver *driver, const char *part) {
  expect_in(driver->err.text, part);
}

static inline const char *victim_words(const struct driver *driver, size_t victim) {
  return driver->outcome.victims[victim].words;
}

static inline void plan_text_add(void *arg, enum plan_part part, bool strong, const char *text) {
  char *all = arg;
  (void)part;
  (void)strong;
  size_t used = strlen(all);
  snprintf(all + used, 65536 - used, "%s\n", text);
}

/* The plan as it would be shown, in a static buffer. */
static inline const char *plan_text(const struct driver *driver) {
  static char all[65536];
  *all = '\0';
  plan_lines(driver->plan, plan_text_add, all);
  return all;
}
