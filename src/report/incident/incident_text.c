#include "core/mem.h"
#include "core/text/format.h"
#include "core/text/text.h"
#include "report/incident/incident_report.h"

#include <stdlib.h>
#include <string.h>

enum { CLEAN_MAX = 2 * INCIDENT_SENTENCE_MAX };

/* ---- one entry */

const char *incident_level_text(int level) {
  static const char *const texts[] = {"P1 (complete service outage)", "P2 (major feature broken)",
                                      "P3 (minor feature issue)", "P4 (cosmetic issue)"};
  return level >= 1 && level <= INCIDENT_LEVELS ? texts[level - 1] : "?";
}

static bool has_word(const struct incident_entry *entry, const char *word) {
  return entry->word && strcmp(entry->word, word) == 0;
}

static const char *severity_mark(enum severity severity) {
  static const char *const marks[] = {"OK", "UNKNOWN", "WARN", "CRIT"};
  return marks[severity];
}

const char *incident_entry_mark(const struct incident_entry *entry) {
  static const char *const marks[] = {
      [INCIDENT_OPEN] = "OPEN",         [INCIDENT_CHANGE] = "CHANGE", [INCIDENT_HISTORY] = "INFO",
      [INCIDENT_OPERATOR] = "INFO",     [INCIDENT_CLOCK] = "CLOCK",   [INCIDENT_EVIDENCE] = "INFO",
      [INCIDENT_LIMIT] = "LIMIT",       [INCIDENT_NOTE] = "NOTE",     [INCIDENT_STATUS] = "STATUS",
      [INCIDENT_SEVERITY] = "SEVERITY", [INCIDENT_ROLE] = "ROLE",     [INCIDENT_CLOSE] = "CLOSE",
      [INCIDENT_ACTION] = "ACTION",
  };
  if (entry->kind == INCIDENT_FINDING &&
      (has_word(entry, "resolved") || has_word(entry, "silenced")))
    return "OK";
  if (entry->kind == INCIDENT_FINDING || (entry->kind == INCIDENT_EVENT && !entry->word))
    return severity_mark(entry->severity);
  return entry->kind == INCIDENT_EVENT ? "CHANGE" : marks[entry->kind];
}

static const char *or_empty(const char *text) {
  return text ? text : "";
}

/* The lead and the text, with what joins them. */
static void put(char out[INCIDENT_SENTENCE_MAX], const char *lead, const char *join,
                const char *text) {
  snprintf(out, INCIDENT_SENTENCE_MAX, "%.*s%s%.*s", INCIDENT_TEXT_MAX - 10, lead,
           *lead && *text ? join : "", INCIDENT_TEXT_MAX - 10, text);
}

static void action_put(char out[INCIDENT_SENTENCE_MAX], const struct incident_entry *entry) {
  const char *word = or_empty(entry->word), *proof = or_empty(entry->proof);
  const bool begun = strcmp(word, "intent") == 0;
  snprintf(out, INCIDENT_SENTENCE_MAX, "%.200s %.60s on %.150s: %.500s: %s%s%.900s",
           or_empty(entry->who), or_empty(entry->action), or_empty(entry->target),
           or_empty(entry->text), begun ? "begun, no outcome yet" : word, *proof ? ", " : "",
           proof);
}

const char *incident_entry_text(char out[INCIDENT_SENTENCE_MAX],
                                const struct incident_entry *entry) {
  char lead[600];
  const char *who = or_empty(entry->who), *text = or_empty(entry->text);
  const char *subject = or_empty(entry->subject), *word = or_empty(entry->word);
  switch (entry->kind) {
  case INCIDENT_FINDING:
    snprintf(lead, sizeof lead, "%.400s%s%s", subject,
             *word && strcmp(word, "begins") != 0 ? " " : "",
             strcmp(word, "begins") == 0 ? "" : word);
    put(out, lead, ": ", text);
    break;
  case INCIDENT_CHANGE:
  case INCIDENT_EVENT:
    put(out, subject, ": ", text);
    break;
  case INCIDENT_ACTION:
    action_put(out, entry);
    break;
  case INCIDENT_OPEN:
    snprintf(lead, sizeof lead, "%.200s opened P%d %.200s", who, entry->level, subject);
    put(out, lead, ": ", text);
    break;
  case INCIDENT_OPERATOR:
    snprintf(lead, sizeof lead, "%.200s %s", who, word);
    put(out, lead, ": ", text);
    break;
  case INCIDENT_STATUS:
    snprintf(lead, sizeof lead, "%.200s: %s", who, word);
    put(out, lead, ": ", text);
    break;
  case INCIDENT_SEVERITY:
    snprintf(lead, sizeof lead, "%.200s: P%d", who, entry->level);
    put(out, lead, ": ", text);
    break;
  case INCIDENT_ROLE:
    snprintf(lead, sizeof lead, "%.200s: %.40s is %.200s", who, word, subject);
    put(out, lead, ": ", text);
    break;
  default:
    put(out, who, ": ", text);
    break;
  }
  return out;
}

/* ---- the head */

struct writing {
  FILE *out;
  const struct incident *incident;
  const struct incident_report_options *options;
};

/* One line, sanitised. */
static void line(const struct writing *writing, const char *label, const char *text) {
  char clean[CLEAN_MAX];
  text_sanitize(clean, sizeof clean, text, strlen(text), writing->options->ascii);
  fprintf(writing->out, "%-10s  %s\n", label, clean);
}

static const char *time_of(const struct writing *writing, char out[FORMAT_MAX], int64_t at_ms) {
  return format_time(out, FORMAT_MAX, at_ms, writing->options->utc, !writing->options->screen);
}

static const char *passed(const struct writing *writing, char out[FORMAT_MAX], int64_t from_ms,
                          int64_t to_ms) {
  const int64_t ms = incident_between(writing->incident, from_ms, to_ms);
  if (ms < 0)
    snprintf(out, FORMAT_MAX, "an unknown time");
  else
    format_duration(out, FORMAT_MAX, (double)(ms < 1000 ? ms : ms / 1000 * 1000) / 1000);
  return out;
}

/* Behind a label that says of what: "due in 4m", "overdue by 3m". */
static const char *due_only(char out[INCIDENT_DUE_MAX], const struct incident_brief *brief,
                            const struct writing *writing) {
  const char *blank = strchr(incident_due_text(out, brief, writing->options->now_ms), ' ');
  return blank ? blank + 1 : out;
}

static void put_response(const struct writing *writing, const struct incident_brief *brief) {
  const struct incident *incident = writing->incident;
  char text[200], took[FORMAT_MAX], limit[FORMAT_MAX], due[INCIDENT_DUE_MAX];
  const int64_t by_ms = incident_respond_by(incident);
  passed(writing, limit, incident->opened_ms, by_ms);
  if (incident->responded_ms)
    snprintf(text, sizeof text, "after %s, %s %s",
             passed(writing, took, incident->opened_ms, incident->responded_ms),
             incident->responded_ms <= by_ms ? "within" : "later than", limit);
  else
    snprintf(text, sizeof text, "%s (%s)",
             incident->closed_ms ? "none" : due_only(due, brief, writing), limit);
  line(writing, "Response", text);
}

static void put_head(const struct writing *writing) {
  const struct incident *incident = writing->incident;
  struct incident_brief brief;
  char text[INCIDENT_SENTENCE_MAX], at[FORMAT_MAX], took[FORMAT_MAX], due[INCIDENT_DUE_MAX];
  const int64_t end_ms = incident->closed_ms ? incident->closed_ms : writing->options->now_ms;
  incident_brief_make(&brief, incident);
  snprintf(text, sizeof text, "%s  %.*s", incident_level_text(incident->level), INCIDENT_TITLE_MAX,
           incident->title);
  line(writing, incident->id, text);
  line(writing, "Status", incident->closed_ms ? "closed" : incident_status_names[incident->status]);
  snprintf(text, sizeof text, "%s %s, %s ago by %.200s", time_of(writing, at, incident->opened_ms),
           writing->options->utc ? "UTC" : "local time",
           passed(writing, took, incident->opened_ms, writing->options->now_ms),
           incident->count > 0 ? or_empty(incident->entries[0].who) : "");
  line(writing, "Opened", text);
  if (incident->closed_ms) {
    snprintf(text, sizeof text, "%s, open for %s", time_of(writing, at, incident->closed_ms),
             passed(writing, took, incident->opened_ms, end_ms));
    line(writing, "Closed", text);
  }
  put_response(writing, &brief);
  if (!incident->closed_ms && incident->responded_ms)
    line(writing, "Update", due_only(due, &brief, writing));
  for (size_t i = 0; i < incident->role_count; i++)
    line(writing, incident->roles[i].name, incident->roles[i].who);
  if (incident->unread > 0) {
    snprintf(text, sizeof text, "%zu lines of the time line could not be read", incident->unread);
    line(writing, "Damaged", text);
  }
}

/* ---- the time line */

bool report_incident_text(FILE *out, const struct incident *incident,
                          const struct incident_report_options *options) {
  const struct writing writing = {out, incident, options};
  char text[INCIDENT_SENTENCE_MAX], clean[CLEAN_MAX], at[FORMAT_MAX];
  put_head(&writing);
  size_t *order = incident_order(incident);
  fprintf(out, "\nTime line%s\n", options->screen ? ", newest first" : "");
  for (size_t i = 0; i < incident->count; i++) {
    const size_t at_order = options->screen ? incident->count - 1 - i : i;
    const struct incident_entry *entry = &incident->entries[order[at_order]];
    if (incident_is_answered(incident, entry))
      continue;
    incident_entry_text(text, entry);
    text_sanitize(clean, sizeof clean, text, strlen(text), options->ascii);
    fprintf(out, "%s  %-8s  %s\n", time_of(&writing, at, entry->at_ms), incident_entry_mark(entry),
            clean);
  }
  free(order);
  return !ferror(out);
}

bool report_incident_line(FILE *out, const struct incident *incident,
                          const struct incident_report_options *options) {
  const struct writing writing = {out, incident, options};
  char took[FORMAT_MAX], due[INCIDENT_DUE_MAX], text[2 * INCIDENT_TITLE_MAX], clean[CLEAN_MAX];
  struct incident_brief brief;
  incident_brief_make(&brief, incident);
  snprintf(text, sizeof text, "%.*s", INCIDENT_TITLE_MAX, incident->title);
  text_sanitize(clean, sizeof clean, text, strlen(text), options->ascii);
  fprintf(out, "%-21s  P%d  %-13s  %-8s  %-26s  %s\n", incident->id, incident->level,
          incident->closed_ms ? "closed" : incident_status_names[incident->status],
          passed(&writing, took, incident->opened_ms,
                 incident->closed_ms ? incident->closed_ms : options->now_ms),
          incident->closed_ms ? "" : incident_due_text(due, &brief, options->now_ms), clean);
  return !ferror(out);
}
