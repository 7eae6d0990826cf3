#include "app/modes/records/events_mode.h"

#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "core/since.h"
#include "events/event_store.h"
#include "io/clock.h"
#include "operate/state.h"
#include "report/events.h"
#include "report/text/text_out.h"

#include <stdlib.h>
#include <string.h>

struct listing {
  const struct options *options;
  struct report_text_options text;
  struct text_out out;
  int64_t now_ms;
  size_t count;
};

static bool on_event(void *arg, const struct event_record *record) {
  struct listing *listing = arg;
  listing->count++;
  if (listing->options->json)
    report_event_json(stdout, record);
  else if (listing->options->csv)
    report_event_csv(stdout, record);
  else
    report_event_text(&listing->out, record, listing->options->utc, listing->now_ms);
  return !ferror(stdout);
}

/* The newest N, oldest first: the place before the first of them. */
struct newest {
  struct event_place_at place;
  size_t count;
};

static bool on_newest(void *arg, const struct event_record *record) {
  struct newest *newest = arg;
  newest->place = (struct event_place_at){record->at_ms, record->id - 1};
  newest->count++;
  return true;
}

static bool time_take(const char *name, const char *text, const struct options *options,
                      int64_t *ms) {
  struct err err;
  if (!text || since_parse(text, clock_wall_ms(), options->utc, ms, &err))
    return true;
  error_print("%s: %s", name, err.text);
  return false;
}

static bool text_take(const char *name, const char *text, char out[EVENT_FILTER_TEXT_MAX]) {
  if (text && strlen(text) >= EVENT_FILTER_TEXT_MAX) {
    error_print("%s: longer than %d bytes", name, EVENT_FILTER_TEXT_MAX - 1);
    return false;
  }
  if (text)
    memcpy(out, text, strlen(text) + 1);
  return true;
}

static bool filter_make(struct event_filter *filter, const struct options *options) {
  struct err err;
  *filter = (struct event_filter){0};
  if (options->kinds && !event_kinds_parse(options->kinds, &filter->kinds, &err)) {
    error_print("--kind: %s", err.text);
    return false;
  }
  return time_take("--since", options->since, options, &filter->since_ms) &&
         time_take("--until", options->until, options, &filter->until_ms) &&
         text_take("TARGET", options->word_count > 0 ? options->words[0] : NULL, filter->target) &&
         text_take("--operator", options->user, filter->who);
}

static bool list(struct event_store *store, const struct event_filter *filter,
                 struct listing *listing, struct err *err) {
  struct newest newest = {{INT64_MIN, 0}, 0};
  const size_t limit = (size_t)listing->options->limit;
  const struct event_range last = {EVENT_WAY_NEWEST, newest.place, limit};
  if (limit && !event_store_read(store, filter, &last, listing->now_ms, on_newest, &newest, err))
    return false;
  const struct event_range range = {EVENT_WAY_NEWER, newest.place, 0};
  return event_store_read(store, filter, &range, listing->now_ms, on_event, listing, err);
}

static int put(const struct config *config, const struct event_filter *filter,
               const struct options *options) {
  struct err err = {0};
  char *state = state_choose(config, &err);
  char *audit = state ? state_audit_path(state) : NULL;
  struct event_store *store = state ? event_store_open_fresh(state, audit, &err) : NULL;
  struct listing listing = {
      .options = options, .text = print_options(options), .now_ms = clock_wall_ms()};
  text_out_init(&listing.out, stdout, &listing.text);
  if (options->csv)
    report_event_csv_head(stdout);
  bool read = err.kind == ERR_NONE && (!store || list(store, filter, &listing, &err));
  if (read && listing.count == 0 && !options->json && !options->csv)
    puts(store ? "No matching events." : "No events are recorded yet.");
  text_out_end(&listing.out);
  const bool written = print_end(!ferror(stdout));
  if (!read)
    error_print("%s", err.text);
  event_store_close(store);
  free(audit);
  free(state);
  return read && written ? EXIT_SUCCESS : EXIT_FAILURE;
}

int events_run(const struct config *config, const struct options *options) {
  struct event_filter filter;
  if (!filter_make(&filter, options))
    return EXIT_USAGE_BAD;
  if (!config->events) {
    error_print("the history of events is switched off (events: false in the configuration)");
    return EXIT_FAILURE;
  }
  return put(config, &filter, options);
}
