/* A server on the test's own loop that gives every client one response, right or wrong. */
#pragma once

#include "io/clock.h"
#include "io/io.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

struct tiny_server {
  const char *reply; /* to each request; NULL: stays silent */
  /* The reply to this request instead; NULL: stays silent to it. Lives until the server stops. */
  const char *(*choose)(struct tiny_server *server, const char *request);
  size_t reply_len;  /* 0: strlen(reply) */
  uint64_t delay_ms; /* before the reply */
  bool close_after;  /* hangs up after the reply */
  bool reset_after;  /* the same, with a reset */
  bool unref;        /* neither it nor its connections keep the loop running */

  uv_tcp_t socket;
  int port;
  int connections, requests;
  char last_request[4096];
};

struct tiny_peer {
  struct tiny_server *server;
  const char *chosen; /* by the server's `choose` */
  uv_tcp_t socket;
  uv_timer_t timer;
  uv_write_t write;
  int open_handles;
};

static inline void tiny_peer_closed(uv_handle_t *handle) {
  struct tiny_peer *peer = handle->data;
  if (--peer->open_handles == 0)
    free(peer);
}

static inline void tiny_peer_end(struct tiny_peer *peer) {
  if (uv_is_closing((uv_handle_t *)&peer->socket))
    return;
  uv_close((uv_handle_t *)&peer->timer, tiny_peer_closed);
  if (!peer->server->reset_after || uv_tcp_close_reset(&peer->socket, tiny_peer_closed) != 0)
    uv_close((uv_handle_t *)&peer->socket, tiny_peer_closed);
}

static inline void tiny_written(uv_write_t *write, int status) {
  struct tiny_peer *peer = write->data;
  if (status != 0 || peer->server->close_after || peer->server->reset_after)
    tiny_peer_end(peer);
}

static inline void tiny_answer(uv_timer_t *timer) {
  struct tiny_peer *peer = timer->data;
  struct tiny_server *server = peer->server;
  const char *reply = server->choose ? peer->chosen : server->reply;
  size_t len = server->reply_len ? server->reply_len : strlen(reply);
  uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)reply, (unsigned)len);
  peer->write.data = peer;
  uv_write(&peer->write, (uv_stream_t *)&peer->socket, &buffer, 1, tiny_written);
}

static inline void tiny_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer) {
  (void)handle;
  *buffer = uv_buf_init(malloc(size), (unsigned)size);
}

static inline void tiny_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  struct tiny_peer *peer = stream->data;
  struct tiny_server *server = peer->server;
  if (count > 0) { /* a test's requests arrive in one piece */
    size_t len = (size_t)count < sizeof server->last_request - 1 ? (size_t)count
                                                                 : sizeof server->last_request - 1;
    memcpy(server->last_request, buffer->base, len);
    server->last_request[len] = '\0';
    server->requests++;
    peer->chosen = server->choose ? server->choose(server, server->last_request) : NULL;
    if (server->choose ? peer->chosen : server->reply)
      uv_timer_start(&peer->timer, tiny_answer, server->delay_ms, 0);
  } else if (count < 0) {
    tiny_peer_end(peer);
  }
  free(buffer->base);
}

static inline void tiny_accept(uv_stream_t *listener, int status) {
  struct tiny_server *server = listener->data;
  assert_int_equal(status, 0);
  struct tiny_peer *peer = calloc(1, sizeof *peer);
  peer->server = server;
  peer->open_handles = 2;
  uv_tcp_init(listener->loop, &peer->socket);
  uv_timer_init(listener->loop, &peer->timer);
  peer->socket.data = peer->timer.data = peer;
  uv_accept(listener, (uv_stream_t *)&peer->socket);
  if (server->unref) {
    uv_unref((uv_handle_t *)&peer->socket);
    uv_unref((uv_handle_t *)&peer->timer);
  }
  server->connections++;
  uv_read_start((uv_stream_t *)&peer->socket, tiny_alloc, tiny_read);
}

/* False if that address cannot be listened on here (no IPv6). */
static inline bool tiny_listen_at(struct tiny_server *server, uv_loop_t *loop, const char *ip,
                                  int port) {
  struct sockaddr_storage address;
  if (strchr(ip, ':'))
    uv_ip6_addr(ip, port, (struct sockaddr_in6 *)&address);
  else
    uv_ip4_addr(ip, port, (struct sockaddr_in *)&address);
  uv_tcp_init(loop, &server->socket);
  server->socket.data = server;
  if (uv_tcp_bind(&server->socket, (struct sockaddr *)&address, 0) != 0 ||
      uv_listen((uv_stream_t *)&server->socket, 128, tiny_accept) != 0) {
    uv_close((uv_handle_t *)&server->socket, NULL);
    return false;
  }
  int size = sizeof address;
  uv_tcp_getsockname(&server->socket, (struct sockaddr *)&address, &size);
  server->port = ntohs(((struct sockaddr_in *)&address)->sin_port); /* the same place in both */
  return true;
}

static inline bool tiny_listen(struct tiny_server *server, uv_loop_t *loop, const char *ip) {
  return tiny_listen_at(server, loop, ip, 0);
}

/* On a Unix socket at that path, which the caller removes. */
static inline void tiny_listen_unix(struct tiny_server *server, uv_loop_t *loop, const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  memcpy(address.sun_path, path, strlen(path) + 1);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  uv_tcp_init(loop, &server->socket);
  server->socket.data = server;
  assert_int_equal(uv_tcp_open(&server->socket, fd), 0);
  assert_int_equal(uv_listen((uv_stream_t *)&server->socket, 128, tiny_accept), 0);
}

static inline void tiny_stop(struct tiny_server *server) {
  uv_close((uv_handle_t *)&server->socket, NULL);
}

/* A port of 127.0.0.1 without a listener. */
static inline int tiny_free_port(uv_loop_t *loop) {
  struct tiny_server server = {0};
  assert_true(tiny_listen(&server, loop, "127.0.0.1"));
  tiny_stop(&server);
  uv_run(loop, UV_RUN_NOWAIT);
  return server.port;
}

/* Runs the loop until *done, for 10 s at most. */
static inline void tiny_run_until(uv_loop_t *loop, const bool *done) {
  int64_t give_up = clock_now_ms() + 10000;
  while (!*done) {
    if (clock_now_ms() > give_up)
      fail_msg("the state that was waited for did not come");
    uv_run(loop, UV_RUN_ONCE);
  }
}

/* Freezes a child of ours. Returns once it has stopped: a signal takes effect some time after it
 * was sent, and the child may still answer meanwhile. */
static inline void tiny_freeze(pid_t pid) {
  kill(pid, SIGSTOP);
  assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
}

/* Everything has been closed: no handle lives. */
static inline void tiny_loop_end(uv_loop_t *loop) {
  uv_run(loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(loop), 0);
}
