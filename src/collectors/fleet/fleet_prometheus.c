#include "collectors/fleet/fleet_prometheus.h"

#include "clients/prometheus/prometheus_contract.h"
#include "clients/prometheus/prometheus_targets.h"
#include "core/mem.h"
#include "core/text/format.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 128 << 20, ANSWER_MAX = 64 << 20, RESULTS_MAX = 200000, HOSTS_MAX = 20000 };

static const struct {
  const char *what, *text;
} queries[FLEET_QUERY_COUNT] = {
#define QUERY(name, what, text) [QUERY_##name] = {what, text},
#include "fleet_queries.def"
#undef QUERY
};

/* ---- the queries */

bool fleet_selector_check(const char *text, struct err *err) {
  bool quoted = false;
  if (!*text)
    return err_set(err, ERR_INVALID, "a selector has matchers: job=\"node\",env=\"production\"");
  for (const char *at = text; *at; at++) {
    if (quoted && *at == '\\' && at[1])
      at++;
    else if (*at == '"')
      quoted = !quoted;
    else if (!quoted && strchr("{}()[]", *at))
      return err_set(err, ERR_INVALID,
                     "the matchers of a selector, without braces: job=\"node\",env=\"production\"");
  }
  return !quoted || err_set(err, ERR_INVALID, "a quote is not closed");
}

bool fleet_label_check(const char *text, struct err *err) {
  bool good = isalpha((unsigned char)*text) || *text == '_';
  for (const char *at = text; *at; at++)
    good = good && (isalnum((unsigned char)*at) || *at == '_');
  return good || err_set(err, ERR_INVALID, "\"%.40s\" is not the name of a label", text);
}

struct words {
  char selector[PROMETHEUS_QUERY_MAX], host[PROMETHEUS_LABEL_NAME_MAX + 32], window[FORMAT_MAX];
  const char *interfaces; /* labels that tell a host's interfaces apart: "" or ", device" */
};

static void append(char *out, const char *text, bool *fits) {
  const size_t at = strlen(out), length = strlen(text);
  *fits = *fits && at + length < PROMETHEUS_QUERY_MAX;
  if (*fits)
    memcpy(out + at, text, length + 1);
}

static bool expand(const char *template, const struct words *words, char *out) {
  bool fits = true;
  *out = '\0';
  for (const char *at = template; *at; at++) {
    const char one[] = {*at, '\0'};
    if (*at != '$') {
      append(out, one, &fits);
      continue;
    }
    at++;
    append(out, *at == 'S' ? words->selector : *at == 'W' ? words->window : words->host, &fits);
    if (*at == 'M')
      append(out, ", mountpoint, device, fstype", &fits);
    if (*at == 'N')
      append(out, words->interfaces, &fits);
  }
  return fits;
}

/* A matcher of that value; false if it does not fit. */
static bool add_matcher(char *selector, const char *label, const char *value) {
  bool fits = true;
  append(selector, ",", &fits);
  append(selector, label, &fits);
  append(selector, "=\"", &fits);
  for (; *value; value++) {
    const char one[] = {*value, '\0'};
    if (*value == '\\' || *value == '"')
      append(selector, "\\", &fits);
    append(selector, *value == '\n' ? "\\n" : one, &fits);
  }
  append(selector, "\"", &fits);
  return fits;
}

static bool words_make(struct words *words, const struct target *target,
                       const struct fleet_identity *identity) {
  const char *label = target_text(target, "host_label");
  bool fits = true;
  *words->selector = '\0';
  append(words->selector, target_text(target, "selector"), &fits);
  snprintf(words->host, sizeof words->host, "job, instance%s%s",
           strcmp(label, "instance") != 0 && strcmp(label, "job") != 0 ? ", " : "",
           strcmp(label, "instance") != 0 && strcmp(label, "job") != 0 ? label : "");
  snprintf(words->window, sizeof words->window, "%lldms",
           (long long)target_number(target, "window"));
  words->interfaces = identity ? ", device" : "";
  return fits && (!identity || (add_matcher(words->selector, "job", identity->job) &&
                                add_matcher(words->selector, "instance", identity->instance) &&
                                add_matcher(words->selector, label, identity->host)));
}

bool fleet_prometheus_init(struct fleet_prometheus *prometheus, const struct target *target,
                           const struct fleet_identity *identity, struct err *err) {
  struct words *words = mem_new(sizeof *words);
  char *query = mem_new(PROMETHEUS_QUERY_MAX), *path = mem_new(PROMETHEUS_PATH_MAX);
  bool good = words_make(words, target, identity);
  *prometheus = (struct fleet_prometheus){.host_label = target_text(target, "host_label"),
                                          .count = identity ? FLEET_QUERY_COUNT : QUERY_INTERFACES};
  for (size_t i = 0; good && i < prometheus->count; i++) {
    snprintf(path, PROMETHEUS_PATH_MAX, "%s", PROMETHEUS_QUERY_PATH);
    good = expand(queries[i].text, words, query) && web_path_add(path, PROMETHEUS_PATH_MAX, query);
    prometheus->paths[i] = good ? mem_dup(path) : NULL;
  }
  free(words);
  free(query);
  free(path);
  if (good)
    return true;
  fleet_prometheus_fini(prometheus);
  return err_set(err, ERR_INVALID, "selector is too long: a query has at most %d bytes",
                 PROMETHEUS_QUERY_MAX);
}

void fleet_prometheus_fini(struct fleet_prometheus *prometheus) {
  for (size_t i = 0; i < FLEET_QUERY_COUNT; i++)
    free(prometheus->paths[i]);
}

size_t fleet_prometheus_ask(const struct fleet_prometheus *prometheus,
                            struct web_asked asked[FLEET_QUERY_COUNT]) {
  for (size_t i = 0; i < prometheus->count; i++)
    asked[i] = (struct web_asked){.path = prometheus->paths[i]};
  return prometheus->count;
}

/* ---- hosts */

static void copy(char *out, const char *text) {
  snprintf(out, FLEET_PART_MAX, "%s", text ? text : "");
}

static void key_of(const struct fleet_prometheus *prometheus,
                   const struct prometheus_labels *labels, struct fleet_identity *identity,
                   char key[FLEET_KEY_MAX]) {
  const char *host = prometheus_label(labels, prometheus->host_label);
  copy(identity->job, prometheus_label(labels, "job"));
  copy(identity->instance, prometheus_label(labels, "instance"));
  copy(identity->host, host ? host : identity->instance);
  fleet_key_make(identity, key);
}

static struct fleet_host *host_find(struct fleet_read *read,
                                    const struct fleet_prometheus *prometheus,
                                    const struct prometheus_labels *labels) {
  struct fleet_identity identity;
  char key[FLEET_KEY_MAX];
  key_of(prometheus, labels, &identity, key);
  const struct map_slot *slot = map_find(&read->by_key, key);
  return slot ? &read->hosts[slot->value] : NULL;
}

/* What is usual is left out: "db1:9100" is "db1". */
static const char *label_of(struct fleet_read *read, const struct fleet_identity *identity) {
  const char *host = *identity->host ? identity->host : identity->job;
  const size_t length = strlen(host);
  const char *usual = ":9100";
  const bool cut = length > strlen(usual) && strcmp(host + length - strlen(usual), usual) == 0;
  return arena_text(&read->arena, host, cut ? length - strlen(usual) : length);
}

static void host_add(struct fleet_read *read, const struct fleet_prometheus *prometheus,
                     const struct prometheus_labels *labels, enum fleet_state state,
                     const char *error) {
  struct fleet_identity identity;
  char key[FLEET_KEY_MAX];
  struct fleet_host *known = host_find(read, prometheus, labels);
  if (known) { /* its figures would be those of two */
    known->state = FLEET_UNKNOWN;
    known->error = "several targets have these labels: set host_label, or narrow selector";
    return;
  }
  if (read->count == HOSTS_MAX || read->arena.exhausted)
    return;
  if (read->count == read->capacity) {
    read->capacity = read->capacity ? read->capacity * 2 : 64;
    read->hosts = mem_resize(read->hosts, read->capacity * sizeof *read->hosts);
  }
  assert(read->hosts);
  key_of(prometheus, labels, &identity, key);
  struct fleet_host *host = &read->hosts[read->count];
  *host = (struct fleet_host){
      .key = arena_text(&read->arena, key, strlen(key)),
      .label = label_of(read, &identity),
      .state = state,
      .error = error,
      .age_s = NAN,
      .clock_s = NAN,
      .job = arena_text(&read->arena, identity.job, strlen(identity.job)),
      .address = arena_text(&read->arena, identity.instance, strlen(identity.instance))};
  fleet_facts_init(&host->facts, &read->arena);
  host->facts.are_rates = true;
  map_add(&read->by_key, host->key, read->count++);
}

/* Distinguishes two hosts of one name by their instance. */
static void labels_distinguish(struct fleet_read *read) {
  struct map labels = {.slots = NULL};
  for (size_t i = 0; i < read->count; i++) {
    struct fleet_host *host = &read->hosts[i];
    const struct map_slot *slot = map_find(&labels, host->label);
    struct fleet_host *other = slot ? &read->hosts[slot->value] : NULL;
    if (!other) {
      map_add(&labels, host->label, i);
      continue;
    }
    const bool same = strcmp(host->address, other->address) == 0;
    host->label =
        arena_printf(&read->arena, "%s (%s)", host->label, same ? host->job : host->address);
  }
  map_fini(&labels);
}

/* ---- reading */

struct each {
  const struct fleet_prometheus *prometheus;
  struct fleet_read *read;
  int64_t now_ms;
};

static void take_up(struct each *each, const struct prometheus_result *result, double value) {
  struct fleet_read *read = each->read;
  const bool up = value == 1;
  const size_t before = read->count;
  host_add(read, each->prometheus, &result->labels, up ? FLEET_UP : FLEET_DOWN,
           up ? NULL : "Prometheus cannot scrape it (up == 0)");
  read->down += !up && read->count > before;
}

static void take_gone(struct each *each, const struct prometheus_result *result, double value) {
  struct fleet_read *read = each->read;
  char ago[FORMAT_MAX];
  const double since_s = (double)each->now_ms / 1000 - value;
  if (host_find(read, each->prometheus, &result->labels))
    return;
  const size_t before = read->count;
  format_duration(ago, sizeof ago, since_s > 0 ? since_s : 0);
  host_add(read, each->prometheus, &result->labels, FLEET_GONE,
           arena_printf(&read->arena,
                        "Prometheus does not scrape it any more, last %s ago: removed, or lost by "
                        "its service discovery",
                        ago));
  if (read->count > before)
    read->hosts[before].down_ms = since_s > 0 ? (int64_t)(since_s * 1000) : 0;
}

static void take_age(struct each *each, const struct prometheus_result *result, double value) {
  struct fleet_host *host = host_find(each->read, each->prometheus, &result->labels);
  if (host)
    host->age_s = fmax((double)each->now_ms / 1000 - value, 0);
}

static void take_clock(struct each *each, const struct prometheus_result *result, double value) {
  struct fleet_host *host = host_find(each->read, each->prometheus, &result->labels);
  if (host)
    host->clock_s = value;
}

static void take_series(struct each *each, const struct prometheus_result *result, double value) {
  struct page_label labels[PROMETHEUS_LABELS_MAX];
  struct page_text name = {"", 0};
  struct fleet_host *host = host_find(each->read, each->prometheus, &result->labels);
  if (!host)
    return;
  for (size_t i = 0; i < result->labels.count; i++) {
    const struct prometheus_label *label = &result->labels.items[i];
    labels[i] = (struct page_label){{label->name, strlen(label->name)},
                                    {label->value, strlen(label->value)}};
    if (strcmp(label->name, "stacktop") == 0 ||
        (name.len == 0 && strcmp(label->name, "__name__") == 0))
      name = labels[i].value;
  }
  fleet_facts_take(&host->facts, name, labels, result->labels.count, value);
}

/* False with err if the answer is none. */
static bool read_answer(struct each *each, const struct web_asked *asked,
                        void (*take)(struct each *each, const struct prometheus_result *result,
                                     double value),
                        struct err *err) {
  struct prometheus_answer answer;
  struct arena arena;
  if (asked->err.kind != ERR_NONE) {
    *err = asked->err;
    return false;
  }
  arena_init(&arena, ANSWER_MAX);
  bool good = prometheus_results_read(asked->json, &arena, RESULTS_MAX, &answer, err);
  if (good && (answer.scalar || arena.exhausted || answer.count < answer.total))
    good = err_set(err, ERR_LIMIT, "the answer is too large: narrow selector");
  for (size_t i = 0; good && i < answer.count; i++) {
    double value;
    if (value_number(answer.results[i].value, &value))
      take(each, &answer.results[i], value);
  }
  arena_fini(&arena);
  return good;
}

bool fleet_prometheus_read(const struct fleet_prometheus *prometheus,
                           const struct web_asked asked[FLEET_QUERY_COUNT], int64_t now_ms,
                           struct fleet_read *read, struct err *err) {
  struct err ignored; /* a fault: fleet_prometheus_faults */
  *read = (struct fleet_read){.hosts = NULL};
  arena_init(&read->arena, ARENA_MAX);
  struct each each = {prometheus, read, now_ms};
  if (!read_answer(&each, &asked[QUERY_UP], take_up, err)) {
    fleet_read_fini(read);
    return false;
  }
  (void)!read_answer(&each, &asked[QUERY_GONE], take_gone, &ignored);
  (void)!read_answer(&each, &asked[QUERY_AGE], take_age, &ignored);
  (void)!read_answer(&each, &asked[QUERY_CLOCK], take_clock, &ignored);
  for (size_t i = QUERY_GONE + 1; i < prometheus->count; i++)
    if (i != QUERY_CLOCK)
      (void)!read_answer(&each, &asked[i], take_series, &ignored);
  labels_distinguish(read);
  for (size_t i = 0; i < read->count; i++)
    if (read->hosts[i].state == FLEET_UP && !read->hosts[i].facts.is_node) {
      read->hosts[i].state = FLEET_UNKNOWN;
      read->hosts[i].error = "Prometheus has no series node_* of it: is it a node_exporter?";
    }
  return true;
}

void fleet_read_fini(struct fleet_read *read) {
  map_fini(&read->by_key);
  free(read->hosts);
  arena_fini(&read->arena);
  *read = (struct fleet_read){.hosts = NULL};
}

void fleet_prometheus_faults(const struct fleet_prometheus *prometheus,
                             const struct web_asked asked[FLEET_QUERY_COUNT],
                             struct sample *sample) {
  for (size_t i = 0; i < prometheus->count; i++) {
    const struct web_asked *each = &asked[i];
    struct prometheus_answer answer;
    struct arena arena;
    struct err err = each->err;
    arena_init(&arena, ANSWER_MAX);
    const bool good =
        err.kind == ERR_NONE && prometheus_results_read(each->json, &arena, 0, &answer, &err);
    if (!good)
      sample_fault(sample, i >= QUERY_SIZE ? FLEET_MOUNTS_TABLE : FLEET_HOSTS_TABLE,
                   SEVERITY_UNKNOWN, "cannot read %s: %s", queries[i].what, err.text);
    arena_fini(&arena);
  }
}

void fleet_prometheus_explain(const struct fleet_prometheus *prometheus, const json_t *json,
                              struct fleet_read *read) {
  struct prometheus_targets targets;
  struct arena arena;
  struct err err;
  arena_init(&arena, ANSWER_MAX);
  if (prometheus_targets_read(json, &arena, &targets, &err))
    for (size_t i = 0; i < targets.count; i++) {
      const struct prometheus_scraped *scraped = &targets.items[i];
      struct fleet_host *host = host_find(read, prometheus, &scraped->labels);
      if (host && host->state == FLEET_DOWN && *scraped->error)
        host->error = arena_printf(&read->arena, "%.300s", scraped->error);
    }
  arena_fini(&arena);
}
