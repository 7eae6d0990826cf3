#include "ui/terminal/notice.h"

#include "core/mem.h"
#include "core/text/text.h"

#include <stdio.h>
#include <string.h>

enum { SEQUENCE_MAX = 2 * NOTICE_TEXT_MAX + 64 };

/* A semicolon separates title and text. */
static void clean(char out[NOTICE_TEXT_MAX], const char *text) {
  text_sanitize(out, NOTICE_TEXT_MAX, text, strlen(text), false);
  for (char *at = out; (at = strchr(at, ';'));)
    *at = ',';
}

static int sequence_make(const struct notice *notice, char out[SEQUENCE_MAX]) {
  char title[NOTICE_TEXT_MAX], text[NOTICE_TEXT_MAX];
  clean(title, notice->title ? notice->title : "");
  clean(text, notice->text ? notice->text : "");
  if (notice->form == NOTICE_OSC777)
    return snprintf(out, SEQUENCE_MAX, "\033]777;notify;%s;%s\033\\", title, text);
  if (notice->form == NOTICE_OSC9)
    return snprintf(out, SEQUENCE_MAX, "\033]9;%s: %s\033\\", title, text);
  return 0;
}

/* Each ESC of it is doubled. */
static int tmux_wrap(const char *sequence, int length, char *out) {
  int used = 0;
  static const char begin[] = "\033Ptmux;", end[] = "\033\\";
  memcpy(out, begin, sizeof begin - 1);
  used += (int)sizeof begin - 1;
  for (int i = 0; i < length; i++) {
    if (sequence[i] == '\033')
      out[used++] = '\033';
    out[used++] = sequence[i];
  }
  memcpy(out + used, end, sizeof end - 1);
  return used + (int)sizeof end - 1;
}

char *notice_make(const struct notice *notice, size_t *count) {
  char sequence[SEQUENCE_MAX];
  const int length = sequence_make(notice, sequence);
  char *out = mem_new((size_t)length * 2 + 32);
  int used = 0;
  if (notice->bell)
    out[used++] = '\a';
  if (length > 0 && notice->tmux) {
    used += tmux_wrap(sequence, length, out + used);
  } else if (length > 0) {
    memcpy(out + used, sequence, (size_t)length);
    used += length;
  }
  *count = (size_t)used;
  return out;
}
