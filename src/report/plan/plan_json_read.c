#include "core/json/json_node.h"
#include "core/json/json_tree.h"
#include "core/map.h"
#include "core/mem.h"
#include "report/json/json_read_table.h"
#include "report/plan/plan_json.h"
#include "report/plan/plan_json_parts.h"

#include <string.h>

static const struct json_limits limits = {PLAN_JSON_MAX, PLAN_JSON_VALUES_MAX, PLAN_JSON_DEPTH_MAX};

/* ---- texts */

static int digit_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL if the digits are not hexadecimal, or one of the bytes would end the text. */
static const char *bytes_of(struct plan *plan, const char *digits) {
  size_t length = strlen(digits);
  char *bytes = length % 2 == 0 ? arena_alloc(&plan->arena, length / 2 + 1) : NULL;
  for (size_t i = 0; bytes && i < length; i += 2) {
    int high = digit_value(digits[i]), low = digit_value(digits[i + 1]);
    if (high < 0 || low < 0 || high + low == 0)
      return NULL;
    bytes[i / 2] = (char)(high * 16 + low);
  }
  return bytes;
}

static const char *keep(struct plan *plan, const char *text) {
  return arena_text(&plan->arena, text, strlen(text));
}

/* A text or bytes, kept in the plan; NULL if the member is absent. */
static bool read_bytes_or(const struct json_node *node, const char *key, struct plan *plan,
                          const char **text) {
  struct json_node member = json_member(node, key);
  const char *digits;
  *text = NULL;
  if (!member.json)
    return true;
  if (json_is_string(member.json)) {
    *text = keep(plan, json_string_value(member.json));
    return true;
  }
  if (!json_expect(&member, json_is_object(member.json), "a text") ||
      !json_read_text(&member, "bytes", &digits))
    return false;
  *text = bytes_of(plan, digits);
  return json_expect(&member, *text, "bytes in hexadecimal, none of them 00");
}

static bool read_bytes(const struct json_node *node, const char *key, struct plan *plan,
                       const char **text) {
  struct json_node member = json_member(node, key);
  return json_expect(&member, member.json, "a text") && read_bytes_or(node, key, plan, text);
}

/* ---- the head */

static bool read_versions(const struct json_node *top) {
  int64_t version;
  const char *stacktop;
  struct json_node member = json_member(top, "version");
  if (!json_expect(top, json_is_object(top->json), "an object") ||
      !json_expect(&member, json_is_integer(member.json), "the version of a plan") ||
      !json_read_int_or(top, "version", 0, 1, INT64_MAX, &version) ||
      !json_read_text(top, "stacktop", &stacktop))
    return false;
  if (version == PLAN_JSON_VERSION && strcmp(stacktop, STACKTOP_VERSION) == 0)
    return true;
  return err_set(top->err, ERR_UNSUPPORTED,
                 "made by another version of stacktop (%.32s); make a new plan", stacktop);
}

/* An empty plan for the action; NULL with the reason. */
static struct plan *plan_of_action(const struct json_node *top, plan_action_find find, void *arg) {
  const char *id, *kind;
  struct json_node member = json_member(top, "action"), kind_member = json_member(top, "kind");
  if (!json_read_text(top, "action", &id) || !json_read_text(top, "kind", &kind))
    return NULL;
  const struct action_spec *action = find(arg, id);
  if (!action) {
    json_node_fail(&member, "unknown action \"%.64s\"", id);
    return NULL;
  }
  if (!json_expect(&kind_member, strcmp(kind, action->kind) == 0, action->kind))
    return NULL;
  return plan_new(action, "", NULL, false);
}

static bool read_place(const struct json_node *top, struct plan *plan) {
  const char *environment;
  if (!read_bytes(top, "target", plan, &plan->target) ||
      !read_bytes_or(top, "environment", plan, &environment) ||
      !read_bytes_or(top, "address", plan, &plan->address) ||
      !read_bytes_or(top, "server", plan, &plan->server) ||
      !read_bytes_or(top, "start", plan, &plan->start) ||
      !read_bytes_or(top, "database", plan, &plan->database) ||
      !json_read_bool_or(top, "production", false, &plan->production))
    return false;
  plan->environment = environment && *environment ? environment : NULL;
  return true;
}

static bool read_head(const struct json_node *top, struct plan *plan) {
  int64_t hidden;
  if (!read_bytes(top, "title", plan, &plan->title) ||
      !read_bytes_or(top, "name", plan, &plan->name) ||
      !read_bytes(top, "unit", plan, &plan->unit) ||
      !json_read_bool_or(top, "whole", false, &plan->whole) ||
      !json_read_int_or(top, "hidden", 0, 0, PLAN_OBJECTS_MAX, &hidden) ||
      !json_read_int_or(top, "made_ms", 0, 0, JSON_TIME_MAX, &plan->made_ms) ||
      !json_read_int_or(top, "data_ms", 0, 0, JSON_TIME_MAX, &plan->data_ms))
    return false;
  plan->hidden = (size_t)hidden;
  return true;
}

static bool read_params(const struct json_node *top, struct plan *plan) {
  struct json_node array;
  size_t count;
  if (!json_read_array(top, "params", &array, &count))
    return false;
  plan->params = mem_new((count + 1) * sizeof *plan->params);
  for (size_t i = 0; i < count; i++) {
    struct json_node element = json_element(&array, i);
    struct plan_param *param = &plan->params[i];
    if (!json_expect(&element, json_is_object(element.json), "an object") ||
        !read_bytes(&element, "name", plan, &param->name) ||
        !read_bytes(&element, "value", plan, &param->value))
      return false;
    plan->param_count++;
  }
  return true;
}

/* ---- columns and identities */

static bool read_columns(const struct json_node *top, struct plan *plan) {
  struct json_node array;
  size_t count;
  if (!json_read_array(top, "columns", &array, &count) ||
      !json_expect(&array, count <= PLAN_JSON_COLUMNS_MAX, "at most 64 columns"))
    return false;
  struct plan_column *columns = arena_alloc(&plan->arena, (count + 1) * sizeof *columns);
  for (size_t i = 0; columns && i < count; i++) {
    struct json_node element = json_element(&array, i);
    const char *title;
    if (!json_expect(&element, json_is_object(element.json), "an object") ||
        !json_read_text(&element, "title", &title) ||
        !json_read_bool_or(&element, "right", false, &columns[i].right))
      return false;
    for (size_t before = 0; before < i; before++)
      if (strcmp(columns[before].title, title) == 0)
        return json_node_fail(&element, "expected a title that no other column has");
    columns[i].title = keep(plan, title);
  }
  plan->columns = columns;
  plan->column_count = columns ? count : 0;
  return true;
}

static bool read_identities(const struct json_node *top, struct plan *plan) {
  struct json_node array;
  size_t count;
  if (!json_read_array(top, "pins", &array, &count) ||
      !json_expect(&array, count <= PLAN_JSON_PINS_MAX, "at most 64 pins"))
    return false;
  const char **identities = arena_alloc(&plan->arena, (count + 1) * sizeof *identities);
  for (size_t i = 0; identities && i < count; i++) {
    struct json_node element = json_element(&array, i);
    if (!json_expect(&element, json_is_string(element.json), "a text"))
      return false;
    const char *name = json_string_value(element.json);
    for (size_t before = 0; before < i; before++)
      if (strcmp(identities[before], name) == 0)
        return json_node_fail(&element, "expected a name that no other pin has");
    identities[i] = keep(plan, name);
  }
  plan->identities = identities;
  plan->identity_count = identities ? count : 0;
  return true;
}

/* ---- objects and texts */

static bool read_object(const struct json_node *node, struct plan *plan, struct map *keys) {
  const char *key, *label;
  struct json_node key_member = json_member(node, "key");
  struct json_node cells = json_member(node, "cells"), identities = json_member(node, "pins");
  if (!json_expect(node, json_is_object(node->json), "an object") ||
      !read_bytes(node, "key", plan, &key) || !read_bytes(node, "label", plan, &label) ||
      !json_expect(&key_member, !map_find(keys, key), "a key that no other object has") ||
      !json_expect(&cells, json_is_object(cells.json), "an object") ||
      !json_expect(&identities, json_is_object(identities.json), "an object"))
    return false;
  map_add(keys, key, 0);
  struct plan_object *object = plan_object(plan, key, label);
  if (!object)
    return json_node_fail(node, "too many to keep");
  object->key = key;
  object->label = label;
  for (size_t i = 0; i < plan->column_count; i++)
    if (!read_bytes_or(&cells, plan->columns[i].title, plan, &object->cells[i]))
      return false;
  for (size_t i = 0; i < plan->identity_count; i++)
    if (!read_bytes_or(&identities, plan->identities[i], plan, &object->identities[i]))
      return false;
  return !plan->arena.exhausted || json_node_fail(node, "too many to keep");
}

static bool read_objects(const struct json_node *top, struct plan *plan) {
  struct json_node array;
  struct map keys = {0};
  size_t count;
  bool good = json_read_array(top, "victims", &array, &count);
  for (size_t i = 0; good && i < count; i++) {
    struct json_node element = json_element(&array, i);
    good = read_object(&element, plan, &keys);
  }
  map_fini(&keys);
  return good;
}

static bool read_part(const struct json_node *node, enum plan_part *part) {
  struct json_node member = json_member(node, "part");
  const char *name;
  if (!json_read_text(node, "part", &name))
    return false;
  for (size_t i = 0; i < PLAN_PART_COUNT; i++)
    if (strcmp(plan_json_parts[i], name) == 0) {
      *part = (enum plan_part)i;
      return true;
    }
  return json_node_fail(&member, "expected a part of a plan: effect, blast, ...");
}

static bool read_texts(const struct json_node *top, struct plan *plan) {
  struct json_node array;
  size_t count;
  if (!json_read_array(top, "texts", &array, &count))
    return false;
  for (size_t i = 0; i < count; i++) {
    struct json_node element = json_element(&array, i);
    enum plan_part part = PLAN_EFFECT;
    const char *text;
    if (!json_expect(&element, json_is_object(element.json), "an object") ||
        !read_part(&element, &part) || !read_bytes(&element, "text", plan, &text))
      return false;
    plan_say(plan, part, "%s", text);
    if (plan->arena.exhausted)
      return json_node_fail(&element, "too many to keep");
  }
  return true;
}

static bool read_plan(const struct json_node *top, struct plan *plan) {
  if (!read_place(top, plan) || !read_head(top, plan) || !read_params(top, plan) ||
      !read_columns(top, plan) || !read_identities(top, plan) || !read_objects(top, plan) ||
      !read_texts(top, plan) ||
      !json_read_int_or(top, "count", plan->count, 0, INT64_MAX, &plan->count))
    return false;
  return !plan->arena.exhausted || json_node_fail(top, "too many to keep");
}

struct plan *plan_json_read(const char *text, size_t len, plan_action_find find, void *arg,
                            struct err *err) {
  json_t *tree = json_tree_new(text, len, &limits, err);
  if (!tree)
    return NULL;
  struct json_node top = {.json = tree, .err = err};
  struct plan *plan = read_versions(&top) ? plan_of_action(&top, find, arg) : NULL;
  bool good = plan && read_plan(&top, plan);
  json_decref(tree);
  if (good)
    return plan;
  plan_free(plan);
  return NULL;
}
