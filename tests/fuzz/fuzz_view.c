/* Exercises the whole screen: a size, keys, then a document to draw.
 * Holds: whatever the tables hold and whatever was pressed, each cell is printable, each row as
 * wide as the canvas, and drawing the same moment again draws the same; the subject of a key is in
 * the document. */
#include "fuzz.h"

#include "core/text/text.h"
#include "report/json/json.h"
#include "ui/terminal/key_decoder.h"
#include "ui/view/view.h"

enum { KEYS_MAX = 64 };

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

static void check_screen(struct view *view, const struct report_document *document,
                         struct canvas *canvas) {
  const size_t bytes = (size_t)canvas->width * (size_t)canvas->height * sizeof(struct cell);
  view_draw(view, &document->model, document->now_ms, canvas);
  check_cells(canvas);
  struct canvas *again = canvas_new(canvas->width, canvas->height, canvas->ascii);
  view_draw(view, &document->model, document->now_ms, again);
  for (size_t i = 0; i < bytes / sizeof(struct cell); i++)
    assert(strcmp(canvas->cells[i].text, again->cells[i].text) == 0 &&
           canvas->cells[i].style == again->cells[i].style);
  canvas_free(again);
  assert(view_next_ms(view, &document->model, document->now_ms) > document->now_ms);
}

static void check_subject(const struct model *model, const struct request *request) {
  const struct subject *subject = &request->subject;
  if (request->kind != REQUEST_MENU && request->kind != REQUEST_ACT)
    return;
  assert(subject->target_index < model->target_count && subject->hidden <= subject->key_count);
  const struct sample *sample = model->targets[subject->target_index].sample;
  for (size_t i = 0; i < subject->key_count; i++)
    assert(table_find(sample_table_view(sample, subject->table), subject->keys[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  const int width = fuzz_byte(&input), height = fuzz_byte(&input) % 60;
  char *keys = fuzz_text(&input, '\0');
  struct report_document document;
  struct err err = {0};
  struct key_decoder decoder = {0};
  struct key key;
  if (report_json_read(&document, (const char *)input.data, input.size, &err)) {
    struct view *view = view_new(&(struct view_options){.utc = true});
    struct canvas *canvas = canvas_new(width, height, width % 2);
    check_screen(view, &document, canvas);
    key_decoder_add(&decoder, (const uint8_t *)keys, strnlen(keys, KEYS_MAX));
    while (key_decoder_next(&decoder, &key)) {
      const struct request request = view_key(view, &document.model, document.now_ms, key);
      assert(request.kind != REQUEST_AGREE); /* there is no plan */
      check_subject(&document.model, &request);
      check_screen(view, &document, canvas);
    }
    canvas_free(canvas);
    view_free(view);
    report_document_fini(&document);
  }
  free(keys);
  return 0;
}
