#include "app/environments/environments_children.h"

#include "app/runtime/runtime.h"
#include "core/mem.h"
#include "core/text/excerpt.h"
#include "core/text/text.h"
#include "io/child.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
  REPORT_MAX = 64 << 20,    /* bytes of one report */
  RUN_MS = 2 * 3600 * 1000, /* a command ends by itself, at its own deadlines */
};

bool part_wanted(int argc, char *const *argv) {
  return argc > 1 && strcmp(argv[1], PART_ARGUMENT) == 0;
}

void part_begin(void) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
}

struct run {
  uv_loop_t *loop;
  size_t open;
};

struct one {
  struct run *run;
  const char *path;
  struct part_output *output;
};

static void said_take(const struct one *one, const char *text, size_t len) {
  static const char prefix[] = "stacktop: ";
  const char *slash = strrchr(one->path, '/');
  const size_t folder = slash ? (size_t)(slash + 1 - one->path) : 0;
  const char *end = memchr(text, '\n', len);
  len = end ? (size_t)(end - text) : len;
  const size_t skip = len >= sizeof prefix - 1 && strncmp(text, prefix, sizeof prefix - 1) == 0
                          ? sizeof prefix - 1
                      : len >= folder && strncmp(text, one->path, folder) == 0 ? folder
                                                                               : 0;
  text_sanitize(one->output->said, PART_SAID_MAX, text + skip, len - skip, false);
}

static void text_take(char **to, const char *text, size_t len) {
  *to = mem_resize(*to, len + 1);
  memcpy(*to, text, len);
  (*to)[len] = '\0';
}

static void on_done(void *arg, const struct child_result *result, const struct err *err) {
  struct one *one = arg;
  struct part_output *output = one->output;
  if (result) {
    const struct excerpt_view out = excerpt_view(&result->streams[CHILD_STDOUT]),
                              said = excerpt_view(&result->streams[CHILD_STDERR]);
    text_take(&output->text, out.head, out.head_len);
    text_take(&output->errors, said.head, said.head_len);
    output->len = out.head_len;
    output->status = out.left_out > 0 ? -1 : result->exit_code;
    said_take(one, said.head, said.head_len);
    if (out.left_out > 0)
      snprintf(output->said, PART_SAID_MAX, "its report has more than %d MB", REPORT_MAX >> 20);
    else if (result->signal)
      snprintf(output->said, PART_SAID_MAX, "its process was ended by SIG%s",
               sigabbrev_np(result->signal));
  }
  if (err)
    snprintf(output->said, PART_SAID_MAX, "%s", err->text);
  if (--one->run->open == 0)
    uv_stop(one->run->loop);
}

static void start(struct io *io, struct one *one, const char *const *words) {
  const char *argv[PART_WORDS_MAX + 5] = {"/proc/self/exe", PART_ARGUMENT};
  size_t count = 2;
  for (size_t i = 0; words[i] && i < PART_WORDS_MAX; i++)
    argv[count++] = words[i];
  argv[count++] = "-c";
  argv[count] = one->path;
  const struct child_query query = {
      .argv = (char *const *)argv, .split = true, .head_max = REPORT_MAX, .timeout_ms = RUN_MS};
  one->run->open++;
  child_start(io, &query, on_done, one);
}

bool parts_run(const struct environment_files *files, const char *const *words,
               struct part_output *outputs, struct err *err) {
  struct runtime runtime;
  struct one ones[ENVIRONMENTS_MAX];
  struct run run = {.loop = &runtime.loop};
  for (size_t i = 0; i < files->count; i++) {
    outputs[i].status = -1;
    outputs[i].text = mem_dup("");
    outputs[i].errors = mem_dup("");
  }
  if (!runtime_init(&runtime, err))
    return false;
  for (size_t i = 0; i < files->count; i++) {
    ones[i] = (struct one){.run = &run, .path = files->items[i].path, .output = &outputs[i]};
    if (outputs[i].wanted)
      start(&runtime.io, &ones[i], words);
  }
  if (run.open > 0)
    uv_run(&runtime.loop, UV_RUN_DEFAULT);
  return runtime_close(&runtime, NULL) || err_set(err, ERR_IO, "a process did not end");
}

void parts_fini(struct part_output *outputs, size_t count) {
  for (size_t i = 0; i < count; i++) {
    free(outputs[i].text);
    free(outputs[i].errors);
  }
}
