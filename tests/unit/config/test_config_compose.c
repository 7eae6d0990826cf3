/* What a first configuration learns from the files of others. */
#include "config/config_compose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_ports(void **state) {
  (void)state;
  static const char text[] =
      "name: shop\n"
      "services:\n"
      "  db: {ports: [\"15432:5432\", \"127.0.0.1:${DB_PORT:-16000}:6000/tcp\", \"9000\", "
      "\"5000-5001:5000-5001\", \"53:53/udp\", 7]}\n"
      "  api: {ports: [{published: 8000, target: \"80\"}, {target: 1}]}\n"
      "  none: {image: x}\n"
      "  odd: [1, 2]\n";
  struct compose compose;
  compose_parse(text, sizeof text - 1, &compose);
  assert_string_equal(compose.project, "shop");
  assert_int_equal(compose.count, 3);
  assert_string_equal(compose.ports[0].service, "db");
  assert_int_equal(compose.ports[0].host, 15432);
  assert_int_equal(compose.ports[0].container, 5432);
  assert_int_equal(compose.ports[1].host, 16000);
  assert_int_equal(compose.ports[2].host, 8000);
  assert_int_equal(compose.ports[2].container, 80);
}

static void test_garbage(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "[",
                                      "a",
                                      "services: 1",
                                      "services: {a: {ports: x}}",
                                      "name: [x]",
                                      "services: {? [a] : {ports: [\"1:1\"]}}"};
  struct compose compose;
  char context[8];
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    compose_parse(texts[i], strlen(texts[i]), &compose);
    assert_int_equal(compose.count, 0);
    assert_string_equal(kubeconfig_context(texts[i], strlen(texts[i]), context, sizeof context),
                        "");
  }
}

static void test_context(void **state) {
  (void)state;
  static const char text[] = "users: [{name: x, user: {token: secret}}]\ncurrent-context: prod\n";
  char context[8];
  assert_string_equal(kubeconfig_context(text, sizeof text - 1, context, sizeof context), "prod");
  assert_string_equal(kubeconfig_context(text, sizeof text - 1, context, 4), "");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_ports), cmocka_unit_test(test_garbage),
                                     cmocka_unit_test(test_context)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
