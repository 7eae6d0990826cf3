#include "app/modes/runbook/runbook_program.h"

#include "core/mem.h"
#include "io/child.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNALS = 3, HEAD_MAX = 256 << 10, TAIL_MAX = 64 << 10 };

/* ---- argv */

void own_argv_add(struct own_argv *argv, const char *word) {
  assert(argv->count < RUNBOOK_ARGV_MAX);
  argv->words[argv->count++] = mem_dup(word);
}

void own_argv_init(struct own_argv *argv, const struct options *options, const char *config,
                   const char *const *command) {
  *argv = (struct own_argv){0};
  own_argv_add(argv, "/proc/self/exe");
  if (config) {
    own_argv_add(argv, "-c");
    own_argv_add(argv, config);
  }
  if (options->no_unicode)
    own_argv_add(argv, "-U");
  if (options->no_color)
    own_argv_add(argv, "-C");
  if (options->utc)
    own_argv_add(argv, "--utc");
  if (options->read_only)
    own_argv_add(argv, "--read-only");
  for (; *command; command++)
    own_argv_add(argv, *command);
  own_argv_add(argv, "--");
}

void own_argv_fini(struct own_argv *argv) {
  for (size_t i = 0; i < argv->count; i++)
    free(argv->words[i]);
}

/* ---- with the terminal */

struct own_process {
  uv_process_t process;
  bool over;
  int status;
  int interrupts;
};

static void on_exit_of(uv_process_t *process, int64_t status, int number) {
  struct own_process *own = process->data;
  own->over = true;
  own->status = number ? -1 : (int)status;
  uv_stop(process->loop);
}

static void on_signal(uv_signal_t *handle, int number) {
  (void)number; /* the terminal has sent it to that process as well */
  ((struct own_process *)handle->data)->interrupts++;
}

int own_run(struct runtime *runtime, const struct own_argv *argv, bool *interrupted) {
  static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
  struct own_process own = {.status = -1};
  uv_stdio_container_t stdio[3];
  uv_signal_t signals[SIGNALS];
  for (int i = 0; i < 3; i++)
    stdio[i] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = i};
  const uv_process_options_t options = {.file = argv->words[0],
                                        .args = (char **)argv->words,
                                        .exit_cb = on_exit_of,
                                        .stdio = stdio,
                                        .stdio_count = 3};
  fflush(NULL);
  own.process.data = &own;
  for (size_t i = 0; i < SIGNALS; i++) {
    uv_signal_init(&runtime->loop, &signals[i]);
    signals[i].data = &own;
    uv_signal_start(&signals[i], on_signal, numbers[i]);
  }
  own.over = uv_spawn(&runtime->loop, &own.process, &options) != 0;
  while (!own.over)
    uv_run(&runtime->loop, UV_RUN_DEFAULT);
  uv_close((uv_handle_t *)&own.process, NULL);
  for (size_t i = 0; i < SIGNALS; i++)
    uv_close((uv_handle_t *)&signals[i], NULL);
  uv_run(&runtime->loop, UV_RUN_NOWAIT); /* they are this function's */
  if (interrupted)
    *interrupted = own.interrupts > 0;
  return own.status;
}

/* ---- captured */

struct capturing {
  struct captured *captured;
  bool over;
  uv_loop_t *loop;
};

static char *excerpt_text(const struct excerpt *excerpt) {
  const struct excerpt_view view = excerpt_view(excerpt);
  return view.left_out > 0
             ? mem_printf("%.*s\n[%lld bytes omitted]\n%.*s", (int)view.head_len, view.head,
                          (long long)view.left_out, (int)view.tail_len, view.tail)
             : mem_printf("%.*s", (int)view.head_len, view.head);
}

static void on_captured(void *arg, const struct child_result *result, const struct err *err) {
  struct capturing *capturing = arg;
  struct captured *captured = capturing->captured;
  captured->status = -1;
  if (result) {
    captured->output = excerpt_text(&result->streams[CHILD_STDOUT]);
    captured->errors = excerpt_text(&result->streams[CHILD_STDERR]);
    captured->status = result->exit_code;
  }
  if (err) {
    captured->err = *err;
    captured->status = -1;
  } else if (result && result->signal) {
    err_set(&captured->err, ERR_CLOSED, "signal %d ended it", result->signal);
  }
  capturing->over = true;
  uv_stop(capturing->loop);
}

void program_capture(struct runtime *runtime, char *const *argv, char *const *environment,
                     int64_t timeout_ms, struct captured *captured) {
  *captured = (struct captured){0};
  struct capturing capturing = {.captured = captured, .loop = &runtime->loop};
  const struct child_query query = {.argv = argv,
                                    .environment = environment,
                                    .split = true,
                                    .head_max = HEAD_MAX,
                                    .tail_max = TAIL_MAX,
                                    .timeout_ms = timeout_ms};
  child_start(&runtime->io, &query, on_captured, &capturing);
  while (!capturing.over)
    uv_run(&runtime->loop, UV_RUN_DEFAULT);
}

void captured_fini(struct captured *captured) {
  free(captured->output);
  free(captured->errors);
}
