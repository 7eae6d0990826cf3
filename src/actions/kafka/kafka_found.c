#include "actions/kafka/kafka_found.h"

#include "actions/found.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Offsets of a partition; what a table does not show is in a hidden column all the same. */
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
  C_ID,
  C_COUNT
};

static const struct column_spec group_columns[C_COUNT] = {
    [C_NAME] = {.id = "name", .title = "TOPIC", .flags = COLUMN_FLEX, .width = 20},
    [C_COMMITTED] = {.id = "committed", .title = "COMMITTED", .unit = UNIT_COUNT},
    [C_LAG] = {.id = "lag", .title = "LAG", .unit = UNIT_COUNT},
    [C_START] = {.id = "start", .title = "START", .unit = UNIT_COUNT, .priority = 1},
    [C_END] = {.id = "end", .title = "END", .unit = UNIT_COUNT, .priority = 1},
    [C_AT] = {.id = "at", .title = "AT THE TIME", .unit = UNIT_COUNT, .priority = 2},
    [C_WANT] = {.id = "want", .title = "IN THE FILE", .unit = UNIT_COUNT, .priority = 2},
    [C_PROBLEM] = {.id = "problem", .title = "PROBLEM", .priority = 3},
    [C_MARK] = {.id = "mark", .title = "MARK", .flags = COLUMN_DETAIL},
    [C_ID] = {.id = "topic_id", .title = "TOPIC ID", .flags = COLUMN_DETAIL},
};

static const struct column_spec record_columns[C_COUNT] = {
    [C_NAME] = {.id = "name", .title = "TOPIC", .flags = COLUMN_FLEX, .width = 20},
    [C_COMMITTED] = {.id = "committed", .title = "COMMITTED", .flags = COLUMN_DETAIL},
    [C_LAG] = {.id = "messages", .title = "MESSAGES", .unit = UNIT_COUNT},
    [C_START] = {.id = "start", .title = "START", .unit = UNIT_COUNT, .priority = 1},
    [C_END] = {.id = "end", .title = "END", .unit = UNIT_COUNT, .priority = 1},
    [C_AT] = {.id = "at", .title = "AT THE TIME", .unit = UNIT_COUNT, .priority = 2},
    [C_WANT] = {.id = "want", .title = "WANTED", .flags = COLUMN_DETAIL},
    [C_PROBLEM] = {.id = "problem", .title = "PROBLEM", .priority = 3},
    [C_MARK] = {.id = "mark", .title = "MARK", .flags = COLUMN_DETAIL},
    [C_ID] = {.id = "topic_id", .title = "TOPIC ID", .flags = COLUMN_DETAIL},
};

enum topic_column { T_NAME, T_PARTITIONS, T_REPLICAS, T_VALUE, T_SOURCE, T_PROBLEM, T_ID, T_COUNT };

static const struct column_spec topic_columns[T_COUNT] = {
    [T_NAME] = {.id = "name", .title = "TOPIC", .flags = COLUMN_FLEX, .width = 20},
    [T_PARTITIONS] = {.id = "partitions", .title = "PARTITIONS", .unit = UNIT_COUNT},
    [T_REPLICAS] = {.id = "replicas", .title = "REPLICAS", .unit = UNIT_COUNT, .priority = 1},
    [T_VALUE] = {.id = "value", .title = "NOW", .priority = 1},
    [T_SOURCE] = {.id = "source", .title = "SET BY", .priority = 2},
    [T_PROBLEM] = {.id = "problem", .title = "PROBLEM", .priority = 3},
    [T_ID] = {.id = "topic_id", .title = "TOPIC ID", .flags = COLUMN_DETAIL},
};

enum setting_column { S_TOPIC, S_NAME, S_VALUE, S_SOURCE, S_OWN, S_FIXED, S_COUNT };

static const struct column_spec setting_columns[S_COUNT] = {
    [S_TOPIC] = {.id = "topic", .title = "TOPIC"},
    [S_NAME] = {.id = "name", .title = "SETTING"},
    [S_VALUE] = {.id = "value", .title = "VALUE"},
    [S_SOURCE] = {.id = "source", .title = "SET BY"},
    [S_OWN] = {.id = "own", .title = "OWN", .flags = COLUMN_DETAIL},
    [S_FIXED] = {.id = "fixed", .title = "FIXED", .flags = COLUMN_DETAIL},
};

static const struct table_spec group_table = {
    .id = "partitions", .title = "Partitions", .columns = group_columns, .column_count = C_COUNT};
static const struct table_spec record_table = {
    .id = "records", .title = "Partitions", .columns = record_columns, .column_count = C_COUNT};
static const struct table_spec topic_table = {
    .id = "topics", .title = "Topics", .columns = topic_columns, .column_count = T_COUNT};
static const struct table_spec setting_table = {
    .id = "settings", .title = "Settings", .columns = setting_columns, .column_count = S_COUNT};

/* ---- from an answer */

static struct value offset_cell(int64_t offset, const char *reason) {
  return offset >= 0 ? value_int(offset) : value_none(reason);
}

/* lag: end less committed; messages: end less start. */
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

/* The spots are by topic; `asked`: only those that were asked about. */
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
  struct table *topics = sample_table(sample, topic_table.id);
  size_t at = 0; /* settings come topic by topic, mostly in this order */
  for (size_t i = 0; i < admin->topic_count; i++)
    topic_row(sample, topics, &admin->topics[i]);
  for (size_t i = 0; i < admin->setting_count; i++) {
    const struct kafka_setting *setting = &admin->settings[i];
    setting_row(sample, setting);
    if (topics->row_count == 0 || strcmp(setting->name, admin->name) != 0)
      continue;
    for (size_t tried = 0; tried < topics->row_count; tried++, at = (at + 1) % topics->row_count)
      if (strcmp(topics->rows[at].key, setting->topic) == 0)
        break;
    if (topics->row_count == 0)
      continue;
    topics->rows[at].cells[T_VALUE] = value_cell(sample, setting);
    topics->rows[at].cells[T_SOURCE] = value_text(sample_copy(sample, setting->source));
  }
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
      .cluster = known(found_text(found, "cluster")),
      .mark_ms = found_int(found, "mark_ms", -1),
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
    return err_set(err, ERR_INVALID, "the group is %s; stop its %lld %s first", facts->state,
                   (long long)facts->members, facts->members == 1 ? "consumer" : "consumers");
  return err_set(err, ERR_INVALID, "the group is %s; it must be Empty", facts->state);
}

bool kafka_topic_take(struct kafka_topic_facts *topic, const struct action_request *request,
                      struct err *err) {
  const struct table *table =
      request->found ? sample_table_view(request->found, topic_table.id) : NULL;
  const struct row *row =
      table && request->chosen_count == 1 ? table_find(table, request->chosen[0]) : NULL;
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

static int name_compare(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_chosen(const char **sorted, size_t count, const char *key) {
  return count > 0 && bsearch(&key, sorted, count, sizeof *sorted, name_compare);
}

static struct kafka_pick pick_of(const struct row *row, const char *topic_id) {
  const char *slash = strrchr(row->key, '/');
  return (struct kafka_pick){.key = row->key,
                             .topic = row->parent,
                             .topic_id = topic_id,
                             .partition = (int32_t)strtol(slash ? slash + 1 : "", NULL, 10),
                             .committed = number_of(row->cells[C_COMMITTED]),
                             .start = number_of(row->cells[C_START]),
                             .end = number_of(row->cells[C_END]),
                             .at = number_of(row->cells[C_AT]),
                             .want = number_of(row->cells[C_WANT]),
                             .mark = number_of(row->cells[C_MARK]),
                             .error = text_of(row->cells[C_PROBLEM])};
}

static bool all_there(const struct table *table, const struct action_request *request,
                      struct err *err) {
  const char **keys = mem_new((table->row_count + 1) * sizeof *keys);
  const char *missing = NULL;
  for (size_t i = 0; i < table->row_count; i++)
    keys[i] = table->rows[i].key;
  if (table->row_count > 1)
    qsort(keys, table->row_count, sizeof *keys, name_compare);
  for (size_t i = 0; i < request->chosen_count; i++)
    if (!is_chosen(keys, table->row_count, request->chosen[i]))
      missing = request->chosen[i];
  free(keys);
  return !missing ||
         err_set(err, ERR_INVALID, "%.150s cannot be selected: not in the list", missing);
}

bool kafka_picks_take(struct kafka_picks *picks, const struct action_request *request, bool all,
                      struct err *err) {
  *picks = (struct kafka_picks){0};
  const struct table *table = request->found ? &request->found->tables[0] : NULL;
  if (!table || (!all && request->chosen_count == 0))
    return err_set(err, ERR_INVALID, "nothing is picked");
  if (!all && !all_there(table, request, err))
    return false;
  const char **sorted = mem_new((request->chosen_count + 1) * sizeof *sorted);
  for (size_t i = 0; i < request->chosen_count; i++)
    sorted[i] = request->chosen[i];
  if (request->chosen_count > 1)
    qsort(sorted, request->chosen_count, sizeof *sorted, name_compare);
  picks->items = mem_new((table->row_count + 1) * sizeof *picks->items);
  const char *id = NULL;
  for (size_t i = 0; i < table->row_count; i++) {
    const struct row *row = &table->rows[i];
    if (!row->parent) /* each before its children */
      id = text_of(row->cells[C_ID]);
    if (row->parent && (all || is_chosen(sorted, request->chosen_count, row->key) ||
                        is_chosen(sorted, request->chosen_count, row->parent)))
      picks->items[picks->count++] = pick_of(row, id);
  }
  free(sorted);
  if (picks->count > 0)
    return true;
  kafka_picks_fini(picks);
  return err_set(err, ERR_INVALID, "nothing is picked");
}

void kafka_picks_fini(struct kafka_picks *picks) {
  free(picks->items);
  *picks = (struct kafka_picks){0};
}
