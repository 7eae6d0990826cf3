#include "collectors/runbook/schedule_rows.h"

#include "core/json/json_node.h"
#include "core/json/json_tree.h"
#include "core/text/format.h"

#include <stdio.h>
#include <string.h>

enum schedule_column {
#define COLUMN(name, ...) name,
#include "collectors/runbook/runbook.def"
#undef COLUMN
  BOOK_COLUMN_COUNT
};

static const struct column_spec columns[BOOK_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "collectors/runbook/runbook.def"
#undef COLUMN
};

const struct table_spec schedules_table = {.id = "runbooks",
                                           .title = "Scheduled runbooks",
                                           .columns = columns,
                                           .column_count = BOOK_COLUMN_COUNT};

struct schedule_facts {
  const char *name, *title, *state, *schedule, *by, *run;
  int64_t within_ms, due_ms, next_ms, done_ms, seen_ms, missed;
};

static bool facts_read(const struct json_node *node, struct schedule_facts *facts) {
  return json_read_text(node, "name", &facts->name) &&
         json_read_text(node, "title", &facts->title) &&
         json_read_text(node, "state", &facts->state) &&
         json_read_text_or(node, "schedule", "", &facts->schedule) &&
         json_read_text_or(node, "by", "", &facts->by) &&
         json_read_text_or(node, "run", "", &facts->run) &&
         json_read_int_or(node, "within_ms", 0, 0, INT64_MAX, &facts->within_ms) &&
         json_read_int_or(node, "due_ms", 0, 0, INT64_MAX, &facts->due_ms) &&
         json_read_int_or(node, "next_ms", 0, 0, INT64_MAX, &facts->next_ms) &&
         json_read_int_or(node, "done_ms", 0, 0, INT64_MAX, &facts->done_ms) &&
         json_read_int_or(node, "seen_ms", 0, 0, INT64_MAX, &facts->seen_ms) &&
         json_read_int_or(node, "missed", 0, 0, INT64_MAX, &facts->missed);
}

static bool facts_find(json_t *json, const char *name, struct schedule_facts *facts,
                       struct err *err) {
  const struct json_node top = {.json = json, .err = err};
  struct json_node list;
  size_t count;
  if (!json_read_array(&top, "runbooks", &list, &count))
    return false;
  for (size_t i = 0; i < count; i++) {
    const struct json_node each = json_element(&list, i);
    if (!facts_read(&each, facts))
      return false;
    if (strcmp(facts->name, name) == 0)
      return true;
  }
  return err_set(err, ERR_INVALID,
                 "the runbook %.60s has no schedule: give it one here or in its file", name);
}

static struct value text_cell(struct sample *sample, const char *text) {
  return text && *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

static struct value since_cell(int64_t from_ms, int64_t to_ms, const char *why) {
  return from_ms > 0 && to_ms > 0 ? value_real((double)(to_ms - from_ms) / 1000) : value_none(why);
}

/* "due 6h 10m ago (daily 06:00), last done 3d 6h ago by ann, 3 times due not done". */
static const char *reason_of(struct sample *sample, const struct schedule_facts *facts,
                             int64_t now_ms) {
  char due[FORMAT_MAX], last[FORMAT_MAX], times[FORMAT_MAX], missed[2 * FORMAT_MAX] = "";
  format_duration(due, sizeof due, (double)(now_ms - facts->due_ms) / 1000);
  if (facts->missed > 1)
    snprintf(missed, sizeof missed, ", %s due not done",
             format_counted(times, sizeof times, facts->missed, "time", "times"));
  if (facts->done_ms > 0)
    return sample_printf(
        sample, "overdue: due %s ago (%s), last done %s ago by %s%s", due, facts->schedule,
        format_duration(last, sizeof last, (double)(now_ms - facts->done_ms) / 1000), facts->by,
        missed);
  return sample_printf(
      sample, "overdue: due %s ago (%s), never done since it was first seen %s ago%s", due,
      facts->schedule, format_duration(last, sizeof last, (double)(now_ms - facts->seen_ms) / 1000),
      missed);
}

static void row_fill(struct sample *sample, struct row *row, const struct schedule_facts *facts,
                     enum severity overdue, int64_t now_ms) {
  const char *state = facts->state ? facts->state : "";
  const bool off = strcmp(state, "off") == 0, is_new = strcmp(state, "new") == 0;
  row->cells[BOOK_NAME] = text_cell(sample, facts->name);
  row->cells[BOOK_STATE] = text_cell(sample, facts->state);
  row->cells[BOOK_SCHEDULE] = text_cell(sample, off ? "off" : facts->schedule);
  row->cells[BOOK_DUE] = is_new ? value_none("not due since its schedule was first seen")
                                : since_cell(facts->due_ms, now_ms, "its schedule is off");
  row->cells[BOOK_NEXT] = since_cell(now_ms, facts->next_ms, "its schedule is off");
  row->cells[BOOK_DONE] = since_cell(facts->done_ms, now_ms, "never done, as far as is recorded");
  row->cells[BOOK_BY] = text_cell(sample, facts->by);
  row->cells[BOOK_MISSED] = off ? value_none("its schedule is off") : value_int(facts->missed);
  row->cells[BOOK_TITLE] = text_cell(sample, facts->title);
  row->cells[BOOK_RUN] = text_cell(sample, facts->run);
  if (strcmp(state, "overdue") != 0 || overdue == SEVERITY_OK)
    return;
  row->severity = overdue;
  row->reason = reason_of(sample, facts, now_ms);
  row->lasted_ms = now_ms - facts->due_ms - facts->within_ms;
}

bool schedule_row_add(struct sample *sample, const char *name, const char *json, size_t len,
                      enum severity overdue, int64_t now_ms, struct err *err) {
  static const struct json_limits limits = {.bytes = 64 << 10, .values = 1000, .depth = 8};
  struct schedule_facts facts = {0};
  json_t *tree = json_tree_new(json, len, &limits, err);
  if (!tree)
    return false;
  const bool good = facts_find(tree, name, &facts, err);
  struct row *row = good ? sample_row(sample, &sample->tables[0], name, NULL) : NULL;
  if (row)
    row_fill(sample, row, &facts, overdue, now_ms);
  json_decref(tree);
  return good;
}
