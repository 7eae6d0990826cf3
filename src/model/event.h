/* The event log: changes, newest last, bounded. */
#pragma once

#include "model/severity.h"
#include <stddef.h>
#include <stdint.h>

enum { EVENTS_MAX = 512 };

struct event {
  int64_t at_ms;
  enum severity severity; /* OK for a recovery */
  char *subject;          /* "dashboard", "cache", "main ecap-consumer-group" */
  char *text;             /* "refused (was up 3d 4h)" */
};

struct events {
  struct event items[EVENTS_MAX];
  size_t first, count;
  uint64_t total; /* that were ever added */
};

void events_add(struct events *events, int64_t at_ms, enum severity severity, const char *subject,
                const char *format, ...) __attribute__((format(printf, 5, 6)));
/* age 0 is the newest; NULL beyond the end. */
const struct event *events_get(const struct events *events, size_t age);
void events_fini(struct events *events);
