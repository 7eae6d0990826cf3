#include "collectors/postgres/pages/postgres_plan_tree.h"

#include "core/json/json_tree.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BYTES_MAX = 8 << 20, VALUES_MAX = 400000, DEPTH_MAX = 600, LABEL_MAX = 400 };

struct reading {
  struct plan *plan;
  struct arena *arena;
};

/* NULL: absent, or another type. */
static const char *text_of(const json_t *node, const char *key) {
  return json_string_value(json_object_get(node, key));
}

static bool is_true(const json_t *node, const char *key) {
  return json_is_true(json_object_get(node, key));
}

static double number_of(const json_t *node, const char *key) {
  const json_t *value = json_object_get(node, key);
  const double number = json_is_number(value) ? json_number_value(value) : -1;
  return isfinite(number) && number >= 0 ? number : -1;
}

static void add(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add(char *out, size_t size, const char *format, ...) {
  const size_t used = strlen(out);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(out + used, size - used, format, arguments);
  va_end(arguments);
  /* A character that was cut in two. */
  size_t end = strlen(out);
  if (end + 1 < size)
    return;
  while (end > used && ((unsigned char)out[end - 1] & 0xC0) == 0x80)
    end--;
  out[end > used && ((unsigned char)out[end - 1] & 0x80) ? end - 1 : end] = '\0';
}

/* ---- what a node is */

static const char *text_or(const char *text, const char *other) {
  return text ? text : other;
}

static void kind_add(char out[LABEL_MAX], const json_t *node) {
  const char *type = text_or(text_of(node, "Node Type"), "?"), *join = text_of(node, "Join Type");
  const char *strategy = text_of(node, "Strategy");
  const char *what = text_of(node, "Operation"), *command = text_of(node, "Command");
  if (strcmp(type, "Aggregate") == 0 && strategy)
    add(out, LABEL_MAX, "%s",
        strcmp(strategy, "Hashed") == 0   ? "HashAggregate"
        : strcmp(strategy, "Sorted") == 0 ? "GroupAggregate"
        : strcmp(strategy, "Mixed") == 0  ? "MixedAggregate"
                                          : "Aggregate");
  else if (strcmp(type, "ModifyTable") == 0 && what)
    add(out, LABEL_MAX, "%s", what);
  else if (strcmp(type, "SetOp") == 0)
    add(out, LABEL_MAX, "%sSetOp%s%s", strategy && strcmp(strategy, "Hashed") == 0 ? "Hash" : "",
        command ? " " : "", text_or(command, ""));
  else if (join && strcmp(join, "Inner") != 0 && strstr(type, " Join"))
    add(out, LABEL_MAX, "%.*s %s Join", (int)(strstr(type, " Join") - type), type, join);
  else if (join && strcmp(join, "Inner") != 0)
    add(out, LABEL_MAX, "%s %s Join", type, join);
  else
    add(out, LABEL_MAX, "%s", type);
}

/* As the text format of EXPLAIN names it. */
static void type_add(char out[LABEL_MAX], const json_t *node) {
  const char *mode = text_of(node, "Partial Mode");
  if (is_true(node, "Parallel Aware"))
    add(out, LABEL_MAX, "Parallel ");
  if (is_true(node, "Async Capable"))
    add(out, LABEL_MAX, "Async ");
  if (mode && strcmp(mode, "Simple") != 0)
    add(out, LABEL_MAX, "%s ", mode);
  kind_add(out, node);
  const char *direction = text_of(node, "Scan Direction");
  if (direction && strcmp(direction, "Backward") == 0)
    add(out, LABEL_MAX, " Backward");
}

static const char *relation_of(const struct reading *reading, const json_t *node) {
  const char *schema = text_of(node, "Schema");
  const char *name = text_of(node, "Relation Name");
  if (!name)
    name = text_of(node, "Function Name");
  if (!name)
    return NULL;
  return schema ? arena_printf(reading->arena, "%.100s.%.100s", schema, name)
                : arena_printf(reading->arena, "%.200s", name);
}

static const char *label_of(const struct reading *reading, const json_t *node,
                            const char *relation) {
  char out[LABEL_MAX] = "";
  const char *subplan = text_of(node, "Subplan Name"), *index = text_of(node, "Index Name");
  const char *alias = text_of(node, "Alias"), *cte = text_of(node, "CTE Name");
  const char *name = text_of(node, "Relation Name");
  if (subplan)
    add(out, sizeof out, "%.60s: ", subplan);
  type_add(out, node);
  if (index)
    add(out, sizeof out, name || alias ? " using %.100s" : " on %.100s", index);
  if (relation || cte)
    add(out, sizeof out, " on %.200s", relation ? relation : cte);
  if (alias && !relation && !cte)
    add(out, sizeof out, " on %.80s", alias);
  else if (alias && strcmp(alias, text_or(name, text_or(cte, ""))) != 0)
    add(out, sizeof out, " %.80s", alias);
  return arena_printf(reading->arena, "%s", out);
}

/* "Index Cond: (id = 7); Filter: ..." of those that the node has. A key may be a list. */
static const char *parts_of(const struct reading *reading, const json_t *node,
                            const char *const *keys) {
  char out[PLAN_TEXT_MAX] = "";
  for (; *keys; keys++) {
    const json_t *value = json_object_get(node, *keys);
    const bool list = json_is_array(value);
    if (!list && !json_is_string(value) && !json_is_number(value))
      continue;
    add(out, sizeof out, "%s%s: ", *out ? "; " : "", *keys);
    for (size_t i = 0; list && i < json_array_size(value); i++)
      add(out, sizeof out, "%s%s", i ? ", " : "",
          text_or(json_string_value(json_array_get(value, i)), "?"));
    if (json_is_string(value))
      add(out, sizeof out, "%s", json_string_value(value));
    else if (!list)
      add(out, sizeof out, "%.0f", json_number_value(value));
  }
  return *out ? arena_printf(reading->arena, "%s", out) : NULL;
}

/* ---- its cost */

/* A node's cost contains that of its children. Below a LIMIT, or a merge that ends early, the
 * planner counts a part of theirs; where a child runs once for each row of another, a multiple: the
 * inner side of a nested loop. Fills what each child counts for in the cost of its parent; at most
 * that in sum. Returns the sum. */
static double parts_make(const json_t *parent, double total, double *parts, size_t count) {
  const json_t *children = json_object_get(parent, "Plans");
  const bool loop = strcmp(text_or(text_of(parent, "Node Type"), ""), "Nested Loop") == 0;
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    const double cost = number_of(json_array_get(children, i), "Total Cost");
    const double loops = loop && i == 1 ? number_of(json_array_get(children, 0), "Plan Rows") : 1;
    const double room = total > sum ? total - sum : 0, many = cost * (loops > 1 ? loops : 1);
    parts[i] = cost < 0 ? 0 : loop && i == 1 && many > room ? (cost > room ? cost : room) : many;
    sum += parts[i];
  }
  if (sum <= total)
    return sum;
  for (size_t i = 0; i < count; i++)
    parts[i] *= total > 0 ? total / sum : 0;
  return total > 0 ? total : 0;
}

static void node_read(const struct reading *reading, const json_t *node, size_t parent, double part,
                      double whole) {
  static const char *const conditions[] = {
      "Index Cond", "Recheck Cond",  "Hash Cond",       "Merge Cond",       "TID Cond",
      "Order By",   "Join Filter",   "One-Time Filter", "Filter",           "Conflict Filter",
      "Remote SQL", "Function Call", "Run Condition",   "Subplans Removed", NULL};
  static const char *const keys[] = {"Sort Key",  "Presorted Key",       "Group Key", "Hash Key",
                                     "Cache Key", "Conflict Resolution", NULL};
  struct plan *plan = reading->plan;
  if (plan->count == PLAN_NODES_MAX) {
    plan->left_out++;
    return;
  }
  const size_t at = plan->count++, number = plan->count;
  const char *relation = relation_of(reading, node);
  const double total = number_of(node, "Total Cost");
  plan->nodes[at] = (struct plan_node){.number = number,
                                       .parent = parent,
                                       .label = label_of(reading, node, relation),
                                       .relation = relation,
                                       .index = text_of(node, "Index Name"),
                                       .conditions = parts_of(reading, node, conditions),
                                       .keys = parts_of(reading, node, keys),
                                       .startup = number_of(node, "Startup Cost"),
                                       .total = total,
                                       .rows = number_of(node, "Plan Rows"),
                                       .width = number_of(node, "Plan Width"),
                                       .share = -1};
  if (plan->nodes[at].index)
    plan->nodes[at].index = arena_printf(reading->arena, "%s", plan->nodes[at].index);
  const json_t *children = json_object_get(node, "Plans");
  const size_t count = json_array_size(children);
  const double scale = total > 0 ? part / total : 1;
  double *parts = arena_alloc(reading->arena, (count + 1) * sizeof *parts);
  if (!parts)
    return; /* the arena says so */
  const double below = parts_make(node, total, parts, count);
  for (size_t i = 0; i < count; i++)
    node_read(reading, json_array_get(children, i), number, parts[i] * scale, whole);
  const double own = total >= 0 ? part - below * scale : -1;
  if (own >= 0 && whole > 0)
    plan->nodes[at].share = own < whole ? own / whole : 1;
}

static void settings_add(char out[PLAN_TEXT_MAX], const json_t *settings) {
  /* Set for the planning itself, and shown for what they are. */
  static const char *const own[] = {"search_path", "plan_cache_mode"};
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)settings, name, value) { /* it only reads */
    if (strcmp(name, own[0]) == 0 || strcmp(name, own[1]) == 0 || !json_is_string(value))
      continue;
    add(out, PLAN_TEXT_MAX, "%s%s = %s", *out ? ", " : "", name, json_string_value(value));
  }
}

static void query_read(const struct reading *reading, const json_t *query, char *settings) {
  struct plan *plan = reading->plan;
  const json_t *node = json_object_get(query, "Plan");
  if (!json_is_object(node))
    return;
  plan->queries++;
  const double total = number_of(node, "Total Cost"), rows = number_of(node, "Plan Rows");
  if (total >= 0)
    plan->total = (plan->total < 0 ? 0 : plan->total) + total;
  if (rows >= 0)
    plan->rows = (plan->rows < 0 ? 0 : plan->rows) + rows;
  plan->jit = plan->jit || json_is_object(json_object_get(query, "JIT"));
  node_read(reading, node, 0, total < 0 ? 0 : total, total);
  if (!*settings)
    settings_add(settings, json_object_get(query, "Settings"));
}

bool plan_read(struct plan *plan, struct arena *arena, const char *json, struct err *err) {
  static const struct json_limits limits = {
      .bytes = BYTES_MAX, .values = VALUES_MAX, .depth = DEPTH_MAX, .as_reals = true};
  const struct reading reading = {plan, arena};
  char settings[PLAN_TEXT_MAX] = "";
  struct err why = {0};
  json_t *tree = json_tree_new(json, strlen(json), &limits, &why);
  *plan = (struct plan){.total = -1, .rows = -1};
  plan->nodes = arena_alloc(arena, PLAN_NODES_MAX * sizeof *plan->nodes);
  if (!tree)
    return err_set(err, why.kind == ERR_LIMIT ? ERR_LIMIT : ERR_PROTOCOL,
                   "the plan cannot be read: %.100s", why.text);
  if (plan->nodes && json_is_array(tree))
    for (size_t i = 0; i < json_array_size(tree); i++)
      query_read(&reading, json_array_get(tree, i), settings);
  const bool right = json_is_array(tree) && (plan->count > 0 || json_array_size(tree) == 0);
  json_decref(tree);
  plan->settings = arena_printf(arena, "%s", settings);
  if (!right)
    return err_set(err, ERR_PROTOCOL, "the plan cannot be read: it has no node");
  return !arena->exhausted || err_set(err, ERR_LIMIT, "the plan is too large");
}
