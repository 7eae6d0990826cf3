/* Dialogs: the effect of each key in each, and above all that nothing is confirmed by accident. */
#include "ui/agreement.h"
#include "ui/dialog/dialog.h"
#include "ui/operation_fixture.h"
#include "ui/panes/marks.h"
#include "ui/screen_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

struct session {
  struct acting acting;
  struct view *view;
  struct canvas *canvas;
  int64_t now_ms;
  struct request request; /* of the last key */
};

static void draw(struct session *s) {
  view_draw(s->view, &s->acting.base.model, s->now_ms, s->canvas);
}

static void session_init(struct session *s, int width, int height) {
  *s = (struct session){.now_ms = FIXTURE_NOW};
  acting_init(&s->acting, false);
  s->view = view_new(&(struct view_options){.utc = true});
  s->canvas = canvas_new(width, height, false);
  draw(s);
}

static void session_fini(struct session *s) {
  canvas_free(s->canvas);
  view_free(s->view);
  acting_fini(&s->acting);
}

static enum request_kind press_key(struct session *s, struct key key) {
  s->request = view_key(s->view, &s->acting.base.model, s->now_ms, key);
  return s->request.kind;
}

/* At the pace of a person who thinks. */
static void press(struct session *s, const char *keys) {
  while (*keys) {
    s->now_ms += DIALOG_QUIET_MS + 100;
    press_key(s, screen_next_key(&keys));
    draw(s);
  }
}

/* All at the same moment, as a terminal delivers typeahead or a paste. */
static void burst(struct session *s, const char *keys) {
  while (*keys) {
    press_key(s, screen_next_key(&keys));
    draw(s);
    assert_int_not_equal(s->request.kind, REQUEST_AGREE);
  }
}

static void expect(const struct session *s, const char *text) {
  if (!screen_has(s->canvas, text)) {
    char *screen = screen_text(s->canvas);
    print_message("%.*s", (int)(strstr(screen, "styles") - screen), screen);
    free(screen);
    fail_msg("the screen has no \"%s\"", text);
  }
}

static void expect_not(const struct session *s, const char *text) {
  if (screen_has(s->canvas, text))
    fail_msg("the screen has \"%s\"", text);
}

/* A new plan, drawn, and then some time. */
static struct plan *open_plan(struct session *s, const struct action_spec *spec, int count,
                              bool production, int64_t wait_ms) {
  s->now_ms += 1000;
  struct plan *plan = acting_plan(&s->acting, spec, count, production, s->now_ms);
  draw(s);
  s->now_ms += wait_ms;
  draw(s);
  return plan;
}

/* ---- confirming */

static bool is_one_of(enum request_kind kind, const enum request_kind *kinds) {
  for (; *kinds != REQUEST_QUIT; kinds++)
    if (*kinds == kind)
      return true;
  return kind == REQUEST_NONE || kind == REQUEST_SUSPEND || kind == REQUEST_REPAINT;
}

/* Calls `open` before each of all keys, and checks the resulting request. REQUEST_QUIT ends the
 * list: no key in a dialog causes it. */
static void every_key(struct session *s, void (*open)(struct session *s),
                      const enum request_kind *kinds,
                      bool (*may_agree)(const struct session *s, struct key key)) {
  enum { RUNES = 0x180 };
  for (int code = KEY_CODE_NONE; code <= KEY_CODE_CTRL; code++) {
    uint32_t first = code == KEY_CODE_CTRL ? 'a' : 0;
    bool runes = code == KEY_CODE_RUNE || code == KEY_CODE_PASTED;
    uint32_t last = runes ? RUNES : code == KEY_CODE_CTRL ? 'z' : 0;
    for (uint32_t rune = first; rune <= last; rune++) {
      struct key key = {(enum key_code)code, rune};
      open(s);
      enum request_kind kind = press_key(s, key);
      bool agreed = kind == REQUEST_AGREE;
      if (agreed != (may_agree && may_agree(s, key)))
        fail_msg("code %d, rune %u: agreed: %d", code, rune, agreed);
      if (!agreed && !is_one_of(kind, kinds))
        fail_msg("code %d, rune %u: request %d", code, rune, (int)kind);
    }
  }
}

static const enum request_kind plan_kinds[] = {REQUEST_DISMISS, REQUEST_REPLAN, REQUEST_COPY,
                                               REQUEST_QUIT};

static void open_reversible(struct session *s) {
  open_plan(s, &spec_cancel, 1, false, 1000);
}

static void open_reversible_just_now(struct session *s) {
  open_plan(s, &spec_cancel, 1, false, DIALOG_QUIET_MS - 1);
}

static void open_reversible_old(struct session *s) {
  open_plan(s, &spec_cancel, 1, false, PLAN_LIFETIME_MS + 1);
}

static void open_destructive(struct session *s) {
  open_plan(s, &spec_terminate, 1, false, 1000);
}

static void open_production(struct session *s) {
  open_plan(s, &spec_cancel, 1, true, 1000);
}

static void open_bulk(struct session *s) {
  open_plan(s, &spec_terminate, 3, true, 1000);
}

static bool is_y(const struct session *s, struct key key) {
  (void)s;
  return key.code == KEY_CODE_RUNE && key.rune == 'y';
}

static void test_one_key_confirms_only_reversible_actions(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 60, 14);
  every_key(&s, open_reversible, plan_kinds, is_y);
  every_key(&s, open_reversible_just_now, plan_kinds, NULL);
  every_key(&s, open_reversible_old, plan_kinds, NULL);
  every_key(&s, open_destructive, plan_kinds, NULL);
  every_key(&s, open_production, plan_kinds, NULL);
  every_key(&s, open_bulk, plan_kinds, NULL);
  session_fini(&s);
}

static void test_enter_alone_does_not_confirm(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 80, 24);
  open_reversible(&s);
  expect(&s, "[>Cancel<]   y: cancel the query of pid 8123");
  assert_int_equal(press_key(&s, (struct key){KEY_CODE_ENTER, 0}), REQUEST_DISMISS);
  open_bulk(&s);
  expect(&s, "[>Cancel<]   type ecap-prod 3, then Enter");
  assert_int_equal(press_key(&s, (struct key){KEY_CODE_ENTER, 0}), REQUEST_DISMISS);
  for (int gap = 0; gap < 1000; gap += 37) { /* a key that is held down */
    open_bulk(&s);
    for (int i = 0; i < 20; i++) {
      s.now_ms += gap;
      assert_int_not_equal(press_key(&s, (struct key){KEY_CODE_ENTER, 0}), REQUEST_AGREE);
    }
  }
  session_fini(&s);
}

static void test_a_paste_never_confirms(void **state) {
  (void)state;
  static const char phrase[] = "ecap-prod 3";
  struct session s;
  session_init(&s, 80, 24);
  open_reversible(&s);
  assert_int_equal(press_key(&s, (struct key){KEY_CODE_PASTED, 'y'}), REQUEST_NONE);
  draw(&s);
  expect(&s, "Pasted text is not accepted here");
  open_bulk(&s);
  for (const char *at = phrase; *at; at++) {
    s.now_ms += 1000;
    press_key(&s, (struct key){KEY_CODE_PASTED, (unsigned char)*at});
  }
  press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_DISMISS); /* nothing was typed */
  /* From a terminal that marks no paste: all at once. */
  open_bulk(&s);
  burst(&s, "ecap-prod 3<Enter>");
  expect(&s, "Too soon after the previous key: press it again");
  burst(&s, "<Enter><Enter>");
  open_reversible(&s);
  burst(&s, "hello<Enter>y<Enter>y\n");
  session_fini(&s);
}

static void test_a_moment_without_a_key_comes_before(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 80, 24);
  open_plan(&s, &spec_cancel, 1, false, 0);
  expect(&s, "[>Cancel<]   type y to cancel the query of pid 8123");
  int64_t opened_ms = s.now_ms;
  assert_true(view_next_ms(s.view, &s.acting.base.model, s.now_ms) == opened_ms + DIALOG_QUIET_MS);
  s.now_ms = opened_ms + DIALOG_QUIET_MS - 1;
  press_key(&s, (struct key){KEY_CODE_RUNE, 'y'});
  assert_int_equal(s.request.kind, REQUEST_NONE);
  draw(&s);
  expect(&s, "Too soon after the previous key: press it again");
  s.now_ms += DIALOG_QUIET_MS - 1; /* the key that was too quick counts, too */
  press_key(&s, (struct key){KEY_CODE_RUNE, 'y'});
  assert_int_equal(s.request.kind, REQUEST_NONE);
  s.now_ms += DIALOG_QUIET_MS;
  draw(&s);
  expect(&s, "y: cancel the query of pid 8123");
  press_key(&s, (struct key){KEY_CODE_RUNE, 'y'});
  assert_int_equal(s.request.kind, REQUEST_AGREE);
  assert_string_equal(s.request.text, "y");
  /* A key of any other kind before it resets the wait, too. */
  open_reversible(&s);
  press_key(&s, (struct key){KEY_CODE_CTRL, 'l'});
  assert_int_equal(s.request.kind, REQUEST_REPAINT);
  press_key(&s, (struct key){KEY_CODE_RUNE, 'y'});
  assert_int_equal(s.request.kind, REQUEST_NONE);
  /* The dialog has opened since the last frame: it was not visible yet. */
  s.now_ms += 5000;
  acting_plan(&s.acting, &spec_cancel, 1, false, s.now_ms - 4000);
  press_key(&s, (struct key){KEY_CODE_RUNE, 'y'});
  assert_int_equal(s.request.kind, REQUEST_NONE);
  session_fini(&s);
}

static void test_held_keys_never_confirm(void **state) {
  (void)state;
  static const int repeats_ms[] = {15, 33, 100, DIALOG_QUIET_MS - 1};
  struct session s;
  session_init(&s, 60, 14);
  for (size_t i = 0; i < sizeof repeats_ms / sizeof *repeats_ms; i++) {
    open_plan(&s, &spec_cancel, 1, false, 0);
    for (int held = 0; held < 20000; held += repeats_ms[i]) {
      s.now_ms += repeats_ms[i];
      assert_int_not_equal(press_key(&s, (struct key){KEY_CODE_RUNE, 'y'}), REQUEST_AGREE);
    }
    open_bulk(&s);
    press(&s, "ecap-prod 3");
    for (int held = 0; held < 10000; held += repeats_ms[i]) {
      s.now_ms += repeats_ms[i];
      assert_int_not_equal(press_key(&s, (struct key){KEY_CODE_ENTER, 0}), REQUEST_AGREE);
    }
  }
  session_fini(&s);
}

static void test_the_phrase_and_enter_confirm_once(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 80, 24);
  open_bulk(&s);
  press(&s, "ecap-prod 2<Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "The text does not match: nothing was done");
  expect(&s, "> ecap-prod 2_");
  press(&s, "<Backspace>3");
  expect_not(&s, "[>Enter");
  s.now_ms += DIALOG_QUIET_MS;
  draw(&s);
  expect(&s, "[ Cancel ] [>Enter: terminate 3 sessions of ecap<]");
  press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_AGREE);
  assert_string_equal(s.request.text, "ecap-prod 3");
  assert_int_equal(s.request.operation, s.acting.operation.id);
  /* The pipeline has not moved yet: nothing confirms again, and Enter gives nothing up. */
  press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  press(&s, "ecap-prod 3<Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "Confirmed: starting.");
  /* It was refused: once more, from the start. */
  open_bulk(&s);
  press(&s, "ecap-prod 3<Enter>");
  assert_int_equal(s.request.kind, REQUEST_AGREE);
  err_set(&s.acting.operation.err, ERR_DENIED, "the record cannot be written");
  draw(&s);
  expect(&s, "Not executed: the record cannot be written");
  expect(&s, "[>Cancel<]   type ecap-prod 3, then Enter");
  press(&s, "ecap-prod 3<Enter>");
  assert_int_equal(s.request.kind, REQUEST_AGREE);
  session_fini(&s);
}

/* Whatever is typed, it confirms exactly when it is the phrase. */
static void test_nearly_the_phrase(void **state) {
  (void)state;
  static const char *const typed[] = {"y",
                                      "Y",
                                      "yes",
                                      "ecap",
                                      "ecap-prod",
                                      "ecap-prod ",
                                      "ecap-prod 33",
                                      "ecap-prod 03",
                                      " ecap-prod 3",
                                      "ecap-prod 3 ",
                                      "ecap-prod  3",
                                      "ECAP-PROD 3",
                                      "ecap-staging 3",
                                      "3",
                                      "ecap-prod3",
                                      "ecap 3"};
  struct session s;
  session_init(&s, 60, 14);
  for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
    open_bulk(&s);
    press(&s, typed[i]);
    press(&s, "<Enter>");
    assert_int_equal(s.request.kind, REQUEST_NONE);
  }
  open_destructive(&s);
  press(&s, "ecap<Enter>"); /* the target's name, which all of its sessions share */
  assert_int_equal(s.request.kind, REQUEST_NONE);
  open_destructive(&s);
  press(&s, "pid 8123<Enter>");
  assert_int_equal(s.request.kind, REQUEST_AGREE);
  assert_string_equal(s.request.text, "pid 8123");
  open_production(&s); /* also for a reversible action */
  press(&s, "ecap-prod pid 8123<Enter>");
  assert_int_equal(s.request.kind, REQUEST_AGREE);
  session_fini(&s);
}

/* A phrase typed for one plan is not kept for the next one. */
static void test_another_plan_starts_over(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 80, 24);
  open_bulk(&s);
  press(&s, "ecap-prod 3");
  struct operation *operation = &s.acting.operation;
  plan_free(operation->plan); /* the same operation, and its phase is the same */
  operation->plan = acting_plan_make(&spec_terminate, 3, true, s.now_ms + 1);
  s.now_ms += 1000;
  press_key(&s, (struct key){KEY_CODE_ENTER, 0});
  assert_int_equal(s.request.kind, REQUEST_NONE);
  draw(&s);
  expect(&s, "> _");
  press(&s, "ecap-prod 3<Ctrl-R>");
  assert_int_equal(s.request.kind, REQUEST_REPLAN);
  open_bulk(&s);
  expect(&s, "> _");
  session_fini(&s);
}

static void test_an_old_plan_is_not_confirmed(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 80, 24);
  open_plan(&s, &spec_cancel, 1, false, PLAN_LIFETIME_MS - 1);
  expect(&s, "expires in 1s.");
  s.now_ms += 2;
  draw(&s);
  expect(&s, "Planned 30s ago: expired.");
  press_key(&s, (struct key){KEY_CODE_RUNE, 'y'});
  assert_int_equal(s.request.kind, REQUEST_NONE);
  draw(&s);
  expect(&s, "The plan has expired: press Ctrl-R for a new one");
  session_fini(&s);
}

/* On a screen that cannot show the whole question, nothing confirms. */
static void test_small_screens_do_not_confirm(void **state) {
  (void)state;
  static const int sizes[][2] = {{29, 24}, {80, 5}, {30, 6}, {40, 6}, {31, 7}};
  struct session s;
  session_init(&s, 80, 24);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    canvas_free(s.canvas);
    s.canvas = canvas_new(sizes[i][0], sizes[i][1], false);
    open_bulk(&s);
    press(&s, "ecap-prod 3<Enter>");
    assert_int_not_equal(s.request.kind, REQUEST_AGREE);
    press(&s, "<Esc>");
    assert_int_equal(s.request.kind, REQUEST_DISMISS);
  }
  /* It was visible, and no longer is. */
  canvas_free(s.canvas);
  s.canvas = canvas_new(40, 12, true);
  open_bulk(&s);
  canvas_free(s.canvas);
  s.canvas = canvas_new(29, 12, true);
  press(&s, "ecap-prod 3<Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  canvas_free(s.canvas);
  s.canvas = canvas_new(40, 12, true);
  open_bulk(&s);
  press(&s, "ecap-prod 3<Enter>");
  assert_int_equal(s.request.kind, REQUEST_AGREE);
  session_fini(&s);
}

/* The panes are paused, the dialog is not: its plan ages. */
static void test_a_paused_screen(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 80, 24);
  press(&s, "z");
  open_reversible(&s);
  expect(&s, "Planned 1s ago");
  assert_true(view_next_ms(s.view, &s.acting.base.model, s.now_ms) <= s.now_ms + 1000);
  press_key(&s, (struct key){KEY_CODE_RUNE, 'y'});
  assert_int_equal(s.request.kind, REQUEST_AGREE);
  open_reversible(&s);
  s.now_ms += PLAN_LIFETIME_MS;
  press_key(&s, (struct key){KEY_CODE_RUNE, 'y'});
  assert_int_equal(s.request.kind, REQUEST_NONE);
  session_fini(&s);
}

/* ---- the plan on the screen */

static void test_a_plan_can_be_read_whole_and_copied(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 80, 24);
  open_plan(&s, &spec_terminate, 60, true, 0);
  expect(&s, "Terminate 60 sessions of ecap");
  expect(&s, "lines 1-");
  press(&s, "<End>");
  expect(&s, "other one");
  press(&s, "<Home>");
  expect(&s, "Terminate 60 sessions of ecap");
  press(&s, "<PgDn><PgDn><PgDn><PgDn><PgDn><PgDn><PgDn><PgDn>");
  expect(&s, "pid 8182");
  press(&s, "<Ctrl-Y>");
  assert_int_equal(s.request.kind, REQUEST_COPY);
  assert_non_null(strstr(s.request.text, "Objects: 60 sessions, 1 of them hidden by the filter\n"));
  assert_non_null(strstr(s.request.text, "  pid 8182  ecap_user"));
  assert_null(strchr(s.request.text, '\x1b'));
  open_plan(&s, &spec_cancel, 1, false, 1000); /* where no text is typed, letters scroll */
  canvas_free(s.canvas);
  s.canvas = canvas_new(60, 12, false);
  draw(&s);
  press(&s, "G");
  expect(&s, "other one");
  press(&s, "gj");
  expect_not(&s, "other one");
  session_fini(&s);
}

static double cpu_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void test_the_largest_plan(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 120, 36);
  double begin = cpu_ms();
  open_plan(&s, &spec_terminate, PLAN_OBJECTS_MAX, true, 0);
  double opened = cpu_ms();
  press(&s, "<PgDn><PgDn><End>");
  expect(&s, "other one");
  print_message("%.0f ms to open it, %.1f ms a key\n", opened - begin, (cpu_ms() - opened) / 3);
  press(&s, "<PgUp><PgUp>ecap-prod 20000<Enter>");
  assert_int_equal(s.request.kind, REQUEST_AGREE);
  open_plan(&s, &spec_terminate, PLAN_OBJECTS_MAX, true, 0);
  press(&s, "<Ctrl-Y>");
  assert_true(strlen(s.request.text) <= 64 << 10);
  assert_non_null(strstr(s.request.text, "(truncated: too long to copy)\n"));
  session_fini(&s);
}

/* ---- the other dialogs */

static void open_menu(struct session *s) {
  acting_front(&s->acting, &spec_cancel, OPERATION_SURVEY, s->now_ms); /* another dialog between */
  draw(s);
  acting_menu(&s->acting);
  draw(s);
  s->now_ms += 1000;
}

static void open_form(struct session *s) {
  acting_front(&s->acting, &spec_reset, OPERATION_FORM, s->now_ms += 1000);
  draw(s);
}

static void open_survey(struct session *s) {
  acting_front(&s->acting, &spec_reset, OPERATION_SURVEY, s->now_ms += 1000);
  draw(s);
}

static void open_choice(struct session *s) {
  acting_front(&s->acting, &spec_reset, OPERATION_CHOICE, s->now_ms += 1000)->found =
      acting_found(3, 4);
  draw(s);
}

static void open_execute(struct session *s) {
  acting_run(&s->acting, OPERATION_EXECUTE, 3, s->now_ms += 1000);
  draw(s);
}

static void open_verify(struct session *s) {
  acting_run(&s->acting, OPERATION_VERIFY, 3, s->now_ms += 1000);
  draw(s);
}

static void open_end(struct session *s) {
  struct operation *operation = acting_run(&s->acting, OPERATION_ENDED, 3, s->now_ms += 1000);
  outcome_undo(&operation->outcome, "postgres.vacuum ecap");
  draw(s);
}

static bool shows(struct session *s, const char *text) {
  char *screen = screen_text(s->canvas);
  const bool found = strstr(screen, text) != NULL;
  free(screen);
  return found;
}

/* The page of a result is kept from frame to frame; "not recorded" disappears while it is open. */
static void test_the_end_follows_the_record(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 100, 30);
  open_end(&s);
  assert_false(shows(&s, "not on disk yet"));
  err_set(&s.acting.operation.unrecorded, ERR_IO, "the outcome is not yet on disk");
  s.acting.base.model.operations.unrecorded = 1;
  draw(&s);
  assert_true(shows(&s, "the outcome is not yet on disk"));
  assert_true(shows(&s, " 1 NOT RECORDED "));
  s.acting.operation.unrecorded = (struct err){0};
  s.acting.base.model.operations.unrecorded = 0;
  draw(&s);
  assert_false(shows(&s, "not on disk yet"));
  assert_false(shows(&s, "NOT RECORDED"));
  session_fini(&s);
}

/* What it printed: lines 1 to 300, with a hostile one. */
static void open_output(struct session *s) {
  struct operation *operation = acting_run(&s->acting, OPERATION_ENDED, 1, s->now_ms += 1000);
  struct excerpt excerpt;
  excerpt_init(&excerpt, OUTPUT_HEAD_MAX, OUTPUT_TAIL_MAX);
  for (int i = 1; i <= 300; i++) {
    char line[64];
    snprintf(line, sizeof line, i == 150 ? "a needle \x1b[31m\xff\n" : "line %d of it\n", i);
    excerpt_add(&excerpt, line, strlen(line));
  }
  outcome_output(&operation->outcome, OUTPUT_STDOUT, &excerpt, NULL);
  excerpt_fini(&excerpt);
  draw(s);
}

static void open_output_page(struct session *s) {
  open_output(s);
  s->now_ms += 1000;
  press_key(s, (struct key){KEY_CODE_RUNE, 'o'});
  draw(s);
}

static void test_the_output(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 100, 30);
  open_output(&s);
  expect(&s, "Output (press o to read it): 300 lines");
  press(&s, "o");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "[Output: ");
  expect(&s, "line 1 of it");
  press(&s, "<PgDn>");
  expect_not(&s, "line 1 of it");
  press(&s, "<End>");
  expect(&s, "line 300 of it");
  press(&s, "<Home>");
  expect(&s, "line 1 of it");
  press(&s, "/needle");
  expect(&s, "/needle_");
  press(&s, "<Enter>");
  expect(&s, "a needle \xef\xbf\xbd[31m\xef\xbf\xbd");
  press(&s, "/299<Enter>");
  expect(&s, "line 299 of it");
  press(&s, "/line 20<Enter>");
  expect(&s, "line 20 of it");
  press(&s, "n");
  expect(&s, "line 200 of it");
  press(&s, "N");
  expect(&s, "line 20 of it");
  press(&s, "/not there<Enter>");
  expect(&s, "Not found: not there");
  press(&s, "<Esc>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "press o to read it");
  press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_DISMISS);
  open_end(&s);
  expect_not(&s, "press o to read it");
  press(&s, "o");
  expect_not(&s, "[Output: ");
  session_fini(&s);
}

static void test_one_key_is_harmless_everywhere(void **state) {
  (void)state;
  static const enum request_kind menu[] = {REQUEST_MENU_CLOSE, REQUEST_ACT, REQUEST_QUIT};
  static const enum request_kind form[] = {REQUEST_DISMISS, REQUEST_FORM, REQUEST_QUIT};
  static const enum request_kind survey[] = {REQUEST_DISMISS, REQUEST_QUIT};
  static const enum request_kind execute[] = {REQUEST_CANCEL, REQUEST_DISMISS, REQUEST_QUIT};
  static const enum request_kind end[] = {REQUEST_DISMISS, REQUEST_UNDO, REQUEST_QUIT};
  struct session s;
  session_init(&s, 60, 14);
  every_key(&s, open_menu, menu, NULL);
  every_key(&s, open_form, form, NULL);
  every_key(&s, open_survey, survey, NULL);
  every_key(&s, open_choice, survey, NULL); /* nothing is picked: nothing is chosen */
  every_key(&s, open_execute, execute, NULL);
  every_key(&s, open_verify, survey, NULL);
  every_key(&s, open_end, end, NULL);
  every_key(&s, open_output_page, end, NULL);
  session_fini(&s);
}

/* A click selects in a list of a dialog, however often, and confirms nothing. */
static void test_a_click_only_selects(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 100, 30);
  press(&s, "3a");
  open_menu(&s);
  for (int i = 0; i < 3; i++) {
    s.request = view_key(s.view, &s.acting.base.model, s.now_ms,
                         screen_key_at(s.canvas, "terminate  ", KEY_CODE_CLICK));
    draw(&s);
    assert_int_equal(s.request.kind, REQUEST_NONE);
    expect(&s, "runs pg_terminate_backend(pid)");
  }
  press(&s, "<Enter>");
  assert_ptr_equal(s.request.action, &spec_terminate);
  session_fini(&s);
}

static void test_the_menu(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 100, 30);
  press(&s, "3a");
  assert_int_equal(s.request.kind, REQUEST_MENU);
  assert_int_equal(s.request.subject.target_index, 4);
  assert_string_equal(s.request.subject.table, "sessions");
  assert_int_equal(s.request.subject.key_count, 1);
  assert_string_equal(s.request.subject.keys[0], "8123/1");
  open_menu(&s);
  expect(&s, "[Actions: pid 8123]");
  expect(&s, "runs pg_cancel_backend(pid)");
  press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_ACT);
  assert_ptr_equal(s.request.action, &spec_cancel);
  assert_string_equal(s.request.subject.keys[0], "8123/1");
  press(&s, "T");
  assert_int_equal(s.request.kind, REQUEST_ACT);
  assert_ptr_equal(s.request.action, &spec_terminate);
  expect(&s, "runs pg_terminate_backend(pid)");
  press(&s, "V");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "Unavailable: another VACUUM of that table is under way");
  press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  press(&s, "kkk<Enter>");
  assert_ptr_equal(s.request.action, &spec_cancel);
  press(&s, "<Esc>");
  assert_int_equal(s.request.kind, REQUEST_MENU_CLOSE);
  press(&s, "<Ctrl-C>");
  assert_int_equal(s.request.kind, REQUEST_MENU_CLOSE);
  session_fini(&s);
}

/* Whatever page is shown, the action that Enter plans is on it. */
static void test_the_pages_of_the_menu(void **state) {
  (void)state;
  static const char *const keys[] = {"G", "<End>", "<PgDn>", "<PgDn>", "<PgDn>", "<PgUp>", "g"};
  struct session s;
  session_init(&s, 40, 12);
  open_menu(&s);
  for (size_t i = 0; i < COUNT_OF(keys); i++) {
    press(&s, keys[i]);
    draw(&s);
    expect(&s, "\xE2\x96\xBA");
    if (i == 0)
      expect_not(&s, "runs pg_cancel_backend");
  }
  press(&s, "<Enter>");
  assert_ptr_equal(s.request.action, &spec_cancel);
  session_fini(&s);
}

static void test_the_form(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 100, 30);
  open_form(&s);
  expect(&s, "to        latest_");
  press(&s, "<Ctrl-U>+5q<Backspace><Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  press(&s, "<Right>");
  expect(&s, "export    false_");
  press(&s, "<Tab>a b");
  press_key(&s, (struct key){KEY_CODE_PASTED, 0xE4});
  press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_FORM);
  assert_int_equal(s.request.text_count, 3);
  assert_string_equal(s.request.texts[0], "+5");
  assert_string_equal(s.request.texts[1], "false");
  assert_string_equal(s.request.texts[2], "a b\xC3\xA4");
  /* It comes back: the typed text is there, the wrong field has the focus. */
  s.acting.operation.param_wrong = 0;
  err_set(&s.acting.operation.err, ERR_INVALID, "\"+5\" is no place");
  draw(&s);
  expect(&s, "to        +5_");
  expect(&s, "\"+5\" is no place");
  press(&s, "<BackTab>");
  expect(&s, "note      a b\xC3\xA4_");
  press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_FORM);
  draw(&s);
  expect(&s, "to        +5_");
  press(&s, "<Ctrl-C>");
  assert_int_equal(s.request.kind, REQUEST_DISMISS);
  session_fini(&s);
}

/* A field shows the range that the parameter's row has. */
static void test_the_form_shows_the_range(void **state) {
  (void)state;
  static const struct option params[] = {
      {.name = "age", .type = OPTION_DURATION, .min = 1000, .max = 60000, .help = "how old"},
      {.name = "count", .type = OPTION_INT, .min = 2, .max = 9, .help = "n", .example = "3"}};
  struct action_spec spec = spec_reset;
  spec.params = params;
  spec.param_count = 2;
  struct session s;
  session_init(&s, 100, 30);
  acting_front(&s.acting, &spec, OPERATION_FORM, s.now_ms += 1000);
  draw(&s);
  expect(&s, "1s to 1m");
  press(&s, "<Tab>");
  expect(&s, "2 to 9, for example 3");
  session_fini(&s);
}

static bool chosen(const struct session *s, const char *key) {
  for (size_t i = 0; i < s->request.text_count; i++)
    if (strcmp(s->request.texts[i], key) == 0)
      return true;
  return false;
}

static void test_the_choice(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 100, 30);
  open_choice(&s);
  expect(&s, "0 picked");
  press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "Nothing is picked: press Space to pick a row");
  press(&s, " <Enter>"); /* a parent: all below it, and not itself */
  assert_int_equal(s.request.kind, REQUEST_CHOOSE);
  assert_int_equal(s.request.text_count, 4);
  assert_true(chosen(&s, "transactions/0") && chosen(&s, "transactions/3"));
  press(&s, " "); /* now on the first partition: not that one */
  expect(&s, "[-]");
  expect(&s, "3 picked");
  press(&s, "g g "); /* the rest is added first, then removed */
  expect(&s, "0 picked");
  press(&s, "/partition 2<Enter>");
  press(&s, "g "); /* of a parent, what the filter shows */
  expect(&s, "1 picked");
  press(&s, "<Esc>/customers-1<Enter>");
  expect(&s, "1 picked, 1 of them hidden by the filter");
  press(&s, "<Esc><Enter>");
  assert_int_equal(s.request.text_count, 1);
  assert_true(chosen(&s, "transactions/2"));
  press(&s, "<Esc>");
  assert_int_equal(s.request.kind, REQUEST_DISMISS);
  /* One of them. */
  acting_front(&s.acting, &spec_vacuum, OPERATION_CHOICE, s.now_ms)->found = acting_found(2, 3);
  draw(&s);
  press(&s, " ");
  expect(&s, "Pick one of the rows below it");
  press(&s, "j j <Enter>");
  assert_int_equal(s.request.text_count, 1);
  assert_true(chosen(&s, "transactions/1"));
  press(&s, " <Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  session_fini(&s);
}

/* A parent whose children the filter hides is still not a candidate. */
static void test_a_filter_makes_no_candidate_of_a_parent(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 100, 30);
  open_choice(&s);
  press(&s, "/transactions<Enter>g <Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "0 picked");
  session_fini(&s);
}

static void test_many_candidates(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 120, 36);
  acting_front(&s.acting, &spec_reset, OPERATION_CHOICE, s.now_ms)->found = acting_found(20, 1000);
  double begin = cpu_ms();
  draw(&s);
  double opened = cpu_ms();
  press(&s, " <PgDn><End> ");
  print_message("%.0f ms to open it, %.1f ms a key\n", opened - begin, (cpu_ms() - opened) / 4);
  press(&s, "<Enter>");
  assert_int_equal(s.request.text_count, 1001);
  session_fini(&s);
}

static void test_what_runs(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 100, 30);
  open_execute(&s);
  expect(&s, "running for 0s");
  assert_true(view_next_ms(s.view, &s.acting.base.model, s.now_ms) <= s.now_ms + 500);
  press(&s, "<Esc>");
  assert_int_equal(s.request.kind, REQUEST_CANCEL);
  assert_int_equal(s.request.operation, s.acting.operation.id);
  s.acting.operation.cancelling = true;
  draw(&s);
  expect(&s, "Stopping at the next safe point.");
  press(&s, "q");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  press(&s, "b");
  assert_int_equal(s.request.kind, REQUEST_DISMISS);
  s.acting.base.model.operations.front = NULL;
  draw(&s);
  expect(&s, "1 running: b shows it");
  press(&s, "b");
  assert_int_equal(s.request.kind, REQUEST_FRONT);
  assert_int_equal(s.request.operation, s.acting.operation.id);
  open_verify(&s);
  press(&s, "<Esc>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "cannot be stopped: press b");
  open_end(&s);
  expect(&s, "PARTLY DONE");
  expect(&s, "refused: ERROR:  must be a superuser");
  press(&s, "u");
  assert_int_equal(s.request.kind, REQUEST_UNDO);
  press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_DISMISS);
  session_fini(&s);
}

/* ---- rows, marks, keys of actions */

static void test_marks(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 120, 36);
  press(&s, "3 ");
  expect(&s, " 1 marked ");
  press(&s, " <Down> ");
  expect(&s, " 3 marked ");
  expect(&s, "!!*");
  expect(&s, "3 marked: C cancel the query  T terminate  a all actions");
  press(&s, "<Up> "); /* removes it */
  expect(&s, " 2 marked ");
  press(&s, "T");
  assert_int_equal(s.request.kind, REQUEST_ACT);
  assert_ptr_equal(s.request.action, &spec_terminate);
  assert_int_equal(s.request.subject.key_count, 2);
  assert_string_equal(s.request.subject.keys[0], "8123/1");
  assert_string_equal(s.request.subject.keys[1], "8124/1");
  assert_int_equal(s.request.subject.hidden, 0);
  press(&s, "/8124<Enter>g<Down>a");
  assert_int_equal(s.request.kind, REQUEST_MENU);
  assert_int_equal(s.request.subject.key_count, 2);
  assert_int_equal(s.request.subject.hidden, 0); /* 8123 is seen as the parent of 8124 */
  press(&s, "<Esc>/8200<Enter>G a");
  assert_int_equal(s.request.subject.key_count, 3);
  assert_int_equal(s.request.subject.hidden, 2);
  /* Esc: the filter, the marks, the zoom. */
  press(&s, "<Enter><Esc>");
  expect(&s, " 3 marked ");
  press(&s, "<Esc>");
  expect_not(&s, " marked ");
  expect_not(&s, "4 Redis");
  press(&s, "<Esc>");
  expect(&s, "4 Redis");
  /* A target is one, whatever is marked. */
  press(&s, " <Home>a");
  assert_int_equal(s.request.kind, REQUEST_MENU);
  assert_null(s.request.subject.table);
  assert_int_equal(s.request.subject.key_count, 0);
  press(&s, " ");
  expect(&s, "Only rows of a table can be marked");
  session_fini(&s);
}

/* All rows that are shown at the level of the selected one; again: none. */
static void test_mark_all(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 120, 36);
  press(&s, "3<Enter>g<Down>*");
  expect(&s, " 21 marked ");
  press(&s, "a");
  assert_int_equal(s.request.subject.key_count, 21); /* without 8124 and what waits below it */
  press(&s, "*");
  expect_not(&s, " marked ");
  press(&s, " <Up>*"); /* one by hand, then the others */
  expect(&s, " 21 marked ");
  press(&s, "/8200<Enter>G*"); /* the only one that is shown is marked */
  expect(&s, " 20 marked ");
  press(&s, "<Home>*");
  expect(&s, "Only rows of a table can be marked");
  session_fini(&s);
}

static void test_marks_go_with_their_rows(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 120, 36);
  press(&s, "3G ");
  press(&s, "g<Down>");
  press(&s, " ");
  expect(&s, " 2 marked ");
  s.acting.base.scene = SCENE_CALM;
  fixture_publish(&s.acting.base, 4, 0, s.now_ms);
  draw(&s);
  expect_not(&s, "marked");
  session_fini(&s);
}

/* One table at a time: marks elsewhere start over, and a row of another table stands for itself. */
static void test_marks_are_of_one_table(void **state) {
  (void)state;
  struct marks marks = {0};
  assert_true(marks_toggle(&marks, 1, "sessions", "a"));
  assert_true(marks_toggle(&marks, 1, "sessions", "b"));
  assert_int_equal(marks.count, 2);
  assert_true(marks_has(&marks, 1, "sessions", "a"));
  assert_false(marks_has(&marks, 2, "sessions", "a"));
  assert_false(marks_has(&marks, 1, "tables", "a"));
  assert_true(marks_toggle(&marks, 1, "sessions", "a"));
  assert_false(marks_has(&marks, 1, "sessions", "a"));
  assert_true(marks_toggle(&marks, 2, "sessions", "c"));
  assert_int_equal(marks.count, 1);
  for (int i = 0; i < MARKS_MAX - 1; i++) {
    char key[16];
    snprintf(key, sizeof key, "%d", i * 7919 % MARKS_MAX);
    assert_true(marks_toggle(&marks, 2, "sessions", key));
  }
  assert_int_equal(marks.count, MARKS_MAX);
  assert_false(marks_toggle(&marks, 2, "sessions", "one more"));
  assert_true(marks_toggle(&marks, 2, "sessions", "7"));
  marks_fini(&marks);
}

static void test_keys_of_actions(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 120, 36);
  press(&s, "3");
  expect(&s, "8123: C cancel the query  T terminate  a all actions");
  press(&s, "C");
  assert_int_equal(s.request.kind, REQUEST_ACT);
  assert_ptr_equal(s.request.action, &spec_cancel);
  assert_string_equal(s.request.subject.keys[0], "8123/1");
  press(&s, "V"); /* of the target, wherever the selection is in it */
  assert_ptr_equal(s.request.action, &spec_vacuum);
  assert_null(s.request.subject.table);
  assert_int_equal(s.request.subject.key_count, 0);
  press(&s, "R"); /* an action of another kind: here it is that of the runbooks */
  assert_int_equal(s.request.kind, REQUEST_RUNBOOKS);
  assert_string_equal(s.request.subject.keys[0], "8123/1");
  press(&s, "<Home>");
  expect(&s, "ecap: V vacuum  a all actions");
  press(&s, "C");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "cancel the query needs a row of the table \"sessions\"");
  press(&s, "2R");
  assert_ptr_equal(s.request.action, &spec_reset);
  press(&s, "1a");
  assert_int_equal(s.request.kind, REQUEST_MENU);
  press(&s, "6a");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "Select a row or a target first");
  press(&s, "3<Down>iT"); /* from the details */
  assert_ptr_equal(s.request.action, &spec_terminate);
  assert_int_equal(s.request.subject.key_count, 1);
  press(&s, "?");
  expect(&s, "[Help]");
  press(&s, "T");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  session_fini(&s);
}

/* An action of the configuration that names its targets. */
static void test_a_key_of_another_target_is_not_offered(void **state) {
  static const char other[] = "other";
  static char *const targets[] = {(char *)(uintptr_t)other};
  struct action_spec wake = {.id = "own.wake",
                             .kind = "postgres",
                             .key = 'W',
                             .title = "wake",
                             .what = "wakes it",
                             .runs = "wake",
                             .targets = targets,
                             .target_count = 1};
  const struct action_spec *const specs[] = {&wake, &spec_vacuum, NULL};
  (void)state;
  struct session s;
  session_init(&s, 120, 36);
  s.acting.base.model.operations.specs = specs;
  press(&s, "3<Home>");
  expect(&s, "ecap: V vacuum  a all actions");
  press(&s, "W"); /* the answer says why not */
  assert_ptr_equal(s.request.action, &wake);
  wake.target_count = 0; /* all of the kind */
  press(&s, "<Home>");
  expect(&s, "ecap: W wake  V vacuum  a all actions");
  session_fini(&s);
}

/* A service is a row, and its actions are those of the target: they are offered, too. Where a table
 * has actions of its own, only these are. */
static void test_the_actions_of_a_target_that_is_a_row(void **state) {
  static const struct action_spec start = {.id = "service.start",
                                           .kind = "service",
                                           .key = 'B',
                                           .title = "start",
                                           .what = "starts it",
                                           .runs = "start"};
  const struct action_spec *const specs[] = {&start, &spec_terminate, &spec_vacuum, NULL};
  (void)state;
  struct session s;
  session_init(&s, 120, 36);
  s.acting.base.model.operations.specs = specs;
  press(&s, "1<Home>");
  expect(&s, ": B start  a all actions");
  press(&s, "3<Home><Down>");
  expect(&s, ": T terminate  a all actions");
  session_fini(&s);
}

/* The row that was on the screen is another one when the key arrives. */
static void test_the_row_moves_before_the_key(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 120, 36);
  s.acting.base.scene = SCENE_CALM;
  fixture_publish(&s.acting.base, 4, 0, s.now_ms);
  press(&s, "3");
  s.acting.base.scene = SCENE_INCIDENT;
  fixture_publish(&s.acting.base, 4, 1, s.now_ms); /* 8123 has come in before 8200 */
  press_key(&s, (struct key){KEY_CODE_RUNE, 'T'});
  assert_int_equal(s.request.kind,
                   REQUEST_ACT); /* it is for the row that was seen, wherever it is */
  assert_string_equal(s.request.subject.keys[0], "8200/1");
  draw(&s);
  press(&s, "<Home><Down>");
  s.acting.base.scene = SCENE_CALM;
  fixture_publish(&s.acting.base, 4, 2, s.now_ms); /* 8123 has gone, and 8200 is in its place */
  press_key(&s, (struct key){KEY_CODE_RUNE, 'T'});
  assert_int_equal(s.request.kind, REQUEST_NONE);
  draw(&s);
  expect(&s, "The selection just changed: check the row");
  press_key(&s, (struct key){KEY_CODE_RUNE, 'T'});
  assert_int_equal(s.request.kind, REQUEST_ACT);
  assert_string_equal(s.request.subject.keys[0], "8200/1");
  session_fini(&s);
}

static void test_the_command_line(void **state) {
  (void)state;
  struct session s;
  session_init(&s, 80, 24);
  press(&s, ":unlockq ");
  press_key(&s, (struct key){KEY_CODE_PASTED, 'x'});
  draw(&s);
  expect(&s, ":unlockq x_");
  press(&s, "<Ctrl-L>");
  assert_int_equal(s.request.kind, REQUEST_REPAINT);
  press(&s, "<Enter>");
  assert_int_equal(s.request.kind, REQUEST_COMMAND);
  assert_string_equal(s.request.text, "unlockq x");
  press(&s, ":abc<Ctrl-C>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect_not(&s, ":abc");
  press(&s, ":<Enter>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  press(&s, "q");
  assert_int_equal(s.request.kind, REQUEST_QUIT);
  /* A dialog that opens meanwhile gets the keys. */
  press(&s, ":abc");
  open_reversible(&s);
  press(&s, "x<Esc>");
  assert_int_equal(s.request.kind, REQUEST_DISMISS);
  session_fini(&s);
}

/* ---- any keys */

static uint32_t next_random(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

/* Mostly keys that nearly confirm. */
static struct key random_key(uint32_t *seed, const struct plan *plan, size_t typed) {
  char phrase[PLAN_PHRASE_MAX];
  uint32_t chance = next_random(seed) % 100;
  if (plan && chance < 70) {
    plan_phrase(plan, phrase);
    unsigned char rune = typed < strlen(phrase) ? (unsigned char)phrase[typed] : '\0';
    return rune ? (struct key){KEY_CODE_RUNE, rune} : (struct key){KEY_CODE_ENTER, 0};
  }
  if (chance < 75)
    return (struct key){KEY_CODE_ENTER, 0};
  if (chance < 80)
    return (struct key){KEY_CODE_RUNE, "y abTC"[next_random(seed) % 6]};
  struct key key = {(enum key_code)(next_random(seed) % (KEY_CODE_CTRL + 1)), 0};
  if (key.code == KEY_CODE_CTRL)
    key.rune = 'a' + next_random(seed) % 26;
  else if (key.code == KEY_CODE_RUNE || key.code == KEY_CODE_PASTED)
    key.rune = next_random(seed) % (chance % 2 ? 0x80 : 0x11FFFF);
  return key;
}

static void open_any(struct session *s, uint32_t *seed) {
  static void (*const others[])(struct session *) = {
      open_menu, open_form, open_survey, open_choice, open_execute, open_verify, open_end};
  if (next_random(seed) % 4 == 0)
    others[next_random(seed) % (sizeof others / sizeof *others)](s);
  else
    acting_plan(&s->acting, next_random(seed) % 2 ? &spec_cancel : &spec_terminate,
                1 + (int)(next_random(seed) % 3 * 2), next_random(seed) % 2, s->now_ms);
}

static void test_any_keys(void **state) {
  (void)state;
  static const int gaps_ms[] = {0, 1, 30, 299, 300, 301, 1000, 31000};
  uint32_t seed = 20261125;
  int agreed = 0;
  struct session s;
  struct agreement agreement = {0};
  session_init(&s, 50, 16);
  for (int i = 0; i < 40000; i++) {
    const struct operations *operations = &s.acting.base.model.operations;
    if (next_random(&seed) % 40 == 0) {
      open_any(&s, &seed);
      draw(&s);
      agreement_open(&agreement, s.now_ms);
    }
    const struct operation *front = operations->menu ? NULL : operations->front;
    const struct plan *plan = front && front->phase == OPERATION_PLAN ? front->plan : NULL;
    s.now_ms += gaps_ms[next_random(&seed) % (next_random(&seed) % 30 ? 7 : 8)];
    struct key key = random_key(&seed, plan, agreement.count);
    bool agrees = plan && agreement_key(&agreement, plan, s.now_ms, key);
    press_key(&s, key);
    if ((s.request.kind == REQUEST_AGREE) != agrees)
      fail_msg("key %d: agreed %d, it should %d", i, s.request.kind == REQUEST_AGREE, agrees);
    if (s.request.kind == REQUEST_AGREE)
      assert_true(plan_agreed(plan, s.request.text));
    agreed += agrees;
    draw(&s);
  }
  print_message("%d times agreed to\n", agreed);
  assert_true(agreed > 100);
  session_fini(&s);
}

/* ---- tables */

static void test_keys_that_actions_may_have(void **state) {
  (void)state;
  struct err err = {0};
  struct action_spec taken = spec_cancel, twice = spec_cancel, small = spec_cancel;
  taken.key = 'N';
  twice.id = "postgres.other";
  small.key = 'c';
  assert_true(view_action_keys_check(fixture_specs, &err));
  assert_false(view_action_keys_check((const struct action_spec *const[]){&taken, NULL}, &err));
  assert_non_null(strstr(err.text, "postgres.cancel: its key N is taken"));
  assert_false(view_action_keys_check(
      (const struct action_spec *const[]){&spec_cancel, &twice, NULL}, &err));
  assert_string_equal(err.text, "postgres.cancel and postgres.other have the same key C");
  assert_false(view_action_keys_check((const struct action_spec *const[]){&small, NULL}, &err));
}

static void test_the_tables_of_keys(void **state) {
  (void)state;
  for (int kind = DIALOG_MENU; kind < DIALOG_KINDS; kind++) {
    const struct dialog_class *class = dialog_classes[kind];
    assert_true(class && *class->name && class->binding_count > 0);
    for (size_t i = 0; i < class->binding_count; i++) {
      const struct dialog_binding *binding = &class->bindings[i];
      assert_true(*binding->name && *binding->help && binding->run);
      if (binding->code == KEY_CODE_CTRL)
        assert_null(strchr("abhjklqsz", (int)binding->rune));
      for (size_t j = 0; j < i; j++) {
        const struct dialog_binding *other = &class->bindings[j];
        if (other->code == binding->code && other->rune == binding->rune)
          assert_true(other->run == binding->run && other->argument == binding->argument);
      }
    }
  }
}

/* Whether a cancel is available: as the pipeline says. */
static bool may_but(void *arg, const struct action_spec *spec, const struct subject *subject) {
  assert_int_equal(subject->target_index, 4);
  return *(const bool *)arg || spec != &spec_cancel;
}

static void test_the_footer_offers_what_is_available(void **state) {
  struct session s;
  bool cancel = true;
  (void)state;
  session_init(&s, 120, 36);
  s.acting.base.model.operations.may = may_but;
  s.acting.base.model.operations.may_arg = &cancel;
  press(&s, "3");
  expect(&s, "C cancel");
  expect(&s, "T terminate");
  cancel = false;
  draw(&s);
  expect_not(&s, "C cancel");
  expect(&s, "T terminate");
  session_fini(&s);
}

/* An action of the configuration that names the target comes before those for all of its kind. */
static void test_what_was_made_for_the_target_comes_first(void **state) {
  static char name[] = "ecap";
  static char *const targets[] = {name};
  static const struct action_spec own = {.id = "own.fix",
                                         .kind = "postgres",
                                         .table = "sessions",
                                         .targets = targets,
                                         .target_count = 1,
                                         .key = 'Q',
                                         .title = "fix it"};
  static const struct action_spec *const specs[] = {&spec_cancel, &spec_terminate, &own, NULL};
  struct session s;
  (void)state;
  session_init(&s, 120, 36);
  s.acting.base.model.operations.specs = specs;
  press(&s, "3");
  expect(&s, "Q fix it  C cancel");
  session_fini(&s);
}

static void test_the_menu_heads_its_groups(void **state) {
  struct session s;
  (void)state;
  session_init(&s, 80, 24);
  acting_menu(&s.acting);
  draw(&s);
  expect(&s, "For the selected row");
  expect(&s, "For the target ecap");
  static const struct action_offer whole[] = {{&spec_vacuum, false, NULL}};
  s.acting.base.model.operations.offers = whole;
  s.acting.base.model.operations.offer_count = 1;
  draw(&s);
  expect_not(&s, "For the");
  session_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_footer_offers_what_is_available),
      cmocka_unit_test(test_what_was_made_for_the_target_comes_first),
      cmocka_unit_test(test_the_menu_heads_its_groups),
      cmocka_unit_test(test_one_key_confirms_only_reversible_actions),
      cmocka_unit_test(test_enter_alone_does_not_confirm),
      cmocka_unit_test(test_a_paste_never_confirms),
      cmocka_unit_test(test_a_moment_without_a_key_comes_before),
      cmocka_unit_test(test_held_keys_never_confirm),
      cmocka_unit_test(test_the_phrase_and_enter_confirm_once),
      cmocka_unit_test(test_nearly_the_phrase),
      cmocka_unit_test(test_another_plan_starts_over),
      cmocka_unit_test(test_an_old_plan_is_not_confirmed),
      cmocka_unit_test(test_small_screens_do_not_confirm),
      cmocka_unit_test(test_a_paused_screen),
      cmocka_unit_test(test_a_plan_can_be_read_whole_and_copied),
      cmocka_unit_test(test_the_largest_plan),
      cmocka_unit_test(test_one_key_is_harmless_everywhere),
      cmocka_unit_test(test_the_end_follows_the_record),
      cmocka_unit_test(test_the_output),
      cmocka_unit_test(test_the_menu),
      cmocka_unit_test(test_a_click_only_selects),
      cmocka_unit_test(test_the_pages_of_the_menu),
      cmocka_unit_test(test_the_form),
      cmocka_unit_test(test_the_form_shows_the_range),
      cmocka_unit_test(test_the_choice),
      cmocka_unit_test(test_a_filter_makes_no_candidate_of_a_parent),
      cmocka_unit_test(test_many_candidates),
      cmocka_unit_test(test_what_runs),
      cmocka_unit_test(test_marks),
      cmocka_unit_test(test_mark_all),
      cmocka_unit_test(test_marks_go_with_their_rows),
      cmocka_unit_test(test_marks_are_of_one_table),
      cmocka_unit_test(test_keys_of_actions),
      cmocka_unit_test(test_a_key_of_another_target_is_not_offered),
      cmocka_unit_test(test_the_actions_of_a_target_that_is_a_row),
      cmocka_unit_test(test_the_row_moves_before_the_key),
      cmocka_unit_test(test_the_command_line),
      cmocka_unit_test(test_any_keys),
      cmocka_unit_test(test_keys_that_actions_may_have),
      cmocka_unit_test(test_the_tables_of_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
