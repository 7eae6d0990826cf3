#include "model/event/event.h"

#include "core/map.h"
#include "core/mem.h"
#include "core/text/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void event_fini(struct event *event) {
  free(event->subject);
  free(event->text);
  free(event->kind);
  free(event->target);
  free(event->place.table);
  free(event->place.row);
  free(event->place.column);
}

static struct event *add(struct events *events, int64_t at_ms, const char *subject,
                         const char *format, va_list args) {
  char text[EVENT_TEXT_MAX]; /* an event is one line */
  vsnprintf(text, sizeof text, format, args);
  struct event *event = &events->items[(events->first + events->count) % EVENTS_MAX];
  if (events->count == EVENTS_MAX) {
    event_fini(event);
    events->first = (events->first + 1) % EVENTS_MAX;
  } else {
    events->count++;
  }
  events->total++;
  *event = (struct event){.at_ms = at_ms,
                          .subject = mem_dup(subject),
                          .text = mem_dup(text),
                          .kind = events->kind ? mem_dup(events->kind) : NULL,
                          .target = events->target ? mem_dup(events->target) : NULL};
  return event;
}

void events_about(struct events *events, const char *kind, const char *target) {
  events->kind = kind;
  events->target = target;
}

void events_add(struct events *events, int64_t at_ms, enum severity severity, const char *subject,
                const char *format, ...) {
  va_list args;
  va_start(args, format);
  add(events, at_ms, subject, format, args)->severity = severity;
  va_end(args);
}

void events_add_change(struct events *events, int64_t at_ms, const char *subject,
                       const char *format, ...) {
  va_list args;
  va_start(args, format);
  add(events, at_ms, subject, format, args)->change = true;
  va_end(args);
}

static struct event *last_of(struct events *events) {
  return &events->items[(events->first + events->count - 1) % EVENTS_MAX];
}

static char *dup_or_null(const char *text) {
  return text ? mem_dup(text) : NULL;
}

void events_mark_finding(struct events *events, enum event_topic topic, int64_t since_ms,
                         const char *table, const char *row, const char *column) {
  struct event *event = last_of(events);
  event->topic = topic;
  event->since_ms = since_ms;
  event->place = (struct event_place){dup_or_null(table), dup_or_null(row), dup_or_null(column)};
}

void events_mark_action(struct events *events) {
  last_of(events)->topic = EVENT_ACTION;
}

void events_mark_verb(struct events *events, const char *verb, size_t of) {
  struct event *event = last_of(events);
  event->verb = verb;
  event->of = of;
}

const char *event_severity_name(const struct event *event) {
  return event->change ? EVENT_CHANGE_NAME : severity_name(event->severity);
}

int64_t event_onset(const struct event *event) {
  enum { SAME_MOMENT_MS = 1000 };
  const bool of_finding = event->topic == EVENT_BEGINS || event->topic == EVENT_ENDS;
  return of_finding && event->at_ms - event->since_ms >= SAME_MOMENT_MS ? event->since_ms : 0;
}

bool event_matches(const struct event *event, const char *filter) {
  return text_contains(event->subject, filter) || text_contains(event->text, filter) ||
         strcasecmp(event_severity_name(event), filter) == 0;
}

static bool is_of_finding(const struct event *event) {
  return event->topic == EVENT_BEGINS || event->topic == EVENT_ENDS;
}

static bool same_text(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

/* A server that tells an age, and not a time, has another onset by some milliseconds each time. */
bool event_same_finding(const struct event *a, const struct event *b) {
  enum { JITTER_MS = 1000 };
  return is_of_finding(a) && is_of_finding(b) &&
         llabs((long long)(a->since_ms - b->since_ms)) < JITTER_MS && same_text(a->kind, b->kind) &&
         same_text(a->target, b->target) && same_text(a->place.table, b->place.table) &&
         same_text(a->place.row, b->place.row) && same_text(a->place.column, b->place.column);
}

uint64_t event_hash_finding(const struct event *event) {
  uint64_t hash = map_hash_text(map_hash_text(MAP_HASH, event->kind), event->target);
  hash = map_hash_text(map_hash_text(hash, event->place.table), event->place.row);
  return map_hash_text(hash, event->place.column);
}

const struct event *events_get(const struct events *events, size_t age) {
  if (age >= events->count)
    return NULL;
  return &events->items[(events->first + events->count - 1 - age) % EVENTS_MAX];
}

void events_fini(struct events *events) {
  for (size_t i = 0; i < events->count; i++)
    event_fini(&events->items[(events->first + i) % EVENTS_MAX]);
  events->first = events->count = 0;
}
