#include "app/modes/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

int ask_open(bool tty) {
  if (isatty(STDIN_FILENO))
    return STDIN_FILENO;
  return tty ? open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
}

void ask_close(int terminal) {
  if (terminal > STDIN_FILENO)
    close(terminal);
}

static void put(int terminal, const char *text) {
  const char *at = text;
  for (size_t left = strlen(text); left > 0;) {
    ssize_t wrote = write(terminal, at, left);
    if (wrote <= 0)
      return;
    at += wrote;
    left -= (size_t)wrote;
  }
}

bool ask_line(int terminal, const char *prompt, char *line, size_t size) {
  size_t used = 0;
  tcflush(terminal, TCIFLUSH);
  put(terminal, prompt);
  for (;;) {
    char c;
    ssize_t got = read(terminal, &c, 1);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    if (c == '\n')
      break;
    if (used + 1 < size)
      line[used] = c;
    used++;
  }
  line[used < size ? used : 0] = '\0';
  return used < size;
}
