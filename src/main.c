/* stacktop: from argv to a mode, and the mode's exit status. */
#include "actions/action_list.h"
#include "app/dashboard/dashboard.h"
#include "app/dashboard/dashboard_member.h"
#include "app/environments/environment_find.h"
#include "app/environments/environments.h"
#include "app/environments/environments_children.h"
#include "app/modes/act/apply_mode.h"
#include "app/modes/act/plan_mode.h"
#include "app/modes/check.h"
#include "app/modes/config_mode.h"
#include "app/modes/init_mode.h"
#include "app/modes/keys_mode.h"
#include "app/modes/logs/logs_mode.h"
#include "app/modes/records/alarm_mode.h"
#include "app/modes/records/alarm_report_mode.h"
#include "app/modes/records/audit_mode.h"
#include "app/modes/records/events_mode.h"
#include "app/modes/records/incident_mode.h"
#include "app/modes/runbook/runbook_mode.h"
#include "app/modes/serve_mode.h"
#include "app/modes/show_mode.h"
#include "app/modes/status_mode.h"
#include "app/modes/watch_mode.h"
#include "app/plain/plain.h"
#include "app/runtime/print.h"
#include "app/runtime/process.h"
#include "app/startup/startup.h"
#include "app/startup/theme_file.h"
#include "app/startup/versions.h"
#include "clients/kafka/child/kafka_child.h"
#include "io/clock.h"
#include "report/actions.h"
#include "report/plugin.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* Monitoring systems treat any other status as unknown or as an error of the plugin. */
static int plugin_status(bool plugin, int status) {
  return plugin ? severity_exit(SEVERITY_UNKNOWN) : status;
}

static int trouble(const struct err *err, bool plugin, int status) {
  error_print("%s", err->text);
  if (plugin)
    (void)print_end(report_plugin_trouble(stdout, err->text));
  return plugin_status(plugin, status);
}

static int usage_bad(const struct err *err, bool plugin) {
  const int status = trouble(err, plugin, EXIT_USAGE_BAD);
  fprintf(stderr, "          `stacktop -h` shows the usage\n");
  return status;
}

/* The built-in ones, and those of the configuration if there is one. */
static int actions_show(const struct options *options) {
  struct report_text_options text = print_options(options);
  struct app_schema schema;
  struct action_list list;
  app_schema_init(&schema);
  struct config *config = startup_config_file(options, &schema);
  if (!config)
    return EXIT_CONFIG_BAD;
  action_list_init(&list, config);
  const bool written = print_end(options->json ? report_actions_json(stdout, list.specs)
                                               : report_actions_text(stdout, list.specs, &text));
  action_list_fini(&list);
  config_free(config);
  return written ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Takes the configuration, ends the runtime, and returns the status. */
typedef int mode_fn(struct runtime *runtime, struct config *config, const struct options *options);

/* What the modes run that need the loop; NULL for the others. */
static mode_fn *mode_of(enum mode mode) {
  static mode_fn *const modes[] = {
      [MODE_DASHBOARD] = dashboard_run,
      [MODE_CHECK] = check_run,
      [MODE_PLAN] = plan_run,
      [MODE_APPLY] = apply_run,
      [MODE_LOGS] = logs_run,
      [MODE_SHOW] = show_run,
      [MODE_WATCH] = watch_run,
      [MODE_RUNBOOK] = runbook_mode_run,
      [MODE_INCIDENT] = incident_mode_run,
      [MODE_STATUS] = check_run,
      [MODE_SERVE] = serve_run,
      [MODE_ACK] = alarm_mode_run,
      [MODE_SILENCE] = alarm_mode_run,
      [MODE_ALARMS] = alarm_mode_run,
  };
  return (size_t)mode < sizeof modes / sizeof *modes ? modes[mode] : NULL;
}

/* What they print is on disk: there is nothing to look for on this host. */
static bool reads_records(const struct options *options) {
  return options->mode == MODE_AUDIT || options->mode == MODE_EVENTS || options->report;
}

static int run(const struct options *options) {
  struct app_schema schema;
  app_schema_init(&schema);
  if (options->mode == MODE_DASHBOARD || options->mode == MODE_CONFIG)
    schema.schema.theme_check = theme_check;
  if (options->mode == MODE_CONFIG && (options->default_config || options->schema_config))
    return config_mode_start(options, &schema);
  struct runtime runtime;
  struct err err;
  if (!runtime_init(&runtime, &err))
    return trouble(&err, options->plugin, EX_OSERR);
  runtime.io.kafka_child = KAFKA_CHILD_SELF;
  if (options->mode == MODE_INIT) {
    const int written = init_run(&runtime, options, &schema);
    if (!runtime_close(&runtime, NULL))
      _exit(written);
    return written;
  }
  struct config *config = reads_records(options) ? startup_config_file(options, &schema)
                                                 : startup_config(options, &schema, &runtime.io);
  mode_fn *mode = options->plain ? plain_run : options->report ? NULL : mode_of(options->mode);
  if (config && mode)
    return mode(&runtime, config, options);
  int status = plugin_status(options->plugin, EXIT_CONFIG_BAD);
  if (!config && options->mode == MODE_STATUS)
    (void)print_end(
        status_print_trouble("configuration error: run `stacktop config --check`", options));
  if (config && options->mode == MODE_AUDIT)
    status = audit_run(config, options);
  else if (config && options->mode == MODE_EVENTS)
    status = events_run(config, options);
  else if (config && options->report)
    status = alarm_report_run(config, options);
  else if (config)
    status = config_mode_run(&runtime, config, options, &schema);
  config_free(config);
  if (!runtime_close(&runtime, NULL))
    _exit(status);
  return status;
}

/* The status of these says what was found or done. */
static bool says_more(enum mode mode) {
  return mode == MODE_CHECK || mode == MODE_APPLY || mode == MODE_DASHBOARD ||
         mode == MODE_RUNBOOK || mode == MODE_STATUS || mode == MODE_ALARMS;
}

/* A closed pipe (`| head`) is intended: ends as other tools do, by SIGPIPE, which was ignored
 * for the sake of sockets. A parent that ignores it gets a message and a status. */
static int pipe_end(bool ignored, int status) {
  if (ignored) {
    error_print("cannot write the output: %s", strerror(EPIPE));
    return status;
  }
  signal(SIGPIPE, SIG_DFL);
  raise(SIGPIPE);
  return status;
}

/* Those that read no configuration, or none but the one that they are given. */
static bool is_informative(enum mode mode) {
  return mode == MODE_HELP || mode == MODE_VERSION || mode == MODE_THEMES;
}

static int mode_run(const struct options *options) {
  if (!is_informative(options->mode) && environments_wanted(options))
    return environments_run(options);
  switch (options->mode) {
  case MODE_HELP:
    options_usage(stdout, options->help_of);
    return print_end(true) ? EXIT_SUCCESS : EXIT_FAILURE;
  case MODE_VERSION:
    puts("stacktop " STACKTOP_VERSION);
    versions_print(stdout);
    return print_end(true) ? EXIT_SUCCESS : EXIT_FAILURE;
  case MODE_THEMES:
    theme_list(stdout, options->no_unicode);
    return print_end(true) ? EXIT_SUCCESS : EXIT_FAILURE;
  case MODE_ACTIONS:
    return actions_show(options);
  case MODE_STATUS: {
    int status;
    return status_of_running(options, &status) ? status : run(options);
  }
  case MODE_KEYS: {
    struct app_schema schema;
    app_schema_init(&schema);
    return keys_show(options, &schema);
  }
  case MODE_SHOW:
    return options->word_count > 0 ? run(options) : show_list(options);
  default:
    return run(options);
  }
}

int main(int argc, char **argv) {
  signal(SIGUSR2, SIG_IGN); /* dashboards reload at it; `pkill -USR2 stacktop` ends nothing else */
  if (kafka_child_wanted(argc, argv))
    return kafka_child_main();
  if (!process_begin())
    return EX_OSERR;
  struct sigaction pipe;
  const bool ignored = sigaction(SIGPIPE, NULL, &pipe) == 0 && pipe.sa_handler == SIG_IGN;
  clock_start();
  setlocale(LC_CTYPE, ""); /* only the character type: numbers do not depend on the locale */
  struct options options;
  struct err err;
  const bool member = member_wanted(argc, argv), part = part_wanted(argc, argv);
  if (member)
    member_begin();
  if (part)
    part_begin();
  if (member || part) {
    argv[1] = argv[0];
    argc--, argv++;
  }
  if (!options_parse(&options, argc, argv, &err))
    return usage_bad(&err, options_want_plugin(argc, argv));
  options.member = member;
  options.no_unicode = options.no_unicode || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
  const int status = mode_run(&options);
  return !says_more(options.mode) && print_is_closed() ? pipe_end(ignored, status) : status;
}
