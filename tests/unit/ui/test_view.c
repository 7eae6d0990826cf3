/* What keys do, that the selection stays on its row, and that a calm screen does not move. */
#include "core/text/text.h"
#include "model/judge/model_evaluate.h"
#include "ui/operation_fixture.h"
#include "ui/screen_cells.h"
#include "ui/view/keys/keymap.h"
#include "ui/view/keys/view_keys.h"
#include "ui/view_session.h"

#include <time.h>

static void test_panes_are_chosen(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_CALM, 120, 36);
  expect(&s, "[1 Services]");
  press(&s, "3");
  expect(&s, "[3 PostgreSQL]");
  expect_not(&s, "[1 Services]");
  press(&s, "<Tab>");
  expect(&s, "[4 Redis]");
  press(&s, "<BackTab><BackTab>");
  expect(&s, "[2 Kafka lag]");
  press(&s, "1<BackTab>");
  expect(&s, "[6 Events]");
  press(&s, "<Tab>");
  expect(&s, "[1 Services]");
  press(&s, "9");
  expect(&s, "[1 Services]");
  session_fini(&s);
}

/* Until a key is pressed, the worst finding is selected, wherever that is. */
static void test_the_worst_is_selected(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_CALM, 120, 36);
  expect(&s, "[1 Services]");
  s.fixture.scene = SCENE_INCIDENT;
  fixture_run(&s.fixture);
  draw(&s);
  expect(&s, "[3 PostgreSQL]");
  expect(&s, "\xE2\x96\xBA!! \xE2\x96\xBE 8123"); /* the marked one */
  press(&s, "1");
  expect(&s, "\xE2\x96\xBA!! dashboard");
  draw(&s);
  expect(&s, "[1 Services]");
  session_fini(&s);
}

static void test_from_finding_to_finding(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  press(&s, "n");
  expect(&s, "[1 Services]");
  expect(&s, "\xE2\x96\xBA!! dashboard");
  press(&s, "n");
  expect(&s, "[5 Disks & host]");
  expect(&s, "\xE2\x96\xBA!! /var");
  press(&s, "n");
  expect(&s, "\xE2\x96\xBA load 90%"); /* of a summary */
  press(&s, "nn");                     /* and again from the first one */
  expect(&s, "[3 PostgreSQL]");
  expect(&s, "\xE2\x96\xBA!! \xE2\x96\xBE 8123");
  press(&s, "N");
  expect(&s, "\xE2\x96\xBA active 3");
  press(&s, "3/8201<Enter>"); /* with a filter it is the next match */
  press(&s, "n");
  expect(&s, "[3 PostgreSQL]");
  session_fini(&s);
  session_init(&s, SCENE_CALM, 120, 36);
  press(&s, "n");
  expect(&s, "No findings");
  session_fini(&s);
}

static void test_the_list_of_findings(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  press(&s, "f");
  expect(&s, "[Findings]");
  expect_not(&s, "4 Redis");
  press(&s, "<Down><Down>");
  expect(&s, "local /var:");
  press(&s, "i");
  expect(&s, "[host local /var]");
  press(&s, "<Esc>");
  expect(&s, "[Findings]");
  press(&s, "<Enter>");
  expect(&s, "[5 Disks & host]");
  expect(&s, "\xE2\x96\xBA!! /var");
  /* A filter, and the way back. */
  press(&s, "f/nothing listens<Enter>");
  expect(&s, "1 of 6");
  press(&s, "<Esc><Esc>");
  expect(&s, "[5 Disks & host]");
  press(&s, "f2");
  expect(&s, "[2 Kafka lag]");
  session_fini(&s);
}

/* The form says what is wrong, and sends nothing before it is complete. */
static void test_a_finding_is_acknowledged(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  press(&s, "f<Down>");
  expect(&s, "a acknowledge");
  press(&s, "a");
  expect(&s, "[Acknowledge]");
  press(&s, "<Enter>");
  expect(&s, "Type the reason");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  press(&s, "quit at 3<Tab>");
  for (int i = 0; i < 2; i++)
    press(&s, "<Backspace>");
  press(&s, "soon<Enter>");
  expect(&s, "For: ");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  for (int i = 0; i < 4; i++)
    press(&s, "<Backspace>");
  press(&s, "30m");
  s.request = view_key(s.view, &s.fixture.model, s.now_ms, (struct key){.code = KEY_CODE_ENTER});
  assert_int_equal(s.request.kind, REQUEST_ALARM);
  assert_int_equal(s.request.operation, ALARM_FORM_ACKNOWLEDGE);
  assert_string_equal(s.request.texts[0], "quit at 3");
  assert_string_equal(s.request.texts[1], "30m");
  assert_non_null(strchr(s.request.text, '/'));
  draw(&s);
  expect_not(&s, "[Acknowledge]");
  press(&s, "s");
  expect(&s, "[Silence]");
  press(&s, "<Esc>");
  expect_not(&s, "[Silence]");
  press(&s, "u");
  expect(&s, "It is neither acknowledged nor silenced");
  session_fini(&s);
}

/* It stays in the list and is counted, and no longer comes first. */
static void test_a_finding_is_silenced(void **state) {
  (void)state;
  struct session s;
  struct alarm_mark mark = {.kind = ALARM_SILENCED,
                            .key = "*",
                            .pattern = true,
                            .most = SEVERITY_WARN,
                            .who = "ann@b1",
                            .reason = "deploy",
                            .until_ms = FIXTURE_NOW + 3600000};
  struct alarm_marks marks = {&mark, 1};
  session_init(&s, SCENE_INCIDENT, 120, 36);
  snprintf(mark.platform, sizeof mark.platform, "%s",
           s.fixture.config->name ? s.fixture.config->name : "");
  snprintf(mark.environment, sizeof mark.environment, "%s",
           s.fixture.config->environment ? s.fixture.config->environment : "");
  s.fixture.model.alarm_marks = &marks;
  model_evaluate(&s.fixture.model, s.now_ms, false);
  draw(&s);
  expect(&s, " silenced ");
  press(&s, "f");
  expect(&s, "(silenced by ann@b1 until ");
  expect(&s, "5, 2 silenced, 1 pending");
  mark.most = SEVERITY_CRIT;
  model_evaluate(&s.fixture.model, s.now_ms, false);
  press(&s, "<Esc>");
  expect_not(&s, "all ok");
  expect(&s, "silenced: ");
  expect_not(&s, "targets up");
  press(&s, "f/deploy<Enter>");
  expect(&s, "6 of 6");
  press(&s, "u");
  expect(&s, "[Remove the mark]");
  s.request = view_key(s.view, &s.fixture.model, s.now_ms, (struct key){.code = KEY_CODE_ENTER});
  assert_int_equal(s.request.kind, REQUEST_ALARM);
  assert_int_equal(s.request.operation, ALARM_FORM_REMOVE);
  s.fixture.model.alarm_marks = NULL;
  session_fini(&s);
}

static void test_orders_of_the_findings(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  press(&s, "f>");
  expect(&s, "Sorted: the newest first");
  press(&s, ">");
  expect(&s, "Sorted: by target");
  press(&s, ">");
  expect(&s, "Sorted: the worst first");
  session_fini(&s);
}

static void test_zoom_and_details(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  press(&s, "3<Enter>");
  expect(&s, "DATABASE");
  expect_not(&s, "4 Redis");
  press(&s, "<Enter>");
  expect(&s, "[postgres ecap 8123]");
  expect(&s, "idle in transaction 14m, blocks 2 since");
  press(&s, "<Esc>");
  expect(&s, "[3 PostgreSQL]");
  expect_not(&s, "4 Redis");
  press(&s, "<Esc>");
  expect(&s, "4 Redis");
  press(&s, "i");
  expect(&s, "[postgres ecap 8123]");
  press(&s, "<Esc>");
  expect(&s, "4 Redis");
  /* A row whose cell is not known says why. */
  press(&s, "3<Enter><Down><Down><Down><Down>i");
  expect(&s, "? needs pg_monitor");
  session_fini(&s);
}

/* A value that has become shorter keeps its place, and the border continues after it. */
static void test_a_shorter_figure_leaves_no_gap(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 80, 24);
  expect(&s, "lag 12,435 \xE2\x94\x80");
  s.fixture.scene = SCENE_CALM;
  fixture_publish(&s.fixture, 3, FIXTURE_STEPS - 1, s.now_ms);
  draw(&s);
  expect(&s, "lag 425 \xE2\x94\x80\xE2\x94\x80\xE2\x94\x80\xE2\x94\x80\xE2\x94");
  session_fini(&s);
}

/* The details of a row that disappears say so, and never show another one. */
static void test_details_of_what_goes(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  press(&s, "3i");
  expect(&s, "[postgres ecap 8123]");
  s.fixture.scene = SCENE_CALM;
  fixture_publish(&s.fixture, 4, 0, s.now_ms);
  draw(&s);
  expect(&s, "[postgres ecap 8123]");
  expect(&s, "This row is gone");
  session_fini(&s);
}

static const char *selected(const struct session *s) {
  const struct pane *pane = s->view->panes[s->view->focus];
  return pane->selection.key;
}

static void test_selection_stays_on_its_row(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_CALM, 120, 36);
  /* Until a person uses the pane, the first row is selected, whatever it is. */
  s.fixture.scene = SCENE_INCIDENT;
  fixture_publish(&s.fixture, 4, 1, s.now_ms);
  draw(&s);
  s.fixture.scene = SCENE_CALM;
  fixture_publish(&s.fixture, 4, 2, s.now_ms);
  draw(&s);
  press(&s, "3");
  assert_string_equal(selected(&s), "8200/1");
  /* From then on it is followed. */
  s.fixture.scene = SCENE_INCIDENT;
  fixture_publish(&s.fixture, 4, 1, s.now_ms);
  draw(&s);
  assert_string_equal(selected(&s), "8200/1");
  press(&s, ">I"); /* however the rows are sorted */
  assert_string_equal(selected(&s), "8200/1");
  press(&s, "i");
  expect(&s, "[postgres ecap 8200]");
  press(&s, "<Esc><");
  s.fixture.scene = SCENE_CALM;
  fixture_publish(&s.fixture, 4, 2, s.now_ms);
  press(&s, "<Down><Down>");
  assert_string_equal(selected(&s), "8202/1");
  s.fixture.scene = SCENE_INCIDENT;
  fixture_publish(&s.fixture, 4, 3, s.now_ms);
  draw(&s);
  assert_string_equal(selected(&s), "8202/1");
  expect_not(&s, "gone");
  /* It disappears, its neighbour is selected, and a notice says so. */
  press(&s, "<End>");
  assert_string_equal(selected(&s), "8219/1");
  s.fixture.scene = SCENE_CALM;
  fixture_publish(&s.fixture, 4, 4, s.now_ms);
  draw(&s);
  assert_string_equal(selected(&s), "8203/1");
  expect(&s, "The selected row is gone");
  press(&s, "k");
  expect_not(&s, "The selected row is gone");
  session_fini(&s);
}

/* A key works on the row that was visible when it was pressed, even if the model has changed. */
static void test_the_first_key_finds_the_row_that_was_seen(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_CALM, 120, 36);
  press(&s, "3");
  struct pane *pane = s.view->panes[s.view->focus];
  pane->selection.picked = pane->selection.wanted =
      false; /* as in a pane that has the focus at first */
  draw(&s);
  assert_string_equal(selected(&s), "8200/1");
  s.fixture.scene = SCENE_INCIDENT; /* 8123 is the first now, and not drawn yet */
  fixture_publish(&s.fixture, 4, 1, s.now_ms);
  press(&s, "i");
  expect(&s, "[postgres ecap 8200]");
  session_fini(&s);
}

static void test_a_notice(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 80, 24);
  press(&s, "3<Enter>");
  view_notice(s.view, "no action, command or target is called \"vacum\"; did you mean \"vacuum\"?");
  draw(&s);
  expect(&s, "no action, command or target is called \"vacum\"; did you mean \"vacuum\"?");
  press(&s, "j");
  expect_not(&s, "vacum");
  session_fini(&s);
}

static void test_moving(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  press(&s, "3jj");
  assert_string_equal(selected(&s), "8125/1");
  press(&s, "kG");
  assert_string_equal(selected(&s), "8219/1");
  expect(&s, " 23/23 ");
  press(&s, "<Down><Down>");
  assert_string_equal(selected(&s), "8219/1");
  press(&s, "<PgUp>");
  assert_string_not_equal(selected(&s), "8219/1");
  press(&s, "g");
  assert_string_equal(selected(&s), "ecap"); /* the summary */
  press(&s, "<PgDn><Home>");
  assert_string_equal(selected(&s), "ecap");
  session_fini(&s);
}

/* Clicks the cell of the text, or turns the wheel over it. */
static void point(struct session *s, const char *text, enum key_code code) {
  const struct key key = screen_key_at(s->canvas, text, code);
  s->request = view_key(s->view, &s->fixture.model, s->now_ms, key);
  draw(s);
}

static void test_the_mouse(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  point(&s, "8200", KEY_CODE_CLICK);
  assert_string_equal(selected(&s), "8200/1");
  expect_not(&s, "ecap 8200]");
  point(&s, "4 Redis", KEY_CODE_CLICK); /* a title focuses its pane */
  expect(&s, "[4 Redis]");
  expect(&s, "3 PostgreSQL");
  point(&s, "8200", KEY_CODE_CLICK); /* in another pane: selects */
  expect(&s, "[3 PostgreSQL]");
  expect_not(&s, "DATABASE");
  point(&s, "8200", KEY_CODE_CLICK); /* again: as Enter */
  expect(&s, "DATABASE");
  assert_string_equal(selected(&s), "8200/1");
  point(&s, "8201", KEY_CODE_CLICK);
  assert_string_equal(selected(&s), "8201/1");
  point(&s, "8201", KEY_CODE_CLICK);
  expect(&s, "ecap 8201]");
  point(&s, "8201", KEY_CODE_CLICK); /* nothing is selected there */
  expect(&s, "ecap 8201]");
  press(&s, "<Esc>g");
  point(&s, "8201", KEY_CODE_WHEEL_DOWN);
  assert_string_not_equal(selected(&s), "ecap");
  point(&s, "8201", KEY_CODE_WHEEL_UP);
  assert_string_equal(selected(&s), "ecap");
  point(&s, "DATABASE", KEY_CODE_CLICK); /* a heading */
  assert_string_equal(selected(&s), "ecap");
  press(&s, "?");
  point(&s, "[Help]", KEY_CODE_WHEEL_DOWN);
  expect(&s, "[Help]\xE2\x94\x80 4-");
  session_fini(&s);
}

/* A click means the row that was seen, also when the rows have moved since. */
static void test_a_click_finds_the_row_that_was_seen(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_CALM, 120, 36);
  const struct key key = screen_key_at(s.canvas, "8201", KEY_CODE_CLICK);
  s.fixture.scene = SCENE_INCIDENT; /* 8123 and others are above it now, and not drawn yet */
  fixture_publish(&s.fixture, 4, 1, s.now_ms);
  view_key(s.view, &s.fixture.model, s.now_ms, key);
  draw(&s);
  assert_string_equal(selected(&s), "8201/1");
  session_fini(&s);
}

static void test_trees(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  press(&s, "2<Enter>");
  expect_not(&s, "172,102");
  press(&s, "<Down><Right>");
  expect(&s, "172,102");
  press(&s, "<Down><Left>");
  assert_string_equal(selected(&s), "ecap-consumer-group/transactions");
  press(&s, "<Left>");
  expect_not(&s, "172,102");
  press(&s, "<Right>");
  expect(&s, "172,102");
  press(&s, "<Left><Left><Left>");
  expect_not(&s, "customers");
  session_fini(&s);
}

static void test_filter(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  press(&s, "3/81q");
  expect(&s, "/81q_");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "0 of 23");
  press(&s, "<Backspace>");
  expect(&s, "/81_");
  press(&s, "<Enter>");
  expect(&s, "/81 3 of 23");
  press(&s, "n");
  assert_string_equal(selected(&s), "8124/1");
  press(&s, "N");
  assert_string_equal(selected(&s), "8123/1");
  press(&s, "<Esc>");
  expect_not(&s, "/81");
  press(&s, "/xyz<Ctrl-U>");
  expect(&s, "/_");
  press(&s, "abc<Esc>");
  expect_not(&s, "abc");
  /* Ctrl-C works in a text field. */
  press(&s, "/x<Ctrl-C>");
  assert_int_equal(s.request.kind, REQUEST_QUIT);
  session_fini(&s);
}

static void test_sorting(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_CALM, 120, 36);
  press(&s, "3");
  expect(&s, "< > sort");
  press(&s, ">");
  expect(&s, "Sorted by SESSION");
  press(&s, "I<Home><Down>");
  assert_string_equal(selected(&s), "8203/1");
  press(&s, "<");
  expect(&s, "Sorted by severity");
  press(&s, "<Home><Down>");
  assert_string_equal(selected(&s), "8200/1");
  session_fini(&s);
}

static void test_requests(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_CALM, 80, 24);
  press(&s, "q");
  assert_int_equal(s.request.kind, REQUEST_QUIT);
  press(&s, "<Ctrl-Z>");
  assert_int_equal(s.request.kind, REQUEST_SUSPEND);
  press(&s, "<Ctrl-L>");
  assert_int_equal(s.request.kind, REQUEST_REPAINT);
  press(&s, "<Ctrl-R>");
  assert_int_equal(s.request.kind, REQUEST_COLLECT_NOW);
  press(&s, "?");
  expect(&s, "[Help]");
  press(&s, "q");
  assert_int_equal(s.request.kind, REQUEST_QUIT);
  press(&s, "<Esc>");
  expect_not(&s, "[Help]");
  press(&s, "<F1><F1>");
  expect_not(&s, "[Help]");
  session_fini(&s);
}

static void test_pause(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_CALM, 80, 24);
  int64_t next = view_next_ms(s.view, &s.fixture.model, s.now_ms);
  assert_true(next > s.now_ms && next <= s.now_ms + 1000);
  press(&s, "z");
  assert_int_equal(s.request.kind, REQUEST_PAUSE);
  char *before = screen_text(s.canvas);
  s.now_ms += 60000;
  assert_true(view_next_ms(s.view, &s.fixture.model, s.now_ms) == INT64_MAX);
  draw(&s);
  char *after = screen_text(s.canvas);
  assert_string_equal(before, after);
  free(before);
  free(after);
  expect(&s, "PAUSED");
  press(&s, "<Ctrl-R>");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  press(&s, "z");
  assert_int_equal(s.request.kind, REQUEST_RESUME);
  expect(&s, "LIVE");
  expect(&s, "stale 1m");
  session_fini(&s);
}

/* No key that multiplexers and terminals need is bound, every row of the table has its help, and no
 * key does two things in one place: it may have two words for the bottom line. */
static void test_the_table_of_keys(void **state) {
  (void)state;
  struct keymap map;
  keymap_init(&map);
  for (size_t i = 0; i < view_binding_count; i++) {
    const struct binding *binding = &view_bindings[i];
    assert_true(*binding->help && binding->run && binding->places && strchr(binding->name, '-'));
    for (size_t k = 0; k < map.rows[i].count; k++) {
      const struct key key = map.rows[i].keys[k];
      if (key.code == KEY_CODE_CTRL)
        assert_null(strchr("abhjksq", (int)key.rune));
      for (size_t j = 0; j < i; j++) {
        const struct binding *other = &view_bindings[j];
        if (!(other->places & binding->places) || !keymap_has(&map, j, key))
          continue;
        assert_ptr_equal(other->run, binding->run);
        assert_string_equal(other->name, binding->name);
      }
    }
    for (size_t j = 0; j < i; j++) /* one name, one set of keys */
      if (strcmp(view_bindings[j].name, binding->name) == 0)
        assert_string_equal(view_bindings[j].keys, binding->keys);
  }
  keymap_fini(&map);
}

/* Rough bytes to a terminal: each run of changed cells, and 8 to get there. */
static int cost(const struct canvas *before, const struct canvas *after) {
  int bytes = 0;
  bool running = false;
  size_t count = (size_t)after->width * (size_t)after->height;
  for (size_t i = 0; i < count; i++) {
    const struct cell *a = &before->cells[i], *b = &after->cells[i];
    bool same = strcmp(a->text, b->text) == 0 && a->style == b->style;
    if (!same)
      bytes += (int)strlen(b->text) + (running ? 0 : 8);
    running = !same;
  }
  return bytes;
}

static void test_a_busy_screen_is_cheap(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 200, 50);
  struct canvas *before = canvas_new(200, 50, false);
  int bytes = 0, seconds = 120;
  for (int i = 0; i < seconds; i++) {
    memcpy(before->cells, s.canvas->cells, 200 * 50 * sizeof *before->cells);
    s.now_ms += 1000;
    if (i % 2 == 0) {
      for (size_t target_index = 0; target_index < s.fixture.model.target_count; target_index++)
        fixture_publish(&s.fixture, target_index, FIXTURE_STEPS + i / 2, s.now_ms);
      model_evaluate(&s.fixture.model, s.now_ms, false);
    }
    draw(&s);
    bytes += cost(before, s.canvas);
  }
  canvas_free(before);
  print_message("%d bytes/s by a rough count\n", bytes / seconds);
  assert_true(bytes / seconds < 700);
  session_fini(&s);
}

/* 20 groups of 1,000 partitions: a frame and a key stay far below 16 ms. */
static void test_many_rows(void **state) {
  (void)state;
  static const struct table_spec *const specs[] = {&kafka_summary_spec, &lag_spec};
  struct session s;
  session_init(&s, SCENE_CALM, 200, 50);
  struct sample *sample = sample_new(specs, 2);
  for (int g = 0; g < 20; g++) {
    char group[32];
    snprintf(group, sizeof group, "group-%d", g);
    ROW(sample, "lag", group, NULL, T(group), N(g));
    kafka_topic(sample, group, "transactions", 1000, 5000 + g, 1, 1);
  }
  sample->taken_ms = s.now_ms;
  model_publish(&s.fixture.model, 3, sample, s.now_ms);
  press(&s, "2<Enter><Down><Right>");
  struct timespec start, end;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
  for (int i = 0; i < 20; i++)
    press(&s, "j");
  press(&s, "G/99<Enter>");
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  double ms =
      (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6;
  print_message("%.1f ms a key and a frame\n", ms / 25);
  session_fini(&s);
}

/* Thousands of keys on models that change, at sizes that change. */
static void check_invariants(const struct session *s) {
  assert_true(s->view->focus < s->view->pane_count);
  screen_check_cells(s->canvas);
}

static uint32_t next_random(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

static struct key random_key(uint32_t *seed) {
  static const char runes[] = "123456jkgGinNI<>/?z  \0qab:CTV";
  struct key key = {(enum key_code)(next_random(seed) % (KEY_CODE_CTRL + 1)), 0};
  if (key.code == KEY_CODE_CTRL)
    key.rune = 'a' + next_random(seed) % 26;
  else if (next_random(seed) % 2)
    key = (struct key){KEY_CODE_RUNE, (unsigned char)runes[next_random(seed) % (sizeof runes - 1)]};
  else if (key.code == KEY_CODE_RUNE)
    key.rune = next_random(seed) % 0x11FFFF;
  return key;
}

static void change_model(struct session *s, uint32_t *seed) {
  s->fixture.scene = (enum fixture_scene)(next_random(seed) % 4);
  size_t target_index = next_random(seed) % s->fixture.model.target_count;
  s->now_ms += next_random(seed) % 9000;
  if (next_random(seed) % 5 == 0)
    fixture_fail(&s->fixture, target_index, ERR_TIMEOUT, "no \x1b[1m answer", 0);
  else
    fixture_publish(&s->fixture, target_index, (int)(next_random(seed) % 100), s->now_ms);
  model_evaluate(&s->fixture.model, s->now_ms, false);
}

static void change_size(struct session *s, uint32_t *seed) {
  int width = (int)(next_random(seed) % 130), height = (int)(next_random(seed) % 45);
  canvas_free(s->canvas);
  s->canvas = canvas_new(width, height, next_random(seed) % 2);
}

/* A page that is scrolled to its end follows the screen's size; keys come before the first frame.
 */
static void test_sizes(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 80, 12);
  press(&s, "?<End>");
  expect(&s, "of a wall display: the panes");
  expect_not(&s, "full-screen pane; again");
  canvas_free(s.canvas);
  s.canvas = canvas_new(80, 100, false);
  draw(&s);
  expect(&s, "full-screen pane; again");
  view_free(s.view);
  s.view = view_new(&(struct view_options){.utc = true});
  press(&s, "3G");
  assert_string_equal(selected(&s), "8219/1");
  session_fini(&s);
  session_init(&s, SCENE_INCIDENT, 80, 24);
  view_free(s.view);
  s.view = view_new(&(struct view_options){.utc = true});
  for (const char *keys = "jG i<Enter>/x<Esc><Left>>"; *keys;)
    view_key(s.view, &s.fixture.model, s.now_ms, screen_next_key(&keys));
  draw(&s);
  session_fini(&s);
}

/* / keeps only the lines with a text, and Esc shows all of them again. */
static void test_the_help_is_searched(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 100, 30);
  press(&s, "?/CLIPx");
  expect(&s, "/CLIPx: 0 lines");
  press(&s, "<Backspace>");
  expect(&s, "copy the row to the clipboard");
  expect(&s, "copy the line to the clipboard"); /* of the logs */
  expect(&s, "/CLIP: 3 lines");
  expect_not(&s, "details of the selected row");
  press(&s, "<Enter>?"); /* ? leaves */
  expect(&s, "[3 PostgreSQL]");
  press(&s, "?/ctrl-r<Enter>");
  expect(&s, "refresh now");
  expect_not(&s, "details of the selected row");
  press(&s, "<Esc>/mouse<Enter>"); /* a heading: all of its part */
  expect(&s, "go to the pane");
  expect_not(&s, "details of the selected row");
  press(&s, "<Esc>");
  expect(&s, "details of the selected row");
  press(&s, "<Esc>");
  expect(&s, "[3 PostgreSQL]");
  session_fini(&s);
}

static void test_the_interval(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 100, 30);
  press(&s, "+");
  assert_int_equal(s.request.kind, REQUEST_SLOWER);
  press(&s, "-");
  assert_int_equal(s.request.kind, REQUEST_FASTER);
  press(&s, "z-");
  assert_int_equal(s.request.kind, REQUEST_NONE);
  expect(&s, "Paused: press z to resume");
  session_fini(&s);
}

/* Two targets whose tables of one name differ: a missing column is never read. */
static void test_tables_that_differ(void **state) {
  (void)state;
  static const struct table_spec narrow = {"services", "Services", 0, service_columns, 2};
  static const struct table_spec *const specs[] = {&narrow};
  struct session s;
  session_init(&s, SCENE_CALM, 120, 36);
  struct sample *sample = sample_new(specs, 1);
  ROW(sample, "services", "api", NULL, T("api"), T(":8000"));
  sample->taken_ms = s.now_ms;
  model_publish(&s.fixture.model, 0, sample, s.now_ms);
  press(&s, "1>>>><Down>i<Esc>/200<Esc>");
  expect(&s, "postgres");
  session_fini(&s);
}

/* The subject of a request is in the model. */
static void check_subject(const struct session *s) {
  const struct subject *subject = &s->request.subject;
  if (s->request.kind != REQUEST_MENU && s->request.kind != REQUEST_ACT)
    return;
  assert_true(subject->target_index < s->fixture.model.target_count);
  assert_true(subject->hidden <= subject->key_count);
  assert_true((subject->table == NULL) == (subject->key_count == 0));
  const struct sample *sample = s->fixture.model.targets[subject->target_index].sample;
  for (size_t i = 0; i < subject->key_count; i++)
    assert_non_null(table_find(sample_table_view(sample, subject->table), subject->keys[i]));
}

static void test_any_keys(void **state) {
  (void)state;
  uint32_t seed = 20261124;
  struct session s;
  session_init(&s, SCENE_HOSTILE, 120, 36);
  s.fixture.model.operations.specs = fixture_specs;
  for (int i = 0; i < 6000; i++) {
    s.request = view_key(s.view, &s.fixture.model, s.now_ms, random_key(&seed));
    assert_int_not_equal(s.request.kind, REQUEST_AGREE);
    check_subject(&s);
    if (i % 7 == 0)
      change_model(&s, &seed);
    if (i % 50 == 0)
      change_size(&s, &seed);
    draw(&s);
    check_invariants(&s);
  }
  session_fini(&s);
}

/* The host's clock was set by an hour: the header, and earlier times as well, follow the new one,
 * and the next frame is due when its second changes. */
static void test_a_corrected_clock(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  expect(&s, "14:03:27");
  expect(&s, "since 14:0");
  s.fixture.model.wall_offset_ms = 3600000 + 400;
  draw(&s);
  expect(&s, "15:03:27");
  expect(&s, "since 15:0");
  expect_not(&s, "14:0");
  assert_int_equal(view_next_ms(s.view, &s.fixture.model, s.now_ms), s.now_ms + 600);
  session_fini(&s);
}

/* Where not all findings are kept the counts are lower bounds, and a row without a known state is
 * not OK. */
static void test_counts_at_least(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  expect_not(&s, "+ WARN");
  s.fixture.model.findings_bytes_max = 1;
  model_evaluate(&s.fixture.model, s.now_ms, false);
  draw(&s);
  expect(&s, "+ WARN ");
  expect(&s, "+ more");
  for (size_t i = 0; i < s.fixture.model.target_count; i++)
    assert_int_equal(model_target_severity(&s.fixture.model, i, s.now_ms),
                     findings_row(s.fixture.model.findings, i, NULL, NULL));
  session_fini(&s);
}

/* A server may claim any time; no difference of two overflows. */
static void test_extreme_times(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 120, 36);
  const struct column_spec column = {.id = "saved", .title = "SAVED", .unit = UNIT_TIME};
  const struct frame frame = {.model = &s.fixture.model, .now_ms = FIXTURE_NOW, .utc = true};
  char buffer[FORMAT_MAX];
  assert_string_equal(frame_value(&frame, buffer, value_int(INT64_MIN), &column), "?");
  assert_string_equal(frame_value(&frame, buffer, value_int(INT64_MAX), &column), "?");
  assert_string_equal(frame_value(&frame, buffer, value_real(1e300), &column), "?");
  assert_string_equal(frame_value(&frame, buffer, value_int(FIXTURE_NOW), &column), "14:03:27");
  session_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_panes_are_chosen),
      cmocka_unit_test(test_the_worst_is_selected),
      cmocka_unit_test(test_from_finding_to_finding),
      cmocka_unit_test(test_the_list_of_findings),
      cmocka_unit_test(test_a_finding_is_acknowledged),
      cmocka_unit_test(test_a_finding_is_silenced),
      cmocka_unit_test(test_orders_of_the_findings),
      cmocka_unit_test(test_extreme_times),
      cmocka_unit_test(test_a_corrected_clock),
      cmocka_unit_test(test_counts_at_least),
      cmocka_unit_test(test_zoom_and_details),
      cmocka_unit_test(test_a_shorter_figure_leaves_no_gap),
      cmocka_unit_test(test_details_of_what_goes),
      cmocka_unit_test(test_selection_stays_on_its_row),
      cmocka_unit_test(test_the_first_key_finds_the_row_that_was_seen),
      cmocka_unit_test(test_a_notice),
      cmocka_unit_test(test_moving),
      cmocka_unit_test(test_the_mouse),
      cmocka_unit_test(test_a_click_finds_the_row_that_was_seen),
      cmocka_unit_test(test_trees),
      cmocka_unit_test(test_filter),
      cmocka_unit_test(test_sorting),
      cmocka_unit_test(test_requests),
      cmocka_unit_test(test_pause),
      cmocka_unit_test(test_the_table_of_keys),
      cmocka_unit_test(test_a_busy_screen_is_cheap),
      cmocka_unit_test(test_many_rows),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_the_help_is_searched),
      cmocka_unit_test(test_the_interval),
      cmocka_unit_test(test_tables_that_differ),
      cmocka_unit_test(test_any_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
