/* The sequences that draw a person's attention: the bell, and a notification of the terminal (OSC
 * 777 or OSC 9). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum notice_form { NOTICE_NONE, NOTICE_OSC777, NOTICE_OSC9 };

struct notice {
  bool bell;
  enum notice_form form;
  const char *title, *text; /* of any bytes */
  bool tmux;                /* wrapped, so that tmux passes it on (its allow-passthrough) */
};

enum { NOTICE_TEXT_MAX = 240 };

/* Allocated; *count its bytes, 0 for none. No control character of the texts is in it, and none of
 * them can end the sequence or begin another. */
char *notice_make(const struct notice *notice, size_t *count);
