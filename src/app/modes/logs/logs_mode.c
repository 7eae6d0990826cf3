#include "app/modes/logs/logs_mode.h"

#include "app/modes/logs/logs_print.h"
#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "core/mem.h"
#include "core/since.h"
#include "core/text/format.h"
#include "io/clock.h"
#include "logs/log_session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct logs_mode {
  struct runtime *runtime;
  struct logs_print print;
  struct log_session *session;
  struct log_messages *messages; /* --patterns */
  uint64_t printed;
  bool follow, broken, none_said;
  const char *target;
  char *source;               /* as asked for; NULL: all */
  bool exact;                 /* the source's name, not a part of it */
  char *said[LOG_READER_MAX]; /* of each source: its last error, on stderr */
  uint64_t given_up;          /* lines, as said */
};

/* ---- what is asked for */

/* "KIND:NAME" or "NAME". */
static bool is_named(const struct target *target, const char *name, size_t len) {
  const size_t kind = strlen(target->kind->kind);
  if (strlen(target->name) == len && memcmp(target->name, name, len) == 0)
    return true;
  return len > kind + 1 && strncmp(name, target->kind->kind, kind) == 0 && name[kind] == ':' &&
         strlen(target->name) == len - kind - 1 &&
         memcmp(target->name, name + kind + 1, len - kind - 1) == 0;
}

/* How many targets have the name; *index gets the first. */
static size_t targets_named(const struct config *config, const char *name, size_t len,
                            size_t *index) {
  size_t count = 0;
  for (size_t i = config->target_count; i > 0; i--)
    if (is_named(config->targets[i - 1], name, len)) {
      *index = i - 1;
      count++;
    }
  return count;
}

/* A name may have slashes: the whole word is tried first. */
static bool origin_find(const struct config *config, const char *word, struct log_origin *origin,
                        struct err *err) {
  size_t len = strlen(word), count = targets_named(config, word, len, &origin->target_index);
  const char *slash = strchr(word, '/');
  for (; count == 0 && slash; slash = strchr(slash + 1, '/')) {
    len = (size_t)(slash - word);
    count = targets_named(config, word, len, &origin->target_index);
    origin->key = count > 0 ? slash + 1 : NULL;
  }
  if (count == 0)
    return err_set(err, ERR_INVALID, "no target is named \"%.100s\" (`stacktop config` lists them)",
                   word);
  if (count > 1)
    return err_set(
        err, ERR_INVALID, "%zu targets are named \"%.*s\"; use KIND:NAME, such as %s:%.60s", count,
        (int)(len < 100 ? len : 100), word, config->targets[origin->target_index]->kind->kind,
        config->targets[origin->target_index]->name);
  return true;
}

static const struct log_saved *saved_find(const struct config *config, const char *name) {
  for (size_t i = 0; i < config->log_filter_count; i++)
    if (strcmp(config->log_filters[i].name, name) == 0)
      return &config->log_filters[i];
  return NULL;
}

/* The saved filter, if any, and what the command line says beside it; source: of TARGET/SOURCE,
 * NULL: all. NULL with err. */
static struct log_filter *filter_make(const struct config *config, const struct options *options,
                                      const char *source, int64_t *since_ago_ms, struct err *err) {
  struct log_filter_spec spec = {0};
  const char *conditions[LOG_CONDITIONS_MAX + OPTIONS_FIELDS_MAX];
  if (options->filter) {
    const struct log_saved *saved = saved_find(config, options->filter);
    if (!saved) {
      err_set(err, ERR_INVALID, "--filter: the configuration has no log filter \"%.100s\"",
              options->filter);
      return NULL;
    }
    spec = *log_filter_spec(saved->filter);
    *since_ago_ms = saved->since_ms;
  }
  size_t count = 0;
  for (; count < spec.condition_count; count++)
    conditions[count] = spec.conditions[count];
  for (size_t i = 0; i < options->field_count; i++)
    conditions[count++] = options->fields[i];
  spec.conditions = conditions;
  spec.condition_count = count;
  spec.grep = options->grep ? options->grep : spec.grep;
  spec.exclude = options->exclude ? options->exclude : spec.exclude;
  spec.source = options->source ? options->source : spec.source;
  if (source) {
    spec.source = source;
    spec.source_exact = true;
  }
  if (options->level) {
    spec.level = log_level_parse(options->level, strlen(options->level));
    if (spec.level == LOG_LEVEL_NONE) {
      err_set(err, ERR_INVALID,
              "--level: \"%.40s\" is not a level: trace, debug, info, warn, error or fatal",
              options->level);
      return NULL;
    }
  }
  return log_filter_new(&spec, err);
}

static bool want_make(struct log_want *want, const struct options *options, int64_t since_ago_ms,
                      struct err *err) {
  struct err why = {0};
  *want = (struct log_want){
      .now_ms = clock_wall_ms(), .tail = LOGS_TAIL, .follow = options->follow, .utc = options->utc};
  if (since_ago_ms > 0)
    want->since_ms = want->now_ms - since_ago_ms;
  if (options->since &&
      !since_parse(options->since, want->now_ms, options->utc, &want->since_ms, &why))
    return err_set(err, why.kind, "--since: %.200s", why.text);
  if (options->until &&
      !since_parse(options->until, want->now_ms, options->utc, &want->until_ms, &why))
    return err_set(err, why.kind, "--until: %.200s", why.text);
  return true;
}

/* ---- while it reads */

static void on_line(void *arg, const struct log_record *record) {
  struct logs_mode *mode = arg;
  if (mode->broken)
    return;
  mode->printed += !record->gap;
  if (mode->messages) {
    if (!record->gap)
      log_messages_add(mode->messages, record);
    return;
  }
  const struct log_source_status *sources = log_reader_sources(log_session_reader(mode->session));
  mode->broken = !logs_print_line(&mode->print, record, sources[record->source].name);
}

/* Reasons are said at the end, but while lines are followed there is none, and why lines come out
 * of order is said where they do. */
static void troubles_say(struct logs_mode *mode, bool at_end) {
  const struct log_reader *reader = log_session_reader(mode->session);
  const struct log_source_status *sources = log_reader_sources(reader);
  for (size_t i = 0; i < log_reader_count(reader); i++) {
    const struct err *err = &sources[i].err;
    if (err->kind == ERR_NONE || (!at_end && !mode->follow && err->kind != ERR_TIMEOUT) ||
        (mode->said[i] && strcmp(mode->said[i], err->text) == 0))
      continue;
    free(mode->said[i]);
    mode->said[i] = mem_dup(err->text);
    error_print("%s", err->text);
  }
}

static uint64_t given_up(const struct logs_mode *mode) {
  const struct log_reader *reader = log_session_reader(mode->session);
  uint64_t count = 0;
  for (size_t i = 0; i < log_reader_count(reader); i++)
    count += log_reader_sources(reader)[i].given_up;
  return count;
}

/* While lines are followed, not at each of them. */
static void given_up_say(struct logs_mode *mode, bool at_end) {
  char number[FORMAT_MAX];
  const uint64_t count = given_up(mode);
  if (count == mode->given_up || (!at_end && (!mode->follow || count < 2 * mode->given_up)))
    return;
  mode->given_up = count;
  error_print("gave up on %s: a pattern takes too long for %s, and counts as not matching",
              format_counted(number, sizeof number, (int64_t)count, "line", "lines"),
              count == 1 ? "it" : "them");
}

/* There are sources, but none of the name that was asked for. */
static bool none_wanted(const struct logs_mode *mode) {
  size_t count;
  bool more;
  const struct log_reader *reader = log_session_reader(mode->session);
  (void)log_reader_skipped(reader, &count, &more);
  return log_reader_wanted(reader) == 0 && count > 0;
}

static void none_say(const struct logs_mode *mode) {
  enum { SHOWN = 20, LIST_MAX = 800 };
  const struct log_reader *reader = log_session_reader(mode->session);
  char list[LIST_MAX] = "";
  size_t count, used = 0, i = 0;
  bool more;
  const char *const *names = log_reader_skipped(reader, &count, &more);
  for (; i < count && i < SHOWN && used + 100 < sizeof list; i++)
    used +=
        (size_t)snprintf(list + used, sizeof list - used, "%s%.90s", i > 0 ? ", " : "", names[i]);
  if (i < count)
    snprintf(list + used, sizeof list - used, " and %zu%s more", count - i, more ? "+" : "");
  error_print("%s: no source has %s \"%.60s\"; there are: %s", mode->target,
              mode->exact ? "the name" : "a name with", mode->source, list);
}

static void on_changed(void *arg) {
  struct logs_mode *mode = arg;
  troubles_say(mode, false);
  given_up_say(mode, false);
  if (mode->follow && !mode->none_said && !log_session_is_loading(mode->session) &&
      none_wanted(mode)) {
    mode->none_said = true;
    none_say(mode);
  }
  if (mode->follow && !log_session_is_loading(mode->session) && fflush(stdout) != 0)
    mode->broken = true;
  if (mode->broken || log_session_is_done(mode->session))
    uv_stop(&mode->runtime->loop);
}

/* True if a source could not be read. What is only noted is no failure. */
static bool any_failed(const struct log_reader *reader) {
  const struct log_source_status *sources = log_reader_sources(reader);
  bool failed = false;
  for (size_t i = 0; i < log_reader_count(reader); i++) {
    const struct err *err = &sources[i].err;
    failed = failed || (sources[i].state == LOG_SOURCE_FAILED && err->kind != ERR_UNSUPPORTED &&
                        err->kind != ERR_LIMIT);
  }
  return failed;
}

static int logs_read(struct logs_mode *mode) {
  uv_run(&mode->runtime->loop, UV_RUN_DEFAULT);
  if (mode->messages && !mode->broken)
    mode->broken = !logs_print_messages(&mode->print, mode->messages);
  const bool written = print_end(!mode->broken);
  troubles_say(mode, true);
  given_up_say(mode, true);
  if (none_wanted(mode)) {
    if (!mode->none_said)
      none_say(mode);
    return EXIT_USAGE_BAD;
  }
  const bool failed = any_failed(log_session_reader(mode->session)) || mode->given_up > 0;
  return !written || failed ? LOGS_TROUBLE : mode->printed > 0 ? LOGS_PRINTED : LOGS_NONE;
}

/* TARGET/SOURCE: only containers, pods and units have rows of their own here. */
static bool key_take(struct logs_mode *mode, struct log_origin *origin,
                     const struct options *options, const char **source, struct err *err) {
  const struct target *target = origin->config->targets[origin->target_index];
  mode->target = target->name;
  if (!origin->key || log_session_has_rows(target))
    return true;
  if (options->source)
    return err_set(err, ERR_INVALID,
                   "TARGET/SOURCE and --source both name a source; use one of them");
  *source = origin->key;
  mode->exact = true;
  origin->key = NULL;
  return true;
}

static int logs_open(struct logs_mode *mode, const struct config *config,
                     const struct options *options) {
  const struct log_reader_hooks hooks = {.line = on_line, .changed = on_changed, .arg = mode};
  struct log_origin origin = {.config = config};
  struct log_want want;
  struct err err = {0};
  int64_t since_ago_ms = 0;
  const char *source = NULL;
  struct log_filter *filter = NULL;
  if (origin_find(config, options->words[0], &origin, &err) &&
      key_take(mode, &origin, options, &source, &err))
    filter = filter_make(config, options, source, &since_ago_ms, &err);
  if (filter && log_filter_spec(filter)->source)
    mode->source = mem_dup(log_filter_spec(filter)->source);
  const bool good = filter && want_make(&want, options, since_ago_ms, &err);
  if (good)
    mode->session = log_session_new(&mode->runtime->io, &origin, &want, filter, true, &hooks, &err);
  log_filter_free(filter);
  if (mode->session)
    return LOGS_PRINTED;
  error_print("%s", err.text);
  return good ? LOGS_TROUBLE : EXIT_USAGE_BAD;
}

int logs_run(struct runtime *runtime, struct config *config, const struct options *options) {
  const struct report_text_options text = print_options(options);
  struct logs_mode mode = {.runtime = runtime,
                           .print = {.out = stdout,
                                     .json = options->json,
                                     .color = text.color,
                                     .ascii = options->no_unicode,
                                     .utc = options->utc},
                           .messages = options->patterns ? log_messages_new() : NULL,
                           .follow = options->follow};
  int status = logs_open(&mode, config, options);
  if (mode.session) {
    status = logs_read(&mode);
    log_session_close(mode.session);
  }
  log_messages_free(mode.messages);
  free(mode.source);
  for (size_t i = 0; i < LOG_READER_MAX; i++)
    free(mode.said[i]);
  if (!runtime_close(runtime, NULL)) {
    fflush(NULL);
    _exit(status);
  }
  config_free(config);
  return status;
}
