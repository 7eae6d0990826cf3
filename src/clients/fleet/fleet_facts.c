#include "clients/fleet/fleet_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum series_of { OF_HOST, OF_CPU, OF_MOUNT, OF_INTERFACE, OF_UNAME, OF_OS, OF_NOTHING };

struct series {
  const char *name;
  enum series_of of;
  size_t at; /* of the member */
};
#define HOST(member) OF_HOST, offsetof(struct fleet_facts, member)
#define SUM(index) OF_HOST, offsetof(struct fleet_facts, sums) + (index) * sizeof(double)
#define MOUNT(member) OF_MOUNT, offsetof(struct fleet_mount, member)
#define NET(index) OF_INTERFACE, offsetof(struct fleet_interface, sums) + (index) * sizeof(double)

/* Sorted by name. Those of stacktop are made by the queries of a fleet in Prometheus. */
static const struct series known[] = {
    {"node_boot_time_seconds", HOST(boot_s)},
    {"node_cpu_seconds_total", OF_CPU, 0},
    {"node_exporter_build_info", OF_NOTHING, 0},
    {"node_filesystem_avail_bytes", MOUNT(available)},
    {"node_filesystem_device_error", MOUNT(failed)},
    {"node_filesystem_files", MOUNT(files)},
    {"node_filesystem_files_free", MOUNT(files_free)},
    {"node_filesystem_free_bytes", MOUNT(free)},
    {"node_filesystem_readonly", MOUNT(read_only)},
    {"node_filesystem_size_bytes", MOUNT(size)},
    {"node_load1", HOST(load1)},
    {"node_load15", HOST(load15)},
    {"node_load5", HOST(load5)},
    {"node_memory_MemAvailable_bytes", HOST(memory_available)},
    {"node_memory_MemTotal_bytes", HOST(memory_total)},
    {"node_memory_SwapFree_bytes", HOST(swap_free)},
    {"node_memory_SwapTotal_bytes", HOST(swap_total)},
    {"node_network_receive_bytes_total", NET(NET_IN)},
    {"node_network_receive_drop_total", NET(NET_DROPS_IN)},
    {"node_network_receive_errs_total", NET(NET_ERRORS_IN)},
    {"node_network_speed_bytes", OF_INTERFACE, offsetof(struct fleet_interface, speed)},
    {"node_network_transmit_bytes_total", NET(NET_OUT)},
    {"node_network_transmit_drop_total", NET(NET_DROPS_OUT)},
    {"node_network_transmit_errs_total", NET(NET_ERRORS_OUT)},
    {"node_network_up", OF_INTERFACE, offsetof(struct fleet_interface, up)},
    {"node_os_info", OF_OS, 0},
    {"node_pressure_cpu_waiting_seconds_total", SUM(SUM_PRESSURE_CPU)},
    {"node_pressure_io_stalled_seconds_total", SUM(SUM_PRESSURE_IO_FULL)},
    {"node_pressure_io_waiting_seconds_total", SUM(SUM_PRESSURE_IO)},
    {"node_pressure_memory_stalled_seconds_total", SUM(SUM_PRESSURE_MEMORY_FULL)},
    {"node_pressure_memory_waiting_seconds_total", SUM(SUM_PRESSURE_MEMORY)},
    {"node_time_seconds", HOST(time_s)},
    {"node_timex_offset_seconds", HOST(ntp_offset)},
    {"node_timex_sync_status", HOST(ntp_synced)},
    {"node_uname_info", OF_UNAME, 0},
    {"stacktop_cores", HOST(cores)},
    {"stacktop_slope", MOUNT(slope)},
    {"stacktop_slope_long", MOUNT(slope_long)},
    {"stacktop_turned", MOUNT(turned)},
};

static int compare(const void *key, const void *item) {
  const struct page_text *name = key;
  const struct series *series = item;
  const size_t length = strlen(series->name);
  const int order = memcmp(name->text, series->name, name->len < length ? name->len : length);
  return order ? order : name->len < length ? -1 : name->len > length;
}

static const struct series *find(struct page_text name) {
  return bsearch(&name, known, sizeof known / sizeof *known, sizeof *known, compare);
}

bool fleet_facts_want(struct page_text name) {
  return find(name);
}

void fleet_facts_init(struct fleet_facts *facts, struct arena *arena) {
  *facts = (struct fleet_facts){.arena = arena};
  double *const unknown[] = {&facts->cores,      &facts->load1,        &facts->load5,
                             &facts->load15,     &facts->memory_total, &facts->memory_available,
                             &facts->swap_total, &facts->swap_free,    &facts->boot_s,
                             &facts->time_s,     &facts->ntp_offset,   &facts->ntp_synced};
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
    *unknown[i] = NAN;
  for (size_t i = 0; i < SUM_COUNT; i++)
    facts->sums[i] = NAN;
}

static struct page_text label(const struct page_label *labels, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (page_text_is(labels[i].name, name))
      return labels[i].value;
  return (struct page_text){"", 0};
}

static const char *keep(struct fleet_facts *facts, struct page_text text) {
  return text.len == 0 ? NULL
                       : arena_text(facts->arena, text.text,
                                    text.len < FLEET_TEXT_MAX ? text.len : FLEET_TEXT_MAX);
}

/* Room for one more of them, doubled in the arena; false at the limit. */
static bool reserve(struct fleet_facts *facts, void *items, size_t count, size_t *capacity,
                    size_t size, size_t most) {
  void **list = items;
  if (count < *capacity && count < most)
    return true;
  const size_t wanted = *capacity ? *capacity * 2 : 16;
  void *grown = count < most ? arena_alloc(facts->arena, wanted * size) : NULL;
  if (!grown) {
    facts->cut = true;
    return false;
  }
  if (count > 0)
    memcpy(grown, *list, count * size);
  *list = grown;
  *capacity = wanted;
  return true;
}

static bool is(const char *known_text, struct page_text text) {
  return page_text_is(text, known_text ? known_text : "");
}

static struct fleet_mount *mount_of(struct fleet_facts *facts, const struct page_label *labels,
                                    size_t count) {
  const struct page_text point = label(labels, count, "mountpoint");
  const struct page_text device = label(labels, count, "device");
  for (size_t i = 0; i < facts->mount_count; i++)
    if (is(facts->mounts[i].point, point) && is(facts->mounts[i].device, device))
      return &facts->mounts[i];
  if (point.len == 0 || point.len > FLEET_TEXT_MAX || device.len > FLEET_TEXT_MAX ||
      !reserve(facts, &facts->mounts, facts->mount_count, &facts->mount_capacity,
               sizeof *facts->mounts, FLEET_MOUNTS_MAX))
    return NULL;
  struct fleet_mount *mount = &facts->mounts[facts->mount_count++];
  *mount = (struct fleet_mount){.point = keep(facts, point),
                                .device = keep(facts, device),
                                .type = keep(facts, label(labels, count, "fstype")),
                                .size = NAN,
                                .free = NAN,
                                .available = NAN,
                                .files = NAN,
                                .files_free = NAN,
                                .read_only = NAN,
                                .failed = NAN,
                                .turned = NAN,
                                .slope = NAN,
                                .slope_long = NAN};
  return mount;
}

static struct fleet_interface *interface_of(struct fleet_facts *facts, struct page_text name) {
  if (page_text_is(name, "lo"))
    return NULL;
  for (size_t i = 0; i < facts->interface_count; i++)
    if (is(facts->interfaces[i].name, name))
      return &facts->interfaces[i];
  if (name.len > FLEET_TEXT_MAX ||
      !reserve(facts, &facts->interfaces, facts->interface_count, &facts->interface_capacity,
               sizeof *facts->interfaces, FLEET_INTERFACES_MAX))
    return NULL;
  struct fleet_interface *interface = &facts->interfaces[facts->interface_count++];
  const char *text = keep(facts, name);
  *interface = (struct fleet_interface){.name = text ? text : "", .speed = NAN, .up = NAN};
  for (size_t i = 0; i < NET_COUNT; i++)
    interface->sums[i] = NAN;
  return interface;
}

static void add(double *sum, double value) {
  *sum = isnan(*sum) ? value : *sum + value;
}

/* Guest time is a series of its own, and already in user. */
static void take_cpu(struct fleet_facts *facts, const struct page_label *labels, size_t count,
                     double value) {
  const struct page_text mode = label(labels, count, "mode");
  add(&facts->sums[SUM_CPU], value);
  if (page_text_is(mode, "idle"))
    add(&facts->sums[SUM_IDLE], value);
  else if (page_text_is(mode, "iowait"))
    add(&facts->sums[SUM_IOWAIT], value);
  else if (page_text_is(mode, "steal"))
    add(&facts->sums[SUM_STEAL], value);
  if (page_text_is(mode, "idle") && label(labels, count, "cpu").len > 0)
    add(&facts->cores, 1);
}

static void take_uname(struct fleet_facts *facts, const struct page_label *labels, size_t count) {
  facts->hostname = keep(facts, label(labels, count, "nodename"));
  facts->system = keep(facts, label(labels, count, "sysname"));
  facts->release = keep(facts, label(labels, count, "release"));
  facts->machine = keep(facts, label(labels, count, "machine"));
}

/* Newer ones say why it failed in a label. */
static void take_mount(struct fleet_facts *facts, const struct series *series,
                       const struct page_label *labels, size_t count, double value) {
  struct fleet_mount *mount = mount_of(facts, labels, count);
  if (!mount)
    return;
  *(double *)((char *)mount + series->at) = value;
  if (series->at == offsetof(struct fleet_mount, failed) && value > 0)
    mount->error = keep(facts, label(labels, count, "device_error"));
}

void fleet_facts_take(struct fleet_facts *facts, struct page_text name,
                      const struct page_label *labels, size_t label_count, double value) {
  const struct series *series = find(name);
  struct fleet_interface *interface;
  if (!series || !isfinite(value))
    return;
  facts->is_node = true;
  switch (series->of) {
  case OF_HOST:
    *(double *)((char *)facts + series->at) = value;
    break;
  case OF_CPU:
    take_cpu(facts, labels, label_count, value);
    break;
  case OF_MOUNT:
    take_mount(facts, series, labels, label_count, value);
    break;
  case OF_INTERFACE:
    interface = interface_of(facts, label(labels, label_count, "device"));
    if (interface)
      *(double *)((char *)interface + series->at) = value;
    break;
  case OF_UNAME:
    take_uname(facts, labels, label_count);
    break;
  case OF_OS:
    facts->os = keep(facts, label(labels, label_count, "pretty_name"));
    break;
  case OF_NOTHING:
    break;
  }
}

static bool wants(void *arg, struct page_text name) {
  (void)arg;
  return fleet_facts_want(name);
}

static void take_sample(void *arg, const struct page_sample *sample) {
  fleet_facts_take(arg, sample->name, sample->labels, sample->label_count, sample->value);
}

static void take_type(void *arg, struct page_text name, enum page_type type) {
  (void)arg, (void)name, (void)type;
}

bool fleet_facts_read(struct fleet_facts *facts, const char *text, size_t len, struct err *err) {
  const struct page_reader reader = {
      .arg = facts, .wants = wants, .sample = take_sample, .type = take_type};
  struct page_facts page;
  if (!metrics_page_read(text, len, &reader, &page, err))
    return false;
  return facts->is_node ||
         err_set(err, ERR_PROTOCOL, "it is not a node_exporter: %zu metrics, none of node_*",
                 page.samples);
}

double fleet_mount_used(const struct fleet_mount *mount) {
  const double used = mount->size - mount->free;
  return used >= 0 && mount->available >= 0 && used + mount->available > 0
             ? used / (used + mount->available)
             : NAN;
}

double fleet_mount_inodes_used(const struct fleet_mount *mount) {
  return mount->files > 0 && mount->files_free >= 0 && mount->files_free <= mount->files
             ? (mount->files - mount->files_free) / mount->files
             : NAN;
}
