#include "app/plain/plain.h"

#include "core/text/format.h"
#include "core/text/text.h"
#include "report/text/text_options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SAID_MAX = 8192 };

void plain_say(const struct plain *plain, const char *format, ...) {
  char text[SAID_MAX], shown[SAID_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  text_sanitize(shown, sizeof shown, text, strlen(text), plain->options->no_unicode);
  puts(shown);
}

struct report_text_options plain_text(const struct plain *plain) {
  return (struct report_text_options){.ascii = plain->options->no_unicode, .pipes = true};
}

const char *plain_time(const struct plain *plain, char out[FORMAT_MAX], int64_t at_ms) {
  return format_time(out, FORMAT_MAX, at_ms + plain->model.wall_offset_ms, plain->options->utc,
                     false);
}

static const char *word_of_event(const struct event *event) {
  static const char *const words[] = {"ok", "UNKNOWN", "WARN", "CRIT"};
  return event->change ? "change" : words[event->severity];
}

void plain_events(struct plain *plain) {
  const struct events *events = &plain->model.events;
  uint64_t new = events->total - plain->printed;
  char time[FORMAT_MAX], since[FORMAT_MAX];
  if (new > events->count) {
    plain_say(plain, "%llu events were not printed: too many at once",
              (unsigned long long)(new - events->count));
    new = events->count;
  }
  for (size_t age = (size_t) new; age > 0; age--) {
    const struct event *event = events_get(events, age - 1);
    const int64_t onset_ms = event->topic == EVENT_BEGINS ? event_onset(event) : 0;
    plain_say(plain, "%s %s %s: %s%s%s", plain_time(plain, time, event->at_ms),
              word_of_event(event), event->subject, event->text, onset_ms ? ", since " : "",
              onset_ms ? plain_time(plain, since, onset_ms) : "");
  }
  plain->printed = events->total;
}
