#include "app/dashboard/dashboard.h"

#include "app/dashboard/dashboard_columns.h"
#include "app/dashboard/dashboard_pages.h"
#include "app/dashboard/dashboard_state.h"
#include "app/dashboard/dashboard_user.h"
#include "app/dashboard/dashboard_view.h"
#include "app/dashboard/terminal/crash.h"
#include "app/dashboard/terminal/dashboard_terminal.h"
#include "app/dashboard/terminal/stderr_hold.h"
#include "app/startup/next_steps.h"
#include "app/startup/startup.h"
#include "collectors/page.h"
#include "core/text/text.h"
#include "io/clock.h"
#include "model/judge/model_evaluate.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* At most 30 frames per second; a frame whose answer is still expected is delayed in steps. */
enum { FRAME_MS = 33, EXPECT_MS = 10 };

void dashboard_dirty(struct dashboard *dashboard, enum dirty dirty) {
  if (dirty > dashboard->dirty)
    dashboard->dirty = dirty;
}

void dashboard_leave(struct dashboard *dashboard, int signal_number) {
  if (dashboard->leaving)
    return;
  dashboard->leaving = true;
  dashboard_away_end(&dashboard->away, signal_number);
  dashboard->signal = signal_number;
  uv_stop(&dashboard->runtime->loop);
}

static void timer_start(uv_timer_t *timer, uv_timer_cb callback, int64_t ms) {
  uv_update_time(timer->loop);
  uv_timer_start(timer, callback, ms > 0 ? (uint64_t)ms : 0, 0);
}

/* Drawing. */

static void on_input(uv_poll_t *poll, int status, int events);
static void on_frame(uv_timer_t *timer);

void dashboard_input_watch(struct dashboard *dashboard) {
  const int events = UV_READABLE | (terminal_pending(dashboard->terminal) ? UV_WRITABLE : 0);
  uv_poll_start(&dashboard->input, events, on_input);
}

void dashboard_input_once(struct dashboard *dashboard) {
  uv_poll_start(&dashboard->input, UV_READABLE, on_input);
}

void dashboard_input_stop(struct dashboard *dashboard) {
  uv_poll_stop(&dashboard->input);
  uv_timer_stop(&dashboard->key_wait);
}

void dashboard_tidy(struct dashboard *dashboard) {
  const struct operations *operations = &dashboard->model.operations;
  while (dashboard->model.page_count > 0)
    dashboard_page_close(&dashboard->model, dashboard->scheduler);
  if (dashboard->model.logs)
    dashboard_logs_request(&dashboard->logs, &(struct request){.kind = REQUEST_LOGS_CLOSE});
  if (operations->menu)
    dashboard_operations_request(&dashboard->operations,
                                 &(struct request){.kind = REQUEST_MENU_CLOSE});
  if (operations->front)
    dashboard_operations_request(&dashboard->operations,
                                 &(struct request){.kind = REQUEST_DISMISS});
}

static void dashboard_draw(struct dashboard *dashboard) {
  const int64_t now = clock_now_ms();
  int width, height;
  terminal_size(dashboard->terminal, &width, &height);
  if (!dashboard->canvas || dashboard->canvas->width != width ||
      dashboard->canvas->height != height) {
    canvas_free(dashboard->canvas);
    dashboard->canvas = canvas_new(width, height, dashboard->ascii);
    dashboard->canvas->bare = dashboard->bare;
  }
  dashboard->model.wall_offset_ms = clock_wall_offset_ms();
  const int64_t lock = dashboard_operations_refresh(&dashboard->operations, now);
  if (dashboard->judge && !dashboard->paused) {
    model_evaluate(&dashboard->model, now, false);
    dashboard_incident_see(&dashboard->incident);
    if (dashboard->is_wall)
      dashboard_wall_see(&dashboard->wall);
    dashboard_events_see(&dashboard->events);
  }
  canvas_clear(dashboard->canvas);
  view_draw(dashboard->view, &dashboard->model, now, dashboard->canvas);
  if (view_shows_wall(dashboard->view))
    dashboard_tidy(dashboard);
  terminal_show(dashboard->terminal, dashboard->canvas, now);
  dashboard->drawn_ms = now;
  dashboard->dirty = DIRTY_NOT;
  dashboard->judge = false;
  stderr_hold_drain();
  int64_t next = view_next_ms(dashboard->view, &dashboard->model, now);
  next = (lock < next ? lock : next) - now;
  timer_start(&dashboard->frame, on_frame, next > FRAME_MS ? next : FRAME_MS);
}

/* Delay of the frame in ms; 0: draw it now. */
static int64_t frame_wait(const struct dashboard *dashboard) {
  const int64_t now = clock_now_ms(), due = dashboard->drawn_ms + FRAME_MS;
  const int64_t behind = terminal_wait(dashboard->terminal, now);
  if (behind > 0 || dashboard->dirty == DIRTY_KEY)
    return behind;
  if (now < due && now >= dashboard->drawn_ms)
    return due - now;
  bool may_wait = dashboard->dirty != DIRTY_SIZE;
  return may_wait && scheduler_expects(dashboard->scheduler, now) ? EXPECT_MS : 0;
}

void dashboard_judge_unseen(struct dashboard *dashboard) {
  if (!dashboard->judge || dashboard->leaving)
    return;
  dashboard->judge = false;
  dashboard->model.wall_offset_ms = clock_wall_offset_ms();
  model_evaluate(&dashboard->model, clock_now_ms(), false);
  dashboard_incident_see(&dashboard->incident);
  dashboard_events_see(&dashboard->events);
  stderr_hold_drain();
}

/* The only place that draws, after everything in this turn of the loop was processed. Pending
 * output is written first; the screen is then drawn in its current state. */
static void on_before_sleep(uv_prepare_t *prepare) {
  struct dashboard *dashboard = prepare->data;
  if (!dashboard->leaving)
    dashboard_rebase(dashboard);
  if (dashboard->away.state != AWAY_NOT) {
    dashboard_judge_unseen(dashboard);
    return;
  }
  if (dashboard->leaving || !dashboard->dirty || terminal_pending(dashboard->terminal))
    return;
  const int64_t wait = frame_wait(dashboard);
  if (wait > 0) {
    timer_start(&dashboard->frame, on_frame, wait);
    return;
  }
  dashboard_draw(dashboard);
  if (terminal_pending(dashboard->terminal))
    dashboard_input_watch(dashboard);
  if (terminal_gone(dashboard->terminal))
    dashboard_leave(dashboard, SIGHUP);
}

static void on_frame(uv_timer_t *timer) {
  struct dashboard *dashboard = timer->data;
  if (dashboard->dirty)
    return; /* a delayed frame, before the loop sleeps */
  dashboard->judge = true;
  dashboard_dirty(dashboard, DIRTY_TIME);
}

static void on_key_wait(uv_timer_t *timer);

void dashboard_keys_soon(struct dashboard *dashboard) {
  timer_start(&dashboard->key_wait, on_key_wait, 1);
}

static void keys_handle(struct dashboard *dashboard) {
  struct key key;
  while (!dashboard->leaving && terminal_key(dashboard->terminal, &key)) {
    dashboard_dirty(dashboard, DIRTY_KEY);
    const struct request request =
        view_key(dashboard->view, &dashboard->model, clock_now_ms(), key);
    const bool interrupts = key.code == KEY_CODE_CTRL && key.rune == 'c';
    if (dashboard->options->member && request.kind == REQUEST_QUIT && !interrupts) {
      dashboard_give_back(dashboard);
      return;
    }
    dashboard_request(dashboard, request);
  }
  dashboard_theme_follow(&dashboard->theme);
  const int wait = terminal_key_wait(dashboard->terminal);
  if (wait > 0)
    timer_start(&dashboard->key_wait, on_key_wait, wait);
  else
    uv_timer_stop(&dashboard->key_wait);
}

static void on_key_wait(uv_timer_t *timer) {
  struct dashboard *dashboard = timer->data;
  terminal_key_expire(dashboard->terminal);
  keys_handle(dashboard);
}

static void on_input(uv_poll_t *poll, int status, int events) {
  struct dashboard *dashboard = poll->data;
  if (dashboard->away.state == AWAY_WAITS && status == 0) {
    dashboard_away_over(dashboard, dashboard_away_words(&dashboard->away));
    return;
  }
  if (events & UV_WRITABLE) {
    terminal_flush(dashboard->terminal);
    if (!terminal_pending(dashboard->terminal))
      dashboard_input_watch(dashboard);
  }
  if (events & UV_READABLE && terminal_read(dashboard->terminal))
    keys_handle(dashboard);
  if (status < 0 || terminal_gone(dashboard->terminal)) {
    uv_poll_stop(poll);
    dashboard_leave(dashboard, SIGHUP);
  }
}

/* The beginning and the end. */

static void say_terminal(struct dashboard *dashboard) {
  char shown[TERMINAL_WORD_MAX];
  const char *word = terminal_word(dashboard->terminal);
  if (!word)
    return;
  text_sanitize(shown, sizeof shown, word, strlen(word), dashboard->ascii);
  view_notice(dashboard->view, shown);
}

static void dashboard_open(struct dashboard *dashboard) {
  uv_loop_t *loop = &dashboard->runtime->loop;
  uv_prepare_init(loop, &dashboard->before_sleep);
  uv_poll_init(loop, &dashboard->input, terminal_descriptor(dashboard->terminal));
  uv_timer_init(loop, &dashboard->frame);
  uv_timer_init(loop, &dashboard->key_wait);
  dashboard->before_sleep.data = dashboard->input.data = dashboard;
  dashboard->frame.data = dashboard->key_wait.data = dashboard;
  signals_open(&dashboard->signals, loop, dashboard_on_signal, dashboard);
  uv_prepare_start(&dashboard->before_sleep, on_before_sleep);
}

static void dashboard_close(struct dashboard *dashboard) {
  uv_close((uv_handle_t *)&dashboard->before_sleep, NULL);
  uv_close((uv_handle_t *)&dashboard->input, NULL);
  uv_close((uv_handle_t *)&dashboard->frame, NULL);
  uv_close((uv_handle_t *)&dashboard->key_wait, NULL);
  signals_close(&dashboard->signals);
  dashboard_parts_close(dashboard);
  crash_unguard();
  terminal_close(dashboard->terminal);
  stderr_release();
  view_free(dashboard->view);
  canvas_free(dashboard->canvas);
}

/* The first frame is drawn before the collectors are opened, because client libraries start
 * slowly. */
static void dashboard_begin(struct dashboard *dashboard,
                            const struct dashboard_theme_start *start) {
  dashboard_parts_open(dashboard, start);
  dashboard_open(dashboard);
  dashboard->judge = true;
  say_terminal(dashboard);
  if (!dashboard->options->member) {
    dashboard_draw(dashboard);
    dashboard_input_watch(dashboard);
  }
  scheduler_start(dashboard->scheduler);
}

/* In the bottom line until the first key, and as an event. */
static void discovered_say(struct dashboard *dashboard) {
  char text[512];
  startup_discovered_text(text, sizeof text, dashboard->config);
  view_notice(dashboard->view, text);
  events_add(&dashboard->model.events, clock_now_ms(), SEVERITY_OK, "stacktop", "%s", text);
}

int dashboard_run(struct runtime *runtime, struct config *config, const struct options *options) {
  int status;
  struct dashboard_theme_start start = {0};
  struct terminal *terminal = dashboard_terminal_open(config, options, &start, &status);
  if (!terminal) {
    config_free(config);
    if (!runtime_close(runtime, NULL))
      _exit(status);
    return status;
  }
  crash_guard(terminal);
  stderr_hold();
  struct dashboard dashboard = {.runtime = runtime,
                                .config = config,
                                .terminal = terminal,
                                .options = options,
                                .ascii = options->no_unicode,
                                .bare = options->screen_reader,
                                .away = {.state = options->member ? AWAY_LISTED : AWAY_NOT},
                                .is_wall = options->wall};
  char *user = dashboard_user();
  dashboard.user = user;
  model_init(&dashboard.model, config);
  dashboard.model.pages = page_specs;
  dashboard.model.of_several = options->member;
  dashboard.model.next_steps = next_steps;
  dashboard.view = dashboard_view_new(options, user, config);
  dashboard_columns_read(&dashboard.columns);
  dashboard_columns_show(&dashboard.columns, dashboard.view);
  if (config->discovered)
    discovered_say(&dashboard);
  dashboard_begin(&dashboard, &start);
  uv_run(&runtime->loop, UV_RUN_DEFAULT);
  dashboard_close(&dashboard);
  const bool closed = runtime_close(runtime, dashboard.scheduler);
  if (dashboard.signal)
    signals_die(dashboard.signal);
  if (!closed)
    _exit(EXIT_SUCCESS); /* threads that still hang may use the model's targets, so these are not
                            freed */
  model_fini(&dashboard.model);
  dashboard_events_fini(&dashboard.events);
  dashboard_rebase_fini(&dashboard);
  free(user);
  return EXIT_SUCCESS;
}
