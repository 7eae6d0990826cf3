#include "app/environments/environment_process.h"

#include "app/dashboard/dashboard_member.h"
#include "app/environments/environment_message.h"
#include "app/startup/startup.h"
#include "core/mem.h"
#include "core/text/text.h"
#include "io/clock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  PAUSE_LEAST_MS = 1000,
  PAUSE_MOST_MS = 30000,
  LIVED_MS = 60000, /* after such a life the pause is short again */
  SHOW_MS = 5000,   /* how long it may take to draw on the terminal */
  ERRORS_MAX = 512, /* of what it writes on standard error, the beginning */
  ARGUMENTS_MAX = 16,
};

/* One process; it outlives its owner's interest until its handles are closed. */
struct life {
  struct environment_process *owner; /* NULL: it is not of interest any more */
  uv_process_t handle;
  uv_pipe_t socket, errors;
  int open_handles;
  int64_t born_ms;
  char line[ENVIRONMENT_MESSAGE_MAX];
  size_t used;
  bool cut;
  char said[ERRORS_MAX];
  size_t said_count;
  char bytes[4096];
};

struct environment_process {
  uv_loop_t *loop;
  const struct environment_file *file;
  const struct options *options;
  struct environment_process_hooks hooks;
  struct environment state;
  struct life *life; /* NULL: it waits to be started again, or is stopped */
  uv_timer_t timer;  /* the next start; while it has the terminal: until it draws */
  int64_t pause_ms;
  bool front; /* it has the terminal, or is to take it */
  bool stopped;
};

static void on_restart(uv_timer_t *timer);

static void timer_start(struct environment_process *process, uv_timer_cb callback, int64_t ms) {
  uv_update_time(process->loop);
  uv_timer_start(&process->timer, callback, (uint64_t)ms, 0);
}

/* ---- a life's end */

static void on_handle_closed(uv_handle_t *handle) {
  struct life *life = handle->data;
  if (--life->open_handles == 0)
    free(life);
}

static void handle_close(uv_handle_t *handle) {
  if (!uv_is_closing(handle))
    uv_close(handle, on_handle_closed);
}

/* What it wrote before it ended is still in the pipe. */
static void said_rest(struct life *life) {
  uv_os_fd_t fd;
  if (uv_fileno((uv_handle_t *)&life->errors, &fd) != 0)
    return;
  const ssize_t got = read(fd, life->said + life->said_count, ERRORS_MAX - 1 - life->said_count);
  life->said_count += got > 0 ? (size_t)got : 0; /* the descriptor does not block */
}

/* Why it ended, in words: an error of the configuration is the first line that it wrote, here
 * without the folder of the file. */
static void why_make(struct life *life, const char *path, int64_t status, int number, char *out,
                     size_t size) {
  const char *slash = strrchr(path, '/');
  const size_t folder = slash ? (size_t)(slash + 1 - path) : 0;
  static const char prefix[] = "stacktop: ";
  const char *name = number > 0 ? sigabbrev_np(number) : NULL;
  char said[ERRORS_MAX];
  life->said[life->said_count] = '\0';
  life->said[strcspn(life->said, "\n")] = '\0';
  const char *from = strncmp(life->said, prefix, sizeof prefix - 1) == 0
                         ? life->said + sizeof prefix - 1
                     : strncmp(life->said, path, folder) == 0 ? life->said + folder
                                                              : life->said;
  text_sanitize(said, sizeof said, from, strlen(from), false);
  if (number > 0)
    snprintf(out, size, "its process was ended by SIG%s", name ? name : "?");
  else if (*said)
    snprintf(out, size, "%s", said);
  else
    snprintf(out, size, "its process ended with status %d", (int)status);
}

static void life_over(struct environment_process *process, const char *why, int64_t lived_ms) {
  const bool front = process->front;
  process->life = NULL;
  process->front = false;
  process->state.known = false;
  snprintf(process->state.trouble, sizeof process->state.trouble, "%s", why);
  process->pause_ms = lived_ms >= LIVED_MS || process->pause_ms == 0 ? PAUSE_LEAST_MS
                      : process->pause_ms * 2 < PAUSE_MOST_MS        ? process->pause_ms * 2
                                                                     : PAUSE_MOST_MS;
  if (process->stopped) {
    process->hooks.ended(process->hooks.arg);
    return;
  }
  timer_start(process, on_restart, process->pause_ms);
  if (front)
    process->hooks.back(process->hooks.arg, process->state.trouble);
  process->hooks.changed(process->hooks.arg);
}

static void on_exit_of(uv_process_t *handle, int64_t status, int number) {
  struct life *life = handle->data;
  char why[ENVIRONMENT_SENTENCE_MAX];
  said_rest(life);
  why_make(life, life->owner ? life->owner->file->path : "", status, number, why, sizeof why);
  handle_close((uv_handle_t *)&life->handle);
  handle_close((uv_handle_t *)&life->socket);
  handle_close((uv_handle_t *)&life->errors);
  if (life->owner)
    life_over(life->owner, why, clock_now_ms() - life->born_ms);
}

/* ---- what it says */

static void line_take(struct environment_process *process, const char *line) {
  struct err err;
  if (strcmp(line, MEMBER_SHOWN) == 0) {
    uv_timer_stop(&process->timer);
  } else if (strcmp(line, MEMBER_BACK) == 0 && process->front) {
    uv_timer_stop(&process->timer);
    process->front = false;
    process->hooks.back(process->hooks.arg, NULL);
  } else if (strcmp(line, MEMBER_QUIT) == 0) {
    process->hooks.quit(process->hooks.arg);
  } else if (*line == '{' && environment_message_read(line, &process->state, &err)) {
    process->state.known = true;
    process->state.heard_ms = clock_now_ms();
    *process->state.trouble = '\0';
    process->hooks.changed(process->hooks.arg);
  }
}

static void bytes_take(struct life *life, const char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (bytes[i] != '\n') {
      life->cut = life->cut || life->used + 1 >= sizeof life->line;
      if (!life->cut)
        life->line[life->used++] = bytes[i];
      continue;
    }
    life->line[life->used] = '\0';
    if (!life->cut && life->owner)
      line_take(life->owner, life->line);
    life->used = 0;
    life->cut = false;
  }
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer) {
  struct life *life = handle->data;
  (void)wanted;
  *buffer = uv_buf_init(life->bytes, sizeof life->bytes);
}

static void on_line(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  struct life *life = stream->data;
  if (count > 0)
    bytes_take(life, buffer->base, (size_t)count);
  else if (count < 0)
    uv_read_stop(stream); /* its end follows */
}

/* The beginning is kept: the first error is the cause of the others. */
static void on_error(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  struct life *life = stream->data;
  const size_t room = ERRORS_MAX - 1 - life->said_count;
  if (count < 0) {
    uv_read_stop(stream);
    return;
  }
  const size_t kept = (size_t)count < room ? (size_t)count : room;
  memcpy(life->said + life->said_count, buffer->base, kept);
  life->said_count += kept;
}

/* ---- what it hears */

static void on_written(uv_write_t *write, int status) {
  (void)status; /* the end of a process that does not read is noticed by its exit */
  free(write);
}

static void tell(struct environment_process *process, const char *line) {
  uv_write_t *write = mem_new(sizeof *write);
  uv_buf_t buffer = uv_buf_init((char *)line, (unsigned)strlen(line)); /* static */
  if (uv_write(write, (uv_stream_t *)&process->life->socket, &buffer, 1, on_written) != 0)
    free(write);
}

/* ---- its start */

static size_t arguments_make(const struct environment_process *process,
                             const char *out[ARGUMENTS_MAX]) {
  const struct options *options = process->options;
  size_t count = 0;
  out[count++] = "stacktop";
  out[count++] = MEMBER_ARGUMENT;
  out[count++] = "-c";
  out[count++] = process->file->path;
  if (options->theme) {
    out[count++] = "--theme";
    out[count++] = options->theme;
  }
  const struct {
    bool set;
    const char *word;
  } flags[] = {{options->read_only, "--read-only"}, {options->utc, "--utc"},
               {options->no_unicode, "-U"},         {options->no_color, "-C"},
               {options->no_mouse, "-M"},           {options->screen_reader, "--screen-reader"}};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
    if (flags[i].set)
      out[count++] = flags[i].word;
  out[count] = NULL;
  return count;
}

static int life_spawn(struct environment_process *process, struct life *life) {
  const char *arguments[ARGUMENTS_MAX];
  uv_stdio_container_t stdio[MEMBER_SOCKET + 1] = {
      {.flags = UV_INHERIT_FD, .data.fd = STDIN_FILENO},
      {.flags = UV_INHERIT_FD, .data.fd = STDOUT_FILENO},
      {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&life->errors},
      {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE | UV_WRITABLE_PIPE,
       .data.stream = (uv_stream_t *)&life->socket}};
  arguments_make(process, arguments);
  const uv_process_options_t options = {.file = "/proc/self/exe",
                                        .args = (char **)arguments,
                                        .exit_cb = on_exit_of,
                                        .stdio = stdio,
                                        .stdio_count = MEMBER_SOCKET + 1};
  return uv_spawn(process->loop, &life->handle, &options);
}

static void life_begin(struct environment_process *process) {
  struct life *life = mem_new(sizeof *life);
  char why[ENVIRONMENT_SENTENCE_MAX];
  life->owner = process;
  life->born_ms = clock_now_ms();
  life->open_handles = 3;
  life->handle.data = life->socket.data = life->errors.data = life;
  uv_pipe_init(process->loop, &life->socket, 0);
  uv_pipe_init(process->loop, &life->errors, 0);
  const int status = life_spawn(process, life);
  if (status != 0) {
    life->owner = NULL;
    handle_close((uv_handle_t *)&life->handle);
    handle_close((uv_handle_t *)&life->socket);
    handle_close((uv_handle_t *)&life->errors);
    snprintf(why, sizeof why, "cannot start its process: %s", uv_strerror(status));
    life_over(process, why, 0);
    return;
  }
  process->life = life;
  uv_read_start((uv_stream_t *)&life->socket, on_room, on_line);
  uv_read_start((uv_stream_t *)&life->errors, on_room, on_error);
}

static void on_restart(uv_timer_t *timer) {
  life_begin(timer->data);
}

struct environment_process *environment_process_new(uv_loop_t *loop,
                                                    const struct environment_file *file,
                                                    const struct options *options,
                                                    const struct environment_process_hooks *hooks,
                                                    int64_t delay_ms) {
  struct environment_process *process = mem_new(sizeof *process);
  *process =
      (struct environment_process){.loop = loop, .file = file, .options = options, .hooks = *hooks};
  struct environment *state = &process->state;
  text_sanitize(state->name, sizeof state->name, file->name, strlen(file->name), false);
  text_sanitize(state->path, sizeof state->path, file->path, strlen(file->path), false);
  if (file->text)
    text_sanitize(state->text, sizeof state->text, file->text, strlen(file->text), false);
  state->production = file->production;
  uv_timer_init(loop, &process->timer);
  process->timer.data = process;
  timer_start(process, on_restart, delay_ms);
  return process;
}

const struct environment *environment_process_state(const struct environment_process *process) {
  return &process->state;
}

void environment_process_clash(struct environment_process *process, bool clashes) {
  process->state.clashes = clashes;
}

/* ---- the terminal */

/* It may still take the terminal when it wakes up: it must not run then. */
static void on_show_late(uv_timer_t *timer) {
  environment_process_kill(timer->data);
}

bool environment_process_ready(const struct environment_process *process, struct err *err) {
  const struct environment *state = &process->state;
  if (!process->life || !state->known)
    return err_set(err, ERR_INVALID, "%s: %s", state->name,
                   *state->trouble ? state->trouble : "it is still starting");
  if (clock_now_ms() - state->heard_ms >= ENVIRONMENT_SILENT_MS)
    return err_set(err, ERR_TIMEOUT, "%s: its process does not answer", state->name);
  return true;
}

void environment_process_show(struct environment_process *process) {
  process->front = true;
  tell(process, MEMBER_SHOW "\n");
  timer_start(process, on_show_late, SHOW_MS);
}

void environment_process_retry(struct environment_process *process) {
  if (process->life || process->stopped)
    return;
  uv_timer_stop(&process->timer);
  life_begin(process);
}

void environment_process_reload(struct environment_process *process) {
  if (process->life)
    uv_process_kill(&process->life->handle, SIGUSR2);
}

void environment_process_resumed(struct environment_process *process) {
  process->state.heard_ms = clock_now_ms();
}

void environment_process_stop(struct environment_process *process) {
  process->stopped = true;
  uv_timer_stop(&process->timer);
  if (process->life)
    handle_close((uv_handle_t *)&process->life->socket);
  else
    process->hooks.ended(process->hooks.arg);
}

void environment_process_kill(struct environment_process *process) {
  if (process->life)
    uv_process_kill(&process->life->handle, SIGKILL);
}

static void on_freed(uv_handle_t *handle) {
  free(handle->data);
}

void environment_process_free(struct environment_process *process) {
  if (process->life)
    process->life->owner = NULL;
  uv_close((uv_handle_t *)&process->timer, on_freed);
}
