/* What keys do in the logs, and that the reader keeps the place while lines come and go. */
#include "ui/log/log_list.h"
#include "ui/log/log_start.h"
#include "ui/log_fixture.h"
#include "ui/view/view_state.h"

#include <time.h>

static void session(struct log_session *s, int width, int height) {
  log_session_init(s, width, height, false);
  log_fill(s);
  log_press(s, "l");
  assert_int_equal(s->request.kind, REQUEST_LOGS_OPEN);
}

static double cpu_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The text of the selected line. */
static const char *selected(const struct log_session *s) {
  return log_at(s->log, log_view_index(&s->view->log, s->log))->text;
}

static void test_opens_and_closes(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  log_expect(&s, "[Logs of services / api]");
  log_expect(&s, "following");
  assert_int_equal(s.asked.target_index, 0);
  assert_string_equal(s.fixture.model.targets[0].target->name, "api");
  assert_true(s.asked.follow);
  assert_int_equal(s.asked.since_ms, 0);
  log_press(&s, "<Esc>");
  assert_int_equal(s.request.kind, REQUEST_LOGS_CLOSE);
  log_expect(&s, "[1 Services]");
  log_session_fini(&s);
}

/* The footer offers l only where there are logs; elsewhere the key says what is missing. */
static void test_a_row_without_logs_says_why(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  log_press(&s, "<Esc>");
  log_expect(&s, "l logs");
  log_press(&s, "<Down>");
  log_expect_not(&s, "l logs");
  log_press(&s, "l");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  log_expect(&s, "set its option `logs`");
  log_expect_not(&s, "[Logs of");
  log_session_fini(&s);
}

static void test_opens_from_the_details(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  log_press(&s, "<Esc>il");
  assert_int_equal(s.request.kind, REQUEST_LOGS_OPEN);
  log_press(&s, "<Esc>");
  log_expect(&s, "[api]");
  log_session_fini(&s);
}

static void test_what_cannot_be_read_says_why(void **state) {
  (void)state;
  struct log_session s;
  log_session_init(&s, 80, 24, false);
  err_set(&s.logs.err, ERR_INVALID, "no file matches /var/log/\x1b[31mapi*.log");
  log_press(&s, "l");
  log_expect(&s, "no file matches /var/log/");
  log_expect_not(&s, "\x1b");
  log_press(&s, "<Up><Down><Enter>nwtof<Esc><Esc><Esc>");
  log_session_fini(&s);
}

static void test_following_is_left_and_resumed(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 80, 24);
  assert_string_equal(selected(&s), "out of memory: killed");
  log_line(&s, 0, LOG_LEVEL_INFO, 0, "one more");
  log_draw(&s);
  assert_string_equal(selected(&s), "one more");
  log_press(&s, "<Up>");
  assert_string_equal(selected(&s), "out of memory: killed");
  log_expect_not(&s, "following");
  char *before = screen_text(s.canvas);
  for (int i = 0; i < 3; i++)
    log_line(&s, 0, LOG_LEVEL_INFO, -i, "later");
  log_draw(&s);
  assert_string_equal(selected(&s), "out of memory: killed");
  log_expect(&s, "3 new lines, F follows");
  log_expect_not(&s, "later");
  log_press(&s, "F");
  log_expect(&s, "following");
  assert_string_equal(selected(&s), "later");
  log_press(&s, "<Home>");
  assert_string_equal(selected(&s), "GET /customers/4700 200 in 12ms");
  log_press(&s, "<End>");
  log_expect(&s, "following");
  log_press(&s, "kk");
  log_expect_not(&s, "following");
  log_press(&s, "jj");
  log_expect(&s, "following");
  free(before);
  log_session_fini(&s);
}

/* Lines that are dropped, or merged in before the visible ones, move nothing on the screen. */
static void test_the_place_is_kept(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 80, 24);
  log_press(&s, "<PgUp><PgUp>");
  char *line = mem_dup(selected(&s)), top[128];
  snprintf(top, sizeof top, "%s", log_at(s.log, log_index(s.log, s.view->log.top))->text);
  for (int i = 0; i < 10; i++)
    log_line(&s, 1, LOG_LEVEL_INFO, 200000 + i, "an old line that was read late");
  log_draw(&s);
  assert_string_equal(selected(&s), line);
  assert_string_equal(log_at(s.log, log_index(s.log, s.view->log.top))->text, top);
  for (int i = 0; i < 980; i++)
    log_line(&s, 1, LOG_LEVEL_INFO, -i, "a storm");
  log_draw(&s);
  assert_true(log_dropped(s.log) > 0);
  log_expect(&s, "older lines dropped");
  log_press(&s, "<Up>");
  free(line);
  log_session_fini(&s);
}

static void test_search(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  log_press(&s, "/timeout");
  log_expect(&s, "/timeout_");
  log_press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_LOGS_SEARCH);
  assert_string_equal(s.request.text, "timeout");
  log_expect(&s, "/timeout/: match 6 of 6"); /* the newest, where the reader was */
  log_press(&s, "N");
  log_expect(&s, "match 5 of 6");
  log_press(&s, "NNNN");
  log_expect(&s, "match 1 of 6");
  log_press(&s, "N");
  log_expect(&s, "No earlier match");
  log_press(&s, "n");
  log_expect(&s, "match 2 of 6");
  log_press(&s, "<Down>");
  log_expect(&s, "6 matches");
  /* New lines are searched too. */
  log_line(&s, 0, LOG_LEVEL_WARN, 0, "another timeout");
  log_draw(&s);
  log_expect(&s, "7 matches");
  s.logs.search.there = s.logs.search.running = true;
  log_press(&s, "<Esc>"); /* a long search is stopped first */
  assert_int_equal(s.request.kind, REQUEST_LOGS_SEARCH_STOP);
  log_expect(&s, "/timeout/");
  s.logs.search.running = false;
  log_press(&s, "<Esc>");
  assert_int_equal(s.request.kind, REQUEST_LOGS_SEARCH);
  assert_string_equal(s.request.text, "");
  log_expect_not(&s, "/timeout/");
  log_expect(&s, "[Logs of services / api]");
  log_press(&s, "n");
  log_expect(&s, "press / first");
  log_session_fini(&s);
}

static unsigned style_at(const struct log_session *s, const char *text) {
  for (int y = 0; y < s->canvas->height; y++)
    for (int x = 0; x < s->canvas->width; x++) {
      size_t length = 0;
      while (text[length] && canvas_cell(s->canvas, x + (int)length, y) &&
             canvas_cell(s->canvas, x + (int)length, y)->text[0] == text[length])
        length++;
      if (!text[length])
        return canvas_cell(s->canvas, x, y)->style;
    }
  fail_msg("the screen has no \"%s\"", text);
  return 0;
}

static void test_all_matches_are_highlighted(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  log_line(&s, 0, LOG_LEVEL_INFO, 10, "first abc then abc and \xE5\xAE\xA2 abc");
  log_line(&s, 0, LOG_LEVEL_INFO, 0, "last");
  log_press(&s, "/abc|^last<Enter>");
  assert_int_equal(style_at(&s, "abc then") & STYLE_MASK, STYLE_NOTICE);
  assert_int_equal(style_at(&s, "abc and") & STYLE_MASK, STYLE_NOTICE);
  assert_int_equal(style_at(&s, "last ") & STYLE_MASK, STYLE_NOTICE);
  assert_int_equal(style_at(&s, "then abc") & STYLE_MASK, STYLE_TEXT);
  log_session_fini(&s);
}

static void test_an_invalid_expression_is_not_sent(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 80, 24);
  for (const char *const *keys = (const char *const[]){"/a(b<Enter>", "<Esc>&[x<Enter>", NULL};
       *keys; keys++) {
    log_press(&s, *keys);
    log_expect(&s, "at character");
    assert_int_equal(s.request.kind, REQUEST_NONE);
    assert_true(s.view->log.typing != LOG_TYPING_NOT);
  }
  log_press(&s, "]<Enter>");
  assert_int_equal(s.request.kind, REQUEST_LOGS_CHANGE);
  log_session_fini(&s);
}

/* A search that finds nothing, and one whose matches are only in older lines. */
static void test_a_search_beyond_the_loaded_lines(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  struct log *hits = log_new(10, 1 << 16);
  struct log_record hit = {.time_ms = LOG_NOW - 7200000, .text = "long ago", .len = 8};
  log_add(hits, &hit);
  log_settle(hits);
  s.logs.search = (struct logs_search){
      .there = true, .running = true, .bytes = 30, .bytes_total = 100, .matches = 1, .hits = hits};
  log_press(&s, "/long ago<Enter>");
  log_expect(&s, "0 matches");
  log_expect(&s, "searching everything: 30%");
  s.logs.search.running = false;
  log_draw(&s);
  log_expect(&s, "1 in everything: the previous match is among them");
  log_press(&s, "N");
  assert_int_equal(s.request.kind, REQUEST_LOGS_CHANGE);
  assert_true(s.asked.since_ms < hit.time_ms && s.asked.until_ms > hit.time_ms);
  assert_false(s.asked.follow);
  log_expect(&s, "around 12:03:27");
  /* From there to the next newer one. */
  hit.time_ms = LOG_NOW + 60000;
  log_add(hits, &hit);
  log_settle(hits);
  log_press(&s, "<End>n");
  assert_int_equal(s.request.kind, REQUEST_LOGS_CHANGE);
  assert_true(s.asked.since_ms < hit.time_ms && s.asked.until_ms > hit.time_ms);
  /* Back to the newest lines. */
  log_press(&s, "F");
  assert_int_equal(s.request.kind, REQUEST_LOGS_CHANGE);
  assert_int_equal(s.asked.until_ms, 0);
  assert_true(s.asked.follow);
  log_free(hits);
  log_session_fini(&s);
}

static void test_filters(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  log_press(&s, "&time+out<Enter>");
  assert_int_equal(s.request.kind, REQUEST_LOGS_CHANGE);
  assert_string_equal(s.grep, "time+out");
  log_press(&s, "v");
  assert_int_equal(s.asked.filter.level, LOG_LEVEL_WARN);
  assert_string_equal(s.grep, "time+out");
  log_press(&s, "v");
  assert_int_equal(s.asked.filter.level, LOG_LEVEL_ERROR);
  log_press(&s, "&<Ctrl-U>!debug<Enter>");
  assert_string_equal(s.exclude, "debug");
  log_press(&s, "s");
  assert_int_equal(s.asked.since_ms, FIXTURE_NOW - 15 * 60000);
  log_press(&s, "sss");
  assert_int_equal(s.asked.since_ms, 1);
  log_press(&s, "o<Down><Down><Enter>");
  assert_string_equal(s.source, "worker.log");
  log_press(&s, "<Esc>"); /* clears the filter, and stays */
  assert_int_equal(s.request.kind, REQUEST_LOGS_CHANGE);
  assert_string_equal(s.grep, "");
  assert_string_equal(s.exclude, "");
  assert_string_equal(s.source, "");
  assert_int_equal(s.asked.filter.level, LOG_LEVEL_NONE);
  log_press(&s, "<Esc>");
  assert_int_equal(s.request.kind, REQUEST_LOGS_CLOSE);
  log_session_fini(&s);
}

static void test_fields(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  log_press(&s, "&.status>=500 .user.name=ann b .path~^/api<Enter>");
  assert_int_equal(s.request.kind, REQUEST_LOGS_CHANGE);
  assert_int_equal(s.asked.filter.condition_count, 3);
  assert_string_equal(s.view->log.asked.conditions[0], "status>=500");
  assert_string_equal(s.view->log.asked.conditions[1], "user.name=ann b");
  assert_string_equal(s.view->log.asked.conditions[2], "path~^/api");
  log_press(&s, "&.path~(<Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  log_press(&s, "<Ctrl-U>.*=x<Enter>"); /* an expression */
  assert_string_equal(s.grep, ".*=x");
  assert_int_equal(s.asked.filter.condition_count, 3);
  log_press(&s, "&<Ctrl-U><Enter>");
  assert_int_equal(s.asked.filter.condition_count, 0);
  assert_string_equal(s.grep, "");
  log_session_fini(&s);
}

/* The filter in force is on the screen in words, with what it hides. */
static void test_the_filter_is_visible(void **state) {
  (void)state;
  struct err err;
  struct log_session s;
  session(&s, 80, 24);
  struct log_filter *filter =
      log_filter_new(&(struct log_filter_spec){.grep = "timeout", .level = LOG_LEVEL_WARN}, &err);
  assert_non_null(filter);
  s.logs.filter = filter;
  s.sources[0].lines = 12000;
  log_draw(&s);
  log_expect(&s, "timeout");
  log_expect(&s, "warn or worse");
  log_expect(&s, "11,938 of 12,010 lines hidden");
  log_clear(s.log);
  log_draw(&s);
  log_expect(&s, "none of them passes the filter");
  s.logs.filter = NULL;
  log_draw(&s);
  log_expect(&s, "none of them in this time");
  log_filter_free(filter);
  log_session_fini(&s);
}

static void test_saved_filters(void **state) {
  (void)state;
  struct err err;
  struct log_session s;
  static const char *const conditions[] = {"ms>500"};
  session(&s, 120, 36);
  struct log_filter *filter = log_filter_new(
      &(struct log_filter_spec){.grep = "GET", .conditions = conditions, .condition_count = 1},
      &err);
  struct log_saved saved = {(char *)"slow requests", (char *)"longer than 500 ms", filter, 3600000};
  s.fixture.config->log_filters = &saved;
  s.fixture.config->log_filter_count = 1;
  log_press(&s, "f");
  log_expect(&s, "slow requests");
  log_expect(&s, "longer than 500 ms");
  log_press(&s, "<Down><Enter>");
  assert_int_equal(s.request.kind, REQUEST_LOGS_CHANGE);
  assert_string_equal(s.grep, "GET");
  assert_int_equal(s.asked.filter.condition_count, 1);
  assert_string_equal(s.view->log.asked.conditions[0], "ms>500");
  assert_int_equal(s.asked.since_ms, FIXTURE_NOW - 3600000);
  s.logs.filter = filter;
  log_draw(&s);
  log_expect(&s, "only slow requests: ");
  s.fixture.config->log_filters = NULL;
  s.fixture.config->log_filter_count = 0;
  log_filter_free(filter);
  log_session_fini(&s);
}

static void test_top_messages(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  log_press(&s, "t");
  log_expect(&s, "GET /customers/<n> <n> in <n>ms");
  log_press(&s, "<Down>");
  /* The selected message stays selected when another one overtakes it. */
  for (int i = 0; i < 10; i++)
    log_line(&s, 1, LOG_LEVEL_ERROR, -i, "connection to 10.0.3.17:5432 refused");
  log_draw(&s);
  assert_int_equal(s.view->log.list.at, 2);
  log_press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_LOGS_CHANGE);
  struct err err;
  struct pattern *pattern = pattern_new(s.grep, PATTERN_CASE_SMART, &err);
  struct pattern_span span;
  assert_non_null(pattern);
  const char text[] = "retry 3 of 5 after timeout of 250ms", other[] = "retry of what";
  assert_true(pattern_find(pattern, text, strlen(text), 0, &span));
  assert_false(pattern_find(pattern, other, strlen(other), 0, &span));
  pattern_free(pattern);
  log_expect(&s, "[Logs of services / api]");
  log_session_fini(&s);
}

/* It is not known whether these lines match. */
static void test_lines_that_were_given_up(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  s.sources[0].given_up = 1;
  log_draw(&s);
  log_expect(&s, "gave up on 1 line: the pattern takes too long for it");
  s.sources[1].given_up = 2;
  log_draw(&s);
  log_expect(&s, "gave up on 3 lines: the pattern takes too long for them");
  char text[4001];
  memset(text, 'a', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  log_line(&s, 0, LOG_LEVEL_INFO, 0, text);
  log_press(&s, "/");
  log_press(&s, "(a*)*(a*)*zq|retry");
  log_press(&s, "<Enter>");
  for (int i = 0; i < 50; i++)
    log_draw(&s);
  log_expect(&s, ", gave up on 1 line");
  log_session_fini(&s);
}

static void check_start(const char *text, enum log_level level, const char *message) {
  struct log_record record = {.text = text, .level = (uint8_t)level, .time = LOG_TIME_LINE};
  record.len = (uint32_t)strlen(text);
  assert_string_equal(text + log_message_start(&record), message);
}

/* Time and level have columns; a line that consists of nothing else is shown. */
static void test_where_a_message_begins(void **state) {
  (void)state;
  check_start("2026-11-27T10:00:00Z hello", LOG_LEVEL_NONE, "hello");
  check_start("2026-11-27T10:00:00.123456+01:00 WARNING hello", LOG_LEVEL_WARN, "hello");
  check_start("[2026-11-27 10:00:00,123] [ERROR] hello", LOG_LEVEL_ERROR, "hello");
  check_start("2026-11-27 10:00:00.123 UTC [812] LOG:  hello", LOG_LEVEL_INFO, "[812] LOG:  hello");
  check_start("2026-11-27 10:00:00 INFO hello", LOG_LEVEL_INFO, "hello");
  check_start("2026/11/27 10:00:00 [error] 12#12: hello", LOG_LEVEL_ERROR, "12#12: hello");
  check_start("Nov 27 10:00:00 host sshd[1]: hello", LOG_LEVEL_NONE, "host sshd[1]: hello");
  check_start("Nov  7 10:00:00 host hello", LOG_LEVEL_NONE, "host hello");
  check_start("27 Nov 2026 10:00:00.123 * hello", LOG_LEVEL_NONE, "* hello");
  /* Not these. */
  check_start("2026-11-27T10:00:00Z INFO hello", LOG_LEVEL_ERROR, "INFO hello");
  check_start("2026-11-27T10:00:00Zhello", LOG_LEVEL_NONE, "2026-11-27T10:00:00Zhello");
  check_start("2026-11-27T10:00:00Z ", LOG_LEVEL_NONE, "2026-11-27T10:00:00Z ");
  check_start("[2026-11-27 10:00:00 hello", LOG_LEVEL_NONE, "[2026-11-27 10:00:00 hello");
  check_start("2026", LOG_LEVEL_NONE, "2026");
  check_start("", LOG_LEVEL_NONE, "");
  check_start("INFO hello", LOG_LEVEL_INFO, "INFO hello");
  struct log_record arrival = {.text = "2026-11-27T10:00:00Z x", .time = LOG_TIME_ARRIVAL};
  assert_int_equal(log_message_start(&arrival), 0);
}

/* The expression of a folded message has no special characters but its own. */
static void test_the_expression_of_a_message(void **state) {
  (void)state;
  char out[256];
  assert_string_equal(log_list_expression("a.b (<n>) [x]  <ip>", out, sizeof out),
                      "a\\.b\\s+\\(.+?\\)\\s+\\[x]\\s+.+?");
  assert_string_equal(log_list_expression("1 < 2 <N>", out, sizeof out), "1\\s+<\\s+2\\s+<N>");
  char small[12];
  assert_true(strlen(log_list_expression("aaaaaaaaaaaaaaaaaaaaaaaaa", small, sizeof small)) < 12);
}

static void test_details_of_a_line(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  log_press(&s, "<Up><Up><Enter>");
  log_expect(&s, "[Line of services / api]");
  log_expect(&s, "order stored");
  log_expect(&s, "2026-11-24 14:03:26.300 UTC, as the line says");
  log_expect(&s, "{\"level\":\"info\",\"msg\":\"order stored\",\"id\":4711,\"user\":\"ann\"}");
  log_press(&s, "y");
  assert_int_equal(s.request.kind, REQUEST_COPY);
  assert_non_null(strstr(s.request.text, "order stored"));
  /* It stays when the line is dropped, and Esc returns to the place. */
  for (int i = 0; i < 20; i++)
    log_line(&s, 0, LOG_LEVEL_INFO, -i, "later");
  log_draw(&s);
  log_expect(&s, "order stored");
  log_press(&s, "<Esc>");
  assert_non_null(strstr(selected(&s), "order stored"));
  log_session_fini(&s);
}

static void test_the_whole_of_a_long_line(void **state) {
  (void)state;
  struct log_session s;
  log_session_init(&s, 80, 24, false);
  log_source(&s, "api.log", "file api.log");
  char *text = mem_new(LOG_TEXT_MAX);
  memset(text, 'x', LOG_TEXT_MAX - 1);
  memcpy(text + LOG_TEXT_MAX - 6, "<end>", 5);
  log_record(&s, (struct log_record){.time_ms = LOG_NOW, .text = text, .cut = 10 << 20});
  log_press(&s, "l<Enter>");
  log_expect(&s, "10 MB at its end were not kept");
  log_expect_not(&s, "<end>");
  log_press(&s, "<End>");
  log_expect(&s, "<end>");
  log_press(&s, "<Home><PgDn>");
  log_expect_not(&s, "<end>");
  /* On a larger screen it is not scrolled beyond its end. */
  log_press(&s, "<End>");
  canvas_free(s.canvas);
  s.canvas = canvas_new(200, 120, false);
  log_draw(&s);
  log_expect(&s, "<end>");
  log_expect(&s, "10 MB at its end were not kept");
  free(text);
  log_session_fini(&s);
}

static void test_lines_are_read_anew(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 80, 24);
  log_press(&s, "/timeout<Enter>N");
  log_expect(&s, "match 5 of 6");
  const int64_t time = log_at(s.log, log_view_index(&s.view->log, s.log))->time_ms;
  /* Between two frames. */
  log_clear(s.log);
  s.logs.reading++;
  s.logs.source_count = 0;
  log_fill(&s);
  log_draw(&s);
  log_expect(&s, "of 6");
  assert_int_equal(log_at(s.log, log_view_index(&s.view->log, s.log))->time_ms, time);
  /* Frame by frame. */
  log_clear(s.log);
  s.logs.reading++;
  s.logs.loading = true;
  log_draw(&s);
  log_expect(&s, "0 matches");
  s.logs.source_count = 0;
  log_fill(&s);
  s.logs.source_count = 2;
  s.logs.loading = false;
  log_draw(&s);
  assert_int_equal(log_at(s.log, log_view_index(&s.view->log, s.log))->time_ms, time);
  log_expect(&s, "of 6");
  log_session_fini(&s);
}

static void test_a_paused_screen(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 80, 24);
  log_press(&s, "z");
  assert_int_equal(s.request.kind, REQUEST_PAUSE);
  log_expect(&s, "paused");
  log_expect_not(&s, "following");
  log_press(&s, "v");
  assert_int_equal(s.request.kind, REQUEST_LOGS_CHANGE);
  log_press(&s, "<Up><PgUp><Enter><Esc>z");
  assert_int_equal(s.request.kind, REQUEST_RESUME);
  log_session_fini(&s);
}

static void test_what_has_ended_is_not_followed(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  s.sources[0].state = LOG_SOURCE_ENDED;
  log_draw(&s);
  log_expect(&s, "following");
  s.sources[1].state = LOG_SOURCE_ENDED;
  log_draw(&s);
  log_expect_not(&s, "following");
  log_expect(&s, "all sources have ended: no more lines will come");
  log_session_fini(&s);
}

static void test_long_lines(void **state) {
  (void)state;
  struct log_session s;
  log_session_init(&s, 80, 24, false);
  log_source(&s, "api.log", "file api.log");
  char text[300];
  memset(text, '-', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  memcpy(text + 100, "<middle>", 8);
  log_line(&s, 0, LOG_LEVEL_INFO, 0, text);
  log_press(&s, "l");
  log_expect_not(&s, "<middle>");
  log_press(&s, "<Right><Right><Right><Right>");
  log_expect(&s, "<middle>");
  log_press(&s, "<Left><Left><Left><Left>w");
  log_expect(&s, "<middle>");
  log_session_fini(&s);
}

/* No size and no key breaks it. */
static void test_every_size_and_key(void **state) {
  (void)state;
  static const char *const keys[] = {
      "<Up>",    "<PgUp>",  "<Home>", "<End>", "w",      "c",     "r",  "/a<Enter>", "n",     "N",
      "<Enter>", "<PgDn>",  "<Esc>",  "t",     "<Down>", "<Esc>", "o",  "<End>",     "<Esc>", "f",
      "<Esc>",   "<Right>", "<Left>", "s",     "?",      "<Esc>", "&x", "<Esc>",     "z",     "z"};
  for (int width = 30; width < 220; width += 19)
    for (int height = 6; height < 54; height += 7) {
      struct log_session s;
      session(&s, width, height);
      for (size_t i = 0; i < COUNT_OF(keys); i++)
        log_press(&s, keys[i]);
      log_session_fini(&s);
    }
}

/* One that backtracks without end costs a frame little, and the screen stays usable. */
static void test_a_pattern_that_takes_long(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  char text[400];
  memset(text, 'a', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  for (int i = 0; i < 900; i++)
    log_line(&s, 0, LOG_LEVEL_INFO, -i, text);
  const double start = cpu_ms();
  log_press(&s, "/(a|aa)+[0-9]<Enter>");
  log_press(&s, "kkkkkkkkkk");
  const double ms = (cpu_ms() - start) / 20;
  print_message("%.1f ms a key and a frame\n", ms);
  log_expect(&s, "searching");
  log_session_fini(&s);
}

/* Sequence numbers have gaps where lines were dropped: nothing is left out. */
static void test_a_search_with_gaps(void **state) {
  (void)state;
  enum { LINES = 20000 };
  struct log *log = log_new(LINES / 2, 64 << 20);
  struct log_matches matches;
  struct err err;
  for (int i = 0; i < LINES; i++) { /* every second one is old, and dropped */
    struct log_record record = {.time_ms = i % 2 ? i : -i - 1, .text = "yes", .len = 3};
    log_add(log, &record);
  }
  log_settle(log);
  log_matches_init(&matches);
  log_matches_set(&matches, pattern_new("yes", PATTERN_CASE_SMART, &err));
  for (int i = 0; i < 50; i++)
    log_matches_step(&matches, log);
  assert_true(matches.done);
  assert_int_equal(matches.count, log_count(log));
  log_matches_fini(&matches);
  log_free(log);
}

/* A frame looks at a part of the lines; all are counted after some. */
static void test_a_search_of_many_lines_takes_several_frames(void **state) {
  (void)state;
  enum { LINES = 50000 };
  struct log *log = log_new(LINES, 64 << 20);
  struct log_matches matches;
  struct err err;
  for (int i = 0; i < LINES; i++) {
    struct log_record record = {.time_ms = i / 10 * (i % 3), .text = i % 5 ? "no" : "yes"};
    record.len = (uint32_t)strlen(record.text);
    log_add(log, &record);
  }
  log_settle(log);
  log_matches_init(&matches);
  log_matches_set(&matches, pattern_new("yes", PATTERN_CASE_SMART, &err));
  log_matches_step(&matches, log);
  assert_false(matches.done);
  int frames = 1;
  for (; !matches.done; frames++)
    log_matches_step(&matches, log);
  assert_true(frames > 1 && frames < 100);
  assert_int_equal(matches.count, LINES / 5);
  for (size_t i = 0; i < matches.count; i++) {
    const size_t index = log_index(log, matches.places[i]);
    assert_string_equal(log_at(log, index)->text, "yes");
    bool at;
    assert_int_equal(log_matches_rank(&matches, matches.places[i], &at), i);
    assert_true(at);
  }
  log_matches_fini(&matches);
  log_free(log);
}

/* A full log, a search, and 200 lines a millisecond: a key and its frame stay fast. */
static void test_a_storm_of_lines(void **state) {
  (void)state;
  enum { FRAMES = 8, A_FRAME = 33 * 200 };
  struct log_session s;
  session(&s, 120, 36);
  log_free(s.log);
  s.logs.log = s.log = log_new(LOG_LINES_MAX, LOG_BYTES_MAX);
  struct log_record record = {.text = "GET /customers/4711 500 after a timeout of 250ms"};
  record.len = (uint32_t)strlen(record.text);
  for (int i = 0; i < LOG_LINES_MAX; i++) {
    record.time_ms = LOG_NOW - LOG_LINES_MAX + i;
    log_add(s.log, &record);
  }
  log_settle(s.log);
  log_press(&s, "/customers<Enter>");
  double ms = 0;
  for (int frame = 0; frame < FRAMES; frame++) {
    for (int i = 0; i < A_FRAME; i++) {
      record.time_ms = LOG_NOW + frame * 33 + i / 200;
      log_add(s.log, &record);
    }
    log_settle(s.log);
    const double start = cpu_ms();
    log_press(&s, frame % 2 ? "k" : "F");
    ms += cpu_ms() - start;
  }
  print_message("%.1f ms a key and a frame\n", ms / FRAMES);
  log_expect(&s, "/customers/");
  log_session_fini(&s);
}

static void point(struct log_session *s, const char *text, enum key_code code) {
  s->request =
      view_key(s->view, &s->fixture.model, s->now_ms, screen_key_at(s->canvas, text, code));
  log_answer(s, &s->request);
  log_draw(s);
}

/* A click selects the line that was seen, also when more have come; a further one opens it. */
static void test_clicks(void **state) {
  (void)state;
  struct log_session s;
  session(&s, 120, 36);
  log_press(&s, "<Up><Up><Up>");
  char text[LOG_TEXT_MAX];
  snprintf(text, sizeof text, "%s", selected(&s));
  log_press(&s, "F");
  assert_string_not_equal(selected(&s), text);
  log_press(&s, "r"); /* as they are */
  const struct key key = screen_key_at(s.canvas, text, KEY_CODE_CLICK);
  assert_int_equal(key.code, KEY_CODE_CLICK);
  for (int i = 0; i < 5; i++)
    log_line(&s, 0, LOG_LEVEL_INFO, -i, "more");
  view_key(s.view, &s.fixture.model, s.now_ms, key);
  log_draw(&s);
  assert_string_equal(selected(&s), text);
  assert_false(s.view->log.tail);
  point(&s, text, KEY_CODE_CLICK);
  log_expect(&s, "[Line of services / api]");
  log_press(&s, "<Esc>");
  point(&s, text, KEY_CODE_WHEEL_UP);
  assert_string_not_equal(selected(&s), text);
  log_press(&s, "t");
  point(&s, "GET /customers/<n> <n> in <n>ms", KEY_CODE_CLICK);
  const bool first = s.request.kind == REQUEST_LOGS_CHANGE; /* it may be the first one */
  if (!first)
    point(&s, "GET /customers/<n> <n> in <n>ms", KEY_CODE_CLICK);
  assert_int_equal(s.request.kind, REQUEST_LOGS_CHANGE);
  assert_non_null(strstr(s.grep, "customers"));
  log_press(&s, "o");
  point(&s, "all sources", KEY_CODE_CLICK);
  log_expect(&s, "[Logs of services / api]");
  log_session_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_opens_and_closes),
      cmocka_unit_test(test_a_row_without_logs_says_why),
      cmocka_unit_test(test_opens_from_the_details),
      cmocka_unit_test(test_what_cannot_be_read_says_why),
      cmocka_unit_test(test_following_is_left_and_resumed),
      cmocka_unit_test(test_the_place_is_kept),
      cmocka_unit_test(test_search),
      cmocka_unit_test(test_all_matches_are_highlighted),
      cmocka_unit_test(test_an_invalid_expression_is_not_sent),
      cmocka_unit_test(test_a_search_beyond_the_loaded_lines),
      cmocka_unit_test(test_filters),
      cmocka_unit_test(test_fields),
      cmocka_unit_test(test_the_filter_is_visible),
      cmocka_unit_test(test_saved_filters),
      cmocka_unit_test(test_top_messages),
      cmocka_unit_test(test_clicks),
      cmocka_unit_test(test_where_a_message_begins),
      cmocka_unit_test(test_the_expression_of_a_message),
      cmocka_unit_test(test_details_of_a_line),
      cmocka_unit_test(test_the_whole_of_a_long_line),
      cmocka_unit_test(test_lines_are_read_anew),
      cmocka_unit_test(test_a_paused_screen),
      cmocka_unit_test(test_what_has_ended_is_not_followed),
      cmocka_unit_test(test_long_lines),
      cmocka_unit_test(test_every_size_and_key),
      cmocka_unit_test(test_a_storm_of_lines),
      cmocka_unit_test(test_a_pattern_that_takes_long),
      cmocka_unit_test(test_a_search_with_gaps),
      cmocka_unit_test(test_lines_that_were_given_up),
      cmocka_unit_test(test_a_search_of_many_lines_takes_several_frames),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
