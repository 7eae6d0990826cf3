#include "collectors/kafka/kafka_cluster.h"

#include "clients/kafka/kafka.h"
#include "clients/kafka/kafka_contract.h"
#include "collectors/kafka/kafka_inventory.h"
#include "collectors/kafka/kafka_table.h"
#include "core/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char two[] = FIGURES_NEED_TWO;

static uint32_t answered(const struct kafka_snapshot *snapshot) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < snapshot->broker_count; i++)
    count += snapshot->brokers[i].answered;
  return count;
}

bool kafka_list_is_whole(const struct kafka_snapshot *snapshot) {
  return !snapshot->list_failed && answered(snapshot) == snapshot->broker_count;
}

/* ": broker 2 (10.0.0.7:9092) does not answer", ": brokers 2, 3 do not answer"; "" if all
 * answered. */
static const char *silent_text(struct sample *sample, const struct kafka_snapshot *snapshot) {
  enum { SHOWN = 5 };
  const char *ids = "", *address = "";
  uint32_t silent = 0;
  for (uint32_t i = 0; i < snapshot->broker_count; i++) {
    const struct kafka_broker *broker = &snapshot->brokers[i];
    if (broker->answered)
      continue;
    if (silent < SHOWN)
      ids = sample_printf(sample, "%s%s%d", ids, silent > 0 ? ", " : "", broker->id);
    address = broker->address;
    silent++;
  }
  if (silent == 0)
    return snapshot->list_reason ? sample_printf(sample, ": %s", snapshot->list_reason) : "";
  if (silent == 1)
    return sample_printf(sample, ": broker %s (%s) does not answer", ids, address);
  return sample_printf(sample, ": brokers %s%s do not answer", ids, silent > SHOWN ? ", ..." : "");
}

/* "; groups not listed: ecap-a, ecap-b" */
static const char *missing_text(struct sample *sample, const struct kafka_view *view) {
  const char *text = "";
  for (size_t i = 0; i < view->missing_count && i < KAFKA_MISSING_MAX; i++)
    text = sample_printf(sample, "%s%s%.60s", text, i > 0 ? ", " : "", view->missing[i]);
  if (view->missing_count == 0)
    return "";
  return sample_printf(sample, "; groups not listed: %s%s", text,
                       view->missing_count > KAFKA_MISSING_MAX ? ", ..." : "");
}

static int compare_places(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

/* The partitions with a known lag, each once however many groups read it. */
static size_t distinct_known(const struct kafka_view *view) {
  uint64_t *places = mem_new((view->sum.known + 1) * sizeof *places);
  size_t count = 0, distinct = 0;
  for (size_t g = 0; g < view->count; g++) {
    const struct kafka_group_view *group = &view->groups[g];
    for (size_t i = 0; i < group->group->share_count && count < view->sum.known; i++)
      if (group->parts[i].lag.has_lag)
        places[count++] = (uint64_t)group->parts[i].share->topic << 32 |
                          (uint32_t)group->parts[i].share->partition;
  }
  qsort(places, count, sizeof *places, compare_places);
  for (size_t i = 0; i < count; i++)
    distinct += i == 0 || places[i] != places[i - 1];
  free(places);
  return distinct;
}

/* The unit of a sum over the groups: a partition read by two groups has two lags. */
static const char *unit_of(const struct kafka_view *view) {
  return view->count > 1 ? "group partitions" : "partitions";
}

static void judge(struct sample *sample, struct row *row, const struct kafka_snapshot *snapshot,
                  const struct kafka_view *view) {
  if (!kafka_list_is_whole(snapshot)) {
    row->severity = SEVERITY_UNKNOWN;
    row->reason = sample_printf(sample, "groups may be missing: only %u of %u brokers answered%s%s",
                                answered(snapshot), snapshot->broker_count,
                                silent_text(sample, snapshot), missing_text(sample, view));
  } else if (snapshot->rights) {
    row->severity = SEVERITY_UNKNOWN;
    row->reason = sample_printf(sample, "no consumer group is visible: %s", snapshot->rights);
  } else if (snapshot->topics_hidden) {
    row->severity = SEVERITY_UNKNOWN;
    row->reason =
        sample_printf(sample,
                      "the lag counts %zu partitions, others may be hidden; grant DESCRIBE on all "
                      "topics, or list the topics that count (topics: [...])",
                      distinct_known(view));
  }
}

static const char *why_no_lag(const struct kafka_snapshot *snapshot,
                              const struct kafka_view *view) {
  if (snapshot->rights)
    return "missing permission";
  if (!kafka_list_is_whole(snapshot))
    return "not all brokers answered";
  return view->count > 0 ? "no committed offsets" : "no group matches";
}

static struct value groups_value(struct sample *sample, const struct kafka_snapshot *snapshot,
                                 const struct kafka_view *view) {
  if (snapshot->rights)
    return value_none(sample_copy(sample, snapshot->rights));
  if (!kafka_list_is_whole(snapshot))
    return value_none(sample_printf(sample, "%zu visible, but only %u of %u brokers answered",
                                    view->count, answered(snapshot), snapshot->broker_count));
  struct value count = value_int((int64_t)view->count);
  return snapshot->groups_left_out > 0 ? value_at_least(count) : count;
}

static void fill_row(struct sample *sample, const char *name, const struct kafka_snapshot *snapshot,
                     const struct kafka_view *view) {
  struct row *row = sample_row(sample, sample_table(sample, KAFKA_CLUSTER_TABLE), name, NULL);
  assert(row); /* the first row fits into any limit */
  const struct kafka_sum *sum = &view->sum;
  struct value *cells = row->cells;
  judge(sample, row, snapshot, view);
  figures_fill(sample, cells, &kafka_cluster_figures, snapshot, NULL);
  cells[KAFKA_CLUSTER_NAME] = value_text(sample_copy(sample, name));
  cells[KAFKA_CLUSTER_LAG] = sum->known > 0 ? kafka_lag_value(sample, sum, unit_of(view))
                                            : value_none(why_no_lag(snapshot, view));
  cells[KAFKA_CLUSTER_COUNTED] = kafka_counted_value(sample, sum, unit_of(view));
  cells[KAFKA_CLUSTER_RATE] = sum->has_rate ? value_real(sum->rate) : value_none(two);
  cells[KAFKA_CLUSTER_TREND] = sum->trend != KAFKA_TREND_UNKNOWN
                                   ? value_text(kafka_trend_text(sum->trend))
                                   : value_none(two);
  cells[KAFKA_CLUSTER_GROUPS] = groups_value(sample, snapshot, view);
  cells[KAFKA_CLUSTER_CONTROLLER] =
      value_none("not known under KRaft: brokers report any broker as controller");
  cells[KAFKA_CLUSTER_LIBRARY] = value_text(kafka_library_version());
}

static void fill_notes(struct sample *sample, const struct kafka_snapshot *snapshot,
                       const struct kafka_view *view, bool one_pass) {
  if (snapshot->crash) /* the data is complete, but the crash has to be visible and logged */
    sample_fault(sample, NULL, SEVERITY_UNKNOWN, "%s", snapshot->crash);
  for (size_t i = 0; i < snapshot->note_count; i++)
    sample_note(sample, KAFKA_LAG_TABLE, NULL, "%s", snapshot->notes[i]);
  if (view->count == 0 && !snapshot->rights && kafka_list_is_whole(snapshot))
    sample_note(sample, KAFKA_LAG_TABLE, NULL, "no consumer group matches");
  for (size_t i = 0; i < view->count; i++) {
    const struct kafka_group *group = view->groups[i].group;
    if (group->denied)
      sample_note(sample, KAFKA_LAG_TABLE, NULL, "some groups: %s", group->error);
    if (group->state == KAFKA_GROUP_UNKNOWN)
      sample_note(sample, KAFKA_LAG_TABLE, KAFKA_LAG_ID_STATE, "some groups: %s",
                  group->state_text);
  }
  if (one_pass)
    sample_note(sample, KAFKA_LAG_TABLE, KAFKA_LAG_ID_RATE,
                "rates, trends and stuck consumers need two collections");
}

/* A broker of the metadata belongs to the cluster, whether or not it answers. */
static void fill_facts(struct sample *sample, const struct kafka_snapshot *snapshot) {
  const char *ids = "";
  for (uint32_t i = 0; i < snapshot->broker_count; i++)
    ids = sample_printf(sample, "%s%s%d", ids, i > 0 ? ", " : "", snapshot->brokers[i].id);
  sample_fact(sample, FACT_SERVER, snapshot->cluster_id);
  if (snapshot->broker_count > 0)
    sample_fact(
        sample, FACT_MEMBERS,
        sample_printf(sample, "%s %s", snapshot->broker_count == 1 ? "broker" : "brokers", ids));
}

void kafka_cluster_fill(struct sample *sample, const char *name,
                        const struct kafka_snapshot *snapshot, const struct kafka_view *view,
                        bool one_pass) {
  fill_row(sample, name, snapshot, view);
  fill_notes(sample, snapshot, view, one_pass);
  fill_facts(sample, snapshot);
  kafka_inventory_fill(sample, snapshot, kafka_list_is_whole(snapshot));
}
