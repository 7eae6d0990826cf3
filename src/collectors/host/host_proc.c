#include "collectors/host/host_proc.h"

#include "core/count.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR_BYTES = 512 }; /* unit of diskstats, whatever the sector size of the device is */

/* Parses numbers; advances *at on success only. */
static bool take_real(const char **at, double *number) {
  char *end;
  const char *start = *at + strspn(*at, " \t");
  if (*start < '0' || *start > '9')
    return false;
  *number = strtod(start, &end);
  *at = end;
  return isfinite(*number);
}

static bool take_count(const char **at, uint64_t *count) {
  char *end;
  const char *start = *at + strspn(*at, " \t");
  if (*start < '0' || *start > '9')
    return false;
  errno = 0;
  *count = strtoull(start, &end, 10);
  *at = end;
  return errno == 0 && *count <= INT64_MAX; /* cells are signed */
}

static bool take_text(const char **at, const char *text) {
  size_t length = strlen(text);
  if (strncmp(*at, text, length) != 0)
    return false;
  *at += length;
  return true;
}

/* The start of the next line, or the end. */
static const char *line_next(const char *at) {
  at += strcspn(at, "\n");
  return *at ? at + 1 : at;
}

/* The position after `start` in the line that begins with it, or NULL. */
static const char *line_find(const char *text, const char *start) {
  for (const char *line = text; *line; line = line_next(line)) {
    const char *at = line;
    if (take_text(&at, start))
      return at;
  }
  return NULL;
}

bool host_load_parse(const char *text, struct host_load *load) {
  uint64_t runnable, tasks;
  const char *at = text;
  if (!take_real(&at, &load->one) || !take_real(&at, &load->five) ||
      !take_real(&at, &load->fifteen) || !take_count(&at, &runnable) || !take_text(&at, "/") ||
      !take_count(&at, &tasks))
    return false;
  load->runnable = (int64_t)runnable;
  load->tasks = (int64_t)tasks;
  return true;
}

/* user nice system idle iowait irq softirq steal; the rest (guest) is included in user. Linux
 * before 2.6.11 has fewer. */
enum { CPU_IDLE = 3, CPU_IOWAIT = 4, CPU_STEAL = 7, CPU_FIELDS = 8 };

bool host_cpu_parse(const char *text, struct host_cpu *cpu) {
  uint64_t fields[CPU_FIELDS] = {0};
  size_t count = 0;
  *cpu = (struct host_cpu){0};
  const char *at = line_find(text, "cpu ");
  while (at && count < CPU_FIELDS && take_count(&at, &fields[count]))
    cpu->total = (uint64_t)count_add((int64_t)cpu->total, (int64_t)fields[count++]);
  if (count <= CPU_IDLE || cpu->total == 0)
    return false;
  cpu->idle = fields[CPU_IDLE];
  cpu->iowait = fields[CPU_IOWAIT];
  cpu->steal = fields[CPU_STEAL];
  for (const char *line = text; *line; line = line_next(line))
    cpu->cores += strncmp(line, "cpu", 3) == 0 && line[3] >= '0' && line[3] <= '9';
  uint64_t boot;
  at = line_find(text, "btime ");
  if (at && take_count(&at, &boot))
    cpu->boot_s = (int64_t)boot;
  return true;
}

/* Counters may decrease a little: iowait does (proc(5)), and all may when a CPU goes offline. */
static double share(uint64_t before, uint64_t now, double total) {
  return now > before ? fmin((double)(now - before) / total, 1) : 0;
}

bool host_cpu_between(const struct host_cpu *before, const struct host_cpu *now,
                      struct host_cpu_shares *shares) {
  if (now->total <= before->total)
    return false;
  double total = (double)(now->total - before->total);
  shares->iowait = share(before->iowait, now->iowait, total);
  shares->steal = share(before->steal, now->steal, total);
  shares->used = fmax(1 - share(before->idle, now->idle, total) - shares->iowait, 0);
  return true;
}

static bool memory_field(const char *text, const char *name, uint64_t *bytes) {
  const char *at = line_find(text, name);
  if (!at || !take_count(&at, bytes) || *bytes > INT64_MAX / 1024)
    return false;
  *bytes *= 1024; /* its "kB" are KiB */
  return true;
}

bool host_memory_parse(const char *text, struct host_memory *memory) {
  *memory = (struct host_memory){0};
  if (!memory_field(text, "MemTotal:", &memory->total) || memory->total == 0)
    return false;
  memory->has_available = memory_field(text, "MemAvailable:", &memory->available);
  if (memory->available > memory->total)
    memory->available = memory->total;
  if (!memory_field(text, "SwapTotal:", &memory->swap_total) ||
      !memory_field(text, "SwapFree:", &memory->swap_free) ||
      memory->swap_free > memory->swap_total)
    memory->swap_total = memory->swap_free = 0;
  return true;
}

bool host_uptime_parse(const char *text, double *seconds) {
  return take_real(&text, seconds);
}

static bool pressure_line(const char *text, const char *start, double *ratio) {
  const char *at = line_find(text, start);
  if (!at || !take_real(&at, ratio))
    return false;
  *ratio = fmin(*ratio / 100, 1);
  return true;
}

bool host_pressure_parse(const char *text, struct host_pressure *pressure) {
  *pressure = (struct host_pressure){0};
  pressure->has_full = pressure_line(text, "full avg10=", &pressure->full);
  return pressure_line(text, "some avg10=", &pressure->some);
}

/* "254 0 vda reads merged sectors ms writes merged sectors ms in-flight busy-ms ..." */
static bool disk_counters(const char *at, struct host_disk_io *io) {
  enum { READ_SECTORS = 2, WRITTEN_SECTORS = 6, BUSY = 9, FIELDS = 10 };
  uint64_t fields[FIELDS];
  for (size_t i = 0; i < FIELDS; i++)
    if (!take_count(&at, &fields[i]))
      return false;
  io->read_bytes = fields[READ_SECTORS] * SECTOR_BYTES;
  io->written_bytes = fields[WRITTEN_SECTORS] * SECTOR_BYTES;
  io->busy_ms = fields[BUSY];
  return true;
}

bool host_disk_io_find(const char *text, unsigned major, unsigned minor, const char *source,
                       struct host_disk_io *io) {
  const char *name = strncmp(source, "/dev/", 5) == 0 ? source + 5 : NULL;
  const char *by_name = NULL;
  for (const char *line = text; *line; line = line_next(line)) {
    const char *at = line;
    uint64_t line_major, line_minor;
    if (!take_count(&at, &line_major) || !take_count(&at, &line_minor))
      continue;
    at += strspn(at, " ");
    size_t length = strcspn(at, " \n");
    if (line_major == major && line_minor == minor)
      return disk_counters(at + length, io);
    if (name && strlen(name) == length && strncmp(at, name, length) == 0)
      by_name = at + length;
  }
  return by_name && disk_counters(by_name, io);
}
