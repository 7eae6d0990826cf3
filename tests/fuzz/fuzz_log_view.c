/* Exercises the viewer of logs: a size, keys, then lines with a byte for their level and source.
 * Holds: each cell is printable, drawing the same moment again draws the same, and what is asked
 * for is complete. */
#include "fuzz.h"

#include "core/mem.h"
#include "core/text/text.h"
#include "ui/terminal/key_decoder.h"
#include "ui/view/view.h"

#define NOW INT64_C(1795529007000)

enum { KEYS_MAX = 48, SOURCES = 3 };

static const char *no_logs(const struct model *model, const struct subject *subject) {
  assert(subject->target_index < model->target_count);
  return NULL;
}

static void check_cells(const struct canvas *canvas) {
  for (int y = 0; y < canvas->height; y++)
    for (int x = 0; x < canvas->width; x++) {
      const struct cell *cell = canvas_cell(canvas, x, y), *right = canvas_cell(canvas, x + 1, y);
      const size_t length = strnlen(cell->text, CELL_BYTES);
      assert(length < CELL_BYTES);
      fuzz_check_clean(cell->text, length, canvas->ascii);
      if (length == 0)
        assert(x > 0);
      else
        assert(text_width(cell->text) == (right && right->text[0] == '\0' ? 2 : 1));
    }
}

static void check_screen(struct view *view, const struct model *model, struct canvas *canvas) {
  view_draw(view, model, NOW, canvas);
  check_cells(canvas);
  assert(view_next_ms(view, model, NOW) > NOW);
}

static void add_line(struct logs *logs, struct log *log, struct log_rates *rates, int index,
                     uint8_t head, const char *text) {
  char clean[LOG_TEXT_MAX]; /* as app adds them */
  const size_t len = text_sanitize(clean, sizeof clean, text, strlen(text), false);
  const struct log_record record = {.time_ms = NOW - 60000 + (head & 1 ? index : -index) * 1000,
                                    .text = clean,
                                    .len = (uint32_t)len,
                                    .source = head / 8 % SOURCES,
                                    .level = head % LOG_LEVEL_COUNT,
                                    .time = head / 4 % (LOG_TIME_ARRIVAL + 1),
                                    .cut = head > 250 ? 1 << 20 : 0,
                                    .continued = head / 2 % 8 == 7,
                                    .json = *clean == '{'};
  log_add(log, &record);
  log_rates_add(rates, record.time_ms, (enum log_level)record.level);
  log_messages_add(logs->messages, &record);
}

static void check_request(const struct request *request) {
  if (request->kind == REQUEST_LOGS_OPEN || request->kind == REQUEST_LOGS_CHANGE) {
    struct err err;
    const struct logs_query *query = request->logs;
    assert(query && query->filter.condition_count <= LOG_CONDITIONS_MAX);
    struct log_filter *filter = log_filter_new(&query->filter, &err);
    assert(filter); /* it was checked while it was typed */
    log_filter_free(filter);
  }
  if (request->kind == REQUEST_LOGS_SEARCH)
    assert(request->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct target_kind kind = {
      .kind = "service", .key = "services", .title = "Services"};
  struct fuzz_input input = {data, size};
  const int width = 30 + fuzz_byte(&input) % 200, height = 6 + fuzz_byte(&input) % 54;
  char *keys = fuzz_text(&input, '\0');
  struct config *config = config_new();
  struct model model;
  struct log_source_status sources[SOURCES] = {{.name = (char *)"a", .place = (char *)"file a"},
                                               {.name = (char *)"b\x1b[2J", .place = (char *)""},
                                               {.name = (char *)"c", .place = (char *)"file c"}};
  struct log *log = log_new(500, 1 << 20);
  struct log_rates *rates = mem_new(sizeof *rates);
  struct logs logs = {.title = (char *)"services / api",
                      .reading = 1,
                      .follow = true,
                      .sources = sources,
                      .source_count = SOURCES,
                      .log = log,
                      .rates = rates,
                      .messages = log_messages_new()};
  log_rates_clear(rates);
  config_add(config, target_new(&kind, "api"));
  model_init(&model, config);
  struct view *view = view_new(&(struct view_options){.utc = true, .no_logs = no_logs});
  struct canvas *canvas = canvas_new(width, height, width % 2);
  struct key_decoder decoder = {0};
  struct key key;
  check_screen(view, &model, canvas);
  const struct request opened = view_key(view, &model, NOW, (struct key){KEY_CODE_RUNE, 'l'});
  assert(opened.kind == REQUEST_LOGS_OPEN);
  model.logs = &logs;
  key_decoder_add(&decoder, (const uint8_t *)keys, strnlen(keys, KEYS_MAX));
  int index = 0;
  while (key_decoder_next(&decoder, &key) || input.size > 0) {
    for (int i = 0; i < 8 && input.size > 0; i++) {
      const uint8_t head = fuzz_byte(&input);
      char *text = fuzz_text(&input, '\n');
      add_line(&logs, log, rates, index++, head, text);
      free(text);
    }
    log_settle(log);
    const struct request request = view_key(view, &model, NOW, key);
    check_request(&request);
    if (request.kind == REQUEST_LOGS_CLOSE)
      break;
    check_screen(view, &model, canvas);
    key = (struct key){KEY_CODE_NONE, 0};
  }
  model.logs = NULL;
  check_screen(view, &model, canvas);
  canvas_free(canvas);
  view_free(view);
  log_messages_free(logs.messages);
  log_free(log);
  free(rates);
  model_fini(&model);
  config_free(config);
  free(keys);
  return 0;
}
