#include "clients/redis/redis_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct redis_url parsed(const char *text) {
  struct redis_url url;
  struct err err = {0};
  if (!redis_url_parse(text, &url, &err))
    fail_msg("%s: %s", text, err.text);
  return url;
}

static void test_parts(void **state) {
  (void)state;
  struct redis_url url = parsed("redis://redis:6380/2");
  assert_string_equal(url.host, "redis");
  assert_int_equal(url.port, 6380);
  assert_int_equal(url.db, 2);
  assert_false(url.tls);
  assert_null(url.user);
  assert_null(url.password);

  url = parsed("REDIS://10.0.0.1");
  assert_string_equal(url.host, "10.0.0.1");
  assert_int_equal(url.port, 6379);
  assert_int_equal(url.db, 0);

  url = parsed("redis://[::1]:7000/");
  assert_string_equal(url.host, "::1");
  assert_int_equal(url.port, 7000);

  url = parsed("redis://cache?db=7");
  assert_int_equal(url.db, 7);

  url = parsed("rediss://secure");
  assert_true(url.tls);
}

static void test_login(void **state) {
  (void)state;
  struct redis_url url = parsed("redis://ops:p%40ss%3A%2f@redis/1");
  assert_string_equal(url.user, "ops");
  assert_string_equal(url.password, "p@ss:/");
  assert_string_equal(url.host, "redis");
  redis_url_fini(&url);
  assert_null(url.password);

  url = parsed("redis://:secret@redis");
  assert_null(url.user);
  assert_string_equal(url.password, "secret");
  redis_url_fini(&url);

  url = parsed("redis://:a@b@redis"); /* what people write; the last @ decides */
  assert_string_equal(url.password, "a@b");
  assert_string_equal(url.host, "redis");
  redis_url_fini(&url);
}

static void test_socket(void **state) {
  (void)state;
  struct redis_url url = parsed("unix:///run/redis/redis.sock?db=3");
  assert_string_equal(url.path, "/run/redis/redis.sock");
  assert_string_equal(url.host, "");
  assert_int_equal(url.db, 3);
  url = parsed("unix://:pw@/run/redis%20a.sock");
  assert_string_equal(url.path, "/run/redis a.sock");
  assert_string_equal(url.password, "pw");
  redis_url_fini(&url);
}

/* The environment is used only where no other source has given a password. */
static void test_environment(void **state) {
  (void)state;
  setenv("REDISCLI_AUTH", "from-environment", 1);
  struct redis_url url = parsed("redis://redis");
  redis_url_login(&url, NULL, NULL);
  assert_string_equal(url.password, "from-environment");
  redis_url_fini(&url);

  url = parsed("redis://ops@redis");
  redis_url_login(&url, NULL, NULL);
  assert_string_equal(url.user, "ops");
  assert_string_equal(url.password, "from-environment");
  redis_url_fini(&url);

  url = parsed("redis://:own@redis");
  redis_url_login(&url, NULL, NULL);
  assert_string_equal(url.password, "own");
  redis_url_login(&url, "ops", "option");
  assert_string_equal(url.user, "ops");
  assert_string_equal(url.password, "option");
  redis_url_fini(&url);
  unsetenv("REDISCLI_AUTH");
}

/* A password without a user is for a server that asks; one that is explicitly empty is none. */
static void test_the_environment_is_not_for_every_server(void **state) {
  (void)state;
  setenv("REDISCLI_AUTH", "from-environment", 1);
  struct redis_url url = parsed("redis://redis");
  redis_url_login(&url, NULL, NULL);
  assert_true(url.if_asked);
  redis_url_fini(&url);

  url = parsed("redis://ops@redis");
  redis_url_login(&url, NULL, NULL);
  assert_false(url.if_asked); /* ops has one */
  redis_url_fini(&url);

  url = parsed("redis://redis");
  redis_url_login(&url, NULL, "");
  assert_null(url.password);
  assert_true(url.no_password);
  redis_url_fini(&url);

  url = parsed("redis://:@redis");
  redis_url_login(&url, NULL, NULL);
  assert_null(url.password);
  redis_url_fini(&url);

  url = parsed("redis://:own@redis");
  redis_url_login(&url, NULL, "");
  assert_null(url.password);
  redis_url_fini(&url);
  unsetenv("REDISCLI_AUTH");
}

static void test_nonsense(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      "redis",
      "redis:6379",
      "http://redis",
      "redis://",
      "redis://:6379",
      "redis://redis:0",
      "redis://redis:65536",
      "redis://redis:port",
      "redis://redis:",
      "redis://::1",
      "redis://[::1",
      "redis://[::1]x",
      "redis://redis/x",
      "redis://redis/0/1",
      "redis://redis/-1",
      "redis://redis/99999999999999999999",
      "redis://redis?timeout=3",
      "redis://:hunter2%@redis",
      "redis://:hunter2%0@redis",
      "redis://:hunter2%zz@redis",
      "redis://:hunter2%00@redis",
      "redis://:hunter2#@redis",
      "unix://",
      "unix://relative/path",
      "unix:///",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct err err = {0};
    if (redis_url_check(texts[i], &err))
      fail_msg("\"%s\" was taken for a URL", texts[i]);
    assert_int_equal(err.kind, ERR_INVALID);
    assert_true(*err.text != '\0');
    assert_null(strstr(err.text, "hunter2")); /* no secret in a message */
  }
  char longest[400] = "redis://";
  memset(longest + 8, 'h', 300);
  assert_false(redis_url_check(longest, NULL));
  memcpy(longest, "unix:///", 8);
  assert_false(redis_url_check(longest, NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parts),
      cmocka_unit_test(test_login),
      cmocka_unit_test(test_socket),
      cmocka_unit_test(test_environment),
      cmocka_unit_test(test_the_environment_is_not_for_every_server),
      cmocka_unit_test(test_nonsense),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
