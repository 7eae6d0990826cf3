/* Each dialog as a whole screen, compared with files; see test_screens.c. */
#include "ui/operation_fixture.h"
#include "ui/screen_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct screen {
  const char *name;
  void (*make)(struct acting *acting);
  int width, height;
  bool ascii;
  const char *keys; /* a "." at the end: a second passes */
};

static void make_rows(struct acting *acting) {
  acting_init(acting, false);
}

static void make_behind(struct acting *acting) {
  acting_init(acting, true);
  acting_run(acting, OPERATION_EXECUTE, 3, FIXTURE_NOW);
  acting->base.model.operations.front = NULL;
}

static void make_locked(struct acting *acting) {
  acting_init(acting, true);
  acting->base.model.operations.lock = LOCK_READ_ONLY;
}

static void make_unlocked(struct acting *acting) {
  acting_init(acting, false);
  acting->base.model.operations.lock = LOCK_UNLOCKED;
  acting->base.model.operations.lock_ms = FIXTURE_NOW + 250000;
}

static void make_menu(struct acting *acting) {
  acting_init(acting, false);
  acting_menu(acting);
}

static void make_form(struct acting *acting) {
  acting_init(acting, false);
  acting_front(acting, &spec_reset, OPERATION_FORM, FIXTURE_NOW);
}

static void make_form_wrong(struct acting *acting) {
  make_form(acting);
  acting->operation.texts[0] = (char *)"yesterday";
  acting->operation.param_wrong = 0;
  err_set(&acting->operation.err, ERR_INVALID,
          "\"yesterday\" is no place to go on: write earliest, latest, an offset or a time");
}

static void make_survey(struct acting *acting) {
  acting_init(acting, false);
  struct operation *operation =
      acting_front(acting, &spec_reset, OPERATION_SURVEY, FIXTURE_NOW - 3000);
  snprintf(operation->progress.step, sizeof operation->progress.step, "offsets of 2 topics");
}

static void make_choice(struct acting *acting) {
  acting_init(acting, false);
  acting_front(acting, &spec_reset, OPERATION_CHOICE, FIXTURE_NOW)->found = acting_found(3, 8);
}

static void make_choice_one(struct acting *acting) {
  acting_init(acting, false);
  acting_front(acting, &spec_vacuum, OPERATION_CHOICE, FIXTURE_NOW)->found = acting_found(2, 3);
}

static void make_cancel(struct acting *acting) {
  acting_init(acting, true);
  acting_plan(acting, &spec_cancel, 1, false, FIXTURE_NOW);
}

static void make_terminate(struct acting *acting) {
  acting_init(acting, true);
  acting_plan(acting, &spec_terminate, 1, false, FIXTURE_NOW);
}

static void make_production(struct acting *acting) {
  acting_init(acting, false);
  acting_plan(acting, &spec_terminate, 3, true, FIXTURE_NOW);
}

static void make_bulk(struct acting *acting) {
  acting_init(acting, false);
  acting_plan(acting, &spec_terminate, 60, true, FIXTURE_NOW);
}

static void make_old(struct acting *acting) {
  acting_init(acting, false);
  acting_plan(acting, &spec_cancel, 1, false, FIXTURE_NOW - 31000);
}

static void make_refused(struct acting *acting) {
  make_cancel(acting);
  err_set(&acting->operation.err, ERR_DENIED, "the record cannot be written: No space left");
}

static void make_hostile(struct acting *acting) {
  acting_init(acting, true);
  struct plan *plan = acting_plan(acting, &spec_terminate, 1, false, FIXTURE_NOW);
  plan->objects[0].cells[2] = "SELECT '\x1b[2J\x1b]0;owned\x07' -- \xE2\x80\xAE \xE5\xAE\xA2";
  plan_say(plan, PLAN_WARNING, "its client says \x1b[31m of itself that it is \xFF\n[>Cancel<]");
}

static void make_run(struct acting *acting) {
  acting_init(acting, false);
  struct operation *operation = acting_run(acting, OPERATION_EXECUTE, 6, FIXTURE_NOW - 12000);
  operation->progress = (struct progress){
      .done = 12430, .total = 20000, .unit = "rows", .started_ms = FIXTURE_NOW - 10000};
  snprintf(operation->progress.step, sizeof operation->progress.step, "index rebuild, scanning");
}

static void make_verify(struct acting *acting) {
  acting_init(acting, false);
  acting_run(acting, OPERATION_VERIFY, 2, FIXTURE_NOW - 2000);
}

static void make_end(struct acting *acting) {
  acting_init(acting, false);
  struct operation *operation = acting_run(acting, OPERATION_ENDED, 4, FIXTURE_NOW);
  outcome_proof(&operation->outcome, "2 of 4 are not in pg_stat_activity any more");
  outcome_undo(&operation->outcome, "kafka.reset_offsets main 'ecap group' to=file:/tmp/undo.csv");
  operation->execute_ms = 230;
  operation->verify_ms = 1250;
}

static void make_unrecorded(struct acting *acting) {
  make_end(acting);
  acting->base.model.operations.unrecorded = 1;
  err_set(&acting->operation.unrecorded, ERR_IO,
          "cannot write the audit log /home/ops/.local/state/stacktop/audit.jsonl (no space left "
          "on the disk): the outcome is not yet on disk");
}

static void make_partly(struct acting *acting) {
  acting_init(acting, false);
  struct operation *operation = acting_run(acting, OPERATION_ENDED, 2, FIXTURE_NOW);
  outcome_note(&operation->outcome, 1, 123345, 1000000, "keys");
  outcome_set(&operation->outcome, 1, OBJECT_UNKNOWN, "no answer within 30s");
  operation->execute_ms = 88000;
  operation->verify_ms = -1;
}

/* With a line that is longer than the screen, a hostile one, a gap, and errors. */
static void make_output(struct acting *acting) {
  acting_init(acting, false);
  struct operation *operation = acting_run(acting, OPERATION_ENDED, 1, FIXTURE_NOW);
  struct excerpt out, errors;
  excerpt_init(&out, 600, 300);
  excerpt_init(&errors, 600, 300);
  for (int i = 1; i <= 100; i++) {
    char line[200];
    snprintf(line, sizeof line, i == 5 ? "%d: \x1b[31m\xff\t| a hostile line\n" : "%d: \t| %.*s\n",
             i, i == 7 ? 150 : 12,
             "com.example.analytics.ReallyLongNamesOfClasses com.example.analytics.AndMoreOfThem "
             "com.example.analytics.UntilTheLineIsLongerThanTheScreen and its count");
    excerpt_add(&out, line, strlen(line));
  }
  excerpt_add(&errors, "jcmd: attached to pid 1\n", 24);
  outcome_output(&operation->outcome, OUTPUT_STDOUT, &out, NULL);
  outcome_output(&operation->outcome, OUTPUT_STDERR, &errors, NULL);
  excerpt_fini(&out);
  excerpt_fini(&errors);
  operation->execute_ms = 1200;
  operation->verify_ms = -1;
}

static void make_never(struct acting *acting) {
  acting_init(acting, true);
  err_set(&acting_front(acting, &spec_terminate, OPERATION_ENDED, FIXTURE_NOW)->err, ERR_DENIED,
          "read-only (--read-only): :unlock ends it for 5 minutes");
}

static const struct screen screens[] = {
    {"row-keys-80x24", make_rows, 80, 24, false, "3"},
    {"row-keys-120x36", make_rows, 120, 36, false, "3  "},
    {"target-keys", make_rows, 120, 36, false, "3<Home>"},
    {"command", make_rows, 80, 24, false, ":unlock ecap-"},
    {"behind", make_behind, 80, 24, false, ""},
    {"locked-80x24", make_locked, 80, 24, false, "3"},
    {"locked-40x12", make_locked, 40, 12, false, ""},
    {"unlocked-80x24", make_unlocked, 80, 24, false, ""},
    {"help-acts", make_rows, 100, 90, false, "?<End>"},
    {"menu-80x24", make_menu, 80, 24, false, ""},
    {"menu-80x24-ascii", make_menu, 80, 24, true, "j"},
    {"menu-120x36", make_menu, 120, 36, false, "jjj"},
    {"menu-40x12", make_menu, 40, 12, false, ""},
    {"form-80x24", make_form, 80, 24, false, "<Tab>"},
    {"form-120x36", make_form, 120, 36, false, "<Backspace>x<Enter><Right><Enter>a b"},
    {"form-wrong", make_form_wrong, 80, 24, true, ""},
    {"form-40x12", make_form, 40, 12, false, "<Tab><Tab>"},
    {"survey-80x24", make_survey, 80, 24, false, ""},
    {"choice-80x24", make_choice, 80, 24, false, ""},
    {"choice-80x24-ascii", make_choice, 80, 24, true, "<Down>  <Up><Up><Up>"},
    {"choice-120x36", make_choice, 120, 36, false, " /tion 3<Enter> "},
    {"choice-one", make_choice_one, 80, 24, false, " <Down> "},
    {"choice-40x12", make_choice, 40, 12, false, "G"},
    {"plan-reversible-80x24", make_cancel, 80, 24, false, ""},
    {"plan-reversible-armed", make_cancel, 80, 24, false, "<Down>."},
    {"plan-reversible-120x36", make_cancel, 120, 36, true, ""},
    {"plan-destructive-80x24", make_terminate, 80, 24, false, ""},
    {"plan-destructive-80x24-ascii", make_terminate, 80, 24, true, "eca"},
    {"plan-production-80x24", make_production, 80, 24, false, ""},
    {"plan-production-120x36", make_production, 120, 36, false, "ecap-prod 3."},
    {"plan-production-wrong", make_production, 80, 24, false, "ecap-prod 2<Enter>"},
    {"plan-bulk-80x24", make_bulk, 80, 24, false, "<PgDn>"},
    {"plan-bulk-300x80", make_bulk, 300, 80, false, ""},
    {"plan-production-40x12", make_production, 40, 12, false, ""},
    {"plan-production-30x6", make_production, 30, 6, false, ""},
    {"plan-old", make_old, 80, 24, false, ""},
    {"plan-refused", make_refused, 80, 24, false, ""},
    {"plan-hostile", make_hostile, 80, 24, false, ""},
    {"run-80x24", make_run, 80, 24, false, ""},
    {"run-120x36-ascii", make_run, 120, 36, true, "<Esc>"},
    {"run-40x12", make_run, 40, 12, false, ""},
    {"verify", make_verify, 80, 24, false, "<Esc>"},
    {"end-80x24", make_end, 80, 24, false, ""},
    {"end-120x36", make_end, 120, 36, true, ""},
    {"end-40x12", make_end, 40, 12, false, "<PgDn>"},
    {"end-unrecorded-80x24", make_unrecorded, 80, 24, false, ""},
    {"end-unrecorded-40x12", make_unrecorded, 40, 12, false, ""},
    {"end-partly-80x24", make_partly, 80, 24, false, ""},
    {"end-never", make_never, 80, 24, false, ""},
    {"end-output", make_output, 80, 24, false, ""},
    {"output-80x24", make_output, 80, 24, false, "o"},
    {"output-120x36", make_output, 120, 36, false, "o/jcmd<Enter>"},
    {"output-40x12-ascii", make_output, 40, 12, true, "o<PgDn>/10"},
};

/* Drawn twice, so that a screen that differs the second time is found. A "." at the end: a second
 * passes before the last frame. */
static char *draw_screen(const struct screen *screen) {
  struct acting acting;
  int64_t now_ms = FIXTURE_NOW;
  screen->make(&acting);
  struct view *view = view_new(&(struct view_options){.utc = true, .user = "ops@bastion1"});
  struct canvas *canvas = canvas_new(screen->width, screen->height, screen->ascii);
  view_draw(view, &acting.base.model, now_ms, canvas);
  for (const char *keys = screen->keys; *keys;) {
    bool waits = strcmp(keys, ".") == 0;
    if (waits)
      now_ms += 1000;
    struct key key = screen_next_key(&keys);
    if (!waits)
      view_key(view, &acting.base.model, now_ms, key);
    view_draw(view, &acting.base.model, now_ms, canvas);
  }
  char *first = screen_text(canvas);
  view_draw(view, &acting.base.model, now_ms, canvas);
  char *second = screen_text(canvas);
  if (strcmp(first, second) != 0)
    fail_msg("%s: drawn again it is another one:\n%s%s", screen->name, first, second);
  free(second);
  canvas_free(canvas);
  view_free(view);
  acting_fini(&acting);
  return first;
}

static void test_screen(void **state) {
  const struct screen *screen = *state;
  char name[128];
  snprintf(name, sizeof name, "dialog/%s", screen->name);
  char *drawn = draw_screen(screen), *wrong = screen_differs(name, drawn);
  if (wrong)
    fail_msg("%s", wrong);
  free(drawn);
}

int main(void) {
  enum { COUNT = sizeof screens / sizeof *screens };
  struct CMUnitTest tests[COUNT];
  for (size_t i = 0; i < COUNT; i++)
    tests[i] = (struct CMUnitTest){screens[i].name, test_screen, NULL, NULL, (void *)&screens[i]};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
