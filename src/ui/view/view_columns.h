/* The chooser of columns (key o): which columns of a table are shown, in which order, and how wide.
 * Changes are seen at once; they are kept in the user's own file only on request. */
#pragma once

#include "ui/view/keys/view_binding.h"

/* `o`: the columns of the selected row's table. */
struct request run_columns(struct keys *keys, int argument);
/* In the chooser. */
struct request run_columns_show(struct keys *keys, int argument);
struct request run_columns_shift(struct keys *keys, int step);
struct request run_columns_width(struct keys *keys, int step);
struct request run_columns_reset(struct keys *keys, int argument);
struct request run_columns_save(struct keys *keys, int argument);
void columns_move(struct view *view, int rows);
void columns_draw(struct view *view, const struct frame *frame, struct rect area);
void columns_page_fini(struct columns_page *page);
/* Says once which columns of the user's file are not known. */
void columns_note(struct view *view);
