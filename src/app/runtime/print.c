#include "app/runtime/print.h"

#include "core/text/text.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* COLUMNS is for output that is not a terminal: an e-mail from cron. */
static int columns_of_environment(void) {
  const char *columns = getenv("COLUMNS");
  char *end;
  long width = columns ? strtol(columns, &end, 10) : 0;
  return columns && *columns && !*end && width > 0 && width < 10000 ? (int)width : 0;
}

static int terminal_width(void) {
  struct winsize size;
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

struct report_text_options print_options(const struct options *options) {
  bool terminal = isatty(STDOUT_FILENO);
  return (struct report_text_options){.ascii = options->no_unicode,
                                      .color = terminal && !options->no_color,
                                      .pipes = terminal,
                                      .width =
                                          terminal ? terminal_width() : columns_of_environment()};
}

bool print_end(bool written) {
  int error = errno; /* of the write that failed, where a report has flushed it itself */
  const bool flushed = fflush(stdout) == 0;
  if (flushed && written && !ferror(stdout))
    return true;
  error = flushed ? error : errno;
  if (error == EPIPE)
    return false;
  error_print("cannot write the output%s%s", error ? ": " : "", error ? strerror(error) : "");
  return false;
}

bool print_is_closed(void) {
  struct pollfd poll_for = {.fd = STDOUT_FILENO, .events = POLLOUT};
  return ferror(stdout) && poll(&poll_for, 1, 0) > 0 &&
         (poll_for.revents & (POLLERR | POLLHUP)) != 0;
}

void error_print(const char *format, ...) {
  char text[1024], shown[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  text_sanitize(shown, sizeof shown, text, strlen(text), true);
  fprintf(stderr, "stacktop: %s\n", shown);
}
