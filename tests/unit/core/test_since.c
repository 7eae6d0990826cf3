/* Times as people type them. */
#include "core/since.h"

#include "support/core_test.h"

#include <time.h>

#define NOW INT64_C(1700000000000) /* 2023-11-14 22:13:20 UTC, 23:13:20 in the zone below */

static void check(const char *text, bool utc, int64_t wanted_s) {
  int64_t ms;
  struct err err;
  if (!since_parse(text, NOW, utc, &ms, &err))
    fail_msg("%s: %s", text, err.text);
  if (ms != wanted_s * 1000)
    fail_msg("%s: %lld instead of %lld", text, (long long)ms / 1000, (long long)wanted_s);
}

static void test_taken(void **state) {
  (void)state;
  check("2h", false, 1700000000 - 7200);
  check("3d", true, 1700000000 - 3 * 86400);
  check("2023-11-14", true, 1699920000);
  check("2023-11-14", false, 1699920000 - 3600);
  check("2023-11-14 22:00", true, 1699999200);
  check("2023-11-14T22:00:01", true, 1699999201);
  check("2023-11-14T22:00:01Z", false, 1699999201);
  check("2023-11-14 22:00", false, 1699999200 - 3600);
  check("22:00", true, 1699999200);
  check("22:00:05", false, 1699999205 - 3600);
  check("2023-07-01 12:00", false, 1688212800 - 7200); /* summer */
}

static void test_refused(void **state) {
  (void)state;
  static const char *const texts[] = {"",      "soon",     "2023-11", "2023-11-14 later",
                                      "25:00", "22:00Zulu"};
  for (size_t i = 0; i < COUNT(texts); i++) {
    int64_t ms;
    struct err err = {0};
    if (since_parse(texts[i], NOW, true, &ms, &err))
      fail_msg("was taken: %s", texts[i]);
    assert_non_null(strstr(err.text, "is neither a duration nor a time"));
  }
}

int main(void) {
  setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  tzset();
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_taken), cmocka_unit_test(test_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
