#include "report/text/text_missing.h"

#include "report/cell.h"

#include <string.h>

enum {
  REASONS_MAX = 8, /* per kind; further ones are mentioned */
  TITLES_MAX = 12, /* per reason */
  ROWS_MAX = 100,  /* per table: reasons are similar from row to row */
};

struct reason {
  const char *text;
  const char *titles[TITLES_MAX];
  size_t title_count;
  bool more; /* titles */
};

struct reasons {
  struct reason items[REASONS_MAX];
  size_t count;
  bool more;
};

static struct reason *reason_for(struct reasons *reasons, const char *text) {
  for (size_t i = 0; i < reasons->count; i++)
    if (strcmp(reasons->items[i].text, text) == 0)
      return &reasons->items[i];
  if (reasons->count == REASONS_MAX) {
    reasons->more = true;
    return NULL;
  }
  reasons->items[reasons->count].text = text;
  return &reasons->items[reasons->count++];
}

static void reason_add(struct reasons *reasons, const char *text, const char *title) {
  struct reason *reason = reason_for(reasons, text);
  if (!reason)
    return;
  for (size_t i = 0; i < reason->title_count; i++)
    if (strcmp(reason->titles[i], title) == 0)
      return;
  if (reason->title_count < TITLES_MAX)
    reason->titles[reason->title_count++] = title;
  else
    reason->more = true;
}

static void collect(struct reasons *reasons, const struct sample *sample) {
  for (size_t t = 0; sample && t < sample->table_count; t++) {
    const struct table *table = &sample->tables[t];
    for (size_t r = 0; r < table->row_count && r < ROWS_MAX; r++) {
      if (table->rows[r].severity == SEVERITY_CRIT)
        continue; /* a service that is down has no latency: its finding says so */
      for (size_t c = 0; c < table->spec->column_count; c++) {
        struct value value = cell_value(&table->rows[r], c);
        const struct column_spec *column = &table->spec->columns[c];
        if (value.type == VALUE_NONE && value.text && !(column->flags & COLUMN_DETAIL))
          reason_add(reasons, value.text, column->title);
      }
    }
  }
}

static void put_reason(struct text_out *out, const struct reason *reason) {
  text_out_begin(out, 0);
  text_out_label(out, "?");
  for (size_t i = 0; i < reason->title_count; i++)
    text_out_printf(out, 1, "%s%s", reason->titles[i],
                    i + 1 < reason->title_count ? ","
                    : reason->more              ? ", ...:"
                                                : ":");
  text_out_words(out, reason->text, 1);
}

void text_missing(struct text_out *out, const struct model *model, size_t first, size_t end) {
  struct reasons reasons = {0};
  for (size_t i = first; i < end; i++)
    collect(&reasons, model->targets[i].sample);
  for (size_t i = 0; i < reasons.count; i++)
    put_reason(out, &reasons.items[i]);
  if (!reasons.more)
    return;
  text_out_begin(out, 0);
  text_out_label(out, "?");
  text_out_words(out, "more reasons omitted, see --json", 0);
}
