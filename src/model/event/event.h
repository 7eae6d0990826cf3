/* The event log: changes, newest last, bounded. */
#pragma once

#include "model/judge/severity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EVENTS_MAX = 512, EVENT_TEXT_MAX = 2560 /* bytes, with the final 0 */ };

/* The severity of a change in JSON, CSV and filters. */
#define EVENT_CHANGE_NAME "info"

/* What an event says about its finding, or where else it is recorded. */
enum event_topic {
  EVENT_MOMENT, /* a change, or something about stacktop itself */
  EVENT_BEGINS, /* a finding begins or becomes worse; since_ms, place */
  EVENT_ENDS,   /* a finding is over; the same */
  EVENT_ACTION, /* the audit log has it, with its operator */
};

/* The place of a finding: see struct finding. NULL: none. */
struct event_place {
  char *table, *row, *column;
};

struct event {
  int64_t at_ms;
  enum event_topic topic;
  int64_t since_ms; /* BEGINS, ENDS: when the finding began */
  struct event_place place;
  enum severity severity; /* OK for a recovery, and for a change */
  bool change;            /* of what a server is or how it is configured: neither good nor bad */
  char *subject;          /* "dashboard", "cache", "main ecap-consumer-group" */
  char *text;             /* "refused (was up 3d 4h)" */
  char *kind, *target;    /* that it is about: "redis", "cache"; NULL: none, or several */
  const char *verb;       /* what the change is, for reports: static, or NULL */
  size_t of;              /* findings that it is about: EVENT_VERB_FLOOD */
};

struct events {
  struct event items[EVENTS_MAX];
  size_t first, count;
  uint64_t total;            /* that were ever added */
  const char *kind, *target; /* of those that are added: see events_about */
};

/* The events that are added from now on are about that target; NULL: about none. Both are borrowed
 * until the next call. */
void events_about(struct events *events, const char *kind, const char *target);
void events_add(struct events *events, int64_t at_ms, enum severity severity, const char *subject,
                const char *format, ...) __attribute__((format(printf, 5, 6)));
/* A change. */
void events_add_change(struct events *events, int64_t at_ms, const char *subject,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Says what the event that was added last is about; table, row and column may be NULL. */
void events_mark_finding(struct events *events, enum event_topic topic, int64_t since_ms,
                         const char *table, const char *row, const char *column);
void events_mark_action(struct events *events);
/* verb is static: EVENT_VERB_FLAPS, ... (model/event/event_record.h). */
void events_mark_verb(struct events *events, const char *verb, size_t of);
/* "info" for a change, otherwise the name of the severity; as in JSON. */
const char *event_severity_name(const struct event *event);
/* The onset of the finding that it is about, where that is at least a second before the event; 0.
 */
int64_t event_onset(const struct event *event);
/* Whether the filter is a part of its subject or of its text, or is the name of its severity. */
bool event_matches(const struct event *event, const char *filter);
/* Whether both are about the same finding, from its beginning to its end; and a hash that is the
 * same then. Never for those that are about no finding. */
bool event_same_finding(const struct event *a, const struct event *b);
uint64_t event_hash_finding(const struct event *event);
/* age 0 is the newest; NULL beyond the end. */
const struct event *events_get(const struct events *events, size_t age);
void events_fini(struct events *events);
