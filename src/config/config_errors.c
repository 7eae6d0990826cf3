#include "config/config_errors.h"

#include "core/mem.h"
#include "core/text/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Longer texts would quote half the file. */
enum { ERROR_TEXT_MAX = 400 };

void config_errors_init(struct config_errors *errors, const char *path) {
  *errors = (struct config_errors){0};
  config_errors_enter(errors, path);
}

static size_t path_find(const struct config_errors *errors, const char *path) {
  size_t at = 0;
  while (at < errors->path_count && strcmp(errors->paths[at], path) != 0)
    at++;
  return at;
}

/* Beyond CONFIG_FILES_MAX, which the reader of the files does not exceed, the last one stays. */
void config_errors_enter(struct config_errors *errors, const char *path) {
  const size_t at = path_find(errors, path);
  if (at == CONFIG_FILES_MAX)
    return;
  if (at == errors->path_count)
    errors->paths[errors->path_count++] = mem_dup(path);
  errors->path = errors->paths[at];
}

void config_errors_fini(struct config_errors *errors) {
  for (size_t i = 0; i < errors->count; i++)
    free(errors->items[i].text);
  for (size_t i = 0; i < errors->path_count; i++)
    free(errors->paths[i]);
  *errors = (struct config_errors){0};
}

void config_errors_add(struct config_errors *errors, int line, int column, const char *format,
                       ...) {
  if (errors->count == CONFIG_ERRORS_MAX) {
    errors->dropped++;
    return;
  }
  char text[ERROR_TEXT_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  errors->items[errors->count++] = (struct config_error){.file = path_find(errors, errors->path),
                                                         .line = line,
                                                         .column = column,
                                                         .text = mem_dup(text)};
}

static bool stands_after(const struct config_error *a, const struct config_error *b) {
  if (a->file != b->file)
    return a->file > b->file;
  return a->line != b->line ? a->line > b->line : a->column > b->column;
}

/* An insertion sort: stable, and the list is short. */
void config_errors_sort(struct config_errors *errors) {
  for (size_t i = 1; i < errors->count; i++) {
    struct config_error moved = errors->items[i];
    size_t at = i;
    for (; at > 0 && stands_after(&errors->items[at - 1], &moved); at--)
      errors->items[at] = errors->items[at - 1];
    errors->items[at] = moved;
  }
}

void config_errors_print(const struct config_errors *errors, FILE *out) {
  char path[1024], text[ERROR_TEXT_MAX * 3];
  for (size_t i = 0; i < errors->count; i++) {
    const struct config_error *error = &errors->items[i];
    const char *file = errors->paths[error->file];
    text_sanitize(path, sizeof path, file, strlen(file), false);
    text_sanitize(text, sizeof text, error->text, strlen(error->text), false);
    if (error->line > 0)
      fprintf(out, "%s:%d:%d: %s\n", path, error->line, error->column, text);
    else
      fprintf(out, "%s: %s\n", path, text);
  }
  text_sanitize(path, sizeof path, errors->paths[0], strlen(errors->paths[0]), false);
  if (errors->dropped > 0)
    fprintf(out, "%s: and %zu more errors\n", path, errors->dropped);
}
