#include "actions/postgres/postgres_plan.h"

#include "actions/postgres/postgres_utf8.h"

#include "core/map.h"
#include "core/mem.h"
#include "core/text/format.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- words */

const char *postgres_counted(struct plan *plan, int64_t count, const char *one, const char *many) {
  char text[2 * FORMAT_MAX];
  return plan_copy(plan, format_counted(text, sizeof text, count, one, many));
}

const char *postgres_bytes(struct plan *plan, int64_t bytes) {
  char text[FORMAT_MAX];
  return plan_copy(plan, format_bytes(text, sizeof text, (double)bytes));
}

/* "14m ago", "never" */
static const char *since(struct plan *plan, struct value when, int64_t now_ms) {
  char time[FORMAT_MAX];
  if (when.type != VALUE_INT)
    return "never";
  double seconds = (double)(now_ms - when.integer) / 1e3;
  return plan_printf(plan, "%s ago", format_duration(time, sizeof time, seconds > 0 ? seconds : 0));
}

/* A cell of the survey as people read it; NULL where it does not apply. */
static const char *shown(struct plan *plan, struct value value, enum unit unit, int64_t now_ms) {
  char text[FORMAT_MAX];
  if (unit == UNIT_TIME)
    return since(plan, value, now_ms);
  if (value.type == VALUE_TEXT)
    return plan_copy(plan, value.text);
  if (value.type == VALUE_NONE && !value.text)
    return NULL;
  return plan_copy(plan, format_value(text, sizeof text, value, unit, false));
}

/* ---- objects */

static const struct table *first_table(const struct action_request *request) {
  const struct sample *found = request->found;
  return found && found->table_count > 0 ? &found->tables[0] : NULL;
}

void postgres_plan_begin(const struct action_request *request, struct plan *plan,
                         const struct postgres_plan_spec *spec) {
  const struct table_spec *from = request->found->tables[0].spec;
  size_t count = 0;
  while (spec->columns[count].title)
    count++;
  struct plan_column *columns = arena_alloc(&plan->arena, count * sizeof *columns);
  assert(columns); /* nothing else is in the arena yet */
  for (size_t i = 0; i < count; i++) {
    const int index = spec->columns[i].from ? table_column(from, spec->columns[i].from) : -1;
    columns[i] = (struct plan_column){spec->columns[i].title,
                                      index >= 0 && from->columns[index].unit != UNIT_NONE};
  }
  plan->columns = columns;
  plan->column_count = count;
  plan->identities = spec->identities;
  while (spec->identities[plan->identity_count])
    plan->identity_count++;
  postgres_identity_bind(request, plan, spec->scope);
}

static const char *identity_value(struct plan *plan, struct value value) {
  if (value.type == VALUE_INT)
    return plan_printf(plan, "%lld", (long long)value.integer);
  return value.type == VALUE_TEXT ? plan_copy(plan, value.text) : NULL;
}

struct plan_object *postgres_plan_add(const struct action_request *request, struct plan *plan,
                                      const struct postgres_plan_spec *spec, const struct row *row,
                                      struct err *err) {
  const struct table_spec *from = request->found->tables[0].spec;
  struct plan_object *object =
      plan_object(plan, row->key, row->cells[0].type == VALUE_TEXT ? row->cells[0].text : row->key);
  if (!object) {
    err_set(err, ERR_LIMIT, "too many objects for one plan; select fewer");
    return NULL;
  }
  for (size_t c = 0; c < plan->column_count; c++) {
    const int index = spec->columns[c].from ? table_column(from, spec->columns[c].from) : -1;
    if (index >= 0)
      object->cells[c] = shown(plan, row->cells[index], from->columns[index].unit, request->now_ms);
    else if (row->parent)
      object->cells[c] = plan_copy(plan, row->parent);
  }
  for (size_t i = 0; i < plan->identity_count; i++) {
    const int index = table_column(from, plan->identities[i]);
    if (index >= 0)
      object->identities[i] = identity_value(plan, row->cells[index]);
    else if (strcmp(plan->identities[i], "name") == 0)
      object->identities[i] = object->label;
  }
  return object;
}

struct plan_object *postgres_plan_only(const struct action_request *request, struct plan *plan,
                                       const struct postgres_plan_spec *spec, int64_t count,
                                       const char *one, const char *many, struct err *err) {
  postgres_plan_begin(request, plan, spec);
  struct plan_object *object =
      postgres_plan_add(request, plan, spec, postgres_found_row(request), err);
  plan->count = count;
  plan->unit = count == 1 ? one : many;
  plan->name = object ? object->label : NULL;
  return object;
}

void postgres_identify(struct plan *plan, struct plan_object *object, const char *name,
                       const char *value) {
  bool found = false;
  for (size_t i = 0; i < plan->identity_count; i++)
    if (strcmp(plan->identities[i], name) == 0) {
      object->identities[i] = value ? plan_copy(plan, value) : NULL;
      found = true;
    }
  assert(found);
  (void)found;
}

const char *postgres_identity(const struct step *step, size_t object, const char *name) {
  const struct plan *plan = step->call->plan;
  for (size_t i = 0; i < plan->identity_count; i++)
    if (strcmp(plan->identities[i], name) == 0)
      return plan->objects[object].identities[i];
  return NULL;
}

enum { IDENTIFIED_MAX = 4 };

static size_t identified(struct postgres_conn *conn, size_t object, const char *const *names,
                         const char *values[IDENTIFIED_MAX]) {
  size_t count = 0;
  for (; conn && names[count]; count++) {
    assert(count < IDENTIFIED_MAX);
    values[count] = postgres_identity(postgres_step(conn), object, names[count]);
  }
  return count;
}

const struct pg_rows *postgres_read_identified(struct postgres_conn *conn, size_t columns,
                                               const char *sql, size_t object,
                                               const char *const *names) {
  const char *values[IDENTIFIED_MAX];
  const size_t count = identified(conn, object, names, values);
  return postgres_read(conn, columns, sql, count, values);
}

const struct pg_rows *postgres_change_identified(struct postgres_conn *conn, const char *sql,
                                                 size_t object, const char *const *names) {
  const char *values[IDENTIFIED_MAX];
  const size_t count = identified(conn, object, names, values);
  return postgres_change(conn, sql, count, values);
}

/* ---- picks */

enum { PICKED = 1, PARENT = 2 };

/* A pick of a parent is passed down to its children: parents come before them. */
static bool mark_picked(const struct table *table, const struct action_request *request,
                        char *marks, struct err *err) {
  struct map places = {0};
  bool good = true;
  for (size_t i = 0; i < table->row_count; i++)
    map_add(&places, table->rows[i].key, i);
  for (size_t i = 0; i < request->chosen_count && good; i++) {
    const struct map_slot *place = map_find(&places, request->chosen[i]);
    if (place)
      marks[place->value] = PICKED;
    else
      good = err_set(err, ERR_INVALID, "%.150s cannot be selected: not in the list",
                     request->chosen[i]);
  }
  for (size_t i = 0; i < table->row_count; i++) {
    const char *key = table->rows[i].parent;
    const struct map_slot *parent = key ? map_find(&places, key) : NULL;
    if (parent) {
      marks[i] |= marks[parent->value] & PICKED;
      marks[parent->value] |= PARENT;
    }
  }
  map_fini(&places);
  return good;
}

static bool is_named(const struct table *table, const struct row *row) {
  struct value oid = postgres_found(table, row, "oid");
  return oid.type != VALUE_NONE || oid.text != postgres_no_name;
}

const struct row **postgres_picked(const struct action_request *request, struct plan *plan,
                                   size_t *count, struct err *err) {
  const struct table *table = first_table(request);
  *count = 0;
  if (!table || request->chosen_count == 0) {
    err_set(err, ERR_INVALID, "nothing is picked");
    return NULL;
  }
  char *marks = mem_new(table->row_count + 1);
  const struct row **rows = mem_new((table->row_count + 1) * sizeof *rows), *unnamed = NULL;
  const bool good = mark_picked(table, request, marks, err);
  size_t left_out = 0;
  for (size_t i = 0; good && i < table->row_count; i++) {
    const struct row *row = &table->rows[i];
    if (marks[i] != PICKED)
      continue;
    if (is_named(table, row))
      rows[(*count)++] = row;
    else if (left_out++ == 0)
      unnamed = row;
  }
  free(marks);
  if (*count > 0 && left_out > 0)
    plan_say(plan, PLAN_WARNING, "%zu of %zu %s omitted: %s cannot be acted on, %s", left_out,
             *count + left_out, left_out == 1 ? "is" : "are", unnamed->key, postgres_no_name);
  if (*count > 0)
    return rows;
  free(rows);
  if (good && unnamed)
    err_set(err, ERR_INVALID, "%.150s cannot be acted on: %s", unnamed->key, postgres_no_name);
  else if (good)
    err_set(err, ERR_INVALID, "nothing is picked");
  return NULL;
}
