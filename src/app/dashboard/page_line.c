#include "app/dashboard/page_line.h"

#include "core/words.h"

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

static void request_fill(const struct page_spec *spec, const struct model *model, size_t count,
                         char *const *words, struct request *request, struct err *err) {
  size_t index = 0;
  *request = (struct request){.kind = REQUEST_PAGE_OPEN, .page = spec};
  if (spec->row_of)
    err_set(err, ERR_INVALID, "%s is about a row: select the row and press v", spec->id);
  else if (count != 2)
    err_set(err, ERR_INVALID, "%s takes the name of one target", spec->id);
  else if (!target_find(model, spec->kind, words[1], &index))
    err_set(err, ERR_INVALID, "no target %.60s of the kind %s", words[1], spec->kind);
  else if (model->page_count == MODEL_PAGES_MAX)
    err_set(err, ERR_LIMIT, "too many pages are open: press Esc to close one");
  request->subject.target_index = index;
}

bool page_line_read(const char *line, const struct model *model, struct request *request,
                    struct err *err) {
  struct err ignored;
  size_t count = 0;
  char **words = words_split(line, &count, &ignored);
  const struct page_spec *spec = words && count > 0 ? page_find(model->pages, words[0]) : NULL;
  *err = (struct err){0};
  if (spec)
    request_fill(spec, model, count, words, request, err);
  free(words);
  return spec != NULL;
}
