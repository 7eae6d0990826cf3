#include "core/text/text.h"
#include "report/cell.h"
#include "report/events.h"
#include "report/page.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* Quoted where the comma, the quote or an outer blank would be lost. */
static void put_text(FILE *out, const char *text) {
  char clean[SAMPLE_TEXT_MAX * 3];
  const size_t length = text_sanitize(clean, sizeof clean, text, strlen(text), false);
  const bool blank = length > 0 && (clean[0] == ' ' || clean[length - 1] == ' ');
  if (!blank && !strpbrk(clean, ",\"")) {
    fputs(clean, out);
    return;
  }
  putc('"', out);
  for (const char *at = clean; *at; at++) {
    if (*at == '"')
      putc('"', out);
    putc(*at, out);
  }
  putc('"', out);
}

static void put_value(FILE *out, struct value value) {
  switch (value.type) {
  case VALUE_INT:
    fprintf(out, "%" PRId64, value.integer);
    break;
  case VALUE_REAL:
    fprintf(out, "%.17g", value.real);
    break;
  case VALUE_TEXT:
    put_text(out, value.text);
    break;
  case VALUE_NONE:
    break;
  }
}

bool report_csv(FILE *out, const struct table *table) {
  const struct table_spec *spec = table->spec;
  fputs("key", out);
  for (size_t i = 0; i < spec->column_count; i++)
    fprintf(out, ",%s", spec->columns[i].id);
  fputs("\r\n", out);
  for (size_t r = 0; r < table->row_count; r++) {
    put_text(out, table->rows[r].key);
    for (size_t i = 0; i < spec->column_count; i++) {
      putc(',', out);
      put_value(out, cell_value(&table->rows[r], i));
    }
    fputs("\r\n", out);
  }
  return fflush(out) == 0 && !ferror(out);
}

/* "2026-11-27T22:14:54.123Z" */
static void put_time(FILE *out, int64_t ms) {
  const time_t seconds = (time_t)(ms / 1000);
  char text[32] = "";
  struct tm parts;
  if (gmtime_r(&seconds, &parts) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts))
    fprintf(out, "%s.%03dZ", text, (int)(ms % 1000));
}

bool report_events_csv(FILE *out, const struct model *model, const char *filter, size_t *count) {
  const struct event *event;
  *count = 0;
  fputs("time,severity,subject,text\r\n", out);
  for (size_t age = 0; (event = events_get(&model->events, age)); age++) {
    if (*filter && !event_matches(event, filter))
      continue;
    put_time(out, event->at_ms + model->wall_offset_ms);
    fprintf(out, ",%s,", event_severity_name(event));
    put_text(out, event->subject);
    putc(',', out);
    put_text(out, event->text);
    fputs("\r\n", out);
    ++*count;
  }
  return fflush(out) == 0 && !ferror(out);
}

void report_event_csv_head(FILE *out) {
  fputs("time,end,lasted_s,event,state,severity,kind,target,subject,text,operator,result\r\n", out);
}

static void put_cell(FILE *out, const char *text) {
  putc(',', out);
  put_text(out, text ? text : "");
}

void report_event_csv(FILE *out, const struct event_record *record) {
  const bool ended = record->state == EVENT_STATE_ENDED || record->state == EVENT_STATE_UNSEEN;
  put_time(out, record->at_ms);
  putc(',', out);
  if (ended)
    put_time(out, record->end_ms);
  putc(',', out);
  if (ended)
    fprintf(out, "%.3f", (double)record->lasted_ms / 1000);
  fprintf(out, ",%s,%s,%s", event_kind_name(record->kind), event_state_name(record->state),
          severity_name(record->severity));
  put_cell(out, record->target_kind);
  put_cell(out, record->target);
  put_cell(out, record->subject);
  put_cell(out, record->text);
  put_cell(out, record->who);
  put_cell(out, record->result);
  fputs("\r\n", out);
}
