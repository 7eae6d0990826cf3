#include "app/dashboard/dashboard.h"

#include "app/dashboard/dashboard_columns.h"
#include "app/dashboard/dashboard_logs.h"
#include "app/dashboard/dashboard_operations.h"
#include "app/dashboard/dashboard_pages.h"
#include "app/dashboard/dashboard_reload.h"
#include "app/dashboard/dashboard_save.h"
#include "app/dashboard/dashboard_user.h"
#include "app/dashboard/dashboard_view.h"
#include "app/dashboard/dashboard_wall.h"
#include "app/dashboard/page_line.h"
#include "app/dashboard/records/dashboard_alarms.h"
#include "app/dashboard/records/dashboard_events.h"
#include "app/dashboard/records/dashboard_history.h"
#include "app/dashboard/records/dashboard_incident.h"
#include "app/dashboard/records/dashboard_runbooks.h"
#include "app/dashboard/terminal/crash.h"
#include "app/dashboard/terminal/dashboard_away.h"
#include "app/dashboard/terminal/dashboard_clip.h"
#include "app/dashboard/terminal/dashboard_pace.h"
#include "app/dashboard/terminal/dashboard_terminal.h"
#include "app/dashboard/terminal/dashboard_theme.h"
#include "app/dashboard/terminal/signals.h"
#include "app/dashboard/terminal/stderr_hold.h"
#include "app/runtime/status_beacon.h"
#include "app/startup/startup.h"
#include "app/startup/theme_file.h"
#include "collectors/page.h"
#include "core/mem.h"
#include "core/text/text.h"
#include "io/clock.h"
#include "model/config/config_adopt.h"
#include "model/judge/model_evaluate.h"
#include "ui/terminal/terminal.h"
#include "ui/view/view.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* At most 30 frames per second; a frame whose answer is still expected is delayed in steps. */
enum { FRAME_MS = 33, EXPECT_MS = 10 };

/* Why a redraw is needed; the greatest reason counts. */
enum dirty {
  DIRTY_NOT,
  DIRTY_TIME, /* an age or the clock has changed */
  DIRTY_NEWS, /* a collection has ended */
  DIRTY_SIZE,
  DIRTY_KEY, /* user input: draw at once */
};

struct dashboard {
  struct runtime *runtime;
  struct config *config;
  struct model model;
  struct scheduler *scheduler;
  struct terminal *terminal;
  struct view *view;
  struct canvas *canvas;
  bool ascii, bare;
  struct dashboard_operations operations;
  struct dashboard_logs logs;
  struct dashboard_save save;
  struct dashboard_clip clip;
  struct dashboard_history history;
  struct dashboard_incident incident;
  struct dashboard_events events;
  struct dashboard_runbooks runbooks;
  struct dashboard_alarms alarms;
  struct dashboard_away away;
  struct dashboard_reload reload;
  const struct options *options;
  char *user;
  struct config *next;     /* loaded, but something is open: NULL otherwise */
  struct config **retired; /* whose targets may still be closing */
  size_t retired_count;
  struct status_beacon beacon;
  struct dashboard_theme theme;
  struct dashboard_wall wall;
  bool is_wall;

  uv_prepare_t before_sleep;
  uv_poll_t input;
  uv_timer_t frame;    /* the next frame, for an age or because the last frame was too recent */
  uv_timer_t key_wait; /* a lone ESC */
  struct signals signals;

  enum dirty dirty;
  bool judge; /* findings may have changed since the last frame */
  bool paused;
  int pace; /* dashboard_pace.h */
  int64_t drawn_ms;
  bool leaving;
  int signal; /* signal that ended the program; 0: the user quit */
};

static void dirty_set(struct dashboard *dashboard, enum dirty dirty) {
  if (dirty > dashboard->dirty)
    dashboard->dirty = dirty;
}

static void dashboard_leave(struct dashboard *dashboard, int signal_number) {
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

static void input_watch(struct dashboard *dashboard) {
  const int events = UV_READABLE | (terminal_pending(dashboard->terminal) ? UV_WRITABLE : 0);
  uv_poll_start(&dashboard->input, events, on_input);
}

/* What a person has opened behind the wall display and left open would be collected for weeks. */
static void wall_tidy(struct dashboard *dashboard) {
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
    wall_tidy(dashboard);
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

/* While another program has the terminal: findings and events go on. */
static void judge_unseen(struct dashboard *dashboard) {
  if (!dashboard->judge || dashboard->leaving)
    return;
  dashboard->judge = false;
  dashboard->model.wall_offset_ms = clock_wall_offset_ms();
  model_evaluate(&dashboard->model, clock_now_ms(), false);
  dashboard_events_see(&dashboard->events);
  stderr_hold_drain();
}

static void reload_apply(struct dashboard *dashboard);

/* The only place that draws, after everything in this turn of the loop was processed. Pending
 * output is written first; the screen is then drawn in its current state. */
static void on_before_sleep(uv_prepare_t *prepare) {
  struct dashboard *dashboard = prepare->data;
  if (dashboard->next && !dashboard->leaving)
    reload_apply(dashboard);
  if (dashboard->away.state != AWAY_NOT) {
    judge_unseen(dashboard);
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
    input_watch(dashboard);
  if (terminal_gone(dashboard->terminal))
    dashboard_leave(dashboard, SIGHUP);
}

static void on_frame(uv_timer_t *timer) {
  struct dashboard *dashboard = timer->data;
  if (dashboard->dirty)
    return; /* a delayed frame, before the loop sleeps */
  dashboard->judge = true;
  dirty_set(dashboard, DIRTY_TIME);
}

static void on_changed(void *arg) {
  struct dashboard *dashboard = arg;
  dashboard->judge = true;
  dirty_set(dashboard, DIRTY_NEWS);
}

static void on_logs(void *arg) {
  struct dashboard *dashboard = arg;
  dirty_set(dashboard, DIRTY_NEWS);
}

/* Signals and suspending. */

static void on_key_wait(uv_timer_t *timer);

static void screen_retake(struct dashboard *dashboard) {
  terminal_enter(dashboard->terminal);
  timer_start(&dashboard->key_wait, on_key_wait, 1); /* keys that came with the last answers */
  dashboard->judge = true;
  dirty_set(dashboard, DIRTY_KEY);
}

/* Cancels running collections first: after the pause all deadlines would have passed, and every
 * target would look unresponsive. */
static void dashboard_suspend(struct dashboard *dashboard, bool job) {
  const bool away = dashboard->away.state != AWAY_NOT; /* the terminal is another program's */
  if (!dashboard->paused)
    scheduler_pause(dashboard->scheduler);
  if (!away)
    terminal_leave(dashboard->terminal);
  signals_suspend(&dashboard->signals, job);
  if (!dashboard->paused)
    scheduler_resume(dashboard->scheduler);
  if (!away)
    screen_retake(dashboard);
}

/* A runbook takes over the terminal. */

static void away_over(struct dashboard *dashboard, const char *text) {
  dashboard->away.state = AWAY_NOT;
  screen_retake(dashboard);
  terminal_discard_input(dashboard->terminal);
  view_notice(dashboard->view, text);
  input_watch(dashboard);
  if (!dashboard->paused)
    scheduler_collect_now(dashboard->scheduler);
}

/* The screen would hide what the run said last. */
static void on_away_ended(void *arg) {
  struct dashboard *dashboard = arg;
  static const char prompt[] = "\nPress Enter to return to the dashboard. ";
  terminal_discard_input(dashboard->terminal);
  fputs(prompt, stdout);
  fflush(stdout);
  uv_poll_start(&dashboard->input, UV_READABLE, on_input);
}

static void on_away_start(void *arg, const struct own_argv *argv) {
  struct dashboard *dashboard = arg;
  struct err err;
  uv_poll_stop(&dashboard->input);
  uv_timer_stop(&dashboard->key_wait);
  terminal_discard_input(dashboard->terminal);
  terminal_leave(dashboard->terminal);
  dashboard->away.ended = on_away_ended;
  dashboard->away.arg = dashboard;
  if (!dashboard_away_start(&dashboard->away, &dashboard->runtime->loop, argv, &err))
    away_over(dashboard, err.text);
}

static void on_signal(void *arg, int number) {
  struct dashboard *dashboard = arg;
  const bool away = dashboard->away.state != AWAY_NOT;
  if (away && (number == SIGINT || number == SIGQUIT || number == SIGCONT))
    return; /* for the program that has the terminal */
  switch (number) {
  case SIGWINCH:
    dirty_set(dashboard, DIRTY_SIZE);
    break;
  case SIGTSTP:
    dashboard_suspend(dashboard, false);
    break;
  case SIGUSR2:
    dashboard_reload_begin(&dashboard->reload);
    break;
  case SIGCONT: /* SIGSTOP cannot be caught: the shell may have changed the terminal */
    terminal_leave(dashboard->terminal);
    screen_retake(dashboard);
    break;
  default:
    dashboard_leave(dashboard, number);
  }
}

/* The interval. */

/* A line after `:` that opens a page; false: another one. */
static bool page_line(struct dashboard *dashboard, const char *text) {
  struct page_line line;
  struct err err;
  if (!page_line_read(text, &dashboard->model, &line, &err))
    return false;
  if (err.kind == ERR_NONE && dashboard->paused)
    err_set(&err, ERR_INVALID, "Paused: press z to resume, then open the page");
  if (err.kind != ERR_NONE)
    view_command_wrong(dashboard->view, err.text);
  else
    dashboard_page_open(&dashboard->model, dashboard->scheduler, &line.request);
  page_line_fini(&line);
  return true;
}

/* Collects at once when it is to be more often: the next time may be far. */
static void interval_change(struct dashboard *dashboard, int by) {
  char said[160];
  dashboard->pace = pace_step(dashboard->pace, by);
  pace_set(&dashboard->model, dashboard->pace, said, sizeof said);
  view_notice(dashboard->view, said);
  if (by < 0)
    scheduler_collect_now(dashboard->scheduler);
}

/* Keys. */

static void request_handle(struct dashboard *dashboard, struct request request) {
  switch (request.kind) {
  case REQUEST_NONE:
    break;
  case REQUEST_QUIT:
    dashboard_leave(dashboard, 0);
    break;
  case REQUEST_SUSPEND:
    dashboard_suspend(dashboard, true);
    break;
  case REQUEST_REPAINT:
    terminal_invalidate(dashboard->terminal);
    break;
  case REQUEST_COLLECT_NOW:
    scheduler_collect_now(dashboard->scheduler);
    break;
  case REQUEST_PAUSE:
    dashboard->paused = true;
    dashboard_operations_pause(&dashboard->operations, true);
    dashboard_logs_pause(&dashboard->logs, true);
    dashboard_incident_pause(&dashboard->incident, true);
    status_beacon_pause(&dashboard->beacon, true);
    scheduler_pause(dashboard->scheduler);
    break;
  case REQUEST_RESUME:
    dashboard->paused = false;
    dashboard_operations_pause(&dashboard->operations, false);
    dashboard_logs_pause(&dashboard->logs, false);
    dashboard_incident_pause(&dashboard->incident, false);
    status_beacon_pause(&dashboard->beacon, false);
    dashboard->judge = true;
    scheduler_resume(dashboard->scheduler);
    break;
  case REQUEST_PAGE_OPEN:
    dashboard_page_open(&dashboard->model, dashboard->scheduler, &request);
    break;
  case REQUEST_PAGE_CLOSE:
    dashboard_page_close(&dashboard->model, dashboard->scheduler);
    break;
  case REQUEST_PAGE_SORT:
    dashboard_page_sort(&dashboard->model, dashboard->scheduler, &request);
    break;
  case REQUEST_PAGE_MARK:
    dashboard_page_mark(&dashboard->model, dashboard->scheduler);
    break;
  case REQUEST_SAVE:
    dashboard_save_request(&dashboard->save, &dashboard->model, &request);
    break;
  case REQUEST_COLUMNS_SAVE:
    dashboard_columns_save(&dashboard->save, request.text);
    break;
  case REQUEST_COPY:
    terminal_copy(dashboard->terminal, request.text);
    dashboard_clip(&dashboard->clip, &dashboard->runtime->io, request.text);
    break;
  case REQUEST_SLOWER:
  case REQUEST_FASTER:
    interval_change(dashboard, request.kind == REQUEST_SLOWER ? 1 : -1);
    break;
  default:
    if (request.kind == REQUEST_COMMAND && request.text)
      dashboard_history_put(&dashboard->history, &dashboard->model, request.text);
    if (request.kind == REQUEST_COMMAND && request.text && page_line(dashboard, request.text))
      break;
    if (!dashboard_events_request(&dashboard->events, &request) &&
        !dashboard_logs_request(&dashboard->logs, &request) &&
        !dashboard_alarms_request(&dashboard->alarms, &request) &&
        !dashboard_runbooks_request(&dashboard->runbooks, &request))
      dashboard_operations_request(&dashboard->operations, &request);
    break;
  }
}

static void on_say(void *arg, const char *text) {
  struct dashboard *dashboard = arg;
  view_notice(dashboard->view, text);
}

static void on_wrong(void *arg, const char *text) {
  struct dashboard *dashboard = arg;
  view_command_wrong(dashboard->view, text);
}

static void on_history(void *arg, const char *line) {
  struct dashboard *dashboard = arg;
  view_history_add(dashboard->view, line);
}

static void on_incident(void *arg, const char *line) {
  struct dashboard *dashboard = arg;
  dashboard_incident_line(&dashboard->incident, line);
}

static void on_incident_changed(void *arg) {
  struct dashboard *dashboard = arg;
  dirty_set(dashboard, DIRTY_NEWS);
}

static void on_incident_show(void *arg) {
  struct dashboard *dashboard = arg;
  view_incident(dashboard->view);
}

static bool shows_incident(void *arg) {
  const struct dashboard *dashboard = arg;
  return view_shows_incident(dashboard->view);
}

static void on_saved(void *arg, const char *text) {
  struct dashboard *dashboard = arg;
  view_notice(dashboard->view, text);
  dirty_set(dashboard, DIRTY_NEWS);
}

static void on_opened(void *arg) {
  struct dashboard *dashboard = arg;
  terminal_discard_input(dashboard->terminal);
}

static void configuration_say(struct dashboard *dashboard, enum severity severity,
                              const char *text) {
  char line[640];
  snprintf(line, sizeof line, "Configuration: %s", text);
  view_notice(dashboard->view, line);
  events_add(&dashboard->model.events, clock_now_ms(), severity, "stacktop", "%s", line);
  dashboard->model.generation++;
  dirty_set(dashboard, DIRTY_KEY);
}

static void retired_free(struct dashboard *dashboard) {
  for (size_t i = 0; i < dashboard->retired_count; i++)
    config_free(dashboard->retired[i]);
  dashboard->retired_count = 0;
}

static void reload_apply(struct dashboard *dashboard) {
  struct config *config = dashboard->next, *old = dashboard->config;
  size_t *from, kept = 0;
  char text[200];
  if (dashboard_reload_waits(&dashboard->model, dashboard->away.state != AWAY_NOT,
                             dashboard->incident.evidence != NULL, dashboard->paused))
    return;
  from = mem_new((config->target_count + 1) * sizeof *from);
  config_adopt(config, old, from);
  for (size_t i = 0; i < config->target_count; i++)
    kept += from[i] != SIZE_MAX;
  scheduler_rebase(dashboard->scheduler, config, from);
  free(from);
  dashboard->config = config;
  dashboard->next = NULL;
  dashboard_operations_rebase(&dashboard->operations, dashboard->options);
  dashboard_incident_rebase(&dashboard->incident);
  dashboard_runbooks_drop(&dashboard->runbooks);
  view_free(dashboard->view);
  dashboard->view = dashboard_view_new(dashboard->options, dashboard->user, config);
  dashboard_columns_load(dashboard->view);
  dashboard_reload_watch(&dashboard->reload, config);
  dashboard_reload_text(text, sizeof text, config, old, kept);
  dashboard->retired =
      mem_resize(dashboard->retired, (dashboard->retired_count + 1) * sizeof *dashboard->retired);
  dashboard->retired[dashboard->retired_count++] = old;
  dashboard->judge = true;
  configuration_say(dashboard, SEVERITY_OK, text);
}

static void on_reload_loaded(void *arg, struct config *config) {
  struct dashboard *dashboard = arg;
  const char *waits =
      dashboard_reload_waits(&dashboard->model, dashboard->away.state != AWAY_NOT,
                             dashboard->incident.evidence != NULL, dashboard->paused);
  char text[128];
  config_free(dashboard->next);
  dashboard->next = config;
  snprintf(text, sizeof text, "is right; it takes effect when %s", waits ? waits : "");
  if (waits)
    configuration_say(dashboard, SEVERITY_OK, text);
}

static void on_reload_failed(void *arg, const char *why) {
  char text[560];
  snprintf(text, sizeof text, "not reloaded, the old one stays: %s", why);
  configuration_say(arg, SEVERITY_WARN, text);
}

static void on_reload_changed(void *arg) {
  configuration_say(arg, SEVERITY_OK, "a file was changed; :reload applies it");
}

static void on_reload(void *arg) {
  struct dashboard *dashboard = arg;
  dashboard_reload_begin(&dashboard->reload);
}

static void on_quit(void *arg) {
  dashboard_leave(arg, 0);
}

static void keys_handle(struct dashboard *dashboard) {
  struct key key;
  while (!dashboard->leaving && terminal_key(dashboard->terminal, &key)) {
    dirty_set(dashboard, DIRTY_KEY);
    request_handle(dashboard, view_key(dashboard->view, &dashboard->model, clock_now_ms(), key));
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
    away_over(dashboard, dashboard_away_words(&dashboard->away));
    return;
  }
  if (events & UV_WRITABLE) {
    terminal_flush(dashboard->terminal);
    if (!terminal_pending(dashboard->terminal))
      input_watch(dashboard);
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
  signals_open(&dashboard->signals, loop, on_signal, dashboard);
  uv_prepare_start(&dashboard->before_sleep, on_before_sleep);
}

static void dashboard_close(struct dashboard *dashboard) {
  uv_close((uv_handle_t *)&dashboard->before_sleep, NULL);
  uv_close((uv_handle_t *)&dashboard->input, NULL);
  uv_close((uv_handle_t *)&dashboard->frame, NULL);
  uv_close((uv_handle_t *)&dashboard->key_wait, NULL);
  signals_close(&dashboard->signals);
  status_beacon_close(&dashboard->beacon);
  if (dashboard->is_wall)
    dashboard_wall_close(&dashboard->wall);
  dashboard_logs_close(&dashboard->logs);
  dashboard_history_close(&dashboard->history);
  dashboard_clip_close(&dashboard->clip);
  dashboard_save_close(&dashboard->save);
  dashboard_reload_close(&dashboard->reload);
  dashboard_theme_close(&dashboard->theme);
  dashboard_incident_close(&dashboard->incident);
  dashboard_events_close(&dashboard->events);
  dashboard_runbooks_close(&dashboard->runbooks);
  dashboard_alarms_close(&dashboard->alarms);
  dashboard_operations_close(&dashboard->operations);
  crash_unguard();
  terminal_close(dashboard->terminal);
  stderr_release();
  view_free(dashboard->view);
  canvas_free(dashboard->canvas);
}

/* The first frame is drawn before the collectors are opened, because client libraries start
 * slowly. */
static void dashboard_begin(struct dashboard *dashboard, const struct options *options,
                            const struct dashboard_theme_start *start) {
  struct scheduler_hooks hooks = {.arg = dashboard, .changed = on_changed};
  struct dashboard_operations_hooks acting = {.changed = on_changed,
                                              .opened = on_opened,
                                              .quit = on_quit,
                                              .reload = on_reload,
                                              .incident = on_incident,
                                              .say = on_say,
                                              .wrong = on_wrong,
                                              .arg = dashboard};
  const struct dashboard_incident_hooks telling = {.changed = on_incident_changed,
                                                   .say = on_saved,
                                                   .show = on_incident_show,
                                                   .shows = shows_incident,
                                                   .arg = dashboard};
  dashboard->scheduler = scheduler_new(&dashboard->runtime->io, &dashboard->model, false, hooks);
  dashboard_operations_open(&dashboard->operations, &dashboard->runtime->io, &dashboard->model,
                            dashboard->scheduler, options, &acting);
  dashboard_incident_open(&dashboard->incident, &dashboard->runtime->io, &dashboard->model,
                          dashboard->operations.audit, dashboard->operations.state, options->utc,
                          options->no_unicode, &telling);
  dashboard->events = (struct dashboard_events){.changed = on_logs, .arg = dashboard};
  dashboard_events_open(&dashboard->events, &dashboard->runtime->io, &dashboard->model,
                        dashboard->operations.state);
  dashboard->logs = (struct dashboard_logs){.io = &dashboard->runtime->io,
                                            .model = &dashboard->model,
                                            .utc = options->utc,
                                            .changed = on_logs,
                                            .arg = dashboard};
  dashboard_logs_open(&dashboard->logs);
  dashboard_history_open(&dashboard->history, &dashboard->runtime->io, dashboard->operations.state,
                         on_history, dashboard);
  const struct dashboard_reload_hooks reloads = {.loaded = on_reload_loaded,
                                                 .failed = on_reload_failed,
                                                 .changed = on_reload_changed,
                                                 .arg = dashboard};
  dashboard_reload_open(&dashboard->reload, &dashboard->runtime->io, options, dashboard->config,
                        &reloads);
  dashboard_save_open(&dashboard->save, &dashboard->runtime->io, on_saved, dashboard);
  dashboard_theme_open(
      &dashboard->theme, &dashboard->runtime->io, dashboard->terminal, start,
      &(struct dashboard_theme_hooks){.changed = on_logs, .say = on_say, .arg = dashboard});
  dashboard->runbooks = (struct dashboard_runbooks){
      .io = &dashboard->runtime->io,
      .model = &dashboard->model,
      .options = options,
      .lock = &dashboard->operations.lock,
      .state = dashboard->operations.state,
      .hooks = {.changed = on_logs, .say = on_say, .start = on_away_start, .arg = dashboard}};
  dashboard_runbooks_open(&dashboard->runbooks);
  dashboard_alarms_open(
      &dashboard->alarms, &dashboard->runtime->io, &dashboard->model, dashboard->operations.audit,
      dashboard->operations.state, options->wall,
      &(struct dashboard_alarms_hooks){.changed = on_changed, .say = on_saved, .arg = dashboard});
  dashboard_open(dashboard);
  if (dashboard->is_wall) {
    dashboard->wall = (struct dashboard_wall){.io = &dashboard->runtime->io,
                                              .model = &dashboard->model,
                                              .terminal = dashboard->terminal,
                                              .changed = on_incident_changed,
                                              .arg = dashboard};
    dashboard_wall_open(&dashboard->wall);
  }
  status_beacon_open(&dashboard->beacon, &dashboard->runtime->io, &dashboard->model);
  dashboard->judge = true;
  say_terminal(dashboard);
  dashboard_draw(dashboard);
  input_watch(dashboard);
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
                                .is_wall = options->wall};
  char *user = dashboard_user();
  dashboard.user = user;
  model_init(&dashboard.model, config);
  dashboard.model.pages = page_specs;
  dashboard.view = dashboard_view_new(options, user, config);
  dashboard_columns_load(dashboard.view);
  if (config->discovered)
    discovered_say(&dashboard);
  dashboard_begin(&dashboard, options, &start);
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
  config_free(dashboard.next);
  config_free(dashboard.config);
  retired_free(&dashboard);
  free(dashboard.retired);
  free(user);
  return EXIT_SUCCESS;
}
