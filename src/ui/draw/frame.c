#include "ui/draw/frame.h"

#include <math.h>

/* Of a wall time. */
static const char *time_text(const struct frame *frame, char buffer[FORMAT_MAX], int64_t ms) {
  const int64_t day = 86400000, now_ms = frame->now_ms + frame->model->wall_offset_ms;
  const bool recent = ms <= now_ms + day / 2 && ms > now_ms - day / 2; /* ms may be any */
  return format_time(buffer, FORMAT_MAX, ms, frame->utc, !recent);
}

/* A real beyond all integers is a time beyond all that is shown. */
static int64_t time_of(struct value value, double number) {
  if (value.type == VALUE_INT)
    return value.integer;
  return fabs(number) < 9e18 ? (int64_t)number : INT64_MAX;
}

const char *frame_value(const struct frame *frame, char buffer[FORMAT_MAX], struct value value,
                        const struct column_spec *column) {
  double number;
  if (value.type == VALUE_TEXT)
    return value.text;
  if (column->unit == UNIT_TIME && value_number(value, &number))
    return time_text(frame, buffer, time_of(value, number));
  return format_value(buffer, FORMAT_MAX, value, column->unit, (column->flags & COLUMN_PLUS) != 0);
}

const char *frame_time(const struct frame *frame, char buffer[FORMAT_MAX], int64_t ms) {
  return time_text(frame, buffer, ms + frame->model->wall_offset_ms);
}
