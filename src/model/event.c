#include "model/event.h"

#include "core/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void event_fini(struct event *event) {
  free(event->subject);
  free(event->text);
}

void events_add(struct events *events, int64_t at_ms, enum severity severity, const char *subject,
                const char *format, ...) {
  char text[512]; /* an event is one line */
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);

  struct event *event = &events->items[(events->first + events->count) % EVENTS_MAX];
  if (events->count == EVENTS_MAX) {
    event_fini(event);
    events->first = (events->first + 1) % EVENTS_MAX;
  } else {
    events->count++;
  }
  events->total++;
  *event = (struct event){at_ms, severity, mem_dup(subject), mem_dup(text)};
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
