/* The list of environments: a line for each, with its verdict. Draws on any canvas and handles
 * keys; it knows neither processes nor files. */
#pragma once

#include "ui/environments/environments_list.h"
#include "ui/terminal/key.h"

enum { ENVIRONMENTS_NOTICE_MAX = 640 };

struct environments_view {
  size_t at, top;
  int lines;    /* of the list, as last drawn */
  int first_y;  /* of its first line */
  bool touched; /* from then on the selection is where a person puts it, else on the worst one */
  bool help;
  char notice[ENVIRONMENTS_NOTICE_MAX]; /* until the next key */
};

enum environments_act {
  ENVIRONMENTS_NOTHING,
  ENVIRONMENTS_OPEN, /* the one at view->at */
  ENVIRONMENTS_RETRY,
  ENVIRONMENTS_RELOAD,
  ENVIRONMENTS_REPAINT,
  ENVIRONMENTS_SUSPEND,
  ENVIRONMENTS_QUIT,
};

void environments_draw(struct environments_view *view, const struct environments_list *list,
                       struct canvas *canvas);
enum environments_act environments_key(struct environments_view *view,
                                       const struct environments_list *list, struct key key);
