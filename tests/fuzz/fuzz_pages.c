/* Exercises the readers of every page of PostgreSQL. Input: which page, columns of the answers, the
 * server's version, the key of the row, then cells by line; "\N" is SQL's NULL.
 * Holds: a reader that refuses an answer says why, and what it accepts makes a complete sample. */
#include "fuzz.h"

#include "collectors/page.h"
#include "collectors/postgres/pages/postgres_page.h"

enum { CELLS_MAX = 600, NAMES_MAX = 40 };

static size_t cells_read(struct fuzz_input *input, char **texts, const char **cells) {
  size_t count = 0;
  for (; count < CELLS_MAX && input->size > 0; count++) {
    texts[count] = fuzz_text(input, '\n');
    cells[count] = strcmp(texts[count], "\\N") == 0 ? NULL : texts[count];
  }
  return count;
}

/* The ids of the table's columns, as the answer of a query without a reader names them. */
static size_t names_of(const struct page_spec *spec, const char *table, const char **names) {
  size_t count = 0;
  names[count++] = "key";
  names[count++] = "parent";
  for (size_t i = 0; i < spec->table_count; i++)
    for (size_t c = 0; strcmp(spec->tables[i]->id, table) == 0 && c < spec->tables[i]->column_count;
         c++)
      if (count < NAMES_MAX)
        names[count++] = spec->tables[i]->columns[c].id;
  return count;
}

static void collect(const struct page *page, struct postgres_page_call *call, size_t columns,
                    const char *const *cells, size_t count) {
  const struct postgres_page *own = page->own;
  const char *names[NAMES_MAX];
  call->sample = sample_new(page->spec.tables, page->spec.table_count);
  row_past_begin(call->past);
  for (const struct postgres_page_query *query = own->queries; query->text || query->make;
       query++) {
    struct err err = {0};
    if (call->version < query->version_min)
      continue;
    char *sql = query->make ? query->make(call, &err) : NULL;
    const bool asked = sql || query->text;
    free(sql);
    if (err.kind != ERR_NONE)
      break;
    if (!asked)
      continue;
    for (size_t i = 0; i < NAMES_MAX; i++)
      names[i] = "other";
    const size_t known =
        names_of(&page->spec, query->table ? query->table : page->spec.tables[0]->id, names);
    if (!query->read)
      columns = known;
    const struct pg_rows rows = {columns ? count / columns : 0, columns, cells, names, ""};
    const bool good = query->read ? query->read(call, &rows, &err)
                                  : postgres_page_rows(call, query->table, &rows, &err);
    assert(good || (err.kind != ERR_NONE && *err.text));
    if (!good && !query->table)
      break;
  }
  if (own->finish)
    own->finish(call);
  fuzz_check_sample(call->sample);
  sample_free(call->sample);
  call->first = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  static char *texts[CELLS_MAX];
  static const char *cells[CELLS_MAX];
  size_t number = 0, which = 0;
  while (pages[number])
    number++;
  which = fuzz_byte(&input) % number;
  const size_t columns = fuzz_byte(&input) % NAMES_MAX;
  const int version = 100000 + fuzz_byte(&input) % 10 * 10000;
  char *key = fuzz_text(&input, '\n');
  const struct page *page = pages[which];
  const size_t count = cells_read(&input, texts, cells);
  if (page->watch == &postgres_page_watch) {
    const struct postgres_page *own = page->own;
    struct page_focus focus;
    struct page_window window = {0};
    struct row_past past = {0};
    page_focus_init(&focus, &page->spec, page->spec.row_of, page->spec.row_of ? key : NULL, key);
    focus.rows = 5;
    void *memory = calloc(1, own->memory + 1);
    struct postgres_page_call call = {.focus = &focus,
                                      .window = &window,
                                      .version = version,
                                      .role = "r",
                                      .database = "d",
                                      .encoding = "UTF8",
                                      .block_size = 8192,
                                      .first = true,
                                      .past = &past,
                                      .memory = memory};
    for (int round = 1; round < 3; round++) {
      call.now_us = round * 1000000;
      focus.marks += count % 2;
      page_window_start(&window, &focus, call.first, call.now_us, call.now_us / 1000);
      collect(page, &call, columns, cells, round == 1 ? count : count / 2);
      page_window_keep(&window);
    }
    if (own->forget)
      own->forget(memory);
    free(memory);
    row_past_fini(&past);
    page_focus_fini(&focus);
  }
  for (size_t i = 0; i < count; i++)
    free(texts[i]);
  free(key);
  return 0;
}
