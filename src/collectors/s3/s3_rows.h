/* From what is known of an object store to a sample. No input or output; times are passed in. */
#pragma once

#include "collectors/s3/s3_bucket.h"
#include "collectors/s3/s3_probe.h"
#include "collectors/s3/s3_scan.h"
#include "model/sample.h"

enum { S3_TABLES = 4 };
extern const struct table_spec *const s3_tables[S3_TABLES];

struct s3_known {
  const char *name; /* of the target */
  const char *region;
  const struct s3_bucket *buckets;
  size_t bucket_count, bucket_total;
  bool listed;          /* the buckets are those that the server lists */
  const char *unlisted; /* why it does not list them; NULL */
  const struct s3_scan *scans;
  size_t scan_count;
  const struct s3_probe *probe;
  const struct s3_run *run;
  char *const *public_names; /* buckets that are meant to be public */
  size_t public_count;
  int64_t now_ms, wall_ms; /* steady clock; wall time */
};
struct sample *s3_sample(const struct s3_known *known);

/* For s3_rows.c: the rows of each table. */
extern const struct table_spec s3_buckets_table, s3_backups_table, s3_probe_table;
void s3_buckets_fill(struct sample *sample, struct table *table, const struct s3_known *known);
void s3_backups_fill(struct sample *sample, struct table *table, const struct s3_known *known);
void s3_probe_fill(struct sample *sample, struct table *table, const struct s3_known *known);
