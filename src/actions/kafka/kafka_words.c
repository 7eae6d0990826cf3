#include "actions/kafka/kafka_words.h"

#include "actions/found.h"
#include "clients/kafka/kafka.h"
#include "clients/kafka/kafka_contract.h"
#include "core/mem.h"
#include "core/text/format.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *kafka_server(struct plan *plan, const struct action_request *request) {
  return plan_printf(plan, "--bootstrap-server %s",
                     shown_word(&plan->arena, target_text(request->target, "bootstrap")));
}

bool kafka_refuse_members(const char *who, const char *state, int64_t members, struct err *err) {
  char text[2 * FORMAT_MAX];
  return err_set(err, ERR_INVALID, "%s is %s; stop its %s first", who, state,
                 format_counted(text, sizeof text, members, "consumer", "consumers"));
}

/* ---- what a name must still stand for */

bool kafka_plan_cluster(const struct action_request *request, struct plan *plan, struct err *err) {
  const char *found = plan_copy(plan, found_text(request->found, "cluster"));
  const char *model = action_collected(request, KAFKA_CLUSTER_TABLE, KAFKA_CLUSTER_ID_CLUSTER_ID);
  if (*found && model && strcmp(found, model) != 0)
    return err_set(err, ERR_INVALID,
                   "a different cluster answers at this address: its id was %.60s and is now %.60s",
                   model, found);
  action_bind_all(plan, "cluster", found);
  if (*found)
    plan_say(plan, PLAN_PRECONDITION, "the cluster is still %s (checked just before)", found);
  else
    plan_say(plan, PLAN_WARNING,
             "the cluster does not report its id: a different cluster at this address would not be "
             "noticed");
  return true;
}

void kafka_say_topic(struct plan *plan, bool has_id, const char *noticed) {
  if (has_id)
    plan_say(plan, PLAN_PRECONDITION,
             "each topic still has its id: it was not deleted and recreated");
  else
    plan_say(plan, PLAN_WARNING,
             "librdkafka %s does not report topic ids: a topic that was deleted and recreated is "
             "only noticed by %s",
             kafka_library_version(), noticed);
}

/* ---- the collector's rows */

static const struct row *parent_of(const struct action_request *request, const struct row *row) {
  const struct table *table = action_table(request, KAFKA_LAG_TABLE);
  return table && row->parent ? table_find(table, row->parent) : NULL;
}

const struct row *kafka_group_row(const struct action_request *request) {
  const struct row *row = action_row(request, 0);
  while (row && row->parent)
    row = parent_of(request, row);
  return row;
}

struct value kafka_cell(const struct action_request *request, const struct row *row,
                        const char *column) {
  const struct table *table = action_table(request, KAFKA_LAG_TABLE);
  int index = table ? table_column(table->spec, column) : -1;
  return index >= 0 && row ? row->cells[index] : value_none(NULL);
}

static const char *cell_text(const struct action_request *request, const struct row *row,
                             const char *column) {
  struct value value = kafka_cell(request, row, column);
  return value.type == VALUE_TEXT ? value.text : "";
}

const char *kafka_row_name(const struct action_request *request) {
  return cell_text(request, action_row(request, 0), KAFKA_LAG_ID_NAME);
}

bool kafka_group_ask(const struct action_request *request, struct kafka_admin *admin,
                     struct err *err) {
  const char *name = cell_text(request, kafka_group_row(request), KAFKA_LAG_ID_NAME);
  admin->group = arena_text(&admin->arena, name, strlen(name));
  return *name || err_set(err, ERR_INVALID, "the group no longer exists");
}

static bool is_level(const struct action_request *request, const struct row *row,
                     enum kafka_level level) {
  const struct row *parent = parent_of(request, row);
  return level == KAFKA_LEVEL_GROUP ? !row->parent : parent && !parent->parent;
}

bool kafka_row_fits(const struct action_request *request, enum kafka_level wanted, bool empty,
                    struct err *why) {
  const struct row *row = action_row(request, 0);
  if (!row)
    return err_set(why, ERR_INVALID, "it no longer exists");
  if (!is_level(request, row, wanted))
    return err_set(why, ERR_INVALID,
                   wanted == KAFKA_LEVEL_GROUP ? "only for a group"
                                               : "only for a topic of a group");
  if (!empty)
    return true;
  const struct row *group = kafka_group_row(request);
  struct value state = kafka_cell(request, group, KAFKA_LAG_ID_STATE),
               members = kafka_cell(request, group, KAFKA_LAG_ID_MEMBERS);
  if (state.type != VALUE_TEXT)
    return err_set(why, ERR_UNSUPPORTED, "its state is not known: %s",
                   state.text ? state.text : "no answer");
  if (strcmp(state.text, KAFKA_STATE_EMPTY) == 0)
    return true;
  if (members.type != VALUE_INT || members.integer == 0)
    return err_set(why, ERR_INVALID, "it is %s: only an Empty group", state.text);
  return kafka_refuse_members("it", state.text, members.integer, why);
}

void kafka_readers(const struct action_request *request, const char *topic, kafka_reader_seen seen,
                   void *arg) {
  const struct table *table = action_table(request, KAFKA_LAG_TABLE);
  const char *group = "", *state = "", *topic_key = NULL;
  for (size_t i = 0; table && i < table->row_count; i++) { /* each after its parent */
    const struct row *row = &table->rows[i];
    const char *name = cell_text(request, row, KAFKA_LAG_ID_NAME);
    if (!row->parent) {
      group = name;
      state = cell_text(request, row, KAFKA_LAG_ID_STATE);
      topic_key = NULL;
    } else if (topic_key && strcmp(row->parent, topic_key) == 0) {
      struct value committed = kafka_cell(request, row, KAFKA_LAG_ID_COMMITTED);
      seen(arg, group, state, kafka_partition_of_key(row->key),
           committed.type == VALUE_INT ? committed.integer : KAFKA_NO_OFFSET);
    } else if (strcmp(name, topic) == 0) {
      topic_key = row->key;
      seen(arg, group, state, -1, KAFKA_NO_OFFSET);
    }
  }
}

/* ---- undo files */

static void append_tame(char *out, size_t size, const char *text, size_t most) {
  size_t used = strlen(out);
  for (size_t i = 0; text[i] && i < most && used + 1 < size; i++)
    out[used++] = (char)(isalnum((unsigned char)text[i]) || strchr("._-", text[i]) ? text[i] : '_');
  out[used] = '\0';
}

const char *kafka_undo_name(struct plan *plan, const char *verb, const char *group,
                            int64_t now_ms) {
  char target_part[64] = "", group_part[96] = "", when[32];
  struct tm tm;
  time_t seconds = (time_t)(now_ms / 1000);
  append_tame(target_part, sizeof target_part, plan->target, 40);
  append_tame(group_part, sizeof group_part, group, 80);
  gmtime_r(&seconds, &tm);
  strftime(when, sizeof when, "%Y%m%dT%H%M%S", &tm);
  return plan_printf(plan, "undo/kafka-%s-%s-%s-%s.%03dZ.csv", verb, target_part, group_part, when,
                     (int)(now_ms % 1000));
}

const char *kafka_undo_path(struct plan *plan, const char *state, const char *name) {
  return plan_printf(plan, "%s/%s", state ? state : "STATE", name);
}

/* The name is a plan's, and a plan may come from a file: it must not name anything outside the
 * folder. */
char *kafka_undo_file(const char *state, const char *name) {
  const char *slash = strrchr(name, '/');
  return mem_printf("%s/undo/%s", state, slash ? slash + 1 : name);
}

void kafka_undo_fill(struct kafka_admin *admin, const char *state, const char *name) {
  size_t size = 1, used = 0;
  for (size_t i = 0; i < admin->spot_count; i++)
    size += strlen(admin->spots[i].topic) + 40;
  char *text = mem_new(size);
  for (size_t i = 0; i < admin->spot_count; i++) {
    const struct kafka_spot *spot = &admin->spots[i];
    if (spot->committed >= 0)
      used += (size_t)snprintf(text + used, size - used, "%s,%d,%lld\n", spot->topic,
                               spot->partition, (long long)spot->committed);
  }
  if (used > 0) {
    char *path = kafka_undo_file(state, name);
    admin->path = arena_text(&admin->arena, path, strlen(path));
    free(path);
    admin->text = arena_text(&admin->arena, text, used);
  }
  free(text);
}
