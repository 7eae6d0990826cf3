/* Exercises durations and quantities as people write them, numbers as they are formatted for
 * people, a service's list of status codes, its address and its URL. Holds: an accepted value is
 * finite and in its range, a rejected one says why; each number is formatted in ASCII and fits in
 * FORMAT_MAX; a range of status codes is ordered, a port is a number. */
#include "fuzz.h"

#include "clients/service/service_judge.h"
#include "core/quantity.h"
#include "core/text/format.h"
#include "io/http/http.h"
#include "io/net/tcp.h"

static void check_err(bool good, const struct err *err) {
  assert(good || (err->kind == ERR_INVALID && *err->text));
}

static void check_format(struct value value) {
  for (enum unit unit = UNIT_NONE; unit <= UNIT_TIME; unit++) {
    char out[FORMAT_MAX + 1] = {0};
    out[FORMAT_MAX] = 1;
    format_value(out, FORMAT_MAX, value, unit, true);
    assert(out[FORMAT_MAX] == 1 && *out);
    fuzz_check_clean(out, strlen(out), true);
    assert(strlen(out) < FORMAT_MAX - 1); /* nothing was cut */
    assert(!strstr(out, "nan") && !strstr(out, "inf"));
  }
}

static void check_text(const char *text) {
  struct err err = {0};
  int64_t ms;
  double quantity;
  bool good = duration_parse(text, &ms, &err);
  check_err(good, &err);
  assert(!good || ms >= 0);
  good = quantity_parse(text, &quantity, &err);
  check_err(good, &err);
  assert(!good || isfinite(quantity));
  if (good)
    check_format(value_real(quantity));

  struct service_expect expect;
  good = service_expect_parse(text, &expect, &err);
  check_err(good, &err);
  assert(!good || (expect.count > 0 && expect.count <= EXPECT_RANGES_MAX));
  for (size_t i = 0; good && i < expect.count; i++) {
    const int from = expect.ranges[i].from, to = expect.ranges[i].to;
    assert(from >= 100 && from <= to && to <= 599);
    assert(service_expect_holds(&expect, from) && service_expect_holds(&expect, to));
  }

  char host[HOST_MAX];
  int port;
  good = tcp_address_split(text, host, &port, &err);
  check_err(good, &err);
  assert(!good || (*host && memchr(host, '\0', sizeof host) && port > 0 && port < 65536));
  check_err(http_url_check(text, &err), &err);
}

/* A probe that failed with any words: the verdict is complete. */
static void check_verdict(struct fuzz_input *input, const char *text) {
  static const enum probe_state states[] = {PROBE_UNDER_WAY, PROBE_ANSWERED, PROBE_FAILED};
  struct service_facts facts = {.port = states[fuzz_byte(input) % 3],
                                .health = states[fuzz_byte(input) % 3],
                                .has_health = fuzz_byte(input) % 2,
                                .body_lacks = fuzz_byte(input) % 2,
                                .status = (int)fuzz_int(input, 2),
                                .connect_us = fuzz_int(input, 4),
                                .health_us = fuzz_int(input, 4),
                                .waited_ms = fuzz_int(input, 4)};
  err_set(&facts.port_err, (enum err_kind)(1 + fuzz_byte(input) % ERR_IO), "x%s", text);
  err_set(&facts.health_err, (enum err_kind)(1 + fuzz_byte(input) % ERR_IO), "x%s", text);
  struct err err;
  struct service_rules rules = {.expect_text = "200-299", .slow_ms = fuzz_int(input, 2)};
  assert(service_expect_parse(rules.expect_text, &rules.expect, &err));
  struct service_verdict verdict;
  memset(&verdict, 0x55, sizeof verdict);
  service_judge(&facts, &rules, &verdict);
  assert(*verdict.state && memchr(verdict.state, '\0', sizeof verdict.state));
  assert(memchr(verdict.reason, '\0', sizeof verdict.reason));
  assert((verdict.severity == SEVERITY_OK) == (*verdict.reason == '\0'));
  assert(verdict.available || verdict.severity != SEVERITY_OK);
  assert(verdict.latency_us >= -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  char *text = fuzz_text(&input, '\n');
  check_text(text);
  check_verdict(&input, text);
  free(text);
  double real;
  int64_t bits = fuzz_int(&input, 8);
  memcpy(&real, &bits, sizeof real);
  check_format(value_int(bits));
  check_format(value_real(real));
  return 0;
}
