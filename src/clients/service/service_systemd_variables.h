/* Which variables a unit sets, by its settings and its environment files: names, never values. */
#pragma once

#include "clients/service/service_driver.h"
#include "clients/systemd/systemd_read.h"
#include "io/worker.h"

enum { UNIT_FILES_MAX = 16, UNIT_FILE_BYTES_MAX = 256 << 10, UNIT_WHY_MAX = 300 };

/* Its environment files, read on a thread. */
struct unit_files {
  struct worker_task task; /* first */
  uint32_t serial;         /* for the owner */
  char *const *names;      /* that are looked for; as long as the task */
  size_t name_count;
  char *paths;                  /* a line each, "-" before optional ones */
  enum service_variable *found; /* one per name: what the last file that has it says */
  bool unread;                  /* a file was not read: see why */
  char why[UNIT_WHY_MAX];
};

/* Copies the names and the list of unit->variable_files. */
struct unit_files *unit_files_new(const struct systemd_unit *unit, char *const *names,
                                  size_t count);
void unit_files_free(struct worker_task *task);
void unit_files_read(struct worker_task *task); /* blocks */

/* The text of an environment file: `found` gets what it says of each name; others stay. */
void unit_file_parse(const char *text, char *const *names, size_t count,
                     enum service_variable *found);
/* files NULL: the unit has none. by_user: of the user's manager, which hands on much more. */
void unit_variables(const struct systemd_unit *unit, const struct unit_files *files, bool by_user,
                    char *const *names, size_t count, enum service_variable *out);
