#include "app/modes/watch_mode.h"

#include "app/alarm/alarm_follow.h"
#include "app/incident/incident_secrets.h"
#include "app/runtime/print.h"
#include "app/runtime/status_beacon.h"
#include "collectors/notify/notify_test.h"
#include "core/json/json_writer.h"
#include "core/text/format.h"
#include "core/text/text.h"
#include "events/event_recorder.h"
#include "io/clock.h"
#include "io/file/keep.h"
#include "model/judge/model_evaluate.h"
#include "operate/incident/incident_recorder.h"
#include "operate/state.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WATCH_SIGNALS = 3, SUBJECT_MAX = 512, TEXT_MAX = 1536, ZONE_MAX = 16 };

struct watching {
  struct runtime *runtime;
  const struct options *options;
  struct model model;
  uint64_t printed; /* events */
  bool unwritten;
  struct incident_recorder *recorder;
  struct alarm_follow *alarms; /* NULL: no state directory is known */
  struct status_beacon beacon;
  struct event_recorder *history;
  struct incident_secrets secrets;
  bool lost; /* the time line of an incident cannot be written */
  uv_signal_t signals[WATCH_SIGNALS];
};

/* ---- what is printed */

static const char *mark_of(const struct event *event) {
  static const char *const marks[] = {"OK", "UNKNOWN", "WARN", "CRIT"};
  return event->change ? "INFO" : marks[event->severity];
}

/* "+0100": a log is read far away from where it was written. */
static const char *zone_of(int64_t at_ms, char zone[ZONE_MAX]) {
  const time_t at_s = (time_t)(at_ms / 1000);
  struct tm local;
  if (!localtime_r(&at_s, &local) || strftime(zone, ZONE_MAX, "%z", &local) == 0)
    zone[0] = '\0';
  return zone;
}

static void put_text(const struct watching *watching, const struct event *event) {
  char time[FORMAT_MAX], zone[ZONE_MAX], subject[SUBJECT_MAX], text[TEXT_MAX];
  const bool utc = watching->options->utc, ascii = watching->options->no_unicode;
  const int64_t at_ms = event->at_ms + watching->model.wall_offset_ms;
  text_sanitize(subject, sizeof subject, event->subject, strlen(event->subject), ascii);
  text_sanitize(text, sizeof text, event->text, strlen(event->text), ascii);
  printf("%s %s  %-7s  %s: %s\n", format_time(time, sizeof time, at_ms, utc, true),
         utc ? "UTC" : zone_of(at_ms, zone), mark_of(event), subject, text);
}

static void put_json(const struct watching *watching, const struct event *event) {
  struct json_writer json = {.out = stdout};
  json_open(&json, NULL, '{');
  json_int(&json, "at_ms", event->at_ms + watching->model.wall_offset_ms);
  json_text(&json, "severity", event_severity_name(event));
  if (event->kind)
    json_text(&json, "kind", event->kind);
  if (event->target)
    json_text(&json, "target", event->target);
  json_text(&json, "subject", event->subject);
  json_text(&json, "text", event->text);
  json_close(&json, '}');
  putchar('\n');
}

/* Events that are older than the log holds have been printed before they left it: at most as many
 * as it holds come in one evaluation. */
static void put_events(struct watching *watching) {
  const struct events *events = &watching->model.events;
  uint64_t new = events->total - watching->printed;
  if (new == 0)
    return;
  if (new > events->count)
    new = events->count;
  for (size_t age = new; age > 0; age--)
    (watching->options->json ? put_json : put_text)(watching, events_get(events, age - 1));
  watching->printed = events->total;
  if (fflush(stdout) == 0 && !ferror(stdout))
    return;
  watching->unwritten = true;
  uv_stop(&watching->runtime->loop);
}

/* ---- its life */

static void on_changed(void *arg) {
  struct watching *watching = arg;
  watching->model.wall_offset_ms = clock_wall_offset_ms();
  model_evaluate(&watching->model, clock_now_ms(), false);
  incident_recorder_see(watching->recorder);
  event_recorder_see(watching->history);
  put_events(watching);
}

/* What is not recorded is an event, as in the dashboard. */
static void on_incident(void *arg) {
  struct watching *watching = arg;
  struct err err;
  const struct incident_brief *brief = incident_recorder_brief(watching->recorder, &err);
  if (brief->lost && !watching->lost) {
    events_add(&watching->model.events, clock_now_ms(), SEVERITY_WARN, "stacktop", "%s: %s",
               brief->id, err.text);
    put_events(watching);
  }
  watching->lost = brief->lost;
}

static void on_marks(void *arg, const struct alarm_marks *marks) {
  struct watching *watching = arg;
  watching->model.alarm_marks = marks;
  on_changed(watching);
}

static void on_marks_failed(void *arg, const struct err *err) {
  struct watching *watching = arg;
  events_add(&watching->model.events, clock_now_ms(), err ? SEVERITY_WARN : SEVERITY_OK, "stacktop",
             err ? "acknowledgements and silences are not known: %s" : "%s",
             err ? err->text : "acknowledgements and silences are read again");
  put_events(watching);
}

static void on_history(void *arg, enum severity severity, const char *text) {
  struct watching *watching = arg;
  events_add(&watching->model.events, clock_now_ms(), severity, "stacktop", "%s", text);
  put_events(watching);
}

static void history_open(struct watching *watching, const struct config *config,
                         const char *state) {
  char *audit = state ? state_audit_path(state) : NULL;
  incident_secrets_init(&watching->secrets, config);
  watching->history =
      event_recorder_new(&(struct event_recorder_options){.io = &watching->runtime->io,
                                                          .model = &watching->model,
                                                          .state = state,
                                                          .audit_path = audit,
                                                          .place = "watch",
                                                          .mask = &watching->secrets.mask,
                                                          .say = on_history,
                                                          .arg = watching});
  free(audit);
}

static void recorder_open(struct watching *watching, const struct config *config) {
  struct err err;
  char *state = state_choose(config, &err);
  if (state)
    watching->alarms = alarm_follow_new(&(struct alarm_follow_options){.io = &watching->runtime->io,
                                                                       .state = state,
                                                                       .changed = on_marks,
                                                                       .failed = on_marks_failed,
                                                                       .arg = watching});
  watching->recorder =
      incident_recorder_new(&(struct incident_recorder_options){.io = &watching->runtime->io,
                                                                .model = &watching->model,
                                                                .state = state,
                                                                .place = "watch",
                                                                .changed = on_incident,
                                                                .arg = watching});
  history_open(watching, config, state);
  free(state);
}

static void on_signal(uv_signal_t *handle, int number) {
  (void)number;
  uv_stop(handle->loop);
}

static void signals_begin(struct watching *watching) {
  static const int numbers[WATCH_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
  for (size_t i = 0; i < WATCH_SIGNALS; i++) {
    uv_signal_init(&watching->runtime->loop, &watching->signals[i]);
    watching->signals[i].data = watching;
    uv_signal_start(&watching->signals[i], on_signal, numbers[i]);
  }
}

static void put_begin(const struct config *config) {
  size_t channels = 0;
  for (size_t i = 0; i < config->target_count; i++)
    channels += strcmp(config->targets[i]->kind->kind, "notifier") == 0;
  char targets[FORMAT_MAX], ways[FORMAT_MAX], name[SUBJECT_MAX];
  text_sanitize(name, sizeof name, config->name, strlen(config->name), true);
  fprintf(stderr, "stacktop: watching %s: %s, %s\n", name,
          format_counted(targets, sizeof targets, (int64_t)(config->target_count - channels),
                         "target", "targets"),
          channels == 0 ? "no channel to notify (notify: in the configuration)"
                        : format_counted(ways, sizeof ways, (int64_t)channels, "channel to notify",
                                         "channels to notify"));
}

/* ---- what outlives it */

/* The name of a record is "KIND/NAME" of its target. */
static bool keeps(void *arg, const char *name) {
  const struct watching *watching = arg;
  for (size_t i = 0; i < watching->model.target_count; i++) {
    const struct target *target = watching->model.targets[i].target;
    const size_t kind = strlen(target->kind->kind);
    if (strncmp(name, target->kind->kind, kind) == 0 && name[kind] == '/' &&
        strcmp(name + kind + 1, target->name) == 0)
      return true;
  }
  return false;
}

static void on_told(void *arg, bool fault, const char *text) {
  struct watching *watching = arg;
  if (fault)
    events_add(&watching->model.events, clock_now_ms(), SEVERITY_WARN, "stacktop", "%s", text);
  else
    events_add_change(&watching->model.events, clock_now_ms(), "stacktop", "%s", text);
  put_events(watching);
}

/* Without rules and channels there is nothing to remember, and no channel. */
static struct keep *keep_open(struct watching *watching, const struct config *config) {
  struct err err;
  bool any = false;
  for (size_t i = 0; i < config->target_count; i++)
    any = any || config->targets[i]->kind->is_rule;
  char *state = any ? state_choose(config, &err) : NULL;
  struct keep *keep = state ? keep_new(&(struct keep_options){.io = &watching->runtime->io,
                                                              .state = state,
                                                              .config = config->path,
                                                              .knows = keeps,
                                                              .tell = on_told,
                                                              .arg = watching})
                            : NULL;
  if (any && !state)
    on_told(watching, true,
            "nothing is remembered over a restart, and a second stacktop watch is "
            "not noticed: no state directory is known; set `state` in the "
            "configuration");
  free(state);
  return keep;
}

/* ---- a test of the channels */

struct testing {
  uv_loop_t *loop;
  size_t open, failed;
  bool ascii;
};

static void on_tested(void *arg, const struct target *channel, const struct err *err) {
  struct testing *testing = arg;
  char name[SUBJECT_MAX], text[TEXT_MAX];
  text_sanitize(name, sizeof name, channel->name, strlen(channel->name), testing->ascii);
  if (err)
    text_sanitize(text, sizeof text, err->text, strlen(err->text), testing->ascii);
  printf("%s: %s%s\n", name, err ? "not delivered: " : "delivered", err ? text : "");
  testing->failed += err != NULL;
  if (--testing->open == 0)
    uv_stop(testing->loop);
}

static int channels_test(struct runtime *runtime, struct config *config,
                         const struct options *options) {
  struct testing testing = {.loop = &runtime->loop, .open = 1, .ascii = options->no_unicode};
  for (size_t i = 0; i < config->target_count; i++)
    if (strcmp(config->targets[i]->kind->kind, "notifier") == 0) {
      testing.open++;
      notify_test(&runtime->io, config->targets[i], on_tested, &testing);
    }
  const bool any = testing.open > 1;
  if (!any)
    error_print("there is no channel to test (notify: in the configuration)");
  if (--testing.open > 0)
    uv_run(&runtime->loop, UV_RUN_DEFAULT);
  const int status = print_end(true) && any && testing.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  if (!runtime_close(runtime, NULL)) {
    fflush(NULL);
    _exit(status);
  }
  config_free(config);
  return status;
}

int watch_run(struct runtime *runtime, struct config *config, const struct options *options) {
  struct watching watching = {.runtime = runtime, .options = options};
  if (options->test)
    return channels_test(runtime, config, options);
  put_begin(config);
  model_init(&watching.model, config);
  struct scheduler_hooks hooks = {.arg = &watching, .changed = on_changed};
  struct scheduler *scheduler = scheduler_new(&runtime->io, &watching.model, false, hooks);
  recorder_open(&watching, config);
  status_beacon_open(&watching.beacon, &runtime->io, &watching.model);
  struct keep *keep = keep_open(&watching, config);
  signals_begin(&watching);
  scheduler_start(scheduler);
  uv_run(&runtime->loop, UV_RUN_DEFAULT);
  for (size_t i = 0; i < WATCH_SIGNALS; i++)
    uv_close((uv_handle_t *)&watching.signals[i], NULL);
  status_beacon_close(&watching.beacon);
  incident_recorder_close(watching.recorder);
  watching.model.alarm_marks = NULL;
  alarm_follow_close(watching.alarms);
  event_recorder_close(watching.history);
  keep_close(keep);
  const int status = watching.unwritten ? EXIT_FAILURE : EXIT_SUCCESS;
  if (watching.unwritten && !print_is_closed())
    error_print("cannot write the events");
  if (!runtime_close(runtime, scheduler)) {
    fflush(NULL);
    _exit(status); /* threads that still hang may use the model's targets, so these are not freed */
  }
  model_fini(&watching.model);
  incident_secrets_fini(&watching.secrets);
  config_free(config);
  return status;
}
