/* The table of buckets. */
#include "clients/s3/s3_contract.h"
#include "collectors/s3/s3_rows.h"

#include <string.h>

enum bucket_column {
#define COLUMN(name, ...) name,
#include "s3_buckets.def"
#undef COLUMN
  BUCKET_COLUMN_COUNT
};
static const struct column_spec columns[BUCKET_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "s3_buckets.def"
#undef COLUMN
};
const struct table_spec s3_buckets_table = {.id = S3_BUCKETS_TABLE,
                                            .title = "Buckets",
                                            .columns = columns,
                                            .column_count = BUCKET_COLUMN_COUNT};

static bool is_meant_public(const struct s3_known *known, const char *name) {
  for (size_t i = 0; i < known->public_count; i++)
    if (strcmp(known->public_names[i], name) == 0)
      return true;
  return false;
}

static struct value fact_cell(struct sample *sample, const struct s3_fact *fact) {
  if (fact->known)
    return value_text(sample_copy(sample, fact->word));
  return value_none(*fact->why ? sample_copy(sample, fact->why) : "not asked yet");
}

/* One answer that says yes is enough. */
static const char *public_by(const struct s3_bucket *bucket) {
  if (bucket->anonymous.known && bucket->anonymous.flag)
    return "listed";
  if ((bucket->policy.known && bucket->policy.flag) ||
      (bucket->policy_text.known && bucket->policy_text.flag))
    return "policy";
  return bucket->acl.known && bucket->acl.flag ? "acl" : NULL;
}

/* Who cannot list a bucket may still read its objects: a no needs the policy. */
static struct value not_public(struct sample *sample, const struct s3_bucket *bucket) {
  const struct s3_fact *policy = bucket->policy_text.known ? &bucket->policy_text : &bucket->policy;
  if (bucket->anonymous.known && policy->known)
    return value_text("no");
  const struct s3_fact *lacks = bucket->anonymous.known ? &bucket->policy_text : &bucket->anonymous;
  return value_none(
      !*lacks->why ? "not asked yet"
      : bucket->anonymous.known
          ? sample_printf(sample, "not everyone can list it; its policy: %s", lacks->why)
          : sample_copy(sample, lacks->why));
}

static void fill_public(struct sample *sample, struct row *row, const struct s3_bucket *bucket,
                        bool meant) {
  const char *by = public_by(bucket);
  if (!by) {
    row->cells[BUCKET_PUBLIC] = not_public(sample, bucket);
    return;
  }
  row->cells[BUCKET_PUBLIC] = value_text(meant ? "meant" : by);
  if (meant || row->severity != SEVERITY_OK)
    return;
  row->severity = strcmp(by, "listed") == 0 ? SEVERITY_CRIT : SEVERITY_WARN;
  row->reason = strcmp(by, "listed") == 0   ? "anyone can list its objects, without a login"
                : strcmp(by, "policy") == 0 ? "its policy allows something to everyone"
                                            : "its access control list makes it public";
}

static const char *state_of(const struct s3_bucket *bucket) {
  return bucket->listed                              ? "ok"
         : !bucket->asked                            ? NULL
         : strcmp(bucket->code, "NoSuchBucket") == 0 ? "missing"
         : strcmp(bucket->code, "AccessDenied") == 0 ? "denied"
                                                     : "error";
}

/* What the server refuses is certain; what it does not answer is not. */
static void judge(struct sample *sample, struct row *row, const struct s3_bucket *bucket) {
  if (bucket->listed)
    return;
  row->severity = *bucket->code ? SEVERITY_CRIT : SEVERITY_UNKNOWN;
  row->reason = bucket->asked ? sample_copy(sample, bucket->err.text) : "not asked in time";
}

static bool add(struct sample *sample, struct table *table, const struct s3_known *known,
                const struct s3_bucket *bucket) {
  struct row *row = sample_row(sample, table, bucket->name, NULL);
  if (!row)
    return false;
  struct value *cells = row->cells;
  const char *state = state_of(bucket);
  judge(sample, row, bucket);
  cells[BUCKET_NAME] = value_text(row->key);
  cells[BUCKET_STATE] = state ? value_text(state) : value_none("not asked in time");
  cells[BUCKET_LATENCY] = bucket->listed ? value_real((double)bucket->took_us / 1e6)
                                         : value_none("it cannot be listed");
  cells[BUCKET_VERSIONING] = fact_cell(sample, &bucket->versioning);
  cells[BUCKET_ENCRYPTION] = fact_cell(sample, &bucket->encryption);
  fill_public(sample, row, bucket, is_meant_public(known, bucket->name));
  cells[BUCKET_CHECKED] = bucket->settings_ms
                              ? value_real((double)(known->now_ms - bucket->settings_ms) / 1000)
                              : value_none("not asked yet");
  if (!bucket->listed && bucket->asked)
    cells[BUCKET_ERROR] = value_text(row->reason);
  return true;
}

void s3_buckets_fill(struct sample *sample, struct table *table, const struct s3_known *known) {
  for (int bad = 1; bad >= 0; bad--) /* the worst first */
    for (size_t i = 0; i < known->bucket_count; i++) {
      const struct s3_bucket *bucket = &known->buckets[i];
      const bool is_bad = !bucket->listed || public_by(bucket);
      if (is_bad == (bad == 1) && !add(sample, table, known, bucket))
        return;
    }
}
