/* Exercises what is read of the hosts of a fleet.
 * The first byte says what the rest is: pages of node_exporters, each after a byte that names its
 * host and ten seconds after the one before (p), answers of a Prometheus to the queries (q), an
 * address of the configuration (a) or the key of a row (k). Holds: what is not a page is an error
 * with words; a cell is a finite number or has a reason; a share is from 0 to 1, a rate is never
 * negative; keys are unique, and a parent comes before its children; a host that is not up has no
 * figures and a reason; a key that is read is written again. */
#include "fuzz.h"

#include "clients/fleet/fleet_addresses.h"
#include "collectors/fleet/fleet_prometheus.h"
#include "collectors/fleet/fleet_rows.h"
#include "core/json/json_tree.h"

#include <math.h>
#include <string.h>

enum { HOSTS = 3 };

static void check_cell(const struct column_spec *column, struct value value) {
  double number;
  if (!value_number(value, &number))
    return;
  assert(isfinite(number));
  if (column->unit == UNIT_RATIO && strcmp(column->id, "load") != 0)
    assert(number >= 0 && number <= 1);
  if (column->unit == UNIT_PER_SECOND || column->unit == UNIT_COUNT)
    assert(number >= 0);
}

static void check_table(const struct table *table) {
  struct map keys = {.slots = NULL};
  for (size_t i = 0; i < table->row_count; i++) {
    const struct row *row = &table->rows[i];
    assert(!row->parent || map_find(&keys, row->parent));
    assert(map_add(&keys, row->key, i));
    assert(row->severity == SEVERITY_OK || (row->reason && *row->reason));
    for (size_t k = 0; k < table->spec->column_count; k++)
      check_cell(&table->spec->columns[k], row->cells[k]);
  }
  map_fini(&keys);
}

static void check_sample(struct fleet_host *hosts, size_t count) {
  struct sample *sample = fleet_sample(&(struct fleet_found){.name = "fleet",
                                                             .source = "fuzz",
                                                             .hosts = hosts,
                                                             .count = count,
                                                             .now_ms = 1700000000000,
                                                             .window_s = 900});
  for (size_t i = 0; i < sample->table_count; i++)
    check_table(&sample->tables[i]);
  const struct table *table = &sample->tables[1];
  for (size_t i = 0; i < table->row_count; i++)
    if (strcmp(table->rows[i].cells[HOST_STATE].text, "up") != 0)
      assert(table->rows[i].severity != SEVERITY_OK &&
             table->rows[i].cells[HOST_CPU].type == VALUE_NONE);
  sample_free(sample);
}

static void check_pages(struct fuzz_input *input) {
  struct fleet_past pasts[HOSTS] = {{.known = false}};
  static const char *const keys[HOSTS] = {"a", "b", "c"};
  for (int64_t at_us = 1000000; input->size > 0; at_us += 10000000) {
    struct fleet_host hosts[HOSTS];
    struct arena arena;
    arena_init(&arena, 16 << 20);
    for (size_t i = 0; i < HOSTS; i++) {
      hosts[i] = (struct fleet_host){.key = keys[i],
                                     .label = keys[i],
                                     .state = FLEET_DOWN,
                                     .error = "refused",
                                     .age_s = NAN,
                                     .clock_s = NAN};
      fleet_facts_init(&hosts[i].facts, &arena);
    }
    const unsigned which = fuzz_byte(input) % HOSTS;
    char *page = fuzz_text(input, '\f');
    struct err err = {0};
    if (fleet_facts_read(&hosts[which].facts, page, strlen(page), &err)) {
      hosts[which].state = FLEET_UP;
      hosts[which].error = NULL;
      fleet_past_take(&pasts[which], &hosts[which], at_us);
      assert(hosts[which].facts.mount_count <= FLEET_MOUNTS_MAX);
      assert(hosts[which].facts.interface_count <= FLEET_INTERFACES_MAX);
    } else {
      assert(*err.text);
      fleet_facts_init(&hosts[which].facts, &arena);
    }
    check_sample(hosts, HOSTS);
    free(page);
    arena_fini(&arena);
  }
  for (size_t i = 0; i < HOSTS; i++)
    fleet_past_fini(&pasts[i]);
}

/* Answers one after the other, in the order of the queries; there is none to the others. */
static void check_answers(struct fuzz_input *input) {
  const struct json_limits limits = {
      .bytes = 1 << 20, .values = 100000, .depth = 64, .as_reals = true, .without_nul = true};
  const struct fleet_prometheus prometheus = {.host_label = "name", .count = FLEET_QUERY_COUNT};
  struct web_asked asked[FLEET_QUERY_COUNT] = {{.path = NULL}};
  struct fleet_read read;
  struct err err = {0};
  for (size_t i = 0; i < FLEET_QUERY_COUNT; i++) {
    char *text = fuzz_text(input, '\f');
    asked[i].json = json_tree_new(text, strlen(text), &limits, &asked[i].err);
    free(text);
  }
  if (fleet_prometheus_read(&prometheus, asked, 1700000000000, &read, &err)) {
    fleet_prometheus_explain(&prometheus, asked[FLEET_QUERY_COUNT - 1].json, &read);
    check_sample(read.hosts, read.count);
    fleet_read_fini(&read);
  } else {
    assert(*err.text);
  }
  for (size_t i = 0; i < FLEET_QUERY_COUNT; i++)
    json_decref(asked[i].json);
}

static void check_address(struct fuzz_input *input) {
  char *text = fuzz_text(input, '\0');
  struct fleet_addresses addresses;
  struct err err = {0};
  const bool good = fleet_address_check(text, &err);
  assert(good || *err.text);
  const bool made = fleet_addresses_make(&addresses, &text, 1, &err);
  assert(good == made);
  for (size_t i = 0; made && i < addresses.count; i++)
    assert(*addresses.items[i].label && strstr(addresses.items[i].url, "://"));
  if (made) {
    assert(addresses.count > 0 && addresses.count <= FLEET_ADDRESSES_MAX);
    fleet_addresses_fini(&addresses);
  }
  free(text);
}

static void check_key(struct fuzz_input *input) {
  char *text = fuzz_text(input, '\0');
  struct fleet_identity identity, again;
  char key[FLEET_KEY_MAX];
  if (fleet_key_read(text, &identity)) {
    fleet_key_make(&identity, key);
    assert(strlen(key) + 4 >= FLEET_KEY_MAX || fleet_key_read(key, &again));
    if (strlen(key) + 4 < FLEET_KEY_MAX)
      assert(strcmp(identity.host, again.host) == 0 && strcmp(identity.job, again.job) == 0 &&
             strcmp(identity.instance, again.instance) == 0);
  }
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  switch (fuzz_byte(&input)) {
  case 'p':
    check_pages(&input);
    break;
  case 'q':
    check_answers(&input);
    break;
  case 'a':
    check_address(&input);
    break;
  default:
    check_key(&input);
    break;
  }
  return 0;
}
