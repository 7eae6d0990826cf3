/* Small files as a whole: those of /proc above all, whose size nobody knows before. */
#pragma once

#include "core/err.h"

#include <stddef.h>

struct file_text {
  char *text; /* terminated; NULL when it could not be read: err says why */
  size_t len;
  bool cut; /* it was longer than the ceiling */
  struct err err;
};

/* Reads path, at most `ceiling` bytes of it. Blocks: for a worker's thread (io/worker.h). */
void file_read(const char *path, size_t ceiling, struct file_text *file);
void file_text_fini(struct file_text *file);
