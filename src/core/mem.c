#include "core/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No formatting and no buffer: there is no memory for them. */
void mem_failed(void) {
  static const char message[] =
      "stacktop: out of memory (ulimit -v shows the limit, if one is set)\n";
  ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
  (void)written;
  abort();
}

static void *mem_check(void *memory) {
  if (!memory)
    mem_failed();
  return memory;
}

void *mem_new(size_t size) {
  return mem_check(calloc(1, size ? size : 1));
}

void *mem_resize(void *old, size_t size) {
  return mem_check(realloc(old, size ? size : 1));
}

char *mem_dup(const char *text) {
  return mem_check(strdup(text));
}

char *mem_printf(const char *format, ...) {
  char *text;
  va_list args;
  va_start(args, format);
  int length = vasprintf(&text, format, args);
  va_end(args);
  return mem_check(length < 0 ? NULL : text);
}
