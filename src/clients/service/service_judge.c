#include "clients/service/service_judge.h"

#include "core/text/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A status code; *at is moved after it and the surrounding blanks. */
static bool status_parse(const char **at, int *status) {
  char *end;
  const char *start = *at + strspn(*at, " ");
  long number = strtol(start, &end, 10);
  if (*start < '1' || *start > '5' || number < 100 || number > 599)
    return false;
  *status = (int)number;
  *at = end + strspn(end, " ");
  return true;
}

/* "200" or "200-299". */
static bool range_parse(const char **at, struct service_expect *expect) {
  if (expect->count == EXPECT_RANGES_MAX)
    return false;
  int from, to;
  if (!status_parse(at, &from))
    return false;
  to = from;
  if (**at == '-') {
    ++*at;
    if (!status_parse(at, &to))
      return false;
  }
  expect->ranges[expect->count].from = from;
  expect->ranges[expect->count].to = to;
  expect->count++;
  return from <= to;
}

bool service_expect_parse(const char *text, struct service_expect *expect, struct err *err) {
  *expect = (struct service_expect){0};
  const char *at = text;
  bool good = range_parse(&at, expect);
  while (good && *at == ',') {
    at++;
    good = range_parse(&at, expect);
  }
  return (good && *at == '\0') ||
         err_set(err, ERR_INVALID,
                 "\"%.80s\" is not a list of at most %d HTTP status codes; write 200-299 or "
                 "200, 401",
                 text, EXPECT_RANGES_MAX);
}

bool service_expect_holds(const struct service_expect *expect, int status) {
  for (size_t i = 0; i < expect->count; i++)
    if (status >= expect->ranges[i].from && status <= expect->ranges[i].to)
      return true;
  return false;
}

static const char *state_of(enum err_kind kind) {
  switch (kind) {
  case ERR_UNRESOLVED:
    return "no name";
  case ERR_REFUSED:
    return "refused";
  case ERR_UNREACHABLE:
    return "unreachable";
  case ERR_TIMEOUT:
    return "timeout";
  case ERR_CLOSED:
    return "closed";
  case ERR_DENIED:
    return "denied";
  case ERR_LIMIT:
    return "not asked";
  default:
    return "error";
  }
}

/* A limit of this process prevented the probe: the service may be healthy. */
static void set_failed(struct service_verdict *verdict, enum err_kind kind, const char *state) {
  verdict->available = false;
  verdict->unknown = kind == ERR_LIMIT;
  verdict->severity = verdict->unknown ? SEVERITY_UNKNOWN : SEVERITY_CRIT;
  snprintf(verdict->state, sizeof verdict->state, "%s", state);
}

static void set_down(struct service_verdict *verdict, const char *state) {
  set_failed(verdict, ERR_NONE, state);
}

static void say_waited(struct service_verdict *verdict, const char *before, int64_t waited_ms) {
  char time[FORMAT_MAX];
  format_duration(time, sizeof time, (double)waited_ms / 1000);
  snprintf(verdict->reason, sizeof verdict->reason, "%sno answer within %s", before, time);
}

/* Down whatever the health endpoint reports: clients use the port. */
static void judge_port(const struct service_facts *facts, struct service_verdict *verdict) {
  bool failed = facts->port == PROBE_FAILED;
  if (failed)
    set_failed(verdict, facts->port_err.kind, state_of(facts->port_err.kind));
  else
    set_down(verdict, "timeout");
  if (!failed)
    say_waited(verdict, facts->resolving ? "name server: " : "port: ", facts->waited_ms);
  else
    snprintf(verdict->reason, sizeof verdict->reason, "%s", facts->port_err.text);
  if (facts->has_health && !facts->only_tls && facts->health == PROBE_ANSWERED && facts->is_grpc) {
    size_t used = strlen(verdict->reason);
    snprintf(verdict->reason + used, sizeof verdict->reason - used, "; gRPC answers %s",
             facts->grpc.state);
  } else if (facts->has_health && !facts->only_tls && facts->health == PROBE_ANSWERED) {
    size_t used = strlen(verdict->reason);
    snprintf(verdict->reason + used, sizeof verdict->reason - used, "; health answers %d",
             facts->status);
  }
}

static void judge_health_failure(const struct service_facts *facts,
                                 struct service_verdict *verdict) {
  const struct err *err = &facts->health_err;
  const char *what = facts->only_tls ? "" : facts->is_grpc ? "gRPC: " : "health: ";
  if (facts->health == PROBE_UNDER_WAY) {
    set_down(verdict, "timeout");
    say_waited(verdict,
               facts->only_tls  ? "port open, TLS: "
               : facts->is_grpc ? "port open, gRPC: "
                                : "port open, health: ",
               facts->waited_ms);
    return;
  }
  bool tls = strncmp(err->text, "TLS", 3) == 0;
  set_failed(verdict, err->kind,
             tls                                            ? "TLS"
             : facts->only_tls && err->kind == ERR_PROTOCOL ? "TLS"
             : err->kind == ERR_PROTOCOL && facts->is_grpc  ? "no gRPC"
             : err->kind == ERR_PROTOCOL                    ? "no HTTP"
                                                            : state_of(err->kind));
  snprintf(verdict->reason, sizeof verdict->reason, "port open, %s%s%s", what,
           facts->only_tls && !tls ? "TLS: " : "", err->text);
}

__attribute__((format(printf, 2, 3))) static void add(struct service_verdict *verdict,
                                                      const char *format, ...) {
  size_t used = strlen(verdict->reason);
  va_list args;
  va_start(args, format);
  vsnprintf(verdict->reason + used, sizeof verdict->reason - used, format, args);
  va_end(args);
}

static void judge_grpc(const struct service_grpc *grpc, struct service_verdict *verdict) {
  if (!grpc->serving)
    set_down(verdict, grpc->state);
  snprintf(verdict->state, sizeof verdict->state, "%s", grpc->state);
  snprintf(verdict->reason, sizeof verdict->reason, "%s%s",
           grpc->serving ? "" : "port open, gRPC: ", grpc->reason);
}

static void judge_answer(const struct service_facts *facts, const struct service_rules *rules,
                         struct service_verdict *verdict) {
  char code[12];
  snprintf(code, sizeof code, "%d", facts->status);
  if (!service_expect_holds(&rules->expect, facts->status)) {
    set_down(verdict, code);
    snprintf(verdict->reason, sizeof verdict->reason, "answers %d (expected %s)", facts->status,
             rules->expect_text);
    if (*facts->location)
      add(verdict, ", redirects to %s", facts->location);
    else if (facts->one_line)
      add(verdict, ": %s", facts->excerpt);
  } else if (facts->body_lacks) {
    set_down(verdict, "bad body");
    snprintf(verdict->reason, sizeof verdict->reason, "answers %d without the expected text",
             facts->status);
  } else if (*facts->lacks) {
    set_down(verdict, "bad answer");
    snprintf(verdict->reason, sizeof verdict->reason, "answers %d, but %s", facts->status,
             facts->lacks);
  } else {
    snprintf(verdict->state, sizeof verdict->state, "%s", code);
  }
}

static void judge_slowness(const struct service_rules *rules, struct service_verdict *verdict) {
  if (!verdict->available || rules->slow_ms <= 0 || verdict->latency_us <= rules->slow_ms * 1000)
    return;
  char took[FORMAT_MAX], limit[FORMAT_MAX];
  format_duration(took, sizeof took, (double)verdict->latency_us / 1e6);
  format_duration(limit, sizeof limit, (double)rules->slow_ms / 1e3);
  verdict->severity = SEVERITY_CRIT;
  snprintf(verdict->reason, sizeof verdict->reason, "slow: took %s, above %s", took, limit);
}

/* Where port and health are well: clients look the name up first. */
static void judge_dns(const struct service_facts *facts, const struct service_rules *rules,
                      struct service_verdict *verdict) {
  const struct service_names *names = &facts->names;
  char answer[NAMES_TEXT_MAX];
  struct err err;
  if (!facts->has_dns || !verdict->available)
    return;
  if (facts->dns == PROBE_UNDER_WAY) {
    set_down(verdict, "DNS");
    say_waited(verdict, "DNS: ", facts->waited_ms);
  } else if (facts->dns == PROBE_FAILED) {
    set_failed(verdict, names->err.kind, "DNS");
    snprintf(verdict->reason, sizeof verdict->reason, "DNS: %s", names->err.text);
  } else if (service_addresses_null(&names->addresses) && rules->addresses.count == 0) {
    set_down(verdict, "DNS");
    snprintf(verdict->reason, sizeof verdict->reason,
             "DNS: answers %.60s, which no host has: the name is blocked",
             service_addresses_text(&names->addresses, answer));
  } else if (rules->addresses.count > 0 &&
             !service_addresses_hold(&names->addresses, &rules->addresses, &err)) {
    set_down(verdict, "DNS");
    snprintf(verdict->reason, sizeof verdict->reason, "DNS: %s", err.text);
  }
}

static void judge_tls(const struct service_facts *facts, const struct service_rules *rules,
                      struct service_verdict *verdict) {
  if (verdict->severity != SEVERITY_OK || rules->insecure || !*facts->tls.weak)
    return;
  verdict->severity = SEVERITY_WARN;
  snprintf(verdict->reason, sizeof verdict->reason, "weak TLS: %s", facts->tls.weak);
}

void service_judge(const struct service_facts *facts, const struct service_rules *rules,
                   struct service_verdict *verdict) {
  *verdict = (struct service_verdict){
      .available = true, .severity = SEVERITY_OK, .state = "up", .latency_us = -1};
  const bool has_answer = facts->has_health && !facts->only_tls;
  if (has_answer && facts->health == PROBE_ANSWERED)
    verdict->latency_us = facts->health_us;
  else if (!has_answer && facts->port == PROBE_ANSWERED)
    verdict->latency_us = facts->connect_us;

  if (facts->port != PROBE_ANSWERED)
    judge_port(facts, verdict);
  else if (facts->has_health && facts->health != PROBE_ANSWERED)
    judge_health_failure(facts, verdict);
  else if (facts->is_grpc)
    judge_grpc(&facts->grpc, verdict);
  else if (has_answer)
    judge_answer(facts, rules, verdict);
  judge_dns(facts, rules, verdict);
  judge_slowness(rules, verdict);
  judge_tls(facts, rules, verdict);
}
