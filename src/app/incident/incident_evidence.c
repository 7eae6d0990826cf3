#include "app/incident/incident_evidence.h"

#include "app/incident/incident_evidence_files.h"
#include "app/incident/incident_secrets.h"
#include "app/startup/schema.h"
#include "config/print/config_dump.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"
#include "io/worker.h"
#include "logs/log_session.h"
#include "operate/incident/incident_seen.h"
#include "report/json/json.h"
#include "report/text/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The logs of one target, while they are read. */
struct tail {
  struct incident_evidence *evidence;
  char *name; /* of the target */
  char *file;
  struct log_session *session; /* NULL: it has ended */
  FILE *out;
  char *bytes;
  size_t len, written;
  bool cut;
};

/* What the thread writes. */
struct writing {
  struct worker_task task;
  struct evidence_files files;
  char *state, *id;
  int64_t now_ms, begun_ms;
  char said[EVIDENCE_SAID_MAX];
};

struct incident_evidence {
  struct incident_evidence_options options;
  struct worker_pool *pool;
  uv_timer_t deadline;
  struct incident_secrets secrets;
  struct writing *writing; /* NULL: on the thread, or over */
  struct tail tails[EVIDENCE_TARGETS_MAX];
  size_t tail_count;
  bool started, closing, timer_closed, pool_closed;
};

static void writing_free(struct writing *writing) {
  if (!writing)
    return;
  evidence_fini(&writing->files);
  free(writing->state);
  free(writing->id);
  free(writing);
}

/* ---- texts */

struct text {
  FILE *out;
  char *bytes;
  size_t len;
};

static void text_begin(struct text *text) {
  *text = (struct text){0};
  text->out = open_memstream(&text->bytes, &text->len);
  if (!text->out)
    mem_failed();
}

/* Every text passes the masks once more: a server may say what the configuration hides. */
static void text_add(struct incident_evidence *evidence, struct text *text, const char *name) {
  if (fclose(text->out) != 0)
    mem_failed();
  size_t len = text->len;
  char *known = mask_known(text->bytes, &len, &evidence->secrets.mask, false, false);
  free(text->bytes);
  evidence_add(&evidence->writing->files, name, known, len);
}

/* A view of the model with at most so many rows of each table; shares everything else with it. */
struct excerpted {
  struct model model;
  struct sample *samples;
  struct table **tables;
};

static void table_cut(struct incident_evidence *evidence, const struct target *target,
                      struct table *table) {
  if (table->row_count <= EVIDENCE_ROWS_MAX)
    return;
  evidence_miss(&evidence->writing->files, "samples.json: %.60s %.60s: %d of %zu rows",
                target->name, table->spec->id, EVIDENCE_ROWS_MAX, table->row_count);
  table->row_count = EVIDENCE_ROWS_MAX;
  table->truncated = true;
}

static void excerpt_make(struct incident_evidence *evidence, struct excerpted *excerpt) {
  const struct model *model = evidence->options.model;
  const size_t count = model->target_count;
  excerpt->model = *model;
  excerpt->model.page_count = 0;
  excerpt->model.targets = mem_new((count + 1) * sizeof *excerpt->model.targets);
  excerpt->samples = mem_new((count + 1) * sizeof *excerpt->samples);
  excerpt->tables = mem_new((count + 1) * sizeof *excerpt->tables);
  for (size_t i = 0; i < count; i++) {
    struct target_state *state = &excerpt->model.targets[i];
    *state = model->targets[i];
    if (state->err.kind != ERR_NONE)
      evidence_miss(&evidence->writing->files, "samples.json: %.60s: %.150s", state->target->name,
                    state->err.text);
    if (!state->sample)
      continue;
    excerpt->samples[i] = *state->sample;
    const size_t tables = state->sample->table_count;
    excerpt->tables[i] = mem_new((tables + 1) * sizeof **excerpt->tables);
    for (size_t t = 0; t < tables; t++) {
      excerpt->tables[i][t] = state->sample->tables[t];
      table_cut(evidence, state->target, &excerpt->tables[i][t]);
    }
    excerpt->samples[i].tables = excerpt->tables[i];
    state->sample = &excerpt->samples[i];
  }
}

static void excerpt_free(struct excerpted *excerpt) {
  for (size_t i = 0; i < excerpt->model.target_count; i++)
    free(excerpt->tables[i]);
  free(excerpt->model.targets);
  free(excerpt->samples);
  free(excerpt->tables);
}

static void samples_take(struct incident_evidence *evidence) {
  const struct report_text_options plain = {.ascii = false, .pipes = true};
  const int64_t now_ms = clock_now_ms();
  struct excerpted excerpt;
  struct text json, text;
  excerpt_make(evidence, &excerpt);
  text_begin(&json);
  text_begin(&text);
  (void)!report_json_write(json.out, &excerpt.model, now_ms);
  (void)!report_text_write(text.out, &excerpt.model, now_ms, &plain);
  text_add(evidence, &json, "samples.json");
  text_add(evidence, &text, "check.txt");
  excerpt_free(&excerpt);
}

static void config_take(struct incident_evidence *evidence) {
  struct app_schema schema;
  struct text text;
  app_schema_init(&schema);
  text_begin(&text);
  config_dump(text.out, evidence->options.model->config, &schema.schema);
  text_add(evidence, &text, "config.yaml");
}

/* ---- logs */

static void logs_over(struct incident_evidence *evidence);

static void on_line(void *arg, const struct log_record *record) {
  struct tail *tail = arg;
  char time[FORMAT_MAX];
  size_t len = record->len, likely_len;
  if (tail->written + len > EVIDENCE_LOG_BYTES) {
    tail->cut = true;
    return;
  }
  const struct log_source_status *sources = log_reader_sources(log_session_reader(tail->session));
  char *known =
      mask_known(record->text, &len, &tail->evidence->secrets.mask, false, record->cut > 0);
  likely_len = len;
  char *likely = mask_likely(known, &likely_len);
  fprintf(tail->out, "%s %s %.*s\n", format_time(time, sizeof time, record->time_ms, true, true),
          sources[record->source].name, (int)likely_len, likely);
  tail->written += likely_len + 64;
  free(known);
  free(likely);
}

static void tail_end(struct tail *tail, const char *why) {
  struct evidence_files *files = &tail->evidence->writing->files;
  if (!tail->session)
    return;
  const struct log_reader *reader = log_session_reader(tail->session);
  const struct log_source_status *sources = log_reader_sources(reader);
  for (size_t i = 0; i < log_reader_count(reader); i++)
    if (sources[i].err.kind != ERR_NONE)
      evidence_miss(files, "logs of %.60s: %.200s", tail->name, sources[i].err.text);
  if (why)
    evidence_miss(files, "logs of %.60s: %s", tail->name, why);
  if (tail->cut)
    evidence_miss(files, "logs of %.60s: only the first %d MiB", tail->name,
                  EVIDENCE_LOG_BYTES >> 20);
  log_session_close(tail->session);
  tail->session = NULL;
  if (fclose(tail->out) != 0)
    mem_failed();
  evidence_add(files, tail->file, tail->bytes, tail->len);
}

static bool any_is_read(const struct incident_evidence *evidence) {
  for (size_t i = 0; i < evidence->tail_count; i++)
    if (evidence->tails[i].session)
      return true;
  return false;
}

static void on_changed(void *arg) {
  struct tail *tail = arg;
  struct incident_evidence *evidence = tail->evidence;
  if (!tail->session || !log_session_is_done(tail->session))
    return;
  tail_end(tail, NULL);
  if (!any_is_read(evidence))
    logs_over(evidence);
}

static void on_deadline(uv_timer_t *timer) {
  struct incident_evidence *evidence = timer->data;
  char why[64];
  snprintf(why, sizeof why, "not read to their end within %d s", EVIDENCE_LOGS_MS / 1000);
  for (size_t i = 0; i < evidence->tail_count; i++)
    tail_end(&evidence->tails[i], why);
  logs_over(evidence);
}

/* "logs/service-api.log": the name of a target may have any character. */
static char *log_name(const struct target *target) {
  char *name = mem_printf("logs/%.20s-%.60s.log", target->kind->kind, target->name);
  for (char *at = name + strlen("logs/"); *at; at++)
    if (!isalnum((unsigned char)*at) && !strchr("-._", *at))
      *at = '_';
  return name;
}

static void tail_begin(struct incident_evidence *evidence, size_t target_index) {
  const struct target *target = evidence->options.model->targets[target_index].target;
  struct tail *tail = &evidence->tails[evidence->tail_count];
  const struct log_reader_hooks hooks = {.line = on_line, .changed = on_changed, .arg = tail};
  const struct log_origin origin = {.config = evidence->options.model->config,
                                    .target_index = target_index};
  const struct log_want want = {
      .now_ms = clock_wall_ms(), .tail = EVIDENCE_LINES, .utc = evidence->options.utc};
  struct err err;
  *tail = (struct tail){.evidence = evidence, .name = target->name, .file = log_name(target)};
  tail->out = open_memstream(&tail->bytes, &tail->len);
  if (!tail->out)
    mem_failed();
  tail->session = log_session_new(evidence->options.io, &origin, &want, NULL, true, &hooks, &err);
  if (tail->session) {
    evidence->tail_count++;
    return;
  }
  evidence_miss(&evidence->writing->files, "logs of %.60s: %.200s", target->name, err.text);
  (void)fclose(tail->out);
  free(tail->bytes);
  free(tail->file);
}

/* Of the targets with findings, the worst first: the order of the findings. */
static void logs_begin(struct incident_evidence *evidence) {
  const struct findings *findings = evidence->options.model->findings;
  bool *seen = mem_new((evidence->options.model->target_count + 1) * sizeof *seen);
  size_t beyond = 0;
  for (size_t i = 0; i < findings->count; i++) {
    const size_t at = findings->items[i].target_index;
    const struct target *target = evidence->options.model->targets[at].target;
    if (seen[at] || findings->items[i].pending)
      continue;
    seen[at] = true;
    if (!log_session_has(target))
      evidence_miss(&evidence->writing->files, "logs of %.60s: none are configured", target->name);
    else if (evidence->tail_count < EVIDENCE_TARGETS_MAX)
      tail_begin(evidence, at);
    else
      beyond++;
  }
  if (beyond > 0)
    evidence_miss(&evidence->writing->files, "logs of %zu more targets with findings", beyond);
  free(seen);
}

/* ---- writing */

static void on_work(struct worker_task *task) {
  struct writing *writing = (struct writing *)task;
  evidence_add_audit(&writing->files, writing->state, writing->now_ms - INCIDENT_HISTORY_MS);
  evidence_write(&writing->files, writing->state, writing->id, writing->now_ms,
                 clock_wall_read_ms() - writing->begun_ms, writing->said);
}

static void on_drop(struct worker_task *task) {
  writing_free((struct writing *)task);
}

static void on_done(struct worker_task *task) {
  struct writing *writing = (struct writing *)task;
  struct incident_evidence *evidence = task->owner;
  evidence->options.done(evidence->options.arg, writing->said);
  writing_free(writing);
}

static void logs_over(struct incident_evidence *evidence) {
  struct writing *writing = evidence->writing;
  struct err err;
  if (!writing || evidence->closing)
    return;
  uv_timer_stop(&evidence->deadline);
  evidence->writing = NULL;
  if (worker_start(evidence->pool, &writing->task, &err))
    return;
  snprintf(writing->said, sizeof writing->said, "no evidence: %.200s", err.text);
  on_done(&writing->task);
}

static void on_no_logs(uv_timer_t *timer) {
  logs_over(timer->data);
}

/* ---- the whole */

struct incident_evidence *incident_evidence_take(const struct incident_evidence_options *options) {
  struct incident_evidence *evidence = mem_new(sizeof *evidence);
  evidence->options = *options;
  incident_secrets_init(&evidence->secrets, options->model->config);
  evidence->pool = worker_pool_new(options->io, 1);
  evidence->writing = mem_new(sizeof *evidence->writing);
  *evidence->writing = (struct writing){
      .task = {.work = on_work, .done = on_done, .drop = on_drop, .owner = evidence},
      .state = mem_dup(options->state),
      .id = mem_dup(options->id),
      .now_ms = clock_wall_ms(),
      .begun_ms = clock_wall_read_ms()};
  uv_timer_init(options->io->loop, &evidence->deadline);
  evidence->deadline.data = evidence;
  samples_take(evidence);
  config_take(evidence);
  logs_begin(evidence);
  const bool reads = any_is_read(evidence);
  uv_timer_start(&evidence->deadline, reads ? on_deadline : on_no_logs,
                 reads ? EVIDENCE_LOGS_MS : 0, 0);
  return evidence;
}

static void evidence_free(struct incident_evidence *evidence) {
  if (!evidence->timer_closed || !evidence->pool_closed)
    return;
  for (size_t i = 0; i < evidence->tail_count; i++)
    free(evidence->tails[i].file);
  incident_secrets_fini(&evidence->secrets);
  writing_free(evidence->writing);
  free(evidence);
}

static void on_timer_closed(uv_handle_t *handle) {
  struct incident_evidence *evidence = handle->data;
  evidence->timer_closed = true;
  evidence_free(evidence);
}

static void on_pool_closed(void *arg) {
  struct incident_evidence *evidence = arg;
  evidence->pool_closed = true;
  evidence_free(evidence);
}

void incident_evidence_close(struct incident_evidence *evidence) {
  if (!evidence || evidence->closing)
    return;
  evidence->closing = true;
  for (size_t i = 0; i < evidence->tail_count; i++)
    tail_end(&evidence->tails[i], "it ended before they were read");
  worker_pool_close(evidence->pool, on_pool_closed, evidence);
  uv_close((uv_handle_t *)&evidence->deadline, on_timer_closed);
}
