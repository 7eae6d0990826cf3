/* A fleet: many hosts and their mounts on one screen, from node_exporters or from the Prometheus
 * that scrapes them. */
#include "clients/prometheus/prometheus_contract.h"
#include "collectors/collector.h"
#include "collectors/fleet/fleet_source.h"
#include "collectors/fleet/fleet_target.h"

enum { TIMEOUT_MS = 30000 };

static const struct option options[] = {
    {.name = "addresses",
     .type = OPTION_LIST,
     .help = "node_exporters to ask, with ranges in brackets; the port is 9100 unless it is there",
     .example = "[db1, 'web[01-40]:9100', 'https://gateway:9443/metrics']",
     .check = fleet_address_check},
    {.name = "prometheus",
     .type = OPTION_TEXT,
     .help = "instead: name of a target of `prometheus` that scrapes them",
     .example = "main"},
    {.name = "url",
     .type = OPTION_TEXT,
     .help = "instead: URL of a Prometheus that scrapes them",
     .example = "http://prometheus:9090",
     .check = web_url_check},
    {.name = "selector",
     .type = OPTION_TEXT,
     .fallback = FLEET_SELECTOR,
     .help =
         "in Prometheus: matchers of the targets that are hosts, as within the braces of PromQL",
     .check = fleet_selector_check},
    {.name = "host_label",
     .type = OPTION_TEXT,
     .fallback = "instance",
     .help = "in Prometheus: label of the targets that names a host",
     .check = fleet_label_check},
    {.name = "window",
     .type = OPTION_DURATION,
     .min = 10000,
     .max = 86400000,
     .fallback = "5m",
     .help = "in Prometheus: time over which rates are computed, at least four scrapes"},
    {.name = "parallel",
     .type = OPTION_INT,
     .min = 1,
     .max = FLEET_PARALLEL_MAX,
     .fallback = "32",
     .help = "node_exporters that are asked at a time"},
    {.name = "host_timeout",
     .type = OPTION_DURATION,
     .min = 100,
     .max = 60000,
     .fallback = "3s",
     .help = "time limit of the answer of one node_exporter"},
    WEB_LOGIN_OPTIONS,
};
struct watcher {
  struct watch watch; /* first */
  struct fleet_source source;
};

static struct sample *make(const struct fleet_found *found, struct err *err) {
  (void)err;
  return fleet_sample(found);
}

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  watcher->source.make = make;
  return fleet_source_init(&watcher->source, &watcher->watch, NULL, err);
}

static void ask(void *self) {
  struct watcher *watcher = self;
  fleet_source_ask(&watcher->source);
}

static void rest(void *self) {
  struct watcher *watcher = self;
  fleet_source_rest(&watcher->source);
}

static void fini(void *self) {
  struct watcher *watcher = self;
  fleet_source_fini(&watcher->source);
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {
      .size = sizeof(struct watcher), .init = init, .ask = ask, .rest = rest, .fini = fini};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_fleet = {
    .kind = {.kind = FLEET_KIND,
             .key = "fleets",
             .title = "Fleet",
             .interval_ms = 15000, /* as Prometheus does by default */
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .names = (const char *const[]){PROMETHEUS_KIND, NULL},
             .check = fleet_target_check},
    .tables = fleet_tables,
    .table_count = FLEET_TABLES,
    .timeout_ms = TIMEOUT_MS,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
