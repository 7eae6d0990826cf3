/* The layout while the platform changes: calm, sick, worse, healthy again, gone and back, at sizes
 * that change. Drawn once a second by the real view. */
#include "model/config/config_adopt.h"
#include "model/judge/model_evaluate.h"
#include "ui/panes/pane_kind.h"
#include "ui/screen_fixture.h"
#include "ui/screen_text.h"
#include "ui/view/view_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
  SECOND_MS = 1000,
  HOLD_MS = 120000,
  SETTLE_S = 10,
  CHARTS_EACH = 7, /* seconds: looking for charts takes longer than drawing them */
  TARGETS_MAX = 8,
  TABLES_MAX = 8,
  SERVICE_API = 0,
  SERVICE_DASHBOARD = 1,
  KAFKA = 3,
  POSTGRES = 4,
  REDIS = 5,
  HOST = 6,
};

/* A table of a pane: which columns were shown, and when each came or went. */
struct columns_seen {
  uint64_t shown;
  int64_t changed_ms[COLUMNS_MAX];
};

struct play {
  struct fixture fixture;
  struct view *view;
  struct canvas *canvas;
  enum fixture_scene scenes[TARGETS_MAX];
  bool down[TARGETS_MAX], restless; /* restless: rows and values come and go */
  int64_t now_ms;
  int step;
  /* As of the last frame. */
  struct rect rects[LAYOUT_PANES_MAX];
  int severities[LAYOUT_PANES_MAX];
  size_t findings; /* that call */
  struct columns_seen columns[LAYOUT_PANES_MAX][TABLES_MAX];
  int arrangements; /* since a severity or the size changed */
  int changed;      /* second in which something became worse or better, or the size another one */
  bool fresh;       /* the next frame may be of any shape */
};

static void play_fail(const struct play *p, const char *what) {
  char *screen = screen_text(p->canvas);
  fprintf(stderr, "%.*s", (int)(strstr(screen, "styles") - screen), screen); /* of any length */
  free(screen);
  fail_msg("%dx%d, second %d: %s", p->canvas->width, p->canvas->height, p->step, what);
}

static int severity_of(const struct play *p, const struct pane *pane) {
  enum severity worst = SEVERITY_OK;
  for (size_t i = 0; i < p->fixture.model.target_count; i++)
    if (pane_kind_has(pane, &p->fixture.model, i))
      worst = severity_worse(worst, model_target_severity(&p->fixture.model, i, p->now_ms));
  return (int)worst;
}

static size_t count_calling(const struct play *p) {
  size_t count = 0;
  for (size_t i = 0; i < p->fixture.model.findings->count; i++)
    count += finding_calls(&p->fixture.model.findings->items[i]);
  return count;
}

/* Panes have their places until something is worse or better, and then new ones once: at once, or
 * when what was wrong has been over for a while. */
static void check_places(struct play *p) {
  bool moved = false;
  char text[1024] = "the panes were arranged again though nothing is worse or better:";
  const size_t findings = count_calling(p);
  bool changed = findings != p->findings || p->fresh;
  p->findings = findings;
  for (size_t i = 0; i < p->view->pane_count; i++) {
    const struct pane *pane = p->view->panes[i];
    const int severity = severity_of(p, pane);
    changed = changed || severity != p->severities[i];
    p->severities[i] = severity;
    const struct rect before = p->rects[i], *now = &pane->area;
    const size_t used = strlen(text);
    if (memcmp(&before, now, sizeof before) != 0)
      snprintf(text + used, sizeof text - used, "\n%s: line %d, %d lines; now line %d, %d lines",
               pane->title, before.y, before.height, now->y, now->height);
    moved = moved || memcmp(&before, now, sizeof before) != 0;
    p->rects[i] = *now;
  }
  if (changed) {
    p->changed = p->step;
    p->arrangements = 0;
  }
  if (getenv("STACKTOP_TRACE") && (moved || p->arrangements == 0))
    fprintf(stderr, "%d s, %zu findings: %s\n", p->step, findings, moved ? text + 60 : "-");
  if (moved && !p->fresh && ++p->arrangements > 1)
    play_fail(p, text);
}

static uint64_t columns_of(const struct pane_table *table) {
  uint64_t shown = 0;
  for (size_t i = 0; i < table->columns.count; i++)
    shown |= UINT64_C(1) << table->columns.places[i].column;
  return shown;
}

/* A column that came or went stays that way for HOLD_MS; unless something has just become worse or
 * better. */
static void check_columns(struct play *p) {
  const bool excused = p->step - p->changed < SETTLE_S;
  for (size_t i = 0; i < p->view->pane_count; i++) {
    const struct pane *pane = p->view->panes[i];
    for (size_t t = 0; t < pane->table_count && t < TABLES_MAX; t++) {
      struct columns_seen *seen = &p->columns[i][t];
      const uint64_t shown = columns_of(pane->tables[t]), changed = shown ^ seen->shown;
      seen->shown = shown;
      for (size_t c = 0; c < COLUMNS_MAX; c++) {
        if (!(changed >> c & 1))
          continue;
        if (!excused && seen->changed_ms[c] > 0 && p->now_ms - seen->changed_ms[c] < HOLD_MS) {
          char text[128];
          snprintf(text, sizeof text, "column %zu of %s %s %d s after it changed", c,
                   pane->tables[t]->memory.table, shown >> c & 1 ? "came" : "went",
                   (int)((p->now_ms - seen->changed_ms[c]) / 1000));
          play_fail(p, text);
        }
        seen->changed_ms[c] = excused ? 0 : p->now_ms;
      }
    }
  }
}

/* The line of the pane that shows that row; -1: none does. */
static int line_of(const struct pane *pane, size_t target_index, const char *table,
                   const char *key) {
  const struct line like = {
      .selectable = true, .target_index = target_index, .table_id = table, .key = key};
  const uint64_t identity = pane_line_identity(&like);
  for (size_t i = 0; i < pane->drawn_count; i++)
    if (pane->drawn[i] == identity)
      return pane->area.y + 1 + (int)i;
  return -1;
}

/* Each pane shows the row of the worst thing that is wrong in it, with its mark. */
static void check_sick_rows(const struct play *p) {
  const struct findings *findings = p->fixture.model.findings;
  for (size_t i = 0; i < p->view->pane_count; i++) {
    const struct pane *pane = p->view->panes[i];
    const struct finding *worst = NULL;
    for (size_t f = 0; f < findings->count && !worst; f++)
      if (finding_calls(&findings->items[f]) && findings->items[f].row &&
          pane_kind_has(pane, &p->fixture.model, findings->items[f].target_index))
        worst = &findings->items[f];
    const bool elsewhere = pane->selection.picked && pane->scroll > 0; /* a person went there */
    if (!worst || pane->area.width == 0 || elsewhere)
      continue;
    const int y = line_of(pane, worst->target_index, worst->table, worst->row);
    if (y < 0)
      play_fail(p, arena_printf(&p->view->arena, "%s: %s is not in its pane", worst->subject,
                                worst->sentence));
  }
}

/* ---- charts */

enum { PICTURE_MAX = 4096, CHARTS_MAX = 64 };

struct picture {
  char text[PICTURE_MAX];
};

static bool is_bar(const struct cell *cell) {
  return (cell->style & STYLE_MASK) == STYLE_SPARK || (cell->style & STYLE_MASK) == STYLE_STALE;
}

static bool is_blank(const struct cell *cell) {
  return strcmp(cell->text, " ") == 0;
}

/* Whether the line of a chart's name begins at that cell: a label below which nothing but bars
 * follows. Returns its width, as far as its legend "to 100%, 1m". */
static int chart_at(const struct canvas *canvas, int x, int y, int right) {
  if ((canvas_cell(canvas, x, y)->style & STYLE_MASK) != STYLE_LABEL ||
      is_blank(canvas_cell(canvas, x, y)) || !is_blank(canvas_cell(canvas, x - 1, y)))
    return 0;
  bool dim = false;
  for (int at = x; at < right; at++) {
    const struct cell *cell = canvas_cell(canvas, at, y);
    dim = dim || ((cell->style & STYLE_MASK) == STYLE_DIM && strcmp(cell->text, "t") == 0);
    const bool ends =
        at + 1 == right || (is_blank(cell) && is_blank(canvas_cell(canvas, at + 1, y)));
    if (dim && ends)
      return at - x + (at + 1 == right);
  }
  return 0;
}

static void picture_take(const struct canvas *canvas, struct rect place, int bottom,
                         struct picture *picture) {
  size_t used = 0;
  *picture->text = '\0';
  for (int y = place.y + 1; y < bottom; y++) {
    bool bars = false;
    bool name = false;
    for (int x = place.x; x < place.x + place.width; x++) {
      bars = bars || is_bar(canvas_cell(canvas, x, y));
      name = name || (canvas_cell(canvas, x, y)->style & STYLE_MASK) == STYLE_LABEL;
    }
    if (name || (used > 0 && !bars))
      break;
    for (int x = place.x; x < place.x + place.width && bars && used < PICTURE_MAX; x++)
      used += (size_t)snprintf(picture->text + used, PICTURE_MAX - used, "%s",
                               canvas_cell(canvas, x, y)->text);
  }
}

/* A picture that is only full and empty cells says too little to be equal to another one. */
static bool is_telling(const struct picture *picture) {
  static const char *const parts[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇"};
  int kinds = 0;
  for (size_t i = 0; i < COUNT_OF(parts); i++)
    kinds += strstr(picture->text, parts[i]) != NULL;
  return kinds > 2;
}

/* No two charts on the screen are the same picture. Returns how many there are. */
static int check_charts(const struct play *p) {
  struct picture *pictures = mem_new(CHARTS_MAX * sizeof *pictures);
  int count = 0;
  for (size_t i = 0; i < p->view->pane_count; i++) {
    const struct rect *area = &p->view->panes[i]->area;
    const int right = area->x + area->width - 1, bottom = area->y + area->height - 1;
    for (int y = area->y + 1; y < bottom; y++)
      for (int x = area->x + 2; x < right && count < CHARTS_MAX; x++) {
        const int width = chart_at(p->canvas, x, y, right);
        if (width == 0)
          continue;
        picture_take(p->canvas, (struct rect){x, y, width, 1}, bottom, &pictures[count]);
        for (int other = 0; other < count; other++)
          if (is_telling(&pictures[count]) &&
              strcmp(pictures[other].text, pictures[count].text) == 0)
            play_fail(p, "a chart is shown twice");
        count++;
        x += width;
      }
  }
  free(pictures);
  return count;
}

/* ---- space */

/* Whether the line of the pane shows nothing; the space of a chart above its bars is part of it. */
static bool is_empty_line(const struct canvas *canvas, const struct rect *area, int y) {
  bool blank = true, bars = false, name = false;
  for (int x = area->x + 1; x < area->x + area->width - 1; x++)
    blank = blank && is_blank(canvas_cell(canvas, x, y));
  if (!blank)
    return false;
  for (int at = y + 1; at < area->y + area->height - 1 && !bars && !name; at++)
    for (int x = area->x + 1; x < area->x + area->width - 1; x++) {
      bars = bars || is_bar(canvas_cell(canvas, x, at));
      name = name || (canvas_cell(canvas, x, at)->style & STYLE_MASK) == STYLE_LABEL;
    }
  return !bars || name;
}

/* No third of the screen is without anything while there are figures to show. */
static void check_space(const struct play *p) {
  int blank = 0, lines = 0;
  for (size_t i = 0; i < p->view->pane_count; i++) {
    const struct rect *area = &p->view->panes[i]->area;
    for (int y = area->y + 1; y < area->y + area->height - 1; y++) {
      blank += is_empty_line(p->canvas, area, y) ? area->width : 0;
      lines += area->width;
    }
  }
  if (lines > 0 && blank * 3 > lines) {
    char text[64];
    snprintf(text, sizeof text, "%d%% of the panes are empty", blank * 100 / lines);
    play_fail(p, text);
  }
}

/* ---- the play */

/* Rows and values come and go, as on a platform that is used. */
static void stir(struct play *p, size_t target_index, struct sample *sample) {
  const int second = p->step;
  for (size_t t = 0; t < sample->table_count; t++) {
    struct table *table = &sample->tables[t];
    if (target_index == POSTGRES && strcmp(table->spec->id, "sessions") == 0)
      table->row_count -= table->row_count > 3 ? (size_t)(second / 4 % 3) : 0;
    if (target_index == SERVICE_API && second % 40 < 14) /* no answer in time */
      table->rows[0].cells[3] = value_none(NULL);
    if (target_index == KAFKA && strcmp(table->spec->id, "lag") == 0)
      for (size_t r = 0; r < table->row_count; r++)
        if (second % 50 < 20)
          table->rows[r].cells[4] = value_none(NULL); /* ETA */
  }
}

static void collect(struct play *p, size_t target_index) {
  struct fixture *fixture = &p->fixture;
  if (p->down[target_index]) {
    struct err err;
    err_set(&err, ERR_TIMEOUT, "no answer within 2s");
    model_fail(&fixture->model, target_index, &err, p->now_ms);
    return;
  }
  fixture->scene = p->scenes[target_index];
  struct sample *sample = fixture_sample(fixture, target_index, FIXTURE_STEPS + p->step / 2);
  if (p->restless)
    stir(p, target_index, sample);
  sample->taken_ms = p->now_ms;
  model_publish(&fixture->model, target_index, sample, p->now_ms);
}

static void draw(struct play *p) {
  view_draw(p->view, &p->fixture.model, p->now_ms, p->canvas);
}

/* A second passes. */
static void tick(struct play *p) {
  p->now_ms += SECOND_MS;
  p->step++;
  if (p->step % 2 == 0) {
    for (size_t i = 0; i < p->fixture.model.target_count; i++)
      collect(p, i);
    model_evaluate(&p->fixture.model, p->now_ms, false);
  }
  draw(p);
  check_places(p);
  check_columns(p);
  check_sick_rows(p);
  if (p->step % CHARTS_EACH == 0)
    check_charts(p);
  p->fresh = false;
}

static void run(struct play *p, int seconds) {
  for (int i = 0; i < seconds; i++)
    tick(p);
}

static void play_init(struct play *p, int width, int height) {
  *p = (struct play){.now_ms = FIXTURE_NOW, .fresh = true};
  fixture_init(&p->fixture, SCENE_CALM, false);
  fixture_run(&p->fixture);
  p->view = view_new(&(struct view_options){.utc = true});
  p->canvas = canvas_new(width, height, false);
  draw(p);
  for (int i = 0; i <= LAYOUT_YOUNG_MS / SECOND_MS; i++) {
    p->fresh = true;
    tick(p);
  }
}

static void play_fini(struct play *p) {
  canvas_free(p->canvas);
  view_free(p->view);
  fixture_fini(&p->fixture);
}

static void resize(struct play *p, int width, int height) {
  canvas_free(p->canvas);
  p->canvas = canvas_new(width, height, false);
  p->fresh = true;
  tick(p);
  p->arrangements = 0;
}

static void press(struct play *p, const char *keys) {
  while (*keys) {
    view_key(p->view, &p->fixture.model, p->now_ms, screen_next_key(&keys));
    draw(p);
  }
}

static void set_scene(struct play *p, enum fixture_scene scene) {
  for (size_t i = 0; i < TARGETS_MAX; i++)
    p->scenes[i] = scene;
}

static const int sizes[][2] = {{40, 12}, {80, 24}, {120, 36}, {200, 50}, {300, 100}};

static void test_from_calm_to_worse_and_back(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(sizes); i++)
    for (int restless = 0; restless < (sizes[i][1] < 50 ? 2 : 1); restless++) {
      struct play p;
      play_init(&p, sizes[i][0], sizes[i][1]);
      p.restless = restless;
      run(&p, 200);
      if (sizes[i][1] >= 36)
        check_space(&p);
      p.scenes[HOST] = SCENE_INCIDENT;
      run(&p, 200);
      p.scenes[POSTGRES] = p.scenes[SERVICE_DASHBOARD] = SCENE_INCIDENT;
      run(&p, 200);
      if (sizes[i][1] >= 36)
        check_space(&p);
      set_scene(&p, SCENE_CALM);
      run(&p, 260);
      if (sizes[i][1] >= 36)
        check_space(&p);
      play_fini(&p);
    }
}

/* A target that does not answer, and then does. */
static void test_targets_that_fail_and_return(void **state) {
  (void)state;
  for (size_t i = 0; i + 1 < COUNT_OF(sizes); i++) {
    struct play p;
    play_init(&p, sizes[i][0], sizes[i][1]);
    run(&p, 130);
    p.down[REDIS] = true;
    run(&p, 150);
    p.down[KAFKA] = p.down[SERVICE_API] = true;
    run(&p, 150);
    set_scene(&p, SCENE_CALM);
    memset(p.down, 0, sizeof p.down);
    run(&p, 260);
    play_fini(&p);
  }
}

/* ---- the cursor */

static const char *selected(const struct play *p) {
  const struct pane *pane = p->view->panes[p->view->focus];
  return pane->selection.key ? pane->selection.key : "";
}

/* The row that the cursor is on, as a person sees it. */
static bool cursor_is_on(const struct play *p, const char *label) {
  for (int y = 0; y < p->canvas->height; y++)
    for (int x = 0; x < p->canvas->width; x++) {
      if (strcmp(canvas_cell(p->canvas, x, y)->text, "►") != 0)
        continue;
      char line[CANVAS_SIDE_MAX * CELL_BYTES];
      size_t used = 0;
      for (int at = x + 1; at < p->canvas->width && at < x + 40; at++)
        used += (size_t)snprintf(line + used, sizeof line - used, "%s",
                                 canvas_cell(p->canvas, at, y)->text);
      return strstr(line, label) != NULL;
    }
  return false;
}

static void check_cursor(const struct play *p, const char *key, const char *label) {
  if (strcmp(selected(p), key) != 0 || !cursor_is_on(p, label))
    play_fail(p, arena_printf(&p->view->arena, "the cursor left %s for %s", key, selected(p)));
}

/* Whatever happens around it, and at whatever size. */
static void test_the_cursor_stays(void **state) {
  (void)state;
  static const int changes[][2] = {{40, 12}, {300, 100}, {80, 24}, {120, 36}, {30, 6}, {200, 50}};
  struct play p;
  play_init(&p, 120, 36);
  press(&p, "3jj");
  check_cursor(&p, "8202/1", "8202");
  for (int round = 0; round < 3; round++) {
    set_scene(&p, round % 2 ? SCENE_CALM : SCENE_INCIDENT);
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
      resize(&p, changes[i][0], changes[i][1]);
      check_cursor(&p, "8202/1", "8202");
      p.down[POSTGRES] = i % 3 == 1;
      run(&p, 20);
      check_cursor(&p, "8202/1", "8202");
    }
    p.down[POSTGRES] = false;
    run(&p, 2);
  }
  press(&p, "<Tab><BackTab>");
  check_cursor(&p, "8202/1", "8202");
  play_fini(&p);
}

/* Going through the rows of every pane moves the cursor, and nothing else. */
static void test_the_cursor_moves_nothing(void **state) {
  (void)state;
  for (size_t i = 1; i + 1 < COUNT_OF(sizes); i++)
    for (int scene = SCENE_CALM; scene <= SCENE_INCIDENT; scene++) {
      struct play p;
      play_init(&p, sizes[i][0], sizes[i][1]);
      set_scene(&p, (enum fixture_scene)scene);
      run(&p, 8);
      p.arrangements = 0;
      for (const char *panes = "123456"; *panes; panes++) {
        const char number[] = {*panes, '\0'};
        press(&p, number);
        press(&p, "g");
        for (int row = 0; row < 12; row++) {
          press(&p, "j");
          p.arrangements = 1; /* none is left */
          check_places(&p);
        }
      }
      play_fini(&p);
    }
}

/* A storm of sizes ends as the last one alone would have. */
static void test_sizes_change(void **state) {
  (void)state;
  struct play p;
  play_init(&p, 120, 36);
  set_scene(&p, SCENE_INCIDENT);
  run(&p, 10);
  resize(&p, 40, 12);
  run(&p, 30);
  resize(&p, 300, 100);
  check_space(&p);
  run(&p, 30);
  resize(&p, 80, 24);
  run(&p, 30);
  struct rect before[LAYOUT_PANES_MAX];
  memcpy(before, p.rects, sizeof before);
  for (int i = 0; i < 60; i++)
    resize(&p, 30 + i * 37 % 270, 6 + i * 13 % 95);
  resize(&p, 80, 24);
  for (size_t i = 0; i < p.view->pane_count; i++)
    assert_memory_equal(&before[i], &p.view->panes[i]->area, sizeof before[i]);
  play_fini(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_from_calm_to_worse_and_back),
      cmocka_unit_test(test_targets_that_fail_and_return),
      cmocka_unit_test(test_the_cursor_stays),
      cmocka_unit_test(test_the_cursor_moves_nothing),
      cmocka_unit_test(test_sizes_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
