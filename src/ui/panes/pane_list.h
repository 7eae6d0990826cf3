/* The panes that the model asks for now. */
#pragma once

#include "ui/panes/layout.h"

struct pane_list {
  struct pane **before; /* the previous panes; a reused one is set to NULL */
  size_t before_count;
  const struct pane_class *class; /* the class that is asked */
  struct pane *panes[LAYOUT_PANES_MAX];
  size_t count;
};

/* For `list` of a class: a pane of it, the existing one if its id is the same. */
void pane_wanted(struct pane_list *list, const char *id, const char *title);
/* Asks each class in turn. */
void pane_list_fill(struct pane_list *list, const struct model *model, struct pane **before,
                    size_t before_count);
