#include "collectors/s3/s3_rows.h"

#include "clients/s3/s3_contract.h"

#include "core/text/format.h"

#include <assert.h>

enum { SKEW_WARN_S = 300 };

enum summary_column {
#define COLUMN(name, ...) name,
#include "s3_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};
static const struct column_spec columns[SUMMARY_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "s3_summary.def"
#undef COLUMN
};
static const struct table_spec summary_table = {.id = S3_SUMMARY_TABLE,
                                                .title = "Object store",
                                                .flags = TABLE_SUMMARY,
                                                .columns = columns,
                                                .column_count = SUMMARY_COLUMN_COUNT};

const struct table_spec *const s3_tables[S3_TABLES] = {&summary_table, &s3_buckets_table,
                                                       &s3_backups_table, &s3_probe_table};

static struct value latency_cell(const struct s3_known *known) {
  int64_t slowest_us = -1;
  for (size_t i = 0; i < known->bucket_count; i++)
    if (known->buckets[i].listed && known->buckets[i].took_us > slowest_us)
      slowest_us = known->buckets[i].took_us;
  return slowest_us >= 0 ? value_real((double)slowest_us / 1e6)
                         : value_none("no bucket was listed");
}

/* The server's clock comes in whole seconds. */
static void fill_skew(struct sample *sample, struct row *row, const struct s3_run *run) {
  const double skew_s = run->skew_s > 1 || run->skew_s < -1 ? run->skew_s : 0;
  const double amount_s = skew_s < 0 ? -skew_s : skew_s;
  char shown[FORMAT_MAX];
  if (!run->has_skew) {
    row->cells[SUMMARY_SKEW] = value_none("the server does not say its time");
    return;
  }
  row->cells[SUMMARY_SKEW] = value_real(skew_s);
  if (amount_s < SKEW_WARN_S)
    return;
  row->severity = SEVERITY_WARN;
  row->reason = sample_printf(sample, "the clock of this host is %s %s that of the server",
                              format_duration(shown, sizeof shown, amount_s),
                              skew_s < 0 ? "behind" : "ahead of");
}

static void fill_summary(struct sample *sample, const struct s3_known *known) {
  struct row *row = sample_row(sample, &sample->tables[0], known->name, NULL);
  assert(row); /* one row fits into any ceiling */
  row->cells[SUMMARY_NAME] = value_text(row->key);
  row->cells[SUMMARY_BUCKETS] = known->unlisted ? value_none(sample_copy(sample, known->unlisted))
                                                : value_int((int64_t)known->bucket_total);
  row->cells[SUMMARY_BACKUPS] = value_int((int64_t)known->scan_count);
  row->cells[SUMMARY_LATENCY] = latency_cell(known);
  fill_skew(sample, row, known->run);
  row->cells[SUMMARY_REGION] = value_text(sample_copy(sample, known->region));
}

struct sample *s3_sample(const struct s3_known *known) {
  struct sample *sample = sample_new(s3_tables, S3_TABLES);
  fill_summary(sample, known);
  s3_buckets_fill(sample, &sample->tables[1], known);
  s3_backups_fill(sample, &sample->tables[2], known);
  s3_probe_fill(sample, &sample->tables[3], known);
  if (known->unlisted)
    sample_note(sample, S3_BUCKETS_TABLE, NULL, "the buckets are not known: %s", known->unlisted);
  if (known->bucket_count < known->bucket_total)
    sample_fault(sample, S3_BUCKETS_TABLE, SEVERITY_UNKNOWN,
                 "%zu of %zu buckets are watched; name those that matter in buckets",
                 known->bucket_count, known->bucket_total);
  sample->requests = known->run->requests;
  return sample;
}
