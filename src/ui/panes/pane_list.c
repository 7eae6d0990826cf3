#include "ui/panes/pane_list.h"

#include "core/mem.h"

#include <string.h>

static struct pane *take_pane(struct pane_list *list, const char *id) {
  for (size_t i = 0; i < list->before_count; i++) {
    struct pane *pane = list->before[i];
    if (pane && pane->class == list->class && strcmp(pane->id, id) == 0) {
      list->before[i] = NULL;
      return pane;
    }
  }
  return NULL;
}

void pane_wanted(struct pane_list *list, const char *id, const char *title) {
  if (list->count == LAYOUT_PANES_MAX)
    return;
  struct pane *pane = take_pane(list, id);
  if (!pane) {
    pane = mem_new(sizeof *pane);
    pane_init(pane, list->class, id, title);
  }
  pane->number = list->count < 9 ? (int)list->count + 1 : 0;
  list->panes[list->count++] = pane;
}

void pane_list_fill(struct pane_list *list, const struct model *model, struct pane **before,
                    size_t before_count) {
  *list = (struct pane_list){.before = before, .before_count = before_count};
  for (size_t i = 0; i < pane_class_count; i++) {
    list->class = pane_classes[i];
    pane_classes[i]->list(model, list);
  }
}
