/* The header at all widths: what stays, what goes first, and that nothing is cut in two. */
#include "model/judge/model_evaluate.h"
#include "ui/screen_fixture.h"
#include "ui/screen_text.h"
#include "ui/view/draw/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

enum { LINE_MAX_BYTES = CANVAS_SIDE_MAX * CELL_BYTES };

struct header {
  struct fixture fixture;
  struct view *view;
  char line[LINE_MAX_BYTES];
};

static void zone_set(const char *zone) {
  setenv("TZ", zone, 1);
  tzset();
}

static void header_init(struct header *header, enum fixture_scene scene, bool utc) {
  fixture_init(&header->fixture, scene, false);
  fixture_run(&header->fixture);
  header->view = view_new(&(struct view_options){.utc = utc, .user = "ops@bastion1"});
}

static void header_fini(struct header *header) {
  view_free(header->view);
  fixture_fini(&header->fixture);
}

/* A line of the screen without the blanks at its end. */
static const char *line_at(struct header *header, int width, int height, int y, bool ascii) {
  struct canvas *canvas = canvas_new(width, height, ascii);
  size_t at = 0;
  view_draw(header->view, &header->fixture.model, header->fixture.now_ms, canvas);
  for (int x = 0; x < width; x++)
    at += (size_t)snprintf(header->line + at, sizeof header->line - at, "%s",
                           canvas_cell(canvas, x, y)->text);
  while (at > 0 && header->line[at - 1] == ' ')
    header->line[--at] = '\0';
  canvas_free(canvas);
  return header->line;
}

static const char *first(struct header *header, int width) {
  return line_at(header, width, 24, 0, false);
}

/* Everything that the line can have. */
static void fill_all(struct header *header) {
  struct model *model = &header->fixture.model;
  model->operations.lock = LOCK_UNLOCKED;
  model->operations.lock_ms = FIXTURE_NOW + 290000;
  model->operations.unrecorded = 2;
  model->incident = (struct incident_brief){.id = "INC-20261124-133000",
                                            .level = 2,
                                            .opened_ms = FIXTURE_NOW - 720000,
                                            .others = 1,
                                            .update_ms = FIXTURE_NOW - 180000};
  fixture_fail(&header->fixture, 5, ERR_DENIED, "NOPERM", 14000);
  header->fixture.model.targets[6].sample->taken_ms = FIXTURE_NOW - 40000;
  model_evaluate(model, FIXTURE_NOW, false);
}

struct expected {
  int width;
  const char *line;
};

static void expect_lines(struct header *header, const struct expected *expected, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(first(header, expected[i].width), expected[i].line) != 0) {
      print_message("width %d\n  |%s|\n  |%s|\n", expected[i].width, expected[i].line,
                    header->line);
      if (!getenv("STACKTOP_PRINT"))
        fail();
    }
}

/* In a zone of its own. */
static void test_an_incident_at_all_widths(void **state) {
  (void)state;
  static const struct expected expected[] = {
      {200, " stacktop  ecap [PRODUCTION]  3 CRIT   2 WARN   1 pending                             "
            "                                                                   LIVE  ops@bastion1 "
            " 14:03:27 UTC  15:03:27 CET"},
      {120, " stacktop  ecap [PRODUCTION]  3 CRIT   2 WARN   1 pending                LIVE  "
            "ops@bastion1  14:03:27 UTC  15:03:27 CET"},
      {80, " ecap [PRODUCTION]  3 CRIT   2 WARN   1 pending              LIVE  15:03:27 CET"},
      {40, " ecap [PRODUCTION] 3!! 2!  15:03:27 CET"},
      {30, " ecap [PROD] 3!! 2!  15:03:27"}};
  struct header header;
  zone_set("CET-1");
  header_init(&header, SCENE_INCIDENT, false);
  expect_lines(&header, expected, COUNT_OF(expected));
  header_fini(&header);
}

/* Everything that the line can have. */
static void test_all_parts_at_all_widths(void **state) {
  (void)state;
  static const struct expected expected[] = {
      {200, " ecap [PRODUCTION]  UNLOCKED 5m   2 NOT RECORDED   P2 INC-20261124-133000 12m +1, "
            "update overdue by 3m 00s   2 CRIT   1 WARN   1 UNKNOWN   1 STALE   1 pending         "
            "LIVE  ops@bastion1  15:03:27 CET"},
      {160, " ecap [PRODUCTION]  UNLOCKED 5m   2 NOT RECORDED   P2 INC-20261124-133000 12m +1 "
            "OVERDUE   2 CRIT   1 WARN   1 UNKNOWN   1 STALE             LIVE  15:03:27 CET"},
      {120, " ecap [PRODUCTION]  UNLOCKED 5m   2 NOT RECORDED   P2 INC-20261124-133000 12m!  2!! "
            "1! 1? 1 old            15:03:27 CET"},
      {100, " ecap [PRODUCTION]  UNL 5m   2 UNREC   P2 INC-20261124-133000 12m!  2!! 1! 1? 1 old   "
            " 15:03:27 CET"},
      {80, " ecap [PRODUCTION]  UNL 5m   2 UNREC   P2 12m!  2!! 1! 1? 1 old    15:03:27 CET"},
      {60, " [PROD]  UNL 5m   2 UNREC   P2 12m!  2!! 1! 1? 1 old  15:03"},
      {50, " [PROD]  UNL 5m   P2 12m!  2!! 1! 1? 1 old"},
      {40, " [PROD]  UNL 5m  2!! 1! 1? 1 old"},
      {30, " [PROD] 2!! 1! 1? 1 old"}};
  struct header header;
  zone_set("CET-1");
  header_init(&header, SCENE_INCIDENT, false);
  fill_all(&header);
  expect_lines(&header, expected, COUNT_OF(expected));
  header_fini(&header);
}

/* What is drawn of the line is whole words and numbers of one of its parts, at each width. */
static void test_nothing_is_cut(void **state) {
  (void)state;
  static const char *const tokens[] = {"stacktop",
                                       "ecap",
                                       "[PRODUCTION]",
                                       "[PROD]",
                                       "UNLOCKED",
                                       "UNL",
                                       "5m",
                                       "2",
                                       "NOT",
                                       "RECORDED",
                                       "UNREC",
                                       "P2",
                                       "INC-20261124-133000",
                                       "12m",
                                       "+1",
                                       "update",
                                       "3m",
                                       "00s",
                                       "overdue",
                                       "by",
                                       "OVERDUE,",
                                       "OVERDUE",
                                       "12m!",
                                       "12m,",
                                       "+1,",
                                       "1",
                                       "CRIT",
                                       "WARN",
                                       "UNKNOWN",
                                       "STALE",
                                       "pending",
                                       "2!!",
                                       "1!",
                                       "1?",
                                       "old",
                                       "1:",
                                       "LIVE",
                                       "PAUSED",
                                       "ops@bastion1",
                                       "15:03:27",
                                       "CET",
                                       "15:03",
                                       "14:03:27",
                                       "UTC"};
  struct header header;
  zone_set("CET-1");
  header_init(&header, SCENE_INCIDENT, false);
  fill_all(&header);
  for (int pass = 0; pass < 2; pass++) {
    for (int width = VIEW_WIDTH_LEAST; width <= 220; width++) {
      char line[LINE_MAX_BYTES], *rest = NULL;
      snprintf(line, sizeof line, "%s", line_at(&header, width, 24, 0, pass == 1));
      for (const char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        size_t i = 0;
        while (i < COUNT_OF(tokens) && strcmp(tokens[i], word) != 0)
          i++;
        if (i == COUNT_OF(tokens))
          fail_msg("width %d: \"%s\" in \"%s\"", width, word, header.line);
      }
      assert_non_null(strstr(header.line, pass ? "PAUSED" : "CRIT") ?: strstr(header.line, "!!"));
    }
    view_key(header.view, &header.fixture.model, FIXTURE_NOW, (struct key){KEY_CODE_RUNE, 'z'});
  }
  header_fini(&header);
}

/* One clock where the host's zone is UTC; with --utc that of the screen comes last. */
static void test_clocks(void **state) {
  (void)state;
  struct header header;
  zone_set("UTC0");
  header_init(&header, SCENE_CALM, false);
  assert_non_null(strstr(first(&header, 120), "ops@bastion1  14:03:27 UTC"));
  zone_set("CET-1");
  assert_non_null(strstr(first(&header, 120), "  14:03:27 UTC  15:03:27 CET"));
  zone_set("<-03>3");
  assert_non_null(strstr(first(&header, 120), "  14:03:27 UTC  11:03:27 -03"));
  header_fini(&header);
  zone_set("CET-1");
  header_init(&header, SCENE_CALM, true);
  assert_non_null(strstr(first(&header, 120), "  15:03:27 CET  14:03:27 UTC"));
  header_fini(&header);
}

static void test_environments(void **state) {
  (void)state;
  static const struct {
    const char *name, *shown;
  } names[] = {{"production", "[PRODUCTION]"},
               {"Prod", "[PRODUCTION]"},
               {"eu-prod", "[PRODUCTION eu-prod]"},
               {"live", "[PRODUCTION live]"},
               {"staging", "staging"},
               {"reproduction", "reproduction"},
               {NULL, ""}};
  char shown[HEADER_ENVIRONMENT_MAX];
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    const struct config config = {.environment = (char *)names[i].name};
    assert_string_equal(header_environment(&config, shown), names[i].shown);
  }
}

/* ---- nothing that is not known is ever fine */

static const char *all_lines(struct header *header, int width) {
  static char all[2 * LINE_MAX_BYTES];
  snprintf(all, sizeof all, "%s\n", line_at(header, width, 24, 0, false));
  strcat(all, line_at(header, width, 24, 1, false));
  return all;
}

static void expect_not_ok(struct header *header, const char *counted, const char *sign) {
  static const int widths[] = {40, 80, 120, 200};
  for (size_t i = 0; i < COUNT_OF(widths); i++) {
    const char *all = all_lines(header, widths[i]);
    if (strstr(all, "all ok") || strstr(all, " ok ") || strstr(all, "7/7") ||
        strstr(all, "no findings"))
      fail_msg("width %d: %s", widths[i], all);
    if (!strstr(all, counted) && !strstr(all, sign))
      fail_msg("width %d has no \"%s\": %s", widths[i], counted, all);
  }
}

static void test_unknown_and_stale_are_never_ok(void **state) {
  (void)state;
  struct header header;
  zone_set("UTC0");
  header_init(&header, SCENE_CALM, false);
  assert_non_null(strstr(all_lines(&header, 80), "all ok"));
  assert_non_null(strstr(all_lines(&header, 80), "7/7 targets up, no findings"));
  fixture_fail(&header.fixture, 4, ERR_DENIED, "permission denied", 1000);
  model_evaluate(&header.fixture.model, FIXTURE_NOW, false);
  expect_not_ok(&header, "1 UNKNOWN", "1?");
  fixture_publish(&header.fixture, 4, FIXTURE_STEPS, FIXTURE_NOW);
  model_evaluate(&header.fixture.model, FIXTURE_NOW, false);
  assert_non_null(strstr(all_lines(&header, 80), "all ok"));

  header.fixture.now_ms = FIXTURE_NOW + 3600000; /* nothing was collected for an hour */
  model_evaluate(&header.fixture.model, header.fixture.now_ms, false);
  expect_not_ok(&header, "7 STALE", "7 old");
  assert_null(strstr(all_lines(&header, 80), "UNKNOWN")); /* counted once */
  header_fini(&header);
}

static void test_waiting_is_not_ok(void **state) {
  (void)state;
  struct header header = {0};
  zone_set("UTC0");
  fixture_init(&header.fixture, SCENE_CALM, false);
  header.view = view_new(&(struct view_options){.utc = true});
  model_evaluate(&header.fixture.model, FIXTURE_NOW, false);
  expect_not_ok(&header, "7 waiting", "7..");
  header_fini(&header);
}

/* ---- the worst finding */

static const char *second(struct header *header, int width, int height) {
  return line_at(header, width, height, 1, false);
}

static void test_the_onset_stays(void **state) {
  (void)state;
  struct header header;
  zone_set("UTC0");
  header_init(&header, SCENE_INCIDENT, false);
  assert_string_equal(second(&header, 40, 12), " !! ecap 8123 idle in\xE2\x80\xA6 since 13:49");
  assert_string_equal(second(&header, 80, 24),
                      " !! postgres ecap 8123 idle in transaction 14m, blocks 2 since 13:49:20");
  assert_string_equal(second(&header, 120, 24),
                      " !! postgres ecap 8123 idle in transaction 14m, blocks 2 since 13:49:20"
                      "                                        +4 more");
  assert_string_equal(line_at(&header, 40, 12, 1, true), " !! ecap 8123 idle in~ since 13:49");
  header_fini(&header);
}

/* Whatever is dropped, the onset is there, and no word of the sentence is cut. */
static void test_a_long_sentence(void **state) {
  (void)state;
  struct header header;
  zone_set("UTC0");
  header_init(&header, SCENE_CALM, false);
  fixture_fail(&header.fixture, 3, ERR_REFUSED,
               "connection refused: nothing listens on kafka-0.kafka-headless.ecap.svc:9092, "
               "12,430 messages behind",
               5000);
  model_evaluate(&header.fixture.model, FIXTURE_NOW, false);
  for (int width = 32; width < 200; width++) {
    const char *line = second(&header, width, 24), *cut = strstr(line, "\xE2\x80\xA6");
    if (!strstr(line, " since 14:03"))
      fail_msg("width %d: %s", width, line);
    static const char *const ends[] = {"main ",
                                       "connection",
                                       "refused",
                                       "nothing",
                                       "listens",
                                       "on",
                                       "kafka-0.kafka-headless.ecap.svc:9092",
                                       "12,430",
                                       "messages"};
    bool whole = !cut;
    for (size_t i = 0; i < COUNT_OF(ends) && cut; i++) {
      const size_t length = strlen(ends[i]);
      whole = whole || (cut >= line + length && strncmp(cut - length, ends[i], length) == 0);
    }
    if (!whole)
      fail_msg("width %d: %s", width, line);
  }
  header_fini(&header);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_an_incident_at_all_widths),
                                     cmocka_unit_test(test_all_parts_at_all_widths),
                                     cmocka_unit_test(test_nothing_is_cut),
                                     cmocka_unit_test(test_clocks),
                                     cmocka_unit_test(test_environments),
                                     cmocka_unit_test(test_unknown_and_stale_are_never_ok),
                                     cmocka_unit_test(test_waiting_is_not_ok),
                                     cmocka_unit_test(test_the_onset_stays),
                                     cmocka_unit_test(test_a_long_sentence)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
