/* Servers of other roles and states: restarted since the plan, a replica, a node of a cluster, one
 * without CONFIG, one with a configuration file. Each test starts its own. */
#include "redis_fixture.h"

extern const struct action action_redis_delete_keys, action_redis_flush_all,
    action_redis_set_memory, action_redis_reset_slowlog;

static struct redis_fixture fixture;

static const char *const cache_only[] = {"pattern", "cache:*", NULL};

static void begin(const char *const *arguments) {
  redis_fixture_start(&fixture, arguments);
  redis_drive(&fixture, 0, NULL);
}

static int teardown(void **state) {
  (void)state;
  driver_close(&fixture.driver);
  redis_fixture_end(&fixture);
  return 0;
}

static enum object_result result(void) {
  return fixture.driver.outcome.objects[0].result;
}

/* Polls until the answer contains that text. */
static void wait_told(struct redis_fixture *of, const char *command, const char *text) {
  for (bool told = false; !told;) {
    redisReply *reply = redis_get(of, command);
    told = strstr(reply->str, text) != NULL;
    freeReplyObject(reply);
  }
}

static void test_a_restart_since_the_plan_is_refused(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  begin(NULL);
  redis_fill(&fixture, "cache:", 5);
  assert_true(driver_survey(driver, &action_redis_delete_keys, NULL, NULL, cache_only));
  assert_true(driver_plan(driver, NULL));
  redis_server_kill(&fixture.server);
  redis_server_start(&fixture.server, NULL);
  redis_connect(&fixture);
  redis_fill(&fixture, "cache:", 5);
  assert_false(driver_execute(driver));
  assert_int_equal(result(), OBJECT_REFUSED);
  expect_words(driver, "another server answers at 127.0.0.1");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 5);
}

static void test_nobody_there_skips(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  begin(NULL);
  redis_fill(&fixture, "cache:", 5);
  assert_true(driver_survey(driver, &action_redis_delete_keys, NULL, NULL, cache_only));
  assert_true(driver_plan(driver, NULL));
  redis_server_kill(&fixture.server);
  assert_false(driver_execute(driver));
  assert_int_equal(result(), OBJECT_SKIPPED);
  assert_int_equal(driver->err.kind, ERR_REFUSED);
  expect_in(object_words(driver, 0), "nothing was sent");
  redis_server_start(&fixture.server, NULL);
}

static void test_a_replica_is_refused_and_its_master_warns(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  struct redis_fixture master;
  char port[12], words[96];
  redis_fixture_start(&master, (const char *const[]){"--repl-diskless-sync-delay", "0", NULL});
  snprintf(port, sizeof port, "%d", master.server.port);
  begin((const char *const[]){"--replicaof", "127.0.0.1", port, NULL});
  redis_fill(&master, "cache:", 5);
  wait_told(&fixture, "INFO replication", "master_link_status:up");
  assert_false(driver_survey(driver, &action_redis_delete_keys, NULL, NULL, cache_only));
  snprintf(words, sizeof words, "read-only replica: run this on its primary, 127.0.0.1:%s", port);
  expect_words(driver, words);
  assert_false(driver_survey(driver, &action_redis_flush_all, NULL, NULL, NULL));
  expect_words(driver, "read-only replica");
  wait_told(&master, "INFO replication", "connected_slaves:1");
  redis_drive(&master, 0, NULL);
  assert_true(driver_survey(&master.driver, &action_redis_flush_all, NULL, NULL, NULL));
  assert_true(driver_plan(&master.driver, NULL));
  snprintf(words, sizeof words, "1 replica will flush as well: 127.0.0.1:%d", fixture.server.port);
  expect_in(plan_text(&master.driver), words);
  /* the master steps down between plan and execute */
  redis_say(&master, "REPLICAOF 127.0.0.1 1");
  assert_false(driver_execute(&master.driver));
  assert_int_equal(master.driver.outcome.objects[0].result, OBJECT_REFUSED);
  expect_words(&master.driver, "read-only replica");
  driver_close(&master.driver);
  redis_fixture_end(&master);
  char path[96];
  snprintf(path, sizeof path, "%s/dump.rdb", fixture.server.dir); /* the copy of its master */
  unlink(path);
}

static void test_a_node_of_a_cluster_is_unlinked_key_by_key(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  char path[96], bus[12];
  int port;
  close(listen_free(&port)); /* its own would be 10,000 above, and may not exist */
  snprintf(bus, sizeof bus, "%d", port);
  begin((const char *const[]){"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
                              "--cluster-port", bus, NULL});
  redis_say(&fixture, "CLUSTER ADDSLOTSRANGE 0 16383");
  wait_told(&fixture, "CLUSTER INFO", "cluster_state:ok");
  for (int i = 0; i < 300; i++)
    redis_say(&fixture, "SET cache:%d x", i);
  redis_say(&fixture, "SET other x");
  assert_true(driver_survey(driver, &action_redis_delete_keys, NULL, NULL, cache_only));
  assert_true(driver_plan(driver, NULL));
  expect_in(plan_text(driver), "one node of a cluster: keys on the other nodes are not affected");
  assert_true(driver_execute(driver) && driver_verify(driver));
  assert_int_equal(result(), OBJECT_DONE);
  expect_in(driver->outcome.proof, "300 keys deleted");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 1);
  snprintf(path, sizeof path, "%s/nodes.conf", fixture.server.dir);
  unlink(path);
}

static void test_a_renamed_config_is_reported(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  const char *const params[] = {"maxmemory", "1gb", NULL};
  begin((const char *const[]){"--rename-command", "CONFIG", "", "--rename-command", "UNLINK",
                              "hidden", NULL});
  assert_false(driver_survey(driver, &action_redis_set_memory, NULL, NULL, params));
  expect_words(driver, "CONFIG is not allowed here");
  redis_fill(&fixture, "cache:", 5);
  assert_true(driver_survey(driver, &action_redis_delete_keys, NULL, NULL, cache_only));
  assert_true(driver_plan(driver, NULL));
  assert_false(driver_execute(driver));
  assert_int_equal(result(), OBJECT_REFUSED);
  expect_words(driver, "unknown command");
  expect_words(driver, "UNLINK");
  assert_int_equal(redis_number(&fixture, "DBSIZE"), 5);
}

static void test_a_file_is_rewritten(void **state) {
  (void)state;
  struct driver *driver = &fixture.driver;
  char dir[] = "/tmp/stacktop-redis-conf-XXXXXX", path[64], text[4096];
  const char *const params[] = {"maxmemory", "1gb", "policy", "allkeys-lru", NULL};
  assert_non_null(mkdtemp(dir));
  snprintf(path, sizeof path, "%s/redis.conf", dir);
  FILE *file = fopen(path, "w");
  fputs("maxmemory 2gb\n", file);
  fclose(file);
  begin((const char *const[]){path, NULL});
  assert_true(driver_survey(driver, &action_redis_set_memory, NULL, NULL, params));
  assert_true(driver_plan(driver, NULL));
  expect_in(plan_text(driver), "CONFIG REWRITE writes all settings changed at run time into");
  assert_true(driver_execute(driver) && driver_verify(driver));
  assert_int_equal(result(), OBJECT_DONE);
  expect_in(object_words(driver, 0), "set, and written into the configuration file");
  file = fopen(path, "r");
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  expect_in(text, "maxmemory 1gb");
  expect_in(text, "maxmemory-policy allkeys-lru");
  /* the file is no longer writable: the setting is made, and the report says that it will be lost
   */
  const char *const back[] = {"maxmemory", "2gb", NULL};
  unlink(path);
  rmdir(dir);
  assert_true(driver_run(driver, &action_redis_set_memory, NULL, NULL, back, NULL));
  assert_int_equal(result(), OBJECT_DONE);
  expect_in(object_words(driver, 0),
            "lost at the next restart: the configuration file was not written");
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_a_restart_since_the_plan_is_refused),
      TEST(test_nobody_there_skips),
      TEST(test_a_replica_is_refused_and_its_master_warns),
      TEST(test_a_node_of_a_cluster_is_unlinked_key_by_key),
      TEST(test_a_renamed_config_is_reported),
      TEST(test_a_file_is_rewritten),
  };
  if (!redis_server_path()) {
    printf("SKIPPED no redis-server here\n");
    return 77;
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
