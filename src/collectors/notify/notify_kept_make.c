/* Apart from the reading: the names of json_writer.h and of jansson meet. */
#include "collectors/notify/notify_kept.h"
#include "core/json/json_writer.h"
#include "core/mem.h"

#include <stdio.h>

enum {
  HOUR_MS = 3600000,
  TEXT_MAX = 512,      /* of a text that is only read by people */
  BYTES_MAX = 3 << 20, /* of all; findings beyond are new again after a restart */
};

static void put_item(struct json_writer *json, const struct notify_item *item,
                     int64_t wall_offset_ms) {
  json_open(json, NULL, '{');
  json_text(json, "id", item->id);
  json_text(json, "kind", item->kind);
  json_text(json, "target", item->target);
  json_text(json, "table", item->table);
  json_text(json, "row", item->row);
  json_text_cut(json, "subject", item->subject, TEXT_MAX);
  json_text_cut(json, "sentence", item->sentence, TEXT_MAX);
  json_text_cut(json, "runbook", item->runbook, TEXT_MAX);
  json_text_cut(json, "labels", item->labels, TEXT_MAX);
  json_text_cut(json, "by", item->by, TEXT_MAX);
  json_int(json, "told", item->told);
  json_int(json, "told_ms", item->told_ms + wall_offset_ms);
  json_int(json, "since_ms", item->since_ms + wall_offset_ms);
  json_close(json, '}');
}

static void put_sent(struct json_writer *json, const struct notify_memory *memory, int64_t now_ms,
                     int64_t wall_offset_ms) {
  const size_t count = memory->sent < NOTIFY_HOUR_MAX ? memory->sent : NOTIFY_HOUR_MAX;
  for (size_t i = memory->sent - count; i < memory->sent; i++) {
    const int64_t at_ms = memory->sent_ms[i % NOTIFY_HOUR_MAX];
    if (now_ms - at_ms < HOUR_MS)
      json_int(json, NULL, at_ms + wall_offset_ms);
  }
}

char *notify_kept_make(const struct notify_memory *memory, int64_t now_ms, int64_t wall_offset_ms) {
  char *text = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&text, &length);
  if (!out)
    return mem_dup("");
  struct json_writer json = {.out = out};
  json_open(&json, NULL, '{');
  json_open(&json, "sent_ms", '[');
  put_sent(&json, memory, now_ms, wall_offset_ms);
  json_close(&json, ']');
  json_open(&json, "findings", '[');
  for (size_t i = 0; i < memory->count && ftell(out) < BYTES_MAX; i++)
    if (memory->items[i].told != SEVERITY_OK)
      put_item(&json, &memory->items[i], wall_offset_ms);
  json_close(&json, ']');
  json_close(&json, '}');
  fclose(out);
  return text;
}
