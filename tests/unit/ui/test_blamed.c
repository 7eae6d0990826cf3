/* The partitions that a group is blamed for are what its pane shows, and what Enter shows. */
#include "model/judge/model_evaluate.h"
#include "ui/view/view_state.h"
#include "ui/view_session.h"

enum { KAFKA = 3 };

static const struct column_spec columns[] = {
    {.id = "group", .title = "GROUP", .flags = COLUMN_FLEX, .width = 18},
    {.id = "lag", .title = "LAG", .unit = UNIT_COUNT},
    {.id = "status", .title = "STATUS", .flags = COLUMN_TELLS, .priority = 1},
};
static const struct table_spec spec = {"lag", "Lag", 0, columns, COUNT_OF(columns)};

static bool is_stuck(int topic, int partition, int stuck) {
  return stuck < 0 || (topic == 1 && (partition == 7 || partition == stuck));
}

/* Two topics of that many partitions; of the second one, partition 7 and another one are stuck.
 * stuck < 0: all are. */
static void publish(struct session *s, const char *status, int partitions, int stuck) {
  static const struct table_spec *const specs[] = {&kafka_summary_spec, &spec};
  static const char *const topics[] = {"ecap/customers", "ecap/transactions"};
  struct sample *sample = sample_new(specs, 2);
  char key[64], label[32];
  ROW(sample, "kafka", "main", NULL, T("main"), N(9000), R(1), N(3), N(2), N(0));
  struct row *group = ROW(sample, "lag", "ecap", NULL, T("ecap"), N(9000), T(status));
  if (strcmp(status, "stuck") == 0)
    row_is(group, SEVERITY_CRIT, "stuck for 2m on 2 of 80 partitions");
  for (int t = 0; t < 2; t++) {
    ROW(sample, "lag", topics[t], "ecap", T(topics[t] + 5), N(4500), T("rising"));
    for (int i = 0; i < partitions; i++) {
      snprintf(key, sizeof key, "%s/%d", topics[t], i);
      snprintf(label, sizeof label, "partition %d", i);
      ROW(sample, "lag", key, topics[t], T(label), N(i), T(is_stuck(t, i, stuck) ? "stuck" : "ok"));
    }
  }
  sample->taken_ms = s->now_ms;
  model_publish(&s->fixture.model, KAFKA, sample, s->now_ms);
  model_evaluate(&s->fixture.model, s->now_ms, false);
  draw(s);
}

/* The line of the screen with the text; -1: none. */
static int line_of(const struct session *s, const char *text) {
  for (int y = 0; y < s->canvas->height; y++) {
    char line[CANVAS_SIDE_MAX * CELL_BYTES];
    size_t used = 0;
    for (int x = 0; x < s->canvas->width; x++)
      used += (size_t)snprintf(line + used, sizeof line - used, "%s",
                               canvas_cell(s->canvas, x, y)->text);
    if (strstr(line, text))
      return y;
  }
  return -1;
}

static void expect_order(const struct session *s, const char *const *texts, size_t count) {
  int before = -1;
  for (size_t i = 0; i < count; i++) {
    const int y = line_of(s, texts[i]);
    if (y <= before)
      screen_print(s);
    if (y <= before)
      fail_msg("\"%s\" is not below the one before it", texts[i]);
    before = y;
  }
}

static void test_the_stuck_partitions_come_first(void **state) {
  (void)state;
  static const char *const order[] = {"ecap ", "transactions", "partition 7 ", "partition 31 ",
                                      "partition 0 "};
  static const int sizes[][2] = {{80, 24}, {120, 36}, {200, 50}};
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    struct session s;
    session_init(&s, SCENE_CALM, sizes[i][0], sizes[i][1]);
    publish(&s, "stuck", 40, 31);
    expect_order(&s, order, 4); /* in the overview, without a key */
    press(&s, "<Enter>");
    expect_order(&s, order, COUNT_OF(order));
    session_fini(&s);
  }
}

/* Where all are, some are seen, and the other panes keep their worst lines. */
static void test_all_are_stuck(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_INCIDENT, 80, 24);
  publish(&s, "stuck", 18, -1);
  expect(&s, "partition 0 ");
  expect(&s, "partition 1 ");
  expect(&s, "8123 ");
  expect(&s, "!! dashboard");
  expect(&s, "!! /var");
  session_fini(&s);
}

/* A group that is well is closed below its topics, and in the order of its partitions. */
static void test_a_well_group(void **state) {
  (void)state;
  static const char *const order[] = {"customers", "transactions"};
  struct session s;
  session_init(&s, SCENE_CALM, 120, 36);
  publish(&s, "falling", 40, 31);
  expect_order(&s, order, COUNT_OF(order));
  expect_not(&s, "partition 7 ");
  press(&s, "2<Enter><Down><Down><Down><Right>");
  static const char *const opened[] = {"customers", "transactions", "partition 0 ", "partition 7 "};
  expect_order(&s, opened, COUNT_OF(opened));
  session_fini(&s);
}

/* What a person closes stays closed; a chosen order is kept. */
static void test_a_person_decides(void **state) {
  (void)state;
  struct session s;
  session_init(&s, SCENE_CALM, 120, 36);
  publish(&s, "stuck", 40, 31);
  press(&s, "2<Enter>j");
  expect(&s, "partition 7 ");
  press(&s, "<Left>");
  expect_not(&s, "partition 7 ");
  press(&s, "<Right>>>");
  expect(&s, "Sorted by LAG");
  static const char *const sorted[] = {"partition 39 ", "partition 31 ", "partition 20 "};
  expect_order(&s, sorted, COUNT_OF(sorted));
  session_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_stuck_partitions_come_first),
      cmocka_unit_test(test_all_are_stuck),
      cmocka_unit_test(test_a_well_group),
      cmocka_unit_test(test_a_person_decides),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
