#include "core/json/json_node.h"
#include "core/json/json_tree.h"
#include "core/mem.h"
#include "report/json/json.h"
#include "report/json/json_read_table.h"

#include <stdlib.h>
#include <string.h>

/* Kinds and specs of all targets: columns of 4,096 targets with a dozen each, and their help. */
enum { DOCUMENT_BYTES_MAX = 64 << 20 };

static const struct json_limits limits = {REPORT_JSON_MAX, REPORT_JSON_VALUES_MAX,
                                          REPORT_JSON_DEPTH_MAX};

/* ---- targets ---- */

static bool read_version(const struct json_node *top) {
  struct json_node member = json_member(top, "version");
  int64_t version;
  if (!json_expect(&member, json_is_integer(member.json), "the version of a stacktop document") ||
      !json_read_int_or(top, "version", 0, 1, INT64_MAX, &version))
    return false;
  if (version <= REPORT_JSON_VERSION)
    return true;
  return err_set(top->err, ERR_UNSUPPORTED, "version %lld; this stacktop reads up to %d",
                 (long long)version, REPORT_JSON_VERSION);
}

static char *dup_or_null(const char *text) {
  return text ? mem_dup(text) : NULL;
}

static bool read_configuration(const struct json_node *top, struct config *config) {
  struct json_node node = json_member(top, "configuration");
  const char *name, *environment, *path;
  if (!node.json)
    return true;
  if (!json_expect(&node, json_is_object(node.json), "an object") ||
      !json_read_text_or(&node, "name", NULL, &name) ||
      !json_read_text_or(&node, "environment", NULL, &environment) ||
      !json_read_text_or(&node, "path", NULL, &path) ||
      !json_read_bool_or(&node, "discovered", false, &config->discovered) ||
      !json_read_int_or(&node, "interval_ms", config->interval_ms, 1, JSON_DURATION_MAX,
                        &config->interval_ms))
    return false;
  config->name = dup_or_null(name);
  config->environment = dup_or_null(environment);
  config->path = dup_or_null(path);
  return true;
}

/* One kind per name for all its targets; NULL if there is no room. */
static const struct target_kind *kind_of(struct report_document *document, const char *name,
                                         const char *title) {
  const struct config *config = document->config;
  for (size_t i = config->target_count; i > 0; i--)
    if (strcmp(config->targets[i - 1]->kind->kind, name) == 0)
      return config->targets[i - 1]->kind;
  struct target_kind *kind = arena_alloc(&document->arena, sizeof *kind);
  if (!kind)
    return NULL;
  kind->kind = kind->key = arena_text(&document->arena, name, strlen(name));
  kind->title = arena_text(&document->arena, title, strlen(title));
  return kind;
}

static bool read_target(const struct json_node *node, struct report_document *document) {
  const char *kind_name, *name, *title;
  int64_t interval_ms, timeout_ms;
  if (!json_expect(node, json_is_object(node->json), "an object") ||
      !json_read_text(node, "kind", &kind_name) || !json_read_text(node, "name", &name) ||
      !json_read_text_or(node, "title", kind_name, &title) ||
      !json_read_int_or(node, "interval_ms", document->config->interval_ms, 0, JSON_DURATION_MAX,
                        &interval_ms) ||
      !json_read_int_or(node, "timeout_ms", 0, 0, JSON_DURATION_MAX, &timeout_ms))
    return false;
  const struct target_kind *kind = kind_of(document, kind_name, title);
  if (!kind)
    return json_node_fail(node, "too many to keep");
  struct target *target = target_new(kind, name);
  target->interval_ms = interval_ms;
  target->timeout_ms = timeout_ms;
  config_add(document->config, target);
  return true;
}

/* ---- their state ---- */

static bool read_time(const struct json_node *node, const char *key, int64_t *ms) {
  return json_read_int_or(node, key, 0, 0, JSON_TIME_MAX, ms);
}

static bool read_error(const struct json_node *node, struct target_state *state) {
  struct json_node member = json_member(node, "error");
  const char *kind, *text;
  if (!member.json)
    return true;
  if (!json_expect(&member, json_is_object(member.json), "an object") ||
      !json_read_text(&member, "kind", &kind) || !json_read_text(&member, "text", &text))
    return false;
  state->err.kind = err_kind_parse(kind);
  if (state->err.kind == ERR_NONE)
    state->err.kind = ERR_PROTOCOL;
  snprintf(state->err.text, sizeof state->err.text, "%s", text);
  return true;
}

static bool read_attempts(const struct json_node *node, struct target_state *state) {
  int64_t samples, failures;
  if (!json_read_int_or(node, "samples", 0, 0, UINT32_MAX, &samples) ||
      !json_read_int_or(node, "failures", 0, 0, UINT32_MAX, &failures) ||
      !read_time(node, "attempted_ms", &state->attempted_ms) ||
      !read_time(node, "started_ms", &state->started_ms) ||
      !read_time(node, "next_ms", &state->next_ms) ||
      !json_read_bool_or(node, "once", false, &state->once) ||
      !read_time(node, "failing_since_ms", &state->failing_ms) || !read_error(node, state))
    return false;
  state->samples = (uint32_t)samples;
  state->failures = (uint32_t)failures;
  return true;
}

static bool read_notes(const struct json_node *node, struct sample *sample) {
  struct json_node array;
  size_t count;
  if (!json_read_array(node, "notes", &array, &count))
    return false;
  for (size_t i = 0; i < count; i++) {
    struct json_node element = json_element(&array, i);
    const char *table, *column, *text, *severity;
    if (!json_expect(&element, json_is_object(element.json), "an object") ||
        !json_read_text_or(&element, "table", NULL, &table) ||
        !json_read_text_or(&element, "column", NULL, &column) ||
        !json_read_text(&element, "text", &text) ||
        !json_read_text_or(&element, "severity", severity_name(SEVERITY_OK), &severity))
      return false;
    table = table ? sample_copy(sample, table) : NULL;
    if (severity_parse(severity) == SEVERITY_OK)
      sample_note(sample, table, column ? sample_copy(sample, column) : NULL, "%s", text);
    else
      sample_fault(sample, table, severity_parse(severity), "%s", text);
  }
  return true;
}

static bool read_facts(const struct json_node *node, struct sample *sample) {
  struct json_node member = json_member(node, "facts");
  if (!member.json)
    return true;
  if (!json_expect(&member, json_is_object(member.json), "an object"))
    return false;
  for (size_t i = 0; i < FACT_COUNT; i++) {
    const char *value;
    if (!json_read_text_or(&member, fact_name((enum fact_kind)i), NULL, &value))
      return false;
    sample_fact(sample, (enum fact_kind)i, value);
  }
  return true;
}

static bool read_sample(const struct json_node *node, struct report_document *document, bool past,
                        struct target_state *state) {
  int64_t taken_ms, cost_us, requests;
  const char *server, *address;
  if (!json_member(node, "taken_ms").json)
    return true; /* there is none */
  if (!read_time(node, "taken_ms", &taken_ms) ||
      !json_read_int_or(node, "cost_us", 0, 0, JSON_DURATION_MAX, &cost_us) ||
      !json_read_int_or(node, "requests", 0, 0, UINT32_MAX, &requests) ||
      !json_read_text_or(node, "server", NULL, &server) ||
      !json_read_text_or(node, "address", NULL, &address) ||
      !json_read_sample(node, &document->arena, past, state))
    return false;
  struct sample *sample = state->sample;
  sample->taken_ms = taken_ms;
  sample->cost_us = cost_us;
  sample->requests = (uint32_t)requests;
  sample->server = server ? sample_copy(sample, server) : NULL;
  sample->address = address ? sample_copy(sample, address) : NULL;
  return read_facts(node, sample) && read_notes(node, sample);
}

static bool read_targets(const struct json_node *top, struct report_document *document, bool past) {
  struct json_node array;
  size_t count, bytes = 0;
  if (!json_read_array(top, "targets", &array, &count) ||
      !json_expect(&array, count <= REPORT_JSON_TARGETS_MAX, "at most 4096 targets"))
    return false;
  for (size_t i = 0; i < count; i++) {
    struct json_node element = json_element(&array, i);
    if (!read_target(&element, document))
      return false;
  }
  model_init(&document->model, document->config);
  for (size_t i = 0; i < count; i++) {
    struct json_node element = json_element(&array, i);
    struct target_state *state = &document->model.targets[i];
    if (!read_attempts(&element, state) || !read_sample(&element, document, past, state))
      return false;
    bytes += state->sample ? state->sample->arena.used : 0;
    if (bytes > REPORT_JSON_SAMPLES_MAX || document->arena.exhausted)
      return json_node_fail(&element, "too many to keep");
  }
  return true;
}

/* ---- findings ---- */

static const char *keep(struct arena *arena, const char *text) {
  return text ? arena_text(arena, text, strlen(text)) : NULL;
}

static bool read_quiet(const struct json_node *node, const char *key, enum finding_quiet quiet,
                       struct arena *arena, struct finding *finding) {
  const char *who, *reason;
  const struct json_node member = json_member(node, key);
  if (!member.json)
    return true;
  if (!json_expect(&member, json_is_object(member.json), "an object") ||
      !json_read_text(&member, "who", &who) || !json_read_text(&member, "reason", &reason) ||
      !json_read_int_or(&member, "until_ms", 0, 0, INT64_MAX, &finding->quiet_until_ms))
    return false;
  finding->quiet = quiet;
  finding->quiet_who = keep(arena, who);
  finding->quiet_reason = keep(arena, reason);
  return true;
}

static bool read_finding(const struct json_node *node, size_t target_count, struct arena *arena,
                         struct finding *finding) {
  const char *severity, *subject, *sentence, *table, *row, *column;
  int64_t target_index;
  struct json_node target = json_member(node, "target");
  if (!json_expect(node, json_is_object(node->json), "an object") ||
      !json_expect(&target, target.json && target_count > 0, "the index of a target") ||
      !json_read_int_or(node, "target", 0, 0, (int64_t)target_count - 1, &target_index) ||
      !json_read_text(node, "severity", &severity) || !json_read_text(node, "subject", &subject) ||
      !json_read_text(node, "sentence", &sentence) ||
      !json_read_text_or(node, "table", NULL, &table) ||
      !json_read_text_or(node, "row", NULL, &row) ||
      !json_read_text_or(node, "column", NULL, &column) ||
      !read_time(node, "since_ms", &finding->since_ms) ||
      !read_time(node, "seen_ms", &finding->seen_ms) ||
      !read_time(node, "alarm_ms", &finding->alarm_ms) ||
      !json_read_bool_or(node, "pending", false, &finding->pending) ||
      !read_quiet(node, "acknowledged", FINDING_ACKNOWLEDGED, arena, finding) ||
      !read_quiet(node, "silenced", FINDING_SILENCED, arena, finding))
    return false;
  finding->severity = severity_parse(severity);
  finding->target_index = (size_t)target_index;
  finding->table = keep(arena, table);
  finding->row = keep(arena, row);
  finding->column = keep(arena, column);
  finding->subject = keep(arena, subject);
  finding->sentence = keep(arena, sentence);
  return !arena->exhausted || json_node_fail(node, "too many to keep");
}

static bool read_findings(const struct json_node *top, struct model *model) {
  struct json_node array;
  size_t count;
  if (!json_read_array(top, "findings", &array, &count))
    return false;
  struct findings *findings = model->findings;
  findings->items = mem_new(count * sizeof *findings->items);
  findings->capacity = count;
  for (size_t i = 0; i < count; i++) {
    struct json_node element = json_element(&array, i);
    if (!read_finding(&element, model->target_count, &findings->arena, &findings->items[i]))
      return false;
    findings->count++;
  }
  return true;
}

static bool read_events(const struct json_node *top, struct events *events) {
  struct json_node array;
  size_t count;
  if (!json_read_array(top, "events", &array, &count))
    return false;
  for (size_t i = 0; i < count; i++) {
    struct json_node element = json_element(&array, i);
    const char *severity, *subject, *text, *finding, *kind, *name, *table, *row, *column;
    int64_t at_ms, since_ms;
    if (!json_expect(&element, json_is_object(element.json), "an object") ||
        !read_time(&element, "at_ms", &at_ms) || !read_time(&element, "since_ms", &since_ms) ||
        !json_read_text_or(&element, "finding", NULL, &finding) ||
        !json_read_text_or(&element, "kind", NULL, &kind) ||
        !json_read_text_or(&element, "name", NULL, &name) ||
        !json_read_text_or(&element, "table", NULL, &table) ||
        !json_read_text_or(&element, "row", NULL, &row) ||
        !json_read_text_or(&element, "column", NULL, &column) ||
        !json_read_text(&element, "severity", &severity) ||
        !json_read_text(&element, "subject", &subject) || !json_read_text(&element, "text", &text))
      return false;
    events_about(events, kind, name);
    if (strcmp(severity, EVENT_CHANGE_NAME) == 0)
      events_add_change(events, at_ms, subject, "%s", text);
    else
      events_add(events, at_ms, severity_parse(severity), subject, "%s", text);
    if (finding)
      events_mark_finding(events, strcmp(finding, "ends") == 0 ? EVENT_ENDS : EVENT_BEGINS,
                          since_ms, table, row, column);
    events_about(events, NULL, NULL);
  }
  return true;
}

static bool read_document(const struct json_node *top, struct report_document *document) {
  bool past;
  return json_expect(top, json_is_object(top->json), "an object") && read_version(top) &&
         read_time(top, "written_ms", &document->now_ms) &&
         json_read_bool_or(top, "history", false, &past) &&
         read_configuration(top, document->config) && read_targets(top, document, past) &&
         read_findings(top, &document->model) && read_events(top, &document->model.events);
}

bool report_json_read(struct report_document *document, const char *text, size_t len,
                      struct err *err) {
  json_t *tree = json_tree_new(text, len, &limits, err);
  if (!tree)
    return false;
  *document = (struct report_document){.config = config_new()};
  arena_init(&document->arena, DOCUMENT_BYTES_MAX);
  struct json_node top = {.json = tree, .err = err};
  bool good = read_document(&top, document);
  json_decref(tree);
  if (!good)
    report_document_fini(document);
  return good;
}

void report_document_fini(struct report_document *document) {
  model_fini(&document->model);
  config_free(document->config);
  arena_fini(&document->arena);
  *document = (struct report_document){0};
}
