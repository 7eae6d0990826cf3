#include "app/startup/options_check.h"

#include "core/text/names.h"

#include <string.h>

static bool mode_refuse(unsigned needed, const char *needed_by, struct err *err) {
  struct names names = {0};
  for (size_t i = 0; i < mode_word_count; i++) {
    char word[40];
    snprintf(word, sizeof word, "`stacktop %s`", mode_words[i].word);
    if (needed & 1U << mode_words[i].mode)
      names_add(&names, word);
  }
  return err_set(err, ERR_INVALID, "%s is only valid with %s", needed_by,
                 names.used > 0 ? names_end(&names, "`man stacktop`") : "the dashboard");
}

bool options_check_modes(enum mode mode, const char *const seen[OPTION_ROWS_MAX], struct err *err) {
  for (size_t i = 0; i < option_row_count; i++) {
    const unsigned needed = option_rows[i].modes;
    if (seen[i] && needed && !(needed & 1U << mode))
      return mode_refuse(needed, seen[i], err);
  }
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
  if (options->mode == MODE_ALARMS && options->since && !options->report)
    return err_set(err, ERR_INVALID, "--since is only valid with `stacktop alarms --report`");
  if (options->report && options->word_count > 0)
    return err_set(err, ERR_INVALID, "usage: stacktop alarms --report [--since TIME] [--json]");
  if (options->mode != MODE_ALARMS || options->word_count == 0)
    return true;
  const bool removes = strcmp(options->words[0], "remove") == 0;
  return (removes && options->word_count == 2) ||
         (strcmp(options->words[0], "list") == 0 && options->word_count == 1) ||
         err_set(err, ERR_INVALID, "usage: stacktop alarms [list | remove KEY | --report]");
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

bool options_check(struct options *options, struct err *err) {
  return format_check(options, err) && words_check(options, err);
}
