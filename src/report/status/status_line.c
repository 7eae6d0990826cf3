#include "report/status/status_line.h"

#include "core/json/json_writer.h"
#include "core/text/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

enum { PIECE_MAX = STATUS_SUBJECT_MAX + STATUS_SENTENCE_MAX + 2 * STATUS_NAME_MAX };

struct line {
  FILE *out;
  const struct status_line_options *options;
  int left; /* cells */
};

/* The text as far as there is room; one that is cut ends in a sign, and nothing follows it. */
static void put(struct line *line, const char *text) {
  char shown[PIECE_MAX];
  text_sanitize(shown, sizeof shown, text, strlen(text), line->options->ascii);
  const int width = text_width(shown);
  size_t bytes = strlen(shown);
  const bool cut = width > line->left;
  if (cut)
    bytes = line->left > 0 ? text_fit(shown, line->left - 1, NULL) : 0;
  for (size_t i = 0; i < bytes; i++) {
    putc(shown[i], line->out);
    if (shown[i] == '#' && line->options->form == STATUS_TMUX)
      putc('#', line->out);
  }
  if (cut && line->left > 0)
    fputs(line->options->ascii ? "~" : "…", line->out);
  line->left = cut ? 0 : line->left - width;
}

static void put_format(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void put_format(struct line *line, const char *format, ...) {
  char text[PIECE_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  put(line, text);
}

/* "2 CRIT", for tmux on its colour. */
static void put_badge(struct line *line, enum severity severity, bool first, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));
static void put_badge(struct line *line, enum severity severity, bool first, const char *format,
                      ...) {
  static const char *const looks[] = {[SEVERITY_OK] = "fg=green",
                                      [SEVERITY_UNKNOWN] = "fg=white,bg=magenta,bold",
                                      [SEVERITY_WARN] = "fg=black,bg=yellow",
                                      [SEVERITY_CRIT] = "fg=white,bg=red,bold"};
  char text[64];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  const bool tmux = line->options->form == STATUS_TMUX, bare = severity == SEVERITY_OK;
  if (tmux)
    fprintf(line->out, "#[%s]", looks[severity]);
  put_format(line, "%s%s%s",
             tmux && !bare   ? " "
             : first || tmux ? ""
                             : ", ",
             text, tmux && !bare ? " " : "");
  if (tmux)
    fputs("#[default]", line->out);
}

static void put_counts(struct line *line, const struct status_brief *brief) {
  const struct {
    int64_t count;
    enum severity severity;
    const char *word;
  } counts[] = {{brief->crit, SEVERITY_CRIT, "CRIT"},
                {brief->warn, SEVERITY_WARN, "WARN"},
                {brief->unknown, SEVERITY_UNKNOWN, "UNKNOWN"},
                {brief->waiting, SEVERITY_UNKNOWN, "waiting"}};
  bool first = true;
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    if (counts[i].count == 0)
      continue;
    put_badge(line, counts[i].severity, first, "%" PRId64 "%s %s", counts[i].count,
              brief->at_least ? "+" : "", counts[i].word);
    first = false;
  }
  if (first && brief->severity == SEVERITY_OK && brief->targets > 0)
    put_badge(line, SEVERITY_OK, true, "all ok");
  else if (first)
    put_badge(line, SEVERITY_UNKNOWN, true, brief->targets ? "UNKNOWN" : "no targets");
}

static void put_line(struct line *line, const struct status_brief *brief) {
  put_counts(line, brief);
  put_format(line, " %s", *brief->name ? brief->name : "stacktop");
  if (*brief->environment && strcmp(brief->environment, brief->name) != 0)
    put_format(line, " (%s)", brief->environment);
  if (*brief->subject)
    put_format(line, ": %s: %s", brief->subject, brief->sentence);
  else
    put_format(line, " %" PRId64 "/%" PRId64 " targets", brief->ok, brief->targets);
}

static void put_members(struct json_writer *json, const struct status_brief *brief,
                        const struct status_origin *origin) {
  status_brief_write(json, brief);
  json_text(json, "source", origin->pid ? "running" : "check");
  if (origin->pid) {
    json_int(json, "pid", origin->pid);
    json_int(json, "age_ms", origin->age_ms);
  }
}

static void put_json(FILE *out, const struct status_brief *brief,
                     const struct status_origin *origin) {
  struct json_writer json = {.out = out};
  json_open(&json, NULL, '{');
  put_members(&json, brief, origin);
  json_close(&json, '}');
}

static bool line_end(FILE *out) {
  putc('\n', out);
  return fflush(out) == 0 && !ferror(out);
}

bool status_line_write(FILE *out, const struct status_brief *brief,
                       const struct status_origin *origin,
                       const struct status_line_options *options) {
  struct line line = {.out = out, .options = options, .left = options->width};
  if (options->form == STATUS_JSON)
    put_json(out, brief, origin);
  else
    put_line(&line, brief);
  return line_end(out);
}

bool status_line_trouble(FILE *out, const char *text, const struct status_line_options *options) {
  struct line line = {.out = out, .options = options, .left = options->width};
  if (options->form == STATUS_JSON) {
    struct json_writer json = {.out = out};
    json_open(&json, NULL, '{');
    json_text(&json, "severity", severity_name(SEVERITY_UNKNOWN));
    json_text(&json, "error", text);
    json_close(&json, '}');
    return line_end(out);
  }
  put_badge(&line, SEVERITY_UNKNOWN, true, "UNKNOWN");
  put_format(&line, " stacktop: %s", text);
  return line_end(out);
}

/* ---- several */

enum severity status_item_severity(const struct status_item *item) {
  return item->brief ? item->brief->severity : SEVERITY_UNKNOWN;
}

static void put_item(struct line *line, const struct status_item *item, bool first) {
  if (!first)
    put(line, "; ");
  if (item->brief)
    put_counts(line, item->brief);
  else
    put_badge(line, SEVERITY_UNKNOWN, true, "UNKNOWN");
  put_format(line, " %s", item->name);
  if (item->environment && *item->environment && strcmp(item->environment, item->name) != 0)
    put_format(line, " (%s)", item->environment);
}

/* What rules the verdict. */
static void put_cause(struct line *line, const struct status_item *item) {
  if (!item->brief)
    put_format(line, ": %s: %s", item->name, item->trouble);
  else if (*item->brief->subject)
    put_format(line, ": %s: %s: %s", item->name, item->brief->subject, item->brief->sentence);
}

static void put_items(struct line *line, const struct status_item *items, size_t count) {
  const struct status_item *worst = NULL;
  int64_t ok = 0, targets = 0;
  size_t calm = 0;
  for (int severity = SEVERITY_CRIT; severity > SEVERITY_OK; severity--)
    for (size_t i = 0; i < count; i++)
      if ((int)status_item_severity(&items[i]) == severity) {
        put_item(line, &items[i], !worst);
        worst = worst ? worst : &items[i];
      }
  for (size_t i = 0; i < count; i++)
    if (status_item_severity(&items[i]) == SEVERITY_OK) {
      calm++;
      ok += items[i].brief->ok;
      targets += items[i].brief->targets;
    }
  if (!worst) {
    put_badge(line, SEVERITY_OK, true, "all ok");
    put_format(line, " %zu environment%s %" PRId64 "/%" PRId64 " targets", count,
               count == 1 ? "" : "s", ok, targets);
    return;
  }
  if (calm > 0)
    put_format(line, "; %zu ok", calm);
  put_cause(line, worst);
}

static void put_items_json(FILE *out, const struct status_item *items, size_t count) {
  struct json_writer json = {.out = out};
  enum severity worst = SEVERITY_OK;
  for (size_t i = 0; i < count; i++)
    worst = severity_worse(worst, status_item_severity(&items[i]));
  json_open(&json, NULL, '{');
  json_text(&json, "severity", severity_name(worst));
  json_open(&json, "environments", '[');
  for (size_t i = 0; i < count; i++) {
    const struct status_item *item = &items[i];
    json_open(&json, NULL, '{');
    json_text(&json, "path", item->path);
    if (item->brief) {
      put_members(&json, item->brief, &item->origin);
    } else {
      json_text(&json, "severity", severity_name(SEVERITY_UNKNOWN));
      json_text(&json, "name", item->name);
      json_text_if(&json, "environment", item->environment);
      json_text(&json, "error", item->trouble);
    }
    json_close(&json, '}');
  }
  json_close(&json, ']');
  json_close(&json, '}');
}

bool status_several_write(FILE *out, const struct status_item *items, size_t count,
                          const struct status_line_options *options) {
  struct line line = {.out = out, .options = options, .left = options->width};
  if (options->form == STATUS_JSON)
    put_items_json(out, items, count);
  else
    put_items(&line, items, count);
  return line_end(out);
}
