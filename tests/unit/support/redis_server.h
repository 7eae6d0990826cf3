/* A real Redis (or Valkey) as a child of the test, on a free port of 127.0.0.1. */
#pragma once

#include "support/tiny_server.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct redis_server {
  pid_t pid;
  int port;
  char dir[64];
};

/* The installed one, or REDIS_SERVER, to test other versions. */
static inline const char *redis_server_path(void) {
  const char *chosen = getenv("REDIS_SERVER");
  if (chosen)
    return chosen;
  static const char *const paths[] = {"/usr/bin/redis-server", "/usr/bin/valkey-server", NULL};
  for (const char *const *each = paths; *each; each++)
    if (access(*each, X_OK) == 0)
      return *each;
  return NULL;
}

/* Waits until it says that it is ready. arguments: further options, ends with NULL; or NULL. A
 * first one that begins with a slash is its configuration file. */
static inline void redis_server_start(struct redis_server *server, const char *const *arguments) {
  int log[2];
  char port[12];
  if (!*server->dir) {
    snprintf(server->dir, sizeof server->dir, "/tmp/stacktop-redis-XXXXXX");
    assert_non_null(mkdtemp(server->dir));
  }
  snprintf(port, sizeof port, "%d", server->port);
  assert_int_equal(pipe(log), 0);
  server->pid = fork();
  assert_true(server->pid >= 0);
  if (server->pid == 0) {
    static const char *const fixed[] = {"--bind", "127.0.0.1",    "--save",
                                        "",       "--unixsocket", "redis.sock"};
    const char *words[48] = {redis_server_path()};
    size_t count = 1, fixed_count = sizeof fixed / sizeof *fixed;
    if (arguments && arguments[0] && arguments[0][0] == '/')
      words[count++] = *arguments++;
    words[count++] = "--port";
    words[count++] = port;
    words[count++] = "--dir";
    words[count++] = server->dir;
    for (size_t i = 0; i < fixed_count; i++)
      words[count++] = fixed[i];
    for (size_t i = 0; arguments && arguments[i] && count < 47; i++)
      words[count++] = arguments[i];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log[1], 1);
    close(log[0]);
    close(log[1]);
    execv(words[0], (char *const *)(uintptr_t)words);
    _exit(127);
  }
  close(log[1]);
  char text[16384];
  size_t length = 0;
  ssize_t count;
  text[0] = '\0';
  while (!strstr(text, "eady to accept connections") && length < sizeof text - 1 &&
         (count = read(log[0], text + length, sizeof text - 1 - length)) > 0)
    text[length += (size_t)count] = '\0';
  if (!strstr(text, "eady to accept connections"))
    fail_msg("redis-server did not start: %s", text);
  fcntl(log[0], F_SETFD, FD_CLOEXEC); /* left open: its further output finds a reader */
}

static inline void redis_server_kill(struct redis_server *server) {
  if (server->pid <= 0)
    return;
  kill(server->pid, SIGKILL);
  waitpid(server->pid, NULL, 0);
  server->pid = 0;
}

static inline void redis_server_end(struct redis_server *server) {
  char path[96];
  redis_server_kill(server);
  snprintf(path, sizeof path, "%s/redis.sock", server->dir);
  unlink(path);
  rmdir(server->dir);
}

/* Asks it over a connection of the test's own; password may be NULL. The reply is the caller's. */
static inline redisReply *redis_server_ask(const struct redis_server *server, const char *password,
                                           int argc, const char **argv) {
  redisContext *context = redisConnect("127.0.0.1", server->port);
  assert_int_equal(context->err, 0);
  if (password)
    freeReplyObject(redisCommand(context, "AUTH %s", password));
  redisReply *reply = redisCommandArgv(context, argc, argv, NULL);
  assert_non_null(reply);
  redisFree(context);
  return reply;
}

/* The same, but it must succeed. */
#define REDIS_SAY(server, ...)                                                         \
  do {                                                                                 \
    const char *words_[] = {__VA_ARGS__};                                              \
    redisReply *reply_ =                                                               \
        redis_server_ask(server, NULL, (int)(sizeof words_ / sizeof *words_), words_); \
    if (reply_->type == REDIS_REPLY_ERROR)                                             \
      fail_msg("%s: %s", words_[0], reply_->str);                                      \
    freeReplyObject(reply_);                                                           \
  } while (0)
