/* A real Memcached as a child of the test, on a free port of 127.0.0.1. */
#pragma once

#include "support/tiny_server.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMCACHED_SERVER_PATH "/usr/bin/memcached"

struct memcached_server {
  pid_t pid;
  int port;
};

static inline int memcached_server_dial(const struct memcached_server *server) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server->port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
    return fd;
  close(fd);
  return -1;
}

/* Waits until it accepts. memory: megabytes; a fresh server each time. */
static inline void memcached_server_start(struct memcached_server *server, const char *memory) {
  char port[12];
  int fd;
  snprintf(port, sizeof port, "%d", server->port);
  server->pid = fork();
  assert_true(server->pid >= 0);
  if (server->pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl(MEMCACHED_SERVER_PATH, "memcached", "-l", "127.0.0.1", "-p", port, "-U", "0", "-m",
          memory, "-u", "nobody", (char *)NULL);
    _exit(127);
  }
  const int64_t give_up = clock_now_ms() + 10000;
  while ((fd = memcached_server_dial(server)) < 0) {
    assert_int_equal(waitpid(server->pid, NULL, WNOHANG), 0);
    assert_true(clock_now_ms() < give_up);
    sched_yield();
  }
  close(fd);
}

static inline void memcached_server_kill(struct memcached_server *server) {
  if (server->pid <= 0)
    return;
  kill(server->pid, SIGKILL);
  waitpid(server->pid, NULL, 0);
  server->pid = 0;
}

/* Sends the commands, and reads until `last` has arrived. */
static inline void memcached_server_say(const struct memcached_server *server, const char *commands,
                                        size_t length, const char *last) {
  char text[4096] = "";
  size_t used = 0, sent = 0;
  int fd = memcached_server_dial(server);
  assert_true(fd >= 0);
  while (sent < length) {
    ssize_t count = write(fd, commands + sent, length - sent);
    assert_true(count > 0);
    sent += (size_t)count;
  }
  while (!strstr(text, last)) {
    ssize_t count = read(fd, text + used, sizeof text - 1 - used);
    if (count <= 0)
      fail_msg("%s", text);
    used += (size_t)count;
    text[used] = '\0';
  }
  close(fd);
}
