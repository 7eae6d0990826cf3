#include "app/dashboard/dashboard_wall.h"

#include "core/json/json_writer.h"
#include "core/mem.h"
#include "io/child.h"
#include "io/clock.h"
#include "io/environment.h"
#include "report/status/status_brief.h"
#include "ui/terminal/terminal.h"

#include <stdlib.h>
#include <string.h>

enum { RUN_MS = 30000, SAID_MAX = 120 };

static void note(struct dashboard_wall *own, const char *text) {
  events_add(&own->model->events, clock_now_ms(), SEVERITY_WARN, "stacktop", "wall_run: %s", text);
  own->model->generation++;
  own->changed(own->arg);
}

/* ---- the program */

static void on_child(void *arg, const struct child_result *result, const struct err *err) {
  struct dashboard_wall *own = arg;
  struct err failed;
  own->child = NULL;
  if (!err && result->exit_code != 0) {
    if (result->signal)
      err_set(&failed, ERR_IO, "the program was ended by signal %d", result->signal);
    else
      err_set(&failed, ERR_IO, "the program ended with status %d: %.*s", result->exit_code,
              SAID_MAX, result->output);
    err = &failed;
  }
  if (err)
    note(own, err->text);
}

/* {"began":2,"text":"api: refused","severity":"crit",...}: what began, then docs/status.md. */
static char *input_make(const struct dashboard_wall *own) {
  char *text = NULL;
  size_t length = 0;
  struct status_brief brief;
  struct json_writer json = {.out = open_memstream(&text, &length)};
  if (!json.out)
    mem_failed();
  status_brief_make(own->model, clock_now_ms(), &brief);
  json_open(&json, NULL, '{');
  json_int(&json, "began", (int64_t)own->waiting);
  json_text(&json, "text", own->text);
  status_brief_write(&json, &brief);
  json_close(&json, '}');
  putc('\n', json.out);
  fclose(json.out);
  return text;
}

static void program_start(struct dashboard_wall *own) {
  const struct config_wall *wall = &own->model->config->wall;
  if (own->child) {
    note(own, "the program is still running; it was not started again");
    return;
  }
  char **argv = mem_new((wall->run_count + 1) * sizeof *argv);
  memcpy(argv, wall->run, wall->run_count * sizeof *argv);
  char **environment = environment_shared(NULL, 0), *input = input_make(own);
  const struct child_query query = {.argv = argv,
                                    .environment = environment,
                                    .input = input,
                                    .input_len = strlen(input),
                                    .timeout_ms = RUN_MS};
  own->child = child_start(own->io, &query, on_child, own);
  free(input);
  free(environment);
  free(argv);
}

/* ---- when */

static void signal_now(struct dashboard_wall *own) {
  const struct config *config = own->model->config;
  char text[512], more[48] = "";
  if (own->waiting > 1)
    snprintf(more, sizeof more, " (and %zu more)", own->waiting - 1);
  snprintf(text, sizeof text, "%.400s%s", own->text, more);
  terminal_notice(own->terminal, (struct notice){.bell = config->wall.bell,
                                                 .form = (enum notice_form)config->wall.notice,
                                                 .title = config->name ? config->name : "stacktop",
                                                 .text = text,
                                                 .tmux = getenv("TMUX") != NULL});
  if (config->wall.run_count > 0)
    program_start(own);
  own->last_ms = clock_now_ms();
  own->waiting = 0;
}

static void on_timer(uv_timer_t *timer) {
  signal_now(timer->data);
}

static void take(struct dashboard_wall *own, const struct event *event) {
  if (event->severity != SEVERITY_CRIT || event->change)
    return;
  own->waiting++;
  free(own->text);
  own->text = mem_printf("%s: %s", event->subject, event->text);
}

void dashboard_wall_see(struct dashboard_wall *own) {
  const struct events *events = &own->model->events;
  uint64_t new = events->total - own->seen;
  own->seen = events->total;
  if (new > events->count)
    new = events->count;
  for (size_t age = (size_t) new; age > 0; age--)
    take(own, events_get(events, age - 1));
  if (own->waiting == 0 || uv_is_active((uv_handle_t *)&own->timer))
    return;
  const int64_t left = own->last_ms + own->model->config->wall.every_ms - clock_now_ms();
  if (own->last_ms == 0 || left <= 0)
    signal_now(own);
  else
    uv_timer_start(&own->timer, on_timer, (uint64_t)left, 0);
}

void dashboard_wall_open(struct dashboard_wall *own) {
  uv_timer_init(own->io->loop, &own->timer);
  own->timer.data = own;
}

void dashboard_wall_close(struct dashboard_wall *own) {
  uv_close((uv_handle_t *)&own->timer, NULL);
  if (own->child)
    child_cancel(own->child);
  free(own->text);
}
