/* Which rows and targets an action is for. */
#include "config/own/config_own_draft.h"

#include "core/mem.h"
#include "core/text/names.h"
#include "core/text/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool kind_read(struct own_draft *draft, const yaml_node_t *rows) {
  struct suggestion near = {0};
  struct names known = {0};
  const yaml_node_t *node = own_member(draft, rows, "kind");
  if (!node) {
    NOTE(draft, rows, "missing key \"kind\" in rows: the kind of its targets");
    return false;
  }
  char *name = config_yaml_text(draft->reading.yaml, node, "kind");
  for (size_t i = 0; name && i < draft->schema->kind_count; i++) {
    const struct target_kind *kind = draft->schema->kinds[i];
    suggest_consider(&near, name, kind->kind);
    names_add(&known, kind->kind);
    if (strcmp(kind->kind, name) == 0 || strcmp(kind->key, name) == 0)
      draft->action->kind = kind;
  }
  if (name && !draft->action->kind)
    NOTE(draft, node, "unknown kind \"%.60s\"%s%s%s%s", name, suggest_text(&near),
         near.best ? "" : " (known: ",
         near.best ? "" : names_end(&known, "`stacktop config --default`"), near.best ? "" : ")");
  free(name);
  if (!draft->action->kind)
    return false;
  draft->action->spec.kind = draft->action->kind->kind;
  return true;
}

static const struct table_spec *const *tables_of(const struct own_draft *draft) {
  static const struct table_spec *const none[] = {NULL};
  for (size_t i = 0; draft->schema->tables && i < draft->schema->kind_count; i++)
    if (draft->schema->kinds[i] == draft->action->kind)
      return draft->schema->tables[i];
  return none;
}

static bool table_read(struct own_draft *draft, const yaml_node_t *rows) {
  struct suggestion near = {0};
  const yaml_node_t *node = own_member(draft, rows, "table");
  char *name = node ? config_yaml_text(draft->reading.yaml, node, "table") : NULL;
  if (!node)
    return true;
  for (const struct table_spec *const *table = tables_of(draft); name && *table; table++) {
    suggest_consider(&near, name, (*table)->id);
    if (strcmp((*table)->id, name) == 0)
      draft->action->table = *table;
  }
  if (name && !draft->action->table) {
    struct names known = {0};
    for (const struct table_spec *const *table = tables_of(draft); *table; table++)
      names_add(&known, (*table)->id);
    NOTE(draft, node, "%s has no table \"%.60s\"%s (known: %s)", draft->action->kind->key, name,
         suggest_text(&near), names_end(&known, "docs/own-actions.md"));
  }
  free(name);
  draft->action->spec.table = draft->action->table ? draft->action->table->id : NULL;
  return draft->action->table != NULL;
}

static void string_push(char ***items, size_t count, char *item) {
  *items = mem_resize(*items, (count + 1) * sizeof **items);
  (*items)[count] = item;
}

static bool where_read(struct own_draft *draft, const yaml_node_t *rows) {
  struct own_action *action = draft->action;
  const yaml_node_t *node = own_member(draft, rows, "where"), *key, *value;
  bool good = true;
  if (!node)
    return true;
  if (!action->table) {
    NOTE(draft, node, "where needs a table");
    return false;
  }
  if (!config_yaml_mapping(draft->reading.yaml, node, "where"))
    return false;
  for (size_t i = 0; config_yaml_pair(draft->reading.yaml, node, i, &key, &value); i++) {
    const char *column = config_yaml_key(key);
    struct suggestion near = {0};
    for (size_t c = 0; c < action->table->column_count; c++)
      suggest_consider(&near, column, action->table->columns[c].id);
    char *text = config_yaml_text(draft->reading.yaml, value, column);
    const bool known = table_column(action->table, column) >= 0;
    if (!known)
      NOTE(draft, key, "the table %s has no column \"%.60s\"%s", action->table->id, column,
           suggest_text(&near));
    good = good && known && text;
    string_push(&action->where_columns, action->where_count, mem_dup(column));
    string_push(&action->where_values, action->where_count++, text ? text : mem_dup(""));
  }
  return good;
}

static bool target_is_there(const struct own_draft *draft, const char *name,
                            struct suggestion *near) {
  for (size_t i = 0; i < draft->config->target_count; i++) {
    const struct target *target = draft->config->targets[i];
    if (target->kind != draft->action->kind)
      continue;
    suggest_consider(near, name, target->name);
    if (strcmp(target->name, name) == 0)
      return true;
  }
  return false;
}

static bool targets_read(struct own_draft *draft, const yaml_node_t *rows) {
  struct own_action *action = draft->action;
  const yaml_node_t *node = own_member(draft, rows, "targets"), *item;
  bool good = true;
  if (!node)
    return true;
  if (!config_yaml_list(draft->reading.yaml, node, "targets"))
    return false;
  for (size_t i = 0; (item = config_yaml_item(draft->reading.yaml, node, i)); i++) {
    struct suggestion near = {0};
    char *name = config_yaml_text(draft->reading.yaml, item, "targets");
    const bool known = name && target_is_there(draft, name, &near);
    if (name && !known)
      NOTE(draft, item, "%s has no target \"%.60s\"%s", action->kind->key, name,
           suggest_text(&near));
    good = good && known;
    string_push(&action->targets, action->target_count++, name ? name : mem_dup(""));
  }
  action->spec.targets = action->targets;
  action->spec.target_count = action->target_count;
  return good;
}

bool config_own_rows(struct own_draft *draft) {
  static const char *const names[] = {"kind", "table", "where", "targets", NULL};
  const yaml_node_t *rows = draft->nodes[OWN_OPTION_ROWS];
  return own_keys_check(draft, rows, "rows", names) && kind_read(draft, rows) &&
         table_read(draft, rows) && where_read(draft, rows) && targets_read(draft, rows);
}
