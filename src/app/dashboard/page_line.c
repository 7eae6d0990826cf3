#include "app/dashboard/page_line.h"

#include "app/modes/show_row.h"
#include "core/mem.h"
#include "core/text/words.h"

#include <stdlib.h>
#include <string.h>

static bool target_find(const struct model *model, const char *kind, const char *name,
                        size_t *index) {
  for (*index = 0; *index < model->target_count; ++*index) {
    const struct target *target = model->targets[*index].target;
    if (strcmp(target->kind->kind, kind) == 0 && strcmp(target->name, name) == 0)
      return true;
  }
  return false;
}

void page_line_fini(struct page_line *line) {
  free(line->key);
  free(line->label);
  *line = (struct page_line){0};
}

static void take_row(struct page_line *line, const char *table, const char *key,
                     const char *label) {
  line->key = mem_dup(key);
  line->label = mem_dup(label);
  line->keys[0] = line->key;
  line->request.subject.table = table;
  line->request.subject.keys = line->keys;
  line->request.subject.key_count = 1;
  line->request.text = line->label;
}

/* In one of the page's tables, where the model has it. */
static bool take_listed(struct page_line *line, const struct page_spec *spec,
                        const struct model *model, size_t index, const char *name,
                        struct err *err) {
  const char *const ids[] = {spec->row_of, spec->also_of};
  struct err other;
  bool listed = false;
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
    const struct table *table = ids[i] ? model_table(model, index, ids[i]) : NULL;
    const struct row *row = table ? show_row(table, ids[i], name, listed ? &other : err) : NULL;
    char buffer[SHOW_LABEL_MAX];
    listed = listed || table;
    if (!row)
      continue;
    if (!page_takes(spec, spec->kind, ids[i], row->key))
      return err_set(err, ERR_INVALID, "%s is not about %.60s", spec->id, name);
    take_row(line, ids[i], row->key, show_label(table, row, buffer));
    *err = (struct err){0};
    return true;
  }
  if (!listed)
    err_set(err, ERR_INVALID,
            "%s is about a row of %s: open the page that has them, or wait for the target",
            spec->id, spec->row_of);
  return false;
}

static void row_fill(struct page_line *line, const struct page_spec *spec,
                     const struct model *model, size_t index, const char *name, struct err *err) {
  if (take_listed(line, spec, model, index, name, err))
    return;
  /* one that is not listed: the page finds out whether it exists */
  char *key = spec->named ? mem_dup(name) : spec->key_of_name ? spec->key_of_name(name) : NULL;
  if (!key)
    return;
  *err = (struct err){0};
  take_row(line, spec->row_of, key, name);
  free(key);
}

static void request_fill(const struct page_spec *spec, const struct model *model, size_t count,
                         char *const *words, struct page_line *line, struct err *err) {
  size_t index = 0;
  line->request = (struct request){.kind = REQUEST_PAGE_OPEN, .page = spec};
  if (count != (spec->row_of ? 3U : 2U))
    err_set(err, ERR_INVALID,
            spec->row_of ? "%s takes the name of one target and of one row of %s"
                         : "%s takes the name of one target",
            spec->id, spec->row_of);
  else if (!target_find(model, spec->kind, words[1], &index))
    err_set(err, ERR_INVALID, "no target %.60s of the kind %s", words[1], spec->kind);
  else if (model->page_count == MODEL_PAGES_MAX)
    err_set(err, ERR_LIMIT, "too many pages are open: press Esc to close one");
  line->request.subject.target_index = index;
  if (err->kind == ERR_NONE && spec->row_of)
    row_fill(line, spec, model, index, words[2], err);
}

bool page_line_read(const char *text, const struct model *model, struct page_line *line,
                    struct err *err) {
  struct err ignored;
  size_t count = 0;
  char **words = words_split(text, &count, &ignored);
  const struct page_spec *spec = words && count > 0 ? page_find(model->pages, words[0]) : NULL;
  *err = (struct err){0};
  *line = (struct page_line){0};
  if (spec)
    request_fill(spec, model, count, words, line, err);
  free(words);
  return spec != NULL;
}
