#include "app/modes/records/alarm_mode.h"

#include "app/alarm/alarm_clerk.h"
#include "app/incident/incident_secrets.h"
#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "core/json/json_writer.h"
#include "core/quantity.h"
#include "core/since.h"
#include "core/text/format.h"
#include "core/text/text.h"
#include "io/clock.h"
#include "operate/state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct alarm_mode {
  struct runtime *runtime;
  const struct config *config;
  const struct options *options;
  char *state;
  struct audit *audit;
  struct alarm_clerk *clerk;
  bool answered;
  int status;
};

/* ---- acknowledge, silence, remove */

static void put_clean(const struct alarm_mode *mode, const char *text) {
  char shown[ALARM_SAID_MAX];
  text_sanitize(shown, sizeof shown, text, strlen(text), mode->options->no_unicode);
  fputs(shown, stdout);
}

static void on_answered(void *arg, const char *said, const struct err *err) {
  struct alarm_mode *mode = arg;
  mode->answered = true;
  if (said) {
    put_clean(mode, said);
    putchar('\n');
  } else {
    error_print("%s", err->text);
    mode->status = EXIT_FAILURE;
  }
  uv_stop(&mode->runtime->loop);
}

static void on_audit_closed(void *arg) {
  struct alarm_mode *mode = arg;
  mode->audit = NULL;
  uv_stop(&mode->runtime->loop);
}

static void act_run(struct alarm_mode *mode, const struct alarm_act *act) {
  char *path = state_audit_path(mode->state);
  const struct audit_options audit = {.path = path, .to_syslog = mode->config->audit_syslog};
  mode->audit = audit_new(&mode->runtime->io, &audit);
  free(path);
  mode->clerk = alarm_clerk_new(&(struct alarm_clerk_options){.io = &mode->runtime->io,
                                                              .audit = mode->audit,
                                                              .config = mode->config,
                                                              .state = mode->state});
  alarm_clerk_ask(mode->clerk, act, on_answered, mode);
  alarm_clerk_hold(mode->clerk);
  while (!mode->answered)
    uv_run(&mode->runtime->loop, UV_RUN_DEFAULT);
  alarm_clerk_close(mode->clerk);
  audit_close(mode->audit, on_audit_closed, mode);
  while (mode->audit)
    uv_run(&mode->runtime->loop, UV_RUN_DEFAULT);
}

/* "4h" is from now on; a time must be to come. */
static bool until_parse(const char *text, bool utc, int64_t wall_ms, int64_t *ms, struct err *err) {
  struct err why;
  if (duration_parse(text, ms, &why)) {
    *ms += wall_ms;
    return true;
  }
  return since_parse(text, wall_ms, utc, ms, &why) ||
         err_set(err, ERR_INVALID, "--until: %s", why.text);
}

static bool severity_take(struct alarm_mark *mark, const char *text, struct err *err) {
  static const struct {
    const char *word;
    enum severity severity;
  } words[] = {
      {"unknown", SEVERITY_UNKNOWN}, {"warning", SEVERITY_WARN}, {"critical", SEVERITY_CRIT}};
  for (size_t i = 0; text && i < sizeof words / sizeof *words; i++)
    if (strcmp(words[i].word, text) == 0) {
      mark->most = words[i].severity;
      return true;
    }
  return !text || err_set(err, ERR_INVALID,
                          "--severity: \"%.40s\" is none of unknown, warning and critical", text);
}

static bool act_make(const struct alarm_mode *mode, enum alarm_verb verb, const char *key,
                     struct alarm_act *act, struct err *err) {
  const struct options *options = mode->options;
  struct incident_secrets secrets;
  const int64_t wall_ms = clock_wall_ms();
  int64_t until_ms = 0;
  incident_secrets_init(&secrets, mode->config);
  bool good = alarm_act_make(act, verb, key, options->reason, &secrets.mask, err);
  incident_secrets_fini(&secrets);
  if (!good || verb == ALARM_DO_REMOVE)
    return good;
  act->mark.pattern = verb == ALARM_DO_SILENCE && strchr(act->mark.key, '*');
  if (verb == ALARM_DO_ACKNOWLEDGE && strchr(act->mark.key, '*'))
    return err_set(err, ERR_INVALID,
                   "an acknowledgement is of one finding: name its whole key; "
                   "only `stacktop silence` takes a pattern");
  return severity_take(&act->mark, options->severity, err) &&
         until_parse(options->until ? options->until : ALARM_UNTIL_DEFAULT, options->utc, wall_ms,
                     &until_ms, err) &&
         alarm_act_until(act, until_ms, wall_ms, err);
}

/* ---- the list */

static void put_json(const struct alarm_mark *mark, struct json_writer *json) {
  json_line(json);
  json_open(json, NULL, '{');
  json_text(json, "mark", alarm_kind_name(mark->kind));
  json_text(json, "id", mark->id);
  json_text(json, "key", mark->key);
  json_bool(json, "pattern", mark->pattern);
  json_text(json, "up_to", severity_name(mark->most));
  json_text(json, "who", mark->who);
  json_text(json, "reason", mark->reason);
  json_int(json, "at_ms", mark->at_ms);
  json_int(json, "until_ms", mark->until_ms);
  json_close(json, '}');
}

static void put_text(const struct alarm_mode *mode, const struct alarm_mark *mark) {
  const bool utc = mode->options->utc;
  char at[FORMAT_MAX], until[FORMAT_MAX];
  printf("%-12s ", alarm_kind_name(mark->kind));
  put_clean(mode, mark->key);
  printf("\n    up to %s, until %s%s, by ", severity_name(mark->most),
         format_time(until, sizeof until, mark->until_ms, utc, true), utc ? " UTC" : "");
  put_clean(mode, mark->who);
  printf(" at %s%s: ", format_time(at, sizeof at, mark->at_ms, utc, true), utc ? " UTC" : "");
  put_clean(mode, mark->reason);
  putchar('\n');
}

static void list_run(struct alarm_mode *mode) {
  struct alarm_file_state seen = {0};
  struct alarm_marks marks;
  struct err err;
  bool fresh;
  size_t count = 0;
  char *path = alarm_file_path(mode->state);
  struct json_writer json = {.out = stdout, .lines = true};
  if (!alarm_file_look(path, &seen, &marks, &fresh, &err)) {
    error_print("%s", err.text);
    mode->status = EXIT_FAILURE;
    free(path);
    return;
  }
  alarm_marks_expire(&marks, clock_wall_ms());
  if (mode->options->json)
    json_open(&json, NULL, '[');
  for (size_t i = 0; i < marks.count; i++) {
    if (!alarm_mark_is_for(&marks.items[i], mode->config->name, mode->config->environment))
      continue;
    count++;
    if (mode->options->json)
      put_json(&marks.items[i], &json);
    else
      put_text(mode, &marks.items[i]);
  }
  if (mode->options->json) {
    json_close(&json, ']');
    putchar('\n');
  } else if (count == 0) {
    puts("No finding is acknowledged or silenced.");
  }
  alarm_marks_fini(&marks);
  free(path);
}

/* ---- the whole */

static void mode_go(struct alarm_mode *mode) {
  const struct options *options = mode->options;
  struct err err = {0};
  mode->state = state_choose(mode->config, &err);
  if (!mode->state) {
    error_print("%s", err.text);
    mode->status = EXIT_FAILURE;
    return;
  }
  const bool removes = options->mode == MODE_ALARMS && options->word_count == 2;
  if (options->mode == MODE_ALARMS && !removes) {
    list_run(mode);
    return;
  }
  const enum alarm_verb verb = removes                     ? ALARM_DO_REMOVE
                               : options->mode == MODE_ACK ? ALARM_DO_ACKNOWLEDGE
                                                           : ALARM_DO_SILENCE;
  struct alarm_act act;
  if (act_make(mode, verb, options->words[removes ? 1 : 0], &act, &err)) {
    act_run(mode, &act);
    return;
  }
  error_print("%s", err.text);
  mode->status = EXIT_USAGE_BAD;
}

int alarm_mode_run(struct runtime *runtime, struct config *config, const struct options *options) {
  struct alarm_mode mode = {.runtime = runtime, .config = config, .options = options};
  mode_go(&mode);
  if (!print_end(true) && mode.status == EXIT_SUCCESS)
    mode.status = EXIT_FAILURE;
  free(mode.state);
  if (!runtime_close(runtime, NULL)) {
    fflush(NULL);
    _exit(mode.status);
  }
  config_free(config);
  return mode.status;
}
