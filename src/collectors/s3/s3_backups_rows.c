/* The table of backups. */
#include "clients/s3/s3_contract.h"
#include "collectors/s3/s3_rows.h"
#include "core/text/format.h"

#include <string.h>

enum backup_column {
#define COLUMN(name, ...) name,
#include "s3_backups.def"
#undef COLUMN
  BACKUP_COLUMN_COUNT
};
static const struct column_spec columns[BACKUP_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "s3_backups.def"
#undef COLUMN
};
const struct table_spec s3_backups_table = {.id = S3_BACKUPS_TABLE,
                                            .title = "Backups",
                                            .columns = columns,
                                            .column_count = BACKUP_COLUMN_COUNT};

struct judging {
  const struct s3_known *known;
  const struct s3_scan *scan;
  const struct s3_found *found;
  double age_s;
  bool partial; /* a newer one may be among the objects that were not listed */
};

/* The list that counts: the last one that ended, or what is known of the first one. */
static const struct s3_found *found_of(const struct s3_scan *scan) {
  return scan->ended_ms ? &scan->last : scan->now.listed > 0 ? &scan->now : NULL;
}

static double age_of(const struct s3_known *known, int64_t modified_ms) {
  const double age = ((double)known->wall_ms - (double)modified_ms) / 1000 - known->run->skew_s;
  return age > 0 ? age : 0;
}

static void mark(struct row *row, enum severity severity, const char *reason) {
  if (row->severity >= severity)
    return;
  row->severity = severity;
  row->reason = reason;
}

static void judge_size(struct sample *sample, struct row *row, const struct judging *judging) {
  const struct s3_backup *backup = &judging->scan->backup;
  const struct s3_object *newest = &judging->found->newest, *before = &judging->found->before;
  char is[FORMAT_MAX], was[FORMAT_MAX];
  format_bytes(is, sizeof is, (double)newest->size);
  if (newest->size == 0 && backup->min_size > 0) {
    mark(row, SEVERITY_CRIT, "the newest object is empty");
  } else if (newest->size < backup->min_size) {
    format_bytes(was, sizeof was, (double)backup->min_size);
    mark(row, SEVERITY_CRIT,
         sample_printf(sample, "the newest object has %s, less than min_size %s", is, was));
  } else if (*before->key && (double)newest->size < backup->shrink * (double)before->size) {
    format_bytes(was, sizeof was, (double)before->size);
    mark(row, SEVERITY_WARN,
         sample_printf(sample, "the newest object has %s, the one before it %s", is, was));
  }
}

static void judge(struct sample *sample, struct row *row, const struct judging *judging) {
  const struct s3_scan *scan = judging->scan;
  char age[FORMAT_MAX], limit[FORMAT_MAX], count[FORMAT_MAX];
  format_counted(count, sizeof count, judging->found->listed, "object", "objects");
  if (!*judging->found->newest.key) {
    if (judging->partial)
      mark(row, SEVERITY_UNKNOWN,
           sample_printf(sample, "none of the first %s is one; the list is longer", count));
    else
      mark(row, SEVERITY_CRIT,
           judging->found->listed > 0 && *scan->backup.match
               ? sample_printf(sample, "none of %s matches %s", count, scan->backup.match)
               : "there is no object");
    return;
  }
  if (judging->age_s * 1000 > (double)scan->backup.max_age_ms) {
    format_duration(age, sizeof age, judging->age_s);
    format_duration(limit, sizeof limit, (double)scan->backup.max_age_ms / 1000);
    if (judging->partial)
      mark(row, SEVERITY_UNKNOWN,
           sample_printf(sample, "%s old among the first %s; the list is longer", age, count));
    else
      mark(row, SEVERITY_CRIT,
           sample_printf(sample, "the newest object is %s old, above %s", age, limit));
  }
  if (!judging->partial)
    judge_size(sample, row, judging);
}

static void fill(struct sample *sample, struct row *row, const struct judging *judging) {
  const struct s3_found *found = judging->found;
  const struct s3_object *newest = &found->newest;
  struct value *cells = row->cells;
  cells[BACKUP_OBJECTS] = value_int(found->count);
  cells[BACKUP_BYTES] = value_int(found->bytes);
  if (judging->partial) {
    cells[BACKUP_OBJECTS] = value_at_least(cells[BACKUP_OBJECTS]);
    cells[BACKUP_BYTES] = value_at_least(cells[BACKUP_BYTES]);
  }
  if (!*newest->key)
    return;
  cells[BACKUP_AGE] = value_real(judging->age_s);
  cells[BACKUP_SIZE] = value_int(newest->size);
  cells[BACKUP_NEWEST] =
      value_text(sample_copy(sample, newest->key + strlen(judging->scan->backup.prefix)));
  cells[BACKUP_WRITTEN] = value_int(newest->modified_ms);
  if (*found->before.key)
    cells[BACKUP_BEFORE] = value_int(found->before.size);
}

static void unknown(struct row *row, const char *why) {
  static const enum backup_column which[] = {BACKUP_AGE,    BACKUP_SIZE,   BACKUP_BEFORE,
                                             BACKUP_BYTES,  BACKUP_NEWEST, BACKUP_OBJECTS,
                                             BACKUP_WRITTEN};
  for (size_t i = 0; i < sizeof which / sizeof *which; i++)
    row->cells[which[i]] = value_none(why);
}

static bool add(struct sample *sample, struct table *table, const struct s3_known *known,
                const struct s3_scan *scan) {
  struct row *row = sample_row(sample, table, scan->name, NULL);
  const struct s3_found *found = found_of(scan);
  if (!row)
    return false;
  row->cells[BACKUP_NAME] = value_text(row->key);
  row->cells[BACKUP_MAX_AGE] = value_real((double)scan->backup.max_age_ms / 1000);
  row->cells[BACKUP_PLACE] =
      value_text(sample_printf(sample, "%s/%s", scan->backup.bucket, scan->backup.prefix));
  row->cells[BACKUP_LISTED] = scan->ended_ms
                                  ? value_real((double)(known->now_ms - scan->ended_ms) / 1000)
                                  : value_none("not listed to its end yet");
  if (scan->err.kind != ERR_NONE) /* what was known is old, and may hide what is wrong now */
    mark(row, *scan->code ? SEVERITY_CRIT : SEVERITY_UNKNOWN,
         sample_printf(sample, "cannot list it: %s", scan->err.text));
  if (!found) {
    unknown(row, row->reason ? row->reason : "not listed yet");
    mark(row, SEVERITY_UNKNOWN, "not listed yet");
    return true;
  }
  struct judging judging = {.known = known,
                            .scan = scan,
                            .found = found,
                            .age_s = age_of(known, found->newest.modified_ms),
                            .partial = !found->whole};
  fill(sample, row, &judging);
  judge(sample, row, &judging);
  return true;
}

void s3_backups_fill(struct sample *sample, struct table *table, const struct s3_known *known) {
  for (size_t i = 0; i < known->scan_count; i++)
    if (!add(sample, table, known, &known->scans[i]))
      return;
}
