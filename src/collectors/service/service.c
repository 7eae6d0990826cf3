/* Services: whether the port and the health endpoint answer, how fast, and since when.
 *
 * Both are probed at once. A service that is down is a regular result: its sample always has its
 * row, and no state of a service makes a job fail. */
#include "clients/service/service_docker.h"
#include "clients/service/service_probe.h"
#include "clients/service/service_request.h"
#include "clients/service/service_runtime.h"
#include "clients/service/service_series.h"
#include "collectors/figures.h"
#include "collectors/frame.h"
#include "collectors/service/service_dns.h"
#include "collectors/service/service_figures.h"
#include "collectors/service/service_history.h"
#include "collectors/service/service_runs.h"
#include "collectors/service/service_table.h"
#include "io/clock.h"
#include "io/http/http.h"
#include "io/net/dns.h"
#include "io/net/resolve.h"
#include "io/net/tcp.h"

#include <assert.h>

/* A health endpoint that takes 6 s is slow, and should be measured, not cancelled. The wait ends
 * this much before the job's deadline: a silent service is then a timeout here, and not cancelled
 * from outside, which would leave its pane without a row. */
enum { TIMEOUT_MS = 10000, MARGIN_MS = 50 };

static bool expect_check(const char *text, struct err *err);

static const struct option options[] = {
    {.name = "address",
     .type = OPTION_TEXT,
     .required = true,
     .help = "host:port or [IPv6]:port",
     .example = "\"api:8000\"",
     .check = tcp_address_check},
    {.name = "health",
     .type = OPTION_TEXT,
     .help = "http or https URL of the health endpoint",
     .example = "\"http://api:8000/health\"",
     .check = http_url_check},
    {.name = "expect",
     .type = OPTION_TEXT,
     .fallback = "200-299",
     .help = "status codes that count as healthy, such as 200-299, 401",
     .check = expect_check},
    {.name = "expect_body",
     .type = OPTION_TEXT,
     .help = "text that the body of the health response must contain"},
    {.name = "expect_json",
     .type = OPTION_MAP,
     .help = "fields that the health response must have with these values",
     .example = "{status: ok, \"checks.db\": up}",
     .check_name = service_field_check},
    {.name = "expect_headers",
     .type = OPTION_MAP,
     .help = "headers that the health response must have, containing these texts",
     .example = "{strict-transport-security: max-age}",
     .check = service_header_check,
     .check_name = service_header_token_check},
    {.name = "method",
     .type = OPTION_CHOICE,
     .choices = service_methods,
     .help = "method of the health request; default: GET, or POST with a body",
     .example = "HEAD"},
    {.name = "headers",
     .type = OPTION_MAP,
     .help = "headers of the health request; never shown",
     .example = "{Accept: application/json}",
     .check = service_header_check,
     .check_name = service_header_name_check,
     .hidden = true},
    {.name = "body",
     .type = OPTION_SECRET,
     .help = "body of the health request; never shown",
     .hidden = true,
     .example = "'{\"query\": \"{ping}\"}'"},
    {.name = "bearer",
     .type = OPTION_SECRET,
     .help = "bearer token of the health request; never shown",
     .example = "\"${API_TOKEN}\"",
     .check = http_bearer_check,
     .hidden = true},
    {.name = "host",
     .type = OPTION_TEXT,
     .help = "Host header and, with TLS, the name that is verified; default: the host of the URL",
     .example = "api.example.com",
     .check = http_host_check},
    {.name = "cert_file",
     .type = OPTION_TEXT,
     .help = "PEM file of the client certificate and its chain"},
    {.name = "key_file",
     .type = OPTION_TEXT,
     .help = "PEM file of its key, without a password; default: in cert_file"},
    {.name = "tls",
     .type = OPTION_BOOL,
     .fallback = "false",
     .help = "verify the TLS certificate of the port; for a service without health, or with grpc"},
    {.name = "ca_file",
     .type = OPTION_TEXT,
     .help = "PEM file with the CA certificates for TLS; default: those of the system"},
    {.name = "insecure",
     .type = OPTION_BOOL,
     .fallback = "false",
     .help = "do not verify the certificate"},
    {.name = "grpc",
     .type = OPTION_TEXT,
     .help = "host:port of a gRPC server whose health service is called; over TLS with tls: true",
     .example = "\"cart:50051\"",
     .check = tcp_address_check},
    {.name = "grpc_service",
     .type = OPTION_TEXT,
     .help = "service to ask grpc for; default: the server as a whole",
     .example = "shop.Cart",
     .check = service_grpc_name_check},
    {.name = "metrics",
     .type = OPTION_TEXT,
     .help = "http or https URL of a page of metrics (OpenMetrics, Prometheus)",
     .example = "\"http://api:8000/metrics\"",
     .check = http_url_check},
    {.name = "series",
     .type = OPTION_MAP,
     .help = "figures from metrics, by title: docs/health-checks.md",
     .example = "{requests: rate(http_requests_total)}",
     .check = service_series_check,
     .check_name = service_series_name_check},
    {.name = "dns",
     .type = OPTION_TEXT,
     .help = "name to look up in each collection",
     .example = "api.example.com",
     .check = dns_name_check},
    {.name = "resolver",
     .type = OPTION_TEXT,
     .help = "address of the name server to ask for dns; default: as this host resolves names",
     .example = "10.0.0.53",
     .check = dns_server_check},
    {.name = "expect_addresses",
     .type = OPTION_TEXT,
     .help = "addresses that dns must have, and no others of the same family",
     .example = "\"10.0.0.1, 10.0.0.2\"",
     .check = service_addresses_check},
    {.name = "slow",
     .type = OPTION_DURATION,
     .min = 1,
     .max = 3600000,
     .help = "critical above this latency; default: the threshold service.latency"},
    {.name = "ready",
     .type = OPTION_DURATION,
     .min = 1000,
     .max = 3600000,
     .fallback = "2m",
     .help = "how long a start may take until it answers as it should"},
    {.name = "runtime",
     .type = OPTION_MAP,
     .choices = service_runtimes,
     .help = "what runs it: a compose service, a container, a workload of Kubernetes, a systemd "
             "unit, or programs that start and stop it",
     .example = "{compose: api}",
     .check = service_runtime_check,
     .check_item = service_driver_check},
    {.name = "engine",
     .type = OPTION_TEXT,
     .help =
         "Docker engine of its containers: a target of the kind docker, or an endpoint; default: "
         "DOCKER_HOST, else the docker context, else the usual socket. With Kubernetes: a target "
         "of "
         "that kind",
     .example = "\"unix:///var/run/docker.sock\"",
     .check = service_docker_engine_check},
    {.name = "environment",
     .type = OPTION_LIST,
     .help = "environment variables that its runtime must set, and that programs of `runtime` get "
             "from stacktop; values are never shown",
     .example = "[DATABASE_URL]"},
};

static const struct table_spec *const tables[] = {&service_table};

/* Common front ends of a stack; the stores have their own collectors. */
static const struct usual_place usual[] = {
    {80, "http", "address", "127.0.0.1:80"},
    {443, "https", "address", "127.0.0.1:443"},
    {3000, "port-3000", "address", "127.0.0.1:3000"},
    {8000, "port-8000", "address", "127.0.0.1:8000"},
    {8080, "port-8080", "address", "127.0.0.1:8080"},
    {8501, "port-8501", "address", "127.0.0.1:8501"},
    {9000, "port-9000", "address", "127.0.0.1:9000"},
    {0},
};

static void *service_open(struct io *io, const struct target *target, struct err *err);

const struct collector collector_service = {
    .kind = {.kind = "service",
             .key = "services",
             .title = "Services",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .names = (const char *const[]){"docker", "kubernetes", "systemd", NULL}},
    .tables = tables,
    .table_count = 1,
    .timeout_ms = TIMEOUT_MS + MARGIN_MS,
    .usual = usual,
    .open = service_open,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};

struct service {
  struct watch watch; /* first */
  struct service_place place;
  struct service_history history;
  struct service_dns dns;
  struct service_probe *probe;     /* of the running collection; NULL: it has ended */
  struct service_answer answer;    /* its result, once the probe has ended */
  struct service_figures *figures; /* NULL: none are configured */
  struct service_runs runs;
  bool waits; /* the probe has answered, and what runs it has not */
};

static bool expect_check(const char *text, struct err *err) {
  struct service_expect expect;
  return service_expect_parse(text, &expect, err);
}

static void on_runs(void *arg);

static bool init(void *self, struct err *err) {
  struct service *service = self;
  if (!service_place_read(service->watch.target, &service->place, err))
    return false;
  service->figures = service_figures_new(service->watch.target);
  service_runs_init(&service->runs, service->watch.io, service->watch.target, on_runs, service);
  return true;
}

static void end(void *self) {
  struct service *service = self;
  watch_hold(&service->watch);
  service_runs_close(&service->runs, watch_released, service);
}

static void fini(void *self) {
  struct service *service = self;
  service_runs_fini(&service->runs);
  service_figures_free(service->figures);
}

static struct value seconds(int64_t us) {
  return value_real((double)us / 1e6);
}

static const char *runtime_text(struct sample *sample, const struct target *target) {
  const struct option_value *runtime = target_option(target, "runtime");
  const char *text = "";
  for (size_t i = 0; i < runtime->item_count; i++)
    text = sample_printf(sample, "%s%s%s %s", text, *text ? ", " : "", runtime->names[i],
                         runtime->items[i]);
  return text;
}

static void fill_probes(const struct service_answer *answer, const struct service_verdict *verdict,
                        struct row *row) {
  const struct service_facts *facts = &answer->facts;
  row->cells[SERVICE_LATENCY] =
      verdict->latency_us >= 0 ? seconds(verdict->latency_us) : value_none("no answer");
  if (facts->port == PROBE_ANSWERED) {
    row->cells[SERVICE_CONNECT] = seconds(facts->connect_us);
    row->cells[SERVICE_RESOLVE] = seconds(answer->connected.resolve_us);
  } else {
    row->cells[SERVICE_CONNECT] = row->cells[SERVICE_RESOLVE] = value_none("no connection");
  }
  if (!facts->has_health || facts->only_tls)
    return;
  if (facts->health == PROBE_ANSWERED) {
    row->cells[SERVICE_STATUS] = value_int(facts->status);
    row->cells[SERVICE_FIRST_BYTE] = seconds(answer->first_byte_us);
  } else {
    row->cells[SERVICE_STATUS] = row->cells[SERVICE_FIRST_BYTE] = value_none("no answer");
  }
}

static void fill_tls(struct sample *sample, const struct http_tls *tls, struct row *row) {
  if (!tls->known)
    return;
  const int64_t left_s = tls->expires_s - clock_wall_ms() / 1000;
  row->cells[SERVICE_TLS] = value_real((double)left_s);
  row->cells[SERVICE_TLS_EXPIRES] = value_int(tls->expires_s * 1000);
  row->cells[SERVICE_TLS_NAMES] = value_text(sample_copy(sample, tls->names));
  row->cells[SERVICE_TLS_ISSUER] = value_text(sample_copy(sample, tls->issuer));
  row->cells[SERVICE_TLS_KEY] =
      value_text(*tls->weak ? sample_printf(sample, "%s (weak: %s)", tls->key, tls->weak)
                            : sample_copy(sample, tls->key));
  row->cells[SERVICE_TLS_PROTOCOL] = *tls->protocol ? value_text(sample_copy(sample, tls->protocol))
                                                    : value_none("libcurl does not use OpenSSL");
  if (*tls->expiring)
    row->cells[SERVICE_TLS_EXPIRING] = value_text(sample_copy(sample, tls->expiring));
}

/* Where it is not as it should be: what it said. */
static void fill_answer(struct sample *sample, const struct service_answer *answer,
                        const struct service_verdict *verdict, struct row *row) {
  const struct service_facts *facts = &answer->facts;
  if (*answer->proxy)
    row->cells[SERVICE_PROXY] = value_text(sample_copy(sample, answer->proxy));
  if (*facts->location)
    row->cells[SERVICE_REDIRECT] = value_text(sample_copy(sample, facts->location));
  if (!verdict->available && *facts->excerpt)
    row->cells[SERVICE_BODY] = value_text(sample_copy(sample, facts->excerpt));
  if (answer->tls_us > 0)
    row->cells[SERVICE_HANDSHAKE] = seconds(answer->tls_us);
}

static void fill_past(struct sample *sample, const struct service *service, int64_t now_ms,
                      struct row *row) {
  static const char reason[] = FIGURES_NEED_TWO;
  const struct service_history *history = &service->history;
  double ratio;
  int64_t window_ms;
  bool known = service_history_availability(history, now_ms, &ratio, &window_ms);
  row->cells[SERVICE_AVAILABILITY] = known ? value_real(ratio) : value_none(reason);
  row->cells[SERVICE_WINDOW] = known ? value_real((double)window_ms / 1e3) : value_none(reason);
  int64_t latencies_us[SERVICE_PERCENTILES];
  service_history_percentiles(history, now_ms, latencies_us);
  for (size_t i = 0; i < SERVICE_PERCENTILES; i++)
    row->cells[SERVICE_LATENCY_P50 + i] =
        latencies_us[i] >= 0
            ? seconds(latencies_us[i])
            : value_none(sample_printf(sample, "needs %zu answers", service_percentile_least(i)));
  row->cells[SERVICE_SINCE] = history->count > 1
                                  ? value_real((double)(now_ms - history->since_ms) / 1e3)
                                  : value_none(reason);
}

static const char *connected_text(struct sample *sample, const struct target *target,
                                  const struct service_answer *answer) {
  if (answer->facts.port != PROBE_ANSWERED)
    return target_text(target, "address");
  char place[PLACE_MAX];
  resolve_place(&answer->connected.address, place);
  return sample_copy(sample, place);
}

static struct sample *sample_make(struct service *service, const struct service_answer *answer,
                                  int64_t now_ms) {
  struct service_verdict verdict;
  service_judge(&answer->facts, &service->place.rules, &verdict);
  if (!verdict.unknown)
    service_history_add(&service->history, verdict.state, verdict.severity == SEVERITY_OK,
                        verdict.available, verdict.latency_us, now_ms);
  service_dns_take(&service->dns, &answer->facts, now_ms);

  const struct table_spec *const specs[] = {&service_table, &service_figures_none};
  struct sample *sample = sample_new(specs, service->figures ? 2 : 1);
  const char *name = service->watch.target->name;
  struct row *row = sample_row(sample, &sample->tables[0], name, NULL);
  assert(row); /* one row fits into any limit */
  row->severity = verdict.severity;
  row->reason = *verdict.reason ? sample_copy(sample, verdict.reason) : NULL;
  row->lasted_ms =
      verdict.severity != SEVERITY_OK && !verdict.unknown ? now_ms - service->history.since_ms : 0;
  row->cells[SERVICE_NAME] = value_text(sample_copy(sample, name));
  row->cells[SERVICE_ADDRESS] =
      value_text(sample_copy(sample, target_text(service->watch.target, "address")));
  row->cells[SERVICE_STATE] = value_text(sample_copy(sample, verdict.state));
  if (row->reason)
    row->cells[SERVICE_ERROR] = value_text(row->reason);
  const char *runtime = runtime_text(sample, service->watch.target);
  if (*runtime)
    row->cells[SERVICE_RUNTIME] = value_text(runtime);
  fill_probes(answer, &verdict, row);
  fill_answer(sample, answer, &verdict, row);
  fill_tls(sample, &answer->facts.tls, row);
  fill_past(sample, service, now_ms, row);
  service_runs_fill(&service->runs, sample, row);
  service_dns_fill(&service->dns, &answer->facts, now_ms, sample, row);
  if (service->figures)
    service_figures_fill(service->figures, sample);
  sample->address = sample_copy(sample, connected_text(sample, service->watch.target, answer));
  return sample;
}

/* Ends running probes. */
static void rest(void *self) {
  struct service *service = self;
  if (service->probe)
    service_probe_cancel(service->probe);
  service->probe = NULL;
  service->waits = false;
  if (service->figures)
    service_figures_cancel(service->figures);
}

static void end_if_answered(struct service *service) {
  if (!service->probe && !service->waits &&
      !(service->figures && service_figures_asks(service->figures)))
    watch_done(&service->watch, sample_make(service, &service->answer, clock_now_ms()));
}

static bool is_well(const struct service *service) {
  struct service_verdict verdict;
  service_judge(&service->answer.facts, &service->place.rules, &verdict);
  return verdict.severity == SEVERITY_OK;
}

static void on_answer(void *arg, const struct service_answer *answer) {
  struct service *service = arg;
  int64_t wait_ms;
  const int64_t left_ms = watch_end_ms(&service->watch, 0, MARGIN_MS) - clock_now_ms();
  service->probe = NULL;
  service->answer = *answer;
  service_runs_take_health(&service->runs, is_well(service));
  service->waits = service_runs_is_awaited(&service->runs, service->watch.job->one_pass, &wait_ms);
  if (service->waits)
    watch_wait(&service->watch, wait_ms < left_ms ? wait_ms : left_ms);
  end_if_answered(service);
}

static void on_runs(void *arg) {
  struct service *service = arg;
  if (!service->waits)
    return;
  service->waits = false;
  end_if_answered(service);
}

/* What runs it has not answered in time. */
static void late(void *self) {
  struct service *service = self;
  service->waits = false;
  end_if_answered(service);
}

static void on_figures(void *arg) {
  end_if_answered(arg);
}

static void ask(void *self) {
  struct service *service = self;
  const struct target *target = service->watch.target;
  const int64_t wait_ms = watch_end_ms(&service->watch, 0, MARGIN_MS) - clock_now_ms();
  const bool asks_health =
      target_text(target, "health") || target_text(target, "grpc") || target_number(target, "tls");
  service->watch.requests = asks_health ? 2 : 1;
  service_runs_look(&service->runs, service->watch.job->one_pass);
  service->probe =
      service_probe_start(service->watch.io, target, &service->place, wait_ms, on_answer, service);
  if (!service->figures)
    return;
  service->watch.requests++;
  service_figures_ask(service->figures, service->watch.io, wait_ms, on_figures, service);
}

static void *service_open(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct service),
                                         .init = init,
                                         .ask = ask,
                                         .late = late,
                                         .rest = rest,
                                         .end = end,
                                         .fini = fini};
  return watch_open(&kind, io, target, err);
}
