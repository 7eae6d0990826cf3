#include "collectors/host/host.h"

#include "core/count.h"

#include <sys/utsname.h>

static struct value bytes(uint64_t count) {
  return value_int((int64_t)count);
}

/* None, for the cells from `first` to `last`. */
static void fill_none(struct row *row, enum host_column first, enum host_column last,
                      const char *reason) {
  for (unsigned i = first; i <= last; i++)
    row->cells[i] = value_none(reason);
}

/* Why a file told us nothing: it could not be read, or made no sense. */
static const char *file_reason(struct sample *sample, const struct file_text *file) {
  return file->text ? "its text makes no sense" : sample_copy(sample, file->err.text);
}

static void fill_load(struct sample *sample, struct row *row, const struct host_reading *reading,
                      const struct host_cpu *cpu) {
  const struct file_text *file = &reading->files[HOST_FILE_LOAD];
  struct host_load load;
  if (!file->text || !host_load_parse(file->text, &load)) {
    const char *reason = file_reason(sample, file);
    fill_none(row, HOST_LOAD_TEXT, HOST_LOAD, reason);
    fill_none(row, HOST_LOAD1, HOST_LOAD15, reason);
    fill_none(row, HOST_TASKS, HOST_RUNNABLE, reason);
    return;
  }
  row->cells[HOST_LOAD1] = value_real(load.one);
  row->cells[HOST_LOAD5] = value_real(load.five);
  row->cells[HOST_LOAD15] = value_real(load.fifteen);
  row->cells[HOST_TASKS] = value_int(load.tasks);
  row->cells[HOST_RUNNABLE] = value_int(load.runnable);
  if (cpu && cpu->cores > 0) {
    row->cells[HOST_LOAD_TEXT] =
        value_text(sample_printf(sample, "%.1f of %lld", load.one, (long long)cpu->cores));
    row->cells[HOST_LOAD] = value_real(load.one / (double)cpu->cores);
  } else {
    row->cells[HOST_LOAD_TEXT] = value_text(sample_printf(sample, "%.1f", load.one));
    row->cells[HOST_LOAD] = value_none("the number of processors is not known");
  }
}

static void fill_shares(struct row *row, const struct host_cpu *before,
                        const struct host_cpu *now) {
  struct host_cpu_shares shares;
  if (before->total == 0 || !host_cpu_between(before, now, &shares)) {
    const char *reason = before->total == 0 ? "needs two collections" : "no time has passed";
    row->cells[HOST_CPU] = value_none(reason);
    fill_none(row, HOST_IOWAIT, HOST_STEAL, reason);
    return;
  }
  row->cells[HOST_CPU] = value_real(shares.used);
  row->cells[HOST_IOWAIT] = value_real(shares.iowait);
  row->cells[HOST_STEAL] = value_real(shares.steal);
}

/* True if the processors are known. */
static bool fill_cpu(struct sample *sample, struct row *row, const struct host_reading *reading,
                     const struct host_cpu *before, struct host_cpu *now) {
  const struct file_text *file = &reading->files[HOST_FILE_STAT];
  if (!file->text || !host_cpu_parse(file->text, now)) {
    const char *reason = file_reason(sample, file);
    row->cells[HOST_CPU] = value_none(reason);
    fill_none(row, HOST_IOWAIT, HOST_STEAL, reason);
    row->cells[HOST_CORES] = row->cells[HOST_BOOT] = value_none(reason);
    return false;
  }
  fill_shares(row, before, now);
  row->cells[HOST_CORES] =
      now->cores ? value_int(now->cores) : value_none("the kernel does not say");
  row->cells[HOST_BOOT] = now->boot_s > 0 ? value_int(count_times(now->boot_s, 1000))
                                          : value_none("the kernel does not say");
  return true;
}

static void fill_memory(struct sample *sample, struct row *row,
                        const struct host_reading *reading) {
  const struct file_text *file = &reading->files[HOST_FILE_MEMORY];
  struct host_memory memory;
  if (!file->text || !host_memory_parse(file->text, &memory)) {
    const char *reason = file_reason(sample, file);
    fill_none(row, HOST_MEMORY, HOST_SWAP, reason);
    fill_none(row, HOST_MEMORY_USED, HOST_SWAP_TOTAL, reason);
    return;
  }
  row->cells[HOST_MEMORY_TOTAL] = bytes(memory.total);
  if (memory.has_available) {
    uint64_t used = memory.total - memory.available;
    row->cells[HOST_MEMORY] = value_real((double)used / (double)memory.total);
    row->cells[HOST_MEMORY_USED] = bytes(used);
    row->cells[HOST_MEMORY_AVAILABLE] = bytes(memory.available);
  } else {
    static const char reason[] = "needs MemAvailable, of Linux 3.14";
    row->cells[HOST_MEMORY] = value_none(reason);
    fill_none(row, HOST_MEMORY_USED, HOST_MEMORY_AVAILABLE, reason);
  }
  if (memory.swap_total == 0)
    return; /* without swap space it does not apply */
  uint64_t swapped = memory.swap_total - memory.swap_free;
  row->cells[HOST_SWAP] = value_real((double)swapped / (double)memory.swap_total);
  row->cells[HOST_SWAP_USED] = bytes(swapped);
  row->cells[HOST_SWAP_TOTAL] = bytes(memory.swap_total);
}

static void fill_uptime(struct sample *sample, struct row *row,
                        const struct host_reading *reading) {
  const struct file_text *file = &reading->files[HOST_FILE_UPTIME];
  double uptime;
  bool known = file->text && host_uptime_parse(file->text, &uptime);
  row->cells[HOST_UPTIME] = known ? value_real(uptime) : value_none(file_reason(sample, file));
}

/* `full` may be the same column as `some` where there is no cell for it: of the processors only
 * some is of use. */
static void fill_pressure(struct row *row, const struct file_text *file, enum host_column some,
                          enum host_column full) {
  static const char reason[] = "the kernel keeps no pressure figures (PSI)";
  struct host_pressure pressure;
  if (!file->text || !host_pressure_parse(file->text, &pressure)) {
    row->cells[some] = row->cells[full] = value_none(reason);
    return;
  }
  row->cells[full] = pressure.has_full ? value_real(pressure.full) : value_none(reason);
  row->cells[some] = value_real(pressure.some);
}

void host_summary_fill(struct sample *sample, struct row *row, const struct host_reading *reading,
                       struct host_cpu *cpu_before) {
  struct host_cpu cpu;
  bool known = fill_cpu(sample, row, reading, cpu_before, &cpu);
  if (known)
    *cpu_before = cpu;
  fill_load(sample, row, reading, known ? &cpu : NULL);
  fill_memory(sample, row, reading);
  fill_uptime(sample, row, reading);
  const struct file_text *files = reading->files;
  fill_pressure(row, &files[HOST_FILE_PRESSURE_CPU], HOST_PRESSURE_CPU, HOST_PRESSURE_CPU);
  fill_pressure(row, &files[HOST_FILE_PRESSURE_MEMORY], HOST_PRESSURE_MEMORY,
                HOST_PRESSURE_MEMORY_FULL);
  fill_pressure(row, &files[HOST_FILE_PRESSURE_IO], HOST_PRESSURE_IO, HOST_PRESSURE_IO_FULL);
  struct utsname name;
  if (uname(&name) != 0)
    return;
  row->cells[HOST_HOSTNAME] = value_text(sample_copy(sample, name.nodename));
  sample->server = sample_printf(sample, "%s %s", name.sysname, name.release);
}
