#include "app/modes/records/alarm_report_mode.h"

#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "core/since.h"
#include "events/event_report.h"
#include "io/clock.h"
#include "operate/state.h"
#include "report/alarms.h"

#include <stdlib.h>

static int status_of(const struct alarm_report *report) {
  static const int statuses[] = {[ALARM_WITHIN] = EXIT_SUCCESS,
                                 [ALARM_BEYOND] = EXIT_ALARMS_BEYOND,
                                 [ALARM_UNOBSERVED] = EXIT_ALARMS_UNOBSERVED};
  return statuses[alarm_report_verdict(report)];
}

/* Without a file nothing was observed. */
static bool report_read(const struct config *config, int64_t since_ms, int64_t now_ms,
                        struct alarm_report *report, struct err *err) {
  char *state = state_choose(config, err), *audit = state ? state_audit_path(state) : NULL;
  struct event_store *store = state ? event_store_open_fresh(state, audit, err) : NULL;
  *report = (struct alarm_report){.asked_ms = since_ms, .from_ms = now_ms, .until_ms = now_ms};
  const bool good = store ? event_report_read(store, since_ms, now_ms, report, err)
                          : state && err->kind == ERR_NONE;
  event_store_close(store);
  free(audit);
  free(state);
  return good;
}

static int put(const struct config *config, const struct options *options, int64_t since_ms,
               int64_t now_ms) {
  struct alarm_report report;
  struct err err = {0};
  int status = EXIT_FAILURE;
  if (report_read(config, since_ms, now_ms, &report, &err)) {
    const struct report_text_options text = print_options(options);
    status = status_of(&report);
    if (options->json)
      report_alarms_json(stdout, &report);
    else
      report_alarms_text(stdout, &report, &text, options->utc);
  } else {
    error_print("%s", err.text);
  }
  alarm_report_fini(&report);
  return print_end(!ferror(stdout)) ? status : EXIT_FAILURE;
}

int alarm_report_run(const struct config *config, const struct options *options) {
  const char *since = options->since ? options->since : ALARM_REPORT_SINCE_DEFAULT;
  const int64_t now_ms = clock_wall_ms();
  int64_t since_ms;
  struct err err;
  if (!since_parse(since, now_ms, options->utc, &since_ms, &err)) {
    error_print("--since: %s", err.text);
    return EXIT_USAGE_BAD;
  }
  if (since_ms >= now_ms) {
    error_print("--since: %s is not in the past", since);
    return EXIT_USAGE_BAD;
  }
  if (!config->events) {
    error_print("the history of events is switched off (events: false in the configuration)");
    return EXIT_FAILURE;
  }
  return put(config, options, since_ms, now_ms);
}
