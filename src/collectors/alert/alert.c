/* The alert rules of the configuration: one target a rule. It looks at what the other targets have
 * published; only a rule in PromQL asks a server, the Prometheus that it names. */
#include "clients/prometheus/prometheus_contract.h"
#include "clients/prometheus/prometheus_query.h"
#include "clients/web/web.h"
#include "collectors/alert/alert_kept.h"
#include "collectors/alert/alert_promql.h"
#include "collectors/alert/alert_state.h"
#include "collectors/alerts.h"
#include "collectors/frame.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/file/keep.h"

#include <stdlib.h>

enum { TIMEOUT_MS = 20000, MARGIN_MIN_MS = 50, MARGIN_MAX_MS = 500, LOOK_AGAIN_MS = 20 };

static bool metric_check(const char *text, struct err *err) {
  return *text || err_set(err, ERR_INVALID, "the metric is empty");
}

static const struct option options[] = {
    {.name = "metric",
     .type = OPTION_TEXT,
     .help = "what is compared: a metric that has thresholds, such as kafka.lag, or "
             "KIND.TABLE.COLUMN of any other number",
     .example = "kafka.lag",
     .check = metric_check},
    {.name = "above", .type = OPTION_TEXT, .help = "fires above this", .example = "10k"},
    {.name = "below", .type = OPTION_TEXT, .help = "fires below this", .example = "80%"},
    {.name = "is",
     .type = OPTION_CHOICE,
     .choices = condition_is_choices,
     .help = "instead of a metric: fires while the target is at least that",
     .example = "critical"},
    {.name = "expr",
     .type = OPTION_TEXT,
     .help = "instead of a metric: PromQL; fires for each of its results",
     .example = "\"up == 0\"",
     .check = prometheus_expr_check},
    {.name = "prometheus",
     .type = OPTION_TEXT,
     .help = "name of the target of prometheus that evaluates expr",
     .example = "main"},
    {.name = "target",
     .type = OPTION_TEXT,
     .help = "name of the target, with * for any text; default: all that have the metric",
     .example = "main"},
    {.name = "row",
     .type = OPTION_TEXT,
     .help = "name of the row, with * for any text; default: all but those below others",
     .example = "ecap-consumer-group"},
    {.name = "for",
     .type = OPTION_DURATION,
     .max = 30LL * 86400000,
     .fallback = "0s",
     .help = "how long the condition must hold until it fires"},
    {.name = "severity",
     .type = OPTION_CHOICE,
     .choices = alert_severity_choices,
     .fallback = "warning",
     .help = "severity when it fires"},
    {.name = "text",
     .type = OPTION_TEXT,
     .help = "what it says, with {value}, {limit}, {target}, {row} and {label.NAME}",
     .example = "\"consumer lag is {value} messages\"",
     .check = alert_text_check},
    {.name = "runbook",
     .type = OPTION_TEXT,
     .help = "what to do then: the name of a runbook, or an address",
     .example = "https://docs.example.com/runbooks/lag"},
    {.name = "labels",
     .type = OPTION_MAP,
     .help = "labels for those who are notified",
     .example = "{team: streaming}"},
};

static const struct table_spec *const tables[] = {&alerts_table};

struct watcher {
  struct watch watch; /* first */
  struct alert_rule rule;
  struct alert_memory memory;
  uint64_t kept;               /* of its changes: what was kept last */
  bool has_kept;               /* what was kept before a restart has been taken */
  struct web_request *request; /* of a rule in PromQL; NULL: it is not asking */
};

static bool check(const struct target *target, struct err *err) {
  struct alert_rule rule;
  return alert_rule_read(&rule, target, err);
}

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  return alert_rule_read(&watcher->rule, watcher->watch.target, err);
}

static void fini(void *self) {
  struct watcher *watcher = self;
  alert_memory_fini(&watcher->memory);
}

/* ---- over a restart */

static void keep_take(struct watcher *watcher) {
  const struct target *target = watcher->watch.target;
  struct keep *keep = watcher->watch.io->keep;
  int64_t paused_ms;
  struct err err;
  if (watcher->has_kept || keep_state(keep) != KEEP_OURS)
    return;
  watcher->has_kept = true;
  watcher->kept = UINT64_MAX; /* it is written even if there is nothing: with a time of its own */
  char *name = mem_printf("%s/%s", target->kind->kind, target->name);
  const char *text = keep_get(keep, name, &paused_ms);
  if (text && !alert_kept_take(&watcher->rule, &watcher->memory, watcher->watch.job->model, text,
                               paused_ms, clock_wall_offset_ms(), &err))
    keep_tell(keep, "the time for which the rule %s has held starts again: %s", target->name,
              err.text);
  free(name);
}

static void keep_give(struct watcher *watcher) {
  const struct target *target = watcher->watch.target;
  struct keep *keep = watcher->watch.io->keep;
  if (!watcher->has_kept || watcher->kept == watcher->memory.changes)
    return;
  char *name = mem_printf("%s/%s", target->kind->kind, target->name);
  char *text = alert_kept_make(&watcher->rule, &watcher->memory, watcher->watch.job->model,
                               clock_wall_offset_ms());
  keep_put(keep, name, text);
  free(text);
  free(name);
  watcher->kept = watcher->memory.changes;
}

/* ---- asking */

static void finish(struct watcher *watcher, struct sample *sample) {
  keep_give(watcher);
  watch_done(&watcher->watch, sample);
}

static void on_answer(void *arg, const struct web_answer *answer) {
  struct watcher *watcher = arg;
  const struct job *job = watcher->watch.job;
  watcher->request = NULL;
  finish(watcher, alert_promql_sample(&watcher->rule, &watcher->memory, job->model, job->one_pass,
                                      clock_now_ms(), answer));
}

static void answer_without_asking(struct watcher *watcher, enum err_kind kind, const char *why) {
  struct err err;
  err_set(&err, kind, "%s", why);
  on_answer(watcher, &(struct web_answer){.err = &err});
}

static void ask_prometheus(struct watcher *watcher) {
  const struct target *prometheus = watcher->rule.prometheus;
  char path[PROMETHEUS_PATH_MAX] = PROMETHEUS_QUERY_PATH;
  if (!prometheus || !web_path_add(path, sizeof path, watcher->rule.expr)) {
    answer_without_asking(watcher, ERR_INVALID, "there is no such Prometheus");
    return;
  }
  if (prometheus->disabled) {
    answer_without_asking(watcher, ERR_DISABLED, "it is disabled in the configuration");
    return;
  }
  const struct web_query query = {
      .path = path,
      .timeout_ms = watch_end_ms(&watcher->watch, MARGIN_MIN_MS, MARGIN_MAX_MS) - clock_now_ms()};
  watcher->watch.requests++;
  watcher->request = web_ask(watcher->watch.io, prometheus, &query, on_answer, watcher);
}

static void rest(void *self) {
  struct watcher *watcher = self;
  if (watcher->request)
    web_cancel(watcher->request);
  watcher->request = NULL;
}

/* A check collects each target once and at the same time: a rule waits for those that it is about.
 */
static void ask(void *self) {
  struct watcher *watcher = self;
  const struct job *job = watcher->watch.job;
  const int64_t now_ms = clock_now_ms();
  keep_take(watcher);
  if (watcher->rule.expr)
    ask_prometheus(watcher);
  else if (job->one_pass && alert_state_waits(&watcher->rule, job->model) &&
           now_ms < watch_end_ms(&watcher->watch, MARGIN_MIN_MS, MARGIN_MAX_MS))
    watch_wait(&watcher->watch, LOOK_AGAIN_MS);
  else
    finish(watcher,
           alert_state_sample(&watcher->rule, &watcher->memory, job->model, job->one_pass, now_ms));
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct watcher),
                                         .init = init,
                                         .ask = ask,
                                         .late = ask,
                                         .rest = rest,
                                         .fini = fini};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_alert = {
    .kind = {.kind = "alert",
             .key = "alerts",
             .title = "Alerts",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .names = (const char *const[]){PROMETHEUS_KIND, NULL},
             .is_rule = true,
             .check = check},
    .tables = tables,
    .table_count = 1,
    .timeout_ms = TIMEOUT_MS,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
