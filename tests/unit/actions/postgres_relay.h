/* Stands between a step and the server of a test, and breaks the connection at a question that the
 * test names by its number, on one of the connections. Logging in does not count. Or connects all
 * clients but the first to another server. */
#pragma once

#include "support/postgres_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum relay_fault {
  RELAY_CUT,  /* hangs up instead of passing the question on */
  RELAY_LOSE, /* passes it on, waits for the answer, and hangs up instead of passing that on */
  RELAY_HANG, /* stops passing anything on, without hanging up */
  RELAY_HOLD, /* passes it on once the test sets `go` */
};

/* Shared with the relay's processes. */
struct relay_state {
  atomic_int connections; /* opened since it was armed */
  int connection;         /* 1: the first of them; 2: the second */
  atomic_int asked;
  int stop_at;     /* 0: at none */
  int second_port; /* of the server for all connections but the first; 0: the same */
  enum relay_fault fault;
  char change[64];            /* start of a statement that makes a change */
  atomic_bool stopped;        /* that question was reached */
  atomic_bool change_stopped; /* and that was the change */
  atomic_int changes;         /* number of such statements so far, including that one */
  atomic_bool go;
  atomic_int mark; /* the port of the connection that relay_arm makes, until it was seen */
};

struct relay {
  pid_t pid;
  int port;
  struct relay_state *state;
};

/* The statement of a question; NULL if it has none. */
static inline const char *relay_statement(const char *bytes, ssize_t count) {
  if (count > 6 && bytes[0] == 'Q')
    return bytes + 5;
  return count > 7 && bytes[0] == 'P' ? bytes + 6 : NULL; /* Parse, of the unnamed statement */
}

static inline bool relay_answer(int client, int server) {
  char bytes[1 << 14];
  const ssize_t count = read(server, bytes, sizeof bytes);
  return count > 0 && write(client, bytes, (size_t)count) == count;
}

static inline void relay_wait_for_end(int client) {
  char bytes[256];
  while (read(client, bytes, sizeof bytes) > 0)
    ;
}

/* Whether the question is passed on to the server, and its answer back. */
static inline bool relay_stop(struct relay_state *state, int client, int server, const char *bytes,
                              ssize_t count) {
  char answer[1 << 14];
  if (state->fault == RELAY_LOSE && write(server, bytes, (size_t)count) == count)
    (void)!read(server, answer, sizeof answer);
  state->stopped = true;
  if (state->fault == RELAY_HANG)
    relay_wait_for_end(client);
  while (state->fault == RELAY_HOLD && !state->go)
    usleep(1000);
  return state->fault == RELAY_HOLD;
}

static inline bool relay_question(struct relay_state *state, bool counts, int client, int server) {
  char bytes[1 << 14];
  const ssize_t count = read(client, bytes, sizeof bytes);
  const char *sql = relay_statement(bytes, count);
  const bool changes = sql && strncmp(sql, state->change, strlen(state->change)) == 0;
  if (count <= 0)
    return false;
  if (changes)
    ++state->changes;
  if (sql && counts && ++state->asked == state->stop_at) {
    state->change_stopped = changes;
    if (!relay_stop(state, client, server, bytes, count))
      return false;
  }
  return write(server, bytes, (size_t)count) == count;
}

static inline void relay_serve(struct relay_state *state, int number, int client, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int server = socket(AF_INET, SOCK_STREAM, 0);
  bool open = connect(server, (struct sockaddr *)&address, sizeof address) == 0;
  while (open) {
    struct pollfd fds[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    poll(fds, 2, -1);
    if (fds[0].revents)
      open = relay_question(state, number == state->connection, client, server);
    if (open && fds[1].revents)
      open = relay_answer(client, server);
  }
  shutdown(client, SHUT_RDWR);
}

static inline bool relay_is_mark(const struct relay_state *state, int client) {
  struct sockaddr_in peer = {0};
  socklen_t length = sizeof peer;
  getpeername(client, (struct sockaddr *)&peer, &length);
  return state->mark == ntohs(peer.sin_port);
}

static inline void relay_start(struct relay *relay, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(fd, 8), 0);
  getsockname(fd, (struct sockaddr *)&address, &length);
  relay->port = ntohs(address.sin_port);
  relay->state =
      mmap(NULL, sizeof *relay->state, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_ptr_not_equal(relay->state, MAP_FAILED);
  relay->pid = fork();
  assert_true(relay->pid >= 0);
  while (relay->pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    int client = accept(fd, NULL, NULL);
    if (relay_is_mark(relay->state, client)) {
      relay->state->mark = 0;
      close(client);
      continue;
    }
    const int number = ++relay->state->connections;
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int second = relay->state->second_port;
      relay_serve(relay->state, number, client, number > 1 && second ? second : port);
      _exit(0);
    }
    close(client);
  }
  close(fd);
}

/* Returns once the relay has taken every connection that was made so far: one that a step gave up
 * at once may still have waited, and would be counted among the next ones. */
static inline void relay_drain(struct relay *relay) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  getsockname(fd, (struct sockaddr *)&address, &length);
  relay->state->mark = ntohs(address.sin_port);
  address.sin_port = htons((uint16_t)relay->port);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  while (relay->state->mark != 0)
    usleep(100);
  close(fd);
}

/* At the question of that number, counted from now, of that connection; 0: at none. */
static inline void relay_arm(struct relay *relay, int connection, int stop_at,
                             enum relay_fault fault, const char *change) {
  struct relay_state *state = relay->state;
  relay_drain(relay);
  state->connections = 0;
  state->connection = connection;
  state->stop_at = stop_at;
  state->fault = fault;
  snprintf(state->change, sizeof state->change, "%s", change);
  state->asked = state->changes = 0;
  state->stopped = state->change_stopped = state->go = false;
}

static inline void relay_end(struct relay *relay) {
  kill(relay->pid, SIGKILL);
  waitpid(relay->pid, NULL, 0);
  munmap(relay->state, sizeof *relay->state);
}
