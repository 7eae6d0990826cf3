#include "clients/service/service_probe.h"

#include "clients/service/service_hide.h"
#include "clients/service/service_metrics.h"
#include "clients/service/service_request.h"
#include "core/mem.h"
#include "core/text/text.h"
#include "io/clock.h"
#include "io/http/http.h"
#include "io/http/http_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct service_probe {
  const struct target *target;
  struct dial *dial;             /* until it has answered */
  struct http_request *request;  /* the same */
  struct service_lookup *lookup; /* the same */
  int64_t started_ms;
  struct service_answer answer;
  uv_timer_t timer;
  service_probe_cb done;
  void *arg;
};

bool service_place_read(const struct target *target, struct service_place *place, struct err *err) {
  *place = (struct service_place){.rules = {.expect_text = target_text(target, "expect"),
                                            .slow_ms = target_number(target, "slow"),
                                            .insecure = target_number(target, "insecure")}};
  const char *addresses = target_text(target, "expect_addresses");
  return service_request_check(target, err) && service_grpc_check(target, err) &&
         service_metrics_check(target, err) && service_names_check(target, err) &&
         (!addresses || service_addresses_parse(addresses, &place->rules.addresses, err)) &&
         tcp_address_split(target_text(target, "address"), place->host, &place->port, err) &&
         service_expect_parse(place->rules.expect_text, &place->rules.expect, err);
}

static void on_timer_closed(uv_handle_t *handle) {
  free(handle->data);
}

void service_probe_cancel(struct service_probe *probe) {
  if (probe->dial)
    dial_cancel(probe->dial);
  if (probe->request)
    http_cancel(probe->request);
  if (probe->lookup)
    service_names_cancel(probe->lookup);
  uv_close((uv_handle_t *)&probe->timer, on_timer_closed);
}

static void probe_end(struct service_probe *probe) {
  const struct service_answer answer = probe->answer;
  const service_probe_cb done = probe->done;
  void *arg = probe->arg;
  service_probe_cancel(probe);
  done(arg, &answer);
}

static void on_late(uv_timer_t *timer) {
  struct service_probe *probe = timer->data;
  probe->answer.facts.waited_ms = clock_now_ms() - probe->started_ms;
  probe->answer.facts.resolving = probe->dial && dial_is_resolving(probe->dial);
  probe_end(probe);
}

static void end_if_answered(struct service_probe *probe) {
  struct service_facts *facts = &probe->answer.facts;
  const bool health_open = facts->has_health && facts->health == PROBE_UNDER_WAY;
  const bool dns_open = facts->has_dns && facts->dns == PROBE_UNDER_WAY;
  facts->waited_ms = clock_now_ms() - probe->started_ms;
  if (facts->port != PROBE_UNDER_WAY && !health_open && !dns_open)
    probe_end(probe);
}

static void on_port(void *arg, const struct dial_result *result, const struct err *err) {
  struct service_probe *probe = arg;
  struct service_facts *facts = &probe->answer.facts;
  probe->dial = NULL;
  if (result) {
    facts->port = PROBE_ANSWERED;
    facts->connect_us = result->connect_us;
    probe->answer.connected = *result;
    close(result->socket);
  } else {
    facts->port = PROBE_FAILED;
    facts->port_err = *err;
  }
  end_if_answered(probe);
}

static void on_names(void *arg, const struct service_names *names) {
  struct service_probe *probe = arg;
  struct service_facts *facts = &probe->answer.facts;
  probe->lookup = NULL;
  facts->dns = names->answered ? PROBE_ANSWERED : PROBE_FAILED;
  facts->names = *names;
  end_if_answered(probe);
}

static struct service_wanted wanted_of(const struct target *target, const char *name) {
  const struct option_value *value = target_option(target, name);
  return (struct service_wanted){value->names, value->items, value->item_count};
}

/* "https://api/login?...": what follows may be a secret. */
static void read_location(struct service_probe *probe, const char *location) {
  const size_t len = strcspn(location, "?#");
  char *text = mem_printf("%.*s%s", (int)len, location, location[len] ? "?..." : "");
  const size_t left = service_hide_secrets(probe->target, text, strlen(text));
  text_sanitize(probe->answer.facts.location, sizeof probe->answer.facts.location, text, left,
                false);
  free(text);
}

static void read_answer(struct service_probe *probe, const struct http_result *result) {
  struct service_facts *facts = &probe->answer.facts;
  const char *text = target_text(probe->target, "expect_body");
  const struct service_wanted fields = wanted_of(probe->target, "expect_json"),
                              headers = wanted_of(probe->target, "expect_headers");
  facts->body_lacks = text && !memmem(result->body, result->body_len, text, strlen(text));
  /* what is said of the answer may quote it */
  char *body = mem_new(result->body_len + 1), *lines = mem_dup(result->headers);
  memcpy(body, result->body, result->body_len);
  const size_t len = service_hide_secrets(probe->target, body, result->body_len);
  lines[service_hide_secrets(probe->target, lines, strlen(lines))] = '\0';
  if (service_headers_hold(lines, &headers, facts->lacks) &&
      service_json_holds(body, len, result->body_cut, &fields, facts->lacks))
    *facts->lacks = '\0';
  service_excerpt(body, len, facts->excerpt, &facts->one_line);
  free(body);
  free(lines);
  read_location(probe, result->location);
}

/* False with err if it is not an answer of gRPC. */
static bool read_grpc(struct service_probe *probe, const struct http_result *result,
                      struct err *err) {
  struct service_grpc *grpc = &probe->answer.facts.grpc;
  char *lines = mem_dup(result->headers); /* what is said of the answer may quote it */
  lines[service_hide_secrets(probe->target, lines, strlen(lines))] = '\0';
  const bool good = service_grpc_read(result->status, lines, result->body, result->body_len,
                                      target_text(probe->target, "grpc_service"), grpc, err);
  char reason[GRPC_REASON_MAX];
  memcpy(reason, grpc->reason, sizeof reason);
  text_sanitize(grpc->reason, sizeof grpc->reason, reason, strlen(reason), false);
  free(lines);
  return good;
}

/* What failed may be the proxy. */
static void say_proxy(struct service_probe *probe) {
  const char *url = target_text(probe->target, "health");
  struct service_answer *answer = &probe->answer;
  struct http_place place;
  struct err err, *why = &answer->facts.health_err;
  if (answer->facts.is_grpc || answer->facts.only_tls || !url ||
      !http_place_read(url, &place, &err))
    return;
  http_proxy_text(http_proxy_of(&place), answer->proxy, sizeof answer->proxy);
  if (*answer->proxy && strncmp(why->text, "TLS", 3) != 0) {
    err = *why;
    err_set(why, err.kind, "by the proxy %.100s: %.300s", answer->proxy, err.text);
  }
}

static void on_health(void *arg, const struct http_result *result, const struct err *err) {
  struct service_probe *probe = arg;
  struct service_facts *facts = &probe->answer.facts;
  struct err wrong;
  probe->request = NULL;
  if (result && facts->is_grpc && !read_grpc(probe, result, &wrong)) {
    result = NULL;
    err = &wrong;
  }
  if (result) {
    facts->health = PROBE_ANSWERED;
    facts->status = result->status;
    facts->health_us = result->total_us;
    probe->answer.first_byte_us = result->first_byte_us;
    probe->answer.tls_us = result->tls_us ? result->tls_us - result->connect_us : 0;
    memcpy(probe->answer.proxy, result->proxy, strlen(result->proxy) + 1);
    if (!facts->is_grpc)
      read_answer(probe, result);
  } else {
    facts->health = PROBE_FAILED;
    facts->health_err = *err;
    say_proxy(probe);
  }
  end_if_answered(probe);
}

/* The request to gRPC's health service; url has room for a host. */
static struct http_query grpc_query(const struct target *target, char *url, size_t size,
                                    char body[GRPC_REQUEST_MAX], struct http_header **headers) {
  struct http_query query = service_request(target, headers);
  static const struct http_header ours[] = {{"Content-Type", "application/grpc"},
                                            {"TE", "trailers"},
                                            {"grpc-accept-encoding", "identity"}};
  const size_t count = sizeof ours / sizeof *ours;
  snprintf(url, size, "%s://%s/grpc.health.v1.Health/Check",
           target_number(target, "tls") ? "https" : "http", target_text(target, "grpc"));
  *headers = mem_resize(*headers, (query.header_count + count) * sizeof **headers);
  memcpy(*headers + query.header_count, ours, sizeof ours);
  query.headers = *headers;
  query.header_count += count;
  query.body = body;
  query.body_len = service_grpc_request(target_text(target, "grpc_service"), body);
  query.encoded = false;
  query.http2 = true;
  query.url = url;
  return query;
}

struct service_probe *service_probe_start(struct io *io, const struct target *target,
                                          const struct service_place *place, int64_t wait_ms,
                                          service_probe_cb done, void *arg) {
  struct service_probe *probe = mem_new(sizeof *probe);
  const char *health = target_text(target, "health");
  const bool grpc = target_text(target, "grpc"), only_tls = target_number(target, "tls") && !grpc;
  char tls_url[HOST_MAX + 64], body[GRPC_REQUEST_MAX];
  if (wait_ms < 1)
    wait_ms = 1;
  probe->done = done;
  probe->arg = arg;
  probe->target = target;
  probe->started_ms = clock_now_ms();
  probe->answer.facts.has_health = health || only_tls || grpc;
  probe->answer.facts.is_grpc = grpc;
  probe->answer.facts.only_tls = only_tls;
  uv_update_time(io->loop); /* the timer counts from the loop's own time, cached before */
  uv_timer_init(io->loop, &probe->timer);
  probe->timer.data = probe;
  /* health's own deadline comes first, because it knows how far it got */
  uv_timer_start(&probe->timer, on_late, (uint64_t)wait_ms + 1, 0);
  probe->dial = dial_start(io, place->host, place->port, on_port, probe);
  probe->answer.facts.has_dns = target_text(target, "dns");
  if (probe->answer.facts.has_dns)
    probe->lookup = service_names_ask(io, target, on_names, probe);
  if (only_tls) {
    bool v6 = strchr(place->host, ':');
    snprintf(tls_url, sizeof tls_url, "https://%s%s%s:%d/", v6 ? "[" : "", place->host,
             v6 ? "]" : "", place->port);
    health = tls_url;
  }
  if (!health && !grpc)
    return probe;
  struct http_header *headers;
  struct http_query query = grpc ? grpc_query(target, tls_url, sizeof tls_url, body, &headers)
                                 : service_request(target, &headers);
  query.url = grpc ? tls_url : health;
  query.timeout_ms = wait_ms;
  query.only_tls = only_tls;
  query.tls = &probe->answer.facts.tls;
  probe->request = http_send(io, &query, on_health, probe);
  free(headers);
  return probe;
}
