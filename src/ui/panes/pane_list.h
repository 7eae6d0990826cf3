/* Which panes the model asks for now. */
#pragma once

#include "ui/panes/layout.h"

struct pane_list {
  struct pane **before; /* those that there were: what is taken over is NULL then */
  size_t before_count;
  const struct pane_class *class; /* whose turn it is */
  struct pane *panes[LAYOUT_PANES_MAX];
  size_t count;
};

/* For `list` of a class: a pane of it, the one that was there before if its id is the same. */
void pane_wanted(struct pane_list *list, const char *id, const char *title);
/* Asks each class in its turn. */
void pane_list_fill(struct pane_list *list, const struct model *model, struct pane **before,
                    size_t before_count);
