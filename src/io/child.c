#include "io/child.h"

#include "core/format.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/limit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct child {
  uv_process_t process;
  uv_pipe_t pipe;   /* its output */
  uv_timer_t timer; /* the deadline; then that of the kill */
  int open_handles;
  child_cb done; /* NULL: it was cancelled, or the callback has come */
  void *arg;
  int64_t timeout_ms, started_us;
  bool runs;
  struct err failure; /* it could not be started: reported from the timer */
  char program[128];
  char *output;
  size_t len, capacity;
  bool cut;
};

static void on_closed(uv_handle_t *handle) {
  struct child *child = handle->data;
  if (--child->open_handles > 0)
    return;
  free(child->output);
  free(child);
}

static void child_close(struct child *child) {
  uv_close((uv_handle_t *)&child->timer, on_closed);
  uv_close((uv_handle_t *)&child->pipe, on_closed);
  uv_close((uv_handle_t *)&child->process, on_closed);
}

/* ---- output: the last CHILD_OUTPUT_MAX bytes */

static void keep(struct child *child, const char *bytes, size_t len) {
  if (len > CHILD_OUTPUT_MAX) {
    bytes += len - CHILD_OUTPUT_MAX;
    len = CHILD_OUTPUT_MAX;
    child->cut = true;
  }
  if (child->len + len > CHILD_OUTPUT_MAX) {
    const size_t excess = child->len + len - CHILD_OUTPUT_MAX;
    memmove(child->output, child->output + excess, child->len - excess);
    child->len -= excess;
    child->cut = true;
  }
  if (child->len + len + 1 > child->capacity) {
    child->capacity = 2 * (child->len + len) + 1;
    child->output = mem_resize(child->output, child->capacity);
  }
  memcpy(child->output + child->len, bytes, len);
  child->len += len;
  child->output[child->len] = '\0';
}

enum { READ_BYTES = 16 << 10 };

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer) {
  (void)handle;
  (void)wanted;
  *buffer = uv_buf_init(mem_new(READ_BYTES), READ_BYTES);
}

static void on_output(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  if (count > 0)
    keep(stream->data, buffer->base, (size_t)count);
  else if (count < 0)
    uv_read_stop(stream);
  free(buffer->base);
}

/* What it wrote before it ended is in the pipe; a daemon that it started may hold the other end. */
static void read_the_rest(struct child *child) {
  char bytes[READ_BYTES];
  uv_os_fd_t fd;
  if (uv_fileno((uv_handle_t *)&child->pipe, &fd) != 0)
    return;
  for (size_t rest = 0; rest < CHILD_OUTPUT_MAX;) {
    const ssize_t count = read(fd, bytes, sizeof bytes); /* never waits: the pipe is non-blocking */
    if (count <= 0)
      return;
    keep(child, bytes, (size_t)count);
    rest += (size_t)count;
  }
}

/* ---- its end */

static void report(struct child *child, const struct child_result *result, const struct err *err) {
  const child_cb done = child->done;
  child->done = NULL;
  if (done)
    done(child->arg, result, err);
}

static void on_ended(uv_process_t *process, int64_t status, int signal) {
  struct child *child = process->data;
  child->runs = false;
  read_the_rest(child);
  const struct child_result result = {.exit_code = signal ? -1 : (int)status,
                                      .signal = signal,
                                      .output = child->output ? child->output : "",
                                      .output_len = child->len,
                                      .output_cut = child->cut,
                                      .took_us = clock_now_us() - child->started_us};
  report(child, &result, NULL);
  child_close(child);
}

/* Its session's group, so that what it waits for ends too. */
static void send_signal(struct child *child, int signal) {
  if (child->runs)
    uv_kill(-child->process.pid, signal);
}

static void on_grace_over(uv_timer_t *timer) {
  send_signal(timer->data, SIGKILL);
}

static void child_kill(struct child *child) {
  send_signal(child, SIGTERM);
  uv_timer_start(&child->timer, on_grace_over, CHILD_GRACE_MS, 0);
}

static void on_timer(uv_timer_t *timer) {
  struct child *child = timer->data;
  char limit[FORMAT_MAX];
  struct err err;
  if (child->failure.kind != ERR_NONE) {
    report(child, NULL, &child->failure);
    child_close(child);
    return;
  }
  format_duration(limit, sizeof limit, (double)child->timeout_ms / 1000);
  err_set(&err, ERR_TIMEOUT, "%s did not end within %s and was killed", child->program, limit);
  child_kill(child);
  report(child, NULL, &err);
}

void child_cancel(struct child *child) {
  child->done = NULL;
  if (child->runs)
    child_kill(child);
  else
    child_close(child);
}

/* ---- its start */

static void start_failed(struct child *child, int status) {
  if (!limit_error(-status, &child->failure))
    err_set(&child->failure, ERR_INVALID, "%s: %s", child->program, uv_strerror(status));
}

static int spawn(struct child *child, uv_loop_t *loop, char *const *argv) {
  uv_file ends[2];
  int status = uv_pipe(ends, UV_NONBLOCK_PIPE, 0);
  if (status != 0)
    return status;
  uv_pipe_open(&child->pipe, ends[0]);
  uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE},
                                   {.flags = UV_INHERIT_FD, .data.fd = ends[1]},
                                   {.flags = UV_INHERIT_FD, .data.fd = ends[1]}};
  const uv_process_options_t options = {.exit_cb = on_ended,
                                        .file = argv[0],
                                        .args = (char **)argv,
                                        .flags = UV_PROCESS_DETACHED, /* a session of its own */
                                        .stdio_count = 3,
                                        .stdio = stdio};
  status = uv_spawn(loop, &child->process, &options);
  close(ends[1]);
  return status;
}

struct child *child_start(struct io *io, const struct child_query *query, child_cb done,
                          void *arg) {
  struct child *child = mem_new(sizeof *child);
  child->done = done;
  child->arg = arg;
  child->timeout_ms = query->timeout_ms > 1 ? query->timeout_ms : 1;
  child->started_us = clock_now_us();
  snprintf(child->program, sizeof child->program, "%s", query->argv[0]);
  uv_update_time(io->loop); /* the timer counts from the loop's own time, cached before */
  uv_timer_init(io->loop, &child->timer);
  uv_pipe_init(io->loop, &child->pipe, 0);
  child->timer.data = child->pipe.data = child->process.data = child;
  child->open_handles = 3;
  const int status = spawn(child, io->loop, query->argv);
  child->runs = status == 0;
  if (!child->runs) {
    start_failed(child, status);
    uv_timer_start(&child->timer, on_timer, 0, 0);
    return child;
  }
  uv_read_start((uv_stream_t *)&child->pipe, on_room, on_output);
  uv_timer_start(&child->timer, on_timer, (uint64_t)child->timeout_ms, 0);
  return child;
}
