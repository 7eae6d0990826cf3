/* The row of a host. */
#include "collectors/fleet/fleet_rows.h"

#include "core/text/format.h"

#include <math.h>
#include <string.h>

static const struct column_spec columns[HOST_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "fleet_hosts.def"
#undef COLUMN
};

const struct table_spec fleet_hosts_table = {.id = FLEET_HOSTS_TABLE,
                                             .title = "Hosts",
                                             .columns = columns,
                                             .column_count = HOST_COLUMN_COUNT};

const struct table_spec fleet_host_table = {.id = "figures",
                                            .title = "Host",
                                            .flags = TABLE_SUMMARY,
                                            .columns = columns,
                                            .column_count = HOST_COLUMN_COUNT};

static const char unsaid[] = "the node_exporter has no such series";

static struct value number(double value, const char *none) {
  return isnan(value) ? value_none(none) : value_real(value);
}

static struct value count(double value) {
  return value >= 0 && value < 1e15 ? value_int((int64_t)value) : value_none(unsaid);
}

static struct value text(struct sample *sample, const char *value) {
  return value ? value_text(sample_copy(sample, value)) : value_none(unsaid);
}

static struct value bytes(double value) {
  return value >= 0 && value < 9e18 ? value_int((int64_t)value) : value_none(unsaid);
}

static double share(double part, double whole) {
  return whole > 0 && part >= 0 && part <= whole ? part / whole : NAN;
}

static const char *cpu_none(const struct fleet_facts *facts) {
  return isnan(facts->cores)         ? unsaid
         : facts->sums[SUM_CPU] == 0 ? "no CPU time since the last collection"
                                     : "the counters were reset, or there are too few samples";
}

static void fill_cpu(struct value *cells, const struct fleet_host *host) {
  const struct fleet_facts *facts = &host->facts;
  const char *none = host->rates_none ? host->rates_none : cpu_none(facts);
  struct fleet_shares shares;
  if (fleet_shares_make(facts, &shares)) {
    cells[HOST_CPU] = value_real(shares.used);
    cells[HOST_IOWAIT] = value_real(shares.iowait);
    cells[HOST_STEAL] = number(shares.steal, unsaid);
  } else {
    cells[HOST_CPU] = cells[HOST_IOWAIT] = cells[HOST_STEAL] = value_none(none);
  }
  cells[HOST_CORES] = count(facts->cores);
  cells[HOST_LOAD1] = number(facts->load1, unsaid);
  cells[HOST_LOAD5] = number(facts->load5, unsaid);
  cells[HOST_LOAD15] = number(facts->load15, unsaid);
  cells[HOST_LOAD] = facts->cores > 0 ? number(facts->load1 / facts->cores, unsaid)
                                      : value_none("the number of CPUs is not known");
}

static void fill_memory(struct value *cells, const struct fleet_facts *facts) {
  const double free_share = share(facts->memory_available, facts->memory_total);
  const double swap_free = share(facts->swap_free, facts->swap_total);
  cells[HOST_MEMORY] = isnan(free_share) ? value_none("needs MemAvailable (Linux 3.14 or newer)")
                                         : value_real(1 - free_share);
  cells[HOST_MEMORY_AVAILABLE] = bytes(facts->memory_available);
  cells[HOST_MEMORY_TOTAL] = bytes(facts->memory_total);
  cells[HOST_SWAP_TOTAL] = bytes(facts->swap_total);
  if (facts->swap_total != 0) /* without swap space it does not apply */
    cells[HOST_SWAP] = isnan(swap_free) ? value_none(unsaid) : value_real(1 - swap_free);
}

static void fill_rates(struct value *cells, const struct fleet_host *host) {
  const struct fleet_facts *facts = &host->facts;
  const char *none = host->rates_none ? host->rates_none : unsaid;
  const char *pressure = host->rates_none
                             ? host->rates_none
                             : "the kernel has no pressure figures (PSI), or they were "
                               "reset";
  static const struct {
    enum fleet_host_column cell;
    enum fleet_sum sum;
  } shares[] = {{HOST_PRESSURE_CPU, SUM_PRESSURE_CPU},
                {HOST_PRESSURE_MEMORY, SUM_PRESSURE_MEMORY},
                {HOST_PRESSURE_IO, SUM_PRESSURE_IO}};
  for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
    const double sum = facts->sums[shares[i].sum];
    cells[shares[i].cell] = isnan(sum) ? value_none(pressure) : value_real(fmin(sum, 1));
  }
  cells[HOST_NET_ERRORS] = number(fleet_net(facts, NET_ERRORS_IN, NET_ERRORS_OUT), none);
  cells[HOST_NET_DROPS] = number(fleet_net(facts, NET_DROPS_IN, NET_DROPS_OUT), none);
  cells[HOST_NET_IN] = number(fleet_net(facts, NET_IN, NET_IN), none);
  cells[HOST_NET_OUT] = number(fleet_net(facts, NET_OUT, NET_OUT), none);
}

static void fill_times(struct value *cells, const struct fleet_found *found,
                       const struct fleet_host *host) {
  const struct fleet_facts *facts = &host->facts;
  const double now_s = isnan(facts->time_s) ? (double)found->now_ms / 1000 : facts->time_s;
  cells[HOST_UPTIME] =
      facts->boot_s > 0 ? value_real(fmax(now_s - facts->boot_s, 0)) : value_none(unsaid);
  cells[HOST_BOOT] = facts->boot_s > 0 && facts->boot_s < 1e12
                         ? value_int((int64_t)facts->boot_s * 1000)
                         : value_none(unsaid);
  cells[HOST_CLOCK] = number(host->clock_s, unsaid);
  cells[HOST_NTP] = number(facts->ntp_offset, unsaid);
  cells[HOST_NTP_SYNCED] = isnan(facts->ntp_synced)
                               ? value_none(unsaid)
                               : value_text(facts->ntp_synced > 0 ? "yes" : "no");
}

static void fill_disk(struct sample *sample, struct value *cells, const struct fleet_host *host) {
  const struct fleet_mount *fullest = fleet_fullest(host);
  if (!fullest) {
    cells[HOST_DISK] = cells[HOST_DISK_MOUNT] = value_none("no mount whose figures are known");
    return;
  }
  cells[HOST_DISK] = value_real(fleet_mount_used(fullest));
  cells[HOST_DISK_MOUNT] = value_text(sample_copy(sample, fullest->point));
}

static void fill_facts(struct sample *sample, struct row *row, const struct fleet_found *found,
                       const struct fleet_host *host) {
  struct value *cells = row->cells;
  const struct fleet_facts *facts = &host->facts;
  fill_cpu(cells, host);
  fill_memory(cells, facts);
  fill_rates(cells, host);
  fill_times(cells, found, host);
  fill_disk(sample, cells, host);
  cells[HOST_KERNEL] = text(sample, facts->release);
  cells[HOST_HOSTNAME] = text(sample, facts->hostname);
  cells[HOST_OS] = text(sample, facts->os);
  cells[HOST_MACHINE] = text(sample, facts->machine);
}

/* Nothing of a host that does not answer is known: no cell is empty without a reason. */
static void fill_none(struct value *cells, const char *why) {
  for (size_t i = HOST_CPU; i < HOST_ADDRESS; i++)
    if (i != HOST_NOTE && i != HOST_JOB)
      cells[i] = value_none(why);
}

static const char *const states[] = {[FLEET_UNKNOWN] = "unknown",
                                     [FLEET_UP] = "up",
                                     [FLEET_DOWN] = "down",
                                     [FLEET_GONE] = "missing"};

static void judge(struct sample *sample, struct row *row, const struct fleet_host *host) {
  const char *error = sample_copy(sample, host->error ? host->error : "");
  row->lasted_ms = host->down_ms;
  switch (host->state) {
  case FLEET_UP:
    row->lasted_ms = 0;
    return;
  case FLEET_DOWN:
    row->severity = SEVERITY_CRIT;
    row->reason = sample_printf(sample, "expected but not answering: %s", error);
    break;
  case FLEET_GONE:
    row->severity = SEVERITY_WARN;
    row->reason = sample_printf(sample, "expected but not answering: %s", error);
    break;
  case FLEET_UNKNOWN:
    row->severity = SEVERITY_UNKNOWN;
    row->reason = sample_printf(sample, "its figures are not known: %s", error);
    break;
  }
  row->cells[HOST_NOTE] = value_text(error);
}

void fleet_host_fill(struct sample *sample, struct row *row, const struct fleet_found *found,
                     const struct fleet_host *host) {
  struct value *cells = row->cells;
  cells[HOST_NAME] = value_text(sample_copy(sample, host->label));
  cells[HOST_STATE] = value_text(states[host->state]);
  cells[HOST_JOB] = host->job ? value_text(sample_copy(sample, host->job)) : value_none(NULL);
  if (host->state == FLEET_UP)
    fill_facts(sample, row, found, host);
  else
    fill_none(cells, "the host does not answer");
  cells[HOST_AGE] = number(host->age_s, "not known");
  cells[HOST_ADDRESS] =
      host->address ? value_text(sample_copy(sample, host->address)) : value_none(NULL);
  judge(sample, row, host);
  if (host->state == FLEET_UP && host->restarted)
    cells[HOST_NOTE] = value_text("restarted");
  if (host->state == FLEET_UP && host->facts.cut)
    cells[HOST_NOTE] = value_text("a part of its mounts or interfaces is not read: too many");
}
