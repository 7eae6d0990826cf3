#include "io/helper.h"

#include "core/mem.h"
#include "io/limit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 4 << 10, PATH_BYTES_MAX = 4096 };

struct helper {
  struct helper_query query;
  uv_process_t process;
  uv_pipe_t pipe;
  uv_timer_t timer; /* reports what failed at the start */
  int open_handles;
  bool runs, stopped, closing;
  struct err failure;
  char line[HELPER_LINE_MAX];
  size_t len;
  char bytes[READ_BYTES];
  void (*closed)(void *arg);
  void *closed_arg;
};

static void on_closed(uv_handle_t *handle) {
  struct helper *helper = handle->data;
  if (--helper->open_handles > 0)
    return;
  void (*closed)(void *arg) = helper->closed;
  void *arg = helper->closed_arg;
  free(helper);
  if (closed)
    closed(arg);
}

static void helper_close(struct helper *helper) {
  if (helper->closing)
    return;
  helper->closing = true;
  uv_close((uv_handle_t *)&helper->timer, on_closed);
  uv_close((uv_handle_t *)&helper->pipe, on_closed);
  uv_close((uv_handle_t *)&helper->process, on_closed);
}

/* ---- output */

static void end_line(struct helper *helper) {
  helper->line[helper->len] = '\0';
  const bool has_text = helper->len > 0;
  helper->len = 0;
  if (has_text && !helper->stopped)
    helper->query.line(helper->query.arg, helper->line);
}

static void take(struct helper *helper, const char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (bytes[i] == '\n')
      end_line(helper);
    else if (helper->len < sizeof helper->line - 1)
      helper->line[helper->len++] = bytes[i] ? bytes[i] : ' ';
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer) {
  struct helper *helper = handle->data;
  (void)wanted;
  *buffer = uv_buf_init(helper->bytes, sizeof helper->bytes);
}

static void on_output(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  if (count > 0)
    take(stream->data, buffer->base, (size_t)count);
  else if (count < 0)
    uv_read_stop(stream);
}

/* What it wrote before it ended is still in the pipe. */
static void read_the_rest(struct helper *helper) {
  uv_os_fd_t fd;
  if (uv_fileno((uv_handle_t *)&helper->pipe, &fd) != 0)
    return;
  for (int i = 0; i < 16; i++) {
    const ssize_t count = read(fd, helper->bytes, sizeof helper->bytes); /* non-blocking */
    if (count <= 0)
      break;
    take(helper, helper->bytes, (size_t)count);
  }
  end_line(helper);
}

/* ---- its end */

static void report(struct helper *helper, const struct err *err) {
  const struct helper_query query = helper->query;
  const bool wanted = !helper->stopped;
  helper->stopped = true;
  helper_close(helper);
  if (wanted)
    query.ended(query.arg, err);
}

static void on_ended(uv_process_t *process, int64_t status, int signal) {
  struct helper *helper = process->data;
  const char *name = signal > 0 ? sigabbrev_np(signal) : NULL;
  struct err err;
  helper->runs = false;
  read_the_rest(helper);
  if (name)
    err_set(&err, ERR_IO, "ended by SIG%s", name);
  else
    err_set(&err, ERR_IO, "ended with exit code %d", (int)status);
  report(helper, &err);
}

static void on_failed(uv_timer_t *timer) {
  struct helper *helper = timer->data;
  const struct err failure = helper->failure;
  report(helper, &failure);
}

void helper_stop(struct helper *helper, void (*closed)(void *arg), void *arg) {
  helper->stopped = true;
  helper->closed = closed;
  helper->closed_arg = arg;
  if (helper->runs)
    uv_kill(-helper->process.pid, SIGKILL); /* reaped by on_ended */
  else
    helper_close(helper);
}

/* ---- its start */

static int spawn(struct helper *helper, struct io *io) {
  uv_file ends[2];
  /* A program may lose the signal that setpriv asks for: the kubectl of the Google Cloud SDK, which
   * starts another program from a thread. timeout, which has none and no limit here, keeps it, and
   * ends the program. */
  static const char *const guard[] = {"setpriv", "--pdeathsig",    "TERM", "--",
                                      "timeout", "--kill-after=2", "0"};
  enum { GUARD = sizeof guard / sizeof *guard };
  const char *argv[HELPER_ARGS_MAX + GUARD + 1] = {NULL};
  memcpy(argv, guard, sizeof guard);
  for (size_t i = 0; i < HELPER_ARGS_MAX && helper->query.argv[i]; i++)
    argv[i + GUARD] = helper->query.argv[i];
  int status = uv_pipe(ends, UV_NONBLOCK_PIPE, 0);
  if (status != 0)
    return status;
  uv_pipe_open(&helper->pipe, ends[0]);
  uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE},
                                   {.flags = UV_INHERIT_FD, .data.fd = ends[1]},
                                   {.flags = UV_INHERIT_FD, .data.fd = ends[1]}};
  if (helper->query.socket > 0)
    stdio[0] = stdio[1] =
        (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = helper->query.socket};
  const uv_process_options_t options = {.exit_cb = on_ended,
                                        .file = argv[0],
                                        .args = (char **)argv,
                                        .flags = UV_PROCESS_DETACHED, /* a session of its own */
                                        .stdio_count = 3,
                                        .stdio = stdio};
  status = uv_spawn(io->loop, &helper->process, &options);
  close(ends[1]);
  return status;
}

struct helper *helper_start(struct io *io, const struct helper_query *query) {
  struct helper *helper = mem_new(sizeof *helper);
  helper->query = *query;
  helper->open_handles = 3;
  uv_timer_init(io->loop, &helper->timer);
  uv_pipe_init(io->loop, &helper->pipe, 0);
  helper->timer.data = helper->pipe.data = helper->process.data = helper;
  const int status = spawn(helper, io);
  helper->query.argv = NULL; /* borrowed for the call */
  helper->runs = status == 0;
  if (helper->runs) {
    uv_read_start((uv_stream_t *)&helper->pipe, on_room, on_output);
    return helper;
  }
  if (!limit_error(-status, &helper->failure))
    err_set(&helper->failure, ERR_IO, "cannot start setpriv (util-linux): %s", uv_strerror(status));
  uv_timer_start(&helper->timer, on_failed, 0, 0);
  return helper;
}

static bool is_program(const char *path) {
  struct stat stat_;
  return stat(path, &stat_) == 0 && S_ISREG(stat_.st_mode) && access(path, X_OK) == 0;
}

bool helper_check(const char *program, struct err *err) {
  char path[PATH_BYTES_MAX];
  const char *places = getenv("PATH");
  if (strchr(program, '/'))
    return is_program(program) ||
           err_set(err, ERR_INVALID, "%.150s is not a program that can be run", program);
  for (const char *at = places ? places : "/usr/bin:/bin"; *at;) {
    const size_t len = strcspn(at, ":");
    snprintf(path, sizeof path, "%.*s/%s", (int)len, at, program);
    if (len > 0 && is_program(path))
      return true;
    at += len + (at[len] == ':');
  }
  return err_set(err, ERR_INVALID, "%.100s is not installed: there is no such program in PATH",
                 program);
}
