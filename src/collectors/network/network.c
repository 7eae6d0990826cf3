/* The network of the machine that stacktop runs on, or of one of its network namespaces: a reading
 * on a worker thread, of all sockets, counters, limits and interfaces. */
#include "clients/network/network_contract.h"
#include "collectors/frame.h"
#include "collectors/network/network_own.h"
#include "io/clock.h"

#include <assert.h>
#include <string.h>

/* Beside the running one, that of a cancelled collection may still be on its way. */
enum { TIMEOUT_MS = 5000, WORKERS_MAX = 2, NAMES_MAX = 64 };

static bool space_check(const char *text, struct err *err) {
  return text[0] == '/' ||
         err_set(err, ERR_INVALID,
                 "\"%.80s\" is not an absolute path; use /run/netns/NAME or /proc/PID/ns/net",
                 text);
}

static bool interface_check(const char *text, struct err *err) {
  return (*text && strlen(text) < NETWORK_LINK_NAME_MAX && !strchr(text, '/')) ||
         err_set(err, ERR_INVALID, "\"%.80s\" is not the name of an interface", text);
}

static const struct option options[] = {
    {.name = "namespace",
     .type = OPTION_TEXT,
     .check = space_check,
     .help = "network namespace to watch, such as that of a container; needs root; default: that "
             "of stacktop",
     .example = "/run/netns/blue"},
    {.name = "interfaces",
     .type = OPTION_LIST,
     .check = interface_check,
     .help = "interfaces to watch, with wildcards; one that is missing is critical; default: those "
             "that "
             "are up, without loopback and the ends of containers' networks",
     .example = "[eth0, \"bond*\"]"},
};

static const struct table_spec *const tables[] = {&network_table, &listener_table, &link_table};

struct network {
  struct watch watch; /* first */
  const struct network_system *system;
  struct worker_pool *workers;
  bool reading_now; /* at most one: it has the owners */
  struct network_owners owners;
  struct network_past past;
};

static bool check(const struct target *target, struct err *err) {
  return target_option(target, "interfaces")->item_count <= NAMES_MAX ||
         err_set(err, ERR_INVALID, "interfaces: at most %d of them", NAMES_MAX);
}

static bool init(void *self, struct err *err) {
  struct network *network = self;
  (void)err;
  network->system = &network_real_system;
  network->workers = worker_pool_new(network->watch.io, WORKERS_MAX);
  watch_hold(&network->watch);
  return true;
}

/* Which interfaces there are is an event when it changes, whatever the time between. */
static void state_facts(struct sample *sample, const struct table *interfaces,
                        const struct network_reading *reading) {
  const char *text = "";
  for (size_t i = 0; i < interfaces->row_count; i++)
    text = sample_printf(sample, "%s%s%s", text, i > 0 ? ", " : "interfaces ",
                         interfaces->rows[i].key);
  if (interfaces->row_count > 0)
    sample_fact(sample, FACT_MEMBERS, text);
  if (*reading->stack.space)
    sample_fact(sample, FACT_START, reading->stack.space);
}

static struct sample *sample_make(struct network *network, const struct network_reading *reading) {
  const struct target *target = network->watch.target;
  const struct option_value *wanted = target_option(target, "interfaces");
  struct sample *sample = sample_new(tables, sizeof tables / sizeof *tables);
  struct row *row = sample_row(sample, &sample->tables[0], target->name, NULL);
  assert(row); /* one row fits into any limit */
  network_past_begin(&network->past, reading);
  row->cells[NET_NAME] = value_text(sample_copy(sample, target->name));
  network_summary_fill(sample, row, reading, &network->past);
  network_listeners_fill(sample, &sample->tables[1], reading, &network->past);
  network_interfaces_fill(sample, &sample->tables[2], reading, &network->past, wanted->items,
                          wanted->item_count, clock_now_ms());
  if (!reading->stack.has_counters)
    sample_fault(sample, network_table.id, SEVERITY_UNKNOWN,
                 "cannot read the counters of the network stack in %s/net",
                 network->system->source.proc);
  if (reading->udp_err.kind != ERR_NONE)
    sample_fault(sample, listener_table.id, SEVERITY_UNKNOWN, "cannot list sockets of UDP: %s",
                 reading->udp_err.text);
  if (reading->from_proc)
    sample_note(sample, listener_table.id, listener_table.columns[LISTENER_QUEUE].id,
                "the kernel has no sock_diag: backlogs and drops of listeners are not known");
  state_facts(sample, &sample->tables[2], reading);
  return sample;
}

static void reading_work(struct worker_task *task) {
  network_reading_take((struct network_reading *)task); /* its first member */
}

static void reading_drop(struct worker_task *task) {
  network_reading_free((struct network_reading *)task);
}

static void reading_done(struct worker_task *task) {
  struct network_reading *reading = (struct network_reading *)task;
  struct network *network = task->owner;
  network->reading_now = false;
  network_owners_fini(&network->owners);
  if (network->watch.job) {
    if (reading->err.kind != ERR_NONE) {
      const struct err err = reading->err;
      network_reading_free(reading);
      watch_failed(&network->watch, &err);
      return;
    }
    struct sample *sample = sample_make(network, reading);
    network->owners = reading->owners;
    reading->owners = (struct network_owners){0};
    network_reading_free(reading);
    watch_done(&network->watch, sample);
    return;
  }
  network_reading_free(reading);
}

static void ask(void *self) {
  struct network *network = self;
  struct err err = {0};
  network->watch.requests++;
  if (network->reading_now)
    return; /* started for a cancelled job: it serves this one as well */
  struct network_reading *reading =
      network_reading_new(network->system, target_text(network->watch.target, "namespace"));
  reading->task = (struct worker_task){
      .work = reading_work, .done = reading_done, .drop = reading_drop, .owner = network};
  reading->owners = network->owners;
  network->owners = (struct network_owners){0};
  network->reading_now = worker_start(network->workers, &reading->task, &err);
  if (network->reading_now)
    return;
  network_reading_free(reading);
  watch_failed(&network->watch, &err);
}

static void forget(void *self, struct err *err) {
  const struct network *network = self;
  if (network->reading_now)
    err_set(err, ERR_TIMEOUT, "reading the sockets takes too long");
}

static void end(void *self) {
  struct network *network = self;
  worker_pool_close(network->workers, watch_released, network);
}

static void fini(void *self) {
  struct network *network = self;
  network_owners_fini(&network->owners);
  network_past_fini(&network->past);
}

void *network_open_on(struct io *io, const struct target *target,
                      const struct network_system *system, struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct network),
                                         .init = init,
                                         .ask = ask,
                                         .forget = forget,
                                         .end = end,
                                         .fini = fini};
  struct network *network = watch_open(&kind, io, target, err);
  if (network && system)
    network->system = system;
  return network;
}

static void *network_open(struct io *io, const struct target *target, struct err *err) {
  return network_open_on(io, target, NULL, err);
}

const struct collector collector_network = {
    .kind = {.kind = NETWORK_KIND,
             .key = "networks",
             .title = "Network",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .check = check},
    .tables = tables,
    .table_count = sizeof tables / sizeof *tables,
    .timeout_ms = TIMEOUT_MS,
    .open = network_open,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
