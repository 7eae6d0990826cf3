/* What a server sends back of what was sent to it is not shown. */
#include "clients/service/service_hide.h"
#include "support/core_test.h"

#include <string.h>

static struct target *target;

static int setup(void **state) {
  static const struct option options[] = {
      {.name = "bearer", .type = OPTION_SECRET, .help = ""},
      {.name = "body", .type = OPTION_SECRET, .help = ""},
      {.name = "headers", .type = OPTION_MAP, .help = ""},
      {.name = "health", .type = OPTION_TEXT, .help = ""},
      {.name = "metrics", .type = OPTION_TEXT, .help = ""},
  };
  static const struct target_kind kind = {
      .kind = "service", .key = "services", .title = "", .options = options, .option_count = 5};
  static char bearer[] = "tok\"en/1", body[] = "{\"user\": \"anna\", \"password\": \"pass-w\"}",
              key[] = "X-Api-Key", value[] = "key+of=api", session[] = "X-Session",
              id[] = "a1b2c3d4", tenant[] = "X-Tenant", blue[] = "blue", type[] = "Content-Type",
              json[] = "application/json; v=2", login[] = "Authorization",
              basic[] = "Basic dXNlcjpwYXNzLXg=",
              url[] = "http://ops:pa%24s-u@h/x?page=seven&api_key=key-u1#f",
              page[] = "https://h/metrics?token=pa%24s-u2";
  static char *names[] = {key, session, tenant, type, login},
              *items[] = {value, id, blue, json, basic};
  (void)state;
  target = target_new(&kind, "api");
  target->values[0].text = bearer;
  target->values[1].text = body;
  target->values[2] = (struct option_value){.names = names, .items = items, .item_count = 5};
  target->values[3].text = url;
  target->values[4].text = page;
  return 0;
}

static int teardown(void **state) {
  (void)state;
  for (size_t i = 0; i < 5; i++)
    target->values[i] = (struct option_value){0};
  target_free(target);
  return 0;
}

static void expect(const char *text, const char *wanted) {
  char got[400];
  snprintf(got, sizeof got, "%s", text);
  got[service_hide_secrets(target, got, strlen(got))] = '\0';
  if (strcmp(got, wanted) != 0)
    fail_msg("%s: %s", text, got);
}

static void test_what_was_sent(void **state) {
  (void)state;
  expect("bad token tok\"en/1!", "bad token ***!");
  expect("{\"error\": \"bad tok\\\"en\\/1\"}", "{\"error\": \"bad ***\"}");
  expect("{\"error\": \"bad tok\\u0022en/1\"}", "{\"error\": \"bad ***\"}");
  expect("/login?t=tok%22en%2F1&k=key%2bof%3Dapi", "/login?t=***&k=***");
  expect("<p>tok&quot;en/1</p><p>tok&#34;en/1</p>", "<p>***</p><p>***</p>");
  expect("session a1b2c3d4", "session ***");
  expect("user:pass-x dXNlcjpwYXNzLXg=", "user:*** ***");
}

/* b3BzOnBhJHMtdQ== is what curl makes of ops:pa$s-u. */
static void test_what_the_urls_hold(void **state) {
  (void)state;
  expect("Basic b3BzOnBhJHMtdQ== pa$s-u pa%24s-u", "Basic *** *** ***");
  expect("/x?page=seven&api_key=key-u1", "/x?page=seven&api_key=***");
  expect("pa$s-u2", "***"); /* the longer one, whole */
  expect("ops seven h metrics", "ops seven h metrics");
}

static void test_a_part_of_the_body(void **state) {
  (void)state;
  expect("{\"input\":{\"password\":\"pass-w\",\"user\":\"anna\"}}",
         "{\"input\":{\"password\":\"***\",\"user\":\"anna\"}}");
}

static void test_what_is_no_secret_stays(void **state) {
  (void)state;
  expect("tenant blue wants application/json; v=2", "tenant blue wants application/json; v=2");
  expect("tok\"en/ %2", "tok\"en/ %2");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_what_was_sent),
      TEST(test_what_the_urls_hold),
      TEST(test_a_part_of_the_body),
      TEST(test_what_is_no_secret_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
