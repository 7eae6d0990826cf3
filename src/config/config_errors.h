/* All errors of a configuration file, each as FILE:LINE:COLUMN: what is wrong, what was
 * expected. */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* A file with more errors is probably not a configuration; further errors are only counted. */
enum { CONFIG_ERRORS_MAX = 100, CONFIG_FILES_MAX = 64 /* a file and what it includes */ };

struct config_error {
  size_t file;      /* index of its path */
  int line, column; /* from 1; 0: about the whole file */
  char *text;       /* quotes the file: sanitise for display (config_errors_print does) */
};

struct config_errors {
  char *path; /* of the file that is being read: one of paths */
  char *paths[CONFIG_FILES_MAX];
  size_t path_count;
  struct config_error items[CONFIG_ERRORS_MAX]; /* in the order of the files after config_load */
  size_t count;
  size_t dropped; /* found beyond CONFIG_ERRORS_MAX */
};

void config_errors_init(struct config_errors *errors, const char *path);
void config_errors_fini(struct config_errors *errors);

/* From now on errors are those of that file. */
void config_errors_enter(struct config_errors *errors, const char *path);
void config_errors_add(struct config_errors *errors, int line, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* By file, line and column; errors of the same place keep their order. */
void config_errors_sort(struct config_errors *errors);
/* One line per error, sanitised for a terminal. */
void config_errors_print(const struct config_errors *errors, FILE *out);
