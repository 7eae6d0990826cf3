/* Exercises pages of metrics and what is computed from them: a series, then pages, each a second
 * after the one before. Holds: what is not a page changes nothing and is said; a value is finite,
 * and never negative if it is a rate; what is not known has a reason, or is one of nothing. */
#include "fuzz.h"

#include "clients/service/service_quantile.h"
#include "collectors/service/service_counts.h"
#include "collectors/service/service_figures.h"

#include <math.h>

static const char *const usual[] = {"rate(x_total{code=~\"5..\"}[5s])",
                                    "rate(x_total{code=\"a\"}) / rate(x_total)", "quantile(0.9, x)",
                                    "x{a!=\"1\",b!~\"2|3\"}", "x"};

static void check_value(const struct service_series *series, struct value value) {
  double number;
  if (!value_number(value, &number)) {
    assert(value.type == VALUE_NONE && (!value.text || *value.text));
    return;
  }
  assert(isfinite(number));
  assert(series->operands[0].as != SERIES_RATE || series->operand_count == 2 || number >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct table_spec *const specs[] = {&service_figures_none};
  struct fuzz_input input = {data, size};
  struct service_series series;
  struct err err = {0};
  const unsigned which = fuzz_byte(&input) % 8;
  char *own = which < 5 ? NULL : fuzz_text(&input, '\n');
  const bool good = service_series_parse(own ? own : usual[which], &series, &err);
  free(own);
  if (!good) {
    assert(*err.text);
    return 0;
  }
  struct service_counts *counts = service_counts_new(&series, 1);
  struct sample *sample = sample_new(specs, 1);
  bool wrong;
  for (int64_t at_us = 1000000; input.size > 0; at_us += 1000000) {
    const bool strict = fuzz_byte(&input) % 8 == 0;
    char *page = fuzz_text(&input, '\f');
    const struct value before = service_counts_value(counts, 0, sample, &wrong);
    if (!service_counts_read(counts, page, strlen(page), strict, at_us, &err)) {
      assert(*err.text);
      const struct value after = service_counts_value(counts, 0, sample, &wrong);
      assert(after.type == before.type && value_compare(after, before) == 0);
    }
    check_value(&series, service_counts_value(counts, 0, sample, &wrong));
    free(page);
  }
  sample_free(sample);
  service_counts_free(counts);
  service_series_fini(&series);
  return 0;
}
