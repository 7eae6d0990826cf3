/* The table of the probe's steps. */
#include "clients/s3/s3_contract.h"
#include "collectors/s3/s3_rows.h"

enum probe_column {
#define COLUMN(name, ...) name,
#include "s3_probe.def"
#undef COLUMN
  PROBE_COLUMN_COUNT
};
static const struct column_spec columns[PROBE_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "s3_probe.def"
#undef COLUMN
};
const struct table_spec s3_probe_table = {
    .id = S3_PROBE_TABLE, .title = "Probe", .columns = columns, .column_count = PROBE_COLUMN_COUNT};

static const char *const steps[S3_PROBE_STEPS] = {"put", "get", "delete"};

static bool add(struct sample *sample, struct table *table, const struct s3_known *known,
                size_t step, const char *place) {
  const struct s3_probe *probe = known->probe;
  const struct s3_probe_result *result = &probe->results[step];
  const char *none = probe->ended_ms ? "the step was not reached" : "no probe has ended yet";
  struct row *row = sample_row(sample, table, steps[step], NULL);
  if (!row)
    return false;
  row->cells[PROBE_STEP] = value_text(row->key);
  row->cells[PROBE_STATE] =
      result->done ? value_text(result->good ? "ok" : "failed") : value_none(none);
  row->cells[PROBE_TIME] = result->good   ? value_real((double)result->took_us / 1e6)
                           : result->done ? value_none("it failed")
                                          : value_none(none);
  row->cells[PROBE_AGE] = probe->ended_ms
                              ? value_real((double)(known->now_ms - probe->ended_ms) / 1000)
                              : value_none("no probe has ended yet");
  row->cells[PROBE_PLACE] = value_text(place);
  if (result->done && !result->good) {
    row->cells[PROBE_ERROR] = value_text(sample_copy(sample, result->err.text));
    row->severity = SEVERITY_CRIT;
    row->reason = sample_printf(sample, "the probe failed: %s", result->err.text);
  }
  return true;
}

static void tell_left(struct sample *sample, const struct s3_probe *probe, const char *place) {
  const size_t left = probe->left_count - probe->left_removed;
  if (left > 0)
    sample_fault(sample, S3_PROBE_TABLE, SEVERITY_WARN,
                 "%zu%s objects of earlier probes are left under %s, and no new one is written: %s",
                 left, probe->left_more ? " or more" : "", place, probe->left_err.text);
  else if (probe->left_err.kind != ERR_NONE)
    sample_note(sample, S3_PROBE_TABLE, NULL, "what earlier probes left cannot be listed: %s",
                probe->left_err.text);
  if (*probe->name && probe->results[S3_PROBE_DELETE].done)
    sample_fault(sample, S3_PROBE_TABLE, SEVERITY_WARN,
                 "%s%s could not be deleted; no new object is written until it is", place,
                 probe->name);
}

void s3_probe_fill(struct sample *sample, struct table *table, const struct s3_known *known) {
  const struct s3_probe *probe = known->probe;
  if (!probe->wanted)
    return;
  if (probe->forbidden) {
    sample_note(sample, S3_PROBE_TABLE, NULL, "the probe does not run: %s", probe->forbidden);
    return;
  }
  const char *place = sample_printf(sample, "%s/%s", probe->bucket, probe->prefix);
  for (size_t i = 0; i < S3_PROBE_STEPS; i++)
    if (!add(sample, table, known, i, place))
      return;
  tell_left(sample, probe, place);
}
