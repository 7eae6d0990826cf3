/* One look at a service: does its port answer, does its health endpoint, and how fast. Both are
 * asked at the same time. What the answers mean is service_judge.h's. */
#pragma once

#include "clients/service/service_judge.h"
#include "io/net/dial.h"
#include "io/net/tcp.h"
#include "model/target.h"

/* Where a target of the kind "service" is, and what is expected of it. */
struct service_place {
  char host[HOST_MAX];
  int port;
  struct service_rules rules; /* its texts are the target's */
};
/* Fails where its options do not go together. */
bool service_place_read(const struct target *target, struct service_place *place,
                        struct err *err) MUST_CHECK;

struct service_answer {
  struct service_facts facts;
  struct dial_result connected; /* where the port answered; its socket is closed */
  int64_t tls_us;               /* of health's handshake alone; 0 without TLS */
  int64_t first_byte_us;        /* of health's answer */
  char proxy[HOST_MAX + 8];     /* "host:port" that health was asked by; "": none */
};

typedef void (*service_probe_cb)(void *arg, const struct service_answer *answer);

struct service_probe; /* one under way */

/* target and place have to live until the end. The callback comes once, on the loop's thread, never
 * before this returns, at the latest after wait_ms: what has not answered by then is still
 * PROBE_UNDER_WAY, which judges as a timeout. The probe is gone when it comes. */
struct service_probe *service_probe_start(struct io *io, const struct target *target,
                                          const struct service_place *place, int64_t wait_ms,
                                          service_probe_cb done, void *arg);
void service_probe_cancel(struct service_probe *probe);
