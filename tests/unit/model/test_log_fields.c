#include "support/core_test.h"

#include "model/log/log_fields.h"

/* "name=value" of all, with commas; a text in quotes. "no" if it is not an object. */
static const char *fields_of(const char *text) {
  static char out[4096];
  static struct log_fields fields;
  out[0] = '\0';
  if (!log_fields_read(&fields, text, strlen(text)))
    return "no";
  for (size_t i = 0; i < fields.count; i++)
    snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s=%s%s%s", i ? "," : "",
             fields.items[i].name, fields.items[i].text ? "'" : "", fields.items[i].value,
             fields.items[i].text ? "'" : "");
  if (fields.more)
    strcat(out, "+");
  return out;
}

static void test_read(void **state) {
  (void)state;
  static const struct {
    const char *text, *fields;
  } cases[] = {
      {"{\"a\":1,\"b\":\"two\"}", "a=1,b='two'"},
      {"  { \"a\" : -1.5e3 , \"b\" : true } ", "a=-1.5e3,b=true"},
      {"{}", ""},
      {"{\"req\":{\"path\":\"/x\",\"ms\":12},\"ok\":null}", "req.path='/x',req.ms=12,ok=null"},
      {"{\"tags\":[1,\"a,b]\",{\"c\":2}],\"z\":0}", "tags=[1,\"a,b]\",{\"c\":2}],z=0"},
      {"{\"s\":\"a\\\"b\\\\c\\/\\u00e9\\ud83d\\ude00\\n\"}",
       "s='a\"b\\c/\xC3\xA9\xF0\x9F\x98\x80 '"},
      {"{\"s\":\"\\u001b[31m\\u0000\\u202e\\ud800\"}",
       "s='\xEF\xBF\xBD[31m\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD'"},
      {"not json", "no"},
      {"{not json}", "no"},
      {"[1]", "no"},
      {"{\"a\":1} {\"b\":2}", "no"},
      {"{\"a\":1} tail", "no"},
      {"{\"a\":1,\"b\":\"cut of", "a=1+"}, /* a cut value is no value */
      {"{\"a\":1,\"b\":12", "a=1+"},
      {"{\"a\":\"\\x\"}", "no"},
      {"{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":1}}}}}}}", "a.b.c.d.e.f={\"g\":1}"},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    check_text(fields_of(cases[i].text), cases[i].fields, "%s", cases[i].text);
}

static void test_limits(void **state) {
  (void)state;
  static char text[100000];
  static struct log_fields fields;
  strcpy(text, "{");
  for (int i = 0; i < 100; i++)
    snprintf(text + strlen(text), 64, "\"f%d\":%d,", i, i);
  strcat(text, "\"last\":\"x\"}");
  assert_true(log_fields_read(&fields, text, strlen(text)));
  assert_int_equal(fields.count, LOG_FIELDS_MAX);
  assert_true(fields.more);
  strcpy(text, "{\"big\":\"");
  memset(text + 8, 'x', 50000);
  strcpy(text + 50008, "\",\"after\":1}");
  assert_true(log_fields_read(&fields, text, strlen(text)));
  assert_int_equal(fields.count, 1);
  assert_true(fields.more);
  assert_true(strlen(fields.items[0].value) < LOG_FIELDS_BYTES);
}

static void test_brief(void **state) {
  (void)state;
  struct log_fields fields;
  char out[200];
  const char *text = "{\"time\":\"2026-11-27T10:00:00Z\",\"level\":\"error\",\"user\":\"a b\","
                     "\"msg\":\"login failed\",\"status\":401,\"none\":\"\"}";
  assert_true(log_fields_read(&fields, text, strlen(text)));
  assert_string_equal(log_fields_message(&fields), "login failed");
  log_fields_brief(&fields, out, sizeof out);
  assert_string_equal(out, "login failed user=\"a b\" status=401 none=\"\"");
  assert_string_equal(log_fields_find(&fields, "status"), "401");
  assert_null(log_fields_find(&fields, "stat"));
  const char *accented = "{\"msg\":\"\xC3\xA9\xC3\xA9\xC3\xA9\"}";
  assert_true(log_fields_read(&fields, accented, strlen(accented)));
  assert_int_equal(log_fields_brief(&fields, out, 6), 4); /* at a whole character */
  assert_string_equal(out, "\xC3\xA9\xC3\xA9");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_read),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_brief),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
