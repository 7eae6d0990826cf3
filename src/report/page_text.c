#include "core/text/format.h"
#include "report/page.h"
#include "report/text/text_table.h"

#include <stdio.h>

enum { LIST_INDENT = 5, TABLE_INDENT = 6 };

bool report_pages_text(FILE *file, const struct page_spec *const *specs,
                       const struct report_text_options *options) {
  struct text_out out;
  text_out_init(&out, file, options);
  for (; *specs; specs++) {
    text_out_begin(&out, 0);
    text_out_bold(&out, (*specs)->id);
    if ((*specs)->row_of)
      text_out_printf(&out, 2, "of a row of %s", (*specs)->row_of);
    text_out_begin(&out, LIST_INDENT);
    text_out_words(&out, (*specs)->question, 0);
    text_out_begin(&out, LIST_INDENT);
    text_out_printf(&out, 0, "cost: %s", (*specs)->cost);
    if ((*specs)->sort_count > 0)
      text_out_begin(&out, LIST_INDENT);
    for (size_t i = 0; i < (*specs)->sort_count; i++)
      text_out_printf(&out, i > 0, "%s%s%s", i > 0 ? "" : "orders: ", (*specs)->sorts[i].name,
                      i + 1 < (*specs)->sort_count ? "," : "");
  }
  text_out_end(&out);
  return fflush(file) == 0 && !ferror(file);
}

static void put_head(struct text_out *out, const struct target_state *state) {
  const struct sample *sample = state->sample;
  char cost[FORMAT_MAX];
  text_out_begin(out, 0);
  text_out_bold(out, state->page->title);
  text_out_printf(out, 1, "of %s", state->target->name);
  if (state->focus.label)
    text_out_words(out, state->focus.label, 1);
  if (state->err.kind != ERR_NONE) {
    text_out_begin(out, TABLE_INDENT);
    text_out_label(out, "?");
    text_out_words(out, state->err.text, 0);
  }
  if (!sample)
    return;
  if (sample->server)
    text_out_words(out, sample->server, 2);
  if (sample->address)
    text_out_printf(out, 1, "at %s", sample->address);
  text_out_printf(out, 1, "(%u %s, %s)", sample->requests,
                  sample->requests == 1 ? "request" : "requests",
                  format_duration(cost, sizeof cost, (double)sample->cost_us / 1e6));
}

/* A table that could not be read is not empty. */
static void put_table(struct text_out *out, const struct text_table *table,
                      const struct sample *sample) {
  const struct table_spec *spec = table->table->spec;
  if (spec->flags & TABLE_SUMMARY) {
    text_out_begin(out, TABLE_INDENT);
    if (text_table_has_figures(table))
      text_table_figures(out, table, 0);
    return;
  }
  text_out_end(out);
  putc('\n', out->out);
  if (table->table->row_count == 0 && sample_is_faulted(sample, spec->id)) {
    text_out_begin(out, TABLE_INDENT);
    text_out_words(out, spec->title, 0);
    text_out_words(out, "not known", 2);
    return;
  }
  text_table_rows(out, table);
}

bool report_page_text(FILE *file, const struct model *model, size_t index, int64_t now_ms,
                      const struct report_text_options *options) {
  const struct target_state *state = &model->targets[index];
  const struct sample *sample = state->sample;
  struct text_out out;
  (void)now_ms;
  text_out_init(&out, file, options);
  put_head(&out, state);
  for (size_t i = 0; sample && i < sample->table_count; i++) {
    const struct text_table table = {.model = model,
                                     .target_index = index,
                                     .table = &sample->tables[i],
                                     .keys = true,
                                     .look = true};
    put_table(&out, &table, sample);
  }
  for (size_t i = 0; sample && i < sample->note_count; i++) {
    text_out_begin(&out, TABLE_INDENT);
    text_out_label(&out, sample->notes[i].severity == SEVERITY_OK ? "note" : "?");
    text_out_words(&out, sample->notes[i].text, 0);
  }
  text_out_end(&out);
  return fflush(file) == 0 && !ferror(file);
}
