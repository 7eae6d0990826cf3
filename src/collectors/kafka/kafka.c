/* Kafka: consumer groups, their committed offsets, and their lag.
 *
 * The client runs in its own process (clients/kafka/kafka.h); here are its options, the history for
 * rates, and the conversion of a snapshot to tables. */
#include "collectors/frame.h"

#include "clients/kafka/kafka.h"
#include "collectors/kafka/kafka_rows.h"
#include "collectors/kafka/kafka_table.h"
#include "collectors/kafka/kafka_target.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The client's deadline is this much before the job's (a twentieth, within these limits), so that
 * it can report what it was waiting for. */
enum { TIMEOUT_MS = 5000, MARGIN_MS = 100, MARGIN_MAX_MS = 250 };

static const struct option options[] = {
    {.name = "bootstrap",
     .type = OPTION_TEXT,
     .required = true,
     .help = "initial brokers: host:port, separated by commas",
     .example = "\"kafka:9092\"",
     .check = kafka_bootstrap_check},
    {.name = "groups",
     .type = OPTION_LIST,
     .help = "consumer groups to watch, by name or pattern (*, ?, [a-z]); default: all",
     .example = "[\"ecap-*\"]"},
    {.name = "topics",
     .type = OPTION_LIST,
     .help = "topics to count for these groups, by name or pattern; default: all",
     .example = "[\"transactions\"]"},
    {.name = "window",
     .type = OPTION_DURATION,
     .min = 10000,
     .max = 3600000,
     .fallback = "60s",
     .help = "time over which rates and trends are computed; a consumer without a commit for half "
             "of it is stuck"},
    {.name = "allowed",
     .type = OPTION_INT,
     .min = 0,
     .max = 1000000000,
     .fallback = "10",
     .help = "ignore the lag of a partition up to this value"},
    {.name = "changes",
     .type = OPTION_DURATION,
     .min = 1000,
     .max = 30LL * 86400000,
     .fallback = "1m",
     .help = "how often the settings of topics and brokers are compared with the last time"},
    {.name = "properties",
     .type = OPTION_MAP,
     .help = "settings of librdkafka (security.protocol, sasl.mechanism, ssl.ca.location, ...)",
     .example = "{client.id: stacktop}"},
};

static const struct table_spec *const tables[] = {&kafka_cluster_table, &kafka_lag_table};

static const struct usual_place usual[] = {
    {9092, "kafka", "bootstrap", "127.0.0.1:9092"},
    {0},
};

static void *kafka_open(struct io *io, const struct target *target, struct err *err);

const struct collector collector_kafka = {
    .kind = {.kind = "kafka",
             .key = "kafka",
             .title = "Kafka lag",
             .options = options,
             .option_count = sizeof options / sizeof *options},
    .tables = tables,
    .table_count = sizeof tables / sizeof *tables,
    .timeout_ms = TIMEOUT_MS,
    .usual = usual,
    .open = kafka_open,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};

struct kafka {
  struct watch watch; /* first */
  struct kafka_client *client;
  struct kafka_history *history;
  struct kafka_rules rules;
  struct kafka_request *request; /* the running one, or NULL */
  int64_t changes_ms;            /* how often settings are read */
  int64_t configs_ms;            /* when they were last, or 0 */
  size_t unwatched;              /* topics and brokers whose settings were refused */
  bool stands_still;             /* a group does, as of the last collection */
};

static bool init(void *self, struct err *err) {
  struct kafka *kafka = self;
  const struct target *target = kafka->watch.target;
  struct kafka_client *client = kafka_client_open(kafka->watch.io, target, err);
  if (!client)
    return false;
  watch_hold(&kafka->watch);
  kafka->client = client;
  kafka->rules = kafka_rules_of(target);
  kafka->changes_ms = target_number(target, "changes");
  kafka->history = kafka_history_new(target_number(target, "window"), kafka->rules.allowed);
  return true;
}

static size_t refused_count(const struct kafka_snapshot *snapshot) {
  size_t count = 0;
  for (size_t i = 0; i < snapshot->config_count; i++)
    count += snapshot->configs[i].settings_error != NULL;
  for (uint32_t i = 0; i < snapshot->broker_count; i++)
    count += snapshot->brokers[i].settings_error != NULL;
  return count;
}

static void note_unwatched(const struct kafka *kafka, struct sample *sample,
                           const struct kafka_snapshot *snapshot) {
  if (snapshot->topic_count_all > KAFKA_CONFIGS_MAX)
    sample_note(sample, NULL, NULL, "settings are not watched for changes: more than %d topics",
                KAFKA_CONFIGS_MAX);
  else if (kafka->unwatched > 0)
    sample_note(sample, NULL, NULL,
                "settings of %zu topics and brokers are not watched for changes: needs "
                "DESCRIBE_CONFIGS on them",
                kafka->unwatched);
}

static struct sample *sample_make(struct kafka *kafka, const struct kafka_snapshot *snapshot,
                                  bool one_pass) {
  struct kafka_view view;
  kafka_history_add(kafka->history, snapshot);
  kafka_view_init(&view, snapshot, kafka->history, &kafka->rules);
  struct sample *sample = sample_new(tables, sizeof tables / sizeof *tables);
  kafka->stands_still = kafka_view_stands_still(&view, &kafka->rules);
  if (snapshot->has_configs)
    kafka->unwatched = refused_count(snapshot);
  note_unwatched(kafka, sample, snapshot);
  kafka_rows_fill(sample, kafka->watch.target->name, snapshot, &view, one_pass);
  /* without an address: the cluster is identified by its id, not by the broker that answered */
  sample->address = sample_copy(sample, target_text(kafka->watch.target, "bootstrap"));
  kafka_view_fini(&view);
  return sample;
}

static void on_snapshot(void *arg, struct kafka_snapshot *snapshot, const struct err *err) {
  struct kafka *kafka = arg;
  kafka->request = NULL;
  if (!snapshot) {
    kafka_history_miss(kafka->history);
    watch_failed(&kafka->watch, err);
    return;
  }
  struct sample *sample = sample_make(kafka, snapshot, kafka->watch.job->one_pass);
  if (snapshot->has_configs)
    kafka->configs_ms = clock_now_ms();
  kafka_snapshot_free(snapshot);
  watch_done(&kafka->watch, sample);
}

/* A check that collects once has nothing to compare them with. */
static bool are_settings_due(const struct kafka *kafka) {
  return !kafka->watch.job->one_pass &&
         (!kafka->configs_ms || clock_now_ms() - kafka->configs_ms >= kafka->changes_ms);
}

static void ask(void *self) {
  struct kafka *kafka = self;
  char every[] = "*";
  char *all[] = {every};
  const struct option_value *groups = target_option(kafka->watch.target, "groups");
  const struct option_value *topics = target_option(kafka->watch.target, "topics");
  struct kafka_query query = {.groups = groups->item_count > 0 ? groups->items : all,
                              .group_count = groups->item_count > 0 ? groups->item_count : 1,
                              .topics = topics->items,
                              .topic_count = topics->item_count,
                              .held = kafka->stands_still,
                              .settings = are_settings_due(kafka),
                              .deadline_ms = watch_end_ms(&kafka->watch, MARGIN_MS, MARGIN_MAX_MS)};
  kafka->request = kafka_snapshot_start(kafka->client, &query, on_snapshot, kafka);
}

static void forget(void *self, struct err *err) {
  struct kafka *kafka = self;
  const char *step;
  kafka_snapshot_cancel(kafka->request, *err->text ? &step : NULL);
  kafka_history_miss(kafka->history);
  kafka->request = NULL;
  /* A running client would have ended before: nothing is known about the cluster. */
  char memory[LIMIT_TEXT_MAX];
  if (*err->text)
    err_set(err, ERR_IO, "Kafka client hung (waited for %s)%s, restarting", step,
            limit_memory_text(memory));
}

static void end(void *self) {
  struct kafka *kafka = self;
  kafka_client_close(kafka->client, watch_released, kafka);
}

static void fini(void *self) {
  struct kafka *kafka = self;
  kafka_history_free(kafka->history);
}

static void *kafka_open(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct kafka),
                                         .init = init,
                                         .ask = ask,
                                         .forget = forget,
                                         .end = end,
                                         .fini = fini};
  return watch_open(&kind, io, target, err);
}
