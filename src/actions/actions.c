#include "actions/action.h"

#include <assert.h>
#include <stdlib.h>
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

const struct action *action_find(const char *id) {
  for (const struct action *const *each = actions; *each; each++)
    if (strcmp((*each)->spec.id, id) == 0)
      return *each;
  return NULL;
}

static const struct table *request_table(const struct action_request *request) {
  const struct sample *sample = request->model->targets[request->target_index].sample;
  return sample && request->table ? sample_table_view(sample, request->table) : NULL;
}

const struct row *action_row(const struct action_request *request, size_t index) {
  const struct table *table = request_table(request);
  return table && index < request->key_count ? table_find(table, request->keys[index]) : NULL;
}

struct value action_cell(const struct action_request *request, const struct row *row,
                         const char *column) {
  const struct table *table = request_table(request);
  int index = table ? table_column(table->spec, column) : -1;
  return index >= 0 ? row->cells[index] : value_none(NULL);
}

const struct option_value *action_value(const struct action_spec *spec,
                                        const struct action_request *request, const char *name) {
  int index = action_param(spec, name);
  if (index < 0) {
    assert(!"the action has no such parameter");
    abort();
  }
  return &request->params[index];
}

const char *action_identity(const struct plan *plan, size_t object, const char *name) {
  for (size_t i = 0; i < plan->identity_count && object < plan->object_count; i++)
    if (strcmp(plan->identities[i], name) == 0)
      return plan->objects[object].identities[i] ? plan->objects[object].identities[i] : "";
  return "";
}
