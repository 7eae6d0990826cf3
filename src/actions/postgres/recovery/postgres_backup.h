/* A backup of one database that pg_dump has written in its custom or directory format: the file,
 * and what its table of contents says. */
#pragma once

#include "actions/step.h"

struct postgres_backup {
  const char *path; /* of the file or directory: the newest that the pattern names */
  int64_t bytes;    /* -1: a directory */
  int64_t modified_ns;
  const char *identity;         /* changes when the file is written again */
  const char *made;             /* "2026-11-28 02:00:00 UTC", as pg_dump wrote it; "" */
  const char *database;         /* that was backed up; "" */
  const char *version;          /* of its server: "15.8"; "" */
  int64_t entries;              /* of the table of contents; -1: not known */
  int64_t compared, candidates; /* files that the pattern names */
};

/* For a parameter: an absolute path, whose last part may have wildcards. */
bool postgres_backup_check(const char *path, struct err *err);
/* Finds the file, and has pg_restore read its table of contents. False with step->err: no such
 * file, or not a backup. */
bool postgres_backup_read(struct step *step, const char *pattern, struct postgres_backup *backup);
/* Only the file: for its identity right before it is used. */
bool postgres_backup_find(struct step *step, const char *pattern, struct postgres_backup *backup);
