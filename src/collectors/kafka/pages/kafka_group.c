/* The page kafka.group: who reads what, how far behind, and what is lost if nothing changes. */
#include "clients/kafka/kafka_contract.h"
#include "collectors/kafka/kafka_cluster.h"
#include "collectors/kafka/kafka_retention.h"
#include "collectors/kafka/kafka_rows.h"
#include "collectors/kafka/kafka_table.h"
#include "collectors/kafka/pages/kafka_page.h"
#include "core/count.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AFTER_LAG = KAFKA_LAG_COLUMN_COUNT - 1, ASSIGNED_MAX = 200 };

#define COLUMN(name, ...) name,
enum summary_column {
#include "kafka_group_summary.def"
};
enum lag_column {
  BEFORE = AFTER_LAG,
#include "kafka_group_lag.def"
};
enum member_column {
#include "kafka_group_members.def"
};
#undef COLUMN

#define COLUMN(name, ...) {__VA_ARGS__},
static const struct column_spec summary_columns[] = {
#include "kafka_group_summary.def"
};
static const struct column_spec member_columns[] = {
#include "kafka_group_members.def"
};
#define GROUP(member) \
  { 0 }
#define COMMIT(member) \
  { 0 }
#define OFFSETS(member) \
  { 0 }
#define LAG(member) \
  { 0 }
static const struct column_spec lag_columns[] = {
#include "collectors/kafka/kafka_lag.def"

#include "kafka_group_lag.def"
};
#undef COLUMN

static const struct table_spec summary = {.id = "group",
                                          .title = "Group",
                                          .flags = TABLE_SUMMARY,
                                          .columns = summary_columns,
                                          .column_count =
                                              sizeof summary_columns / sizeof *summary_columns};
static const struct table_spec partitions = {.id = KAFKA_LAG_TABLE,
                                             .title = "Partitions",
                                             .flags = TABLE_UNFOLDED,
                                             .columns = lag_columns,
                                             .column_count =
                                                 sizeof lag_columns / sizeof *lag_columns};
static const struct table_spec members = {.id = "members",
                                          .title = "Members",
                                          .columns = member_columns,
                                          .column_count =
                                              sizeof member_columns / sizeof *member_columns};
static const struct table_spec *const tables[] = {&summary, &partitions, &members};

/* ---- what is asked */

static bool query(struct watch *watch, struct kafka_query *query, struct err *err) {
  (void)err;
  kafka_page_ask_group(watch, query, kafka_page_keep(watch, kafka_group_of_key(watch->focus->key)));
  query->look = KAFKA_LOOK_NEXT;
  return true;
}

/* ---- next messages and what is lost */

/* Of a partition, or the worst of several. */
struct outlook {
  struct value age, loss;
  bool by_size; /* retention.bytes may delete it before */
};

static const struct kafka_next *next_of(const struct kafka_snapshot *snapshot,
                                        const struct kafka_share *share) {
  for (size_t i = 0; i < snapshot->next_count; i++)
    if (snapshot->nexts[i].topic == share->topic &&
        snapshot->nexts[i].partition == share->partition)
      return &snapshot->nexts[i];
  return NULL;
}

static struct value loss_of(struct kafka_page_call *call, const struct kafka_topic *topic,
                            const struct kafka_next *next, bool *by_size) {
  int64_t retention_ms;
  const char *why = kafka_retention_of(topic, &retention_ms, by_size);
  if (why)
    return value_none(sample_copy(call->sample, why));
  const int64_t left_ms = next->time_ms - call->wall_ms;
  if (retention_ms > INT64_MAX / 4)
    return value_none("retention.ms is practically unlimited");
  return value_real(left_ms + retention_ms > 0 ? (double)(left_ms + retention_ms) * 1e-3 : 0);
}

static struct outlook outlook_of(struct kafka_page_call *call, const struct kafka_part *part,
                                 const struct kafka_topic *topic) {
  const struct kafka_next *next = next_of(call->snapshot, part->share);
  struct outlook outlook = {.age = value_none(NULL), .loss = value_none(NULL)};
  const char *why = NULL;
  if (!part->lag.has_lag || part->lag.lag == 0)
    return outlook;
  if (!next)
    why = "not read: only for the partitions with the most lag";
  else if (next->error)
    why = sample_copy(call->sample, next->error);
  else if (next->offset == KAFKA_NO_OFFSET)
    why = KAFKA_NEXT_NONE;
  else if (next->time_ms < 0)
    why = "the message has no timestamp";
  if (why) {
    outlook.age = outlook.loss = value_none(why);
    return outlook;
  }
  const int64_t age_ms = call->wall_ms - next->time_ms;
  outlook.age = value_real(age_ms > 0 ? (double)age_ms * 1e-3 : 0);
  outlook.loss = loss_of(call, topic, next, &outlook.by_size);
  return outlook;
}

/* The greater or (sign -1) the smaller one; one that is not known makes the other a lower bound of
 * an age, and is kept where there is none. */
static struct value worse(struct value a, struct value b, double sign) {
  double x, y;
  if (!value_number(a, &x))
    return value_number(b, &y) || !a.text ? b : a;
  if (!value_number(b, &y) || x * sign >= y * sign)
    return a;
  return b;
}

static void outlook_add(struct outlook *sum, const struct outlook *part) {
  sum->age = worse(sum->age, part->age, 1);
  sum->loss = worse(sum->loss, part->loss, -1);
  sum->by_size = sum->by_size || part->by_size;
}

static void outlook_fill(struct row *row, const struct outlook *outlook) {
  row->cells[GROUP_LAG_NEXT] = outlook->age;
  row->cells[GROUP_LAG_LOSS] = outlook->loss;
}

/* ---- partitions */

static struct value commit_of(struct kafka_page_call *call, const struct kafka_group *group,
                              const struct kafka_topic *topic, const struct kafka_part *part) {
  const struct kafka_track *track =
      kafka_history_track(call->history, group->name, topic->name, part->share->partition);
  if (part->share->committed < 0)
    return value_none("nothing is committed");
  if (!track || track->moved_ms == 0)
    return value_none("no commit was seen since the page was opened");
  return value_real((double)(call->snapshot->ended_ms - track->moved_ms) * 1e-3);
}

static struct value load_of(const struct kafka_topic_view *topic, const struct kafka_part *part) {
  if (!part->lag.has_rates)
    return value_none(part->lag.has_lag ? FIGURES_NEED_TWO : NULL);
  return topic->sum.produced < KAFKA_RATE_MIN
             ? value_none(NULL)
             : value_real(part->lag.produced / topic->sum.produced);
}

/* The rows are in the order of the view: kafka_rows_group. */
static void fill_topic(struct kafka_page_call *call, struct table *table, size_t *at,
                       const struct kafka_group_view *view, const struct kafka_topic_view *topic,
                       struct outlook *of_group) {
  struct outlook of_topic = {.age = value_none(NULL), .loss = value_none(NULL)};
  struct row *row = *at < table->row_count ? &table->rows[(*at)++] : NULL;
  for (size_t i = 0; i < topic->part_count; i++) {
    const struct outlook outlook = outlook_of(call, &topic->parts[i], topic->topic);
    outlook_add(&of_topic, &outlook);
    if (*at >= table->row_count)
      continue;
    struct row *part = &table->rows[(*at)++];
    outlook_fill(part, &outlook);
    part->cells[GROUP_LAG_COMMIT] = commit_of(call, view->group, topic->topic, &topic->parts[i]);
    part->cells[GROUP_LAG_SHARE] = load_of(topic, &topic->parts[i]);
  }
  if (row)
    outlook_fill(row, &of_topic);
  outlook_add(of_group, &of_topic);
}

/* The rights that are missing for the next messages, as notes. */
static void note_rights(struct kafka_page_call *call) {
  const struct kafka_snapshot *snapshot = call->snapshot;
  for (size_t i = 0; i < snapshot->next_count; i++) {
    const struct kafka_next *next = &snapshot->nexts[i];
    const char *settings = snapshot->topics[next->topic].settings_error;
    if (next->error)
      sample_note(call->sample, partitions.id, partitions.columns[GROUP_LAG_NEXT].id,
                  "next messages: %s", next->error);
    else if (settings)
      sample_note(call->sample, partitions.id, partitions.columns[GROUP_LAG_LOSS].id,
                  "time until a loss: %s", settings);
  }
}

static void fill_partitions(struct kafka_page_call *call, const struct kafka_group_view *view,
                            struct outlook *of_group) {
  struct table *table = sample_table(call->sample, partitions.id);
  size_t at = 1;
  if (!kafka_rows_group(call->sample, table, view))
    table->truncated = true;
  for (size_t i = 0; i < view->topic_count; i++)
    fill_topic(call, table, &at, view, &view->topics[i], of_group);
  if (table->row_count > 0)
    outlook_fill(&table->rows[0], of_group);
  note_rights(call);
  if (of_group->by_size)
    sample_note(call->sample, partitions.id, partitions.columns[GROUP_LAG_LOSS].id,
                "retention.bytes is set: messages may be deleted before retention.ms allows it");
  if (call->snapshot->nexts_left_out > 0)
    sample_note(call->sample, partitions.id, partitions.columns[GROUP_LAG_NEXT].id,
                "the next message is read in the %d partitions with the most lag; %zu more have a "
                "lag",
                KAFKA_NEXT_MAX, call->snapshot->nexts_left_out);
}

/* ---- members */

struct member_sum {
  int64_t lag;
  bool known, has_rates, stuck, held;
  double consumed, produced;
};

static void sum_part(struct member_sum *sums, const struct kafka_group *group,
                     const struct kafka_part *part) {
  const int32_t owner = part->share->owner;
  if (owner < 0 || (size_t)owner >= group->member_count)
    return;
  struct member_sum *sum = &sums[owner];
  sum->stuck = sum->stuck || part->lag.status == KAFKA_STALL;
  sum->held = sum->held || part->held;
  if (!part->lag.has_lag)
    return;
  sum->known = true;
  sum->lag = count_add(sum->lag, part->lag.lag);
  sum->has_rates = sum->has_rates || part->lag.has_rates;
  sum->consumed += part->lag.has_rates ? part->lag.consumed : 0;
  sum->produced += part->lag.has_rates ? part->lag.produced : 0;
}

/* "transactions 0, 3, 4; users 1", cut at a limit. Shares are by topic and partition. */
static const char *assigned_text(struct kafka_page_call *call, const struct kafka_group *group,
                                 size_t member) {
  char text[ASSIGNED_MAX + 16];
  size_t used = 0;
  uint32_t topic = UINT32_MAX;
  text[0] = '\0';
  for (size_t i = 0; i < group->share_count; i++) {
    const struct kafka_share *share = &group->shares[i];
    char piece[KAFKA_NAME_MAX + 32];
    if (share->owner < 0 || (size_t)share->owner != member)
      continue;
    if (share->topic == topic)
      snprintf(piece, sizeof piece, ", %d", share->partition);
    else
      snprintf(piece, sizeof piece, "%s%.255s %d", used ? "; " : "",
               call->snapshot->topics[share->topic].name, share->partition);
    if (used + strlen(piece) > ASSIGNED_MAX) {
      memcpy(text + used, ", ...", sizeof ", ...");
      break;
    }
    memcpy(text + used, piece, strlen(piece) + 1);
    used += strlen(piece);
    topic = share->topic;
  }
  return sample_copy(call->sample, text);
}

static const char *status_of(const struct kafka_group_view *view, size_t i,
                             const struct member_sum *sum) {
  const struct kafka_group *group = view->group;
  if (group->members[i].partitions == 0)
    return "no work";
  if (sum->stuck)
    return sum->held ? "held back" : "stuck";
  return sum->has_rates && kafka_has_no_work(sum->produced, view->sum.produced, group->member_count)
             ? "idle"
             : "";
}

static bool fill_member(struct kafka_page_call *call, const struct kafka_group_view *view, size_t i,
                        const struct member_sum *sum) {
  const struct kafka_group *group = view->group;
  const struct kafka_member *member = &group->members[i];
  struct sample *sample = call->sample;
  struct row *row = sample_row(sample, sample_table(sample, members.id), member->id, NULL);
  if (!row)
    return false;
  struct value *cells = row->cells;
  const char *status = status_of(view, i, sum);
  cells[MEMBER_CLIENT] = value_text(sample_copy(sample, member->client));
  cells[MEMBER_HOST] =
      value_text(sample_copy(sample, *member->host == '/' ? member->host + 1 : member->host));
  cells[MEMBER_PARTITIONS] = value_int(member->partitions);
  if (*status)
    cells[MEMBER_STATUS] = value_text(status);
  if (sum->known)
    cells[MEMBER_LAG] = value_int(sum->lag);
  if (member->partitions > 0) {
    cells[MEMBER_CONSUMED] =
        sum->has_rates ? value_real(sum->consumed) : value_none(FIGURES_NEED_TWO);
    cells[MEMBER_PRODUCED] =
        sum->has_rates ? value_real(sum->produced) : value_none(FIGURES_NEED_TWO);
    cells[MEMBER_WHERE] = value_text(assigned_text(call, group, i));
  }
  if (member->instance && *member->instance)
    cells[MEMBER_INSTANCE] = value_text(sample_copy(sample, member->instance));
  cells[MEMBER_ID] = value_text(sample_copy(sample, member->id));
  return true;
}

/* Kafka's own command, where librdkafka cannot read the members. */
static void fault_unknown(struct kafka_page_call *call, const struct kafka_group *group) {
  const bool is_new = strstr(group->state_text, "2.10") != NULL;
  if (is_new)
    sample_fault(call->sample, members.id, SEVERITY_UNKNOWN,
                 "members are not known: the group uses the new consumer protocol (KIP-848), which "
                 "librdkafka %s cannot describe; it needs 2.10. Kafka's own command: "
                 "kafka-consumer-groups.sh --bootstrap-server %.80s --describe --members --group "
                 "%.80s",
                 kafka_library_version(), target_text(call->target, "bootstrap"), group->name);
  else
    sample_fault(call->sample, members.id, SEVERITY_UNKNOWN, "members are not known: %s",
                 group->state_text);
}

static size_t fill_members(struct kafka_page_call *call, const struct kafka_group_view *view) {
  const struct kafka_group *group = view->group;
  struct member_sum *sums = mem_new((group->member_count + 1) * sizeof *sums);
  size_t idle = 0;
  for (size_t i = 0; i < group->share_count; i++)
    sum_part(sums, group, &view->parts[i]);
  for (size_t i = 0; i < group->member_count; i++) {
    idle += group->members[i].partitions == 0;
    if (!fill_member(call, view, i, &sums[i]))
      break;
  }
  if (group->state == KAFKA_GROUP_UNKNOWN)
    fault_unknown(call, group);
  free(sums);
  return idle;
}

/* ---- the group as a whole */

/* The partition that gets the most beyond its share of the topic. */
static void fill_hot(struct kafka_page_call *call, const struct kafka_group_view *view,
                     struct value *cells) {
  double most = 0;
  for (size_t t = 0; t < view->topic_count; t++) {
    const struct kafka_topic_view *topic = &view->topics[t];
    if (topic->part_count < 2 || topic->sum.produced < 1)
      continue;
    for (size_t i = 0; i < topic->part_count; i++) {
      const struct kafka_part *part = &topic->parts[i];
      const double share = part->lag.has_rates ? part->lag.produced / topic->sum.produced : 0;
      if (share * (double)topic->part_count <= most)
        continue;
      most = share * (double)topic->part_count;
      cells[GROUP_SKEW] = value_real((double)(int64_t)(most * 10 + 0.5) / 10);
      if (most >= 2)
        cells[GROUP_HOT] = value_text(sample_printf(
            call->sample, "partition %d of %s: %.0f%% of its messages, 1 of %zu partitions",
            part->share->partition, topic->topic->name, share * 100, topic->part_count));
    }
  }
}

static size_t unowned_count(const struct kafka_group *group) {
  size_t count = 0;
  for (size_t i = 0; i < group->share_count; i++)
    count += group->shares[i].owner < 0;
  return count;
}

static void fill_summary(struct kafka_page_call *call, const struct kafka_group_view *view,
                         size_t idle, const struct outlook *outlook) {
  struct sample *sample = call->sample;
  const struct kafka_group *group = view->group;
  const struct table *lag = sample_table(sample, partitions.id);
  struct row *row = sample_row(sample, sample_table(sample, summary.id), group->name, NULL);
  if (!row)
    return;
  struct value *cells = row->cells;
  const bool unknown = group->state == KAFKA_GROUP_UNKNOWN;
  const char *why = unknown ? sample_copy(sample, group->state_text) : NULL;
  cells[GROUP_NAME] = value_text(sample_copy(sample, group->name));
  cells[GROUP_STATE] =
      unknown ? value_none(why) : value_text(sample_copy(sample, group->state_text));
  cells[GROUP_MEMBERS] = unknown ? value_none(why) : value_int((int64_t)group->member_count);
  cells[GROUP_IDLE] = unknown ? value_none(why) : value_int((int64_t)idle);
  cells[GROUP_UNOWNED] = unknown ? value_none(why) : value_int((int64_t)unowned_count(group));
  if (lag->row_count > 0) {
    cells[GROUP_LAG] = lag->rows[0].cells[KAFKA_LAG_LAG];
    cells[GROUP_CONSUMED] = lag->rows[0].cells[KAFKA_LAG_CONSUMED];
    cells[GROUP_PRODUCED] = lag->rows[0].cells[KAFKA_LAG_PRODUCED];
    cells[GROUP_ETA] = lag->rows[0].cells[KAFKA_LAG_ETA];
  }
  cells[GROUP_OLDEST] = outlook->age;
  cells[GROUP_LOSS] = outlook->loss;
  fill_hot(call, view, cells);
  if (group->assignor && *group->assignor)
    cells[GROUP_ASSIGNOR] = value_text(sample_copy(sample, group->assignor));
  cells[GROUP_COORDINATOR] = group->coordinator
                                 ? value_text(sample_copy(sample, group->coordinator))
                                 : value_none(why ? why : "not known");
}

static bool check_there(const struct kafka_page_call *call, struct err *err) {
  const struct kafka_snapshot *snapshot = call->snapshot;
  const char *name = call->focus->label ? call->focus->label : call->focus->key;
  const struct kafka_group *group = snapshot->group_count > 0 ? &snapshot->groups[0] : NULL;
  if (group && group->denied)
    return err_set(err, ERR_DENIED, "group %.80s: %s", group->name, group->error);
  if (group && group->state != KAFKA_GROUP_DEAD)
    return true;
  if (snapshot->rights)
    return err_set(err, ERR_DENIED, "no consumer group is visible: %s", snapshot->rights);
  if (!kafka_list_is_whole(snapshot))
    return err_set(err, ERR_PROTOCOL,
                   "group %.80s was not found, but not all brokers answered%s%.80s",
                   group ? group->name : name, snapshot->list_reason ? ": " : "",
                   snapshot->list_reason ? snapshot->list_reason : "");
  return err_set(err, ERR_INVALID, "there is no group %.120s now", group ? group->name : name);
}

static bool fill(struct kafka_page_call *call, struct err *err) {
  struct kafka_view view;
  struct outlook outlook = {.age = value_none(NULL), .loss = value_none(NULL)};
  if (!check_there(call, err))
    return false;
  kafka_view_init(&view, call->snapshot, call->history, call->rules);
  *call->stands_still = kafka_view_stands_still(&view, call->rules);
  fill_partitions(call, &view.groups[0], &outlook);
  const size_t idle = fill_members(call, &view.groups[0]);
  fill_summary(call, &view.groups[0], idle, &outlook);
  for (size_t i = 0; i < call->snapshot->note_count; i++)
    sample_note(call->sample, partitions.id, NULL, "%s", call->snapshot->notes[i]);
  kafka_view_fini(&view);
  return true;
}

static const struct kafka_page own = {.query = query, .fill = fill};

static const struct page_sort sorts[] = {
    {"most lag", KAFKA_LAG_TABLE, "lag"},
    {"oldest", KAFKA_LAG_TABLE, "next_age"},
    {"hottest", KAFKA_LAG_TABLE, "produced"},
    {"longest without a commit", KAFKA_LAG_TABLE, "last_commit"},
};

const struct page page_kafka_group = {
    .spec = {.id = "kafka.group",
             .kind = "kafka",
             .row_of = KAFKA_LAG_TABLE,
             .key_of_name = kafka_group_key,
             .title = "Group",
             .question = "Who reads what, how far behind, and what gets lost?",
             .cost = "10 requests every 5s, and a batch of up to 32 partitions",
             .interval_ms = 5000,
             .tables = tables,
             .table_count = sizeof tables / sizeof *tables,
             .sorts = sorts,
             .sort_count = sizeof sorts / sizeof *sorts},
    .watch = &kafka_page_watch,
    .own = &own,
};
