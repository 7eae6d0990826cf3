/* What the report on alarms needs beside the events: each alarm of an event, and when a program
 * looked on. Private to the store's files. */
#pragma once

#include "events/event_sql.h"

/* What is the same for one finding over restarts: of its key (model/alarm/alarm_mark.h). */
int64_t event_alarm_name(const char *key);
/* The same as an SQL function, alarm_name(key); the key of a finding is made by alarm_key(kind,
 * target, tab, row, col). For every connection. */
bool event_alarm_functions(struct event_store *store, struct err *err) MUST_CHECK;

/* The event has called the operator, or would have if it was not silenced (severity OK). */
bool event_alarm_add(struct event_store *store, int64_t event, const struct event_record *record,
                     struct err *err) MUST_CHECK;
/* The open event with that name stands for so many others, if it has not stood for more. */
bool event_alarm_folds(struct event_store *store, int64_t name, int64_t folded,
                       struct err *err) MUST_CHECK;

/* A program looks on. */
bool event_watched_note(struct event_store *store, int64_t now_ms, struct err *err) MUST_CHECK;
/* What was up to that time is not known any more; at most some thousand alarms per call. */
bool event_alarm_forget(struct event_store *store, int64_t until_ms, struct err *err) MUST_CHECK;
