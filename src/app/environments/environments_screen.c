#include "app/environments/environments_screen.h"

#include "app/dashboard/dashboard_user.h"
#include "app/dashboard/terminal/crash.h"
#include "app/dashboard/terminal/dashboard_terminal.h"
#include "app/dashboard/terminal/signals.h"
#include "app/dashboard/terminal/stderr_hold.h"
#include "app/environments/environment_process.h"
#include "core/mem.h"
#include "core/text/text.h"
#include "io/clock.h"
#include "ui/environments/environments_view.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TICK_MS = 1000, END_MS = 1500, THE_LIST = -1 };

struct screen;

/* The argument of a process's hooks. */
struct slot {
  struct screen *screen;
  struct environment_process *process;
  size_t index;
  bool known; /* as last drawn at once */
  enum severity severity;
};

struct screen {
  struct runtime *runtime;
  const struct options *options;
  struct slot slots[ENVIRONMENTS_MAX];
  const struct environment *states[ENVIRONMENTS_MAX];
  size_t count, ended;
  struct terminal *terminal;
  struct canvas *canvas;
  struct dashboard_theme theme;
  struct environments_view view;
  struct signals signals;
  uv_poll_t input;
  uv_prepare_t before_sleep;
  uv_timer_t tick, key_wait, end;
  char *user;
  int front; /* which one has the terminal; THE_LIST: none of them */
  bool dirty, leaving;
  int signal;
};

static void on_input(uv_poll_t *poll, int status, int events);

static void timer_start(uv_timer_t *timer, uv_timer_cb callback, int64_t ms) {
  uv_update_time(timer->loop);
  uv_timer_start(timer, callback, (uint64_t)ms, 0);
}

static void input_watch(struct screen *screen) {
  const int events = UV_READABLE | (terminal_pending(screen->terminal) ? UV_WRITABLE : 0);
  uv_poll_start(&screen->input, events, on_input);
}

static void say(struct screen *screen, const char *text) {
  text_sanitize(screen->view.notice, sizeof screen->view.notice, text, strlen(text),
                screen->options->no_unicode);
  screen->dirty = true;
}

/* ---- the end */

static void on_end_late(uv_timer_t *timer) {
  struct screen *screen = timer->data;
  for (size_t i = 0; i < screen->count; i++)
    environment_process_kill(screen->slots[i].process);
}

/* The one that has the terminal gives it back as it ends, so it is waited for. */
static void screen_leave(struct screen *screen, int number) {
  if (screen->leaving)
    return;
  screen->leaving = true;
  screen->signal = number;
  timer_start(&screen->end, on_end_late, END_MS);
  for (size_t i = 0; i < screen->count; i++)
    environment_process_stop(screen->slots[i].process);
}

static void on_ended(void *arg) {
  const struct slot *slot = arg;
  struct screen *screen = slot->screen;
  if (++screen->ended == screen->count)
    uv_stop(&screen->runtime->loop);
}

/* ---- drawing */

static struct environments_list list_of(const struct screen *screen) {
  return (struct environments_list){.items = screen->states,
                                    .count = screen->count,
                                    .now_ms = clock_now_ms(),
                                    .wall_offset_ms = clock_wall_offset_ms(),
                                    .utc = screen->options->utc,
                                    .user = screen->user};
}

/* Names are unique at the start; a reloaded configuration may have another. */
static void clashes_find(const struct screen *screen) {
  for (size_t i = 0; i < screen->count; i++) {
    bool clashes = false;
    for (size_t n = 0; n < screen->count; n++)
      clashes =
          clashes || (n != i && strcmp(screen->states[n]->name, screen->states[i]->name) == 0);
    environment_process_clash(screen->slots[i].process, clashes);
  }
}

static void screen_draw(struct screen *screen) {
  int width, height;
  clashes_find(screen);
  const struct environments_list list = list_of(screen);
  terminal_size(screen->terminal, &width, &height);
  if (!screen->canvas || screen->canvas->width != width || screen->canvas->height != height) {
    canvas_free(screen->canvas);
    screen->canvas = canvas_new(width, height, screen->options->no_unicode);
    screen->canvas->bare = screen->options->screen_reader;
  }
  canvas_clear(screen->canvas);
  environments_draw(&screen->view, &list, screen->canvas);
  terminal_show(screen->terminal, screen->canvas, list.now_ms);
  screen->dirty = false;
  stderr_hold_drain();
  if (terminal_pending(screen->terminal))
    input_watch(screen);
}

static void on_before_sleep(uv_prepare_t *prepare) {
  struct screen *screen = prepare->data;
  if (screen->front != THE_LIST || screen->leaving || !screen->dirty ||
      terminal_pending(screen->terminal))
    return;
  const int64_t wait = terminal_wait(screen->terminal, clock_now_ms());
  if (wait <= 0)
    screen_draw(screen);
  if (terminal_gone(screen->terminal))
    screen_leave(screen, SIGHUP);
}

static void on_tick(uv_timer_t *timer) {
  struct screen *screen = timer->data;
  screen->dirty = true;
}

/* Another verdict is drawn at once, figures with the next tick. */
static void on_changed(void *arg) {
  struct slot *slot = arg;
  const struct environment *state = slot->process ? environment_process_state(slot->process) : NULL;
  if (!state || (state->known == slot->known && state->severity == slot->severity))
    return;
  slot->known = state->known;
  slot->severity = state->severity;
  slot->screen->dirty = true;
}

/* ---- the terminal */

static void on_key_wait(uv_timer_t *timer);

static void terminal_retake(struct screen *screen) {
  terminal_enter(screen->terminal);
  terminal_discard_input(screen->terminal);
  timer_start(&screen->key_wait, on_key_wait, 1);
  input_watch(screen);
  screen->dirty = true;
}

static void terminal_lend(struct screen *screen) {
  const struct slot *slot = &screen->slots[screen->view.at];
  struct err err;
  if (!environment_process_ready(slot->process, &err)) {
    say(screen, err.text);
    return;
  }
  uv_poll_stop(&screen->input);
  uv_timer_stop(&screen->key_wait);
  terminal_discard_input(screen->terminal);
  terminal_leave(screen->terminal);
  screen->front = (int)slot->index;
  environment_process_show(slot->process);
}

static void on_back(void *arg, const char *why) {
  const struct slot *slot = arg;
  struct screen *screen = slot->screen;
  char text[ENVIRONMENTS_NOTICE_MAX];
  if (screen->front != (int)slot->index || screen->leaving)
    return;
  screen->front = THE_LIST;
  terminal_retake(screen);
  snprintf(text, sizeof text, "%s: %.400s; it starts again",
           environment_process_state(slot->process)->name, why ? why : "");
  if (why)
    say(screen, text);
}

static void on_quit(void *arg) {
  const struct slot *slot = arg;
  screen_leave(slot->screen, 0);
}

/* The whole job stops; what the processes report meanwhile is not awaited. */
static void screen_suspend(struct screen *screen, bool job) {
  const bool lent = screen->front != THE_LIST;
  if (!lent)
    terminal_leave(screen->terminal);
  signals_suspend(&screen->signals, job);
  for (size_t i = 0; i < screen->count; i++)
    environment_process_resumed(screen->slots[i].process);
  if (!lent)
    terminal_retake(screen);
}

static void on_signal(void *arg, int number) {
  struct screen *screen = arg;
  switch (number) {
  case SIGWINCH:
    screen->dirty = true;
    break;
  case SIGTSTP:
    screen_suspend(screen, false);
    break;
  case SIGUSR2:
    for (size_t i = 0; i < screen->count; i++)
      environment_process_reload(screen->slots[i].process);
    break;
  case SIGCONT:
    if (screen->front != THE_LIST)
      break;
    terminal_leave(screen->terminal);
    terminal_retake(screen);
    break;
  default:
    screen_leave(screen, number);
  }
}

/* ---- keys */

static void retry_all(struct screen *screen) {
  for (size_t i = 0; i < screen->count; i++)
    environment_process_retry(screen->slots[i].process);
}

static void act(struct screen *screen, enum environments_act what) {
  switch (what) {
  case ENVIRONMENTS_OPEN:
    terminal_lend(screen);
    break;
  case ENVIRONMENTS_RETRY:
    retry_all(screen);
    break;
  case ENVIRONMENTS_RELOAD:
    on_signal(screen, SIGUSR2);
    retry_all(screen);
    say(screen, "All configurations are read again");
    break;
  case ENVIRONMENTS_REPAINT:
    terminal_invalidate(screen->terminal);
    break;
  case ENVIRONMENTS_SUSPEND:
    screen_suspend(screen, true);
    break;
  case ENVIRONMENTS_QUIT:
    screen_leave(screen, 0);
    break;
  default:
    break;
  }
}

static void keys_handle(struct screen *screen) {
  struct key key;
  while (!screen->leaving && screen->front == THE_LIST && terminal_key(screen->terminal, &key)) {
    const struct environments_list list = list_of(screen);
    act(screen, environments_key(&screen->view, &list, key));
    screen->dirty = true;
  }
  if (screen->front != THE_LIST)
    return;
  dashboard_theme_follow(&screen->theme);
  const int wait = terminal_key_wait(screen->terminal);
  if (wait > 0)
    timer_start(&screen->key_wait, on_key_wait, wait);
  else
    uv_timer_stop(&screen->key_wait);
}

static void on_key_wait(uv_timer_t *timer) {
  struct screen *screen = timer->data;
  terminal_key_expire(screen->terminal);
  keys_handle(screen);
}

static void on_input(uv_poll_t *poll, int status, int events) {
  struct screen *screen = poll->data;
  if (events & UV_WRITABLE) {
    terminal_flush(screen->terminal);
    if (!terminal_pending(screen->terminal))
      input_watch(screen);
  }
  if (events & UV_READABLE && terminal_read(screen->terminal))
    keys_handle(screen);
  if (status < 0 || terminal_gone(screen->terminal)) {
    uv_poll_stop(poll);
    screen_leave(screen, SIGHUP);
  }
}

/* ---- its life */

static void on_theme(void *arg) {
  struct screen *screen = arg;
  screen->dirty = true;
}

static void on_say(void *arg, const char *text) {
  say(arg, text);
}

static void screen_open(struct screen *screen, const struct environment_files *files,
                        const struct dashboard_theme_start *start) {
  uv_loop_t *loop = &screen->runtime->loop;
  uv_prepare_init(loop, &screen->before_sleep);
  uv_poll_init(loop, &screen->input, terminal_descriptor(screen->terminal));
  uv_timer_init(loop, &screen->tick);
  uv_timer_init(loop, &screen->key_wait);
  uv_timer_init(loop, &screen->end);
  screen->before_sleep.data = screen->input.data = screen->tick.data = screen->key_wait.data =
      screen->end.data = screen;
  signals_open(&screen->signals, loop, on_signal, screen);
  uv_prepare_start(&screen->before_sleep, on_before_sleep);
  uv_timer_start(&screen->tick, on_tick, TICK_MS, TICK_MS);
  input_watch(screen);
  dashboard_theme_open(
      &screen->theme, &screen->runtime->io, screen->terminal, start,
      &(struct dashboard_theme_hooks){.changed = on_theme, .say = on_say, .arg = screen});
  for (size_t i = 0; i < files->count; i++) {
    struct slot *slot = &screen->slots[i];
    *slot = (struct slot){.screen = screen, .index = i};
    const struct environment_process_hooks hooks = {
        .changed = on_changed, .back = on_back, .quit = on_quit, .ended = on_ended, .arg = slot};
    slot->process =
        environment_process_new(loop, &files->items[i], screen->options, &hooks, (int64_t)i);
    screen->states[i] = environment_process_state(slot->process);
    screen->count = i + 1;
  }
  screen->dirty = true;
}

static void screen_close(struct screen *screen) {
  uv_close((uv_handle_t *)&screen->before_sleep, NULL);
  uv_close((uv_handle_t *)&screen->input, NULL);
  uv_close((uv_handle_t *)&screen->tick, NULL);
  uv_close((uv_handle_t *)&screen->key_wait, NULL);
  uv_close((uv_handle_t *)&screen->end, NULL);
  signals_close(&screen->signals);
  dashboard_theme_close(&screen->theme);
  for (size_t i = 0; i < screen->count; i++)
    environment_process_free(screen->slots[i].process);
  crash_unguard();
  terminal_close(screen->terminal);
  stderr_release();
  canvas_free(screen->canvas);
  free(screen->user);
}

/* The theme of the first configuration that names one. */
static struct terminal *terminal_make(const struct environment_files *files,
                                      const struct options *options,
                                      struct dashboard_theme_start *start, int *status) {
  struct config config = {.mouse = true};
  for (size_t i = 0; i < files->count && !config.theme; i++)
    config.theme = files->items[i].theme;
  return dashboard_terminal_open(&config, options, start, status);
}

int environments_screen_run(struct runtime *runtime, const struct environment_files *files,
                            const struct options *options) {
  int status = EXIT_SUCCESS;
  struct screen screen = {.runtime = runtime, .options = options, .front = THE_LIST};
  struct dashboard_theme_start start = {0};
  screen.terminal = terminal_make(files, options, &start, &status);
  if (!screen.terminal) {
    if (!runtime_close(runtime, NULL))
      _exit(status);
    return status;
  }
  crash_guard(screen.terminal);
  stderr_hold();
  screen.user = dashboard_user();
  screen_open(&screen, files, &start);
  uv_run(&runtime->loop, UV_RUN_DEFAULT);
  screen_close(&screen);
  const bool closed = runtime_close(runtime, NULL);
  if (screen.signal)
    signals_die(screen.signal);
  if (!closed)
    _exit(EXIT_SUCCESS);
  return EXIT_SUCCESS;
}
