#include "model/event/event_record.h"

#include "core/mem.h"
#include "core/text/format.h"
#include "core/text/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[EVENT_KIND_COUNT] = {
    [EVENT_KIND_FINDING] = "finding",   [EVENT_KIND_CHANGE] = "change",
    [EVENT_KIND_ACTION] = "action",     [EVENT_KIND_INCIDENT] = "incident",
    [EVENT_KIND_STACKTOP] = "stacktop",
};

const char *event_kind_name(enum event_kind kind) {
  return (size_t)kind < EVENT_KIND_COUNT ? kinds[kind] : "?";
}

/* The plural, too: "findings". */
static bool is_kind(const char *name, const char *text, size_t len) {
  const size_t own = strlen(name);
  return strncmp(name, text, own) == 0 && (len == own || (len == own + 1 && text[own] == 's'));
}

static enum event_kind kind_parse(const char *text, size_t len) {
  for (size_t i = 0; i < EVENT_KIND_COUNT; i++)
    if (len >= strlen(kinds[i]) && is_kind(kinds[i], text, len))
      return (enum event_kind)i;
  return EVENT_KIND_COUNT;
}

enum event_kind event_kind_parse(const char *name) {
  return kind_parse(name, strlen(name));
}

const char *event_state_name(enum event_state state) {
  static const char *const names[] = {"moment", "open", "ended", "unseen"};
  return (size_t)state < sizeof names / sizeof *names ? names[state] : "?";
}

/* ---- filters */

static char *dup_or_null(const char *text) {
  return text ? mem_dup(text) : NULL;
}

struct event_record event_record_dup(const struct event_record *record) {
  struct event_record own = *record;
  own.target_kind = dup_or_null(record->target_kind);
  own.target = dup_or_null(record->target);
  own.table = dup_or_null(record->table);
  own.row = dup_or_null(record->row);
  own.column = dup_or_null(record->column);
  own.subject = dup_or_null(record->subject);
  own.text = dup_or_null(record->text);
  own.who = dup_or_null(record->who);
  own.result = dup_or_null(record->result);
  own.verb = dup_or_null(record->verb);
  return own;
}

void event_record_fini(struct event_record *record) {
  free((void *)record->target_kind);
  free((void *)record->target);
  free((void *)record->table);
  free((void *)record->row);
  free((void *)record->column);
  free((void *)record->subject);
  free((void *)record->text);
  free((void *)record->who);
  free((void *)record->result);
  free((void *)record->verb);
}

bool event_filter_is_empty(const struct event_filter *filter) {
  return !*filter->target && !*filter->who && !*filter->text && filter->kinds == 0 &&
         filter->severity == SEVERITY_OK && filter->since_ms == 0 && filter->until_ms == 0;
}

static void add(char out[EVENT_FILTER_WORDS_MAX], const char *before, const char *text,
                const char *after) {
  const size_t used = strlen(out);
  snprintf(out + used, EVENT_FILTER_WORDS_MAX - used, "%s%s%s%s", used ? ", " : "", before, text,
           after);
}

const char *event_filter_words(const struct event_filter *filter,
                               char out[EVENT_FILTER_WORDS_MAX]) {
  *out = '\0';
  for (size_t i = 0; i < EVENT_KIND_COUNT; i++)
    if (filter->kinds & 1U << i)
      add(out, "", kinds[i], i == EVENT_KIND_STACKTOP ? "" : "s");
  if (filter->severity != SEVERITY_OK)
    add(out, severity_name(filter->severity), "", " or worse");
  if (*filter->target)
    add(out, "target ", filter->target, "");
  if (*filter->who)
    add(out, "by ", filter->who, "");
  if (*filter->text)
    add(out, "\"", filter->text, "\"");
  return out;
}

bool event_kinds_parse(const char *text, unsigned *bits, struct err *err) {
  *bits = 0;
  for (const char *at = text; *at;) {
    const size_t len = strcspn(at, ",");
    const enum event_kind kind = kind_parse(at, len);
    if (kind == EVENT_KIND_COUNT)
      return err_set(err, ERR_INVALID,
                     "unknown kind \"%.*s\"; use finding, change, action, incident or stacktop, "
                     "separated by commas",
                     (int)(len < 40 ? len : 40), at);
    *bits |= 1U << kind;
    at += len + (at[len] == ',');
  }
  return *bits != 0 ||
         err_set(err, ERR_INVALID, "no kind; use finding, change, action, incident or stacktop");
}

static bool severity_take(struct event_filter *filter, const char *word, struct err *err) {
  static const enum severity all[] = {SEVERITY_UNKNOWN, SEVERITY_WARN, SEVERITY_CRIT};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (strcmp(severity_name(all[i]), word) == 0) {
      filter->severity = all[i];
      return true;
    }
  return err_set(err, ERR_INVALID, "unknown severity \"%.40s\"; use unknown, warn or crit", word);
}

static bool copy(char out[EVENT_FILTER_TEXT_MAX], const char *text, struct err *err) {
  if (strlen(text) >= EVENT_FILTER_TEXT_MAX)
    return err_set(err, ERR_INVALID, "\"%.20s...\" is longer than %d bytes", text,
                   EVENT_FILTER_TEXT_MAX - 1);
  memcpy(out, text, strlen(text) + 1);
  return true;
}

struct parsing {
  struct event_filter *filter;
  bool (*parse_time)(void *arg, const char *text, int64_t *ms, struct err *err);
  void *arg;
};

/* True if the word begins with "NAME:". */
static bool has_name(const char *word, const char *name, const char **value) {
  const size_t len = strlen(name);
  if (strncmp(word, name, len) != 0 || word[len] != ':')
    return false;
  *value = word + len + 1;
  return true;
}

static bool time_take(const struct parsing *parsing, const char *text, int64_t *ms,
                      struct err *err) {
  return parsing->parse_time ? parsing->parse_time(parsing->arg, text, ms, err)
                             : err_set(err, ERR_INVALID, "times cannot be used here");
}

static bool text_take(struct event_filter *filter, const char *word, struct err *err) {
  const size_t used = strlen(filter->text), len = strlen(word);
  if (used + len + 2 > sizeof filter->text)
    return err_set(err, ERR_INVALID, "the text is longer than %d bytes", EVENT_FILTER_TEXT_MAX - 1);
  if (used)
    filter->text[used] = ' ';
  memcpy(filter->text + used + (used > 0), word, len + 1);
  return true;
}

static bool word_take(const struct parsing *parsing, const char *word, struct err *err) {
  struct event_filter *filter = parsing->filter;
  const char *value;
  if (has_name(word, "target", &value))
    return copy(filter->target, value, err);
  if (has_name(word, "by", &value))
    return copy(filter->who, value, err);
  if (has_name(word, "kind", &value))
    return (!*value && (filter->kinds = 0, true)) || event_kinds_parse(value, &filter->kinds, err);
  if (has_name(word, "severity", &value))
    return severity_take(filter, value, err);
  if (has_name(word, "since", &value))
    return time_take(parsing, value, &filter->since_ms, err);
  if (has_name(word, "until", &value))
    return time_take(parsing, value, &filter->until_ms, err);
  return text_take(filter, word, err);
}

bool event_filter_parse(struct event_filter *filter, const char *line,
                        bool (*parse_time)(void *arg, const char *text, int64_t *ms,
                                           struct err *err),
                        void *arg, struct err *err) {
  enum { WORD_MAX = 2 * EVENT_FILTER_TEXT_MAX };
  const struct parsing parsing = {filter, parse_time, arg};
  *filter->text = '\0';
  for (const char *at = line + strspn(line, " "); *at; at += strspn(at, " ")) {
    char word[WORD_MAX];
    const size_t len = strcspn(at, " ");
    if (len >= sizeof word)
      return err_set(err, ERR_INVALID, "\"%.20s...\" is longer than %d bytes", at,
                     EVENT_FILTER_TEXT_MAX - 1);
    snprintf(word, sizeof word, "%.*s", (int)len, at);
    if (!word_take(&parsing, word, err))
      return false;
    at += len;
  }
  return true;
}

/* ---- lengths */

const char *event_length_text(char out[EVENT_LENGTH_MAX], int64_t ms) {
  const int64_t s = ms / 1000;
  if (ms < 0)
    snprintf(out, EVENT_LENGTH_MAX, "?");
  else if (s < 10)
    snprintf(out, EVENT_LENGTH_MAX, "%" PRId64 ".%" PRId64 "s", s, ms % 1000 / 100);
  else if (s < 60)
    snprintf(out, EVENT_LENGTH_MAX, "%" PRId64 "s", s);
  else if (s < 3600)
    snprintf(out, EVENT_LENGTH_MAX, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
  else if (s < 86400)
    snprintf(out, EVENT_LENGTH_MAX, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
  else
    snprintf(out, EVENT_LENGTH_MAX, "%" PRId64 "d %" PRId64 "h", s / 86400, s / 3600 % 24);
  return out;
}

/* ---- words */

static bool same_day(int64_t a_ms, int64_t b_ms, bool utc) {
  char a[FORMAT_MAX], b[FORMAT_MAX];
  return strncmp(format_time(a, sizeof a, a_ms, utc, true),
                 format_time(b, sizeof b, b_ms, utc, true), strlen("2026-11-28")) == 0;
}

const char *event_span_text(char out[EVENT_SPAN_MAX], const struct event_record *record, bool utc) {
  char at[FORMAT_MAX], end[FORMAT_MAX];
  format_time(at, sizeof at, record->at_ms, utc, false);
  if (record->state == EVENT_STATE_MOMENT) {
    snprintf(out, EVENT_SPAN_MAX, "%.20s", at);
  } else if (record->state == EVENT_STATE_OPEN) {
    snprintf(out, EVENT_SPAN_MAX, "%.20s-%s", at, record->seen_ms ? "?" : "now");
  } else if (same_day(record->at_ms, record->end_ms, utc)) {
    format_time(end, sizeof end, record->end_ms, utc, false);
    snprintf(out, EVENT_SPAN_MAX, "%.20s-%.20s", at, end);
  } else {
    format_time(end, sizeof end, record->end_ms, utc, true); /* "2026-11-29 00:10:07" */
    snprintf(out, EVENT_SPAN_MAX, "%.20s-%.8s", at, strlen(end) > 8 ? end + 8 : end);
  }
  return out;
}

const char *event_lasted_text(char out[EVENT_LENGTH_MAX], const struct event_record *record,
                              int64_t now_ms) {
  const int64_t until_ms = record->seen_ms ? record->seen_ms : now_ms;
  *out = '\0';
  if (record->state == EVENT_STATE_MOMENT)
    return out;
  if (record->state != EVENT_STATE_OPEN)
    event_length_text(out, record->lasted_ms);
  else
    event_length_text(out, until_ms > record->at_ms ? until_ms - record->at_ms : 0);
  if (record->state == EVENT_STATE_UNSEEN || record->seen_ms)
    snprintf(out + strlen(out), EVENT_LENGTH_MAX - strlen(out), "+");
  return out;
}

static bool has_words(const char *text, const char *part) {
  return text_contains(text, part);
}

const char *event_about_text(char out[EVENT_ABOUT_MAX], const struct event_record *record) {
  const char *kind = record->target_kind ? record->target_kind : "";
  const char *target = record->target ? record->target : "";
  const bool with_target = *target && !has_words(record->subject, target);
  snprintf(out, EVENT_ABOUT_MAX, "%.40s%s%.150s%s%.300s", kind, *kind ? " " : "",
           with_target ? target : "", with_target ? " " : "", record->subject);
  return out;
}

const char *event_words_text(char out[EVENT_WORDS_MAX], const struct event_record *record) {
  size_t used = 0;
  *out = '\0';
  if (record->who)
    used = (size_t)snprintf(out, EVENT_WORDS_MAX, "by %.190s", record->who);
  if (record->kind == EVENT_KIND_ACTION && (record->result || record->state == EVENT_STATE_OPEN))
    used += (size_t)snprintf(out + used, EVENT_WORDS_MAX - used, "%s%.40s", used ? ", " : "",
                             record->result ? record->result : "no outcome so far");
  else if (record->result)
    used += (size_t)snprintf(out + used, EVENT_WORDS_MAX - used, "%s%.40s", used ? ", " : "",
                             record->result);
  if (record->state == EVENT_STATE_UNSEEN)
    used +=
        (size_t)snprintf(out + used, EVENT_WORDS_MAX - used, "%slast seen then", used ? ", " : "");
  snprintf(out + used, EVENT_WORDS_MAX - used, "%s%.3000s", used ? ": " : "", record->text);
  return out;
}
