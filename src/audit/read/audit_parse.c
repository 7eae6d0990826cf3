#include "audit/read/audit_parse.h"
#include "audit/audit_format.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* Remembers the first error, so that a record is read without checks in between. */
struct reading {
  bool wrong;
};

static const char *read_text(struct reading *reading, const json_t *object, const char *key) {
  const json_t *member = json_object_get(object, key);
  if (!member || json_is_null(member))
    return NULL;
  if (!json_is_string(member))
    reading->wrong = true;
  return json_string_value(member);
}

static const char *read_must(struct reading *reading, const json_t *object, const char *key) {
  const char *text = read_text(reading, object, key);
  if (!text)
    reading->wrong = true;
  return text;
}

static int64_t read_int(struct reading *reading, const json_t *object, const char *key,
                        int64_t fallback) {
  const json_t *member = json_object_get(object, key);
  if (!member || json_is_null(member))
    return fallback;
  if (!json_is_integer(member))
    reading->wrong = true;
  return json_integer_value(member);
}

/* A time or a count: never negative. */
static int64_t read_count(struct reading *reading, const json_t *object, const char *key,
                          int64_t fallback) {
  int64_t number = read_int(reading, object, key, fallback);
  if (number < fallback)
    reading->wrong = true;
  return number;
}

static json_t *read_node(struct reading *reading, const json_t *object, const char *key,
                         json_type type) {
  json_t *member = json_object_get(object, key);
  if (!member || json_is_null(member))
    return NULL;
  if (json_typeof(member) != type) {
    reading->wrong = true;
    return NULL;
  }
  return member;
}

static void read_who(struct reading *reading, const json_t *top, struct audit_who *who) {
  const json_t *node = read_node(reading, top, "who", JSON_OBJECT);
  who->user = read_must(reading, node, "user");
  who->login = read_text(reading, node, "login");
  who->ssh = read_text(reading, node, "ssh");
  who->tty = read_text(reading, node, "tty");
  who->host = read_must(reading, node, "host");
  who->uid = read_int(reading, node, "uid", -1);
  who->pid = read_int(reading, node, "pid", 0);
  who->pid_start = read_int(reading, node, "pid_start", 0);
}

static void read_outcome(struct reading *reading, const json_t *top, struct audit_record *record) {
  record->result = read_must(reading, top, "result");
  record->proof = read_text(reading, top, "proof");
  record->error = read_text(reading, top, "error");
  record->undo = read_text(reading, top, "undo");
  record->plan_ms = read_count(reading, top, "plan_ms", -1);
  record->wait_ms = read_count(reading, top, "wait_ms", -1);
  record->execute_ms = read_count(reading, top, "execute_ms", -1);
  record->verify_ms = read_count(reading, top, "verify_ms", -1);
}

static void read_params(struct reading *reading, const json_t *top, struct audit_parsed *parsed) {
  json_t *object = read_node(reading, top, "params", JSON_OBJECT);
  size_t count = 0;
  if (!object)
    return;
  parsed->params = mem_new((json_object_size(object) + 1) * sizeof *parsed->params);
  for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
    const char *value = json_string_value(json_object_iter_value(at));
    if (!value)
      reading->wrong = true;
    parsed->params[count++] = (struct plan_param){json_object_iter_key(at), value};
  }
  parsed->record.params = parsed->params;
  parsed->record.param_count = count;
}

static void read_plan(struct reading *reading, const json_t *top, struct audit_parsed *parsed) {
  const json_t *node = read_node(reading, top, "plan", JSON_ARRAY);
  size_t count = json_array_size(node);
  if (!node)
    return;
  parsed->plan = mem_new((count + 1) * sizeof *parsed->plan);
  for (size_t i = 0; i < count; i++) {
    parsed->plan[i] = json_string_value(json_array_get(node, i));
    if (!parsed->plan[i])
      reading->wrong = true;
  }
  parsed->record.plan = parsed->plan;
  parsed->record.plan_count = count;
}

/* "total" and "at_least" only if they add information. */
static struct amount read_amount(struct reading *reading, const json_t *item) {
  struct amount amount = {.unit = read_text(reading, item, "unit")};
  const json_t *at_least = json_object_get(item, "at_least");
  if (!amount.unit)
    return amount;
  amount.done = read_count(reading, item, "done", 0);
  amount.total = read_count(reading, item, "total", 0);
  amount.at_least = json_is_true(at_least);
  return amount;
}

static void read_objects(struct reading *reading, const json_t *top, struct audit_parsed *parsed) {
  const json_t *node = read_node(reading, top, "victims", JSON_ARRAY);
  size_t count = json_array_size(node);
  if (!node)
    return;
  parsed->objects = mem_new((count + 1) * sizeof *parsed->objects);
  for (size_t i = 0; i < count; i++) {
    const json_t *item = json_array_get(node, i);
    parsed->objects[i] = (struct audit_object){
        .key = read_must(reading, item, "key"),
        .label = read_must(reading, item, "label"),
        .result = read_text(reading, item, "result"),
        .words = read_text(reading, item, "words"),
        .amount = read_amount(reading, item),
    };
  }
  parsed->record.objects = parsed->objects;
  parsed->record.object_count = count;
}

static void read_outputs(struct reading *reading, const json_t *top, struct audit_parsed *parsed) {
  const json_t *node = read_node(reading, top, "output", JSON_ARRAY);
  const size_t count = json_array_size(node);
  if (!node)
    return;
  parsed->outputs = mem_new((count + 1) * sizeof *parsed->outputs);
  for (size_t i = 0; i < count; i++) {
    const json_t *item = json_array_get(node, i);
    const char *stream = read_must(reading, item, "stream"),
               *text = read_must(reading, item, "text");
    const char *tail = read_text(reading, item, "tail");
    parsed->outputs[i] = (struct output){
        .stream = stream && strcmp(stream, output_stream_name(OUTPUT_STDERR)) == 0 ? OUTPUT_STDERR
                                                                                   : OUTPUT_STDOUT,
        .text = text ? text : "",
        .len = text ? strlen(text) : 0,
        .left_out = read_count(reading, item, "left_out", 0),
        .tail = tail ? tail : "",
        .tail_len = tail ? strlen(tail) : 0,
    };
  }
  parsed->record.outputs = parsed->outputs;
  parsed->record.output_count = count;
}

static bool read_event(struct reading *reading, const json_t *top, enum audit_event *event) {
  const char *name = read_must(reading, top, "event");
  for (int i = AUDIT_INTENT; name && i <= AUDIT_LOCKED; i++)
    if (strcmp(name, audit_event_name((enum audit_event)i)) == 0) {
      *event = (enum audit_event)i;
      return true;
    }
  return false;
}

static void read_head(struct reading *reading, const json_t *top, struct audit_record *record) {
  if (read_int(reading, top, "version", 0) != AUDIT_VERSION ||
      !read_event(reading, top, &record->event))
    reading->wrong = true;
  record->id = read_must(reading, top, "id");
  record->at_ms = read_count(reading, top, "at_ms", 0);
  record->action = read_must(reading, top, "action");
  record->kind = read_must(reading, top, "kind");
  record->target = read_must(reading, top, "target");
  record->title = read_must(reading, top, "title");
  record->platform = read_text(reading, top, "platform");
  record->environment = read_text(reading, top, "environment");
  record->address = read_text(reading, top, "address");
  record->danger = read_text(reading, top, "danger");
  record->hash = read_text(reading, top, "hash");
  record->confirm = read_text(reading, top, "confirm");
  record->reason = read_text(reading, top, "reason");
  record->of_host = read_text(reading, top, "of_host");
  record->unit = read_text(reading, top, "unit");
  record->count = record->unit ? read_int(reading, top, "count", 0) : 0;
  record->params_left_out = read_count(reading, top, "params_left_out", 0);
  record->plan_left_out = read_count(reading, top, "plan_left_out", 0);
  record->objects_left_out = read_count(reading, top, "victims_left_out", 0);
  record->outputs_left_out = read_count(reading, top, "output_left_out", 0);
}

bool audit_parse(struct audit_parsed *parsed, const char *line, size_t len) {
  struct reading reading = {0};
  *parsed = (struct audit_parsed){0};
  if (len == 0 || line[0] != '{') /* rejects most other lines without a parser */
    return false;
  parsed->tree = json_loadb(line, len, 0, NULL);
  if (!parsed->tree)
    return false;
  read_head(&reading, parsed->tree, &parsed->record);
  if (parsed->record.event == AUDIT_OUTCOME)
    read_outcome(&reading, parsed->tree, &parsed->record);
  read_who(&reading, parsed->tree, &parsed->record.who);
  read_params(&reading, parsed->tree, parsed);
  read_plan(&reading, parsed->tree, parsed);
  read_outputs(&reading, parsed->tree, parsed);
  read_objects(&reading, parsed->tree, parsed);
  if (!reading.wrong)
    return true;
  audit_parsed_fini(parsed);
  return false;
}

void audit_parsed_fini(struct audit_parsed *parsed) {
  json_decref(parsed->tree);
  free(parsed->params);
  free((void *)parsed->plan);
  free(parsed->objects);
  free(parsed->outputs);
  *parsed = (struct audit_parsed){0};
}
