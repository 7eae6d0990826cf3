/* Which port of a container is a service's. */
#include "app/startup/init_containers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const char *ports, int host, int container) {
  int public = 0, own = 0;
  assert_int_equal(init_port_read(ports, &public, &own), host != 0);
  assert_int_equal(public, host);
  assert_int_equal(own, container);
}

static void test_the_first_published_port(void **state) {
  (void)state;
  check("127.0.0.1:8080->80/tcp, 9000/udp", 8080, 80);
  check("9000/tcp", 0, 0);
  check("0.0.0.0:53->53/udp, [::]:8443->443/tcp", 8443, 443);
  check("", 0, 0);
  check("->", 0, 0);
  check("->80/tcp", 0, 0);
  check("0->80/tcp", 0, 0);
  check("99999->80/tcp, 99->0/tcp, 7->8/tcp", 7, 8);
  check("8080->80", 0, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_first_published_port)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
