#include "clients/service/service_probe.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/http/http.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct service_probe {
  const char *body_wanted;      /* the target's; NULL: any body is fine */
  struct dial *dial;            /* until it has answered */
  struct http_request *request; /* the same */
  int64_t started_ms;
  struct service_answer answer;
  uv_timer_t timer;
  service_probe_cb done;
  void *arg;
};

bool service_place_read(const struct target *target, struct service_place *place, struct err *err) {
  *place = (struct service_place){.rules = {.expect_text = target_text(target, "expect"),
                                            .slow_ms = target_number(target, "slow")}};
  return tcp_address_split(target_text(target, "address"), place->host, &place->port, err) &&
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
  facts->waited_ms = clock_now_ms() - probe->started_ms;
  if (facts->port != PROBE_UNDER_WAY && !health_open)
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

static void on_health(void *arg, const struct http_result *result, const struct err *err) {
  struct service_probe *probe = arg;
  struct service_facts *facts = &probe->answer.facts;
  const char *wanted = probe->body_wanted;
  probe->request = NULL;
  if (result) {
    facts->health = PROBE_ANSWERED;
    facts->status = result->status;
    facts->health_us = result->total_us;
    facts->body_lacks = wanted && !memmem(result->body, result->body_len, wanted, strlen(wanted));
    probe->answer.first_byte_us = result->first_byte_us;
  } else {
    facts->health = PROBE_FAILED;
    facts->health_err = *err;
  }
  end_if_answered(probe);
}

struct service_probe *service_probe_start(struct io *io, const struct target *target,
                                          const struct service_place *place, int64_t wait_ms,
                                          service_probe_cb done, void *arg) {
  struct service_probe *probe = mem_new(sizeof *probe);
  const char *health = target_text(target, "health");
  if (wait_ms < 1)
    wait_ms = 1;
  probe->done = done;
  probe->arg = arg;
  probe->body_wanted = target_text(target, "expect_body");
  probe->started_ms = clock_now_ms();
  probe->answer.facts.has_health = health != NULL;
  uv_update_time(io->loop); /* the timer counts from the loop's own time, cached before */
  uv_timer_init(io->loop, &probe->timer);
  probe->timer.data = probe;
  /* health's own deadline comes first, because it knows how far it got */
  uv_timer_start(&probe->timer, on_late, (uint64_t)wait_ms + 1, 0);
  probe->dial = dial_start(io, place->host, place->port, on_port, probe);
  if (!health)
    return probe;
  const struct http_query query = {.url = health,
                                   .host = target_text(target, "host"),
                                   .ca_file = target_text(target, "ca_file"),
                                   .insecure = target_number(target, "insecure"),
                                   .timeout_ms = wait_ms};
  probe->request = http_send(io, &query, on_health, probe);
  return probe;
}
