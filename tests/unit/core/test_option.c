#include "support/core_test.h"

#include "core/mem.h"
#include "core/option.h"

#include <math.h>

static void test_durations(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t ms; /* -1: refused */
  } cases[] = {
      {"300ms", 300}, {"2s", 2000},   {"5m", 300000}, {"1h", 3600000}, {"3d", 259200000},
      {"0s", 0},      {"1.5s", 1500}, {"0.4ms", 0},   {"2 s", 2000},   {"36500d", 3153600000000},
      {"", -1},       {"2", -1},      {"s", -1},      {"2x", -1},      {"-1s", -1},
      {"2sx", -1},    {"1h30m", -1},  {"inf s", -1},  {"nans", -1},    {"0x10s", -1},
      {"36501d", -1}, {"1e308d", -1}, {"1e999s", -1}, {"2S", -1},      {"infinityd", -1},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    int64_t ms = -1;
    struct err err = {0};
    bool good = duration_parse(cases[i].text, &ms, &err);
    if (good != (cases[i].ms >= 0) || (good && ms != cases[i].ms))
      fail_msg("\"%s\": %d, %lld ms", cases[i].text, good, (long long)ms);
    assert_int_equal(err.kind, good ? ERR_NONE : ERR_INVALID);
  }
  struct err err;
  int64_t ms;
  assert_false(duration_parse("2x", &ms, &err));
  assert_string_equal(err.text,
                      "\"2x\" is not a duration; use a number and a unit, such as 300ms or 2s");
}

static void test_quantities(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double quantity; /* NAN: refused */
  } cases[] = {
      {"0", 0},         {"10000", 10000},    {"10k", 10000},
      {"80%", 0.8},     {"2GB", 2147483648}, {"2 GB", 2147483648},
      {"1kB", 1024},    {"1KB", 1024},       {"1M", 1000000},
      {"5s", 5},        {"5m", 300},         {"300ms", 0.3},
      {"1.5", 1.5},     {"-5", -5},          {"84/s", 84},
      {"1d", 86400},    {"", NAN},           {"x", NAN},
      {"80%%", NAN},    {"5 5", NAN},        {"nan", NAN},
      {"inf", NAN},     {"0x10", NAN},       {"1e999", NAN},
      {"1e308TB", NAN}, /* not a number any more once it is scaled */
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    double quantity = -1;
    struct err err = {0};
    bool good = quantity_parse(cases[i].text, &quantity, &err);
    if (good == isnan(cases[i].quantity) ||
        (good && fabs(quantity - cases[i].quantity) > 1e-9 * fabs(quantity)))
      fail_msg("\"%s\": %d, %g", cases[i].text, good, quantity);
    assert_int_equal(err.kind, good ? ERR_NONE : ERR_INVALID);
  }
}

static bool no_blank(const char *text, struct err *err) {
  return !strchr(text, ' ') || err_set(err, ERR_INVALID, "\"%s\" has a blank", text);
}

static const char *const colours[] = {"red", "green", NULL};
static const struct option any_int = {.name = "n", .type = OPTION_INT};
static const struct option small_int = {.name = "n", .type = OPTION_INT, .min = 1, .max = 10};
static const struct option boolean = {.name = "b", .type = OPTION_BOOL};
static const struct option duration = {
    .name = "d", .type = OPTION_DURATION, .min = 500, .max = 60000};
static const struct option choice = {.name = "c", .type = OPTION_CHOICE, .choices = colours};
static const struct option text = {.name = "t", .type = OPTION_TEXT, .check = no_blank};
static const struct option secret = {.name = "s", .type = OPTION_SECRET};
static const struct option list = {.name = "l", .type = OPTION_LIST};

static void test_options(void **state) {
  (void)state;
  static const struct {
    const struct option *option;
    const char *text;
    int64_t number;
    const char *error; /* NULL: it is valid */
  } cases[] = {
      {&any_int, "-9223372036854775808", INT64_MIN, NULL},
      {&any_int, "9223372036854775808", 0, "\"9223372036854775808\" is not a whole number"},
      {&any_int, "", 0, "\"\" is not a whole number"},
      {&any_int, "1.5", 0, "\"1.5\" is not a whole number"},
      {&any_int, "7x", 0, "\"7x\" is not a whole number"},
      {&small_int, "1", 1, NULL},
      {&small_int, "10", 10, NULL},
      {&small_int, "0", 0, "0 is out of range: 1 to 10"},
      {&small_int, "99999999999999999999", 0, "99999999999999999999 is out of range: 1 to 10"},
      {&small_int, "11", 0, "11 is out of range: 1 to 10"},
      {&boolean, "true", 1, NULL},
      {&boolean, "false", 0, NULL},
      {&boolean, "yes", 0, "\"yes\" is not a boolean; use true or false"},
      {&duration, "500ms", 500, NULL},
      {&duration, "1m", 60000, NULL},
      {&duration, "400ms", 0, "400ms is out of range: 500ms to 1m"},
      {&duration, "2", 0, "\"2\" is not a duration; use a number and a unit, such as 300ms or 2s"},
      {&choice, "green", 0, NULL},
      {&choice, "blue", 0, "\"blue\" is not one of red, green"},
      {&choice, "gren", 0, "\"gren\" is not one of red, green; did you mean \"green\"?"},
      {&choice, "", 0, "\"\" is not one of red, green"},
      {&text, "a", 0, NULL},
      {&text, "a b", 0, "\"a b\" has a blank"},
      {&secret, "anything at all", 0, NULL},
      {&list, "a", 0, "l must be a list: [a, b], not a single value"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct option_value value = {0};
    struct err err = {0};
    bool good = option_parse(cases[i].option, cases[i].text, &value, &err);
    check_text(good ? "" : err.text, cases[i].error ? cases[i].error : "", "case %zu", i);
    assert_int_equal(value.set, good);
    if (good) {
      assert_int_equal(value.number, cases[i].number);
      assert_string_equal(value.text, cases[i].text);
    }
    option_value_fini(&value);
  }
}

static void test_allowed(void **state) {
  (void)state;
  static const struct option map = {.name = "m", .type = OPTION_MAP, .choices = colours};
  static const struct option days = {
      .name = "d", .type = OPTION_DURATION, .min = 90000, .max = INT64_C(30) * 86400000};
  static const struct option zero = {.name = "z", .type = OPTION_DURATION, .max = 86400000};
  static const struct {
    const struct option *option;
    const char *allowed;
  } cases[] = {
      {&any_int, ""},
      {&small_int, "1 to 10"},
      {&boolean, "true | false"},
      {&days, "90s to 30d"},
      {&zero, "0s to 1d"},
      {&choice, "red | green"},
      {&map, "red | green"},
      {&text, ""},
      {&list, ""},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    char out[OPTION_ALLOWED_MAX];
    check_text(option_allowed(cases[i].option, out), cases[i].allowed, "case %zu", i);
  }
}

static void test_parsed_twice(void **state) {
  (void)state;
  struct option_value value = {0};
  struct err err;
  assert_true(option_parse(&any_int, "1", &value, &err));
  assert_true(option_parse(&any_int, "2", &value, &err));
  assert_int_equal(value.number, 2);
  assert_string_equal(value.text, "2");
  option_value_fini(&value);
  assert_false(value.set);
  assert_null(value.text);
}

static void test_value_fini(void **state) {
  (void)state;
  struct option_value value = {.set = true, .item_count = 2};
  value.items = mem_new(2 * sizeof *value.items);
  value.names = mem_new(2 * sizeof *value.names);
  for (size_t i = 0; i < 2; i++) {
    value.items[i] = mem_dup("item");
    value.names[i] = mem_dup("name");
  }
  option_value_fini(&value); /* the leak checker finds leftovers */
  assert_int_equal(value.item_count, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_durations),    cmocka_unit_test(test_quantities),
      cmocka_unit_test(test_options),      cmocka_unit_test(test_allowed),
      cmocka_unit_test(test_parsed_twice), cmocka_unit_test(test_value_fini),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
