#include "app/modes/runbook/runbook_due.h"

#include "app/modes/runbook/runbook_session.h"
#include "app/runtime/print.h"
#include "app/startup/runbook_schedules.h"
#include "app/startup/startup.h"
#include "audit/audit.h"
#include "core/json/json_writer.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"
#include "io/zone.h"
#include "operate/runbook/schedule_seen.h"
#include "operate/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BY_MAX = 64, WORDS_MAX = 160 };

/* ---- the clock */

static int64_t instant_ms(void *arg, const char *zone, const struct schedule_moment *moment) {
  (void)arg;
  return zone_instant_ms(zone, &(struct tm){.tm_year = moment->year - 1900,
                                            .tm_mon = moment->month - 1,
                                            .tm_mday = moment->day,
                                            .tm_hour = moment->minute / 60,
                                            .tm_min = moment->minute % 60});
}

static void moment_at(void *arg, const char *zone, int64_t ms, struct schedule_moment *moment) {
  struct tm tm;
  (void)arg;
  zone_moment(zone, ms, &tm);
  *moment = (struct schedule_moment){.year = tm.tm_year + 1900,
                                     .month = tm.tm_mon + 1,
                                     .day = tm.tm_mday,
                                     .minute = tm.tm_hour * 60 + tm.tm_min};
}

static const struct schedule_clock zone_clock = {.instant_ms = instant_ms, .moment = moment_at};

/* ---- when it was last done */

struct done {
  const char *runbook;
  int64_t at_ms; /* 0: never */
  char by[BY_MAX], run[RUNBOOK_ID_MAX];
};

static void done_take(struct done *done, int64_t at_ms, const char *by, const char *run) {
  if (at_ms <= done->at_ms || (*run && strcmp(run, done->run) == 0)) /* known from the audit log */
    return;
  done->at_ms = at_ms;
  snprintf(done->by, sizeof done->by, "%s", by);
  snprintf(done->run, sizeof done->run, "%s", run);
}

/* The audit log has the runs of all who share the state directory. */
static void on_record(void *arg, const struct audit_record *record, bool unknown) {
  struct done *done = arg;
  const char *run = "";
  if (unknown || record->event != AUDIT_OUTCOME || !record->result ||
      strcmp(record->result, "done") != 0 || strcmp(record->target, done->runbook) != 0)
    return;
  for (size_t i = 0; i < record->param_count; i++)
    if (strcmp(record->params[i].name, "run") == 0)
      run = record->params[i].value;
  done_take(done, record->at_ms, record->who.login ? record->who.login : record->who.user, run);
}

struct ended {
  bool done;
  int64_t at_ms;
};

static void on_event(void *arg, const struct runbook_event *event) {
  struct ended *ended = arg;
  ended->done = event->kind == RUNBOOK_EVENT_OVER && event->over == RUNBOOK_DONE;
  ended->at_ms = event->at_ms;
}

/* The user's own runs last longer than an audit log that is rotated. */
static bool runs_take(const char *state, struct done *done, struct err *err) {
  size_t count;
  char **ids = runbook_file_list(state, &count, err);
  const size_t length = strlen(done->runbook);
  struct err ignored;
  for (size_t i = 0; ids && i < count; i++) {
    struct ended ended = {0};
    struct runbook_file *file = strncmp(ids[i], done->runbook, length) == 0
                                    ? runbook_file_open(state, ids[i], true, &ignored)
                                    : NULL; /* another user's: see the audit log */
    if (file && strcmp(runbook_file_head(file)->runbook, done->runbook) == 0 &&
        runbook_file_each(file, on_event, &ended, &ignored) && ended.done)
      done_take(done, ended.at_ms, runbook_file_head(file)->user, runbook_file_head(file)->id);
    runbook_file_close(file);
    free(ids[i]);
  }
  free(ids);
  return ids;
}

static bool done_find(const char *state, struct done *done, struct err *err) {
  const struct audit_filter filter = {.action = "runbook.verify"};
  char *path = state_audit_path(state);
  const bool read = audit_read(path, &filter, on_record, done, err);
  free(path);
  return read && runs_take(state, done, err);
}

/* ---- printing */

struct printing {
  const struct options *options;
  struct json_writer *writer; /* NULL: text */
  size_t count, overdue;
};

static const char *time_shown(char out[FORMAT_MAX], int64_t ms, bool utc) {
  if (ms == 0)
    return "never";
  format_time(out, FORMAT_MAX, ms, utc, true);
  if (utc)
    snprintf(out + strlen(out), FORMAT_MAX - strlen(out), " UTC");
  return out;
}

/* What is known of one. */
struct known {
  const struct runbook *runbook;
  bool off; /* switched off in the configuration: the rest is not known */
  struct schedule_due due;
  struct done done;
  int64_t seen_ms; /* 0: that could not be kept */
};

static void text_put(const struct printing *printing, const struct known *known) {
  char schedule[SCHEDULE_TEXT_MAX], at[FORMAT_MAX], next[FORMAT_MAX], last[FORMAT_MAX];
  char missed[WORDS_MAX] = "";
  const struct runbook *runbook = known->runbook;
  const struct schedule_due *due = &known->due;
  const struct done *done = &known->done;
  const bool utc = printing->options->utc;
  if (known->off) {
    runbook_printf(printing->options, "", "%-20s  off      (%s)", runbook->name, runbook->title);
    runbook_put(printing->options, "  ", "its schedule is off in the configuration");
    return;
  }
  if (due->missed > 0 && (done->at_ms > 0 || known->seen_ms > 0))
    snprintf(missed, sizeof missed, ", %d%s due %s not done", due->missed,
             due->missed == SCHEDULE_MISSED_MAX ? " or more" : "",
             due->missed == 1 ? "time" : "times");
  runbook_printf(printing->options, "", "%-20s  %-7s  %s (%s)", runbook->name,
                 schedule_state_name(due->state), schedule_text(schedule, &runbook->schedule),
                 runbook->title);
  time_shown(next, due->next_ms, utc);
  if (due->state == SCHEDULE_NEW)
    runbook_printf(printing->options, "  ", "first due %s; the schedule is new since %s", next,
                   time_shown(at, known->seen_ms, utc));
  else
    runbook_printf(printing->options, "  ", "was due %s, next %s", time_shown(at, due->due_ms, utc),
                   next);
  if (due->state == SCHEDULE_NEW && done->at_ms == 0)
    return;
  if (done->at_ms == 0 && known->seen_ms > 0)
    runbook_printf(printing->options, "  ", "never done since the schedule was first seen, %s%s",
                   time_shown(at, known->seen_ms, utc), missed);
  else
    runbook_printf(printing->options, "  ", "last done %s%s%s%s",
                   time_shown(last, done->at_ms, utc), done->at_ms ? " by " : "", done->by, missed);
}

static void json_put(const struct printing *printing, const struct known *known) {
  struct json_writer *writer = printing->writer;
  char schedule[SCHEDULE_TEXT_MAX];
  const struct runbook *runbook = known->runbook;
  json_line(writer);
  json_open(writer, NULL, '{');
  json_text(writer, "name", runbook->name);
  json_text(writer, "title", runbook->title);
  json_text(writer, "state", known->off ? "off" : schedule_state_name(known->due.state));
  if (!known->off) {
    json_text(writer, "schedule", schedule_text(schedule, &runbook->schedule));
    json_int(writer, "within_ms", runbook->within_ms);
    json_int(writer, "due_ms", known->due.due_ms);
    json_int(writer, "next_ms", known->due.next_ms);
    json_int(writer, "missed", known->due.missed);
    if (known->seen_ms > 0)
      json_int(writer, "seen_ms", known->seen_ms);
  }
  if (known->done.at_ms > 0) {
    json_int(writer, "done_ms", known->done.at_ms);
    json_text(writer, "by", known->done.by);
    json_text(writer, "run", known->done.run);
  }
  json_close(writer, '}');
}

/* Without the time at which its schedule was first seen it is known only if it was done in time. */
static bool known_judge(struct known *known, const char *state, struct err *err) {
  const struct runbook *runbook = known->runbook;
  const int64_t now_ms = clock_wall_ms();
  char schedule[SCHEDULE_TEXT_MAX];
  struct err why;
  const bool seen = schedule_seen(state, runbook->name, schedule_text(schedule, &runbook->schedule),
                                  now_ms, &known->seen_ms, &why);
  schedule_judge(&runbook->schedule, &zone_clock, runbook->within_ms, known->done.at_ms,
                 known->seen_ms, now_ms, &known->due);
  if (seen || known->due.state == SCHEDULE_DONE)
    return true;
  *err = why;
  return false;
}

/* False with err: it is not known when it was last done. */
static bool runbook_put_due(struct printing *printing, const struct runbook *runbook, bool off,
                            const char *state, struct err *err) {
  struct known known = {.runbook = runbook, .off = off, .done = {.runbook = runbook->name}};
  if (!done_find(state, &known.done, err) || (!off && !known_judge(&known, state, err)))
    return false;
  printing->count++;
  printing->overdue += !off && known.due.state == SCHEDULE_OVERDUE;
  (printing->writer ? json_put : text_put)(printing, &known);
  return true;
}

/* Those with a schedule; *good false: one has errors, which are printed. */
static bool all_put(struct printing *printing, const struct config *config,
                    const struct runbook_places *places, const char *state,
                    const struct runbook_schema *schema, bool *good) {
  const struct options *options = printing->options;
  const char *only = options->word_count > 0 ? options->words[0] : NULL;
  struct err err;
  size_t count;
  bool known = true;
  char **names = runbook_names(places, &count);
  for (size_t i = 0; i < count; i++) {
    enum runbook_plan plan = RUNBOOK_NOT_PLANNED;
    struct runbook *runbook =
        !only || strcmp(names[i], only) == 0 ? runbook_load(places, names[i], schema, NULL) : NULL;
    *good = *good && (runbook || (only && strcmp(names[i], only) != 0));
    if (known && runbook &&
        (!runbook_schedule_take(runbook, config, &plan, &err) ||
         (plan != RUNBOOK_NOT_PLANNED &&
          !runbook_put_due(printing, runbook, plan == RUNBOOK_PLAN_OFF, state, &err)))) {
      known = false;
      error_print("%s", err.text);
    }
    runbook_free(runbook);
    free(names[i]);
  }
  free(names);
  return known;
}

int runbook_due(const struct config *config, const char *state, const struct options *options,
                const struct runbook_schema *schema) {
  struct json_writer writer = {.out = stdout, .lines = true};
  struct printing printing = {.options = options, .writer = options->json ? &writer : NULL};
  struct runbook_places places;
  bool good = true;
  runbook_places_init(&places, config);
  if (options->json) {
    json_open(&writer, NULL, '{');
    json_int(&writer, "version", 1);
    json_open(&writer, "runbooks", '[');
  }
  const bool known = all_put(&printing, config, &places, state, schema, &good);
  if (options->json) {
    json_close(&writer, ']');
    json_close(&writer, '}');
    putchar('\n');
  } else if (known && printing.count == 0) {
    puts(options->word_count > 0 ? "no schedule: there is no such runbook, or it has no `schedule`"
                                 : "no runbook has a `schedule`");
  }
  runbook_places_fini(&places);
  if (!print_end(true) || !known)
    return EXIT_FAILURE;
  return !good ? EXIT_CONFIG_BAD : printing.overdue > 0 ? EXIT_RUNBOOK_OVERDUE : EXIT_SUCCESS;
}
