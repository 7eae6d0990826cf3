#include "collectors/kafka/kafka_rows.h"

#include "clients/kafka/kafka_contract.h"
#include "collectors/kafka/kafka_cluster.h"
#include "collectors/kafka/kafka_table.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char two[] = FIGURES_NEED_TWO;
static const char partitions[] = "partitions";

const char *kafka_trend_text(enum kafka_trend trend) {
  switch (trend) {
  case KAFKA_RISING:
    return "rising";
  case KAFKA_FALLING:
    return "falling";
  default:
    return "steady";
  }
}

static const char *part_status(const struct kafka_part *part) {
  switch (part->lag.status) {
  case KAFKA_NO_COMMIT:
    return "no commit";
  case KAFKA_UNKNOWN:
    return "unknown";
  case KAFKA_STOP:
    return "unassigned";
  case KAFKA_STALL:
    return part->held ? "held back" : "stuck";
  case KAFKA_REWIND:
    return "rewound";
  case KAFKA_AHEAD:
    return "ahead";
  case KAFKA_LOST:
    return "lost data";
  case KAFKA_OK:
    break;
  }
  if (part->lag.has_lag && !part->lag.by_commit)
    return "empty";
  return kafka_trend_text(part->lag.trend);
}

/* A slope within the scatter gives no ETA. */
static struct value eta_value(int64_t lag, double rate, enum kafka_trend trend, double window_s) {
  double eta = kafka_eta((double)lag, rate);
  if (lag > 0 && trend == KAFKA_TREND_UNKNOWN)
    return value_none(two);
  if (eta < 0 && rate > KAFKA_RATE_MIN && trend == KAFKA_RISING)
    return value_none("never: the lag is rising");
  if (eta < 0 || (lag > 0 && trend == KAFKA_STEADY))
    return value_none("never: the lag is steady");
  return value_forecast(eta, window_s);
}

/* The age of the oldest unread message, and its basis. */
static void fill_age(struct row *row, enum kafka_time_kind kind, double seconds, bool has_rates) {
  struct value age = value_real(seconds);
  struct value basis = value_text(kind == KAFKA_TIME_SEEN ? "seen" : "estimated");
  if (kind == KAFKA_TIME_UNKNOWN)
    age = basis = value_none(has_rates ? "older than the history of stacktop" : two);
  row->cells[KAFKA_LAG_AGE] = age;
  row->cells[KAFKA_LAG_AGE_BASIS] = basis;
}

static void fill_flows(struct row *row, double consumed, double produced, bool has_flows) {
  row->cells[KAFKA_LAG_CONSUMED] = has_flows ? value_real(consumed) : value_none(two);
  row->cells[KAFKA_LAG_PRODUCED] = has_flows ? value_real(produced) : value_none(two);
}

/* "12 of 18", "12 of more than 12". */
static const char *of_text(struct sample *sample, const struct kafka_sum *sum) {
  return sample_printf(sample, "%zu of %s%zu", sum->known, sum->cut ? "more than " : "",
                       sum->partitions);
}

struct value kafka_counted_value(struct sample *sample, const struct kafka_sum *sum,
                                 const char *unit) {
  if (kafka_sum_is_whole(sum))
    return value_none(NULL);
  return value_text(sample_printf(sample, "%s %s", of_text(sample, sum), unit));
}

struct value kafka_lag_value(struct sample *sample, const struct kafka_sum *sum, const char *unit) {
  if (kafka_sum_is_whole(sum))
    return value_int(sum->lag);
  if (sum->lag > 0)
    return value_at_least(value_int(sum->lag));
  return value_none(
      sample_printf(sample, "0 on %s %s, not known for the others", of_text(sample, sum), unit));
}

/* Shared by the rows of groups and topics. reason: why no lag is known. */
static void fill_sum(struct sample *sample, struct row *row, const struct kafka_sum *sum,
                     const char *reason) {
  row->cells[KAFKA_LAG_PARTITIONS] = value_int((int64_t)sum->partitions);
  if (sum->cut)
    row->cells[KAFKA_LAG_PARTITIONS] = value_at_least(row->cells[KAFKA_LAG_PARTITIONS]);
  if (sum->partitions > 0 && !sum->cut)
    row->cells[KAFKA_LAG_COMPLETE] = value_real((double)sum->known / (double)sum->partitions);
  row->cells[KAFKA_LAG_COUNTED] = kafka_counted_value(sample, sum, partitions);
  if (sum->known == 0) {
    row->cells[KAFKA_LAG_LAG] = row->cells[KAFKA_LAG_ETA] = row->cells[KAFKA_LAG_AGE] =
        row->cells[KAFKA_LAG_RATE] = value_none(reason);
    return;
  }
  row->cells[KAFKA_LAG_LAG] = kafka_lag_value(sample, sum, partitions);
  row->cells[KAFKA_LAG_LOST] = value_int(sum->lost);
  if (!kafka_sum_is_whole(sum))
    row->cells[KAFKA_LAG_LOST] = value_at_least(row->cells[KAFKA_LAG_LOST]);
  row->cells[KAFKA_LAG_RATE] = sum->has_rate ? value_real(sum->rate) : value_none(two);
  fill_flows(row, sum->consumed, sum->produced, sum->has_flows);
  row->cells[KAFKA_LAG_ETA] = eta_value(sum->lag, sum->rate, sum->trend, sum->window_s);
  fill_age(row, sum->time_kind, sum->time_lag, sum->has_rate);
  if (!kafka_sum_is_whole(sum)) /* the unknown ones may be worse */
    row->cells[KAFKA_LAG_ETA] = row->cells[KAFKA_LAG_AGE] = row->cells[KAFKA_LAG_AGE_BASIS] =
        value_none("the lag of some partitions is not known");
}

/* Moves a key into the sample. */
static const char *key_take(struct sample *sample, char *key) {
  const char *copy = sample_copy(sample, key);
  free(key);
  return copy;
}

struct filling {
  struct sample *sample;
  struct table *table;
  const struct kafka_group_view *group;
  /* Texts shared by many rows, once each in the sample. */
  const char **clients, **hosts;
};

static void fill_owner(const struct filling *f, const struct kafka_part *part, struct row *row) {
  int32_t owner = part->share->owner;
  if (owner >= 0) {
    row->cells[KAFKA_LAG_CLIENT] = value_text(f->clients[owner]);
    row->cells[KAFKA_LAG_HOST] = value_text(f->hosts[owner]);
  } else if (f->group->group->state == KAFKA_GROUP_UNKNOWN) {
    row->cells[KAFKA_LAG_CLIENT] = row->cells[KAFKA_LAG_HOST] = value_none("not known");
  }
}

static bool part_row(const struct filling *f, const struct kafka_part *part,
                     const char *topic_key) {
  struct sample *sample = f->sample;
  char *key = kafka_partition_key(topic_key, part->share->partition), label[32];
  struct row *row = sample_row(sample, f->table, key, topic_key);
  free(key);
  if (!row)
    return false;
  snprintf(label, sizeof label, "partition %d", part->share->partition);
  const struct kafka_lag *lag = &part->lag;
  const char *reason = part->error ? sample_copy(sample, part->error) : NULL;
  figures_fill(sample, row->cells, &kafka_lag_figures,
               &(struct kafka_lag_answer){.part = part, .no_offset = reason ? reason : "not known"},
               NULL);
  row->cells[KAFKA_LAG_NAME] = value_text(sample_copy(sample, label));
  row->cells[KAFKA_LAG_STATUS] = value_text(part_status(part));
  fill_owner(f, part, row);
  if (!lag->has_lag) {
    row->cells[KAFKA_LAG_LAG] = row->cells[KAFKA_LAG_RATE] = row->cells[KAFKA_LAG_ETA] =
        row->cells[KAFKA_LAG_AGE] = value_none(reason);
    return true;
  }
  if (!lag->has_rates && lag->by_commit && lag->status == KAFKA_OK)
    row->cells[KAFKA_LAG_STATUS] = value_none(two);
  row->cells[KAFKA_LAG_LAG] = value_int(lag->lag);
  row->cells[KAFKA_LAG_LOST] = value_int(lag->lost);
  row->cells[KAFKA_LAG_ETA] = eta_value(lag->lag, lag->rate, lag->trend, lag->window_s);
  fill_age(row, part->time_kind, part->time_lag, lag->has_rates);
  row->cells[KAFKA_LAG_RATE] = lag->has_rates ? value_real(lag->rate) : value_none(two);
  fill_flows(row, lag->consumed, lag->produced, lag->has_rates);
  return true;
}

/* Why no partition has a lag: the reason of the first one. */
static const char *reason_of(struct sample *sample, const struct kafka_topic_view *topic) {
  const char *error = topic->part_count > 0 ? topic->parts[0].error : NULL;
  return sample_copy(sample, error ? error : "not known");
}

static struct value topic_status(struct sample *sample, const struct kafka_sum *sum) {
  if (!kafka_sum_is_whole(sum))
    return value_text(of_text(sample, sum));
  return sum->trend == KAFKA_TREND_UNKNOWN ? value_none(two)
                                           : value_text(kafka_trend_text(sum->trend));
}

static bool topic_rows(const struct filling *f, const struct kafka_topic_view *topic,
                       const char *group_key) {
  const char *key = key_take(f->sample, kafka_topic_key(group_key, topic->topic->name));
  struct row *row = sample_row(f->sample, f->table, key, group_key);
  if (!row)
    return false;
  row->cells[KAFKA_LAG_NAME] = value_text(sample_copy(f->sample, topic->topic->name));
  row->cells[KAFKA_LAG_STATUS] = topic_status(f->sample, &topic->sum);
  fill_sum(f->sample, row, &topic->sum, topic->sum.known == 0 ? reason_of(f->sample, topic) : NULL);
  for (size_t i = 0; i < topic->part_count; i++)
    if (!part_row(f, &topic->parts[i], key))
      return false;
  return true;
}

static void share_texts(struct filling *f, const struct kafka_group *group) {
  f->clients = mem_new(group->member_count * sizeof *f->clients);
  f->hosts = mem_new(group->member_count * sizeof *f->hosts);
  for (size_t i = 0; i < group->member_count; i++) {
    const char *host = group->members[i].host;
    f->clients[i] = sample_copy(f->sample, group->members[i].client);
    f->hosts[i] =
        sample_copy(f->sample, *host == '/' ? host + 1 : host); /* Java's format of a host */
  }
}

static const char *group_reason(struct sample *sample, const struct kafka_group_view *view) {
  if (view->group->error)
    return sample_copy(sample, view->group->error);
  if (view->group->state == KAFKA_GROUP_DEAD)
    return sample_copy(sample, view->group->state_text);
  return view->topic_count > 0 ? reason_of(sample, &view->topics[0]) : "no commit yet";
}

static void fill_state(struct sample *sample, const struct kafka_group *group, struct row *row) {
  struct kafka_lag_answer answer = {.group = group};
  if (group->state == KAFKA_GROUP_UNKNOWN)
    answer = (struct kafka_lag_answer){.no_group = sample_copy(sample, group->state_text)};
  figures_fill(sample, row->cells, &kafka_lag_figures, &answer, NULL);
}

bool kafka_rows_group(struct sample *sample, struct table *table,
                      const struct kafka_group_view *view) {
  struct filling filling = {.sample = sample, .table = table}, *f = &filling;
  const char *key = key_take(sample, kafka_group_key(view->group->name));
  struct row *row = sample_row(sample, f->table, key, NULL);
  if (!row)
    return false;
  row->severity = view->severity;
  row->lasted_ms = view->lasted_ms;
  row->reason = *view->reason ? sample_copy(sample, view->reason) : NULL;
  fill_state(sample, view->group, row);
  row->cells[KAFKA_LAG_NAME] = value_text(sample_copy(sample, view->group->name));
  row->cells[KAFKA_LAG_STATUS] =
      *view->status ? value_text(sample_copy(sample, view->status)) : value_none(two);
  fill_sum(sample, row, &view->sum, view->sum.known == 0 ? group_reason(sample, view) : NULL);
  f->group = view;
  share_texts(f, view->group);
  bool good = true;
  for (size_t i = 0; good && i < view->topic_count; i++)
    good = topic_rows(f, &view->topics[i], key);
  free(f->clients);
  free(f->hosts);
  return good;
}

void kafka_rows_fill(struct sample *sample, const char *name, const struct kafka_snapshot *snapshot,
                     const struct kafka_view *view, bool one_pass) {
  struct table *table = sample_table(sample, KAFKA_LAG_TABLE);
  kafka_cluster_fill(sample, name, snapshot, view, one_pass);
  for (size_t i = 0; i < view->count; i++)
    if (!kafka_rows_group(sample, table, &view->groups[i]))
      break;
  sample->requests = snapshot->requests;
}
