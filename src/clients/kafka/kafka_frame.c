#include "clients/kafka/kafka_frame.h"

#include <stdio.h>
#include <string.h>

struct wire_out kafka_frame_begin(enum kafka_frame_type type, uint64_t call) {
  struct kafka_frame_head head = {KAFKA_FRAME_MAGIC, type, call, 0};
  struct wire_out frame = {.most = KAFKA_FRAME_MAX};
  wire_put_bytes(&frame, &head, sizeof head);
  return frame;
}

bool kafka_frame_end(struct wire_out *frame) {
  uint64_t len = frame->len - sizeof(struct kafka_frame_head);
  memcpy(frame->bytes + offsetof(struct kafka_frame_head, len), &len, sizeof len);
  return !frame->full;
}

bool kafka_frame_sound(const struct kafka_frame_head *head) {
  return head->magic == KAFKA_FRAME_MAGIC && head->type >= KAFKA_FRAME_CONFIG &&
         head->type <= KAFKA_FRAME_ANSWER && head->len <= KAFKA_FRAME_MAX;
}

void kafka_frame_put_err(struct wire_out *out, bool good, const struct err *err) {
  wire_put_int(out, good);
  wire_put_int(out, good ? ERR_NONE : err->kind);
  wire_put_text(out, good ? "" : err->text);
}

bool kafka_frame_get_err(struct wire_in *in, bool *good, struct err *err) {
  *good = wire_get_int(in) == 1;
  int64_t kind = wire_get_int(in);
  const char *text = wire_get_text(in);
  if (!text || kind < ERR_NONE || kind > ERR_IO || *good != (kind == ERR_NONE))
    return false;
  err->kind = (enum err_kind)kind;
  snprintf(err->text, sizeof err->text, "%s", text);
  return true;
}
