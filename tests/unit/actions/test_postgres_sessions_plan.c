/* For which sessions the actions are offered, and what their plans say: from a model alone. */
#include "actions/postgres/sessions/postgres_sessions.h"

#include "actions/found.h"

#include "postgres_sessions_fixture.h"

/* 8123 is idle in its transaction; 8130 waits for it, 8131 for both, 8132 for it and for 9000,
 * which is a replica's; 8140 is idle, 8141 in an aborted transaction, 8150 vacuums, 8160 is hidden;
 * one waits for a prepared transaction. */
struct line {
  const char *key, *parent, *state, *type, *blocked_by, *query;
  double state_age, transaction_age;
  int blocks;
};

static const struct line lines[] = {
    {"8123/1700000000.123456", NULL, "idle in txn", "client backend", NULL,
     "UPDATE orders SET total = total + 1", 840, 845, 2},
    {"8130/1700000001.000001", "8123/1700000000.123456", "active", "client backend", "8123",
     "UPDATE orders\nSET x = 'y'", 30, 31, 1},
    {"8131/1700000002.000000", "8130/1700000001.000001", "active", "client backend", "8130, 8123",
     "UPDATE orders", 20, 20, 0},
    {"8132/1700000003.000000", "8123/1700000000.123456", "active", "client backend", "8123, 9000",
     "UPDATE orders", 10, 10, 0},
    {"prepared", NULL, NULL, NULL, NULL, NULL, -1, -1, 1},
    {"8133/1700000003.000000", "prepared", "active", "client backend", "prepared", "UPDATE p", 9, 9,
     0},
    {"8140/1700000004.000000", NULL, "idle", "client backend", NULL, "SELECT 1", 900, -1, 0},
    {"8141/1700000005.000000", NULL, "aborted txn", "client backend", NULL, "SELECT 1/0", 700, -1,
     0},
    {"8150/1700000006.000000", NULL, "active", "autovacuum worker", NULL, "autovacuum: VACUUM x",
     7200, 7200, 0},
    {"9000/1700000007.000000", NULL, "active", "walsender", NULL, "START_REPLICATION", 7200, -1, 1},
    {"8151/1700000008.000000", NULL, "active", "client backend", NULL, "SELECT pg_sleep(9999)",
     1200, 1200, 0},
    {"8160", NULL, NULL, NULL, NULL, NULL, -2, -2, 0},
};

static struct value seconds(double value) {
  return value >= 0 ? value_real(value) : value_none(value == -2 ? "needs pg_monitor" : NULL);
}

static struct value text(const struct line *line, const char *value) {
  if (value)
    return value_text(value);
  return value_none(line->state_age == -2 ? "needs pg_monitor" : NULL);
}

static void add(struct sample *sample, const struct line *line) {
  struct row *row = sample_row(sample, &sample->tables[0], line->key, line->parent);
  assert_non_null(row);
  long pid = strtol(line->key, NULL, 10);
  bool active = line->state && strcmp(line->state, "active") == 0;
  bool idle_in = line->state && strstr(line->state, "txn");
  row->cells[COLUMN_SESSION] = value_text(pid ? sample_printf(sample, "pid %ld", pid)
                                              : sample_printf(sample, "%s", line->key));
  row->cells[COLUMN_PID] = value_int(pid);
  row->cells[COLUMN_STATE] = text(line, line->state);
  row->cells[COLUMN_TYPE] = text(line, line->type);
  row->cells[COLUMN_QUERY] = text(line, line->query);
  row->cells[COLUMN_BLOCKED_BY] =
      line->blocked_by ? value_text(line->blocked_by) : value_none(NULL);
  row->cells[COLUMN_BLOCKS] = value_int(line->blocks);
  row->cells[COLUMN_STATE_AGE] = seconds(line->state_age);
  row->cells[COLUMN_TRANSACTION_AGE] = seconds(line->transaction_age);
  row->cells[COLUMN_QUERY_AGE] = active ? seconds(line->state_age) : value_none(NULL);
  row->cells[COLUMN_IDLE_IN_TRANSACTION] = idle_in ? seconds(line->state_age) : value_none(NULL);
  row->cells[COLUMN_USER] = value_text("ecap_user");
  row->cells[COLUMN_DATABASE] = value_text("ecap");
  row->cells[COLUMN_APPLICATION] = value_text("api");
  row->cells[COLUMN_CLIENT] = text(line, line->type ? "10.0.0.7" : NULL);
  row->cells[COLUMN_QUERY_START] = text(line, line->type ? "2023-11-14 22:14:00.000007+00" : NULL);
  row->cells[COLUMN_STATE_CHANGE] = text(line, line->type ? "2023-11-14 22:15:00.000008+00" : NULL);
}

static struct value same(const struct row *row, int column) {
  return row->cells[column].type == VALUE_TEXT ? row->cells[column]
                                               : value_none(row->cells[column].text);
}

/* As from the survey: the model's rows, with those marked that have the state and the age. */
static struct sample *survey_by_hand(struct driver *driver) {
  static const struct table_spec *const tables[] = {&postgres_sessions_found_table};
  static const int columns[][2] = {{SESSION_FOUND_LABEL, COLUMN_SESSION},
                                   {SESSION_FOUND_STATE, COLUMN_STATE},
                                   {SESSION_FOUND_STATE_AGE, COLUMN_STATE_AGE},
                                   {SESSION_FOUND_BLOCKS, COLUMN_BLOCKS},
                                   {SESSION_FOUND_BLOCKED_BY, COLUMN_BLOCKED_BY},
                                   {SESSION_FOUND_TRANSACTION_AGE, COLUMN_TRANSACTION_AGE},
                                   {SESSION_FOUND_USER, COLUMN_USER},
                                   {SESSION_FOUND_DATABASE, COLUMN_DATABASE},
                                   {SESSION_FOUND_APPLICATION, COLUMN_APPLICATION},
                                   {SESSION_FOUND_CLIENT, COLUMN_CLIENT},
                                   {SESSION_FOUND_QUERY, COLUMN_QUERY},
                                   {SESSION_FOUND_PID, COLUMN_PID},
                                   {SESSION_FOUND_TYPE, COLUMN_TYPE},
                                   {SESSION_FOUND_QUERY_START, COLUMN_QUERY_START},
                                   {SESSION_FOUND_STATE_CHANGE, COLUMN_STATE_CHANGE}};
  const struct table *model = &driver->model.targets[0].sample->tables[0];
  const char *id = driver->action->spec.id;
  const int age_column = strcmp(id, "postgres.terminate-active") == 0 ? COLUMN_QUERY_AGE
                         : strcmp(id, "postgres.terminate-idle") == 0 ? COLUMN_IDLE_IN_TRANSACTION
                                                                      : -1;
  struct sample *found = found_new(tables, 1);
  int64_t wanted = 0, hidden = 0;
  for (size_t i = 0; i < model->row_count; i++) {
    const struct row *from = &model->rows[i];
    if (strchr(from->key, '/') == NULL && strcmp(from->key, "prepared") == 0)
      continue; /* no session, so that the server lists none */
    struct row *row = sample_row(found, &found->tables[0], from->key, from->parent);
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
      row->cells[columns[c][0]] = from->cells[columns[c][1]].type == VALUE_TEXT
                                      ? same(from, columns[c][1])
                                      : from->cells[columns[c][1]];
    double age;
    bool is = age_column >= 0 && same(from, COLUMN_TYPE).type == VALUE_TEXT &&
              strcmp(from->cells[COLUMN_TYPE].text, "client backend") == 0 &&
              value_number(from->cells[age_column], &age) &&
              age >= (double)driver->values[0].number / 1e3;
    row->cells[SESSION_FOUND_WANTED] = value_int(is);
    wanted += is;
    hidden += from->cells[COLUMN_TYPE].type == VALUE_NONE;
  }
  found_set_int(found, POSTGRES_SESSIONS_WANTED, wanted);
  found_set_int(found, POSTGRES_SESSIONS_WAITING, 0);
  found_set_int(found, POSTGRES_SESSIONS_HIDDEN, hidden);
  sample_fact(found, FACT_SERVER, "7440188112233445566");
  sample_fact(found, FACT_START, "2023-11-14 00:00:00.000001+00");
  sample_fact(found, FACT_DATABASE, "5");
  return found;
}

static int setup(void **state) {
  struct driver *driver = calloc(1, sizeof *driver);
  driver_open(driver, &session_kind, NULL);
  driver->by_hand = survey_by_hand;
  struct sample *sample = sample_new(session_tables, 1);
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    add(sample, &lines[i]);
  driver_publish(driver, sample);
  *state = driver;
  return 0;
}

static int teardown(void **state) {
  driver_close(*state);
  free(*state);
  return 0;
}

static const char *key_of(const char *pid) {
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    if (strncmp(lines[i].key, pid, strlen(pid)) == 0)
      return lines[i].key;
  return pid;
}

/* Whether the action is offered for the row; the reason against it is in driver->err. */
static bool offered(struct driver *driver, const char *id, const char *pid) {
  static const char *keys[2];
  keys[0] = key_of(pid);
  return driver_survey(driver, action_find(id), "sessions", keys, NULL);
}

static void plan_for(struct driver *driver, const char *id, const char *const *keys,
                     const char *const *params) {
  const char *table = keys ? "sessions" : NULL;
  if (!driver_survey(driver, action_find(id), table, keys, params) || !driver_plan(driver, NULL))
    fail_msg("%s: %s", id, driver->err.text);
}

static void assert_refused(struct driver *driver, const char *id, const char *pid,
                           const char *why) {
  assert_false(offered(driver, id, pid));
  assert_string_equal(driver->err.text, why);
}

static void test_sessions_that_may_be_cancelled(void **state) {
  struct driver *driver = *state;
  assert_true(offered(driver, "postgres.cancel", "8130"));
  assert_refused(driver, "postgres.cancel", "8123", "idle in txn, so nothing runs: terminate it");
  assert_refused(driver, "postgres.cancel", "8141", "aborted txn, so nothing runs: terminate it");
  assert_refused(driver, "postgres.cancel", "8140", "idle: nothing runs");
  assert_refused(driver, "postgres.cancel", "8150", "autovacuum worker: only client sessions");
  static const char *const gone[] = {"8130/1700000001.000002", NULL}, *const none[] = {"4711",
                                                                                       NULL};
  assert_true(driver_survey(driver, action_find("postgres.cancel"), "sessions", gone, NULL));
  assert_false(
      driver_plan(driver, NULL)); /* the survey reports sessions that the model does not know */
  assert_string_equal(driver->err.text,
                      "the session has ended; pid 8130 now belongs to another one");
  assert_true(driver_survey(driver, action_find("postgres.cancel"), "sessions", none, NULL));
  assert_false(driver_plan(driver, NULL));
  assert_string_equal(driver->err.text, "no session has the pid 4711");
  static const char *const marked[] = {"8130/1700000001.000001", "8123/1700000000.123456", NULL};
  assert_false(driver_survey(driver, action_find("postgres.cancel"), "sessions", marked, NULL));
  assert_string_equal(driver->err.text, "pid 8123: idle in txn, so nothing runs: terminate it");
}

static void test_sessions_that_may_be_terminated(void **state) {
  struct driver *driver = *state;
  assert_true(offered(driver, "postgres.terminate", "8123"));
  assert_true(offered(driver, "postgres.terminate", "8140"));
  assert_refused(driver, "postgres.terminate", "9000", "walsender: only client sessions");
  assert_refused(driver, "postgres.terminate", "prepared",
                 "a prepared transaction has no session: COMMIT PREPARED or ROLLBACK PREPARED "
                 "ends it");
  assert_refused(driver, "postgres.terminate", "8160",
                 "the session cannot be identified: needs pg_monitor");
  assert_true(offered(driver, "postgres.terminate-root", "8131"));
  assert_refused(driver, "postgres.terminate-root", "8140",
                 "it waits for no session, and no session is known to wait for it");
  assert_refused(driver, "postgres.terminate-root", "8133",
                 "the root is prepared: a prepared transaction has no session: COMMIT PREPARED or "
                 "ROLLBACK PREPARED ends it");
}

static void test_cancel(void **state) {
  struct driver *driver = *state;
  static const char *const keys[] = {"8130/1700000001.000001", NULL};
  plan_for(driver, "postgres.cancel", keys, NULL);
  const struct plan *plan = driver->plan;
  assert_string_equal(plan->title, "Cancel the query of pid 8130 of main");
  assert_string_equal(plan->unit, "session");
  assert_int_equal(plan->count, 1);
  assert_string_equal(plan->objects[0].key, keys[0]);
  assert_string_equal(plan->objects[0].label, "pid 8130");
  assert_string_equal(plan->objects[0].cells[0], "ecap_user");
  assert_string_equal(plan->objects[0].cells[plan->column_count - 1],
                      "UPDATE orders SET x = '***'");
  assert_says(plan, PLAN_EFFECT,
              "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = 8130 AND "
              "backend_start = '2023-11-14 22:13:21.000001+00' AND state = 'active' AND "
              "query_start = '2023-11-14 22:14:00.000007+00' AND backend_type = 'client backend' "
              "AND pid <> pg_backend_pid();");
  assert_says(plan, PLAN_BLAST, "the session stays");
  assert_says(plan, PLAN_LOSS, "what the query has done so far is rolled back");
  assert_int_equal(plan_confirmation(plan), CONFIRM_YES);
  assert_string_equal(plan->server, "7440188112233445566");
  assert_string_equal(plan->start, "2023-11-14 00:00:00.000001+00");
  assert_string_equal(plan->database, "5");
}

static void test_terminate_frees(void **state) {
  struct driver *driver = *state;
  static const char *const keys[] = {"8123/1700000000.123456", NULL};
  plan_for(driver, "postgres.terminate", keys, NULL);
  const struct plan *plan = driver->plan;
  assert_string_equal(plan->title, "Terminate pid 8123 of main");
  assert_says(plan, PLAN_EFFECT,
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = 8123 AND "
              "backend_start = '2023-11-14 22:13:20.123456+00' AND backend_type = 'client "
              "backend' AND pid <> pg_backend_pid();");
  assert_says(plan, PLAN_BLAST, "frees 2 sessions that wait for it");
  assert_says(plan, PLAN_BLAST, "1 session waits for others as well, and keeps waiting");
  assert_says(plan, PLAN_BLAST, "a pool will reconnect");
  assert_says(plan, PLAN_LOSS, "its open transaction, begun 14m 05s ago, is rolled back");
  assert_false(plan_says(plan, PLAN_WARNING, "cancel"));
  assert_int_equal(plan_confirmation(plan), CONFIRM_NAME);
  assert_string_equal(plan->name, "8123");

  static const char *const both[] = {"8123/1700000000.123456", "8130/1700000001.000001",
                                     "8123/1700000000.123456", NULL};
  plan_for(driver, "postgres.terminate", both, NULL);
  plan = driver->plan;
  assert_string_equal(plan->title, "Terminate 2 sessions of main");
  assert_int_equal(plan->count, 2);
  assert_says(plan, PLAN_BLAST, "frees 1 session that waits for them");
  assert_says(plan, PLAN_LOSS, "2 open transactions are rolled back, the oldest begun 14m 05s ago");
  assert_says(plan, PLAN_WARNING, "cancel (C) would end them");
  assert_int_equal(plan_confirmation(plan), CONFIRM_COUNT);
}

static void test_terminate_a_waiter(void **state) {
  struct driver *driver = *state;
  static const char *const keys[] = {"8131/1700000002.000000", NULL};
  plan_for(driver, "postgres.terminate", keys, NULL);
  assert_says(driver->plan, PLAN_WARNING, "it is itself blocked by pid 8123");
  assert_says(driver->plan, PLAN_WARNING, "cancel (C) would end it");
  assert_says(driver->plan, PLAN_BLAST, "frees no session");
  plan_for(driver, "postgres.terminate-root", keys, NULL);
  assert_string_equal(driver->plan->title, "Terminate pid 8123 of main, which blocks the others");
  assert_int_equal(driver->plan->object_count, 1);
  assert_string_equal(driver->plan->objects[0].key, "8123/1700000000.123456");
  assert_says(driver->plan, PLAN_BLAST, "frees 2 sessions that wait for it");
}

static void test_terminate_all_beyond_an_age(void **state) {
  struct driver *driver = *state;
  plan_for(driver, "postgres.terminate-active", NULL, NULL); /* 10m */
  assert_int_equal(driver->plan->object_count, 1);
  assert_string_equal(driver->plan->objects[0].label, "pid 8151");
  assert_string_equal(driver->plan->title, "Terminate 1 session of main: active for 10m or longer");
  assert_says(driver->plan, PLAN_EFFECT,
              "AND state = 'active' AND query_start = '2023-11-14 22:14:00.000007+00' AND");
  assert_says(driver->plan, PLAN_WARNING, "1 session cannot be judged: needs pg_monitor");
  static const char *const younger[] = {"age", "15s", NULL};
  plan_for(driver, "postgres.terminate-active", NULL, younger);
  assert_int_equal(driver->plan->object_count, 3);
  assert_says(driver->plan, PLAN_WARNING, "2 of them wait for a lock");

  plan_for(driver, "postgres.terminate-idle", NULL, NULL);
  assert_int_equal(driver->plan->object_count, 2); /* the aborted one, too */
  assert_says(driver->plan, PLAN_EFFECT,
              "AND state LIKE 'idle in transaction%' AND state_change = '2023-11-14 "
              "22:15:00.000008+00' AND");
  static const char *const older[] = {"age", "1d", NULL};
  assert_true(driver_survey(driver, action_find("postgres.terminate-idle"), NULL, NULL, older));
  assert_false(driver_plan(driver, NULL));
  assert_string_equal(driver->err.text, "no visible session has been idle in transaction for 1d");
  static const char *const zero[] = {"age", "0s", NULL};
  assert_false(driver_survey(driver, action_find("postgres.terminate-idle"), NULL, NULL, zero));
}

/* A server's text for a time never becomes SQL. */
static void test_a_server_that_lies(void **state) {
  struct driver *driver = *state;
  struct sample *sample = sample_new(session_tables, 1);
  add(sample, &lines[1]);
  sample->tables[0].rows[0].cells[COLUMN_QUERY_START] = value_text("2023'; DROP TABLE x; --");
  driver_publish(driver, sample);
  static const char *const keys[] = {"8130/1700000001.000001", NULL};
  assert_true(driver_survey(driver, action_find("postgres.cancel"), "sessions", keys, NULL));
  assert_false(driver_plan(driver, NULL));
  assert_string_equal(driver->err.text,
                      "pid 8130: the time since when it is in its state is not known");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_sessions_that_may_be_cancelled),
      TEST(test_sessions_that_may_be_terminated),
      TEST(test_cancel),
      TEST(test_terminate_frees),
      TEST(test_terminate_a_waiter),
      TEST(test_terminate_all_beyond_an_age),
      TEST(test_a_server_that_lies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
