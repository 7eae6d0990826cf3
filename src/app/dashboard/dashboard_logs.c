#include "app/dashboard/dashboard_logs.h"

#include "core/mem.h"
#include "core/text/text.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

enum { HITS_BYTES_MAX = 8 << 20, TITLE_MAX = 256 };

void dashboard_logs_open(struct dashboard_logs *own) {
  own->model->logs = NULL;
}

/* Lines wait in bounded queues while they are not wanted. What there is when logs are opened on a
 * paused screen is shown. */
static void hold_update(struct dashboard_logs *own) {
  if (own->session)
    log_reader_hold(log_session_reader(own->session),
                    !own->logs.loading && (own->paused || !own->logs.follow));
}

static void sources_publish(struct dashboard_logs *own) {
  const struct log_reader *reader = log_session_reader(own->session);
  own->logs.sources = log_reader_sources(reader);
  own->logs.source_count = log_reader_count(reader);
}

/* ---- the lines */

static void on_line(void *arg, const struct log_record *record) {
  struct dashboard_logs *own = arg;
  log_add(own->log, record);
  log_rates_add(&own->rates, record->time_ms, (enum log_level)record->level);
  if (!record->gap)
    log_messages_add(own->logs.messages, record);
}

static void on_changed(void *arg) {
  struct dashboard_logs *own = arg;
  log_settle(own->log);
  sources_publish(own);
  /* lines that come later and wait do not make it load again */
  if (own->logs.loading && !log_session_is_loading(own->session)) {
    own->logs.loading = false;
    hold_update(own);
  }
  own->changed(own->arg);
}

static void session_stop(struct dashboard_logs *own) {
  log_session_close(own->session);
  own->session = NULL;
  own->logs.sources = NULL;
  own->logs.source_count = 0;
  own->logs.loading = false;
}

static void session_start(struct dashboard_logs *own) {
  const struct log_reader_hooks hooks = {.line = on_line, .changed = on_changed, .arg = own};
  const struct log_origin origin = {.config = own->model->config,
                                    .target_index = own->target_index,
                                    .table = own->table,
                                    .key = own->key};
  const struct log_want want = {.now_ms = clock_wall_ms(),
                                .since_ms = own->logs.since_ms,
                                .until_ms = own->logs.until_ms,
                                .tail = LOGS_TAIL,
                                .follow = own->logs.until_ms == 0,
                                .utc = own->utc};
  session_stop(own);
  log_clear(own->log);
  log_rates_clear(&own->rates);
  log_messages_clear(own->logs.messages);
  own->logs.reading++;
  own->session =
      log_session_new(own->io, &origin, &want, own->filter, false, &hooks, &own->logs.err);
  own->logs.loading = own->session != NULL;
  if (own->session)
    sources_publish(own);
  hold_update(own);
}

/* ---- the search */

static void search_progress(struct dashboard_logs *own) {
  const struct log_reader *reader = log_session_reader(own->search);
  const struct log_source_status *sources = log_reader_sources(reader);
  struct logs_search *search = &own->logs.search;
  search->bytes = search->bytes_total = search->given_up = 0;
  for (size_t i = 0; i < log_reader_count(reader); i++) {
    search->bytes += sources[i].bytes;
    search->bytes_total += sources[i].bytes_total;
    search->given_up += sources[i].given_up;
    if (sources[i].state == LOG_SOURCE_FAILED && search->err.kind == ERR_NONE)
      search->err = sources[i].err;
  }
}

static void search_stop(struct dashboard_logs *own) {
  log_session_close(own->search);
  own->search = NULL;
  own->logs.search.running = false;
}

static void on_hit(void *arg, const struct log_record *record) {
  struct dashboard_logs *own = arg;
  if (!log_filter_passes(own->filter, record))
    return;
  log_add(own->hits, record);
  own->logs.search.matches++;
}

static void on_searched(void *arg) {
  struct dashboard_logs *own = arg;
  log_settle(own->hits);
  search_progress(own);
  if (log_session_is_done(own->search))
    search_stop(own);
  own->changed(own->arg);
}

static void search_clear(struct dashboard_logs *own) {
  search_stop(own);
  free(own->logs.search.pattern);
  log_free(own->hits);
  own->hits = NULL;
  own->logs.search = (struct logs_search){0};
}

static void search_start(struct dashboard_logs *own, const char *text) {
  struct logs_search *search = &own->logs.search;
  search_clear(own);
  search->there = true;
  search->pattern = mem_dup(text);
  search->hits = own->hits = log_new(LOGS_HITS_MAX, HITS_BYTES_MAX);
  const struct log_filter_spec spec = {
      .grep = text, .source = own->filter ? log_filter_spec(own->filter)->source : NULL};
  struct log_filter *filter = log_filter_new(&spec, &search->err);
  if (!filter)
    return;
  const struct log_reader_hooks hooks = {.line = on_hit, .changed = on_searched, .arg = own};
  const struct log_origin origin = {.config = own->model->config,
                                    .target_index = own->target_index,
                                    .table = own->table,
                                    .key = own->key};
  /* The lines around a match are no limit: a search goes beyond them. */
  const struct log_want want = {.now_ms = clock_wall_ms(),
                                .since_ms = own->logs.until_ms ? 0 : own->logs.since_ms,
                                .utc = own->utc};
  own->search = log_session_new(own->io, &origin, &want, filter, false, &hooks, &search->err);
  search->running = own->search != NULL;
  log_filter_free(filter);
  hold_update(own);
}

/* ---- requests */

/* The first cell of the row; NULL: it has none. */
static const char *row_label(const struct dashboard_logs *own) {
  const struct sample *sample = own->model->targets[own->target_index].sample;
  for (size_t i = 0; own->key && sample && i < sample->table_count; i++) {
    const struct table *table = &sample->tables[i];
    if (strcmp(table->spec->id, own->table) != 0)
      continue;
    const struct row *row = table_find(table, own->key);
    if (row && row->cells[0].type == VALUE_TEXT)
      return row->cells[0].text;
  }
  return NULL;
}

static char *title_make(const struct dashboard_logs *own) {
  char clean[TITLE_MAX];
  const struct target *target = own->model->targets[own->target_index].target;
  const char *label = row_label(own);
  const bool more = label && strcmp(label, target->name) != 0;
  char *raw = mem_printf("%s / %s%s%s", target->kind->key, target->name, more ? " / " : "",
                         more ? label : "");
  text_sanitize(clean, sizeof clean, raw, strlen(raw), false);
  free(raw);
  return mem_dup(clean);
}

static void logs_end(struct dashboard_logs *own) {
  search_clear(own);
  session_stop(own);
  log_free(own->log);
  log_filter_free(own->filter);
  log_messages_free(own->logs.messages);
  free(own->logs.title);
  free(own->table);
  free(own->key);
  own->log = NULL;
  own->filter = NULL;
  own->table = own->key = NULL;
  own->logs = (struct logs){.reading = own->logs.reading};
  own->model->logs = NULL;
}

/* False: the filter is invalid, and logs.err says why. */
static bool query_take(struct dashboard_logs *own, const struct logs_query *query) {
  struct log_filter *filter = log_filter_new(&query->filter, &own->logs.err);
  if (!filter)
    return false;
  log_filter_free(own->filter);
  own->filter = filter;
  own->logs.filter = filter;
  own->logs.since_ms = query->since_ms;
  own->logs.until_ms = query->until_ms;
  own->logs.follow = query->follow && query->until_ms == 0;
  own->logs.err = (struct err){0};
  return true;
}

static void logs_begin(struct dashboard_logs *own, const struct logs_query *query) {
  logs_end(own);
  if (query->target_index >= own->model->target_count)
    return;
  own->target_index = query->target_index;
  own->table = query->table ? mem_dup(query->table) : NULL;
  own->key = query->key && query->table ? mem_dup(query->key) : NULL;
  own->log = log_new(LOG_LINES_MAX, LOG_BYTES_MAX);
  own->logs.log = own->log;
  own->logs.rates = &own->rates;
  own->logs.messages = log_messages_new();
  own->logs.title = title_make(own);
  log_rates_clear(&own->rates);
  own->model->logs = &own->logs;
  if (query_take(own, query))
    session_start(own);
}

static bool same_text(const char *a, const char *b) {
  return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_filter(const struct log_filter *filter, const struct log_filter_spec *spec) {
  const struct log_filter_spec none = {0};
  const struct log_filter_spec *now = filter ? log_filter_spec(filter) : &none;
  if (!same_text(now->grep, spec->grep) || !same_text(now->exclude, spec->exclude) ||
      !same_text(now->source, spec->source) || now->level != spec->level ||
      now->condition_count != spec->condition_count)
    return false;
  for (size_t i = 0; i < now->condition_count; i++)
    if (strcmp(now->conditions[i], spec->conditions[i]) != 0)
      return false;
  return true;
}

static void logs_change(struct dashboard_logs *own, const struct logs_query *query) {
  const bool filtered = same_filter(own->filter, &query->filter);
  const bool same =
      query->since_ms == own->logs.since_ms && query->until_ms == own->logs.until_ms && filtered;
  if (same) {
    own->logs.follow = query->follow && query->until_ms == 0;
    hold_update(own);
    return;
  }
  if (!query_take(own, query))
    return;
  session_start(own);
  if (own->logs.search.there && !filtered) { /* what was found is of another filter */
    char *pattern = mem_dup(own->logs.search.pattern);
    search_start(own, pattern);
    free(pattern);
  }
}

bool dashboard_logs_request(struct dashboard_logs *own, const struct request *request) {
  const bool open = own->model->logs != NULL;
  switch (request->kind) {
  case REQUEST_LOGS_OPEN:
    logs_begin(own, request->logs);
    break;
  case REQUEST_LOGS_CHANGE:
    if (open)
      logs_change(own, request->logs);
    break;
  case REQUEST_LOGS_SEARCH:
    if (open && request->text && *request->text)
      search_start(own, request->text);
    else if (open)
      search_clear(own);
    break;
  case REQUEST_LOGS_SEARCH_STOP:
    if (open)
      search_stop(own);
    break;
  case REQUEST_LOGS_CLOSE:
    logs_end(own);
    break;
  default:
    return false;
  }
  own->changed(own->arg);
  return true;
}

void dashboard_logs_pause(struct dashboard_logs *own, bool paused) {
  own->paused = paused;
  hold_update(own);
}

void dashboard_logs_close(struct dashboard_logs *own) {
  logs_end(own);
}
