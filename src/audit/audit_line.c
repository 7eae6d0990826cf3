#include "audit/audit.h"
#include "audit/audit_format.h"
#include "core/json/json_writer.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Bytes that a byte of text can take at most ("\u0001"), and bytes around a text. */
enum { ESCAPED_MAX = 6, AROUND = 32, AMOUNT_ROOM = 96 };

struct line {
  struct json_writer json;
  char *bytes;
  size_t len;
};

static void write_text(struct json_writer *json, const char *key, const char *text) {
  if (text)
    json_text_cut(json, key, text, AUDIT_TEXT_MAX);
}

/* A required member: readers rely on it. */
static void write_must(struct json_writer *json, const char *key, const char *text) {
  write_text(json, key, text ? text : "");
}

static void write_at(struct json_writer *json, int64_t at_ms) {
  time_t seconds = (time_t)(at_ms / 1000);
  struct tm tm;
  char text[64], whole[80];
  json_int(json, "at_ms", at_ms);
  if (at_ms < 0 || !gmtime_r(&seconds, &tm) || tm.tm_year > 9999 - 1900)
    return;
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
  snprintf(whole, sizeof whole, "%s.%03dZ", text, (int)(at_ms % 1000));
  json_text(json, "at", whole);
}

static void write_who(struct json_writer *json, const struct audit_who *who) {
  json_open(json, "who", '{');
  write_must(json, "user", who->user);
  write_text(json, "login", who->login);
  write_text(json, "ssh", who->ssh);
  write_text(json, "tty", who->tty);
  write_must(json, "host", who->host);
  json_int(json, "uid", who->uid);
  json_int(json, "pid", who->pid);
  json_int(json, "pid_start", who->pid_start);
  json_close(json, '}');
}

static void write_duration(struct json_writer *json, const char *key, int64_t ms) {
  if (ms >= 0)
    json_int(json, key, ms);
}

static const char *const event_names[] = {
    [AUDIT_INTENT] = "intent",
    [AUDIT_OUTCOME] = "outcome",
    [AUDIT_ACKNOWLEDGED] = "acknowledged",
    [AUDIT_UNLOCKED] = "unlocked",
    [AUDIT_LOCKED] = "locked",
};

const char *audit_event_name(enum audit_event event) {
  return event_names[event];
}

static void write_outcome(struct json_writer *json, const struct audit_record *record) {
  write_must(json, "result", record->result);
  write_text(json, "proof", record->proof);
  write_text(json, "error", record->error);
  /* A truncated command line would be a different command. */
  if (record->undo && strlen(record->undo) <= AUDIT_UNDO_MAX)
    json_text(json, "undo", record->undo);
  write_duration(json, "plan_ms", record->plan_ms);
  write_duration(json, "wait_ms", record->wait_ms);
  write_duration(json, "execute_ms", record->execute_ms);
  write_duration(json, "verify_ms", record->verify_ms);
}

const char *audit_object_text(char out[OBJECT_TEXT_MAX], const struct audit_object *object) {
  const struct object_outcome outcome = {
      .result = object_result_parse(object->result ? object->result : ""),
      .amount = object->amount,
      .words = object->words,
  };
  return object_outcome_text(out, &outcome);
}

static size_t text_room(const char *text) {
  size_t len = text ? strnlen(text, AUDIT_TEXT_MAX) : 0;
  return len * ESCAPED_MAX + AROUND;
}

static bool has_room(const struct line *line, size_t room, size_t end) {
  return (size_t)ftello(line->json.out) + room <= end;
}

static void write_left_out(struct json_writer *json, const char *key, int64_t count) {
  if (count > 0)
    json_int(json, key, count);
}

static void write_params(struct line *line, const struct audit_record *record, size_t end) {
  struct json_writer *json = &line->json;
  size_t i = 0;
  if (record->param_count == 0)
    return;
  json_open(json, "params", '{');
  for (; i < record->param_count; i++) {
    const struct plan_param *param = &record->params[i];
    if (!has_room(line, text_room(param->name) + text_room(param->value), end))
      break;
    write_text(json, param->name, param->value);
  }
  json_close(json, '}');
  write_left_out(json, "params_left_out",
                 (int64_t)(record->param_count - i) + record->params_left_out);
}

static void write_plan(struct line *line, const struct audit_record *record, size_t end) {
  struct json_writer *json = &line->json;
  size_t i = 0;
  if (record->plan_count == 0)
    return;
  json_open(json, "plan", '[');
  for (; i < record->plan_count && has_room(line, text_room(record->plan[i]), end); i++)
    write_must(json, NULL, record->plan[i]);
  json_close(json, ']');
  write_left_out(json, "plan_left_out", (int64_t)(record->plan_count - i) + record->plan_left_out);
}

static void write_amount(struct json_writer *json, const struct amount *amount) {
  if (!amount->unit)
    return;
  json_int(json, "done", amount->done);
  if (amount->total > 0)
    json_int(json, "total", amount->total);
  if (amount->at_least)
    json_bool(json, "at_least", true);
  write_text(json, "unit", amount->unit);
}

static void write_objects(struct line *line, const struct audit_record *record, size_t end) {
  struct json_writer *json = &line->json;
  size_t i = 0;
  json_open(json, "victims", '[');
  for (; i < record->object_count; i++) {
    const struct audit_object *object = &record->objects[i];
    if (!has_room(line,
                  text_room(object->key) + text_room(object->label) + text_room(object->result) +
                      text_room(object->words) + text_room(object->amount.unit) + AMOUNT_ROOM,
                  end))
      break;
    json_open(json, NULL, '{');
    write_must(json, "key", object->key);
    write_must(json, "label", object->label);
    write_text(json, "result", object->result);
    write_amount(json, &object->amount);
    write_text(json, "words", object->words);
    json_close(json, '}');
  }
  json_close(json, ']');
  write_left_out(json, "victims_left_out",
                 (int64_t)(record->object_count - i) + record->objects_left_out);
}

static void write_output(struct json_writer *json, const struct output *output) {
  json_open(json, NULL, '{');
  json_text(json, "stream", output_stream_name(output->stream));
  json_text(json, "text", output->text);
  write_left_out(json, "left_out", output->left_out);
  if (output->left_out > 0)
    json_text(json, "tail", output->tail);
  json_close(json, '}');
}

static void write_outputs(struct line *line, const struct audit_record *record, size_t end) {
  struct json_writer *json = &line->json;
  size_t i = 0;
  if (record->output_count == 0)
    return;
  json_open(json, "output", '[');
  for (; i < record->output_count; i++) {
    const struct output *output = &record->outputs[i];
    if (!has_room(line, (output->len + output->tail_len) * ESCAPED_MAX + AMOUNT_ROOM, end))
      break;
    write_output(json, output);
  }
  json_close(json, ']');
  write_left_out(json, "output_left_out",
                 (int64_t)(record->output_count - i) + record->outputs_left_out);
}

/* In an order for readers: what, when, who, where. */
static void write_head(struct json_writer *json, const struct audit_record *record) {
  json_int(json, "version", AUDIT_VERSION);
  json_text(json, "event", audit_event_name(record->event));
  write_must(json, "id", record->id);
  write_at(json, record->at_ms);
  write_must(json, "action", record->action);
  write_must(json, "kind", record->kind);
  write_must(json, "target", record->target);
  write_must(json, "title", record->title);
  if (record->event == AUDIT_OUTCOME)
    write_outcome(json, record);
  write_text(json, "reason", record->reason);
  write_text(json, "of_host", record->of_host);
  write_who(json, &record->who);
  write_text(json, "platform", record->platform);
  write_text(json, "environment", record->environment);
  write_text(json, "address", record->address);
  write_text(json, "danger", record->danger);
  write_text(json, "hash", record->hash);
  write_text(json, "confirm", record->confirm);
  if (record->unit) {
    json_int(json, "count", record->count);
    write_text(json, "unit", record->unit);
  }
}

char *audit_line(const struct audit_record *record) {
  struct line line = {0};
  line.json.out = open_memstream(&line.bytes, &line.len);
  if (!line.json.out)
    mem_failed();
  json_open(&line.json, NULL, '{');
  write_head(&line.json, record);
  write_params(&line, record, AUDIT_LINE_MAX / 2);
  write_plan(&line, record, AUDIT_LINE_MAX * 3 / 4);
  write_outputs(&line, record, AUDIT_LINE_MAX * 7 / 8);
  write_objects(&line, record, AUDIT_LINE_MAX - AUDIT_LINE_RESERVE);
  json_close(&line.json, '}');
  if (fclose(line.json.out) != 0)
    mem_failed();
  return line.bytes;
}
