#include "collectors/fleet/fleet_hosts.h"

#include "collectors/figures.h"
#include "core/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void forget_interfaces(struct fleet_past *past) {
  for (size_t i = 0; i < past->interface_count; i++)
    free((char *)past->interfaces[i].name);
  free(past->interfaces);
  past->interfaces = NULL;
  past->interface_count = 0;
}

void fleet_past_fini(struct fleet_past *past) {
  forget_interfaces(past);
  for (size_t i = 0; i < past->mount_count; i++)
    free(past->mounts[i].point);
  free(past->mounts);
  *past = (struct fleet_past){0};
}

/* What a counter grows by in a second. A counter that is smaller than before was reset: not known.
 * A sum of several (CPU time) may be a little smaller, as iowait is (proc(5)). */
static double rate(double before, double now, double seconds, double slack) {
  const double growth = now - before;
  if (isnan(growth) || growth < -slack)
    return NAN;
  return growth > 0 ? growth / seconds : 0;
}

static void sums_rate(const struct fleet_past *past, struct fleet_facts *facts, double seconds) {
  enum { SLACK_S = 1 };
  const bool same_cpus = past->cores == facts->cores;
  for (size_t i = 0; i < SUM_COUNT; i++)
    facts->sums[i] = i <= SUM_STEAL && !same_cpus ? NAN
                                                  : rate(past->sums[i], facts->sums[i], seconds,
                                                         i <= SUM_STEAL ? SLACK_S : 0);
}

static const struct fleet_interface *interface_before(const struct fleet_past *past,
                                                      const char *name) {
  for (size_t i = 0; i < past->interface_count; i++)
    if (strcmp(past->interfaces[i].name, name) == 0)
      return &past->interfaces[i];
  return NULL;
}

/* One by one: an interface that is new would add all that it has counted to a sum. */
static void interfaces_rate(const struct fleet_past *past, struct fleet_facts *facts,
                            double seconds) {
  for (size_t i = 0; i < facts->interface_count; i++) {
    struct fleet_interface *now = &facts->interfaces[i];
    const struct fleet_interface *before = interface_before(past, now->name);
    for (size_t k = 0; k < NET_COUNT; k++)
      now->sums[k] = before ? rate(before->sums[k], now->sums[k], seconds, 0) : NAN;
  }
}

static void keep_interfaces(struct fleet_past *past, const struct fleet_facts *facts) {
  forget_interfaces(past);
  past->interfaces = mem_new((facts->interface_count + 1) * sizeof *past->interfaces);
  for (size_t i = 0; i < facts->interface_count; i++) {
    past->interfaces[i] = facts->interfaces[i];
    past->interfaces[i].name = mem_dup(facts->interfaces[i].name);
  }
  past->interface_count = facts->interface_count;
}

static struct fleet_past_mount *find_mount(const struct fleet_past *past, const char *point) {
  for (size_t i = 0; i < past->mount_count; i++)
    if (past->mounts[i].point && strcmp(past->mounts[i].point, point) == 0)
      return &past->mounts[i];
  return NULL;
}

const struct fleet_past_mount *fleet_past_mount(const struct fleet_past *past, const char *point) {
  return find_mount(past, point);
}

/* Those that are not listed any more are forgotten. */
static void keep_mounts(struct fleet_past *past, const struct fleet_facts *facts, int64_t now_us) {
  struct fleet_past_mount *kept = mem_new((facts->mount_count + 1) * sizeof *kept);
  size_t count = 0;
  for (size_t i = 0; i < facts->mount_count; i++) {
    const struct fleet_mount *mount = &facts->mounts[i];
    struct fleet_past_mount *before = find_mount(past, mount->point);
    struct fleet_past_mount *now = &kept[count];
    if (!(mount->size > 0 && mount->free >= 0 && mount->free <= mount->size))
      continue;
    count++;
    if (before)
      *now = *before;
    else
      now->point = mem_dup(mount->point);
    if (before)
      before->point = NULL; /* taken */
    now->was_writable = now->was_writable || mount->read_only == 0;
    disk_growth_add(&now->growth, now_us / 1000, (uint64_t)(mount->size - mount->free),
                    (uint64_t)mount->size);
  }
  for (size_t i = 0; i < past->mount_count; i++)
    free(past->mounts[i].point);
  free(past->mounts);
  past->mounts = kept;
  past->mount_count = count;
}

static void forget_rates(struct fleet_facts *facts) {
  for (size_t i = 0; i < SUM_COUNT; i++)
    facts->sums[i] = NAN;
  for (size_t i = 0; i < facts->interface_count; i++)
    for (size_t k = 0; k < NET_COUNT; k++)
      facts->interfaces[i].sums[k] = NAN;
}

/* The time of the start is a difference of two clocks: it moves a little when one of them is set.
 */
static bool is_another_run(const struct fleet_past *past, const struct fleet_facts *facts) {
  enum { BOOT_SLACK_S = 30 };
  return fabs(past->boot_s - facts->boot_s) > BOOT_SLACK_S;
}

void fleet_past_take(struct fleet_past *past, struct fleet_host *host, int64_t now_us) {
  struct fleet_facts *facts = &host->facts;
  const double seconds = (double)(now_us - past->at_us) / 1e6;
  struct fleet_past next = *past;
  next.known = true;
  next.boot_s = facts->boot_s;
  next.cores = facts->cores;
  next.at_us = now_us;
  memcpy(next.sums, facts->sums, sizeof next.sums);
  struct fleet_past before = *past;
  next.interfaces = NULL;
  next.interface_count = 0;
  keep_interfaces(&next, facts);
  host->restarted = past->known && is_another_run(past, facts);
  host->rates_none = !past->known      ? FIGURES_NEED_TWO
                     : host->restarted ? "the host was restarted"
                     : seconds < 0.001 ? "no time has passed"
                                       : NULL;
  if (host->rates_none) {
    forget_rates(facts);
  } else {
    sums_rate(&before, facts, seconds);
    interfaces_rate(&before, facts, seconds);
  }
  facts->are_rates = true;
  forget_interfaces(&before);
  *past = next;
  keep_mounts(past, facts, now_us);
  host->past = past;
}

bool fleet_shares_make(const struct fleet_facts *facts, struct fleet_shares *shares) {
  const double *sums = facts->sums;
  if (!facts->are_rates || !(sums[SUM_CPU] > 0) || isnan(sums[SUM_IDLE]))
    return false;
  const double iowait =
      isnan(sums[SUM_IOWAIT]) ? 0 : sums[SUM_IOWAIT]; /* not every system has it */
  shares->iowait = fmin(iowait / sums[SUM_CPU], 1);
  shares->steal = isnan(sums[SUM_STEAL]) ? NAN : fmin(sums[SUM_STEAL] / sums[SUM_CPU], 1);
  shares->used = fmax(1 - fmin(sums[SUM_IDLE] / sums[SUM_CPU], 1) - shares->iowait, 0);
  return true;
}

double fleet_net(const struct fleet_facts *facts, enum fleet_net one, enum fleet_net other) {
  double sum = NAN;
  for (size_t i = 0; i < facts->interface_count; i++) {
    const double *sums = facts->interfaces[i].sums;
    const double each[] = {sums[one], one == other ? NAN : sums[other]};
    for (size_t k = 0; k < 2; k++)
      if (!isnan(each[k]))
        sum = isnan(sum) ? each[k] : sum + each[k];
  }
  return sum;
}
