/* An event as the history on disk has it: a finding from its beginning to its end is one event, and
 * so are an action and an incident. All times are wall time, milliseconds since 1970. */
#pragma once

#include "core/err.h"
#include "model/judge/severity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
  EVENT_KIND_FINDING,
  EVENT_KIND_CHANGE, /* of what a server is or how it is configured */
  EVENT_KIND_ACTION, /* of an operator, from the audit log */
  EVENT_KIND_INCIDENT,
  EVENT_KIND_STACKTOP, /* about stacktop itself */
  EVENT_KIND_COUNT
};
/* "finding", "change", "action", "incident", "stacktop". */
const char *event_kind_name(enum event_kind kind);
/* The kind of that name; EVENT_KIND_COUNT: none has it. */
enum event_kind event_kind_parse(const char *name);

enum event_state {
  EVENT_STATE_MOMENT, /* it has no length */
  EVENT_STATE_OPEN,   /* it has not ended, as far as is known */
  EVENT_STATE_ENDED,
  EVENT_STATE_UNSEEN, /* it ended while no program looked: end_ms is when it was last seen */
};
/* "moment", "open", "ended", "unseen". */
const char *event_state_name(enum event_state state);

/* All texts are borrowed; those that may be NULL say so. */
struct event_record {
  int64_t id; /* in the order of recording */
  enum event_kind kind;
  enum event_state state;
  int64_t at_ms;
  int64_t end_ms;         /* ENDED, UNSEEN */
  int64_t lasted_ms;      /* ENDED, UNSEEN: by the steady clock where a program saw all of it */
  int64_t seen_ms;        /* OPEN, of a finding: when a program last saw it; 0: one sees it now */
  enum severity severity; /* the worst that it had */
  const char *target_kind, *target; /* may be NULL */
  const char *table, *row, *column; /* of a finding; may be NULL */
  const char *subject, *text;
  const char *who;    /* "ann@bastion1", of an action or what a person typed; NULL */
  const char *result; /* of an action: "done", "refused"; of a finding: "silenced"; NULL */
  /* For the report on alarms; not filled in by event_store_read: */
  const char *verb; /* of an action: its id; of a change: one of those below; NULL */
  int64_t folded;   /* findings of a flood, or those under the finding */
};

/* A finding comes and goes; many findings of one kind. */
#define EVENT_VERB_FLAPS "flapping"
#define EVENT_VERB_FLOOD "flood"

/* With copies of its texts, for event_record_fini. */
struct event_record event_record_dup(const struct event_record *record);

/* Frees the texts of a record that owns copies of them. */
void event_record_fini(struct event_record *record);

enum { EVENT_FILTER_TEXT_MAX = 120 };

/* What is wanted; "" and 0: all. */
struct event_filter {
  char target[EVENT_FILTER_TEXT_MAX]; /* "ecap" or "postgres:ecap": the whole name */
  char who[EVENT_FILTER_TEXT_MAX];    /* of the operator: part of the name */
  char text[EVENT_FILTER_TEXT_MAX];   /* part of subject, text, target or operator */
  unsigned kinds;                     /* bits 1 << event_kind; 0: all */
  enum severity severity;             /* at least; OK: all */
  int64_t since_ms, until_ms;         /* that were there in this time */
};

bool event_filter_is_empty(const struct event_filter *filter);
/* The filter in words: "target ecap, findings, by ann, \"lag\"". Times are not in it. Returns out.
 */
enum { EVENT_FILTER_WORDS_MAX = 480 };
const char *event_filter_words(const struct event_filter *filter, char out[EVENT_FILTER_WORDS_MAX]);
/* Changes the filter by "target:ecap kind:finding,action by:ann severity:warn since:2h lag": words
 * without a name are the text, which is replaced; "target:" takes the target away. parse_time reads
 * the texts of since and until; NULL: these are refused. */
bool event_filter_parse(struct event_filter *filter, const char *line,
                        bool (*parse_time)(void *arg, const char *text, int64_t *ms,
                                           struct err *err),
                        void *arg, struct err *err) MUST_CHECK;
/* "finding,action" to bits. */
bool event_kinds_parse(const char *text, unsigned *kinds, struct err *err) MUST_CHECK;

/* "7m29s", "3h02m", "2d 4h", "0.4s": at most 7 cells. Returns out. */
enum { EVENT_LENGTH_MAX = 24 };
const char *event_length_text(char out[EVENT_LENGTH_MAX], int64_t ms);

/* "14:02:11-14:09:40", "23:50:01-29 00:10" (the day of the month, if it is another one),
 * "14:02:11-now", "14:02:11-?" (no program looks), "14:02:11"; without its date. At most 17 cells.
 * Returns out. */
enum { EVENT_SPAN_CELLS = 17, EVENT_SPAN_MAX = 64 };
const char *event_span_text(char out[EVENT_SPAN_MAX], const struct event_record *record, bool utc);
/* How long it lasted, or has lasted so far: "7m29s", "7m29s+" (at least); "" for a moment. Returns
 * out. */
const char *event_lasted_text(char out[EVENT_LENGTH_MAX], const struct event_record *record,
                              int64_t now_ms);
/* "postgres ecap"; the kind is left out where the subject has it, the target where it is there.
 * Returns out. */
enum { EVENT_ABOUT_MAX = 512 };
const char *event_about_text(char out[EVENT_ABOUT_MAX], const struct event_record *record);
/* The sentence, with what became of it: "by ann@bastion1, done: Restart api: healthy". Returns
 * out. */
enum { EVENT_WORDS_MAX = 4096 };
const char *event_words_text(char out[EVENT_WORDS_MAX], const struct event_record *record);
