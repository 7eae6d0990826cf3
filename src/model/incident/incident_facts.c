#include "model/incident/incident_facts.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- findings */

static bool has_word(const struct incident_entry *entry, const char *word) {
  return entry->word && strcmp(entry->word, word) == 0;
}

static struct incident_span *span_open(const struct incident_facts *facts,
                                       const struct incident *incident, const char *key) {
  for (size_t i = facts->span_count; key && i-- > 0;)
    if (strcmp(incident->entries[facts->spans[i].first].key, key) == 0)
      return facts->spans[i].to_ms ? NULL : &facts->spans[i];
  return NULL;
}

static void finding_take(struct incident_facts *facts, const struct incident *incident, size_t at) {
  const struct incident_entry *entry = &incident->entries[at];
  const bool silenced = has_word(entry, "silenced"), over = silenced || has_word(entry, "resolved");
  struct incident_span *span = span_open(facts, incident, entry->key);
  if (!entry->key || (over && !span))
    return;
  if (!span) {
    facts->spans = mem_resize(facts->spans, (facts->span_count + 1) * sizeof *facts->spans);
    span = &facts->spans[facts->span_count++];
    *span = (struct incident_span){.first = at, .from_ms = entry->at_ms};
  }
  if (!over && entry->at_ms < span->from_ms) { /* another program has seen it before */
    span->from_ms = entry->at_ms;
    span->first = at;
  }
  span->last = at;
  span->silenced = silenced;
  span->severity = over ? span->severity : severity_worse(span->severity, entry->severity);
  span->to_ms = over ? entry->at_ms : 0;
}

static int compare_spans(const void *a, const void *b) {
  const struct incident_span *left = a, *right = b;
  if (left->from_ms != right->from_ms)
    return left->from_ms < right->from_ms ? -1 : 1;
  return (left->first > right->first) - (left->first < right->first);
}

bool incident_span_belongs(const struct incident *incident, const struct incident_span *span) {
  return span->from_ms >= incident->opened_ms - INCIDENT_BEFORE_MS &&
         (!span->to_ms || span->to_ms >= incident->opened_ms);
}

static void spans_judge(struct incident_facts *facts, const struct incident *incident) {
  for (size_t i = 0; i < facts->span_count; i++)
    if (incident_span_belongs(incident, &facts->spans[i]))
      facts->worst = severity_worse(facts->worst, facts->spans[i].severity);
  for (size_t i = 0; i < facts->span_count && facts->worst != SEVERITY_OK; i++) {
    const struct incident_span *span = &facts->spans[i];
    if (!incident_span_belongs(incident, span) || span->severity != facts->worst)
      continue;
    if (!facts->first)
      facts->first = span;
    facts->open += span->to_ms == 0;
    if (span->to_ms > facts->recovered_ms)
      facts->recovered_ms = span->to_ms;
  }
  if (facts->open > 0)
    facts->recovered_ms = 0;
}

/* ---- the rest */

static void status_take(struct incident_facts *facts, const struct incident_entry *entry) {
  const int status = incident_name_find(incident_status_names, entry->word ? entry->word : "");
  int64_t *at_ms = status == INCIDENT_IDENTIFIED   ? &facts->identified_ms
                   : status == INCIDENT_MONITORING ? &facts->mitigated_ms
                   : status == INCIDENT_RESOLVED   ? &facts->resolved_ms
                                                   : NULL;
  if (at_ms && *at_ms == 0)
    *at_ms = entry->at_ms;
}

void incident_facts_init(struct incident_facts *facts, const struct incident *incident) {
  *facts = (struct incident_facts){0};
  for (size_t i = 0; i < incident->count; i++) {
    const struct incident_entry *entry = &incident->entries[i];
    if (entry->kind == INCIDENT_FINDING)
      finding_take(facts, incident, i);
    else if (entry->kind == INCIDENT_STATUS)
      status_take(facts, entry);
    else if (entry->kind == INCIDENT_CLOSE && !facts->summary)
      facts->summary = entry->text;
  }
  if (facts->span_count > 1)
    qsort(facts->spans, facts->span_count, sizeof *facts->spans, compare_spans);
  spans_judge(facts, incident);
  facts->detected_ms = facts->first && facts->first->from_ms < incident->opened_ms
                           ? facts->first->from_ms
                           : incident->opened_ms;
}

void incident_facts_fini(struct incident_facts *facts) {
  free(facts->spans);
  facts->spans = NULL;
}

struct place {
  int64_t at_ms;
  size_t index;
};

static int compare_places(const void *a, const void *b) {
  const struct place *left = a, *right = b;
  if (left->at_ms != right->at_ms)
    return left->at_ms < right->at_ms ? -1 : 1;
  return (left->index > right->index) - (left->index < right->index);
}

size_t *incident_order(const struct incident *incident) {
  struct place *places = mem_new((incident->count + 1) * sizeof *places);
  size_t *order = mem_new((incident->count + 1) * sizeof *order);
  for (size_t i = 0; i < incident->count; i++)
    places[i] = (struct place){incident->entries[i].at_ms, i};
  qsort(places, incident->count, sizeof *places, compare_places);
  for (size_t i = 0; i < incident->count; i++)
    order[i] = places[i].index;
  free(places);
  return order;
}

bool incident_is_answered(const struct incident *incident, const struct incident_entry *entry) {
  static const char intent[] = ":intent";
  char key[300];
  const size_t length = entry->key ? strlen(entry->key) : 0, end = sizeof intent - 1;
  if (entry->kind != INCIDENT_ACTION || length < end || length > sizeof key - 20 ||
      strcmp(entry->key + length - end, intent) != 0)
    return false;
  snprintf(key, sizeof key, "%.*s:outcome", (int)(length - end), entry->key);
  return incident_key_find(incident, key) != NULL;
}
