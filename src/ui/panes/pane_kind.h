/* Panes that show targets: the interface between their files and the details. */
#pragma once

#include "ui/panes/pane.h"

extern const struct pane_class pane_kind;

/* Whether the pane shows that state: a target of its kind, or its open page. */
bool pane_kind_has(const struct pane *pane, const struct model *model, size_t state);
/* How many it shows. */
size_t pane_kind_targets(const struct pane *pane, const struct model *model);
/* "postgres " before the name of a target that does not say its kind itself; "" where its rows are
 * named like their targets, as services are. */
const char *pane_kind_word(const struct frame *frame, size_t state);
/* The table's name in the user's choice of columns: "postgres.sessions". Returns out. */
const char *pane_kind_table_name(const struct frame *frame, size_t state,
                                 const struct table_spec *spec, char out[COLUMN_CHOICE_ID_MAX]);
/* "ok", "waiting", "stale 14s", "down 5m"; "" for a live one that is not well. Returns out. */
const char *pane_kind_state(const struct frame *frame, size_t state, char *out, size_t size);

/* The class' `fill` and `fill_need`. */
void pane_kind_charts(struct pane *pane, const struct frame *frame, struct rect rect, bool zoomed);
int pane_kind_charts_need(struct pane *pane, const struct frame *frame, int width, int *most);

/* Whether the line is a row that has what the root of its tree is blamed for: a partition that is
 * stuck. Of its siblings it comes first, and its parents are open. */
bool pane_kind_blames(const struct line *line);
/* The class' `build`. */
void pane_kind_build(struct pane *pane, const struct frame *frame, int width, enum pane_room room);
