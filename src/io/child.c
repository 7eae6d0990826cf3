#include "io/child.h"

#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"
#include "io/limit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One of its outputs. */
struct stream {
  uv_pipe_t pipe;
  bool open;
  struct excerpt excerpt; /* split */
};

struct child {
  uv_process_t process;
  struct stream streams[CHILD_STREAMS]; /* without split only the first, for both */
  uv_pipe_t input_pipe;
  uv_write_t writing;
  char *input;      /* NULL: none */
  uv_timer_t timer; /* the deadline; then that of the kill */
  int open_handles; /* and one for itself until it is closed */
  bool split;
  bool has_process; /* its handle is open */
  bool killing;     /* the timer is that of the kill */
  bool killed;      /* SIGKILL was sent */
  int exit_code, signal;
  child_cb done; /* NULL: it was cancelled, or the callback has come */
  void *arg;
  int64_t timeout_ms, started_us;
  bool runs;
  struct err failure; /* it could not be started: reported from the timer; or it was killed */
  char program[128];
  char *output;
  size_t len, capacity;
  bool cut;
};

static void on_closed(uv_handle_t *handle) {
  struct child *child = handle->data;
  if (--child->open_handles > 0)
    return;
  for (size_t i = 0; i < CHILD_STREAMS; i++)
    excerpt_fini(&child->streams[i].excerpt);
  free(child->input);
  free(child->output);
  free(child);
}

static void handle_close(struct child *child, uv_handle_t *handle) {
  if (!uv_is_closing(handle)) {
    child->open_handles++;
    uv_close(handle, on_closed);
  }
}

static void child_close(struct child *child) {
  handle_close(child, (uv_handle_t *)&child->timer);
  if (child->has_process)
    handle_close(child, (uv_handle_t *)&child->process);
  for (size_t i = 0; i < CHILD_STREAMS; i++)
    if (child->streams[i].open)
      handle_close(child, (uv_handle_t *)&child->streams[i].pipe);
  if (child->input)
    handle_close(child, (uv_handle_t *)&child->input_pipe);
  child->open_handles--;
}

/* ---- output: both streams in their excerpts, or the last CHILD_OUTPUT_MAX bytes of all */

static void keep(struct child *child, struct stream *stream, const char *bytes, size_t len) {
  if (child->split) {
    excerpt_add(&stream->excerpt, bytes, len);
    return;
  }
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

/* A pipe holds 64 kB, or a megabyte where its size was raised. */
enum { READ_BYTES = 16 << 10, REST_MAX = 1 << 20 };

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer) {
  (void)handle;
  (void)wanted;
  *buffer = uv_buf_init(mem_new(READ_BYTES), READ_BYTES);
}

static void on_output(uv_stream_t *pipe, ssize_t count, const uv_buf_t *buffer) {
  if (count > 0)
    keep(pipe->data, (struct stream *)pipe, buffer->base, (size_t)count);
  else if (count < 0)
    uv_read_stop(pipe);
  free(buffer->base);
}

/* What it wrote before it ended is in the pipe; a daemon that it started may hold the other end. */
static void read_the_rest(struct child *child, struct stream *stream) {
  char bytes[READ_BYTES];
  uv_os_fd_t fd;
  if (!stream->open || uv_fileno((uv_handle_t *)&stream->pipe, &fd) != 0)
    return;
  for (size_t rest = 0; rest < REST_MAX;) {
    const ssize_t count = read(fd, bytes, sizeof bytes); /* never waits: the pipe is non-blocking */
    if (count <= 0)
      return;
    keep(child, stream, bytes, (size_t)count);
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

/* Also where the program itself has ended: its group lives as long as anything in it. */
static bool group_is_there(const struct child *child) {
  return child->killing && uv_kill(-child->process.pid, 0) == 0;
}

/* With what it wrote, and with why it was killed. The last that is done with it. */
static void child_end(struct child *child) {
  struct excerpt excerpts[CHILD_STREAMS];
  for (size_t i = 0; i < CHILD_STREAMS; i++) {
    read_the_rest(child, &child->streams[i]);
    excerpts[i] = child->streams[i].excerpt;
  }
  const struct child_result result = {.exit_code = child->signal ? -1 : child->exit_code,
                                      .signal = child->signal,
                                      .output = child->output ? child->output : "",
                                      .output_len = child->len,
                                      .output_cut = child->cut,
                                      .streams = child->split ? excerpts : NULL,
                                      .took_us = clock_now_us() - child->started_us};
  report(child, &result, child->failure.kind != ERR_NONE ? &child->failure : NULL);
  child_close(child);
}

static void on_ended(uv_process_t *process, int64_t status, int signal) {
  struct child *child = process->data;
  child->runs = false;
  child->exit_code = (int)status;
  child->signal = signal;
  if (child->killed || !group_is_there(child)) /* otherwise on_grace_over */
    child_end(child);
}

/* Its session's group, so that what it waits for ends too. */
static void send_signal(struct child *child, int signal) {
  if (child->runs || group_is_there(child))
    uv_kill(-child->process.pid, signal);
}

static void on_grace_over(uv_timer_t *timer) {
  struct child *child = timer->data;
  send_signal(child, SIGKILL);
  child->killed = true;
  if (!child->runs)
    child_end(child);
}

static void child_kill(struct child *child, int64_t grace_ms) {
  send_signal(child, SIGTERM);
  child->killing = true;
  uv_timer_start(&child->timer, on_grace_over, (uint64_t)grace_ms, 0);
}

static void on_timer(uv_timer_t *timer) {
  struct child *child = timer->data;
  char limit[FORMAT_MAX];
  if (child->failure.kind != ERR_NONE) { /* it could not be started */
    report(child, NULL, &child->failure);
    child_close(child);
    return;
  }
  format_duration(limit, sizeof limit, (double)child->timeout_ms / 1000);
  err_set(&child->failure, ERR_TIMEOUT, "%s did not end within %s and was killed", child->program,
          limit);
  child_kill(child, CHILD_GRACE_MS);
}

void child_stop(struct child *child) {
  if (!child->runs || child->killing)
    return;
  err_set(&child->failure, ERR_TIMEOUT, "%s was killed", child->program);
  child_kill(child, CHILD_GRACE_MS);
}

void child_cancel(struct child *child) {
  child->done = NULL;
  if (child->runs)
    child_kill(child, CHILD_CANCEL_MS);
  else if (!child->killing)
    child_close(child);
}

/* ---- its start */

static void start_failed(struct child *child, int status) {
  if (!limit_error(-status, &child->failure))
    err_set(&child->failure, ERR_INVALID, "%s: %s", child->program, uv_strerror(status));
}

static void on_written(uv_write_t *writing, int status) {
  struct child *child = writing->data;
  (void)status; /* a program that does not read all of it is none the worse */
  handle_close(child, (uv_handle_t *)&child->input_pipe); /* the end of its input */
}

static void input_write(struct child *child, size_t len) {
  const uv_buf_t buffer = uv_buf_init(child->input, (unsigned)len);
  child->writing.data = child;
  if (uv_write(&child->writing, (uv_stream_t *)&child->input_pipe, &buffer, 1, on_written) != 0)
    handle_close(child, (uv_handle_t *)&child->input_pipe);
}

/* The child's end of a new pipe; ours is opened. */
static int pipe_make(uv_loop_t *loop, uv_pipe_t *pipe, bool reads, uv_file *theirs) {
  uv_file ends[2];
  const int status =
      reads ? uv_pipe(ends, UV_NONBLOCK_PIPE, 0) : uv_pipe(ends, 0, UV_NONBLOCK_PIPE);
  if (status != 0)
    return status;
  uv_pipe_init(loop, pipe, 0);
  uv_pipe_open(pipe, ends[reads ? 0 : 1]);
  *theirs = ends[reads ? 1 : 0];
  return 0;
}

static int pipes_make(struct child *child, uv_loop_t *loop, const struct child_query *query,
                      uv_file theirs[3]) {
  int status = 0;
  if (query->input) {
    status = pipe_make(loop, &child->input_pipe, false, &theirs[0]);
    if (status != 0)
      return status;
    child->input = mem_new(query->input_len + 1);
    memcpy(child->input, query->input, query->input_len);
    child->input_pipe.data = child;
  }
  for (size_t i = 0; i < (child->split ? CHILD_STREAMS : 1) && status == 0; i++) {
    struct stream *stream = &child->streams[i];
    status = pipe_make(loop, &stream->pipe, true, &theirs[i + 1]);
    stream->open = status == 0;
    stream->pipe.data = child;
    excerpt_init(&stream->excerpt, query->head_max, query->tail_max);
  }
  return status;
}

static uv_stdio_container_t stdio_of(uv_file file) {
  return file < 0 ? (uv_stdio_container_t){.flags = UV_IGNORE}
                  : (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = file};
}

static int spawn(struct child *child, uv_loop_t *loop, const struct child_query *query) {
  uv_file theirs[3] = {-1, -1, -1};
  int status = pipes_make(child, loop, query, theirs);
  uv_stdio_container_t stdio[3] = {stdio_of(theirs[0]), stdio_of(theirs[1]),
                                   stdio_of(theirs[child->split ? 2 : 1])};
  const uv_process_options_t options = {.exit_cb = on_ended,
                                        .file = query->argv[0],
                                        .args = (char **)query->argv,
                                        .env = (char **)query->environment,
                                        .flags = UV_PROCESS_DETACHED, /* a session of its own */
                                        .stdio_count = 3,
                                        .stdio = stdio};
  child->has_process = status == 0;
  if (status == 0)
    status = uv_spawn(loop, &child->process, &options);
  for (size_t i = 0; i < 3; i++)
    if (theirs[i] >= 0)
      close(theirs[i]);
  return status;
}

struct child *child_start(struct io *io, const struct child_query *query, child_cb done,
                          void *arg) {
  struct child *child = mem_new(sizeof *child);
  child->done = done;
  child->arg = arg;
  child->open_handles = 1;
  child->split = query->split;
  child->timeout_ms = query->timeout_ms > 1 ? query->timeout_ms : 1;
  child->started_us = clock_now_us();
  snprintf(child->program, sizeof child->program, "%s", query->argv[0]);
  uv_update_time(io->loop); /* the timer counts from the loop's own time, cached before */
  uv_timer_init(io->loop, &child->timer);
  child->timer.data = child->process.data = child;
  const int status = spawn(child, io->loop, query);
  child->runs = status == 0;
  if (!child->runs) {
    start_failed(child, status);
    uv_timer_start(&child->timer, on_timer, 0, 0);
    return child;
  }
  for (size_t i = 0; i < CHILD_STREAMS; i++)
    if (child->streams[i].open)
      uv_read_start((uv_stream_t *)&child->streams[i].pipe, on_room, on_output);
  if (child->input)
    input_write(child, query->input_len);
  uv_timer_start(&child->timer, on_timer, (uint64_t)child->timeout_ms, 0);
  return child;
}
