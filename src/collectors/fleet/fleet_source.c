#include "collectors/fleet/fleet_source.h"

#include "clients/prometheus/prometheus_contract.h"
#include "collectors/fleet/fleet_target.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARGIN_MIN_MS = 50, MARGIN_MAX_MS = 500 };
enum { SLOPE_S = 15 * 60 }; /* of the query SLOPE */

/* ---- its life */

/* Leaves only the address of that label. */
static bool addresses_narrow(struct fleet_addresses *addresses, const char *key, struct err *err) {
  for (size_t i = 0; i < addresses->count; i++) {
    if (strcmp(addresses->items[i].label, key) != 0)
      continue;
    const struct fleet_address one = addresses->items[i];
    addresses->items[i] = addresses->items[0];
    addresses->items[0] = one;
    return true;
  }
  return err_set(err, ERR_INVALID, "no host of this fleet has that name");
}

static bool init_nodes(struct fleet_source *source, const char *key, struct err *err) {
  const struct target *target = source->watch->target;
  const struct option_value *texts = target_option(target, "addresses");
  struct fleet_nodes *nodes = &source->nodes;
  if (!fleet_addresses_make(&source->addresses, texts->items, texts->item_count, err))
    return false;
  if (key && !addresses_narrow(&source->addresses, key, err)) {
    fleet_addresses_fini(&source->addresses);
    return false;
  }
  nodes->io = source->watch->io;
  nodes->target = target;
  nodes->addresses = source->addresses.items;
  nodes->count = key ? 1 : source->addresses.count;
  nodes->nodes = mem_new((nodes->count + 1) * sizeof *nodes->nodes);
  nodes->parallel = (size_t)target_number(target, "parallel");
  nodes->host_timeout_ms = target_number(target, "host_timeout");
  return true;
}

static bool init_prometheus(struct fleet_source *source, const char *key, struct err *err) {
  struct fleet_identity identity;
  if (key && !fleet_key_read(key, &identity))
    return err_set(err, ERR_INVALID, "no host of this fleet has that name");
  source->has_prometheus = fleet_prometheus_init(&source->prometheus, source->watch->target,
                                                 key ? &identity : NULL, err);
  return source->has_prometheus;
}

bool fleet_source_init(struct fleet_source *source, struct watch *watch, const char *key,
                       struct err *err) {
  source->watch = watch;
  if (!fleet_target_check(watch->target, err))
    return false;
  return fleet_asks_nodes(watch->target) ? init_nodes(source, key, err)
                                         : init_prometheus(source, key, err);
}

void fleet_source_fini(struct fleet_source *source) {
  for (size_t i = 0; i < source->nodes.count; i++)
    fleet_node_fini(&source->nodes.nodes[i]);
  free(source->nodes.nodes);
  fleet_addresses_fini(&source->addresses);
  if (source->has_prometheus)
    fleet_prometheus_fini(&source->prometheus);
}

void fleet_source_rest(struct fleet_source *source) {
  if (source->explanation)
    web_cancel(source->explanation);
  source->explanation = NULL;
  web_batch_fini(&source->batch);
  fleet_read_fini(&source->read);
  fleet_nodes_rest(&source->nodes);
}

static int64_t end_ms(const struct fleet_source *source) {
  return watch_end_ms(source->watch, MARGIN_MIN_MS, MARGIN_MAX_MS);
}

/* Of what was found; NULL: the collection has failed. */
static struct sample *make(const struct fleet_source *source, const char *name,
                           struct fleet_host *hosts, size_t count, bool cut) {
  struct err err = {0};
  struct sample *sample = source->make(
      &(struct fleet_found){.name = source->watch->target->name,
                            .source = name,
                            .hosts = hosts,
                            .count = count,
                            .took_s = (double)(clock_now_us() - source->started_us) / 1e6,
                            .now_ms = clock_wall_ms(),
                            .window_s = SLOPE_S},
      &err);
  if (!sample)
    watch_failed(source->watch, &err);
  else if (cut)
    sample_fault(sample, NULL, SEVERITY_UNKNOWN, "the answers are too large: a part is cut");
  return sample;
}

/* ---- node_exporters */

static void on_nodes(void *arg) {
  struct fleet_source *source = arg;
  const struct fleet_nodes *nodes = &source->nodes;
  char name[64];
  snprintf(name, sizeof name, "%zu node_exporter%s", nodes->count, nodes->count == 1 ? "" : "s");
  struct sample *sample = make(source, name, nodes->hosts, nodes->count, nodes->arena.exhausted);
  if (sample)
    watch_done(source->watch, sample);
}

/* ---- a Prometheus */

static void publish(struct fleet_source *source) {
  const struct fleet_read *read = &source->read;
  const struct target *target = source->watch->target, *server = fleet_server(target);
  char name[128];
  snprintf(name, sizeof name, "Prometheus%s%.100s", server == target ? "" : " ",
           server == target ? "" : server->name);
  struct sample *sample = make(source, name, read->hosts, read->count, read->arena.exhausted);
  if (!sample)
    return;
  sample->address = sample_copy(sample, target_text(server, "url"));
  fleet_prometheus_faults(&source->prometheus, source->asked, sample);
  watch_done(source->watch, sample);
}

static void on_explanation(void *arg, const struct web_answer *answer) {
  struct fleet_source *source = arg;
  source->explanation = NULL;
  if (!answer->err)
    fleet_prometheus_explain(&source->prometheus, answer->json, &source->read);
  publish(source);
}

/* Why scrapes fail is in no series. */
static void explain(struct fleet_source *source) {
  const int64_t left_ms = end_ms(source) - clock_now_ms();
  const struct web_query query = {.path = PROMETHEUS_TARGETS_PATH, .timeout_ms = left_ms};
  if (source->read.down == 0 || left_ms <= 0) {
    publish(source);
    return;
  }
  source->watch->requests++;
  source->explanation = web_ask(source->watch->io, fleet_server(source->watch->target), &query,
                                on_explanation, source);
}

static void on_answers(void *arg) {
  struct fleet_source *source = arg;
  struct err err = {0};
  if (!fleet_prometheus_read(&source->prometheus, source->asked, clock_wall_ms(), &source->read,
                             &err)) {
    watch_failed(source->watch, &err);
    return;
  }
  if (source->read.count == 0) {
    err_set(&err, ERR_INVALID, "Prometheus has no target {%.150s}%s",
            target_text(source->watch->target, "selector"),
            source->watch->focus ? " of that name" : ": set selector");
    watch_failed(source->watch, &err);
    return;
  }
  explain(source);
}

void fleet_source_ask(struct fleet_source *source) {
  struct watch *watch = source->watch;
  const struct target *server = fleet_server(watch->target);
  struct err err;
  source->started_us = clock_now_us();
  if (fleet_asks_nodes(watch->target)) {
    watch->requests += (uint32_t)source->nodes.count;
    fleet_nodes_start(&source->nodes, end_ms(source), on_nodes, source);
    return;
  }
  if (!server || server->disabled) {
    err_set(&err, ERR_DISABLED, "%s",
            server ? "its Prometheus is disabled in the configuration"
                   : "there is no such Prometheus");
    watch_failed(watch, &err);
    return;
  }
  const size_t count = fleet_prometheus_ask(&source->prometheus, source->asked);
  watch->requests += (uint32_t)count;
  web_batch_start(&source->batch, watch->io, server, source->asked, count, end_ms(source),
                  on_answers, source);
}
