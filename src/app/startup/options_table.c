#include "app/startup/options_table.h"

#include <assert.h>
#include <stddef.h>

/* Limits of durations, in ms. */
enum { TIMEOUT_LEAST = 1, WATCH_LEAST = 500, LOOK_MOST = 3600000, ROWS_MOST = 100000 };

const struct mode_word mode_words[] = {
    {"check", MODE_CHECK, 0},
    {"config", MODE_CONFIG, 0},
    {"actions", MODE_ACTIONS, 0},
    {"plan", MODE_PLAN, SIZE_MAX},
    {"apply", MODE_APPLY, 1},
    {"audit", MODE_AUDIT, 0},
    {"logs", MODE_LOGS, 1},
    {"show", MODE_SHOW, 3},
    {"watch", MODE_WATCH, 0},
    {"runbook", MODE_RUNBOOK, SIZE_MAX},
    {"incident", MODE_INCIDENT, SIZE_MAX},
    {"status", MODE_STATUS, 0},
    {"init", MODE_INIT, 1},
    {"serve", MODE_SERVE, 0},
    {"keys", MODE_KEYS, 0},
    {"ack", MODE_ACK, 1},
    {"silence", MODE_SILENCE, 1},
    {"alarms", MODE_ALARMS, 2},
    {"events", MODE_EVENTS, 1},
};
const size_t mode_word_count = sizeof mode_words / sizeof *mode_words;
static_assert(sizeof mode_words / sizeof *mode_words <= MODE_WORDS_MAX, "raise MODE_WORDS_MAX");

#define IN(mode) (1U << MODE_##mode)
#define MEMBER(name) .member = offsetof(struct options, name)
#define FLAG(name) .form = ARGUMENT_FLAG, MEMBER(name)
#define TEXT(name) .form = ARGUMENT_TEXT, MEMBER(name)
#define LIST(name, counted, max) \
  .form = ARGUMENT_LIST, MEMBER(name), .count = offsetof(struct options, counted), .most = (max)
#define DURATION(name, from, to) \
  .form = ARGUMENT_DURATION, MEMBER(name), .least = (from), .most = (to)
#define NUMBER(name, from, to) .form = ARGUMENT_NUMBER, MEMBER(name), .least = (from), .most = (to)
#define LEAVE(mode) .form = ARGUMENT_LEAVE, .leave = MODE_##mode

enum {
  WITH_JSON = IN(CHECK) | IN(ACTIONS) | IN(PLAN) | IN(AUDIT) | IN(LOGS) | IN(SHOW) | IN(WATCH) |
              IN(INCIDENT) | IN(RUNBOOK) | IN(STATUS) | IN(KEYS) | IN(ALARMS) | IN(EVENTS),
  WITH_REASON = IN(AUDIT) | IN(ACK) | IN(SILENCE) | IN(ALARMS),
  WITH_UNTIL = IN(LOGS) | IN(ACK) | IN(SILENCE) | IN(EVENTS),
};

const struct option_row option_rows[] = {
    {"config", .letter = 'c', LIST(configs, config_count, OPTIONS_CONFIGS_MAX)},
    {"no-unicode", .letter = 'U', FLAG(no_unicode)},
    {"no-color", .letter = 'C', FLAG(no_color)},
    {"no-mouse", .letter = 'M', FLAG(no_mouse)},
    {"utc", FLAG(utc)},
    {"read-only", FLAG(read_only)},
    {"readonly", FLAG(read_only), .alias = true},
    {"wall", FLAG(wall), .modes = IN(DASHBOARD)},
    {"help", .letter = 'h', LEAVE(HELP)},
    {"version", .letter = 'V', LEAVE(VERSION)},
    {"json", FLAG(json), .modes = WITH_JSON},
    {"only", .form = ARGUMENT_ONCE, MEMBER(only), .instead = "separate several by commas",
     .modes = IN(CHECK)},
    {"timeout", DURATION(timeout_ms, TIMEOUT_LEAST, LOOK_MOST),
     .modes = IN(CHECK) | IN(SHOW) | IN(STATUS)},
    {"default", FLAG(default_config), .modes = IN(CONFIG)},
    {"check", FLAG(check_config), .modes = IN(CONFIG)},
    {"schema", FLAG(schema_config), .modes = IN(CONFIG)},
    {"yes", FLAG(yes), .modes = IN(INIT)},
    {"confirm", TEXT(confirm), .modes = IN(APPLY)},
    {"action", TEXT(action), .modes = IN(AUDIT)},
    {"target", TEXT(target), .modes = IN(AUDIT)},
    {"user", TEXT(user), .modes = IN(AUDIT)},
    {"since", TEXT(since), .modes = IN(AUDIT) | IN(LOGS) | IN(EVENTS) | IN(ALARMS)},
    {"unknown", FLAG(unknown_only), .modes = IN(AUDIT)},
    {"output", FLAG(output), .modes = IN(AUDIT) | IN(INIT) | IN(CHECK)},
    {"duration", DURATION(duration_ms, WATCH_LEAST, LOOK_MOST), .modes = IN(CHECK) | IN(SHOW)},
    {"plugin", FLAG(plugin), .modes = IN(CHECK)},
    {"openmetrics", FLAG(openmetrics), .modes = IN(CHECK)},
    {"metrics", FLAG(metrics), .modes = IN(SERVE)},
    {"listen", TEXT(listen), .modes = IN(SERVE)},
    {"allow-remote", FLAG(allow_remote), .modes = IN(SERVE)},
    {"acknowledge", TEXT(acknowledge), .modes = IN(AUDIT)},
    {"reason", TEXT(reason), .modes = WITH_REASON},
    {"until", TEXT(until), .modes = WITH_UNTIL},
    {"grep", TEXT(grep), .modes = IN(LOGS)},
    {"exclude", TEXT(exclude), .modes = IN(LOGS)},
    {"level", TEXT(level), .modes = IN(LOGS)},
    {"field", LIST(fields, field_count, OPTIONS_FIELDS_MAX), .modes = IN(LOGS)},
    {"source", TEXT(source), .modes = IN(LOGS)},
    {"filter", TEXT(filter), .modes = IN(LOGS)},
    {"follow", FLAG(follow), .modes = IN(LOGS)},
    {"patterns", FLAG(patterns), .modes = IN(LOGS)},
    {"csv", FLAG(csv), .modes = IN(SHOW) | IN(EVENTS)},
    {"sort", TEXT(sort), .modes = IN(SHOW)},
    {"table", TEXT(table), .modes = IN(SHOW)},
    {"limit", NUMBER(limit, 1, ROWS_MOST), .modes = IN(SHOW) | IN(EVENTS)},
    {"test", FLAG(test), .modes = IN(WATCH)},
    {"dry-run", FLAG(dry_run), .modes = IN(RUNBOOK)},
    {"tmux", FLAG(tmux), .modes = IN(STATUS)},
    {"no-check", FLAG(no_check), .modes = IN(STATUS)},
    {"width", NUMBER(width, OPTIONS_WIDTH_MIN, OPTIONS_WIDTH_MAX), .modes = IN(STATUS)},
    {"theme", TEXT(theme), .modes = IN(DASHBOARD)},
    {"list-themes", LEAVE(THEMES)},
    {"plain", FLAG(plain), .modes = IN(DASHBOARD)},
    {"screen-reader", FLAG(screen_reader), .modes = IN(DASHBOARD)},
    {"severity", TEXT(severity), .modes = IN(ACK) | IN(SILENCE)},
    {"acknowledged", FLAG(acknowledged), .modes = IN(CHECK)},
    {"report", FLAG(report), .modes = IN(ALARMS)},
    {"kind", TEXT(kinds), .modes = IN(EVENTS)},
    {"operator", TEXT(user), .modes = IN(EVENTS)},
};
const size_t option_row_count = sizeof option_rows / sizeof *option_rows;
static_assert(sizeof option_rows / sizeof *option_rows <= OPTION_ROWS_MAX, "raise OPTION_ROWS_MAX");

bool options_info(size_t index, struct option_info *info) {
  for (size_t i = 0; i < option_row_count; i++) {
    const struct option_row *row = &option_rows[i];
    if (row->alias || index-- > 0)
      continue;
    *info =
        (struct option_info){.name = row->name,
                             .letter = row->letter,
                             .has_value = row->form != ARGUMENT_FLAG && row->form != ARGUMENT_LEAVE,
                             .modes = row->modes};
    return true;
  }
  return false;
}

const char *options_command(size_t index, enum mode *mode) {
  if (index >= mode_word_count)
    return NULL;
  *mode = mode_words[index].mode;
  return mode_words[index].word;
}
