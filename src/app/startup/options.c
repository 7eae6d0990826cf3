#include "app/startup/options.h"

#include "core/quantity.h"
#include "core/text/suggest.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
  LONG_ONLY = 256,
  LONG_TIMEOUT,
  LONG_DEFAULT,
  LONG_CHECK,
  LONG_JSON,
  LONG_UTC,
  LONG_READ_ONLY,
  LONG_WALL,
  LONG_CONFIRM,
  LONG_ACTION,
  LONG_TARGET,
  LONG_USER,
  LONG_SINCE,
  LONG_UNKNOWN,
  LONG_OUTPUT,
  LONG_DURATION,
  LONG_PLUGIN,
  LONG_ACKNOWLEDGE,
  LONG_REASON,
  LONG_UNTIL,
  LONG_GREP,
  LONG_EXCLUDE,
  LONG_LEVEL,
  LONG_FIELD,
  LONG_SOURCE,
  LONG_FILTER,
  LONG_FOLLOW,
  LONG_PATTERNS,
  LONG_CSV,
  LONG_SORT,
  LONG_TABLE,
  LONG_LIMIT,
  LONG_TEST,
  LONG_DRY_RUN,
  LONG_TMUX,
  LONG_NO_CHECK,
  LONG_WIDTH,
  LONG_THEME,
  LONG_LIST_THEMES,
  LONG_SCHEMA,
  LONG_YES,
  LONG_PLAIN,
  LONG_SCREEN_READER,
  LONG_OPENMETRICS,
  LONG_METRICS,
  LONG_LISTEN,
  LONG_ALLOW_REMOTE,
  LONG_SEVERITY,
  LONG_ACKNOWLEDGED,
  LONG_KIND,
  LONG_OPERATOR,
  LONG_END,
  LONGS = LONG_END - LONG_ONLY,
};

static const struct option longs[] = {
    {"config", required_argument, NULL, 'c'},
    {"no-unicode", no_argument, NULL, 'U'},
    {"no-color", no_argument, NULL, 'C'},
    {"no-mouse", no_argument, NULL, 'M'},
    {"utc", no_argument, NULL, LONG_UTC},
    {"read-only", no_argument, NULL, LONG_READ_ONLY},
    {"readonly", no_argument, NULL, LONG_READ_ONLY},
    {"wall", no_argument, NULL, LONG_WALL},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"json", no_argument, NULL, LONG_JSON},
    {"only", required_argument, NULL, LONG_ONLY},
    {"timeout", required_argument, NULL, LONG_TIMEOUT},
    {"default", no_argument, NULL, LONG_DEFAULT},
    {"check", no_argument, NULL, LONG_CHECK},
    {"schema", no_argument, NULL, LONG_SCHEMA},
    {"yes", no_argument, NULL, LONG_YES},
    {"confirm", required_argument, NULL, LONG_CONFIRM},
    {"action", required_argument, NULL, LONG_ACTION},
    {"target", required_argument, NULL, LONG_TARGET},
    {"user", required_argument, NULL, LONG_USER},
    {"since", required_argument, NULL, LONG_SINCE},
    {"unknown", no_argument, NULL, LONG_UNKNOWN},
    {"output", no_argument, NULL, LONG_OUTPUT},
    {"duration", required_argument, NULL, LONG_DURATION},
    {"plugin", no_argument, NULL, LONG_PLUGIN},
    {"openmetrics", no_argument, NULL, LONG_OPENMETRICS},
    {"metrics", no_argument, NULL, LONG_METRICS},
    {"listen", required_argument, NULL, LONG_LISTEN},
    {"allow-remote", no_argument, NULL, LONG_ALLOW_REMOTE},
    {"acknowledge", required_argument, NULL, LONG_ACKNOWLEDGE},
    {"reason", required_argument, NULL, LONG_REASON},
    {"until", required_argument, NULL, LONG_UNTIL},
    {"grep", required_argument, NULL, LONG_GREP},
    {"exclude", required_argument, NULL, LONG_EXCLUDE},
    {"level", required_argument, NULL, LONG_LEVEL},
    {"field", required_argument, NULL, LONG_FIELD},
    {"source", required_argument, NULL, LONG_SOURCE},
    {"filter", required_argument, NULL, LONG_FILTER},
    {"follow", no_argument, NULL, LONG_FOLLOW},
    {"patterns", no_argument, NULL, LONG_PATTERNS},
    {"csv", no_argument, NULL, LONG_CSV},
    {"sort", required_argument, NULL, LONG_SORT},
    {"table", required_argument, NULL, LONG_TABLE},
    {"limit", required_argument, NULL, LONG_LIMIT},
    {"test", no_argument, NULL, LONG_TEST},
    {"dry-run", no_argument, NULL, LONG_DRY_RUN},
    {"tmux", no_argument, NULL, LONG_TMUX},
    {"no-check", no_argument, NULL, LONG_NO_CHECK},
    {"width", required_argument, NULL, LONG_WIDTH},
    {"theme", required_argument, NULL, LONG_THEME},
    {"list-themes", no_argument, NULL, LONG_LIST_THEMES},
    {"plain", no_argument, NULL, LONG_PLAIN},
    {"screen-reader", no_argument, NULL, LONG_SCREEN_READER},
    {"severity", required_argument, NULL, LONG_SEVERITY},
    {"acknowledged", no_argument, NULL, LONG_ACKNOWLEDGED},
    {"kind", required_argument, NULL, LONG_KIND},
    {"operator", required_argument, NULL, LONG_OPERATOR},
    {NULL, 0, NULL, 0},
};

/* ---- modes */

static const struct {
  const char *word;
  enum mode mode;
} modes[] = {
    {"check", MODE_CHECK},     {"config", MODE_CONFIG},     {"actions", MODE_ACTIONS},
    {"plan", MODE_PLAN},       {"apply", MODE_APPLY},       {"audit", MODE_AUDIT},
    {"logs", MODE_LOGS},       {"show", MODE_SHOW},         {"watch", MODE_WATCH},
    {"runbook", MODE_RUNBOOK}, {"incident", MODE_INCIDENT}, {"status", MODE_STATUS},
    {"init", MODE_INIT},       {"serve", MODE_SERVE},       {"keys", MODE_KEYS},
    {"ack", MODE_ACK},         {"silence", MODE_SILENCE},   {"alarms", MODE_ALARMS},
    {"events", MODE_EVENTS},
};
enum { MODE_WORDS = sizeof modes / sizeof *modes };

static bool mode_parse(const char *word, enum mode *mode, struct err *err) {
  struct suggestion suggestion = {0};
  char list[200] = "";
  for (size_t i = 0; i < MODE_WORDS; i++) {
    if (strcmp(modes[i].word, word) == 0) {
      *mode = modes[i].mode;
      return true;
    }
    suggest_consider(&suggestion, word, modes[i].word);
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s, ", modes[i].word);
  }
  return err_set(err, ERR_INVALID,
                 "unknown command \"%.64s\"%s (known: %sor none for the dashboard)", word,
                 suggest_text(&suggestion), list);
}

/* The modes that accept an option, as bits; 0: all. */
static unsigned option_modes(int code) {
  switch (code) {
  case LONG_ONLY:
  case LONG_PLUGIN:
  case LONG_OPENMETRICS:
  case LONG_ACKNOWLEDGED:
    return 1U << MODE_CHECK;
  case LONG_METRICS:
  case LONG_LISTEN:
  case LONG_ALLOW_REMOTE:
    return 1U << MODE_SERVE;
  case LONG_SEVERITY:
    return 1U << MODE_ACK | 1U << MODE_SILENCE;
  case LONG_TIMEOUT:
    return 1U << MODE_CHECK | 1U << MODE_SHOW | 1U << MODE_STATUS;
  case LONG_DURATION:
    return 1U << MODE_CHECK | 1U << MODE_SHOW;
  case LONG_TMUX:
  case LONG_NO_CHECK:
  case LONG_WIDTH:
    return 1U << MODE_STATUS;
  case LONG_CSV:
    return 1U << MODE_SHOW | 1U << MODE_EVENTS;
  case LONG_LIMIT:
    return 1U << MODE_SHOW | 1U << MODE_EVENTS;
  case LONG_SORT:
  case LONG_TABLE:
    return 1U << MODE_SHOW;
  case LONG_KIND:
  case LONG_OPERATOR:
    return 1U << MODE_EVENTS;
  case LONG_JSON:
    return 1U << MODE_CHECK | 1U << MODE_ACTIONS | 1U << MODE_PLAN | 1U << MODE_AUDIT |
           1U << MODE_LOGS | 1U << MODE_SHOW | 1U << MODE_WATCH | 1U << MODE_INCIDENT |
           1U << MODE_RUNBOOK | 1U << MODE_STATUS | 1U << MODE_KEYS | 1U << MODE_ALARMS |
           1U << MODE_EVENTS;
  case LONG_TEST:
    return 1U << MODE_WATCH;
  case LONG_THEME:
    return 1U << MODE_DASHBOARD;
  case LONG_DEFAULT:
  case LONG_CHECK:
  case LONG_SCHEMA:
    return 1U << MODE_CONFIG;
  case LONG_YES:
    return 1U << MODE_INIT;
  case LONG_CONFIRM:
    return 1U << MODE_APPLY;
  case LONG_DRY_RUN:
    return 1U << MODE_RUNBOOK;
  case LONG_ACTION:
  case LONG_TARGET:
  case LONG_USER:
  case LONG_UNKNOWN:
  case LONG_ACKNOWLEDGE:
    return 1U << MODE_AUDIT;
  case LONG_OUTPUT:
    return 1U << MODE_AUDIT | 1U << MODE_INIT | 1U << MODE_CHECK;
  case LONG_REASON:
    return 1U << MODE_AUDIT | 1U << MODE_ACK | 1U << MODE_SILENCE | 1U << MODE_ALARMS;
  case LONG_SINCE:
    return 1U << MODE_AUDIT | 1U << MODE_LOGS | 1U << MODE_EVENTS;
  case LONG_UNTIL:
    return 1U << MODE_LOGS | 1U << MODE_ACK | 1U << MODE_SILENCE | 1U << MODE_EVENTS;
  case LONG_GREP:
  case LONG_EXCLUDE:
  case LONG_LEVEL:
  case LONG_FIELD:
  case LONG_SOURCE:
  case LONG_FILTER:
  case LONG_FOLLOW:
  case LONG_PATTERNS:
    return 1U << MODE_LOGS;
  default:
    return 0;
  }
}

bool options_info(size_t index, struct option_info *info) {
  for (size_t i = 0; longs[i].name; i++) {
    if (i > 0 && longs[i].val == longs[i - 1].val)
      continue; /* another spelling */
    if (index-- > 0)
      continue;
    *info = (struct option_info){.name = longs[i].name,
                                 .letter = longs[i].val < LONG_ONLY ? (char)longs[i].val : '\0',
                                 .has_value = longs[i].has_arg == required_argument,
                                 .modes = option_modes(longs[i].val)};
    return true;
  }
  return false;
}

const char *options_command(size_t index, enum mode *mode) {
  if (index >= MODE_WORDS)
    return NULL;
  *mode = modes[index].mode;
  return modes[index].word;
}

static bool mode_refuse(unsigned needed, const char *needed_by, struct err *err) {
  char list[200] = "";
  for (size_t i = 0; i < MODE_WORDS; i++)
    if (needed & 1U << modes[i].mode)
      snprintf(list + strlen(list), sizeof list - strlen(list), "%s`stacktop %s`",
               *list ? ", " : "", modes[i].word);
  return err_set(err, ERR_INVALID, "%s is only valid with %s", needed_by,
                 *list ? list : "the dashboard");
}

/* seen: each long option as it was typed, or NULL. */
static bool modes_check(enum mode mode, const char *const seen[LONGS], struct err *err) {
  for (int i = 0; i < LONGS; i++) {
    const unsigned needed = option_modes(LONG_ONLY + i);
    if (seen[i] && needed && !(needed & 1U << mode))
      return mode_refuse(needed, seen[i], err);
  }
  return true;
}

/* ---- options */

/* Limits of --timeout and --duration, in ms. */
enum { TIMEOUT_LEAST = 1, WATCH_LEAST = 500, LOOK_MOST = 3600000 };

static bool duration_take(const char *name, const char *text, int64_t least, int64_t *ms,
                          struct err *err) {
  struct err why = {0};
  return duration_parse_within(text, least, LOOK_MOST, ms, &why) ||
         err_set(err, why.kind, "%s: %s", name, why.text);
}

static void audit_take(struct options *options, int code, const char *argument) {
  switch (code) {
  case LONG_ACTION:
    options->action = argument;
    break;
  case LONG_TARGET:
    options->target = argument;
    break;
  case LONG_USER:
    options->user = argument;
    break;
  case LONG_SINCE:
    options->since = argument;
    break;
  case LONG_ACKNOWLEDGE:
    options->acknowledge = argument;
    break;
  case LONG_REASON:
    options->reason = argument;
    break;
  case LONG_OUTPUT:
    options->output = true;
    break;
  default:
    options->unknown_only = true;
    break;
  }
}

static bool logs_take(struct options *options, int code, const char *argument, struct err *err) {
  switch (code) {
  case LONG_UNTIL:
    options->until = argument;
    return true;
  case LONG_GREP:
    options->grep = argument;
    return true;
  case LONG_EXCLUDE:
    options->exclude = argument;
    return true;
  case LONG_LEVEL:
    options->level = argument;
    return true;
  case LONG_SOURCE:
    options->source = argument;
    return true;
  case LONG_FILTER:
    options->filter = argument;
    return true;
  default:
    if (options->field_count == OPTIONS_FIELDS_MAX)
      return err_set(err, ERR_INVALID, "more than %d times --field", OPTIONS_FIELDS_MAX);
    options->fields[options->field_count++] = argument;
    return true;
  }
}

static void flag_take(struct options *options, int code) {
  switch (code) {
  case 'U':
    options->no_unicode = true;
    break;
  case 'C':
    options->no_color = true;
    break;
  case 'M':
    options->no_mouse = true;
    break;
  case LONG_UTC:
    options->utc = true;
    break;
  case LONG_WALL:
    options->wall = options->read_only = true;
    break;
  case LONG_READ_ONLY:
    options->read_only = true;
    break;
  case LONG_JSON:
    options->json = true;
    break;
  case LONG_PLUGIN:
    options->plugin = true;
    break;
  case LONG_OPENMETRICS:
    options->openmetrics = true;
    break;
  case LONG_METRICS:
    options->metrics = true;
    break;
  case LONG_ALLOW_REMOTE:
    options->allow_remote = true;
    break;
  case LONG_CHECK:
    options->check_config = true;
    break;
  case LONG_SCHEMA:
    options->schema_config = true;
    break;
  case LONG_YES:
    options->yes = true;
    break;
  case LONG_DRY_RUN:
    options->dry_run = true;
    break;
  case LONG_ACKNOWLEDGED:
    options->acknowledged = true;
    break;
  case LONG_FOLLOW:
    options->follow = true;
    break;
  case LONG_PATTERNS:
    options->patterns = true;
    break;
  case LONG_TMUX:
    options->tmux = true;
    break;
  case LONG_NO_CHECK:
    options->no_check = true;
    break;
  case LONG_PLAIN:
    options->plain = true;
    break;
  case LONG_SCREEN_READER:
    options->screen_reader = true;
    break;
  default:
    options->default_config = true;
    break;
  }
}

/* Of a number from `least` to `most`. */
static bool count_take(const char *name, const char *text, long least, long most, long *count,
                       struct err *err) {
  char *end;
  *count = strtol(text, &end, 10);
  return (*text && !*end && *count >= least && *count <= most) ||
         err_set(err, ERR_INVALID, "%s: \"%.40s\" is not a number from %ld to %ld", name, text,
                 least, most);
}

static bool show_take(struct options *options, int code, const char *argument, struct err *err) {
  enum { LIMIT_MOST = 100000 };
  switch (code) {
  case LONG_CSV:
    options->csv = true;
    return true;
  case LONG_SORT:
    options->sort = argument;
    return true;
  case LONG_TABLE:
    options->table = argument;
    return true;
  default:
    return count_take("--limit", argument, 1, LIMIT_MOST, &options->limit, err);
  }
}

static bool option_take(struct options *options, int code, const char *argument, struct err *err) {
  switch (code) {
  case 'c':
    options->config = argument;
    return true;
  case LONG_ONLY:
    if (options->only)
      return err_set(err, ERR_INVALID, "--only is given twice; separate several by commas");
    options->only = argument;
    return true;
  case LONG_TEST:
    options->test = true;
    return true;
  case LONG_LISTEN:
    options->listen = argument;
    return true;
  case LONG_CONFIRM:
    options->confirm = argument;
    return true;
  case LONG_THEME:
    options->theme = argument;
    return true;
  case LONG_LIST_THEMES: /* what follows it is ignored, as after -h */
    options->mode = MODE_THEMES;
    return true;
  case LONG_SEVERITY:
    options->severity = argument;
    return true;
  case LONG_KIND:
    options->kinds = argument;
    return true;
  case LONG_OPERATOR:
    options->user = argument;
    return true;
  case LONG_TIMEOUT:
    return duration_take("--timeout", argument, TIMEOUT_LEAST, &options->timeout_ms, err);
  case LONG_DURATION:
    return duration_take("--duration", argument, WATCH_LEAST, &options->duration_ms, err);
  case LONG_ACTION:
  case LONG_TARGET:
  case LONG_USER:
  case LONG_SINCE:
  case LONG_UNKNOWN:
  case LONG_OUTPUT:
  case LONG_ACKNOWLEDGE:
  case LONG_REASON:
    audit_take(options, code, argument);
    return true;
  case LONG_UNTIL:
  case LONG_GREP:
  case LONG_EXCLUDE:
  case LONG_LEVEL:
  case LONG_FIELD:
  case LONG_SOURCE:
  case LONG_FILTER:
    return logs_take(options, code, argument, err);
  case LONG_CSV:
  case LONG_SORT:
  case LONG_TABLE:
  case LONG_LIMIT:
    return show_take(options, code, argument, err);
  case LONG_WIDTH:
    return count_take("--width", argument, OPTIONS_WIDTH_MIN, OPTIONS_WIDTH_MAX, &options->width,
                      err);
  case 'h':
  case 'V': /* what follows them is ignored */
    options->help_of = options->mode;
    options->mode = code == 'h' ? MODE_HELP : MODE_VERSION;
    return true;
  default:
    flag_take(options, code);
    return true;
  }
}

static bool argument_refuse(int code, const char *argument, struct err *err) {
  return err_set(err, ERR_INVALID, code == ':' ? "%s requires a value" : "unknown option %s",
                 argument);
}

/* ---- words */

static size_t words_most(enum mode mode) {
  switch (mode) {
  case MODE_PLAN:
  case MODE_RUNBOOK:
  case MODE_INCIDENT:
    return SIZE_MAX;
  case MODE_SHOW:
    return 3;
  case MODE_ALARMS:
    return 2;
  case MODE_APPLY:
  case MODE_LOGS:
  case MODE_INIT:
  case MODE_ACK:
  case MODE_SILENCE:
  case MODE_EVENTS:
    return 1;
  default:
    return 0;
  }
}

/* The first word is the command, at any position; `plan`, `apply`, `logs` and `show` have more.
 * They move to the front of argv, over arguments that were already read. */
static bool word_take(struct options *options, char **argv, char *word, bool *command,
                      struct err *err) {
  if (!*command) {
    *command = true;
    return mode_parse(word, &options->mode, err);
  }
  if (options->mode == MODE_CHECK && options->output && !options->output_file) {
    options->output_file = word; /* of `audit`, --output has no value */
    return true;
  }
  if (options->word_count >= words_most(options->mode))
    return err_set(err, ERR_INVALID, "unexpected argument \"%s\"", word);
  options->words = (const char *const *)(argv + 1);
  argv[1 + options->word_count++] = word;
  return true;
}

struct exclusion {
  bool first, second;
  const char *first_name, *second_name;
};

static bool exclusions_check(const struct options *options, struct err *err) {
  const struct exclusion exclusions[] = {
      {options->csv, options->json, "--csv", "--json"},
      {options->plain, options->wall, "--plain", "--wall"},
      {options->plain, options->screen_reader, "--plain", "--screen-reader"},
      {options->tmux, options->json, "--tmux", "--json"},
      {options->openmetrics, options->json, "--openmetrics", "--json"},
      {options->openmetrics, options->plugin, "--openmetrics", "--plugin"},
      {options->plugin, options->json, "--plugin", "--json"},
  };
  for (size_t i = 0; i < sizeof exclusions / sizeof *exclusions; i++)
    if (exclusions[i].first && exclusions[i].second)
      return err_set(err, ERR_INVALID, "%s and %s exclude each other; use one of them",
                     exclusions[i].first_name, exclusions[i].second_name);
  return true;
}

static bool format_check(const struct options *options, struct err *err) {
  if ((options->plain || options->screen_reader) && options->mode != MODE_DASHBOARD)
    return err_set(err, ERR_INVALID, "%s is only valid without a command",
                   options->plain ? "--plain" : "--screen-reader");
  if (!exclusions_check(options, err))
    return false;
  if (options->mode == MODE_CHECK && options->output && !options->output_file)
    return err_set(err, ERR_INVALID, "--output requires a value, the name of a file");
  if (options->output_file && !options->openmetrics)
    return err_set(err, ERR_INVALID, "--output FILE is only valid with --openmetrics");
  if (options->mode == MODE_SERVE && !options->metrics)
    return err_set(err, ERR_INVALID, "say what to serve: `stacktop serve --metrics`");
  return true;
}

/* "run NAME [NAME=VALUE...]", "list". The first word becomes the command; "NAME ..." is short for
 * "run NAME ...". */
static bool runbook_take(struct options *options, struct err *err) {
  static const struct {
    const char *word, *needs;
    size_t least, most;
    bool json;
  } commands[] = {
      {"run", " NAME [NAME=VALUE...]", 1, SIZE_MAX, false},
      {"list", "", 0, 0, false},
      {"runs", "", 0, 0, false},
      {"due", " [NAME]", 0, 1, true},
      {"show", " NAME", 1, 1, false},
      {"resume", " ID", 1, 1, false},
      {"abandon", " ID", 1, 1, false},
  };
  size_t found = 0;
  if (options->word_count == 0)
    return err_set(err, ERR_INVALID,
                   "runbook requires the name of a runbook, or list, show, run, runs, due, resume "
                   "or abandon");
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (strcmp(commands[i].word, options->words[0]) == 0)
      found = i;
  options->command = commands[found].word;
  if (strcmp(options->command, options->words[0]) == 0) {
    options->words++;
    options->word_count--;
  }
  if (options->dry_run && found != 0)
    return err_set(err, ERR_INVALID, "--dry-run is only valid with `stacktop runbook run`");
  if (options->json && !commands[found].json)
    return err_set(err, ERR_INVALID, "--json is only valid with `stacktop runbook due`");
  return (options->word_count >= commands[found].least &&
          options->word_count <= commands[found].most) ||
         err_set(err, ERR_INVALID, "usage: stacktop runbook %s%s", commands[found].word,
                 commands[found].needs);
}

/* "ack KEY", "silence KEY", "alarms [list]", "alarms remove KEY". */
static bool alarms_check(const struct options *options, struct err *err) {
  const bool marks = options->mode == MODE_ACK || options->mode == MODE_SILENCE;
  if (marks && options->word_count == 0)
    return err_set(err, ERR_INVALID,
                   "%s requires the key of a finding, as in the field \"key\" of `stacktop check "
                   "--json`",
                   options->mode == MODE_ACK ? "ack" : "silence");
  if (marks && !options->reason)
    return err_set(err, ERR_INVALID,
                   "--reason TEXT is required: what is done about it, or why it "
                   "is known");
  if (options->mode != MODE_ALARMS || options->word_count == 0)
    return true;
  const bool removes = strcmp(options->words[0], "remove") == 0;
  return (removes && options->word_count == 2) ||
         (strcmp(options->words[0], "list") == 0 && options->word_count == 1) ||
         err_set(err, ERR_INVALID, "usage: stacktop alarms [list | remove KEY]");
}

static bool words_check(struct options *options, struct err *err) {
  if (options->mode == MODE_PLAN && options->word_count == 0)
    return err_set(err, ERR_INVALID,
                   "plan requires an action and a target (`stacktop actions` lists the actions)");
  if (options->mode == MODE_APPLY && options->word_count == 0)
    return err_set(err, ERR_INVALID,
                   "apply requires the hash of a plan (`stacktop plan` makes one)");
  if (options->mode == MODE_LOGS && options->word_count == 0)
    return err_set(err, ERR_INVALID,
                   "logs requires a target (`stacktop config` prints the targets)");
  if (options->mode == MODE_SHOW && options->word_count == 1)
    return err_set(err, ERR_INVALID,
                   "show requires a page and a target (`stacktop show` lists the pages)");
  if (options->mode == MODE_RUNBOOK && !runbook_take(options, err))
    return false;
  if (!alarms_check(options, err))
    return false;
  if (options->follow && (options->until || options->patterns))
    return err_set(err, ERR_INVALID, "--follow and %s exclude each other; use one of them",
                   options->until ? "--until" : "--patterns");
  if (options->default_config + options->check_config + options->schema_config > 1)
    return err_set(err, ERR_INVALID,
                   "--default, --check and --schema exclude each other; use one of them");
  if (options->mode == MODE_INIT && options->output && options->word_count == 0)
    return err_set(err, ERR_INVALID, "--output requires the name of a file");
  if (options->mode == MODE_AUDIT && !options->acknowledge != !options->reason)
    return err_set(err, ERR_INVALID, "--acknowledge ID and --reason TEXT must be used together");
  return true;
}

/* "-123", which is a word (a query id may be negative), unless it is the value of an option. */
static bool is_number(char **argv, int index) {
  const char *before = argv[index - 1];
  return argv[index][0] == '-' && isdigit((unsigned char)argv[index][1]) &&
         (before[0] != '-' || isdigit((unsigned char)before[1]));
}

/* Those before the next such number, then the number itself; -1 at the end and after "--". */
static int option_next(int argc, char **argv) {
  int end = optind > 0 ? optind : 1;
  while (end < argc && !is_number(argv, end))
    end++;
  const int code = getopt_long(end, argv, "-:c:UCMhV", longs, NULL);
  if (code != -1 || end == argc || optind != end || (end > 1 && strcmp(argv[end - 1], "--") == 0))
    return code;
  optarg = argv[end];
  optind = end + 1;
  return 1;
}

bool options_parse(struct options *options, int argc, char **argv, struct err *err) {
  const char *no_color = getenv("NO_COLOR"), *seen[LONGS] = {NULL};
  *options = (struct options){.no_color = no_color && *no_color, .width = OPTIONS_WIDTH};
  bool command = false;
  optind = 0; /* glibc: reset getopt */
  opterr = 0;
  for (int code; (code = option_next(argc, argv)) != -1;) {
    if (code == '?' || code == ':')
      return argument_refuse(code, argv[optind - 1], err);
    if (code == 1) {
      if (!word_take(options, argv, optarg, &command, err))
        return false;
      continue;
    }
    if (code >= LONG_ONLY)
      seen[code - LONG_ONLY] = argv[optind - 1 - (optarg == argv[optind - 1])];
    if (!option_take(options, code, optarg, err))
      return false;
    if (options->mode == MODE_HELP || options->mode == MODE_VERSION || options->mode == MODE_THEMES)
      return true;
  }
  for (; optind < argc; optind++) /* after -- */
    if (!command || !word_take(options, argv, argv[optind], &command, err))
      return command ? false
                     : err_set(err, ERR_INVALID, "unexpected argument \"%s\"", argv[optind]);
  return modes_check(options->mode, seen, err) && format_check(options, err) &&
         words_check(options, err);
}

/* As in getopt: an unambiguous prefix is accepted. */
bool options_want_plugin(int argc, char *const *argv) {
  static const char word[] = "--plugin";
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (strlen(argv[i]) > 2 && strncmp(word, argv[i], strlen(argv[i])) == 0)
      return true;
  return false;
}
