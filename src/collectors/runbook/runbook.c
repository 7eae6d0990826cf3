/* Runbooks with a schedule: one target each. Whether one is overdue says `stacktop runbook due`, in
 * a process of its own: it reads the audit log and the runs, which may be large, and time zones,
 * which the C library knows for one at a time only. */
#include "collectors/frame.h"
#include "collectors/runbook/schedule_rows.h"
#include "core/mem.h"
#include "io/child.h"
#include "io/clock.h"
#include "io/zone.h"
#include "model/config/config.h"
#include "model/runbook/schedule.h"

#include <stdlib.h>
#include <string.h>

enum {
  TIMEOUT_MS = 20000,
  INTERVAL_MS = 60000,
  OUTPUT_MAX = 64 << 10,
  REST_MAX = 1 << 10,
  WITHIN_LEAST_MS = 60000,
  SAID_MAX = 200,
};

/* Exit statuses of `runbook due`: it has been printed. */
enum { STATUS_IN_TIME = 0, STATUS_OVERDUE = 1 };

static bool schedule_check(const char *text, struct err *err) {
  struct schedule schedule;
  if (strcmp(text, "off") == 0)
    return true;
  return schedule_parse(&schedule, text, err) &&
         (!*schedule.zone || zone_check(schedule.zone, err));
}

static const char *const severities[] = {"none", "warning", "critical", NULL};

static const struct option options[] = {
    {.name = "schedule",
     .type = OPTION_TEXT,
     .help = "when it is to be done, instead of the schedule in its file; off: never",
     .example = "weekly Sun 03:00 Europe/Berlin",
     .check = schedule_check},
    {.name = "within",
     .type = OPTION_DURATION,
     .min = WITHIN_LEAST_MS,
     .max = 14LL * 86400000,
     .help = "time in which it is to be done, then it is overdue; default: that of its file, else "
             "4h for a daily one, 1d for a weekly one, 3d for a monthly one",
     .example = "12h"},
    {.name = "severity",
     .type = OPTION_CHOICE,
     .choices = severities,
     .fallback = "warning",
     .help = "of the finding when it is overdue; none: it is a row only"},
};

static const struct table_spec *const tables[] = {&schedules_table};

struct watcher {
  struct watch watch;  /* first */
  struct child *child; /* NULL: none runs */
  enum severity overdue;
};

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  const char *severity = target_text(watcher->watch.target, "severity");
  (void)err;
  watcher->overdue = !severity || strcmp(severity, "warning") == 0 ? SEVERITY_WARN
                     : strcmp(severity, "critical") == 0           ? SEVERITY_CRIT
                                                                   : SEVERITY_OK;
  return true;
}

/* "unknown runbook \"x\"", of what the process wrote to standard error. */
static void fail_as_said(const struct child_result *result, struct err *err) {
  static const char own[] = "stacktop: ";
  const struct excerpt_view view = excerpt_view(&result->streams[CHILD_STDERR]);
  const char *text = view.head;
  size_t len = view.head_len;
  if (len >= sizeof own - 1 && strncmp(text, own, sizeof own - 1) == 0) {
    text += sizeof own - 1;
    len -= sizeof own - 1;
  }
  const char *end = memchr(text, '\n', len);
  if (end)
    len = (size_t)(end - text);
  if (len > 0)
    err_set(err, ERR_INVALID, "%.*s", (int)(len < SAID_MAX ? len : SAID_MAX), text);
  else
    err_set(err, ERR_IO, "`stacktop runbook due` ended with status %d", result->exit_code);
}

static void on_child(void *arg, const struct child_result *result, const struct err *err) {
  struct watcher *watcher = arg;
  struct sample *sample = NULL;
  struct err why = err ? *err : (struct err){0};
  watcher->child = NULL;
  if (!err) {
    const struct excerpt_view view = excerpt_view(&result->streams[CHILD_STDOUT]);
    const bool errors = result->streams[CHILD_STDERR].len > 0;
    const bool ended =
        result->exit_code == STATUS_IN_TIME || (result->exit_code == STATUS_OVERDUE && !errors);
    sample = sample_new(tables, 1);
    if (!ended || !schedule_row_add(sample, watcher->watch.target->name, view.head, view.head_len,
                                    watcher->overdue, clock_wall_ms(), &why)) {
      if (!ended)
        fail_as_said(result, &why);
      sample_free(sample);
      sample = NULL;
    }
  }
  if (sample)
    watch_done(&watcher->watch, sample);
  else
    watch_failed(&watcher->watch, &why);
}

static void ask(void *self) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  const char *path = target->config ? target->config->path : NULL;
  char *argv[] = {(char *)"/proc/self/exe",
                  (char *)"-c",
                  (char *)path,
                  (char *)"runbook",
                  (char *)"due",
                  (char *)"--json",
                  (char *)"--",
                  target->name,
                  NULL};
  char *without[] = {argv[0], argv[3], argv[4], argv[5], argv[6], argv[7], NULL};
  const struct child_query query = {.argv = path ? argv : without,
                                    .split = true,
                                    .head_max = OUTPUT_MAX,
                                    .tail_max = REST_MAX,
                                    .timeout_ms = TIMEOUT_MS};
  watcher->child = child_start(watcher->watch.io, &query, on_child, watcher);
}

static void forget(void *self, struct err *err) {
  struct watcher *watcher = self;
  if (err->kind == ERR_TIMEOUT)
    err_set(err, ERR_TIMEOUT, "reading the runs of %.60s takes too long",
            watcher->watch.target->name);
  if (watcher->child)
    child_cancel(watcher->child);
  watcher->child = NULL;
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {
      .size = sizeof(struct watcher), .init = init, .ask = ask, .forget = forget};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_runbook = {
    .kind = {.kind = "runbook",
             .key = "runbooks",
             .title = "Runbooks",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .interval_ms = INTERVAL_MS,
             .is_rule = true},
    .tables = tables,
    .table_count = 1,
    .timeout_ms = TIMEOUT_MS,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
