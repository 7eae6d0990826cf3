/* What leaves the screen: a row to the clipboard, a table to a file. */
#pragma once

#include "ui/view/keys/view_binding.h"

/* `y`: the selected row as one line, its cells separated by tabs; pressed again at once, only its
 * first cell. In the details every figure on a line of its own. */
struct request run_copy_row(struct keys *keys, int argument);

/* `w`: a line with the name of a file is typed; Enter saves the table of the selected row. */
struct request run_save(struct keys *keys, int argument);
/* A key while the name is typed. */
struct request save_key(struct keys *keys);
void save_draw(const struct view *view, const struct frame *frame, int y);
