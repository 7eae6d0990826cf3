#include "app/options.h"

#include "core/quantity.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

void options_usage(FILE *out) {
  fputs(
      "usage: stacktop [OPTIONS]          the dashboard\n"
      "       stacktop check [OPTIONS]    one pass over all targets, for people, cron, monitoring\n"
      "       stacktop config [OPTIONS]   the loaded configuration, secrets masked\n"
      "\n"
      "  -c, --config FILE     the configuration; else stacktop.yaml in $XDG_CONFIG_HOME/stacktop\n"
      "                        or in /etc/stacktop; else this host and what answers on the usual\n"
      "                        loopback ports\n"
      "  -U, --no-unicode      ASCII only (as in a locale that is not UTF-8)\n"
      "  -C, --no-color        no colours (as with NO_COLOR set)\n"
      "      --utc             times in UTC\n"
      "  -h, --help            this help\n"
      "  -V, --version\n"
      "\n"
      "check:\n"
      "      --json            as JSON (docs/json.md)\n"
      "      --only KIND[:NAME]  only targets of that kind, or that one\n"
      "      --timeout TIME    wait so long for each target: 5s, 500ms\n"
      "  not on a terminal, lines are as long as they get; COLUMNS=80 wraps them, for e-mail\n"
      "  exit status: 0 OK, 1 WARN, 2 CRIT, 3 UNKNOWN\n"
      "\n"
      "config:\n"
      "      --default         a configuration to begin with: every option with its help\n"
      "\n"
      "Exit status otherwise: 1 it failed, 64 bad usage, 78 bad configuration.\n",
      out);
}

enum { LONG_ONLY = 256, LONG_TIMEOUT, LONG_DEFAULT, LONG_JSON, LONG_UTC };

static const struct option longs[] = {
    {"config", required_argument, NULL, 'c'},
    {"no-unicode", no_argument, NULL, 'U'},
    {"no-color", no_argument, NULL, 'C'},
    {"utc", no_argument, NULL, LONG_UTC},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"json", no_argument, NULL, LONG_JSON},
    {"only", required_argument, NULL, LONG_ONLY},
    {"timeout", required_argument, NULL, LONG_TIMEOUT},
    {"default", no_argument, NULL, LONG_DEFAULT},
    {NULL, 0, NULL, 0},
};

/* The mode that an option needs; MODE_DASHBOARD: any. */
static enum mode option_mode(int code) {
  switch (code) {
  case LONG_ONLY:
  case LONG_TIMEOUT:
  case LONG_JSON:
    return MODE_CHECK;
  case LONG_DEFAULT:
    return MODE_CONFIG;
  default:
    return MODE_DASHBOARD;
  }
}

static bool mode_parse(const char *word, enum mode *mode, struct err *err) {
  if (strcmp(word, "check") == 0)
    *mode = MODE_CHECK;
  else if (strcmp(word, "config") == 0)
    *mode = MODE_CONFIG;
  else
    return err_set(err, ERR_INVALID,
                   "unknown command \"%s\": check, config, or none for the dashboard", word);
  return true;
}

static bool timeout_parse(const char *text, int64_t *ms, struct err *err) {
  if (!duration_parse(text, ms, err))
    return false;
  if (*ms < 1 || *ms > 3600000)
    return err_set(err, ERR_INVALID, "--timeout %s is out of range: from 1ms to 1h", text);
  return true;
}

static bool option_take(struct options *options, int code, const char *argument, struct err *err) {
  switch (code) {
  case 'c':
    options->config = argument;
    return true;
  case 'U':
    options->no_unicode = true;
    return true;
  case 'C':
    options->no_color = true;
    return true;
  case LONG_UTC:
    options->utc = true;
    return true;
  case LONG_JSON:
    options->json = true;
    return true;
  case LONG_ONLY:
    options->only = argument;
    return true;
  case LONG_DEFAULT:
    options->default_config = true;
    return true;
  case LONG_TIMEOUT:
    return timeout_parse(argument, &options->timeout_ms, err);
  default: /* h and V: nothing after them counts */
    options->mode = code == 'h' ? MODE_HELP : MODE_VERSION;
    return true;
  }
}

static bool argument_refuse(int code, const char *argument, struct err *err) {
  return err_set(err, ERR_INVALID, code == ':' ? "%s wants a value" : "unknown option %s",
                 argument);
}

bool options_parse(struct options *options, int argc, char **argv, struct err *err) {
  const char *no_color = getenv("NO_COLOR");
  *options = (struct options){.no_color = no_color && *no_color};
  enum mode needed = MODE_DASHBOARD;
  const char *needed_by = NULL;
  bool command = false;
  optind = 0; /* glibc: begin anew */
  opterr = 0;
  for (int code; (code = getopt_long(argc, argv, "-:c:UChV", longs, NULL)) != -1;) {
    if (code == '?' || code == ':')
      return argument_refuse(code, argv[optind - 1], err);
    if (code == 1) { /* a word, wherever it stands */
      if (command)
        return err_set(err, ERR_INVALID, "unexpected argument \"%s\"", optarg);
      command = true;
      if (!mode_parse(optarg, &options->mode, err))
        return false;
      continue;
    }
    if (option_mode(code) != MODE_DASHBOARD) {
      needed = option_mode(code);
      needed_by = argv[optind - 1 - (optarg == argv[optind - 1])];
    }
    if (!option_take(options, code, optarg, err))
      return false;
    if (options->mode == MODE_HELP || options->mode == MODE_VERSION)
      return true;
  }
  if (optind < argc)
    return err_set(err, ERR_INVALID, "unexpected argument \"%s\"", argv[optind]);
  if (needed_by && needed != options->mode)
    return err_set(err, ERR_INVALID, "%s belongs to `stacktop %s`", needed_by,
                   needed == MODE_CHECK ? "check" : "config");
  return true;
}
