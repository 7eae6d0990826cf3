#include "collectors/kafka_rows.h"

#include "collectors/kafka_table.h"
#include "core/mem.h"
#include "io/kafka.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char two[] = "needs two collections";

static const char *trend_text(enum kafka_trend trend) {
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
    return "not held";
  case KAFKA_STALL:
    return "stuck";
  case KAFKA_REWIND:
    return "rewound";
  case KAFKA_AHEAD:
    return "ahead";
  case KAFKA_LOST:
    return "lost data";
  case KAFKA_OK:
    break;
  }
  return trend_text(part->lag.trend);
}

/* A slope that is no more than the scatter gives no time to wait for. */
static struct value eta_value(int64_t lag, double rate, enum kafka_trend trend) {
  double eta = kafka_eta((double)lag, rate);
  if (lag > 0 && trend == KAFKA_TREND_UNKNOWN)
    return value_none(two);
  if (eta < 0 && rate > KAFKA_RATE_MIN && trend == KAFKA_RISING)
    return value_none("never: it grows");
  if (eta < 0 || (lag > 0 && trend == KAFKA_STEADY))
    return value_none("never: it stays");
  return value_real(eta);
}

/* The age of the oldest unread message, and how it is known. */
static void fill_age(struct row *row, enum kafka_time_kind kind, double seconds, bool has_rates) {
  struct value age = value_real(seconds);
  struct value basis = value_text(kind == KAFKA_TIME_SEEN ? "seen" : "estimated");
  if (kind == KAFKA_TIME_UNKNOWN)
    age = basis = value_none(has_rates ? "older than what was watched" : two);
  row->cells[KAFKA_LAG_AGE] = age;
  row->cells[KAFKA_LAG_AGE_BASIS] = basis;
}

static struct value offset_value(int64_t offset, const char *reason) {
  return offset >= 0 ? value_int(offset) : value_none(reason ? reason : "not known");
}

static void fill_rates(struct row *row, double consumed, double produced, double rate,
                       bool has_rates) {
  row->cells[KAFKA_LAG_CONSUMED] = has_rates ? value_real(consumed) : value_none(two);
  row->cells[KAFKA_LAG_PRODUCED] = has_rates ? value_real(produced) : value_none(two);
  row->cells[KAFKA_LAG_RATE] = has_rates ? value_real(rate) : value_none(two);
}

/* What a group's and a topic's rows have in common. reason: why no lag is known. */
static void fill_sum(struct row *row, const struct kafka_sum *sum, const char *reason) {
  row->cells[KAFKA_LAG_PARTITIONS] = value_int((int64_t)sum->partitions);
  if (sum->partitions > 0)
    row->cells[KAFKA_LAG_COMPLETE] = value_real((double)sum->known / (double)sum->partitions);
  if (sum->known == 0) {
    row->cells[KAFKA_LAG_LAG] = row->cells[KAFKA_LAG_ETA] = row->cells[KAFKA_LAG_AGE] =
        row->cells[KAFKA_LAG_RATE] = value_none(reason);
    return;
  }
  bool has_rates = sum->with_rates > 0;
  row->cells[KAFKA_LAG_LAG] = value_int(sum->lag);
  row->cells[KAFKA_LAG_LOST] = value_int(sum->lost);
  fill_rates(row, sum->consumed, sum->produced, sum->rate, has_rates);
  row->cells[KAFKA_LAG_ETA] = eta_value(sum->lag, sum->rate, sum->trend);
  fill_age(row, sum->time_kind, sum->time_lag, has_rates);
}

/* The group's name as keys have it, in the sample. */
static const char *group_key(struct sample *sample, const char *group) {
  if (!strpbrk(group, "/%"))
    return sample_copy(sample, group);
  char *key = mem_new(strlen(group) * 3 + 1), *to = key;
  for (; *group; group++) {
    const char *escape = *group == '/' ? "%2F" : *group == '%' ? "%25" : NULL;
    size_t length = escape ? 3 : 1;
    memcpy(to, escape ? escape : group, length);
    to += length;
  }
  const char *copy = sample_copy(sample, key);
  free(key);
  return copy;
}

struct filling {
  struct sample *sample;
  struct table *table;
  const struct kafka_group_view *group;
  /* Texts that many rows share, once each in the sample. */
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
  char key[1200], label[32];
  snprintf(key, sizeof key, "%.1150s/%d", topic_key, part->share->partition);
  struct row *row = sample_row(sample, f->table, key, topic_key);
  if (!row)
    return false;
  snprintf(label, sizeof label, "partition %d", part->share->partition);
  const struct kafka_lag *lag = &part->lag;
  const char *reason = part->error ? sample_copy(sample, part->error) : NULL;
  row->cells[KAFKA_LAG_NAME] = value_text(sample_copy(sample, label));
  row->cells[KAFKA_LAG_COMMITTED] = offset_value(part->share->committed, reason);
  row->cells[KAFKA_LAG_END] = offset_value(part->end, reason);
  row->cells[KAFKA_LAG_START] = offset_value(part->start, reason);
  row->cells[KAFKA_LAG_STATUS] = value_text(part_status(part));
  fill_owner(f, part, row);
  if (!lag->has_lag) {
    row->cells[KAFKA_LAG_LAG] = row->cells[KAFKA_LAG_RATE] = row->cells[KAFKA_LAG_ETA] =
        row->cells[KAFKA_LAG_AGE] = value_none(reason);
    return true;
  }
  if (!lag->has_rates && lag->status == KAFKA_OK)
    row->cells[KAFKA_LAG_STATUS] = value_none(two);
  row->cells[KAFKA_LAG_LAG] = value_int(lag->lag);
  row->cells[KAFKA_LAG_LOST] = value_int(lag->lost);
  row->cells[KAFKA_LAG_FLAT] = value_real((double)part->flat_ms / 1000);
  row->cells[KAFKA_LAG_ETA] = eta_value(lag->lag, lag->rate, lag->trend);
  fill_age(row, part->time_kind, part->time_lag, lag->has_rates);
  fill_rates(row, lag->consumed, lag->produced, lag->rate, lag->has_rates);
  return true;
}

/* Why nothing in it has a lag: what the first of its partitions says. */
static const char *reason_of(struct sample *sample, const struct kafka_topic_view *topic) {
  const char *error = topic->part_count > 0 ? topic->parts[0].error : NULL;
  return sample_copy(sample, error ? error : "not known");
}

static bool topic_rows(const struct filling *f, const struct kafka_topic_view *topic,
                       const char *group_key_text) {
  const char *key = sample_printf(f->sample, "%s/%s", group_key_text, topic->topic->name);
  struct row *row = sample_row(f->sample, f->table, key, group_key_text);
  if (!row)
    return false;
  row->cells[KAFKA_LAG_NAME] = value_text(sample_copy(f->sample, topic->topic->name));
  row->cells[KAFKA_LAG_STATUS] = topic->sum.trend == KAFKA_TREND_UNKNOWN
                                     ? value_none(two)
                                     : value_text(trend_text(topic->sum.trend));
  fill_sum(row, &topic->sum, topic->sum.known == 0 ? reason_of(f->sample, topic) : NULL);
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
    f->hosts[i] = sample_copy(f->sample, *host == '/' ? host + 1 : host); /* Java's way */
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
  bool known = group->state != KAFKA_GROUP_UNKNOWN;
  const char *text = sample_copy(sample, group->state_text);
  row->cells[KAFKA_LAG_STATE] = known ? value_text(text) : value_none(text);
  row->cells[KAFKA_LAG_MEMBERS] =
      known ? value_int((int64_t)group->member_count) : value_none(text);
}

static bool group_rows(struct filling *f, const struct kafka_group_view *view) {
  struct sample *sample = f->sample;
  const char *key = group_key(sample, view->group->name);
  struct row *row = sample_row(sample, f->table, key, NULL);
  if (!row)
    return false;
  row->severity = view->severity;
  row->reason = *view->reason ? sample_copy(sample, view->reason) : NULL;
  row->cells[KAFKA_LAG_NAME] = value_text(sample_copy(sample, view->group->name));
  row->cells[KAFKA_LAG_STATUS] =
      *view->status ? value_text(sample_copy(sample, view->status)) : value_none(two);
  fill_state(sample, view->group, row);
  fill_sum(row, &view->sum, view->sum.known == 0 ? group_reason(sample, view) : NULL);
  f->group = view;
  share_texts(f, view->group);
  bool good = true;
  for (size_t i = 0; good && i < view->topic_count; i++)
    good = topic_rows(f, &view->topics[i], key);
  free(f->clients);
  free(f->hosts);
  return good;
}

static void fill_cluster(struct sample *sample, const char *name,
                         const struct kafka_snapshot *snapshot, const struct kafka_view *view) {
  struct row *row = sample_row(sample, sample_table(sample, "cluster"), name, NULL);
  assert(row); /* the first row fits into any ceiling */
  const struct kafka_sum *sum = &view->sum;
  struct value *cells = row->cells;
  cells[KAFKA_CLUSTER_NAME] = value_text(sample_copy(sample, name));
  cells[KAFKA_CLUSTER_LAG] =
      sum->known > 0 ? value_int(sum->lag)
                     : value_none(view->count > 0 ? "nothing committed" : "no group matches");
  cells[KAFKA_CLUSTER_RATE] = sum->with_rates > 0 ? value_real(sum->rate) : value_none(two);
  cells[KAFKA_CLUSTER_TREND] =
      sum->trend != KAFKA_TREND_UNKNOWN ? value_text(trend_text(sum->trend)) : value_none(two);
  cells[KAFKA_CLUSTER_GROUPS] = value_int((int64_t)view->count);
  cells[KAFKA_CLUSTER_BROKERS] = value_int(snapshot->brokers);
  cells[KAFKA_CLUSTER_UNDER_REPLICATED] = value_int(snapshot->under_replicated);
  cells[KAFKA_CLUSTER_OFFLINE] = value_int(snapshot->offline);
  cells[KAFKA_CLUSTER_TOPICS] = value_int(snapshot->topic_count_all);
  cells[KAFKA_CLUSTER_PARTITIONS] = value_int(snapshot->partition_count_all);
  cells[KAFKA_CLUSTER_CONTROLLER] =
      snapshot->controller >= 0 ? value_int(snapshot->controller) : value_none("not known");
  cells[KAFKA_CLUSTER_ID] = snapshot->cluster_id
                                ? value_text(sample_copy(sample, snapshot->cluster_id))
                                : value_none("not known");
  cells[KAFKA_CLUSTER_LIBRARY] = value_text(kafka_library_version());
}

static void fill_notes(struct sample *sample, const struct kafka_snapshot *snapshot,
                       const struct kafka_view *view, bool one_pass) {
  for (size_t i = 0; i < snapshot->note_count; i++)
    sample_note(sample, "lag", NULL, "%s", snapshot->notes[i]);
  if (view->count == 0)
    sample_note(sample, "lag", NULL,
                "no consumer group matches: there is none, or DESCRIBE on it is not allowed");
  for (size_t i = 0; i < view->count; i++) {
    const struct kafka_group *group = view->groups[i].group;
    if (group->denied)
      sample_note(sample, "lag", NULL, "some groups: %s", group->error);
    if (group->state == KAFKA_GROUP_UNKNOWN)
      sample_note(sample, "lag", "state", "some groups: %s", group->state_text);
  }
  if (one_pass)
    sample_note(sample, "lag", "rate", "rates, trends and stuck consumers need two collections");
}

void kafka_rows_fill(struct sample *sample, const char *name, const struct kafka_snapshot *snapshot,
                     const struct kafka_view *view, bool one_pass) {
  struct filling f = {.sample = sample, .table = sample_table(sample, "lag")};
  fill_cluster(sample, name, snapshot, view);
  fill_notes(sample, snapshot, view, one_pass);
  for (size_t i = 0; i < view->count; i++)
    if (!group_rows(&f, &view->groups[i]))
      break;
  sample->requests = snapshot->requests;
  if (snapshot->address)
    sample->address = sample_copy(sample, snapshot->address);
}
