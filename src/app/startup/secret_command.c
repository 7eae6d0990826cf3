#include "app/startup/secret_command.h"

#include "core/mem.h"
#include "io/child.h"

#include <stdlib.h>
#include <string.h>

/* What it says on standard error is never shown: it may contain the secret. */
enum { TAIL_KEPT = 4096 /* an excerpt has one */ };

struct running {
  char *text; /* NULL: failed */
  size_t most;
  const char *program;
  struct err *err;
};

static void on_done(void *arg, const struct child_result *result, const struct err *err) {
  struct running *running = arg;
  if (err) {
    err_set(running->err, err->kind, "%s", err->text);
    return;
  }
  const struct excerpt *output = &result->streams[CHILD_STDOUT];
  const struct excerpt_view view = excerpt_view(output);
  if (result->exit_code != 0)
    err_set(running->err, ERR_INVALID, "the command %.80s %s %d; run it by hand to see why",
            running->program, result->signal ? "was ended by signal" : "exited with status",
            result->signal ? result->signal : result->exit_code);
  else if (view.left_out > 0 || view.tail_len > 0 || view.head_len > running->most)
    err_set(running->err, ERR_LIMIT, "the command %.80s printed more than %zu bytes",
            running->program, running->most);
  else if (memchr(view.head, '\0', view.head_len))
    err_set(running->err, ERR_INVALID, "the command %.80s printed a NUL byte", running->program);
  else if (view.head_len == 0)
    err_set(running->err, ERR_INVALID, "the command %.80s printed nothing", running->program);
  else
    running->text = mem_printf("%.*s", (int)view.head_len, view.head);
}

char *secret_command_run(const char *const *argv, int64_t timeout_ms, size_t most,
                         struct err *err) {
  uv_loop_t loop;
  struct io io = {.loop = &loop};
  struct running running = {.most = most, .program = argv[0], .err = err};
  if (uv_loop_init(&loop) != 0) {
    err_set(err, ERR_LIMIT, "cannot create an event loop");
    return NULL;
  }
  const struct child_query query = {.argv = (char *const *)argv,
                                    .split = true,
                                    .head_max = most + 1,
                                    .tail_max = TAIL_KEPT,
                                    .timeout_ms = timeout_ms};
  child_start(&io, &query, on_done, &running);
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  return running.text;
}
