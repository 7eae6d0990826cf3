#include "app/plain/plain.h"

#include "app/startup/next_steps.h"
#include "collectors/page.h"
#include "io/child.h"
#include "io/clock.h"
#include "model/judge/model_evaluate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TICK_MS = 1000 };

/* ---- changes */

static bool has_heard_all(const struct plain *plain) {
  const int64_t now_ms = clock_now_ms();
  for (size_t i = 0; i < plain->model.target_count; i++)
    if (target_state_condition(&plain->model.targets[i], now_ms) == TARGET_WAITING)
      return now_ms - plain->started_ms >= PLAIN_FIRST_MS;
  return true;
}

static void on_input(uv_poll_t *poll, int status, int events);

static void begin(struct plain *plain) {
  plain->begun = true;
  plain->printed = plain->model.events.total; /* they are in the list */
  plain_list(plain);
  if (plain->input_fd >= 0) {
    plain_say(plain, "Type help and Enter for the commands. Changes follow, one a line.");
    uv_poll_start(&plain->input, UV_READABLE, on_input);
  }
}

/* While a question waits for its answer, changes wait too. */
static void turn(struct plain *plain) {
  plain->model.wall_offset_ms = clock_wall_offset_ms();
  dashboard_operations_refresh(&plain->operations, clock_now_ms());
  model_evaluate(&plain->model, clock_now_ms(), false);
  dashboard_incident_see(&plain->incident);
  if (!plain->begun && has_heard_all(plain))
    begin(plain);
  if (!plain->begun)
    return;
  plain_command_turn(plain);
  plain_dialog_turn(plain);
  if (plain->dialog.question == QUESTION_NONE)
    plain_events(plain);
}

static void on_before_sleep(uv_prepare_t *prepare) {
  struct plain *plain = prepare->data;
  for (int turns = 0; plain->dirty && !plain->ended && turns < 8; turns++) {
    plain->dirty = false;
    turn(plain);
  }
  if (fflush(stdout) != 0 || ferror(stdout)) { /* the reader has gone */
    plain->ended = true;
    uv_stop(&plain->runtime->loop);
  }
}

static void on_changed(void *arg) {
  struct plain *plain = arg;
  plain->dirty = true;
}

static void on_tick(uv_timer_t *timer) {
  on_changed(timer->data);
}

/* ---- lines */

static void line_take(struct plain *plain, bool alone) {
  plain->line[plain->used] = '\0';
  plain->used = 0;
  if (plain->cut)
    plain_say(plain, "the line is too long");
  else if (!plain_dialog_answer(plain, plain->line, alone))
    plain_command(plain, plain->line);
  plain->cut = false;
  plain->dirty = true;
}

static void on_input(uv_poll_t *poll, int status, int events) {
  struct plain *plain = poll->data;
  char bytes[PLAIN_LINE_MAX];
  (void)events;
  const ssize_t got = status < 0 ? 0 : read(plain->input_fd, bytes, sizeof bytes);
  if (got < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  if (got <= 0) { /* Ctrl-D, or what wrote the commands has ended */
    uv_poll_stop(poll);
    plain->ended = true;
    uv_stop(poll->loop);
    return;
  }
  size_t ends = 0;
  for (ssize_t i = 0; i < got; i++)
    ends += bytes[i] == '\n';
  const bool alone = ends == 1 && bytes[got - 1] == '\n';
  for (ssize_t i = 0; i < got && !plain->ended; i++) {
    if (bytes[i] == '\n')
      line_take(plain, alone);
    else if (plain->used + 1 < sizeof plain->line && bytes[i] != '\0')
      plain->line[plain->used++] = bytes[i];
    else
      plain->cut = true;
  }
}

static void on_signal(void *arg, int number) {
  struct plain *plain = arg;
  if (number == SIGWINCH || number == SIGCONT)
    return;
  if (number == SIGTSTP) {
    scheduler_pause(plain->scheduler);
    signals_suspend(&plain->signals, false);
    scheduler_resume(plain->scheduler);
    return;
  }
  plain->signal = number;
  plain->ended = true;
  uv_stop(&plain->runtime->loop);
}

/* ---- what the operations and incidents need */

static void on_quit(void *arg) {
  struct plain *plain = arg;
  plain->ended = true;
  uv_stop(&plain->runtime->loop);
}

static void on_opened(void *arg) {
  on_changed(arg);
}

static void on_incident(void *arg, const char *line) {
  struct plain *plain = arg;
  dashboard_incident_line(&plain->incident, line);
}

static void on_say(void *arg, const char *text) {
  plain_say(arg, "%s", text);
}

static void on_show(void *arg) {
  const struct plain *plain = arg;
  for (size_t i = 0; i < plain->model.incident_line_count; i++)
    plain_say(plain, "%s", plain->model.incident_lines[i]);
}

static bool on_shows(void *arg) {
  (void)arg;
  return false;
}

/* ---- its life */

/* Its own description of standard input: polling makes it non-blocking, which must affect neither
 * our output to the same terminal nor the shell. A file and /dev/null cannot be waited for: nothing
 * is read from them. */
static void input_open(struct plain *plain) {
  plain->terminal = isatty(STDIN_FILENO);
  plain->input_fd = open("/proc/self/fd/0", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (plain->input_fd >= 0 &&
      uv_poll_init(&plain->runtime->loop, &plain->input, plain->input_fd) != 0) {
    close(plain->input_fd);
    plain->input_fd = -1;
  }
  plain->input.data = plain;
}

static void on_input_closed(uv_handle_t *handle) {
  const struct plain *plain = handle->data;
  close(plain->input_fd);
}

static void plain_open(struct plain *plain) {
  uv_loop_t *loop = &plain->runtime->loop;
  const struct dashboard_operations_hooks acting = {.changed = on_changed,
                                                    .opened = on_opened,
                                                    .quit = on_quit,
                                                    .incident = on_incident,
                                                    .arg = plain};
  const struct dashboard_incident_hooks telling = {
      .changed = on_changed, .say = on_say, .show = on_show, .shows = on_shows, .arg = plain};
  plain->scheduler = scheduler_new(&plain->runtime->io, &plain->model, false,
                                   (struct scheduler_hooks){.arg = plain, .changed = on_changed});
  dashboard_operations_open(&plain->operations, &plain->runtime->io, &plain->model,
                            plain->scheduler, plain->options, &acting);
  dashboard_incident_open(&plain->incident, &plain->runtime->io, &plain->model,
                          plain->operations.audit, plain->operations.state, plain->options->utc,
                          plain->options->no_unicode, &telling);
  status_beacon_open(&plain->beacon, &plain->runtime->io, &plain->model);
  signals_open(&plain->signals, loop, on_signal, plain);
  uv_prepare_init(loop, &plain->before_sleep);
  plain->before_sleep.data = plain;
  uv_prepare_start(&plain->before_sleep, on_before_sleep);
  uv_timer_init(loop, &plain->timer);
  plain->timer.data = plain;
  uv_timer_start(&plain->timer, on_tick, TICK_MS, TICK_MS);
  input_open(plain);
}

static void plain_close(struct plain *plain) {
  uv_close((uv_handle_t *)&plain->before_sleep, NULL);
  uv_close((uv_handle_t *)&plain->timer, NULL);
  if (plain->input_fd >= 0)
    uv_close((uv_handle_t *)&plain->input, on_input_closed);
  signals_close(&plain->signals);
  if (plain->child)
    child_cancel(plain->child);
  status_beacon_close(&plain->beacon);
  dashboard_incident_close(&plain->incident);
  dashboard_operations_close(&plain->operations);
  plain_dialog_fini(&plain->dialog);
  plain_list_fini(plain);
  free(plain->waiting);
}

int plain_run(struct runtime *runtime, struct config *config, const struct options *options) {
  struct plain plain = {.runtime = runtime, .options = options, .started_ms = clock_now_ms()};
  model_init(&plain.model, config);
  plain.model.pages = page_specs;
  plain.model.next_steps = next_steps;
  plain_open(&plain);
  scheduler_start(plain.scheduler);
  uv_run(&runtime->loop, UV_RUN_DEFAULT);
  plain_close(&plain);
  const bool closed = runtime_close(runtime, plain.scheduler);
  fflush(stdout);
  if (plain.signal)
    signals_die(plain.signal);
  if (!closed)
    _exit(EXIT_SUCCESS); /* threads that still hang may use the model's targets, so these are not
                            freed */
  model_fini(&plain.model);
  config_free(config);
  return EXIT_SUCCESS;
}
