#include "collectors/notify/notify_text.h"

#include "core/json/json_writer.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "core/text/text.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 2000 };

/* Appends what a server may have written. */
static void put_clean(FILE *out, const char *text) {
  char clean[LINE_MAX_BYTES];
  text_sanitize(clean, sizeof clean, text, strlen(text), false);
  fputs(clean, out);
}

static const char *mark_of(const struct notify_item *item) {
  return item->change == NOTIFY_RESOLVED   ? "OK"
         : item->severity == SEVERITY_CRIT ? "CRIT"
         : item->severity == SEVERITY_WARN ? "WARN"
                                           : "UNKNOWN";
}

static void put_place(FILE *out, const struct notify_place *place) {
  put_clean(out, place->platform);
  if (place->environment) {
    fputs(" (", out);
    put_clean(out, place->environment);
    fputs(")", out);
  }
}

char *notify_subject(const struct notify_message *message, const struct notify_place *place) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out)
    mem_failed();
  const struct notify_item *first = &message->items[0];
  const bool over = message->worst == SEVERITY_OK;
  fprintf(out, "[%s] ", over ? "RESOLVED" : mark_of(first));
  put_place(out, place);
  fputs(": ", out);
  put_clean(out, first->subject);
  fputs(": ", out);
  put_clean(out, first->sentence);
  const size_t others = message->count + message->more - 1;
  if (others > 0)
    fprintf(out, " (and %zu more)", others);
  fclose(out);
  return text;
}

static void put_time(FILE *out, const struct notify_place *place, int64_t ms) {
  char shown[FORMAT_MAX];
  fprintf(out, "%s UTC", format_time(shown, sizeof shown, ms + place->wall_offset_ms, true, true));
}

static void put_item(FILE *out, const struct notify_item *item, const struct notify_place *place) {
  char lasted[FORMAT_MAX];
  fprintf(out, "%-7s  %-8s  ", mark_of(item), notify_change_word(item->change));
  put_clean(out, item->subject);
  fputs(": ", out);
  put_clean(out, item->sentence);
  fputs("\n                    since ", out);
  put_time(out, place, item->since_ms);
  if (item->change == NOTIFY_RESOLVED)
    fprintf(
        out, ", for %s",
        format_duration(lasted, sizeof lasted, (double)(item->ended_ms - item->since_ms) / 1000));
  if (*item->by && item->change != NOTIFY_RESOLVED) {
    fputs("; acknowledged ", out);
    put_clean(out, item->by);
  }
  if (*item->runbook) {
    fputs("; runbook: ", out);
    put_clean(out, item->runbook);
  }
  if (*item->labels) {
    fputs("; ", out);
    put_clean(out, item->labels);
  }
  fputs("\n", out);
}

char *notify_body(const struct notify_message *message, const struct notify_place *place) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out)
    mem_failed();
  put_place(out, place);
  fputs(", seen from ", out);
  put_clean(out, place->host);
  fputs(", ", out);
  put_time(out, place, place->now_ms);
  fputs("\n\n", out);
  for (size_t i = 0; i < message->count; i++)
    put_item(out, &message->items[i], place);
  if (message->more > 0)
    fprintf(out, "and %zu more, in the next message\n", message->more);
  if (message->quiet > 0)
    fprintf(out, "%zu %s acknowledged or silenced, and not reported\n", message->quiet,
            message->quiet == 1 ? "finding is" : "findings are");
  fprintf(out, "\nstacktop watch, channel ");
  put_clean(out, place->channel);
  fprintf(out, ", message %zu\n", message->number);
  fclose(out);
  return text;
}

static void json_item(struct json_writer *json, const struct notify_item *item,
                      const struct notify_place *place) {
  json_open(json, NULL, '{');
  json_text(json, "state", notify_change_word(item->change));
  json_text(json, "severity",
            severity_name(item->change == NOTIFY_RESOLVED ? SEVERITY_OK : item->severity));
  json_text(json, "kind", item->kind);
  json_text(json, "target", item->target);
  json_text(json, "subject", item->subject);
  json_text(json, "sentence", item->sentence);
  json_int(json, "since_ms", item->since_ms + place->wall_offset_ms);
  if (item->change == NOTIFY_RESOLVED)
    json_int(json, "ended_ms", item->ended_ms + place->wall_offset_ms);
  json_text_if(json, "acknowledged", *item->by ? item->by : NULL);
  json_text_if(json, "runbook", *item->runbook ? item->runbook : NULL);
  json_text_if(json, "labels", *item->labels ? item->labels : NULL);
  json_text(json, "id", item->id);
  json_close(json, '}');
}

char *notify_json(const struct notify_message *message, const struct notify_place *place) {
  char *text = NULL, *subject = notify_subject(message, place), *body = notify_body(message, place);
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out)
    mem_failed();
  char *all = mem_printf("%s\n\n%s", subject, body);
  struct json_writer json = {.out = out};
  json_open(&json, NULL, '{');
  json_text(&json, "text", all);
  json_text(&json, "subject", subject);
  json_text(&json, "id", place->id);
  json_text(&json, "channel", place->channel);
  json_text(&json, "platform", place->platform);
  json_text_if(&json, "environment", place->environment);
  json_text(&json, "host", place->host);
  json_int(&json, "time_ms", place->now_ms + place->wall_offset_ms);
  json_text(&json, "worst", severity_name(message->worst));
  json_int(&json, "more", (int64_t)message->more);
  json_int(&json, "quiet", (int64_t)message->quiet);
  json_open(&json, "findings", '[');
  for (size_t i = 0; i < message->count; i++)
    json_item(&json, &message->items[i], place);
  json_close(&json, ']');
  json_close(&json, '}');
  fclose(out);
  free(subject);
  free(body);
  free(all);
  return text;
}
