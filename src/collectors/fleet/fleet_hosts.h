/* The hosts of a fleet as one collection found them, however it was collected, and what is kept of
 * them between two collections. Pure; the time is passed in. */
#pragma once

#include "clients/fleet/fleet_contract.h"
#include "clients/fleet/fleet_facts.h"
#include "collectors/disk_growth.h"
#include "core/map.h"
#include "core/value.h"

enum fleet_state {
  FLEET_UNKNOWN, /* it was not asked, or is new: nothing is known of it */
  FLEET_UP,
  FLEET_DOWN, /* it was asked, and did not answer as it should */
  FLEET_GONE, /* Prometheus knew it not long ago, and does not ask it any more */
};

struct fleet_host {
  const char *key, *label; /* unique; for display */
  enum fleet_state state;
  const char *error; /* why it is not up; NULL: it is */
  bool refused;      /* it answers, but not with its figures: a login, a web page */
  int64_t down_ms;   /* how long it has been so; 0: not known */
  double age_s;      /* of its figures; NaN: not known */
  double clock_s;    /* its clock minus the clock that it is compared to; NaN: not known */
  const char *job;   /* in Prometheus; NULL */
  const char *address;
  struct fleet_facts facts;      /* only if it is up; with are_rates set, all sums are rates */
  const char *rates_none;        /* why there are no rates; NULL: there are */
  bool restarted;                /* since the collection before */
  const struct fleet_past *past; /* with the growth of its mounts; NULL: slopes instead */
};

struct fleet_past_mount {
  char *point;
  struct disk_growth growth;
  bool was_writable;
};

/* Of one host, between two collections. */
struct fleet_past {
  bool known;
  double boot_s, cores;
  int64_t at_us;
  double sums[SUM_COUNT];
  struct fleet_interface *interfaces; /* names are owned */
  size_t interface_count;
  struct fleet_past_mount *mounts; /* in the order of the last facts */
  size_t mount_count;
};
void fleet_past_fini(struct fleet_past *past);

/* Turns the counters of its facts into rates, with what is kept, and keeps them. */
void fleet_past_take(struct fleet_past *past, struct fleet_host *host, int64_t now_us);
const struct fleet_past_mount *fleet_past_mount(const struct fleet_past *past, const char *point);

/* Shares of the CPUs' time, of facts with rates: as the local host has them. False: not known. */
struct fleet_shares {
  double used, iowait, steal;
};
bool fleet_shares_make(const struct fleet_facts *facts, struct fleet_shares *shares);
/* The sum over its interfaces of one or two of their figures; NaN if no interface has it. */
double fleet_net(const struct fleet_facts *facts, enum fleet_net one, enum fleet_net other);
