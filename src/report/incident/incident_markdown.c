/* The postmortem. What stacktop knows is filled in; what only people know is a heading. */
#include "core/text/format.h"
#include "core/text/text.h"
#include "report/incident/incident_report.h"

#include <stdlib.h>
#include <string.h>

enum { CLEAN_MAX = 2 * INCIDENT_SENTENCE_MAX };

struct writing {
  FILE *out;
  const struct incident *incident;
  const struct incident_facts *facts;
  int64_t now_ms;
};

/* As text of a table: sanitised, and without a meaning in Markdown. */
static void put_text(const struct writing *writing, const char *text) {
  char clean[CLEAN_MAX];
  text_sanitize(clean, sizeof clean, text ? text : "", text ? strlen(text) : 0, false);
  for (const char *at = clean; *at; at++) {
    if (strchr("|*`[]<>\\#", *at))
      fputc('\\', writing->out);
    fputc(*at, writing->out);
  }
}

static void put_time(const struct writing *writing, int64_t at_ms) {
  char time[FORMAT_MAX];
  fputs(format_time(time, sizeof time, at_ms, true, true), writing->out);
}

static void put_passed(const struct writing *writing, int64_t from_ms, int64_t to_ms) {
  char time[FORMAT_MAX];
  const int64_t ms = incident_between(writing->incident, from_ms, to_ms);
  if (ms < 0)
    fputs("not known (the clock was set)", writing->out);
  else
    fputs(format_duration(time, sizeof time, (double)(ms < 1000 ? ms : ms / 1000 * 1000) / 1000),
          writing->out);
}

/* ---- the facts */

static void fact_begin(const struct writing *writing, const char *name) {
  fprintf(writing->out, "| %s | ", name);
}

static void fact_end(const struct writing *writing) {
  fputs(" |\n", writing->out);
}

/* "2026-11-28 02:15:00 UTC, 3m 10s after the detection". */
static void fact_time(const struct writing *writing, const char *name, int64_t at_ms,
                      const char *missing) {
  fact_begin(writing, name);
  if (at_ms) {
    put_time(writing, at_ms);
    fputs(" UTC, ", writing->out);
    put_passed(writing, writing->facts->detected_ms, at_ms);
    fputs(" after the detection", writing->out);
  } else {
    fputs(missing, writing->out);
  }
  fact_end(writing);
}

static void put_detected(const struct writing *writing) {
  const struct incident *incident = writing->incident;
  const struct incident_span *first = writing->facts->first;
  const bool by_finding = first && first->from_ms < incident->opened_ms;
  fact_begin(writing, "Detected");
  put_time(writing, writing->facts->detected_ms);
  fputs(" UTC, by ", writing->out);
  if (by_finding) {
    fputs("stacktop's finding ", writing->out);
    put_text(writing, incident->entries[first->first].subject);
    fputs(", seen by ", writing->out);
    put_text(writing, incident->entries[first->first].who);
  } else {
    put_text(writing, incident->count > 0 ? incident->entries[0].who : "");
    fputs(", who opened the incident", writing->out);
  }
  fact_end(writing);
  fact_begin(writing, "First finding");
  if (first) {
    put_time(writing, first->from_ms);
    fputs(" UTC ", writing->out);
    put_text(writing, incident->entries[first->first].subject);
    fputs(": ", writing->out);
    put_text(writing, incident->entries[first->first].text);
  } else {
    fputs("none was recorded", writing->out);
  }
  fact_end(writing);
}

static void put_response(const struct writing *writing) {
  const struct incident *incident = writing->incident;
  const int64_t by_ms = incident_respond_by(incident);
  fact_begin(writing, "Response");
  if (incident->responded_ms) {
    put_time(writing, incident->responded_ms);
    fputs(" UTC, ", writing->out);
    put_passed(writing, incident->opened_ms, incident->responded_ms);
    fprintf(writing->out,
            " after the opening; %s: ", incident->responded_ms <= by_ms ? "in time" : "too late");
  } else {
    fputs("none was recorded; ", writing->out);
  }
  fputs("due within ", writing->out);
  put_passed(writing, incident->opened_ms, by_ms);
  fact_end(writing);
}

static void put_recovered(const struct writing *writing) {
  char missing[120];
  if (writing->facts->open > 0)
    snprintf(missing, sizeof missing, "not yet: %zu of the worst findings %s no end",
             writing->facts->open, writing->facts->open == 1 ? "has" : "have");
  else
    snprintf(missing, sizeof missing, "not known: no finding was recorded");
  fact_time(writing, "Recovered (the last of the worst findings ended)",
            writing->facts->recovered_ms, missing);
}

static void put_facts(const struct writing *writing) {
  const struct incident *incident = writing->incident;
  static const char never[] = "not recorded as a status";
  fputs("| | |\n|---|---|\n", writing->out);
  fact_begin(writing, "Severity");
  fputs(incident_level_text(incident->level), writing->out);
  fact_end(writing);
  fact_begin(writing, "Status");
  fputs(incident->closed_ms ? "closed" : incident_status_names[incident->status], writing->out);
  fact_end(writing);
  put_detected(writing);
  fact_begin(writing, "Opened");
  put_time(writing, incident->opened_ms);
  fputs(" UTC by ", writing->out);
  put_text(writing, incident->count > 0 ? incident->entries[0].who : "");
  fact_end(writing);
  put_response(writing);
  fact_time(writing, "Identified", writing->facts->identified_ms, never);
  fact_time(writing, "Mitigated (status monitoring)", writing->facts->mitigated_ms, never);
  put_recovered(writing);
  fact_time(writing, "Resolved", writing->facts->resolved_ms, never);
  fact_time(writing, "Closed", incident->closed_ms, "it is open");
  for (size_t i = 0; i < incident->role_count; i++) {
    fputs("| Role: ", writing->out);
    put_text(writing, incident->roles[i].name);
    fputs(" | ", writing->out);
    put_text(writing, incident->roles[i].who);
    fact_end(writing);
  }
}

/* ---- lists */

static void put_timeline(const struct writing *writing) {
  const struct incident *incident = writing->incident;
  char text[INCIDENT_SENTENCE_MAX];
  size_t *order = incident_order(incident);
  fputs("\n## Time line\n\n| Time (UTC) | | |\n|---|---|---|\n", writing->out);
  for (size_t i = 0; i < incident->count; i++) {
    const struct incident_entry *entry = &incident->entries[order[i]];
    if (incident_is_answered(incident, entry))
      continue;
    fputs("| ", writing->out);
    put_time(writing, entry->at_ms);
    fprintf(writing->out, " | %s | ", incident_entry_mark(entry));
    put_text(writing, incident_entry_text(text, entry));
    fact_end(writing);
  }
  free(order);
}

/* Runbook steps and actions; what came before the opening too. */
static void put_actions(const struct writing *writing) {
  const struct incident *incident = writing->incident;
  size_t *order = incident_order(incident), count = 0;
  fputs("\n## Actions\n\n", writing->out);
  for (size_t i = 0; i < incident->count; i++) {
    const struct incident_entry *entry = &incident->entries[order[i]];
    if (entry->kind != INCIDENT_ACTION || incident_is_answered(incident, entry))
      continue;
    if (count++ == 0)
      fputs("| Time (UTC) | Who | Action | On | Result | Proof | Audit log |\n"
            "|---|---|---|---|---|---|---|\n",
            writing->out);
    const char *const cells[] = {entry->who,  entry->action, entry->target,
                                 entry->word, entry->proof,  entry->audit};
    fputs("| ", writing->out);
    put_time(writing, entry->at_ms);
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
      fputs(" | ", writing->out);
      put_text(writing,
               cells[c] && strcmp(cells[c], "intent") == 0 ? "no outcome recorded" : cells[c]);
    }
    fact_end(writing);
  }
  if (count == 0)
    fputs("No action is in the audit log for this time.\n", writing->out);
  free(order);
}

static void put_findings(const struct writing *writing) {
  const struct incident *incident = writing->incident;
  static const char *const marks[] = {"OK", "UNKNOWN", "WARN", "CRIT"};
  fputs("\n## Findings\n\n", writing->out);
  if (writing->facts->span_count == 0)
    fputs("None was recorded.\n", writing->out);
  else
    fputs("| Severity | Subject | Finding | From (UTC) | Lasted |\n|---|---|---|---|---|\n",
          writing->out);
  for (size_t i = 0; i < writing->facts->span_count; i++) {
    const struct incident_span *span = &writing->facts->spans[i];
    const struct incident_entry *entry = &incident->entries[span->first];
    fprintf(writing->out, "| %s | ", marks[span->severity]);
    put_text(writing, entry->subject);
    fputs(" | ", writing->out);
    put_text(writing, entry->text);
    fputs(" | ", writing->out);
    put_time(writing, span->from_ms);
    fputs(" | ", writing->out);
    if (!span->to_ms)
      fputs("no end was recorded", writing->out);
    else
      put_passed(writing, span->from_ms, span->to_ms);
    fputs(span->silenced ? ", then silenced |\n" : " |\n", writing->out);
  }
}

/* What the reader must not take for complete. */
static void put_gaps(const struct writing *writing) {
  const struct incident *incident = writing->incident;
  char text[INCIDENT_SENTENCE_MAX];
  fputs("\n## What is not known\n\n", writing->out);
  size_t count = 0;
  if (incident->unread > 0 && ++count)
    fprintf(writing->out, "- %zu lines of the time line could not be read.\n", incident->unread);
  if (!incident->history && ++count)
    fputs("- No dashboard or watch had an event log of the time before the opening.\n",
          writing->out);
  for (size_t i = 0; i < incident->count; i++) {
    const enum incident_kind kind = incident->entries[i].kind;
    if (kind != INCIDENT_CLOCK && kind != INCIDENT_LIMIT && kind != INCIDENT_EVIDENCE)
      continue;
    fputs("- ", writing->out);
    put_time(writing, incident->entries[i].at_ms);
    fputs(": ", writing->out);
    put_text(writing, incident_entry_text(text, &incident->entries[i]));
    fputc('\n', writing->out);
    count++;
  }
  if (count == 0)
    fputs("Nothing is known to be missing.\n", writing->out);
}

bool report_incident_markdown(FILE *out, const struct incident *incident,
                              const struct incident_report_options *options) {
  static const char template[] =
      "\n## Impact\n\n_Who was affected, how, and for how long?_\n"
      "\n## Root cause\n\n_What made it possible? What triggered it?_\n"
      "\n## What went well\n\n\n## What went wrong\n\n\n## Where we got lucky\n\n"
      "\n## Open questions\n\n"
      "\n## Follow-up\n\n| What | Who | By when |\n|---|---|---|\n| | | |\n";
  struct incident_facts facts;
  incident_facts_init(&facts, incident);
  const struct writing writing = {out, incident, &facts, options->now_ms};
  fprintf(out, "# Postmortem %s: ", incident->id);
  put_text(&writing, incident->title);
  fputs("\n\n", out);
  put_facts(&writing);
  fputs("\n## Summary\n\n", out);
  if (facts.summary)
    put_text(&writing, facts.summary);
  else
    fputs("_What happened, in two sentences?_", out);
  fputs("\n", out);
  put_timeline(&writing);
  put_actions(&writing);
  put_findings(&writing);
  put_gaps(&writing);
  fputs(template, out);
  incident_facts_fini(&facts);
  return !ferror(out);
}
