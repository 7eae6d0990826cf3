#include "collectors/zookeeper/zookeeper_rows.h"

#include "core/mem.h"
#include "core/number.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum summary_column {
#define COLUMN(name, ...) name,
#include "zookeeper_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};
static const struct column_spec columns[SUMMARY_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "zookeeper_summary.def"
#undef COLUMN
};
static const struct table_spec summary_table = {.id = ZOOKEEPER_SUMMARY_TABLE,
                                                .title = "ZooKeeper",
                                                .flags = TABLE_SUMMARY,
                                                .columns = columns,
                                                .column_count = SUMMARY_COLUMN_COUNT};
const struct table_spec *const zookeeper_tables[ZOOKEEPER_TABLES] = {&summary_table};

const char *const zookeeper_words[ZOOKEEPER_WORDS] = {
    [ZOOKEEPER_MNTR] = "mntr", [ZOOKEEPER_SRVR] = "srvr", [ZOOKEEPER_RUOK] = "ruok"};

static const char forbidden[] =
    "mntr is not allowed: add it to 4lw.commands.whitelist of the server";
static const char older[] = "this version or mode does not report it";

struct reading {
  struct zookeeper_fields fields;
  enum zookeeper_answered answered[ZOOKEEPER_WORDS];
  bool heard[ZOOKEEPER_WORDS];
};

static const char *field_text(const void *answer, const char *name) {
  return zookeeper_field(answer, name);
}
static const struct figures figures = {
    .table = &summary_table, .text = field_text, .unsaid = older};

static bool any(const struct reading *reading, enum zookeeper_answered answered) {
  for (size_t i = 0; i < ZOOKEEPER_WORDS; i++)
    if (reading->heard[i] && reading->answered[i] == answered)
      return true;
  return false;
}

/* What no word answers well. */
static bool refuse(const struct reading *reading, const struct zookeeper_answers *answers,
                   struct err *err) {
  for (size_t i = 0; i < ZOOKEEPER_WORDS; i++)
    if (reading->heard[i] && reading->answered[i] == ZOOKEEPER_FOREIGN)
      return err_set(err, ERR_PROTOCOL, "the answer to %s is not that of a ZooKeeper: \"%.60s\"",
                     zookeeper_words[i], answers->texts[i]);
  if (any(reading, ZOOKEEPER_FORBIDDEN))
    return err_set(
        err, ERR_DENIED,
        "mntr and srvr are not allowed: set 4lw.commands.whitelist=mntr,srvr,ruok in the "
        "configuration of the server");
  *err = answers->errs[ZOOKEEPER_MNTR];
  if (err->kind == ERR_CLOSED)
    err_set(err, ERR_CLOSED,
            "the server closes the connection without an answer: too many connections "
            "(maxClientCnxns), TLS, or another protocol");
  return false;
}

/* ---- cells without a source */

static struct value mean_cell(struct zookeeper_memory *memory, const struct reading *reading,
                              const char *sum, const char *count, int64_t now_us) {
  double total, number, seconds;
  if (!number_real(zookeeper_field(&reading->fields, sum), &total) ||
      !number_real(zookeeper_field(&reading->fields, count), &number))
    return value_none(older);
  const struct value grown =
      row_past_rate(&memory->rows, ZOOKEEPER_SUMMARY_TABLE, sum, "", total, now_us);
  const struct value times =
      row_past_rate(&memory->rows, ZOOKEEPER_SUMMARY_TABLE, count, "", number, now_us);
  if (!value_number(grown, &seconds) || !value_number(times, &number))
    return grown.type == VALUE_NONE ? grown : times;
  return number > 0 ? value_real(seconds / number / 1000)
                    : value_none("there were none since the last collection");
}

static struct value missing_cell(const struct reading *reading) {
  const char *mode = zookeeper_field(&reading->fields, "zk_server_state");
  int64_t voters, synced;
  if (!mode || strcmp(mode, "leader") != 0)
    return value_none(NULL); /* only the leader knows */
  if (!number_count(zookeeper_field(&reading->fields, "zk_quorum_size"), &voters) ||
      !number_count(zookeeper_field(&reading->fields, "zk_synced_followers"), &synced))
    return value_none(older);
  return value_int(voters - 1 > synced ? voters - 1 - synced : 0);
}

static void fill(struct sample *sample, const struct zookeeper_answers *answers,
                 struct reading *reading, struct zookeeper_memory *memory) {
  struct row *row = sample_row(sample, &sample->tables[0], answers->name, NULL);
  const int64_t now_us = answers->now_us;
  assert(row); /* one row fits into any ceiling */
  struct value *cells = row->cells;
  const char *version = zookeeper_field(&reading->fields, "zk_version");
  row_past_begin(&memory->rows);
  figures_take(sample, cells, &figures, &reading->fields, &memory->past, now_us);
  cells[SUMMARY_NAME] = value_text(row->key);
  cells[SUMMARY_LATENCY] = answers->answer_us >= 0
                               ? value_real((double)answers->answer_us / 1e6)
                               : value_none("stacktop was busy while waiting for the answer");
  cells[SUMMARY_READS] =
      mean_cell(memory, reading, "zk_sum_readlatency", "zk_cnt_readlatency", now_us);
  cells[SUMMARY_UPDATES] =
      mean_cell(memory, reading, "zk_sum_updatelatency", "zk_cnt_updatelatency", now_us);
  cells[SUMMARY_FSYNC] = mean_cell(memory, reading, "zk_sum_fsynctime", "zk_cnt_fsynctime", now_us);
  cells[SUMMARY_MISSING] = missing_cell(reading);
  cells[SUMMARY_VERSION] = version
                               ? value_text(sample_text(sample, version, strcspn(version, "-, ")))
                               : value_none(older);
  if (version)
    sample->server = sample_printf(sample, "ZooKeeper %.*s", (int)strcspn(version, "-, "), version);
}

/* Why a cell is not known, where it is not the version. */
static void explain(struct sample *sample, const char *why) {
  struct row *row = &sample->tables[0].rows[0];
  for (size_t i = 0; i < SUMMARY_COLUMN_COUNT; i++)
    if (row->cells[i].type == VALUE_NONE && row->cells[i].text == older)
      row->cells[i] = value_none(why);
}

static void judge(struct sample *sample, struct reading *reading, struct value *cells) {
  const char *mode = zookeeper_field(&reading->fields, "zk_server_state");
  if (any(reading, ZOOKEEPER_NOT_SERVING)) {
    cells[SUMMARY_MODE] = value_text("not serving");
    explain(sample, "it does not serve requests");
    sample_fault(sample, NULL, SEVERITY_CRIT,
                 "it does not serve requests: the ensemble has no quorum, or it is starting");
  } else if (mode && strstr(mode, "read-only")) {
    sample_fault(sample, NULL, SEVERITY_CRIT,
                 "it serves reads only: it is cut off from the quorum (readonlymode)");
  } else if (reading->heard[ZOOKEEPER_MNTR] &&
             reading->answered[ZOOKEEPER_MNTR] == ZOOKEEPER_FORBIDDEN) {
    explain(sample, forbidden);
    sample_note(sample, summary_table.id, NULL, "%s", forbidden);
  }
}

static void read_all(struct reading *reading, struct zookeeper_answers *answers) {
  for (size_t i = 0; i < ZOOKEEPER_WORDS; i++) {
    reading->heard[i] = answers->texts[i];
    if (answers->texts[i])
      reading->answered[i] =
          zookeeper_read(zookeeper_words[i], answers->texts[i], &reading->fields);
  }
}

struct sample *zookeeper_sample(struct zookeeper_answers *answers, struct zookeeper_memory *memory,
                                struct err *err) {
  struct reading *reading = mem_new(sizeof *reading);
  struct sample *sample = NULL;
  read_all(reading, answers);
  if (zookeeper_field(&reading->fields, "zk_server_state") || any(reading, ZOOKEEPER_NOT_SERVING)) {
    sample = sample_new(zookeeper_tables, ZOOKEEPER_TABLES);
    fill(sample, answers, reading, memory);
    judge(sample, reading, sample->tables[0].rows[0].cells);
    if (answers->errs[ZOOKEEPER_MNTR].kind != ERR_NONE)
      sample_fault(sample, NULL, SEVERITY_UNKNOWN, "mntr: %s", answers->errs[ZOOKEEPER_MNTR].text);
  } else {
    refuse(reading, answers, err);
  }
  free(reading);
  return sample;
}
