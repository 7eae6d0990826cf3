/* Keys of rows that collector and actions share. */
#include "clients/redis/redis_contract.h"
#include "clients/redis/redis_info.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static void a_key_names_its_database(void **state) {
  (void)state;
  assert_int_equal(redis_database_of_key("db0"), 0);
  assert_int_equal(redis_database_of_key("db15"), 15);
  static const char *const none[] = {"", "db", "db-1", "db1x", "0", "db0_sizes", "db99999999999"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++)
    assert_int_equal(redis_database_of_key(none[i]), -1);
}

static void the_keys_of_one_database_and_the_version_are_read(void **state) {
  static const char text[] = "redis_version:7.0.15\r\ndb0:keys=12,expires=3,avg_ttl=0\r\n"
                             "db1:keys=-4,expires=x\r\n";
  struct redis_info info;
  int64_t keys, expires;
  (void)state;
  redis_info_parse(&info, text, strlen(text));
  redis_keys_of_database(&info, 0, &keys, &expires);
  assert_int_equal(keys, 12);
  assert_int_equal(expires, 3);
  redis_keys_of_database(&info, 1, &keys, &expires);
  assert_int_equal(keys, 0);
  assert_int_equal(expires, 0);
  redis_keys_of_database(&info, 2, &keys, &expires);
  assert_int_equal(keys, 0);
  redis_keys_count(&info, &keys, &expires);
  assert_int_equal(keys, 12);
  assert_int_equal(redis_info_version(&info), 70015);
  redis_info_fini(&info);
  redis_info_parse(&info, "redis_version:unstable", strlen("redis_version:unstable"));
  assert_int_equal(redis_info_version(&info), 0);
  redis_info_fini(&info);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_key_names_its_database),
      cmocka_unit_test(the_keys_of_one_database_and_the_version_are_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
