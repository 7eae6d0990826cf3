/* A plan as JSON and back: nothing is lost, and the hash detects every change. */
#include "report/plan/plan_json.h"

#include "core/mem.h"
#include "support/core_test.h"

static const struct action_spec spec = {.id = "postgres.terminate",
                                        .kind = "postgres",
                                        .table = "sessions",
                                        .title = "terminate",
                                        .danger = DANGER_DESTRUCTIVE};
static const struct plan_column columns[] = {{"STATE", false}, {"AGE", true}};
static const char *const identities[] = {"pid", "backend_start"};

static const struct action_spec *find(void *arg, const char *id) {
  (void)arg;
  return strcmp(id, spec.id) == 0 ? &spec : NULL;
}

static struct plan *plan_made(void) {
  struct plan *plan = plan_new(&spec, "ecap", "production", true);
  plan->address = plan_copy(plan, "127.0.0.1:5432");
  plan->title = plan_copy(plan, "Terminate 2 sessions of ecap");
  plan->unit = "sessions";
  plan->columns = columns;
  plan->column_count = COUNT(columns);
  plan->identities = identities;
  plan->identity_count = COUNT(identities);
  plan_param_add(plan, "age", "5m");
  struct plan_object *object = plan_object(plan, "8123/1.5", "pid 8123");
  object->cells[0] = plan_copy(plan, "active");
  object->cells[1] = plan_copy(plan, "14m");
  object->identities[0] = plan_copy(plan, "8123");
  object->identities[1] = plan_copy(plan, "2026-11-24 14:03:27.123456+00");
  object = plan_object(plan, "9/\xFF\x01\"",
                       "pid 9 \xE2\x80\xAE"); /* not UTF-8; with reversed text direction */
  object->identities[0] = plan_copy(plan, "a\xC3(b");
  plan->server = "7440188112233445566";
  plan->start = "2026-11-20 04:03:12.123456+00";
  plan->database = "16384";
  plan->whole = true;
  plan_say(plan, PLAN_EFFECT, "SELECT pg_terminate_backend(8123)");
  plan_say(plan, PLAN_LOSS, "what they have not committed");
  plan->made_ms = 1700000000123;
  plan->data_ms = 1700000000000;
  return plan;
}

static char *written(const struct plan *plan) {
  char *text;
  size_t len;
  FILE *out = open_memstream(&text, &len);
  assert_true(plan_json_write(out, plan));
  fclose(out);
  return text;
}

static struct plan *again(const struct plan *plan) {
  struct err err = {0};
  char *text = written(plan);
  struct plan *back = plan_json_read(text, strlen(text), find, NULL, &err);
  if (!back)
    fail_msg("%s\n%s", err.text, text);
  free(text);
  return back;
}

static void check_same(const char *got, const char *wanted) {
  if (!wanted)
    assert_null(got);
  else
    check_text(got, wanted, "member");
}

static void test_nothing_is_lost(void **state) {
  (void)state;
  struct plan *plan = plan_made(), *back = again(plan);
  assert_ptr_equal(back->action, &spec);
  check_same(back->kind, plan->kind);
  check_same(back->target, plan->target);
  check_same(back->address, plan->address);
  check_same(back->server, plan->server);
  check_same(back->start, plan->start);
  check_same(back->database, plan->database);
  assert_true(back->whole);
  check_same(back->environment, plan->environment);
  check_same(back->title, plan->title);
  check_same(back->name, plan->name);
  check_same(back->unit, plan->unit);
  assert_true(back->production);
  assert_int_equal(back->count, 2);
  assert_int_equal(back->made_ms, plan->made_ms);
  assert_int_equal(back->data_ms, plan->data_ms);
  check_same(plan_param(back, "age"), "5m");
  assert_int_equal(back->column_count, 2);
  check_same(back->columns[1].title, "AGE");
  assert_true(back->columns[1].right && !back->columns[0].right);
  assert_int_equal(back->identity_count, 2);
  check_same(back->identities[1], "backend_start");
  assert_int_equal(back->object_count, 2);
  for (size_t i = 0; i < 2; i++) {
    check_same(back->objects[i].key, plan->objects[i].key);
    check_same(back->objects[i].label, plan->objects[i].label);
    for (size_t c = 0; c < 2; c++) {
      check_same(back->objects[i].cells[c], plan->objects[i].cells[c]);
      check_same(back->objects[i].identities[c], plan->objects[i].identities[c]);
    }
  }
  assert_int_equal(back->text_count, 2);
  assert_int_equal(back->texts[1].part, PLAN_LOSS);
  check_same(back->texts[1].text, plan->texts[1].text);
  char *first = written(plan), *second = written(back);
  check_text(second, first, "written again");
  free(first);
  free(second);
  plan_free(plan);
  plan_free(back);
}

static void test_an_empty_one(void **state) {
  (void)state;
  struct plan *plan = plan_new(&spec, "ecap", NULL, false), *back = again(plan);
  assert_null(back->environment);
  assert_null(back->address);
  assert_int_equal(back->object_count + back->column_count + back->identity_count, 0);
  plan_free(plan);
  plan_free(back);
}

/* ---- the hash */

static const char *hash_of(struct plan *plan) {
  static char hash[PLAN_HASH_SIZE];
  return plan_hash(plan, hash);
}

static void test_hash(void **state) {
  (void)state;
  char first[PLAN_HASH_SIZE];
  struct plan *plan = plan_made(), *back = again(plan);
  plan_hash(plan, first);
  assert_int_equal(strlen(first), 64);
  assert_int_equal(strspn(first, "0123456789abcdef"), 64);
  check_text(hash_of(back), first, "read back");
  back->made_ms++;
  back->data_ms++;
  back->hash = first;
  check_text(hash_of(back), first, "made at another time");
  plan_free(plan);
  plan_free(back);
}

#define CHANGES(change)                           \
  do {                                            \
    struct plan *plan = plan_made();              \
    struct plan_object *object = plan->objects;   \
    (void)object;                                 \
    change;                                       \
    if (strcmp(hash_of(plan), first) == 0)        \
      fail_msg("the hash does not see " #change); \
    plan_free(plan);                              \
  } while (0)

static void test_hash_sees_every_change(void **state) {
  (void)state;
  char first[PLAN_HASH_SIZE];
  struct plan *unchanged = plan_made();
  plan_hash(unchanged, first);
  plan_free(unchanged);
  struct action_spec other = spec;
  other.id = "postgres.cancel";
  static const struct plan_column turned[] = {{"STATE", true}, {"AGE", true}};
  static const char *const renamed[] = {"pid", "start"};
  CHANGES(plan->action = &other);
  CHANGES(plan->kind = "redis");
  CHANGES(plan->target = "other");
  CHANGES(plan->address = "127.0.0.1:5433");
  CHANGES(plan->address = NULL);
  CHANGES(plan->server = "1");
  CHANGES(plan->server = NULL);
  CHANGES(plan->start = "2026");
  CHANGES(plan->database = NULL);
  CHANGES(plan->whole = false);
  CHANGES(plan->environment = "test");
  CHANGES(plan->production = false);
  CHANGES(plan->title = "Terminate nobody");
  CHANGES(plan->name = "y");
  CHANGES(plan->unit = "keys");
  CHANGES(plan->count++);
  CHANGES(plan->hidden++);
  CHANGES(plan->params[0].value = "6m");
  CHANGES(plan->params[0].name = "Age");
  CHANGES(plan->columns = turned);
  CHANGES(plan->identities = renamed);
  CHANGES(object->key = "8123/1.6");
  CHANGES(object->label = "pid 8124");
  CHANGES(object->cells[1] = "15m");
  CHANGES(object->cells[1] = NULL);
  CHANGES(object->identities[0] = "8124");
  CHANGES(object->identities[0] = NULL);
  CHANGES(object[1].identities[0] = "a\xC3)b");
  CHANGES(object[1].identities[0] = "a\xEF\xBF\xBD(b"); /* what a reader would see in its place */
  CHANGES(plan->object_count--);
  CHANGES(plan->texts[0].part = PLAN_WARNING);
  CHANGES(plan->texts[0].text = "SELECT 1");
  CHANGES(plan->text_count--);
}

/* ---- refused documents */

/* The document with the first `from` replaced. */
static void bad(const char *from, const char *to, const char *sentence) {
  struct plan *plan = plan_made();
  char *text = written(plan), *at = strstr(text, from);
  if (!at)
    fail_msg("%s does not stand in %s", from, text);
  char *changed = mem_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
  struct err err = {0};
  struct plan *back = plan_json_read(changed, strlen(changed), find, NULL, &err);
  if (back)
    fail_msg("was read: %s", changed);
  check_text(err.text, sentence, "%s", to);
  free(changed);
  free(text);
  plan_free(plan);
}

static void test_refused(void **state) {
  (void)state;
  bad("\"version\":2", "\"version\":3",
      "made by another version of stacktop (" STACKTOP_VERSION "); make a new plan");
  bad("\"stacktop\":\"" STACKTOP_VERSION, "\"stacktop\":\"9.9",
      "made by another version of stacktop (9.9); make a new plan");
  bad("postgres.terminate", "postgres.drop", "action: unknown action \"postgres.drop\"");
  bad("\"kind\":\"postgres\"", "\"kind\":\"redis\"", "kind: expected postgres");
  bad("\"count\":2", "\"count\":-2", "count: expected an integer from 0 to 9223372036854775807");
  bad("\"title\":\"AGE\"", "\"title\":\"STATE\"",
      "columns[1]: expected a title that no other column has");
  bad("\"pid\",\"backend_start\"", "\"pid\",\"pid\"",
      "pins[1]: expected a name that no other pin has");
  bad("\"bytes\":\"", "\"bytes\":\"0",
      "victims[1].key: expected bytes in hexadecimal, none of them 00");
  bad("\"part\":\"effect\"", "\"part\":\"affect\"",
      "texts[0].part: expected a part of a plan: effect, blast, ...");
  bad("\"texts\":[", "\"texts\":{", "line 11, column 3: string or '}' expected near '{'");
}

static void test_a_key_twice(void **state) {
  (void)state;
  struct plan *plan = plan_made();
  plan->objects[1].key = plan->objects[0].key;
  char *text = written(plan);
  struct err err = {0};
  assert_null(plan_json_read(text, strlen(text), find, NULL, &err));
  check_text(err.text, "victims[1].key: expected a key that no other object has", "twice");
  free(text);
  plan_free(plan);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_is_lost),
      cmocka_unit_test(test_an_empty_one),
      cmocka_unit_test(test_hash),
      cmocka_unit_test(test_hash_sees_every_change),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_a_key_twice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
