/* A model written as JSON and read back draws the same screen, to the cell: screen tests and
 * recordings can use the output of `check --json`. */
#include "model/judge/model_evaluate.h"
#include "report/json/json.h"
#include "ui/screen_fixture.h"
#include "ui/screen_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct { int width, height; } sizes[] = {{80, 24}, {120, 36}, {200, 50}, {40, 12}};

static const char *const keys[] = {"", "2<Enter>", "3<Enter><Enter>", "4/idle"};

static char *draw(const struct model *model, int64_t now_ms, int width, int height,
                  const char *pressed) {
  struct view_options options = {.utc = true, .user = "ops@bastion1"};
  struct view *view = view_new(&options);
  struct canvas *canvas = canvas_new(width, height, false);
  view_draw(view, model, now_ms, canvas);
  while (*pressed) {
    view_key(view, model, now_ms, screen_next_key(&pressed));
    view_draw(view, model, now_ms, canvas);
  }
  char *text = screen_text(canvas);
  canvas_free(canvas);
  view_free(view);
  return text;
}

typedef bool (*write_function)(FILE *out, const struct model *model, int64_t now_ms);

static void same_screens(const struct model *model, int64_t now_ms, write_function write) {
  char *text = NULL;
  size_t len = 0;
  FILE *file = open_memstream(&text, &len);
  assert_true(write(file, model, now_ms));
  fclose(file);
  struct report_document document;
  struct err err;
  if (!report_json_read(&document, text, len, &err))
    fail_msg("%s", err.text);
  assert_int_equal(document.now_ms, now_ms);
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
      char *before = draw(model, now_ms, sizes[s].width, sizes[s].height, keys[k]);
      char *after =
          draw(&document.model, document.now_ms, sizes[s].width, sizes[s].height, keys[k]);
      assert_string_equal(after, before);
      free(before);
      free(after);
    }
  }
  report_document_fini(&document);
  free(text);
}

/* With the history of the cells, as in a recording. */
static void test_recorded(void **state) {
  (void)state;
  static const enum fixture_scene scenes[] = {SCENE_CALM, SCENE_INCIDENT, SCENE_HOSTILE,
                                              SCENE_EMPTY};
  for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
    struct fixture fixture;
    fixture_init(&fixture, scenes[i], i == 1);
    fixture_run(&fixture);
    same_screens(&fixture.model, FIXTURE_NOW, report_json_record);
    fixture_fini(&fixture);
  }
}

/* As in `check`: everything was asked once. */
static void test_checked(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_init(&fixture, SCENE_INCIDENT, true);
  for (size_t target_index = 0; target_index < fixture.model.target_count; target_index++)
    fixture_publish(&fixture, target_index, 0, FIXTURE_NOW - 3);
  model_evaluate(&fixture.model, FIXTURE_NOW, true);
  same_screens(&fixture.model, FIXTURE_NOW, report_json_write);
  fixture_fini(&fixture);
}

/* Some never answered, some no longer do, one is old. */
static void test_in_trouble(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_init(&fixture, SCENE_INCIDENT, true);
  fixture_run(&fixture);
  fixture_fail(&fixture, 0, ERR_TIMEOUT, "no answer within 3s", 500);
  fixture_fail(&fixture, 3, ERR_REFUSED, "kafka:9092: nothing listens there", 4000);
  model_evaluate(&fixture.model, FIXTURE_NOW + 8000, false);
  same_screens(&fixture.model, FIXTURE_NOW + 8000, report_json_record);
  model_evaluate(&fixture.model, FIXTURE_NOW + 60000, false);
  same_screens(&fixture.model, FIXTURE_NOW + 60000, report_json_record);
  fixture_fini(&fixture);
}

static void test_waiting(void **state) {
  (void)state;
  struct fixture fixture;
  fixture_init(&fixture, SCENE_CALM, false);
  model_evaluate(&fixture.model, FIXTURE_NOW, false);
  same_screens(&fixture.model, FIXTURE_NOW, report_json_record);
  fixture_fini(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_recorded),
      cmocka_unit_test(test_checked),
      cmocka_unit_test(test_in_trouble),
      cmocka_unit_test(test_waiting),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
