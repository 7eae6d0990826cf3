/* The context of one call of the view: the model as it is now, and nothing that outlives the call.
 */
#pragma once

#include "core/text/format.h"
#include "model/model.h"
#include "ui/draw/canvas.h"

struct hits;

struct frame {
  const struct model *model;
  int64_t now_ms;
  bool utc;
  struct canvas *canvas; /* NULL while a key is handled */
  struct arena *arena;   /* texts of this frame */
  int64_t clock_ms;      /* like now_ms, but it continues while the view is paused */
  struct hits *hits;     /* for clicks (hits.h); NULL: there are none */
};

enum { FRAME_BYTES_MAX = 1 << 20 };

/* The text of a value as people read it: the value's own text, or written into `buffer`. Unlike
 * format_value it uses the view's time zone, and does not clip texts. */
const char *frame_value(const struct frame *frame, char buffer[FORMAT_MAX], struct value value,
                        const struct column_spec *column);
/* A time of the model as wall time: "14:03:12" for today, otherwise with the date. */
const char *frame_time(const struct frame *frame, char buffer[FORMAT_MAX], int64_t ms);
/* Whether the cell is empty and nothing is missing: it does not apply. */
static inline bool value_is_absent(struct value value) {
  return value.type == VALUE_NONE && !value.text;
}
