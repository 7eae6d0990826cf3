/* The page fleet.host: the figures of a host, its mounts and its network interfaces. */
#include "collectors/fleet/fleet_source.h"
#include "core/mem.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum network_column {
#define COLUMN(name, ...) name,
#include "collectors/fleet/fleet_network.def"
#undef COLUMN
  NETWORK_COLUMN_COUNT
};
static const struct column_spec columns[NETWORK_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "collectors/fleet/fleet_network.def"
#undef COLUMN
};
static const struct table_spec network = {
    .id = "network", .title = "Network", .columns = columns, .column_count = NETWORK_COLUMN_COUNT};
static const struct table_spec *const tables[] = {&fleet_host_table, &fleet_host_mounts_table,
                                                  &network};

struct page_watch {
  struct watch watch; /* first */
  struct fleet_source source;
};

/* Those with traffic first, then those that are up. */
static int compare(const void *a, const void *b) {
  const struct fleet_interface *x = *(const struct fleet_interface *const *)a;
  const struct fleet_interface *y = *(const struct fleet_interface *const *)b;
  const double left = fmax(x->sums[NET_IN], 0) + fmax(x->sums[NET_OUT], 0) + (x->up > 0 ? 0.5 : 0);
  const double right = fmax(y->sums[NET_IN], 0) + fmax(y->sums[NET_OUT], 0) + (y->up > 0 ? 0.5 : 0);
  return left != right ? (left < right ? 1 : -1) : strcmp(x->name, y->name);
}

static void add_interface(struct sample *sample, const struct fleet_host *host,
                          const struct fleet_interface *interface) {
  static const enum network_column cells[NET_COUNT] = {[NET_IN] = NETWORK_IN,
                                                       [NET_OUT] = NETWORK_OUT,
                                                       [NET_ERRORS_IN] = NETWORK_ERRORS_IN,
                                                       [NET_ERRORS_OUT] = NETWORK_ERRORS_OUT,
                                                       [NET_DROPS_IN] = NETWORK_DROPS_IN,
                                                       [NET_DROPS_OUT] = NETWORK_DROPS_OUT};
  const char *none = host->rates_none ? host->rates_none : "not known";
  struct row *row = sample_row(sample, &sample->tables[2], interface->name, NULL);
  if (!row)
    return;
  row->cells[NETWORK_NAME] = value_text(row->key);
  row->cells[NETWORK_UP] = isnan(interface->up) ? value_none("not known")
                                                : value_text(interface->up > 0 ? "up" : "down");
  for (size_t i = 0; i < NET_COUNT; i++)
    row->cells[cells[i]] =
        isnan(interface->sums[i]) ? value_none(none) : value_real(interface->sums[i]);
  row->cells[NETWORK_SPEED] = interface->speed > 0 ? value_real(interface->speed)
                                                   : value_none("the kernel does not know it");
}

static void fill_network(struct sample *sample, const struct fleet_host *host) {
  const struct fleet_facts *facts = &host->facts;
  const struct fleet_interface **order = mem_new((facts->interface_count + 1) * sizeof *order);
  for (size_t i = 0; i < facts->interface_count; i++)
    order[i] = &facts->interfaces[i];
  qsort(order, facts->interface_count, sizeof *order, compare);
  for (size_t i = 0; i < facts->interface_count; i++)
    add_interface(sample, host, order[i]);
  free(order);
}

/* A host that does not answer has no page: an empty one would look like good news. */
static struct sample *make(const struct fleet_found *found, struct err *err) {
  const struct fleet_host *host = &found->hosts[0];
  if (host->state != FLEET_UP) {
    err_set(err, host->state == FLEET_UNKNOWN ? ERR_PROTOCOL : ERR_UNREACHABLE, "%s: %.300s",
            host->state == FLEET_UNKNOWN ? "its figures are not known"
                                         : "expected but not answering",
            host->error);
    return NULL;
  }
  struct sample *sample = sample_new(tables, sizeof tables / sizeof *tables);
  struct row *row = sample_row(sample, &sample->tables[0], host->key, NULL);
  assert(row); /* one row fits into any ceiling */
  fleet_host_fill(sample, row, found, host);
  fleet_mounts_fill(sample, &sample->tables[1], found);
  fill_network(sample, host);
  sample->server = sample_copy(sample, found->source);
  return sample;
}

static bool init(void *self, struct err *err) {
  struct page_watch *page = self;
  const char *row = page->watch.focus->key;
  /* The key of a mount has its point after a blank. */
  char *key = mem_printf("%.*s", (int)strcspn(row, " "), row);
  page->source.make = make;
  const bool good = fleet_source_init(&page->source, &page->watch, key, err);
  free(key);
  return good;
}

static void ask(void *self) {
  struct page_watch *page = self;
  fleet_source_ask(&page->source);
}

static void rest(void *self) {
  struct page_watch *page = self;
  fleet_source_rest(&page->source);
}

static void fini(void *self) {
  struct page_watch *page = self;
  fleet_source_fini(&page->source);
}

static const struct watch_kind watch_kind = {
    .size = sizeof(struct page_watch), .init = init, .ask = ask, .rest = rest, .fini = fini};

const struct page page_fleet_host = {
    .spec = {.id = "fleet.host",
             .kind = FLEET_KIND,
             .row_of = FLEET_HOSTS_TABLE,
             .also_of = FLEET_MOUNTS_TABLE,
             .title = "Host",
             .question = "How is this host, its mounts and its network?",
             .cost = "1 page of its node_exporter, or 19 queries, every 5s",
             .interval_ms = 5000,
             PAGE_TABLES(tables)},
    .watch = &watch_kind,
};
