/* A child between a test and a server that relays both directions, and can play an older Redis,
 * hang up after something was sent, or hold the answers back from the test. */
#pragma once

#include "support/core_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Shared with the child. */
struct relay_hold {
  volatile int after; /* 0: never; otherwise nothing more is relayed once that many requests of a
                         connection have gone to the server, until it is 0 again */
  volatile int held;  /* a connection is held */
};

struct relay {
  pid_t pid;
  int port;
  char major;      /* the first digit of the redis_version that it reports; 0: the server's own */
  const char *cut; /* it hangs up on the client once this was sent, and forwarded; NULL: never */
  int cut_after;   /* that many times */
  struct relay_hold *hold;
};

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

/* False when the client has gone meanwhile. */
static inline bool relay_keep(struct relay_hold *hold, int client) {
  struct pollfd fd = {client, POLLRDHUP, 0};
  hold->held = 1;
  while (hold->after && poll(&fd, 1, 2) == 0)
    ;
  return hold->after == 0;
}

static inline void relay_serve(const struct relay *relay, int client, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int server = socket(AF_INET, SOCK_STREAM, 0), seen = 0, requests = 0;
  bool open = connect(server, (struct sockaddr *)&address, sizeof address) == 0;
  while (open) {
    struct pollfd fds[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    poll(fds, 2, -1);
    if (fds[0].revents)
      open = relay_some(relay, client, server, false, &seen);
    if (open && fds[0].revents && ++requests == relay->hold->after)
      open = relay_keep(relay->hold, client);
    if (open && fds[1].revents)
      open = relay_some(relay, server, client, true, &seen);
  }
  shutdown(client, SHUT_RDWR);
}

static inline void relay_start(struct relay *relay, int port) {
  int fd = listen_free(&relay->port);
  relay->hold =
      mmap(NULL, sizeof *relay->hold, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(relay->hold != MAP_FAILED);
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
    munmap(relay->hold, sizeof *relay->hold);
  }
  *relay = (struct relay){0};
}
