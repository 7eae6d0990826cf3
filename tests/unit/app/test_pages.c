/* Pages on the scheduler: opened, paced, held, cancelled and closed, with a page that the test
 * plays. */
#include "actions/action.h"
#include "app/runtime/scheduler.h"
#include "collectors/frame.h"
#include "io/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct column_spec columns[] = {{.id = "name", .title = "NAME"}};
static const struct table_spec rows_table = {
    .id = "rows", .title = "Rows", .columns = columns, .column_count = 1};
static const struct table_spec *const tables[] = {&rows_table};

/* What the page does, and what has happened to it. */
static struct played {
  bool hangs;
  int opened, asked, forgotten, freed;
  char sorted[PAGE_SORT_MAX];
} played;

static bool played_init(void *self, struct err *err) {
  (void)self;
  (void)err;
  played.opened++;
  return true;
}

static void played_ask(void *self) {
  struct watch *watch = self;
  played.asked++;
  memcpy(played.sorted, watch->focus->sort, sizeof played.sorted);
  if (played.hangs)
    return;
  struct sample *sample = sample_new(tables, 1);
  const struct row *row = sample_row(sample, &sample->tables[0], watch->focus->key, NULL);
  assert_non_null(row);
  watch_done(watch, sample);
}

static void played_forget(void *self, struct err *err) {
  (void)self;
  (void)err;
  played.forgotten++;
}

static void played_fini(void *self) {
  (void)self;
  played.freed++;
}

static const struct watch_kind played_watch = {.size = sizeof(struct watch),
                                               .init = played_init,
                                               .ask = played_ask,
                                               .forget = played_forget,
                                               .fini = played_fini};
static const struct page page = {.spec = {.id = "host.test",
                                          .kind = "host",
                                          .row_of = "disks",
                                          .title = "Test",
                                          .interval_ms = 50,
                                          .timeout_ms = 100,
                                          .tables = tables,
                                          .table_count = 1},
                                 .watch = &played_watch};

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct config *config;
  struct model model;
  struct scheduler *scheduler;
  uv_timer_t limit;
};

static void on_changed(void *arg) {
  (void)arg;
}

static void on_limit(uv_timer_t *timer) {
  uv_stop(timer->loop);
}

/* The target itself is not collected: the scheduler is not started. */
static void begin(struct fixture *f) {
  played = (struct played){0};
  *f = (struct fixture){0};
  uv_loop_init(&f->loop);
  f->io.loop = &f->loop;
  uv_timer_init(&f->loop, &f->limit);
  f->config = config_new();
  struct target *target = target_new(&collector_find("host")->kind, "local");
  target->interval_ms = 200;
  target->timeout_ms = 1000;
  config_add(f->config, target);
  model_init(&f->model, f->config);
  f->scheduler =
      scheduler_new(&f->io, &f->model, false, (struct scheduler_hooks){f, on_changed, on_changed});
}

static void run(struct fixture *f, uint64_t limit_ms) {
  uv_timer_start(&f->limit, on_limit, limit_ms, 0);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  uv_timer_stop(&f->limit);
}

static void on_closed(void *arg) {
  *(bool *)arg = true;
}

static void end(struct fixture *f) {
  bool closed = false;
  scheduler_close(f->scheduler, on_closed, &closed);
  uv_close((uv_handle_t *)&f->limit, NULL);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_true(closed);
  assert_int_equal(played.freed, played.opened);
  assert_int_equal(uv_loop_close(&f->loop), 0);
  model_fini(&f->model);
  config_free(f->config);
}

static size_t open_page(struct fixture *f, const char *key, bool one_pass) {
  const size_t state = model_page_open(&f->model, 0, &page.spec, "disks", key, key);
  scheduler_page_open(f->scheduler, state, one_pass);
  return state;
}

static void close_page(struct fixture *f, size_t state) {
  scheduler_page_close(f->scheduler, state);
  model_page_close(&f->model);
}

static void test_runs_while_it_is_open(void **unused) {
  struct fixture f;
  (void)unused;
  begin(&f);
  const size_t state = open_page(&f, "/var", false);
  run(&f, 250);
  assert_in_range(played.asked, 3, 6);
  assert_string_equal(f.model.targets[state].sample->tables[0].rows[0].key, "/var");
  assert_int_equal(f.model.targets[0].samples, 0);
  close_page(&f, state);
  const int asked = played.asked;
  run(&f, 150);
  assert_int_equal(played.asked, asked);
  assert_int_equal(played.freed, 1);
  end(&f);
}

static void test_once(void **unused) {
  struct fixture f;
  (void)unused;
  begin(&f);
  const size_t state = open_page(&f, "/", true);
  run(&f, 150);
  assert_int_equal(played.asked, 1);
  assert_int_equal(f.model.targets[state].samples, 1);
  end(&f);
}

/* At once, while the answer is outstanding; its state is another page's right afterwards. */
static void test_left_while_it_asks(void **unused) {
  struct fixture f;
  (void)unused;
  begin(&f);
  played.hangs = true;
  size_t state = open_page(&f, "/a", false);
  assert_int_equal(played.asked, 1);
  close_page(&f, state);
  assert_int_equal(played.forgotten, 1);
  played.hangs = false;
  state = open_page(&f, "/b", false);
  assert_string_equal(f.model.targets[state].sample->tables[0].rows[0].key, "/b");
  end(&f);
}

static void test_quitting_while_it_hangs(void **unused) {
  struct fixture f;
  (void)unused;
  begin(&f);
  played.hangs = true;
  open_page(&f, "/a", false);
  const int64_t start = clock_now_ms();
  end(&f);
  assert_int_equal(played.forgotten, 1);
  assert_true(clock_now_ms() - start < 1000);
}

static void test_deadline(void **unused) {
  struct fixture f;
  (void)unused;
  begin(&f);
  played.hangs = true;
  const size_t state = open_page(&f, "/a", false);
  run(&f, 130);
  const struct target_state *opened = &f.model.targets[state];
  assert_int_equal(opened->err.kind, ERR_TIMEOUT);
  assert_string_equal(opened->err.text, "no answer within 100ms");
  assert_int_equal(played.forgotten, 1);
  assert_int_equal(f.model.targets[0].err.kind, ERR_NONE);
  played.hangs = false;
  run(&f, 300);
  assert_int_equal(opened->err.kind, ERR_NONE);
  assert_int_equal(f.model.events.count, 0);
  end(&f);
}

static void test_paused(void **unused) {
  struct fixture f;
  (void)unused;
  begin(&f);
  const size_t state = open_page(&f, "/a", false);
  scheduler_pause(f.scheduler);
  const int asked = played.asked;
  scheduler_collect_now(f.scheduler);
  scheduler_collect_slot(f.scheduler, state);
  run(&f, 150);
  assert_int_equal(played.asked, asked);
  scheduler_resume(f.scheduler);
  assert_int_equal(played.asked, asked + 1);
  scheduler_pause(f.scheduler);
  close_page(&f, state);
  open_page(&f, "/b", false); /* begins with the resume */
  assert_int_equal(played.asked, asked + 1);
  scheduler_resume(f.scheduler);
  assert_int_equal(played.asked, asked + 2);
  end(&f);
}

/* The page below another one is not collected, whatever asks for it. */
static void test_covered(void **unused) {
  struct fixture f;
  (void)unused;
  begin(&f);
  const size_t below = open_page(&f, "/a", false);
  scheduler_page_hold(f.scheduler, below, true);
  const int asked = played.asked;
  scheduler_collect_now(f.scheduler);
  scheduler_collect_slot(f.scheduler, below);
  scheduler_pause(f.scheduler);
  scheduler_resume(f.scheduler);
  run(&f, 150);
  assert_int_equal(played.asked, asked);
  assert_non_null(f.model.targets[below].sample);
  scheduler_page_hold(f.scheduler, below, false);
  assert_int_equal(played.asked, asked + 1);
  end(&f);
}

static void test_order(void **unused) {
  struct fixture f;
  (void)unused;
  begin(&f);
  const size_t state = open_page(&f, "/a", false);
  assert_true(page_focus_sort(&f.model.targets[state].focus, "rows", "name", false));
  scheduler_collect_slot(f.scheduler, state);
  assert_string_equal(played.sorted, "name");
  end(&f);
}

static void test_disabled(void **unused) {
  struct fixture f;
  (void)unused;
  begin(&f);
  f.config->targets[0]->disabled = strdup("moves");
  const size_t state = open_page(&f, "/a", false);
  assert_string_equal(f.model.targets[state].err.text, "disabled: moves");
  assert_int_equal(played.opened, 0);
  end(&f);
}

/* Their descriptors: what a page's file can get wrong. */
static void test_descriptors(void **unused) {
  (void)unused;
  for (const struct page *const *each = pages; *each; each++) {
    const struct page_spec *spec = &(*each)->spec;
    const struct collector *collector = collector_find(spec->kind);
    assert_ptr_equal(page_of(spec), *each);
    assert_non_null(collector);
    assert_true(strncmp(spec->id, spec->kind, strlen(spec->kind)) == 0);
    assert_true(spec->id[strlen(spec->kind)] == '.');
    assert_true(spec->title && spec->question && spec->cost && (*each)->watch);
    assert_true(spec->table_count > 0 && strlen(spec->title) <= 22);
    /* They fit into the list and the lower border of 80 cells. */
    if (strlen(spec->question) > 53 || strlen(spec->cost) > 66)
      fail_msg("%s: its question or cost is too long", spec->id);
    for (size_t i = 0; i < spec->table_count; i++)
      for (size_t c = 0; c < spec->tables[i]->column_count; c++) {
        const struct column_spec *column = &spec->tables[i]->columns[c];
        if (!column->id || !column->title || !column->help)
          fail_msg("%s: column %zu of %s has no id, title or help", spec->id, c,
                   spec->tables[i]->id);
      }
    for (size_t i = 0; i < spec->sort_count; i++) {
      int found = -1;
      for (size_t t = 0; t < spec->table_count; t++)
        if (strcmp(spec->tables[t]->id, spec->sorts[i].table) == 0)
          found = table_column(spec->tables[t], spec->sorts[i].column);
      if (found < 0)
        fail_msg("%s: its order \"%s\" has no column", spec->id, spec->sorts[i].name);
    }
    for (const struct page *const *other = pages; *other != *each; other++)
      assert_string_not_equal((*other)->spec.id, spec->id);
  }
}

/* A table of a page has the id of a table of the target, but not all of its columns. */
static void apply_to_the_page(struct model *model, const struct page_spec *spec, const char *key) {
  const size_t state = model_page_open(model, 0, spec, spec->row_of ? "rows" : NULL,
                                       spec->row_of ? "1" : NULL, spec->row_of ? "1" : NULL);
  struct sample *sample = sample_new(spec->tables, spec->table_count);
  for (size_t i = 0; i < spec->table_count; i++)
    assert_non_null(sample_row(sample, &sample->tables[i], key, NULL));
  model_publish(model, state, sample, 1000);
  for (const struct action *const *each = actions; *each; each++) {
    const struct action *action = *each;
    struct action_request request = {.action = action,
                                     .model = model,
                                     .target = model->targets[0].target,
                                     .table = action->spec.table,
                                     .keys = &key,
                                     .key_count = action->spec.table != NULL};
    struct err why = {0};
    char out[200];
    if (strcmp(action->spec.kind, spec->kind) != 0)
      continue;
    if (action->applies)
      action->applies(&request, &why); /* whatever it says, it says it */
    for (size_t i = 0; action->preset && i < spec->table_count; i++)
      for (size_t p = 0; p < action->spec.param_count; p++)
        if (action->spec.context && strcmp(action->spec.context, spec->tables[i]->id) == 0)
          action->preset(&sample->tables[i].rows[0], p, out, sizeof out);
  }
  model_page_close(model);
}

static void test_actions_on_the_rows_of_pages(void **unused) {
  (void)unused;
  static const char *const keys[] = {"8123/1700000000.000001", "1", "db0", ""};
  for (const struct page *const *each = pages; *each; each++) {
    struct config *config = config_new();
    struct model model;
    config_add(config, target_new(&collector_find((*each)->spec.kind)->kind, "it"));
    model_init(&model, config);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
      apply_to_the_page(&model, &(*each)->spec, keys[i]);
    model_fini(&model);
    config_free(config);
  }
}

static void check_sentences(const struct table_spec *const *list, size_t count) {
  static const char *const sentences[] = {"error", "note", "reason", "why"};
  for (size_t t = 0; t < count; t++)
    for (size_t i = 0; i < list[t]->column_count; i++)
      for (size_t j = 0; j < sizeof sentences / sizeof *sentences; j++) {
        const struct column_spec *column = &list[t]->columns[i];
        if (strcmp(column->id, sentences[j]) == 0 && column->flags & COLUMN_TELLS &&
            !(column->flags & COLUMN_FLEX))
          fail_msg("%s.%s", list[t]->id, column->id);
      }
}

/* Otherwise a long reason takes the cells of the name. */
static void test_a_sentence_takes_what_is_left(void **state) {
  (void)state;
  for (size_t i = 0; collectors[i]; i++)
    check_sentences(collectors[i]->tables, collectors[i]->table_count);
  for (size_t i = 0; pages[i]; i++)
    check_sentences(pages[i]->spec.tables, pages[i]->spec.table_count);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_sentence_takes_what_is_left),
      cmocka_unit_test(test_actions_on_the_rows_of_pages),
      cmocka_unit_test(test_runs_while_it_is_open),
      cmocka_unit_test(test_once),
      cmocka_unit_test(test_left_while_it_asks),
      cmocka_unit_test(test_quitting_while_it_hangs),
      cmocka_unit_test(test_deadline),
      cmocka_unit_test(test_paused),
      cmocka_unit_test(test_covered),
      cmocka_unit_test(test_order),
      cmocka_unit_test(test_disabled),
      cmocka_unit_test(test_descriptors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
