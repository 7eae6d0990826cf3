#include "actions/action.h"

#include "actions/shown.h"
#include "core/number.h"

#include <assert.h>
#include <string.h>

#define ACTION(name) extern const struct action action_##name;
#include "actions/actions.def"
#undef ACTION

#define ACTION(name) &action_##name,
const struct action *const actions[] = {
#include "actions/actions.def"
    NULL,
};
#undef ACTION

#define ACTION(name) &action_##name.spec,
const struct action_spec *const action_specs[] = {
#include "actions/actions.def"
    NULL,
};
#undef ACTION

const struct action *action_find_in(const struct action *const *list, const char *id) {
  for (const struct action *const *each = list; *each; each++)
    if (strcmp((*each)->spec.id, id) == 0)
      return *each;
  return NULL;
}

const struct action *action_find(const char *id) {
  return action_find_in(actions, id);
}

const struct table *action_table(const struct action_request *request, const char *table) {
  return table ? model_table(request->model, request->target_index, table) : NULL;
}

const struct row *action_row(const struct action_request *request, size_t index) {
  const struct table *table = action_table(request, request->table);
  return table && index < request->key_count ? table_find(table, request->keys[index]) : NULL;
}

const char *action_collected(const struct action_request *request, const char *table,
                             const char *column) {
  const struct table *rows = action_table(request, table);
  const int index = rows && rows->row_count > 0 ? table_column(rows->spec, column) : -1;
  const struct value cell = index >= 0 ? rows->rows[0].cells[index] : value_none(NULL);
  return cell.type == VALUE_TEXT ? cell.text : NULL;
}

void action_cells(struct plan *plan, const char *const *cells, size_t count) {
  assert(count == plan->column_count && plan->object_count > 0);
  memcpy(plan->objects[plan->object_count - 1].cells, cells, count * sizeof *cells);
}

/* -1 if there is none. */
static int identity_index(const struct plan *plan, const char *name) {
  for (size_t i = 0; i < plan->identity_count; i++)
    if (strcmp(plan->identities[i], name) == 0)
      return (int)i;
  return -1;
}

static void bind_from(struct plan *plan, size_t first, const char *name, const char *value) {
  const int index = identity_index(plan, name);
  assert(index >= 0 && plan->object_count > 0);
  for (size_t i = first; i < plan->object_count; i++)
    plan->objects[i].identities[index] = value;
}

void action_bind(struct plan *plan, const char *name, const char *value) {
  bind_from(plan, plan->object_count - 1, name, value);
}

void action_bind_all(struct plan *plan, const char *name, const char *value) {
  bind_from(plan, 0, name, value);
}

void action_bind_number(struct plan *plan, const char *name, int64_t number) {
  action_bind(plan, name, shown_number(&plan->arena, number));
}

const char *action_identity(const struct plan *plan, size_t object, const char *name) {
  const int index = object < plan->object_count ? identity_index(plan, name) : -1;
  const char *value = index >= 0 ? plan->objects[object].identities[index] : NULL;
  return value ? value : "";
}

int64_t action_identity_number(const struct plan *plan, size_t object, const char *name,
                               int64_t fallback) {
  int64_t number;
  return number_int(action_identity(plan, object, name), &number) ? number : fallback;
}

bool action_has_identity(const struct plan *plan, const char *name) {
  return identity_index(plan, name) >= 0;
}
