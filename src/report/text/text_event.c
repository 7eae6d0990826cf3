#include "core/text/format.h"
#include "report/events.h"
#include "report/text/text_out.h"

#include <string.h>

enum { DATE_CELLS = 10, LASTED_CELLS = 8, MARK_CELLS = 9, GAP = 2, NARROW = 72 };

static const char *mark_of(const struct event_record *record) {
  static const char *const marks[] = {"OK", "UNKNOWN", "WARN", "CRIT"};
  return record->kind == EVENT_KIND_CHANGE     ? "CHANGE"
         : record->kind == EVENT_KIND_ACTION   ? "ACTION"
         : record->kind == EVENT_KIND_INCIDENT ? "INCIDENT"
         : record->severity == SEVERITY_OK     ? "INFO"
                                               : marks[record->severity];
}

void report_event_text(struct text_out *out, const struct event_record *record, bool utc,
                       int64_t now_ms) {
  char date[FORMAT_MAX], span[EVENT_SPAN_MAX], lasted[EVENT_LENGTH_MAX], about[EVENT_ABOUT_MAX],
      words[EVENT_WORDS_MAX];
  const int at = DATE_CELLS + 1, after = at + EVENT_SPAN_CELLS + GAP;
  format_time(date, sizeof date, record->at_ms, utc, true);
  date[DATE_CELLS] = '\0';
  text_out_begin(out, 0);
  text_out_piece(out, date, 0);
  text_out_piece(out, event_span_text(span, record, utc), 1);
  text_out_pad(out, after);
  text_out_piece(out, event_lasted_text(lasted, record, now_ms), 0);
  text_out_pad(out, after + LASTED_CELLS);
  text_out_status(out, mark_of(record),
                  record->kind == EVENT_KIND_CHANGE ? SEVERITY_OK : record->severity);
  text_out_pad(out, after + LASTED_CELLS + MARK_CELLS);
  out->indent = out->width > NARROW + after ? after + LASTED_CELLS + MARK_CELLS : 4;
  event_about_text(about, record);
  strncat(about, ":", sizeof about - strlen(about) - 1);
  text_out_words(out, about, 0);
  text_out_words(out, event_words_text(words, record), 1);
  text_out_end(out);
}
