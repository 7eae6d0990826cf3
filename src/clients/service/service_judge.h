/* The meaning of a service's two probes: pure. */
#pragma once

#include "clients/service/service_expect.h"
#include "clients/service/service_grpc.h"
#include "clients/service/service_names.h"
#include "core/err.h"
#include "io/http/http_tls.h"
#include "model/judge/severity.h"

#include <stddef.h>
#include <stdint.h>

/* Status codes that count as healthy, as ranges: "200-299, 401". */
enum { EXPECT_RANGES_MAX = 16 };
struct service_expect {
  struct {
    int from, to;
  } ranges[EXPECT_RANGES_MAX];
  size_t count;
};
bool service_expect_parse(const char *text, struct service_expect *expect,
                          struct err *err) MUST_CHECK;
bool service_expect_holds(const struct service_expect *expect, int status);

enum probe_state { PROBE_UNDER_WAY, PROBE_ANSWERED, PROBE_FAILED };

struct service_facts {
  enum probe_state port;
  struct err port_err;
  int64_t connect_us;
  bool resolving; /* the name of the port's host is still being resolved */

  bool has_health; /* or a TLS handshake in place of it: only_tls */
  bool only_tls;
  enum probe_state health;
  struct err health_err;
  int status;
  int64_t health_us;
  bool body_lacks;                    /* expect_body is set and is not in the response */
  char lacks[SERVICE_LACKS_MAX];      /* other unexpected parts; "": nothing */
  char excerpt[SERVICE_EXCERPT_MAX];  /* of the body of an unhealthy response */
  bool one_line;                      /* the excerpt is all of it, and short */
  char location[SERVICE_EXCERPT_MAX]; /* where it redirects to; "" */
  bool is_grpc;                       /* health is that of gRPC: */
  struct service_grpc grpc;           /* its answer */
  struct http_tls tls;                /* what health's server showed; not known without TLS */

  enum probe_state dns; /* of the DNS check; only if has_dns */
  bool has_dns;
  struct service_names names; /* its answer, or why there is none */

  int64_t waited_ms; /* how long the running probe has been waited for */
};

struct service_rules {
  struct service_expect expect;
  const char *expect_text;            /* as configured */
  int64_t slow_ms;                    /* 0: only the thresholds judge the latency */
  bool insecure;                      /* certificates are not judged */
  struct service_addresses addresses; /* expected of the DNS check; none: any */
};

struct service_verdict {
  bool available;
  bool unknown;   /* a limit of this process prevented the probe: then it is not available either */
  char state[16]; /* "up", "200", "503", "refused", "timeout", ... */
  char reason[320]; /* "" if the severity is OK; may quote a server */
  enum severity severity;
  int64_t latency_us; /* -1: not measured */
};

void service_judge(const struct service_facts *facts, const struct service_rules *rules,
                   struct service_verdict *verdict);
