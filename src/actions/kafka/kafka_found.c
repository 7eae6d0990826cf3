#include "actions/kafka/kafka_found.h"

#include "actions/found.h"
#include "actions/kafka/kafka_words.h"
#include "core/map.h"

#include <stdio.h>
#include <string.h>

/* Offsets of a partition; what a table does not show is in a hidden column. */
enum spot_column {
  C_NAME,
  C_COMMITTED,
  C_LAG,
  C_START,
  C_END,
  C_AT,
  C_WANT,
  C_PROBLEM,
  C_MARK,
  C_PARTITION,
  C_ID,
  C_COUNT
};

// clang-format off
#define NAME_COLUMN(text)                                                                          \
  {.id = "name", .title = (text), .flags = COLUMN_FLEX, .width = 20}
#define COUNT_COLUMN(name, text, order)                                                            \
  {.id = (name), .title = (text), .unit = UNIT_COUNT, .priority = (order)}
#define TEXT_COLUMN(name, text, order) {.id = (name), .title = (text), .priority = (order)}
#define HIDDEN_COLUMN(name, text) {.id = (name), .title = (text), .flags = COLUMN_DETAIL}

/* The tables of a group and of records: `hidden` is COLUMN_DETAIL for what records do not have. */
#define SPOT_COLUMNS(hidden, lag, lag_title, want_title)                                           \
  {                                                                                                \
    [C_NAME] = NAME_COLUMN("TOPIC"),                                                               \
    [C_COMMITTED] = {.id = "committed", .title = "COMMITTED", .unit = UNIT_COUNT,                  \
                     .flags = (hidden)},                                                           \
    [C_LAG] = COUNT_COLUMN((lag), (lag_title), 0), [C_START] = COUNT_COLUMN("start", "START", 1),  \
    [C_END] = COUNT_COLUMN("end", "END", 1), [C_AT] = COUNT_COLUMN("at", "AT THE TIME", 2),        \
    [C_WANT] = {.id = "want", .title = (want_title), .unit = UNIT_COUNT, .flags = (hidden),        \
                .priority = 2},                                                                    \
    [C_PROBLEM] = TEXT_COLUMN("problem", "PROBLEM", 3), [C_MARK] = HIDDEN_COLUMN("mark", "MARK"),  \
    [C_PARTITION] = HIDDEN_COLUMN("partition", "PARTITION"),                                       \
    [C_ID] = HIDDEN_COLUMN("topic_id", "TOPIC ID"),                                                \
  }
// clang-format on

static const struct column_spec group_columns[C_COUNT] =
    SPOT_COLUMNS(0, "lag", "LAG", "IN THE FILE");
static const struct column_spec record_columns[C_COUNT] =
    SPOT_COLUMNS(COLUMN_DETAIL, "messages", "MESSAGES", "WANTED");

static const struct column_spec leader_columns[C_COUNT] = {
    [C_NAME] = NAME_COLUMN("TOPIC"),
    [C_COMMITTED] = COUNT_COLUMN("leader", "LEADER", 0),
    [C_LAG] = HIDDEN_COLUMN("lag", "LAG"),
    [C_START] = HIDDEN_COLUMN("start", "START"),
    [C_END] = HIDDEN_COLUMN("end", "END"),
    [C_AT] = HIDDEN_COLUMN("at", "AT THE TIME"),
    [C_WANT] = COUNT_COLUMN("preferred", "PREFERRED", 0),
    [C_PROBLEM] = TEXT_COLUMN("problem", "PROBLEM", 1),
    [C_MARK] = HIDDEN_COLUMN("mark", "MARK"),
    [C_PARTITION] = HIDDEN_COLUMN("partition", "PARTITION"),
    [C_ID] = HIDDEN_COLUMN("topic_id", "TOPIC ID"),
};

enum topic_column { T_NAME, T_PARTITIONS, T_REPLICAS, T_VALUE, T_SOURCE, T_PROBLEM, T_ID, T_COUNT };

static const struct column_spec topic_columns[T_COUNT] = {
    [T_NAME] = NAME_COLUMN("TOPIC"),
    [T_PARTITIONS] = COUNT_COLUMN("partitions", "PARTITIONS", 0),
    [T_REPLICAS] = COUNT_COLUMN("replicas", "REPLICAS", 1),
    [T_VALUE] = TEXT_COLUMN("value", "NOW", 1),
    [T_SOURCE] = TEXT_COLUMN("source", "SET BY", 2),
    [T_PROBLEM] = TEXT_COLUMN("problem", "PROBLEM", 3),
    [T_ID] = HIDDEN_COLUMN("topic_id", "TOPIC ID"),
};

enum setting_column { S_TOPIC, S_NAME, S_VALUE, S_SOURCE, S_OWN, S_FIXED, S_COUNT };

static const struct column_spec setting_columns[S_COUNT] = {
    [S_TOPIC] = TEXT_COLUMN("topic", "TOPIC", 0), [S_NAME] = TEXT_COLUMN("name", "SETTING", 0),
    [S_VALUE] = TEXT_COLUMN("value", "VALUE", 0), [S_SOURCE] = TEXT_COLUMN("source", "SET BY", 0),
    [S_OWN] = HIDDEN_COLUMN("own", "OWN"),        [S_FIXED] = HIDDEN_COLUMN("fixed", "FIXED"),
};

static const struct table_spec group_table = FOUND_TABLE("partitions", "Partitions", group_columns);
static const struct table_spec record_table = FOUND_TABLE("records", "Partitions", record_columns);
static const struct table_spec leader_table = FOUND_TABLE("leaders", "Partitions", leader_columns);
static const struct table_spec topic_table = FOUND_TABLE("topics", "Topics", topic_columns);
static const struct table_spec setting_table = FOUND_TABLE("settings", "Settings", setting_columns);

/* ---- from an answer */

static struct value offset_cell(int64_t offset, const char *reason) {
  return offset >= 0 ? value_int(offset) : value_none(reason);
}

/* lag: end minus committed; messages: end minus start. */
static struct value distance(int64_t from, int64_t end) {
  return from >= 0 && end >= 0 ? value_int(end > from ? end - from : 0) : value_none(NULL);
}

static bool spot_row(struct sample *sample, struct table *table, const struct kafka_spot *spot,
                     const struct kafka_admin *admin, bool group) {
  char key[300], name[32];
  snprintf(key, sizeof key, "%.250s/%d", spot->topic, spot->partition);
  snprintf(name, sizeof name, "partition %d", spot->partition);
  struct row *row = sample_row(sample, table, key, spot->topic);
  if (!row)
    return false;
  const char *error = spot->error ? sample_copy(sample, spot->error) : NULL;
  row->cells[C_NAME] = value_text(sample_copy(sample, name));
  row->cells[C_COMMITTED] =
      group ? offset_cell(spot->committed, error ? error : "nothing committed") : value_none(NULL);
  row->cells[C_LAG] = distance(group ? spot->committed : spot->start, spot->end);
  row->cells[C_START] = offset_cell(spot->start, error);
  row->cells[C_END] = offset_cell(spot->end, error);
  row->cells[C_AT] = offset_cell(spot->at, admin->time_ms >= 0 ? "past its end" : NULL);
  row->cells[C_WANT] = offset_cell(spot->want, NULL);
  row->cells[C_PROBLEM] = error ? value_text(error) : value_none(NULL);
  row->cells[C_MARK] = offset_cell(spot->mark, NULL);
  row->cells[C_PARTITION] = value_int(spot->partition);
  return true;
}

static void add(struct value *sum, struct value part) {
  if (part.type == VALUE_INT)
    *sum = value_int((sum->type == VALUE_INT ? sum->integer : 0) + part.integer);
}

static struct value id_cell(struct sample *sample, const struct kafka_admin *admin,
                            const char *topic) {
  for (size_t i = 0; i < admin->topic_count; i++)
    if (admin->topics[i].id && strcmp(admin->topics[i].name, topic) == 0)
      return value_text(sample_copy(sample, admin->topics[i].id));
  return value_none(NULL);
}

/* The spots are sorted by topic; `asked`: only those that were asked about. */
static void spot_rows(struct sample *sample, struct table *table, const struct kafka_admin *admin,
                      bool group, bool asked) {
  const char *topic = NULL;
  size_t topic_row = 0;
  for (size_t i = 0; i < admin->spot_count; i++) {
    const struct kafka_spot *spot = &admin->spots[i];
    if (asked && !spot->asked)
      continue;
    if (!topic || strcmp(topic, spot->topic) != 0) {
      struct row *row = sample_row(sample, table, spot->topic, NULL);
      if (!row)
        return;
      topic = spot->topic;
      topic_row = table->row_count - 1;
      row->cells[C_NAME] = value_text(row->key);
      row->cells[C_ID] = id_cell(sample, admin, topic);
    }
    if (!spot_row(sample, table, spot, admin, group))
      return;
    add(&table->rows[topic_row].cells[C_LAG], table->rows[table->row_count - 1].cells[C_LAG]);
  }
  if (admin->cut || table->truncated)
    sample_note(sample, table->spec->id, NULL, "there are more partitions than the %d shown",
                KAFKA_SPOTS_MAX);
}

static struct sample *sample_of(const struct table_spec *const *specs, size_t count,
                                const struct kafka_admin *admin, const struct kafka_to *to) {
  struct sample *sample = found_new(specs, count);
  if (admin->group) {
    found_set_text(sample, "group", admin->group);
    found_set_text(sample, "state", admin->facts.state_text);
    found_set_int(sample, "members", (int64_t)admin->facts.members);
    found_set_int(sample, "listed", admin->facts.listed);
    found_set_int(sample, "classic", admin->facts.classic);
    found_set_int(sample, "empty", admin->facts.state == KAFKA_GROUP_EMPTY);
  }
  found_set_int(sample, "to_kind", to ? to->kind : 0);
  found_set_int(sample, "to_number", to ? to->number : 0);
  found_set_text(sample, "cluster", admin->cluster ? admin->cluster : "");
  found_set_int(sample, "mark_ms", admin->mark_ms);
  return sample;
}

struct sample *kafka_found_group(const struct kafka_admin *admin, const struct kafka_to *to) {
  static const struct table_spec *const specs[] = {&group_table};
  struct sample *sample = sample_of(specs, 1, admin, to);
  spot_rows(sample, &sample->tables[0], admin, true, to && to->kind == KAFKA_TO_FILE);
  return sample;
}

struct sample *kafka_found_records(const struct kafka_admin *admin, const struct kafka_to *to) {
  static const struct table_spec *const specs[] = {&record_table};
  struct sample *sample = sample_of(specs, 1, admin, to);
  spot_rows(sample, &sample->tables[0], admin, false, false);
  return sample;
}

struct sample *kafka_found_leaders(const struct kafka_admin *admin) {
  static const struct table_spec *const specs[] = {&leader_table};
  struct sample *sample = sample_of(specs, 1, admin, NULL);
  spot_rows(sample, &sample->tables[0], admin, true, false);
  return sample;
}

static struct value value_cell(struct sample *sample, const struct kafka_setting *setting) {
  return setting->value ? value_text(sample_copy(sample, setting->value))
                        : value_none(setting->secret ? "secret" : NULL);
}

static void setting_row(struct sample *sample, const struct kafka_setting *setting) {
  const char *key = sample_printf(sample, "%s/%s", setting->topic, setting->name);
  struct row *row = sample_row(sample, sample_table(sample, setting_table.id), key, NULL);
  if (!row)
    return;
  row->cells[S_TOPIC] = value_text(sample_copy(sample, setting->topic));
  row->cells[S_NAME] = value_text(sample_copy(sample, setting->name));
  row->cells[S_VALUE] = value_cell(sample, setting);
  row->cells[S_SOURCE] = value_text(sample_copy(sample, setting->source));
  row->cells[S_OWN] = value_int(setting->own);
  row->cells[S_FIXED] = value_int(setting->fixed);
}

static void topic_row(struct sample *sample, struct table *table,
                      const struct kafka_topic_facts *topic) {
  struct row *row = sample_row(sample, table, topic->name, NULL);
  if (!row)
    return;
  row->cells[T_NAME] = value_text(row->key);
  row->cells[T_PARTITIONS] = value_int(topic->partitions);
  row->cells[T_REPLICAS] = value_int(topic->replicas);
  if (topic->error)
    row->cells[T_PROBLEM] = value_text(sample_copy(sample, topic->error));
  if (topic->id)
    row->cells[T_ID] = value_text(sample_copy(sample, topic->id));
}

struct sample *kafka_found_topics(const struct kafka_admin *admin) {
  static const struct table_spec *const specs[] = {&topic_table, &setting_table};
  struct sample *sample = sample_of(specs, 2, admin, NULL);
  struct table *topics = &sample->tables[0];
  struct map rows = {0};
  for (size_t i = 0; i < admin->topic_count; i++)
    topic_row(sample, topics, &admin->topics[i]);
  for (size_t i = 0; i < topics->row_count; i++)
    map_add(&rows, topics->rows[i].key, i);
  for (size_t i = 0; i < admin->setting_count; i++) {
    const struct kafka_setting *setting = &admin->settings[i];
    setting_row(sample, setting);
    const struct map_slot *slot =
        strcmp(setting->name, admin->name) == 0 ? map_find(&rows, setting->topic) : NULL;
    if (!slot)
      continue;
    topics->rows[slot->value].cells[T_VALUE] = value_cell(sample, setting);
    topics->rows[slot->value].cells[T_SOURCE] = value_text(sample_copy(sample, setting->source));
  }
  map_fini(&rows);
  return sample;
}

/* ---- back */

static int64_t number_of(struct value value) {
  return value.type == VALUE_INT ? value.integer : KAFKA_NO_OFFSET;
}

static const char *text_of(struct value value) {
  return value.type == VALUE_TEXT ? value.text : NULL;
}

static const char *known(const char *text) {
  return *text ? text : NULL;
}

void kafka_facts_read(const struct sample *found, struct kafka_facts *facts) {
  const char *state = found_text(found, "state");
  *facts = (struct kafka_facts){
      .group = known(found_text(found, "group")),
      .state = *state ? state : "not known",
      .members = found_int(found, "members", 0),
      .listed = found_int(found, "listed", 0) == 1,
      .classic = found_int(found, "classic", 0) == 1,
      .empty = found_int(found, "empty", 0) == 1,
      .to = {(enum kafka_to_kind)found_int(found, "to_kind", 0), found_int(found, "to_number", 0)},
  };
}

bool kafka_facts_allow(const struct kafka_facts *facts, bool classic, struct err *err) {
  if (!facts->group || !facts->listed)
    return err_set(err, ERR_INVALID, "the group %.150s does not exist",
                   facts->group ? facts->group : "like that");
  if (!facts->classic && (classic || !facts->empty))
    return err_set(err, ERR_UNSUPPORTED,
                   "the group uses the new consumer protocol (%s), and this librdkafka cannot tell "
                   "whether it has members; use kafka-consumer-groups.sh",
                   facts->state);
  if (facts->empty)
    return true;
  if (facts->members > 0)
    return kafka_refuse_members("the group", facts->state, facts->members, err);
  return err_set(err, ERR_INVALID, "the group is %s; it must be Empty", facts->state);
}

bool kafka_topic_take(struct kafka_topic_facts *topic, const struct action_request *request,
                      struct err *err) {
  const struct row *row = request->found && request->chosen_count == 1
                              ? table_find(&request->found->tables[0], request->chosen[0])
                              : NULL;
  if (!row)
    return err_set(err, ERR_INVALID,
                   request->chosen_count == 0 ? "no topic is picked"
                                              : "select one of the listed topics");
  *topic = (struct kafka_topic_facts){.name = row->key,
                                      .partitions = (int32_t)number_of(row->cells[T_PARTITIONS]),
                                      .id = text_of(row->cells[T_ID]),
                                      .error = text_of(row->cells[T_PROBLEM])};
  return true;
}

bool kafka_plan_topic(const struct action_request *request, struct plan *plan,
                      const struct kafka_topic_facts *topic, const char *noticed, struct err *err) {
  struct plan_object *object = plan_object(plan, topic->name, topic->name);
  plan->name = object->label;
  plan->unit = "topics";
  action_bind(plan, "topic", object->label);
  action_bind(plan, "topic_id", topic->id ? plan_copy(plan, topic->id) : "");
  kafka_say_topic(plan, topic->id != NULL, noticed);
  return kafka_plan_cluster(request, plan, err);
}

bool kafka_setting_read(const struct sample *found, size_t index, struct kafka_setting *setting) {
  const struct table *table = sample_table_view(found, setting_table.id);
  if (!table || index >= table->row_count)
    return false;
  const struct value *cells = table->rows[index].cells;
  *setting =
      (struct kafka_setting){.topic = text_of(cells[S_TOPIC]),
                             .name = text_of(cells[S_NAME]),
                             .value = text_of(cells[S_VALUE]),
                             .source = text_of(cells[S_SOURCE]),
                             .own = cells[S_OWN].integer,
                             .secret = cells[S_VALUE].type == VALUE_NONE && cells[S_VALUE].text,
                             .fixed = cells[S_FIXED].integer};
  return true;
}

/* ---- picks */

static bool add_pick(struct kafka_admin *picks, const struct row *row, const char *topic_id) {
  struct kafka_spot *spot =
      kafka_admin_spot(picks, row->parent, (int32_t)number_of(row->cells[C_PARTITION]));
  if (!spot)
    return false;
  spot->topic_id = topic_id;
  spot->committed = number_of(row->cells[C_COMMITTED]);
  spot->start = number_of(row->cells[C_START]);
  spot->end = number_of(row->cells[C_END]);
  spot->at = number_of(row->cells[C_AT]);
  spot->want = number_of(row->cells[C_WANT]);
  spot->mark = number_of(row->cells[C_MARK]);
  spot->error = text_of(row->cells[C_PROBLEM]);
  return true;
}

/* Whether the key is among the chosen ones; marks it as seen. */
static bool is_chosen(struct map *chosen, const char *key) {
  struct map_slot *slot = map_find(chosen, key);
  if (slot)
    slot->value = true;
  return slot != NULL;
}

static const char *unseen(const struct map *chosen, const struct action_request *request) {
  for (size_t i = 0; i < request->chosen_count; i++)
    if (!map_find(chosen, request->chosen[i])->value)
      return request->chosen[i];
  return NULL;
}

struct kafka_admin *kafka_picks_take(const struct action_request *request, bool all,
                                     struct err *err) {
  struct kafka_admin *picks = kafka_admin_new();
  const struct table *table = request->found ? &request->found->tables[0] : NULL;
  const char *topic_id = NULL;
  bool topic_chosen = false, good = true;
  struct map chosen = {0};
  for (size_t i = 0; !all && i < request->chosen_count; i++)
    map_add(&chosen, request->chosen[i], false);
  for (size_t i = 0; table && i < table->row_count && good; i++) {
    const struct row *row = &table->rows[i];
    const bool row_chosen = all || is_chosen(&chosen, row->key);
    if (!row->parent) { /* each before its children */
      topic_id = text_of(row->cells[C_ID]);
      topic_chosen = row_chosen;
    } else if (row_chosen || topic_chosen) {
      good = add_pick(picks, row, topic_id);
    }
  }
  const char *missing = all ? NULL : unseen(&chosen, request);
  if (missing)
    err_set(err, ERR_INVALID, "%.150s cannot be selected: not in the list", missing);
  else if (!good || picks->spot_count == 0)
    err_set(err, ERR_INVALID, good ? "nothing is picked" : "too many partitions");
  map_fini(&chosen);
  if (!missing && good && picks->spot_count > 0)
    return picks;
  kafka_admin_free(picks);
  return NULL;
}

/* ---- a place in a log */

static bool wish_of(const struct kafka_to *to, const struct kafka_spot *spot, struct kafka_aim *aim,
                    struct err *err) {
  switch (to->kind) {
  case KAFKA_TO_EARLIEST:
    aim->wish = spot->start;
    break;
  case KAFKA_TO_LATEST:
    aim->wish = spot->end;
    break;
  case KAFKA_TO_OFFSET:
    aim->wish = to->number;
    break;
  case KAFKA_TO_FILE:
    aim->wish = spot->want;
    break;
  case KAFKA_TO_SHIFT:
    if (spot->committed < 0)
      return err_set(err, ERR_INVALID, "%.150s/%d has no committed offset to shift from",
                     spot->topic, spot->partition);
    if (__builtin_add_overflow(spot->committed, to->number, &aim->wish))
      aim->wish = to->number < 0 ? 0 : INT64_MAX;
    break;
  case KAFKA_TO_TIME:
    aim->past_end = spot->at < 0;
    aim->wish = aim->past_end ? spot->end : spot->at;
    break;
  }
  return true;
}

bool kafka_aim_at(const struct kafka_to *to, const struct kafka_spot *spot, struct kafka_aim *aim,
                  struct err *err) {
  *aim = (struct kafka_aim){0};
  if (spot->error || spot->start < 0 || spot->end < 0)
    return err_set(err, ERR_INVALID, "%.100s/%d: %.100s; deselect it", spot->topic, spot->partition,
                   spot->error ? spot->error : "its offsets are not known");
  if (!wish_of(to, spot, aim, err))
    return false;
  aim->new = aim->wish < spot->start ? spot->start : aim->wish > spot->end ? spot->end : aim->wish;
  return true;
}
