#include "collectors/host/host_own.h"
#include "collectors/host/host_table.h"

#include <string.h>

static const struct file_text *file_of(const struct host_reading *reading, enum host_file file) {
  return &reading->files[file];
}

/* Whether a file was read and parsed; otherwise sets why not. */
static bool take(struct sample *sample, struct host_facts *facts,
                 const struct host_reading *reading, enum host_file file, bool understood) {
  const struct file_text *text = file_of(reading, file);
  facts->known[file] = text->text && understood;
  if (!facts->known[file])
    facts->missing[file] = text->text ? "unexpected content" : sample_copy(sample, text->err.text);
  return facts->known[file];
}

static void take_shares(struct host_facts *facts, const struct host_cpu *before,
                        const struct host_cpu *now) {
  facts->known[HOST_PART_SHARES] =
      before->total > 0 && host_cpu_between(before, now, &facts->shares);
  facts->missing[HOST_PART_SHARES] =
      before->total == 0 ? FIGURES_NEED_TWO : "no CPU time since the last collection";
}

static void take_cpu(struct sample *sample, struct host_facts *facts,
                     const struct host_reading *reading, struct host_cpu *before) {
  const char *text = file_of(reading, HOST_FILE_STAT)->text;
  struct host_cpu now;
  if (!take(sample, facts, reading, HOST_FILE_STAT, text && host_cpu_parse(text, &now))) {
    facts->missing[HOST_PART_SHARES] = facts->missing[HOST_FILE_STAT];
    return;
  }
  facts->cores = now.cores > 0 ? now.cores : -1;
  facts->boot_s = now.boot_s > 0 ? now.boot_s : -1;
  take_shares(facts, before, &now);
  *before = now;
}

static void take_memory(struct sample *sample, struct host_facts *facts,
                        const struct host_reading *reading) {
  const char *text = file_of(reading, HOST_FILE_MEMORY)->text;
  struct host_memory *memory = &facts->memory;
  facts->memory_used = facts->memory_available = -1;
  if (!take(sample, facts, reading, HOST_FILE_MEMORY, text && host_memory_parse(text, memory))) {
    facts->missing[HOST_PART_SWAP] = facts->missing[HOST_FILE_MEMORY];
    return;
  }
  if (memory->has_available) {
    facts->memory_used = (int64_t)(memory->total - memory->available);
    facts->memory_available = (int64_t)memory->available;
  }
  facts->known[HOST_PART_SWAP] = memory->swap_total > 0; /* without swap space it does not apply */
  facts->swap_used = memory->swap_total - memory->swap_free;
}

/* Without pressure figures in the kernel, the column has the reason. */
static void take_pressure(struct host_facts *facts, const struct host_reading *reading,
                          enum host_file file, struct host_pressure *pressure) {
  const char *text = file_of(reading, file)->text;
  facts->known[file] = text && host_pressure_parse(text, pressure);
  if (!pressure->has_full)
    pressure->full = -1;
}

static void facts_take(struct sample *sample, struct host_facts *facts,
                       const struct host_reading *reading, struct host_cpu *cpu_before) {
  const char *load = file_of(reading, HOST_FILE_LOAD)->text;
  const char *uptime = file_of(reading, HOST_FILE_UPTIME)->text;
  memset(facts, 0, sizeof *facts);
  take_cpu(sample, facts, reading, cpu_before);
  take(sample, facts, reading, HOST_FILE_LOAD, load && host_load_parse(load, &facts->load));
  take_memory(sample, facts, reading);
  take(sample, facts, reading, HOST_FILE_UPTIME,
       uptime && host_uptime_parse(uptime, &facts->uptime));
  take_pressure(facts, reading, HOST_FILE_PRESSURE_CPU, &facts->pressure_cpu);
  take_pressure(facts, reading, HOST_FILE_PRESSURE_MEMORY, &facts->pressure_memory);
  take_pressure(facts, reading, HOST_FILE_PRESSURE_IO, &facts->pressure_io);
  facts->known[HOST_PART_SYSTEM] = uname(&facts->name) == 0;
}

/* Divided by the CPUs, if their number is known. */
static void fill_load(struct sample *sample, const struct host_facts *facts, struct value *cells) {
  const double load = facts->load.one;
  if (!facts->known[HOST_FILE_LOAD]) {
    cells[HOST_LOAD_TEXT] = cells[HOST_LOAD] = value_none(facts->missing[HOST_FILE_LOAD]);
  } else if (facts->known[HOST_FILE_STAT] && facts->cores > 0) {
    cells[HOST_LOAD_TEXT] =
        value_text(sample_printf(sample, "%.1f on %lld %s", load, (long long)facts->cores,
                                 facts->cores == 1 ? "CPU" : "CPUs"));
    cells[HOST_LOAD] = value_real(load / (double)facts->cores);
  } else {
    cells[HOST_LOAD_TEXT] = value_text(sample_printf(sample, "%.1f", load));
    cells[HOST_LOAD] = value_none("the number of CPUs is not known");
  }
}

void host_summary_fill(struct sample *sample, struct row *row, const struct host_reading *reading,
                       struct host_cpu *cpu_before) {
  struct host_facts facts;
  facts_take(sample, &facts, reading, cpu_before);
  figures_fill(sample, row->cells, &host_figures, &facts, NULL);
  fill_load(sample, &facts, row->cells);
  if (facts.known[HOST_PART_SYSTEM])
    sample->server = sample_printf(sample, "%s %s", facts.name.sysname, facts.name.release);
}
