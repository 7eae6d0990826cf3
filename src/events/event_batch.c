#include "events/event_batch.h"

#include "core/mem.h"
#include "core/text/text.h"

#include <stdlib.h>
#include <string.h>

/* One line of printable text, without secrets. */
static char *clean(const char *text, const struct mask *mask) {
  if (!text)
    return NULL;
  size_t len = strlen(text);
  char *known = mask_known(text, &len, mask, false, false);
  char *likely = mask_likely(known, &len);
  const size_t size = 3 * len + 1 < EVENT_TEXT_MAX ? 3 * len + 1 : EVENT_TEXT_MAX;
  char *line = mem_new(size);
  text_sanitize(line, size, likely, len, false);
  free(known);
  free(likely);
  return line;
}

/* Identifies a row: never shown, kept as it is. */
static char *dup_or_null(const char *text) {
  return text ? mem_dup(text) : NULL;
}

void event_batch_add(struct event_batch *batch, enum event_op op, const struct event_record *record,
                     const struct mask *mask) {
  if (batch->count == batch->capacity) {
    batch->capacity = batch->capacity ? 2 * batch->capacity : 16;
    batch->items = mem_resize(batch->items, batch->capacity * sizeof *batch->items);
  }
  struct event_item *item = &batch->items[batch->count++];
  *item = (struct event_item){.op = op, .record = *record};
  struct event_record *own = &item->record;
  own->target_kind = dup_or_null(record->target_kind);
  own->target = clean(record->target, NULL);
  own->table = dup_or_null(record->table);
  own->row = dup_or_null(record->row);
  own->column = dup_or_null(record->column);
  own->subject = clean(record->subject ? record->subject : "", mask);
  own->text = clean(record->text ? record->text : "", mask);
  own->who = clean(record->who, NULL);
  own->result = dup_or_null(record->result);
  own->verb = dup_or_null(record->verb);
}

static enum event_op op_of(const struct event *event) {
  return event->topic == EVENT_BEGINS ? EVENT_OP_BEGINS
         : event->topic == EVENT_ENDS ? EVENT_OP_ENDS
                                      : EVENT_OP_MOMENT;
}

void event_batch_add_event(struct event_batch *batch, const struct event *event,
                           const struct mask *mask, int64_t offset_ms) {
  if (event->topic == EVENT_ACTION)
    return;
  const enum event_op op = op_of(event);
  const bool of_finding = op != EVENT_OP_MOMENT;
  const int64_t at_ms = event->at_ms + offset_ms;
  const struct event_record record = {.kind = of_finding      ? EVENT_KIND_FINDING
                                              : event->change ? EVENT_KIND_CHANGE
                                                              : EVENT_KIND_STACKTOP,
                                      .state = op == EVENT_OP_BEGINS ? EVENT_STATE_OPEN
                                               : op == EVENT_OP_ENDS ? EVENT_STATE_ENDED
                                                                     : EVENT_STATE_MOMENT,
                                      .at_ms = of_finding ? event->since_ms + offset_ms : at_ms,
                                      .end_ms = at_ms,
                                      .lasted_ms = of_finding ? event->at_ms - event->since_ms : 0,
                                      .severity = event->severity,
                                      .target_kind = event->kind,
                                      .target = event->target,
                                      .table = event->place.table,
                                      .row = event->place.row,
                                      .column = event->place.column,
                                      .subject = event->subject,
                                      .text = event->text,
                                      .verb = event->verb,
                                      .folded = (int64_t)event->of,
                                      .result =
                                          op == EVENT_OP_ENDS && event->change ? "silenced" : NULL};
  event_batch_add(batch, op, &record, mask);
}

void event_batch_fini(struct event_batch *batch) {
  for (size_t i = 0; i < batch->count; i++)
    event_record_fini(&batch->items[i].record);
  free(batch->items);
  *batch = (struct event_batch){0};
}
