#include "clients/service/service_names.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/net/dns.h"
#include "io/net/resolve.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- addresses */

static int ip_compare(const void *a, const void *b) {
  const struct service_ip *x = a, *y = b;
  if (x->family != y->family) /* AF_INET comes first */
    return x->family == AF_INET ? -1 : 1;
  return memcmp(x->bytes, y->bytes, sizeof x->bytes);
}

static bool has(const struct service_addresses *addresses, const struct service_ip *ip) {
  for (size_t i = 0; i < addresses->count; i++)
    if (ip_compare(&addresses->items[i], ip) == 0)
      return true;
  return false;
}

static void add(struct service_addresses *addresses, const struct service_ip *ip) {
  if (has(addresses, ip))
    return;
  addresses->more = addresses->more || addresses->count == NAMES_MAX;
  if (addresses->count < NAMES_MAX)
    addresses->items[addresses->count++] = *ip;
  qsort(addresses->items, addresses->count, sizeof *addresses->items, ip_compare);
}

static const char *ip_text(const struct service_ip *ip, char out[INET6_ADDRSTRLEN]) {
  return inet_ntop(ip->family, ip->bytes, out, INET6_ADDRSTRLEN);
}

static bool ip_parse(const char *text, struct service_ip *ip, struct err *err) {
  *ip = (struct service_ip){.family = strchr(text, ':') ? AF_INET6 : AF_INET};
  return inet_pton(ip->family, text, ip->bytes) == 1 ||
         err_set(err, ERR_INVALID, "\"%.60s\" is not an IP address", text);
}

bool service_addresses_parse(const char *text, struct service_addresses *addresses,
                             struct err *err) {
  *addresses = (struct service_addresses){0};
  for (const char *at = text;; at++) {
    struct service_ip ip;
    char word[INET6_ADDRSTRLEN + 8];
    at += strspn(at, " ");
    const size_t len = strcspn(at, ", ");
    snprintf(word, sizeof word, "%.*s", (int)len, at);
    if (!ip_parse(word, &ip, err))
      return false;
    add(addresses, &ip);
    at += len;
    at += strspn(at, " ");
    if (!*at)
      break;
    if (*at != ',')
      return err_set(err, ERR_INVALID, "expected a comma at \"%.40s\"", at);
  }
  return !addresses->more || err_set(err, ERR_INVALID, "more than %d addresses", NAMES_MAX);
}

bool service_addresses_check(const char *text, struct err *err) {
  struct service_addresses addresses;
  return service_addresses_parse(text, &addresses, err);
}

const char *service_addresses_text(const struct service_addresses *addresses,
                                   char out[NAMES_TEXT_MAX]) {
  size_t used = 0;
  out[0] = '\0';
  for (size_t i = 0; i < addresses->count; i++) {
    char ip[INET6_ADDRSTRLEN];
    used += (size_t)snprintf(out + used, NAMES_TEXT_MAX - used, "%s%s", i > 0 ? ", " : "",
                             ip_text(&addresses->items[i], ip));
  }
  if (addresses->more)
    snprintf(out + used, NAMES_TEXT_MAX - used, " and others");
  return out;
}

bool service_addresses_same(const struct service_addresses *a, const struct service_addresses *b) {
  if (a->count != b->count || a->more != b->more)
    return false;
  for (size_t i = 0; i < a->count; i++)
    if (ip_compare(&a->items[i], &b->items[i]) != 0)
      return false;
  return true;
}

bool service_addresses_null(const struct service_addresses *addresses) {
  static const unsigned char null[sizeof addresses->items[0].bytes] = {0};
  for (size_t i = 0; i < addresses->count; i++)
    if (memcmp(addresses->items[i].bytes, null, sizeof null) != 0)
      return false;
  return addresses->count > 0 && !addresses->more;
}

static bool has_family(const struct service_addresses *addresses, int family) {
  for (size_t i = 0; i < addresses->count; i++)
    if (addresses->items[i].family == family)
      return true;
  return false;
}

bool service_addresses_hold(const struct service_addresses *answer,
                            const struct service_addresses *expected, struct err *err) {
  char ip[INET6_ADDRSTRLEN], others[NAMES_TEXT_MAX];
  for (size_t i = 0; i < answer->count; i++)
    if (has_family(expected, answer->items[i].family) && !has(expected, &answer->items[i]))
      return err_set(err, ERR_INVALID, "answers %s (expected %.120s)",
                     ip_text(&answer->items[i], ip), service_addresses_text(expected, others));
  for (size_t i = 0; i < expected->count; i++)
    if (!answer->more && !has(answer, &expected->items[i]))
      return err_set(err, ERR_INVALID, "answers %.120s without %s",
                     service_addresses_text(answer, others), ip_text(&expected->items[i], ip));
  return true;
}

bool service_names_check(const struct target *target, struct err *err) {
  if (target_text(target, "dns"))
    return true;
  return (!target_text(target, "resolver") && !target_text(target, "expect_addresses")) ||
         err_set(err, ERR_INVALID, "resolver and expect_addresses need dns, the name to look up");
}

/* ---- the lookup */

struct service_lookup {
  struct resolve *resolve; /* one of them, until it has answered */
  struct dns_query *query;
  int64_t started_us;
  service_names_cb done;
  void *arg;
};

static void take(struct service_names *names, const struct sockaddr_storage *addresses,
                 size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct service_ip ip = {.family = addresses[i].ss_family};
    if (ip.family == AF_INET)
      memcpy(ip.bytes, &((const struct sockaddr_in *)&addresses[i])->sin_addr, 4);
    else
      memcpy(ip.bytes, &((const struct sockaddr_in6 *)&addresses[i])->sin6_addr, 16);
    add(&names->addresses, &ip);
  }
}

static void lookup_end(struct service_lookup *lookup, struct service_names *names,
                       const struct err *err) {
  const service_names_cb done = lookup->done;
  void *arg = lookup->arg;
  names->took_us = clock_now_us() - lookup->started_us;
  names->answered = !err;
  if (err)
    names->err = *err;
  free(lookup);
  done(arg, names);
}

static void on_resolved(void *arg, const struct resolve_result *result, const struct err *err) {
  struct service_names names = {.ttl_s = -1};
  if (result)
    take(&names, result->addresses, result->count);
  names.addresses.more = names.addresses.more || (result && result->count == RESOLVE_MAX);
  lookup_end(arg, &names, err);
}

static void on_answer(void *arg, const struct dns_result *result, const struct err *err) {
  struct service_names names = {.ttl_s = result ? result->ttl_s : -1};
  if (result)
    take(&names, result->addresses, result->count);
  names.addresses.more = names.addresses.more || (result && result->more);
  lookup_end(arg, &names, err);
}

struct service_lookup *service_names_ask(struct io *io, const struct target *target,
                                         service_names_cb done, void *arg) {
  const char *name = target_text(target, "dns"), *server = target_text(target, "resolver");
  struct service_lookup *lookup = mem_new(sizeof *lookup);
  *lookup = (struct service_lookup){.started_us = clock_now_us(), .done = done, .arg = arg};
  if (server)
    lookup->query = dns_ask(io, server, name, on_answer, lookup);
  else
    lookup->resolve = resolve_start(io, name, 0, on_resolved, lookup);
  return lookup;
}

void service_names_cancel(struct service_lookup *lookup) {
  if (lookup->query)
    dns_cancel(lookup->query);
  if (lookup->resolve)
    resolve_cancel(lookup->resolve);
  free(lookup);
}
