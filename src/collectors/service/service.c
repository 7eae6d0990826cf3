/* Services: whether the port and the health endpoint answer, how fast, and since when.
 *
 * Both are probed at once. A service that is down is a regular result: its sample always has its
 * row, and no state of a service makes a job fail. */
#include "collectors/figures.h"
#include "collectors/frame.h"

#include "collectors/service/service_history.h"
#include "collectors/service/service_judge.h"
#include "collectors/service/service_table.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/dial.h"
#include "io/http/http.h"
#include "io/resolve.h"
#include "io/tcp.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A health endpoint that takes 6 s is slow, and should be measured, not cancelled. The wait ends
 * this much before the job's deadline: a silent service is then a timeout here, and not cancelled
 * from outside, which would leave its pane without a row. */
enum { TIMEOUT_MS = 10000, MARGIN_MS = 50 };

static const char *const runtimes[] = {"compose", "docker", "kubernetes", "systemd", NULL};

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
    {.name = "host", .type = OPTION_TEXT, .help = "Host header; default: the host of the URL"},
    {.name = "ca_file",
     .type = OPTION_TEXT,
     .help = "PEM file with the CA certificates for TLS; default: those of the system"},
    {.name = "insecure",
     .type = OPTION_BOOL,
     .fallback = "false",
     .help = "do not verify the certificate"},
    {.name = "slow",
     .type = OPTION_DURATION,
     .min = 1,
     .max = 3600000,
     .help = "critical above this latency; default: the threshold service.latency"},
    {.name = "runtime",
     .type = OPTION_MAP,
     .choices = runtimes,
     .help = "what runs the service, for its actions and logs",
     .example = "{compose: api}"},
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
    {6432, "pgbouncer", "address", "127.0.0.1:6432"},
    {0},
};

static void *service_open(struct io *io, const struct target *target, struct err *err);

const struct collector collector_service = {
    .kind = {.kind = "service",
             .key = "services",
             .title = "Services",
             .options = options,
             .option_count = sizeof options / sizeof *options},
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
  char host[HOST_MAX];
  int port;
  struct service_rules rules;
  struct service_history history;

  /* The running collection. */
  int64_t started_ms;
  struct dial *dial;            /* until it has answered */
  struct http_request *request; /* the same */
  struct service_facts facts;
  struct dial_result connected; /* its socket is closed */
  int64_t first_byte_us;
};

static bool expect_check(const char *text, struct err *err) {
  struct service_expect expect;
  return service_expect_parse(text, &expect, err);
}

static bool init(void *self, struct err *err) {
  struct service *service = self;
  const struct target *target = service->watch.target;
  service->rules.expect_text = target_text(target, "expect");
  service->rules.slow_ms = target_number(target, "slow");
  return tcp_address_split(target_text(target, "address"), service->host, &service->port, err) &&
         service_expect_parse(service->rules.expect_text, &service->rules.expect, err);
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

static void fill_probes(const struct service *service, const struct service_verdict *verdict,
                        struct row *row) {
  const struct service_facts *facts = &service->facts;
  row->cells[SERVICE_LATENCY] =
      verdict->latency_us >= 0 ? seconds(verdict->latency_us) : value_none("no answer");
  if (facts->port == PROBE_ANSWERED) {
    row->cells[SERVICE_CONNECT] = seconds(facts->connect_us);
    row->cells[SERVICE_RESOLVE] = seconds(service->connected.resolve_us);
  } else {
    row->cells[SERVICE_CONNECT] = row->cells[SERVICE_RESOLVE] = value_none("no connection");
  }
  if (!facts->has_health)
    return;
  if (facts->health == PROBE_ANSWERED) {
    row->cells[SERVICE_STATUS] = value_int(facts->status);
    row->cells[SERVICE_FIRST_BYTE] = seconds(service->first_byte_us);
  } else {
    row->cells[SERVICE_STATUS] = row->cells[SERVICE_FIRST_BYTE] = value_none("no answer");
  }
}

static void fill_past(const struct service *service, int64_t now_ms, struct row *row) {
  static const char reason[] = FIGURES_NEED_TWO;
  const struct service_history *history = &service->history;
  double ratio;
  int64_t window_ms;
  bool known = service_history_availability(history, now_ms, &ratio, &window_ms);
  row->cells[SERVICE_AVAILABILITY] = known ? value_real(ratio) : value_none(reason);
  row->cells[SERVICE_WINDOW] = known ? value_real((double)window_ms / 1e3) : value_none(reason);
  row->cells[SERVICE_SINCE] = history->count > 1
                                  ? value_real((double)(now_ms - history->since_ms) / 1e3)
                                  : value_none(reason);
}

static const char *connected_text(struct sample *sample, const struct service *service) {
  if (service->facts.port != PROBE_ANSWERED)
    return target_text(service->watch.target, "address");
  char place[PLACE_MAX];
  resolve_place(&service->connected.address, place);
  return sample_copy(sample, place);
}

static struct sample *sample_make(struct service *service, int64_t now_ms) {
  struct service_verdict verdict;
  service_judge(&service->facts, &service->rules, &verdict);
  if (!verdict.unknown)
    service_history_add(&service->history, verdict.state, verdict.severity == SEVERITY_OK,
                        verdict.available, now_ms);

  struct sample *sample = sample_new(tables, 1);
  const char *name = service->watch.target->name;
  struct row *row = sample_row(sample, &sample->tables[0], name, NULL);
  assert(row); /* one row fits into any limit */
  row->severity = verdict.severity;
  row->reason = *verdict.reason ? sample_copy(sample, verdict.reason) : NULL;
  row->lasted_ms = verdict.severity == SEVERITY_CRIT ? now_ms - service->history.since_ms : 0;
  row->cells[SERVICE_NAME] = value_text(sample_copy(sample, name));
  row->cells[SERVICE_ADDRESS] =
      value_text(sample_copy(sample, target_text(service->watch.target, "address")));
  row->cells[SERVICE_STATE] = value_text(sample_copy(sample, verdict.state));
  if (row->reason)
    row->cells[SERVICE_ERROR] = value_text(row->reason);
  const char *runtime = runtime_text(sample, service->watch.target);
  if (*runtime)
    row->cells[SERVICE_RUNTIME] = value_text(runtime);
  fill_probes(service, &verdict, row);
  fill_past(service, now_ms, row);
  sample->address = sample_copy(sample, connected_text(sample, service));
  return sample;
}

/* Ends running probes. */
static void rest(void *self) {
  struct service *service = self;
  if (service->dial)
    dial_cancel(service->dial);
  if (service->request)
    http_cancel(service->request);
  service->dial = NULL;
  service->request = NULL;
}

static void finish(void *self) {
  struct service *service = self;
  int64_t now_ms = clock_now_ms();
  service->facts.waited_ms = now_ms - service->started_ms;
  service->facts.resolving = service->dial && dial_is_resolving(service->dial);
  struct sample *sample = sample_make(service, now_ms);
  watch_done(&service->watch, sample);
}

static void finish_if_answered(struct service *service) {
  bool health_open = service->facts.has_health && service->facts.health == PROBE_UNDER_WAY;
  if (service->facts.port != PROBE_UNDER_WAY && !health_open)
    finish(service);
}

static void on_port(void *arg, const struct dial_result *result, const struct err *err) {
  struct service *service = arg;
  service->dial = NULL;
  if (result) {
    service->facts.port = PROBE_ANSWERED;
    service->facts.connect_us = result->connect_us;
    service->connected = *result;
    close(result->socket);
  } else {
    service->facts.port = PROBE_FAILED;
    service->facts.port_err = *err;
  }
  finish_if_answered(service);
}

static void on_health(void *arg, const struct http_result *result, const struct err *err) {
  struct service *service = arg;
  service->request = NULL;
  struct service_facts *facts = &service->facts;
  if (result) {
    const char *wanted = target_text(service->watch.target, "expect_body");
    facts->health = PROBE_ANSWERED;
    facts->status = result->status;
    facts->health_us = result->total_us;
    facts->body_lacks = wanted && !memmem(result->body, result->body_len, wanted, strlen(wanted));
    service->first_byte_us = result->first_byte_us;
  } else {
    facts->health = PROBE_FAILED;
    facts->health_err = *err;
  }
  finish_if_answered(service);
}

static void ask(void *self) {
  struct service *service = self;
  const struct target *target = service->watch.target;
  const char *health = target_text(target, "health");
  service->started_ms = clock_now_ms();
  service->facts = (struct service_facts){.has_health = health != NULL};
  int64_t wait_ms = watch_end_ms(&service->watch, 0, MARGIN_MS) - service->started_ms;
  if (wait_ms < 1)
    wait_ms = 1;
  watch_wait(&service->watch,
             wait_ms + 1); /* that of health comes first: it knows how far it got */
  service->watch.requests = health ? 2 : 1;
  service->dial = dial_start(service->watch.io, service->host, service->port, on_port, service);
  if (!health)
    return;
  struct http_query query = {.url = health,
                             .host = target_text(target, "host"),
                             .ca_file = target_text(target, "ca_file"),
                             .insecure = target_number(target, "insecure"),
                             .timeout_ms = wait_ms};
  service->request = http_send(service->watch.io, &query, on_health, service);
}

static void *service_open(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {
      .size = sizeof(struct service), .init = init, .ask = ask, .late = finish, .rest = rest};
  return watch_open(&kind, io, target, err);
}
