/* Whole screens of logs, compared with files. After an intended change: STACKTOP_REGENERATE=1, then
 * check the git diff. */
#include "ui/log_fixture.h"

struct log_screen {
  const char *name;
  void (*make)(struct log_session *s);
  int width, height;
  bool ascii;
  const char *keys;
};

static void make_none(struct log_session *s) {
  log_source(s, "api-1.log", "file /var/log/ecap/api-1.log");
}

static void make_failed(struct log_session *s) {
  log_fill(s);
  s->sources[0].state = LOG_SOURCE_FAILED;
  err_set(&s->sources[0].err, ERR_DENIED, "no right to read /var/log/ecap/api-1.log");
  err_set(&s->sources[1].err, ERR_UNSUPPORTED, "worker.log.2.gz is compressed and not read");
}

static void make_reading(struct log_session *s) {
  log_fill(s);
  s->logs.loading = true;
  s->sources[0].state = LOG_SOURCE_READING;
  s->sources[0].bytes = 45 << 20;
  s->sources[0].bytes_total = 100 << 20;
}

/* Long, cut, continued, without a time, of yesterday, and with what a terminal must not get. */
static void make_odd(struct log_session *s) {
  char text[400];
  log_source(s, "api-1.log", "file /var/log/ecap/api-1.log");
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  memcpy(text, "long ", 5);
  memcpy(text + 320, " end ", 5);
  log_record(s, (struct log_record){.time_ms = LOG_NOW - 86400000,
                                    .text = "of yesterday",
                                    .level = LOG_LEVEL_INFO});
  log_record(s,
             (struct log_record){.time_ms = LOG_NOW - 9000, .text = text, .level = LOG_LEVEL_WARN});
  log_record(
      s, (struct log_record){
             .time_ms = LOG_NOW - 8000, .text = text, .cut = 10 << 20, .level = LOG_LEVEL_ERROR});
  log_record(s, (struct log_record){.time_ms = LOG_NOW - 7000,
                                    .text = "Traceback (most recent call last):",
                                    .level = LOG_LEVEL_ERROR});
  log_record(s, (struct log_record){.time_ms = LOG_NOW - 7000,
                                    .text = "  File \"/srv/api.py\", line 12",
                                    .level = LOG_LEVEL_ERROR,
                                    .continued = true,
                                    .time = LOG_TIME_INHERITED});
  log_record(s, (struct log_record){.time_ms = LOG_NOW - 6000,
                                    .text = "no time of its own",
                                    .time = LOG_TIME_ARRIVAL});
  log_record(
      s, (struct log_record){
             .time_ms = LOG_NOW - 5000,
             .text = "\x1b[2J\x1b]0;owned\x07 \xE5\xAE\xA2\xE6\x88\xB7\xF0\x9F\x98\x80 \xE2\x80\xAE"
                     "e\xCC\x81nd\ttab"});
}

static const struct log_screen screens[] = {
    {"log/lines-80x24", log_fill, 80, 24, false, ""},
    {"log/lines-80x24-ascii", log_fill, 80, 24, true, ""},
    {"log/lines-120x36", log_fill, 120, 36, false, ""},
    {"log/lines-200x50", log_fill, 200, 50, false, ""},
    {"log/lines-40x12", log_fill, 40, 12, false, ""},
    {"log/lines-30x6", log_fill, 30, 6, false, ""},
    {"log/above-80x24", log_fill, 80, 24, false, "<PgUp>"},
    {"log/search-80x24", log_fill, 80, 24, false, "/timeout<Enter>N"},
    {"log/search-wrong-80x24", log_fill, 80, 24, false, "/tim(out"},
    {"log/search-wrong-40x12", log_fill, 40, 12, false, "&tim(out"},
    {"log/record-80x24", log_fill, 80, 24, false, "<Up><Up><Enter>"},
    {"log/record-40x12", log_fill, 40, 12, false, "<Up><Up><Enter>"},
    {"log/top-80x24", log_fill, 80, 24, false, "t<Down>"},
    {"log/top-40x12", log_fill, 40, 12, false, "t"},
    {"log/sources-80x24", make_failed, 80, 24, false, "o<Down>"},
    {"log/saved-80x24", log_fill, 80, 24, false, "f"},
    {"log/failed-80x24", make_failed, 80, 24, false, ""},
    {"log/reading-80x24", make_reading, 80, 24, false, ""},
    {"log/none-80x24", make_none, 80, 24, false, ""},
    {"log/odd-80x24", make_odd, 80, 24, false, ""},
    {"log/odd-wrapped-80x24", make_odd, 80, 24, false, "w"},
    {"log/odd-across-80x24-ascii", make_odd, 80, 24, true, "<Right>"},
    {"log/help-80x24", log_fill, 80, 24, false, "?"},
};

static void test_screen(void **state) {
  const struct log_screen *screen = *state;
  struct log_session s;
  log_session_init(&s, screen->width, screen->height, screen->ascii);
  screen->make(&s);
  log_press(&s, "l");
  log_press(&s, screen->keys);
  char *first = screen_text(s.canvas);
  log_draw(&s);
  char *second = screen_text(s.canvas);
  if (strcmp(first, second) != 0)
    fail_msg("%s: drawn again it is another one:\n%s%s", screen->name, first, second);
  char *wrong = screen_differs(screen->name, first);
  if (wrong)
    fail_msg("%s", wrong);
  free(first);
  free(second);
  log_session_fini(&s);
}

int main(void) {
  enum { COUNT = sizeof screens / sizeof *screens };
  struct CMUnitTest tests[COUNT];
  for (size_t i = 0; i < COUNT; i++)
    tests[i] = (struct CMUnitTest){screens[i].name, test_screen, NULL, NULL, (void *)&screens[i]};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
