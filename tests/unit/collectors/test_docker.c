/* The Docker collector in front of a server that plays an engine: figures, rates, restarts,
 * containers that vanish, and answers that do not come. The real engine has its tests in
 * tests/e2e/test_docker.py. */
#include "collectors/collector_driver.h"

#include "core/mem.h"

#include <math.h>
#include <signal.h>
#include <unistd.h>

extern const struct collector collector_docker;

/* One container of the engine that is played. */
struct played {
  const char *id, *name, *state, *project;
  const char *detail; /* of GET /json, within State; NULL: "" */
  int restarts;
  int64_t limit;
  int64_t cpu_ns, memory; /* cpu_ns -1: the engine does not say what it uses */
  /* Status lines of its two answers; NULL: "200 OK"; "": silence. */
  const char *detail_status, *usage_status;
  const char *detail_body; /* instead of the right one; NULL */
};

enum { PLAYED_MAX = 600, TEXTS_MAX = 4096 };

struct fixture {
  struct driver driver;
  struct tiny_server server;
  struct played played[PLAYED_MAX];
  size_t count;
  const char *list;        /* instead of the right one; NULL */
  const char *list_status; /* as above */
  const char *version;     /* NULL: silence */
  const char *date;        /* header; "" */
  char *texts[TEXTS_MAX];
  size_t text_count;
};
static struct fixture fixture;

static const char *keep(char *text) {
  assert_true(fixture.text_count < TEXTS_MAX);
  return fixture.texts[fixture.text_count++] = text;
}

static const char *http(const char *status, const char *body) {
  if (status && !*status)
    return NULL;
  return keep(mem_printf("HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s",
                         status ? status : "200 OK", fixture.date, strlen(body), body));
}

static const char *list_of(void) {
  char *text = mem_dup("[");
  for (size_t i = 0; i < fixture.count; i++) {
    const struct played *played = &fixture.played[i];
    char *longer = mem_printf(
        "%s%s{\"Id\":\"%s\",\"Names\":[\"/%s\"],\"Image\":\"bb:1\",\"Created\":1795785732,"
        "\"State\":\"%s\",\"Labels\":{\"com.docker.compose.project\":\"%s\","
        "\"com.docker.compose.service\":\"api\"}}",
        text, i > 0 ? "," : "", played->id, played->name, played->state,
        played->project ? played->project : "");
    free(text);
    text = longer;
  }
  char *whole = mem_printf("%s]", text);
  free(text);
  return keep(whole);
}

static const char *detail_of(const struct played *played) {
  if (played->detail_body)
    return played->detail_body;
  return keep(
      mem_printf("{\"State\":{\"Status\":\"%s\",\"StartedAt\":\"2026-11-27T12:32:24.5Z\"%s},"
                 "\"RestartCount\":%d,\"HostConfig\":{\"Memory\":%lld},\"Image\":\"sha\"}",
                 played->state, played->detail ? played->detail : "", played->restarts,
                 (long long)played->limit));
}

static const char *usage_of(const struct played *played) {
  if (played->cpu_ns < 0)
    return "{\"memory_stats\":{},\"cpu_stats\":{\"cpu_usage\":{}}}";
  return keep(mem_printf("{\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":%lld}},\"memory_stats\":"
                         "{\"usage\":%lld,\"stats\":{\"inactive_file\":0}},"
                         "\"networks\":{\"eth0\":{\"rx_bytes\":%lld,\"tx_bytes\":0}}}",
                         (long long)played->cpu_ns, (long long)played->memory,
                         (long long)played->cpu_ns));
}

static const char *answer(struct tiny_server *server, const char *request) {
  char id[80] = "", what[16] = "";
  (void)server;
  if (strncmp(request, "GET /version ", 13) == 0)
    return fixture.version ? http(NULL, fixture.version) : NULL;
  if (strncmp(request, "GET /containers/json?all=true ", 30) == 0)
    return http(fixture.list_status, fixture.list ? fixture.list : list_of());
  if (sscanf(request, "GET /containers/%79[^/]/%15[a-z]", id, what) != 2)
    fail_msg("%s", request);
  for (size_t i = 0; i < fixture.count; i++)
    if (strcmp(fixture.played[i].id, id) == 0)
      return strcmp(what, "json") == 0
                 ? http(fixture.played[i].detail_status, detail_of(&fixture.played[i]))
                 : http(fixture.played[i].usage_status, usage_of(&fixture.played[i]));
  return http("404 Not Found", "{\"message\":\"No such container\"}");
}

static int setup(void **state) {
  char text[64];
  (void)state;
  fixture = (struct fixture){.version = "{\"Version\":\"20.10.24\",\"Components\":[{\"Name\":"
                                        "\"Engine\"}]}",
                             .date = "",
                             .server = {.choose = answer}};
  driver_init(&fixture.driver, &collector_docker);
  assert_true(tiny_listen(&fixture.server, &fixture.driver.loop, "127.0.0.1"));
  snprintf(text, sizeof text, "tcp://127.0.0.1:%d", fixture.server.port);
  driver_fill(&fixture.driver, "endpoint", text);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  tiny_stop(&fixture.server);
  driver_fini(&fixture.driver);
  for (size_t i = 0; i < fixture.text_count; i++)
    free(fixture.texts[i]);
  return 0;
}

static struct played *play(const char *id, const char *state) {
  struct played *played = &fixture.played[fixture.count++];
  *played = (struct played){.id = id,
                            .name = id,
                            .state = state,
                            .cpu_ns = 1000000,
                            .memory = 4 << 20,
                            .limit = 16 << 20};
  return played;
}

static const struct sample *collect(int64_t timeout_ms) {
  if (!fixture.driver.self)
    driver_open(&fixture.driver);
  driver_collect(&fixture.driver, timeout_ms);
  if (!fixture.driver.sample)
    fail_msg("%s", fixture.driver.err.text);
  return fixture.driver.sample;
}

/* One or two projects; NULL: no second. */
static void want_projects(const char *one, const char *other) {
  const struct target_kind *kind = &collector_docker.kind;
  for (size_t i = 0; i < kind->option_count; i++) {
    if (strcmp(kind->options[i].name, "projects") != 0)
      continue;
    struct option_value *value = &fixture.driver.target->values[i];
    value->set = true;
    value->items = mem_new(2 * sizeof *value->items);
    value->items[value->item_count++] = mem_dup(one);
    if (other)
      value->items[value->item_count++] = mem_dup(other);
  }
}

static const struct table *rows(void) {
  return sample_table_view(fixture.driver.sample, "containers");
}

static const struct row *row(const char *id) {
  const struct table *table = rows();
  for (size_t i = 0; i < table->row_count; i++)
    if (strcmp(table->rows[i].key, id) == 0)
      return &table->rows[i];
  fail_msg("no row %s", id);
  return NULL;
}

static struct value cell(const char *id, const char *column) {
  const int index = table_column(rows()->spec, column);
  assert_true(index >= 0);
  return row(id)->cells[index];
}

static double number(const char *id, const char *column) {
  double number = -1;
  const struct value value = cell(id, column);
  if (!value_number(value, &number))
    fail_msg("%s: %s", column, value.text ? value.text : "does not apply");
  return number;
}

static void none(const char *id, const char *column, const char *reason) {
  const struct value value = cell(id, column);
  assert_int_equal(value.type, VALUE_NONE);
  if (reason)
    assert_string_equal(value.text, reason);
  else
    assert_null(value.text);
}

static double total(const char *column) {
  return driver_number(&fixture.driver, "summary", column);
}

/* The only note of the last sample; NULL where there is none. */
static void expect_note(enum severity severity, const char *words) {
  const struct sample *sample = fixture.driver.sample;
  if (!words) {
    assert_int_equal(sample->note_count, 0);
    return;
  }
  assert_int_equal(sample->note_count, 1);
  if (!strstr(sample->notes[0].text, words))
    fail_msg("%s", sample->notes[0].text);
  assert_int_equal(sample->notes[0].severity, severity);
}

/* ---- figures */

static void figures_are_those_of_the_engine(void **state) {
  (void)state;
  play("aa", "running")->project = "ecap";
  play("bb", "exited")->detail = ",\"ExitCode\":1,\"FinishedAt\":\"2026-11-27T12:40:00Z\"";
  const struct sample *sample = collect(3000);
  assert_int_equal(rows()->row_count, 2);
  assert_true(number("aa", "memory") == 4 << 20);
  assert_true(number("aa", "memory_limit") == 16 << 20);
  assert_true(number("aa", "memory_ratio") == 0.25);
  assert_true(number("aa", "restarts") == 0);
  assert_string_equal(cell("aa", "project").text, "ecap");
  assert_string_equal(cell("aa", "service").text, "api");
  assert_string_equal(cell("aa", "state").text, "running");
  none("aa", "cpu", "needs two collections");
  none("aa", "exit_code", NULL); /* it has not ended */
  none("bb", "memory", NULL);    /* it uses nothing */
  none("bb", "cpu", NULL);
  assert_true(number("bb", "exit_code") == 1);
  assert_true(total("running") == 1 && total("containers") == 2);
  assert_true(total("memory") == 4 << 20);
  assert_true(total("latency") >= 0);
  assert_string_equal(sample->server, "Docker 20.10.24");
  assert_non_null(strstr(sample->address, "http://127.0.0.1:"));
  assert_int_equal(sample->requests, 5); /* list, version; two of aa, one of bb */
  expect_note(SEVERITY_OK, NULL);
}

static void no_container_at_all(void **state) {
  (void)state;
  collect(3000);
  assert_int_equal(rows()->row_count, 0);
  assert_true(total("running") == 0 && total("containers") == 0);
  expect_note(SEVERITY_OK, NULL);
}

static void the_version_is_asked_for_once(void **state) {
  (void)state;
  fixture.version = NULL;
  assert_null(collect(300)->server);
  fixture.version = "{\"Version\":\"4.3.1\",\"Components\":[{\"Name\":\"Podman Engine\"}]}";
  assert_string_equal(collect(3000)->server, "Podman 4.3.1"); /* it was not known yet */
  assert_int_equal(fixture.driver.sample->requests, 2);
  assert_string_equal(collect(3000)->server, "Podman 4.3.1");
  assert_int_equal(fixture.driver.sample->requests, 1);
}

static void podman_is_named(void **state) {
  (void)state;
  fixture.version = "{\"Version\":\"4.3.1\",\"Components\":[{\"Name\":\"Podman Engine\"}]}";
  assert_string_equal(collect(3000)->server, "Podman 4.3.1");
}

/* By the pause between the two answers: 100% is one CPU. */
static void rates_need_two_collections(void **state) {
  struct played *played = play("aa", "running");
  (void)state;
  collect(3000);
  played->cpu_ns += 2000000000;
  usleep(100000);
  collect(3000);
  const double cpu = number("aa", "cpu");
  assert_true(cpu > 4 && cpu <= 20); /* 2 s in 0.1 s, or more on a busy machine */
  assert_true(fabs(total("cpu") - cpu) < 1e-9);
  assert_true(fabs(number("aa", "net_in") / cpu - 1e9) < 1);
}

static void a_restart_resets_the_rates(void **state) {
  struct played *played = play("aa", "running");
  (void)state;
  collect(3000);
  played->cpu_ns = 500; /* less than before */
  played->restarts = 1;
  played->detail_body = "{\"State\":{\"Status\":\"running\",\"StartedAt\":"
                        "\"2026-11-27T12:59:59.5Z\"},\"RestartCount\":1}";
  collect(3000);
  none("aa", "cpu", "restarted: needs two collections");
  played->cpu_ns = 1000000000; /* also if it is more already */
  played->detail_body = "{\"State\":{\"Status\":\"running\",\"StartedAt\":"
                        "\"2026-11-27T13:00:30Z\"},\"RestartCount\":2}";
  collect(3000);
  none("aa", "cpu", "restarted: needs two collections");
  collect(3000);
  assert_true(number("aa", "cpu") == 0);
}

static void a_name_that_is_used_again_is_another_container(void **state) {
  struct played *played = play("aa", "running");
  (void)state;
  played->restarts = 2;
  collect(3000);
  played->id = "ab"; /* docker rm, docker run */
  played->restarts = 0;
  collect(3000);
  none("ab", "cpu", "needs two collections");
  assert_int_equal(row("ab")->severity, SEVERITY_OK);
}

static void the_worst_come_first(void **state) {
  (void)state;
  play("aa", "running");
  play("zz", "restarting")->restarts = 1;
  play("bb", "paused");
  play("cc", "running");
  collect(3000);
  const char *const order[] = {"zz", "bb", "aa", "cc"};
  for (size_t i = 0; i < 4; i++)
    assert_string_equal(rows()->rows[i].key, order[i]);
  assert_int_equal(row("zz")->severity, SEVERITY_CRIT);
  assert_true(total("running") == 2 && total("restarting") == 1);
}

/* The state, and the count of those that run, are of the same answer. */
static void a_container_that_ends_meanwhile(void **state) {
  struct played *played = play("aa", "running");
  (void)state;
  played->detail_body = "{\"State\":{\"Status\":\"exited\",\"ExitCode\":3,\"FinishedAt\":"
                        "\"2026-11-27T12:32:24Z\"},\"RestartCount\":0}";
  played->usage_status = "409 Conflict";
  collect(3000);
  assert_string_equal(cell("aa", "engine_state").text, "exited");
  assert_true(number("aa", "exit_code") == 3);
  assert_true(total("running") == 0);
  expect_note(SEVERITY_OK, NULL);
}

static void a_container_that_is_removed_meanwhile(void **state) {
  (void)state;
  play("aa", "running");
  struct played *played = play("bb", "running");
  played->detail_status = played->usage_status = "404 Not Found";
  collect(3000);
  assert_int_equal(rows()->row_count, 1);
  assert_true(total("running") == 1);
  assert_true(total("containers") == 1);
  expect_note(SEVERITY_OK, NULL);
}

/* ---- what could not be read is never OK */

static void one_question_fails(void **state) {
  (void)state;
  play("aa", "running");
  struct played *played = play("bb", "running");
  played->detail_status = "500 Internal Server Error";
  played->detail_body = "{\"message\":\"layer does not exist\"}";
  collect(3000);
  assert_int_equal(row("bb")->severity, SEVERITY_UNKNOWN);
  assert_int_equal(row("aa")->severity, SEVERITY_OK);
  none("bb", "restarts", "the engine did not answer for this container");
  expect_note(SEVERITY_UNKNOWN, "1 of 2 containers could not be read: layer does not exist");
  played->usage_status = "500 Internal Server Error"; /* one container, not two */
  collect(3000);
  expect_note(SEVERITY_UNKNOWN, "1 of 2 containers could not be read");
}

static void only_the_usage_fails(void **state) {
  struct played *played = play("aa", "running");
  (void)state;
  played->usage_status = "500 Internal Server Error";
  collect(3000);
  none("aa", "memory", "the engine did not say what this container uses");
  expect_note(SEVERITY_UNKNOWN, "1 of 1 containers could not be read: the engine answered");
}

/* A proxy, or another API: an answer is not enough. */
static void an_answer_that_is_no_container(void **state) {
  static const char *const bodies[] = {"{}", "[]", "", "{\"State\":{}}", "{\"ok\":true}"};
  struct played *played = play("aa", "running");
  (void)state;
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    played->detail_body = bodies[i];
    collect(3000);
    assert_int_equal(row("aa")->severity, SEVERITY_UNKNOWN);
    expect_note(SEVERITY_UNKNOWN, "the answer has no state of a container");
  }
}

/* A rootless engine without delegated cgroups. */
static void an_engine_that_measures_nothing(void **state) {
  (void)state;
  play("aa", "running")->cpu_ns = -1;
  struct played *other = play("bb", "running");
  play("cc", "exited");
  collect(3000);
  none("aa", "memory", "the engine did not say what this container uses");
  expect_note(SEVERITY_OK, NULL); /* it may have ended just now */
  other->cpu_ns = -1;
  collect(3000);
  none("aa", "memory", "the engine did not say what this container uses");
  none("aa", "memory_ratio", NULL);
  expect_note(SEVERITY_OK, "the engine does not say what containers use");
}

static void more_containers_than_are_read(void **state) {
  static char ids[PLAYED_MAX][8];
  (void)state;
  for (size_t i = 0; i < 510; i++) {
    snprintf(ids[i], sizeof ids[i], "c%zu", i);
    play(ids[i], "exited");
  }
  collect(9000);
  assert_int_equal(rows()->row_count, 500);
  assert_true(total("containers") == 510);
  expect_note(SEVERITY_UNKNOWN, "only 500 of 510 containers are read; limit them with projects");
}

static void only_some_projects(void **state) {
  static char ids[PLAYED_MAX][8];
  (void)state;
  for (size_t i = 0; i < 510; i++) { /* which take no room from those that are wanted */
    snprintf(ids[i], sizeof ids[i], "c%zu", i);
    play(ids[i], "exited")->project = "other";
  }
  play("aa", "running")->project = "ecap";
  want_projects("ecap", NULL);
  collect(3000);
  assert_int_equal(rows()->row_count, 1);
  assert_true(total("containers") == 1 && total("running") == 1);
  expect_note(SEVERITY_OK, NULL);
}

static void a_project_without_containers(void **state) {
  (void)state;
  play("aa", "running")->project = "ecap";
  want_projects("ecap", "shop");
  collect(3000);
  expect_note(SEVERITY_WARN, "the compose project shop has no container");
}

/* ---- an engine that does not answer */

static void a_foreign_server(void **state) {
  static const char *const bodies[] = {"{}", "[{}]", "\"hello\"", "[1]"};
  (void)state;
  driver_open(&fixture.driver);
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    fixture.list = bodies[i];
    driver_collect(&fixture.driver, 3000);
    assert_null(fixture.driver.sample);
    assert_int_equal(fixture.driver.err.kind, ERR_PROTOCOL);
  }
  fixture.list = "<html>";
  driver_collect(&fixture.driver, 3000);
  assert_non_null(strstr(fixture.driver.err.text, "not JSON"));
  fixture.list = "";
  fixture.list_status = "301 Moved Permanently";
  driver_collect(&fixture.driver, 3000);
  assert_non_null(strstr(fixture.driver.err.text, "HTTP status 301"));
}

static void no_right(void **state) {
  (void)state;
  fixture.list = "{\"message\":\"authorization denied by plugin\"}";
  fixture.list_status = "403 Forbidden";
  driver_open(&fixture.driver);
  driver_collect(&fixture.driver, 3000);
  assert_int_equal(fixture.driver.err.kind, ERR_DENIED);
}

static void a_hung_engine(void **state) {
  (void)state;
  fixture.list_status = "";
  driver_open(&fixture.driver);
  driver_collect(&fixture.driver, 300);
  assert_null(fixture.driver.sample);
  assert_int_equal(fixture.driver.err.kind, ERR_TIMEOUT);
}

/* The others are there, in time. */
static void one_hung_question(void **state) {
  static char ids[PLAYED_MAX][8];
  (void)state;
  for (size_t i = 0; i < 20; i++) {
    snprintf(ids[i], sizeof ids[i], "c%zu", i);
    play(ids[i], "running")->detail_status = i == 3 ? "" : NULL;
  }
  collect(800);
  assert_int_equal(rows()->row_count, 20);
  assert_int_equal(row("c3")->severity, SEVERITY_UNKNOWN);
  assert_int_equal(row("c4")->severity, SEVERITY_OK);
  expect_note(SEVERITY_UNKNOWN, "1 of 20 containers could not be read: connected, but no response");
  fixture.played[3].detail_status = NULL;
  collect(3000); /* it is over with the collection */
  expect_note(SEVERITY_OK, NULL);
}

/* No collection is lost because its questions do not all fit into its time. */
static void all_questions_hang(void **state) {
  static char ids[PLAYED_MAX][8];
  (void)state;
  for (size_t i = 0; i < 200; i++) {
    snprintf(ids[i], sizeof ids[i], "c%zu", i);
    struct played *played = play(ids[i], "running");
    played->detail_status = played->usage_status = "";
  }
  collect(500);
  assert_int_equal(rows()->row_count, 200);
  expect_note(SEVERITY_UNKNOWN, "200 of 200 containers could not be read: ");
  /* What was not asked before the time was over is not asked any more. */
  assert_true(fixture.driver.sample->requests < 2 + 2 * 200);
}

static void only_the_version_hangs(void **state) {
  (void)state;
  play("aa", "running");
  fixture.version = NULL;
  assert_null(collect(300)->server);
  assert_int_equal(rows()->row_count, 1);
}

/* ---- the engine's clock */

static void a_clock_that_is_another(void **state) {
  (void)state;
  play("aa", "running");
  fixture.date = "Date: Fri, 27 Nov 2026 12:33:24 GMT\r\n"; /* it has run for 59.5 s */
  collect(3000);
  assert_true(number("aa", "since") >= 59 && number("aa", "since") < 70);
}

static void a_clock_that_is_ours(void **state) {
  char date[64], header[96];
  (void)state;
  struct played *played = play("aa", "running");
  const time_t now = clock_wall_ms() / 1000;
  struct tm tm;
  char body[160];
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now, &tm));
  snprintf(body, sizeof body,
           "{\"State\":{\"Status\":\"running\",\"StartedAt\":\"%s.000Z\"},\"RestartCount\":0}",
           date);
  played->detail_body = body;
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
  snprintf(header, sizeof header, "Date: %s\r\n", date);
  fixture.date = header;
  collect(3000); /* not cut to whole seconds, so it has begun before now */
  assert_true(number("aa", "since") >= 0 && number("aa", "since") < 3);
}

int main(void) {
  signal(SIGPIPE, SIG_IGN); /* as app does */
  unsetenv("http_proxy");
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(figures_are_those_of_the_engine),
      TEST(no_container_at_all),
      TEST(podman_is_named),
      TEST(the_version_is_asked_for_once),
      TEST(rates_need_two_collections),
      TEST(a_restart_resets_the_rates),
      TEST(a_name_that_is_used_again_is_another_container),
      TEST(the_worst_come_first),
      TEST(a_container_that_ends_meanwhile),
      TEST(a_container_that_is_removed_meanwhile),
      TEST(one_question_fails),
      TEST(only_the_usage_fails),
      TEST(an_answer_that_is_no_container),
      TEST(an_engine_that_measures_nothing),
      TEST(more_containers_than_are_read),
      TEST(only_some_projects),
      TEST(a_project_without_containers),
      TEST(a_foreign_server),
      TEST(no_right),
      TEST(a_hung_engine),
      TEST(one_hung_question),
      TEST(all_questions_hang),
      TEST(only_the_version_hangs),
      TEST(a_clock_that_is_another),
      TEST(a_clock_that_is_ours),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
