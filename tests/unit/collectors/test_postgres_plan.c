/* Plans as rows: what a node is called, its own share of the cost, what is left out. */
#include "support/core_test.h"

#include "collectors/postgres/pages/postgres_plan_tree.h"
#include "core/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct arena arena;
static struct plan plan;
static struct err err;

static void assert_near(double found, double wanted) {
  if (fabs(found - wanted) > 1e-9)
    fail_msg("%f, not %f", found, wanted);
}

static bool read_text(const char *json) {
  arena_fini(&arena);
  arena_init(&arena, 4 << 20);
  err = (struct err){0};
  return plan_read(&plan, &arena, json, &err);
}

/* Of PostgreSQL 16: EXPLAIN (FORMAT JSON, VERBOSE, SETTINGS). */
static const char join[] =
    "[{\"Plan\": {\"Node Type\": \"Hash Join\", \"Parallel Aware\": false, \"Join Type\": \"Left\","
    " \"Startup Cost\": 10.0, \"Total Cost\": 100.0, \"Plan Rows\": 49, \"Plan Width\": 4,"
    " \"Output\": [\"o.id\"], \"Hash Cond\": \"(o.item = i.id)\", \"Plans\": ["
    "  {\"Node Type\": \"Seq Scan\", \"Parent Relationship\": \"Outer\", \"Parallel Aware\": true,"
    "   \"Relation Name\": \"orders\", \"Schema\": \"store\", \"Alias\": \"o\", \"Startup Cost\": "
    "0.0,"
    "   \"Total Cost\": 30.0, \"Plan Rows\": 4900, \"Plan Width\": 8, \"Filter\": \"(o.amount > "
    "100)\"},"
    "  {\"Node Type\": \"Index Scan\", \"Scan Direction\": \"Backward\", \"Index Name\": "
    "\"items_pkey\","
    "   \"Relation Name\": \"items\", \"Schema\": \"store\", \"Alias\": \"items\", \"Total Cost\": "
    "60.0,"
    "   \"Plan Rows\": 200, \"Plan Width\": 4, \"Index Cond\": \"(id = 7)\", \"Filter\": \"(price "
    "= $1)\"}]},"
    " \"Settings\": {\"work_mem\": \"64kB\", \"search_path\": \"store\", \"enable_seqscan\": "
    "\"off\","
    "   \"plan_cache_mode\": \"force_generic_plan\"}}]";

static void a_join_is_a_tree(void **state) {
  (void)state;
  assert_true(read_text(join));
  assert_int_equal(plan.count, 3);
  const struct plan_node *node = plan.nodes;
  assert_string_equal(node[0].label, "Hash Left Join");
  assert_string_equal(node[0].conditions, "Hash Cond: (o.item = i.id)");
  assert_int_equal(node[0].parent, 0);
  assert_string_equal(node[1].label, "Parallel Seq Scan on store.orders o");
  assert_string_equal(node[1].relation, "store.orders");
  assert_int_equal(node[1].parent, 1);
  assert_string_equal(node[2].label, "Index Scan Backward using items_pkey on store.items");
  assert_string_equal(node[2].conditions, "Index Cond: (id = 7); Filter: (price = $1)");
  assert_string_equal(node[2].index, "items_pkey");
  assert_near(node[0].share, 0.1);
  assert_near(node[1].share, 0.3);
  assert_near(node[2].share, 0.6);
  assert_near(plan.total, 100);
  assert_near(plan.rows, 49);
  assert_string_equal(plan.settings, "work_mem = 64kB, enable_seqscan = off");
}

/* The limit reads a hundredth of the sort, so that only that much counts. */
static void a_limit_counts_a_part(void **state) {
  (void)state;
  assert_true(read_text(
      "[{\"Plan\": {\"Node Type\": \"Limit\", \"Total Cost\": 10.0, \"Plan Rows\": 1, \"Plans\": ["
      "{\"Node Type\": \"Sort\", \"Sort Key\": [\"a\", \"b DESC\"], \"Total Cost\": 1000.0, "
      "\"Plans\": ["
      "{\"Node Type\": \"Seq Scan\", \"Total Cost\": 400.0}]}]}}]"));
  assert_string_equal(plan.nodes[1].keys, "Sort Key: a, b DESC");
  assert_near(plan.nodes[0].share, 0);
  assert_near(plan.nodes[1].share, 0.6);
  assert_near(plan.nodes[2].share, 0.4);
}

/* The inner side runs once for each of 100 rows. */
static void a_loop_counts_a_multiple(void **state) {
  (void)state;
  assert_true(
      read_text("[{\"Plan\": {\"Node Type\": \"Nested Loop\", \"Join Type\": \"Inner\", \"Total "
                "Cost\": 1000.0, \"Plans\": ["
                "{\"Node Type\": \"Seq Scan\", \"Total Cost\": 100.0, \"Plan Rows\": 100},"
                "{\"Node Type\": \"Index Scan\", \"Total Cost\": 8.0, \"Plan Rows\": 1}]}}]"));
  assert_string_equal(plan.nodes[0].label, "Nested Loop");
  assert_near(plan.nodes[0].share, 0.1);
  assert_near(plan.nodes[1].share, 0.1);
  assert_near(plan.nodes[2].share, 0.8);
}

static void names_of_nodes(void **state) {
  static const struct {
    const char *json, *label;
  } cases[] = {
      {"\"Node Type\": \"Aggregate\", \"Strategy\": \"Hashed\", \"Partial Mode\": \"Partial\"",
       "Partial HashAggregate"},
      {"\"Node Type\": \"Aggregate\", \"Strategy\": \"Plain\", \"Partial Mode\": \"Simple\"",
       "Aggregate"},
      {"\"Node Type\": \"ModifyTable\", \"Operation\": \"Update\", \"Relation Name\": \"t\", "
       "\"Alias\": \"t\"",
       "Update on t"},
      {"\"Node Type\": \"Nested Loop\", \"Join Type\": \"Anti\"", "Nested Loop Anti Join"},
      {"\"Node Type\": \"CTE Scan\", \"CTE Name\": \"x\", \"Alias\": \"y\"", "CTE Scan on x y"},
      {"\"Node Type\": \"Subquery Scan\", \"Alias\": \"s\"", "Subquery Scan on s"},
      {"\"Node Type\": \"Bitmap Index Scan\", \"Index Name\": \"i\"", "Bitmap Index Scan on i"},
      {"\"Node Type\": \"Function Scan\", \"Function Name\": \"f\", \"Schema\": \"pg_catalog\", "
       "\"Alias\": \"g\"",
       "Function Scan on pg_catalog.f g"},
      {"\"Node Type\": \"Result\", \"Subplan Name\": \"InitPlan 1\"", "InitPlan 1: Result"},
      {"\"Node Type\": \"SetOp\", \"Strategy\": \"Hashed\", \"Command\": \"Except\"",
       "HashSetOp Except"},
      {"\"Alias\": 7", "?"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *json = mem_printf("[{\"Plan\": {%s}}]", cases[i].json);
    assert_true(read_text(json));
    assert_string_equal(plan.nodes[0].label, cases[i].label);
    assert_true(plan.total == -1 && plan.nodes[0].share == -1);
    free(json);
  }
}

static void other_answers_are_errors(void **state) {
  static const char *const none[] = {
      "", "x", "{}", "[1]", "[{}]", "[{\"Plan\": 7}]", "[{\"Plan\": {}", "null"};
  (void)state;
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    assert_false(read_text(none[i]));
    assert_int_equal(err.kind, ERR_PROTOCOL);
  }
  assert_true(read_text("[]")); /* a rule: DO INSTEAD NOTHING */
  assert_int_equal(plan.queries, 0);
}

/* A plan of more nodes than are kept, and one deeper than is read. */
static void limits_are_named(void **state) {
  (void)state;
  char *json = mem_dup("[{\"Plan\": {\"Node Type\": \"Append\", \"Plans\": [");
  size_t used = strlen(json);
  json = mem_resize(json, used + (PLAN_NODES_MAX + 10) * 32 + 8);
  for (int i = 0; i < PLAN_NODES_MAX + 10; i++)
    used += (size_t)sprintf(json + used, "%s{\"Node Type\": \"Seq Scan\"}", i ? "," : "");
  sprintf(json + used, "]}}]");
  assert_true(read_text(json));
  free(json);
  assert_int_equal(plan.count, PLAN_NODES_MAX);
  assert_int_equal(plan.left_out, 11);
  json = mem_new(400 * 12 + 1);
  for (size_t i = 0; i < 400; i++)
    memcpy(json + i * 12, "[{\"Plans\": [ ", 12);
  assert_false(read_text(json));
  assert_int_equal(err.kind, ERR_LIMIT);
  free(json);
}

/* A character is not cut in two. */
static void long_conditions_are_cut(void **state) {
  (void)state;
  char *json = mem_new(PLAN_TEXT_MAX * 2 + 100), *at = json;
  at += sprintf(at, "[{\"Plan\": {\"Filter\": \"");
  for (int i = 0; i < PLAN_TEXT_MAX; i++, at += 2)
    memcpy(at, "\xC3\xA9", 2);
  memcpy(at, "\"}}]", 5);
  assert_true(read_text(json));
  free(json);
  const char *text = plan.nodes[0].conditions;
  assert_in_range(strlen(text), PLAN_TEXT_MAX - 8, PLAN_TEXT_MAX - 1);
  assert_int_equal((strlen(text) - strlen("Filter: ")) % 2, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_join_is_a_tree),         cmocka_unit_test(a_limit_counts_a_part),
      cmocka_unit_test(a_loop_counts_a_multiple), cmocka_unit_test(names_of_nodes),
      cmocka_unit_test(other_answers_are_errors), cmocka_unit_test(limits_are_named),
      cmocka_unit_test(long_conditions_are_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
