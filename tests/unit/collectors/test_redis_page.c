/* What pages of Redis read, without a server: prefixes and the biggest keys, the nodes of a
 * cluster. */
#include "clients/redis/redis_nodes.h"
#include "collectors/redis/pages/redis_prefixes.h"
#include "collectors/redis/pages/redis_top.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add(struct redis_prefixes *prefixes, const char *name, int64_t bytes, int64_t ttl_ms) {
  redis_prefixes_add(prefixes, name, strlen(name), bytes, ttl_ms);
}

static const struct redis_prefix *find(const struct redis_prefixes *prefixes, const char *name) {
  for (size_t i = 0; i < prefixes->count; i++)
    if (strcmp(prefixes->items[i]->name, name) == 0)
      return prefixes->items[i];
  return NULL;
}

static void test_prefixes(void **state) {
  struct redis_prefixes prefixes = {0};
  (void)state;
  add(&prefixes, "app:user:1", 10, -1);
  add(&prefixes, "app:user:2", 20, 4000);
  add(&prefixes, "app:cart:1", 5, -1);
  add(&prefixes, "session:1", 100, 2000);
  add(&prefixes, "plain", 1, -1);
  add(&prefixes, "last:", 1, -1);
  add(&prefixes, ":first", 1, -1);
  redis_prefixes_sort(&prefixes);
  const char *const order[] = {"session:", "app:", "app:user:", "app:cart:", "(no prefix)"};
  assert_int_equal(prefixes.count, sizeof order / sizeof *order);
  for (size_t i = 0; i < prefixes.count; i++)
    assert_string_equal(prefixes.items[i]->name, order[i]);
  const struct redis_prefix *app = find(&prefixes, "app:"), *user = find(&prefixes, "app:user:");
  assert_int_equal(app->keys, 3);
  assert_int_equal(app->bytes, 35);
  assert_ptr_equal(user->parent, app);
  assert_int_equal(user->expiring, 1);
  assert_true(user->ttl_s == 4);
  assert_int_equal(find(&prefixes, "(no prefix)")->keys, 3);
  add(&prefixes, "app:user:3", 1, -1); /* also after the list was sorted */
  assert_int_equal(user->keys, 3);
  redis_prefixes_fini(&prefixes);
}

/* user:1:name, user:2:name, ...: such names leave room for all prefixes of the first level. */
static void test_ids_in_names_hide_no_prefix(void **state) {
  struct redis_prefixes prefixes = {0};
  char name[40];
  (void)state;
  for (int i = 0; i < 30000; i++) {
    snprintf(name, sizeof name, "user:%d:name", i);
    add(&prefixes, name, 1, -1);
  }
  add(&prefixes, "late:1", 7, -1);
  add(&prefixes, "late:a:1", 7, -1);
  assert_non_null(find(&prefixes, "late:"));
  assert_non_null(find(&prefixes, "late:a:"));
  assert_null(find(&prefixes, "(other)"));
  const struct redis_prefix *user = find(&prefixes, "user:");
  assert_int_equal(user->keys, 30000);
  assert_int_equal(find(&prefixes, "user:(other)")->keys, 30000 - REDIS_CHILDREN_EACH);
  assert_ptr_equal(find(&prefixes, "user:(other)")->parent, user);
  redis_prefixes_sort(&prefixes);
  assert_string_equal(prefixes.items[0]->name, "user:");
  assert_string_equal(prefixes.items[1]->name, "user:(other)");
  assert_string_equal(prefixes.items[REDIS_CHILDREN_EACH + 2]->name, "late:");
  redis_prefixes_fini(&prefixes);
}

/* What is not known is not 0. */
static void test_keys_that_may_not_be_read(void **state) {
  struct redis_prefixes prefixes = {0};
  (void)state;
  add(&prefixes, "a:1", 10, -1);
  add(&prefixes, "a:2", -1, REDIS_TTL_UNKNOWN);
  assert_int_equal(find(&prefixes, "a:")->unmeasured, 1);
  assert_int_equal(find(&prefixes, "a:")->untimed, 1);
  assert_int_equal(prefixes.unmeasured, 1);
  redis_prefixes_fini(&prefixes);
}

static void test_more_prefixes_than_can_be_kept(void **state) {
  struct redis_prefixes prefixes = {0};
  char name[40];
  (void)state;
  for (int i = 0; i < REDIS_PREFIXES_MAX + 500; i++) {
    snprintf(name, sizeof name, "p%d:x:1", i);
    add(&prefixes, name, 1, -1);
  }
  assert_int_equal(prefixes.first_count, REDIS_PREFIXES_MAX);
  assert_true(find(&prefixes, "(other)")->keys >= 500);
  assert_int_equal(prefixes.keys, REDIS_PREFIXES_MAX + 500);
  redis_prefixes_fini(&prefixes);
}

static void test_the_biggest_keys(void **state) {
  struct redis_top top = {.count = 0};
  char name[40], longer[5000];
  (void)state;
  for (int i = 0; i < 3 * REDIS_TOP_MAX; i++) {
    const int mixed = (i * 7919) % (3 * REDIS_TOP_MAX);
    snprintf(name, sizeof name, "key%d", mixed);
    redis_top_add(&top, name, strlen(name), mixed, 7, -1);
    redis_top_add(&top, name, strlen(name), mixed + 1, 7, -1); /* SCAN returns some twice */
  }
  assert_int_equal(top.count, REDIS_TOP_MAX);
  for (size_t i = 0; i < top.count; i++) {
    assert_true(top.keys[i].figure >= 2 * REDIS_TOP_MAX);
    assert_int_equal(top.keys[i].bytes, 7);
    for (size_t other = 0; other < i; other++)
      assert_string_not_equal(top.keys[i].name, top.keys[other].name);
  }
  assert_int_equal(top.keys[0].figure, 2 * REDIS_TOP_MAX);
  memset(longer, '\x1b', sizeof longer);
  redis_top_add(&top, longer, sizeof longer, 1 << 30, -1, 5);
  redis_top_add(&top, "unknown", 7, -1, 1, -1);
  bool found = false;
  for (size_t i = 0; i < top.count; i++)
    if (top.keys[i].figure == 1 << 30) {
      found = true;
      assert_null(top.keys[i].name);
      assert_memory_equal(top.keys[i].shown, "\\x1b\\x1b", 8);
      assert_int_equal(top.keys[i].ttl_ms, 5);
    }
  assert_true(found);
  redis_top_fini(&top);
}

static void test_nodes(void **state) {
  static const char answer[] =
      "07c3 127.0.0.1:30004@31004,host4 slave,fail? e7d1 1426238317239 1426238316232 4 connected\n"
      "e7d1 127.0.0.1:30001@31001 myself,master - 0 0 7 connected 0-5460 5462 [93-<-id] "
      "[77->-id]\r\n"
      "\n"
      "garbage\n"
      "6ec2 [::1]:30002@31002 master,fail,nofailover - x -5 2 disconnected 9-3 16384 0-16383x";
  struct redis_node node;
  (void)state;
  const char *at = redis_node_read(answer, &node);
  assert_string_equal(node.id, "07c3");
  assert_string_equal(node.address, "127.0.0.1:30004");
  assert_string_equal(node.master, "e7d1");
  assert_true(redis_node_is(&node, "fail?") && redis_node_is(&node, "slave"));
  assert_false(redis_node_is(&node, "fail"));
  assert_int_equal(node.pong_ms, 1426238316232);
  at = redis_node_read(at, &node);
  assert_string_equal(node.master, "");
  assert_int_equal(node.slots, 5462);
  assert_string_equal(node.ranges, "0-5460 5462 [93-<-id] [77->-id]");
  assert_int_equal(node.epoch, 7);
  at = redis_node_read(at, &node);
  assert_string_equal(node.id, "");
  at = redis_node_read(at, &node);
  assert_string_equal(node.address, "[::1]:30002");
  assert_true(redis_node_is(&node, "nofailover"));
  assert_int_equal(node.slots, 0);
  assert_int_equal(node.pong_ms, -1);
  assert_int_equal(node.epoch, 2);
  assert_null(redis_node_read(at, &node));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_prefixes),
      cmocka_unit_test(test_ids_in_names_hide_no_prefix),
      cmocka_unit_test(test_keys_that_may_not_be_read),
      cmocka_unit_test(test_more_prefixes_than_can_be_kept),
      cmocka_unit_test(test_the_biggest_keys),
      cmocka_unit_test(test_nodes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
