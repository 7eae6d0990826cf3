#include "collectors/alert/alert_promql.h"

#include "clients/prometheus/prometheus.h"
#include "clients/prometheus/prometheus_contract.h"
#include "collectors/alerts.h"

enum { ARENA_MAX = 16 << 20 };

struct evaluation {
  const struct alert_rule *rule;
  struct alert_memory *memory;
  const struct model *model;
  struct sample *sample;
  bool one_pass;
  int64_t now_ms;
  const char *asked; /* name of the Prometheus */
  size_t dropped;
};

static const struct table_spec *const tables[] = {&alerts_table};

static struct alert_row row_base(const struct evaluation *e) {
  const struct target *target = e->rule->target;
  return (struct alert_row){
      .name = target->name,
      .since_ms = -1,
      .for_ms = e->rule->for_ms,
      .severity = e->rule->severity,
      .runbook = target_text(target, "runbook"),
      .labels = alert_labels(e->rule, &e->sample->arena),
      .condition = sample_printf(e->sample, "%s, evaluated by %s", e->rule->expr, e->asked)};
}

static void add_row(struct evaluation *e, const struct alert_row *row) {
  e->dropped += !alert_row_add(e->sample, &e->sample->tables[0], row);
}

static const char *labels_of(const struct evaluation *e, const char *own, const char *found) {
  return *own && *found ? sample_printf(e->sample, "%s, %s", own, found) : *own ? own : found;
}

static void add_active(struct evaluation *e, const struct prometheus_result *result) {
  char id[PROMETHEUS_KEY_MAX];
  double number;
  struct arena *arena = &e->sample->arena;
  prometheus_labels_key(&result->labels, id);
  struct alert_row row = row_base(e);
  row.key = sample_printf(e->sample, PROMETHEUS_RULE_KEY "%s/%s", e->asked, id);
  struct alert_instance *instance = alert_memory_of(e->memory, row.key, e->now_ms);
  if (!instance || instance->seen) { /* seen: a server that repeats a result */
    e->dropped += !instance;
    return;
  }
  instance->seen = true;
  const char *labels = prometheus_labels_text(&result->labels, arena, "__name__", NULL);
  const int64_t held_ms = e->now_ms - instance->since_ms;
  const bool fires = alert_fires(e->rule, e->model, e->one_pass, held_ms);
  row.since_ms = e->one_pass ? -1 : held_ms;
  row.subject = *labels ? labels : e->asked;
  row.state = fires ? "firing" : "pending";
  row.value = value_number(result->value, &number) ? sample_printf(e->sample, "%.6g", number)
                                                   : sample_copy(e->sample, result->value.text);
  row.text = alert_text(e->rule, arena,
                        &(struct alert_words){.value = row.value,
                                              .limit = "",
                                              .target = e->asked,
                                              .row = row.subject,
                                              .labels = &result->labels});
  row.labels = labels_of(e, row.labels, labels);
  row.now = fires ? e->rule->severity : SEVERITY_OK;
  row.reason = alert_reason(e->rule, e->model, e->one_pass, arena, row.subject, row.text);
  add_row(e, &row);
}

/* Not known is not fine: no condition was evaluated. */
static void add_unknown(struct evaluation *e, const struct err *err) {
  struct alert_row row = row_base(e);
  row.key = e->rule->target->name;
  row.subject = e->asked;
  row.state = "unknown";
  row.text = sample_printf(e->sample, "%s: %s", e->asked, err->text);
  row.now = SEVERITY_UNKNOWN;
  row.reason = sample_printf(e->sample, "not evaluated: %s", row.text);
  add_row(e, &row);
}

static void add_ok(struct evaluation *e) {
  struct alert_row row = row_base(e);
  row.key = e->rule->target->name;
  row.subject = e->asked;
  row.state = "ok";
  row.now = SEVERITY_OK;
  add_row(e, &row);
}

/* As in Prometheus, a number without labels is no condition: it would always hold. */
static bool read_answer(const struct web_answer *answer, struct arena *arena,
                        struct prometheus_answer *read, struct err *err) {
  if (answer->err) {
    *err = *answer->err;
    return false;
  }
  return prometheus_answer_read(answer->json, arena, read, err) &&
         (!read->scalar ||
          err_set(err, ERR_INVALID, "the expression is a number; compare a vector, as in up == 0"));
}

struct sample *alert_promql_sample(const struct alert_rule *rule, struct alert_memory *memory,
                                   const struct model *model, bool one_pass, int64_t now_ms,
                                   const struct web_answer *answer) {
  struct evaluation e = {.rule = rule,
                         .memory = memory,
                         .model = model,
                         .sample = sample_new(tables, 1),
                         .one_pass = one_pass,
                         .now_ms = now_ms,
                         .asked = target_text(rule->target, "prometheus")};
  struct prometheus_answer read;
  struct arena arena;
  struct err err = {0};
  arena_init(&arena, ARENA_MAX);
  if (!read_answer(answer, &arena, &read, &err)) {
    add_unknown(&e, &err);
    arena_fini(&arena);
    return e.sample;
  }
  alert_memory_begin(memory);
  for (size_t i = 0; i < read.count; i++)
    add_active(&e, &read.results[i]);
  alert_memory_end(memory, NULL, NULL);
  if (read.total == 0)
    add_ok(&e);
  e.dropped += read.total - read.count;
  if (e.dropped > 0)
    sample_note(e.sample, alerts_table.id, NULL, "%zu more rows beyond the limit are not shown",
                e.dropped);
  for (size_t i = 0; i < read.warning_count; i++)
    sample_note(e.sample, alerts_table.id, NULL, "%s", read.warnings[i]);
  arena_fini(&arena);
  return e.sample;
}
