/* Reads small files as a whole, above all those of /proc, whose size is not known in advance. */
#pragma once

#include "core/err.h"

#include <stddef.h>

struct file_text {
  char *text; /* terminated; NULL if it could not be read: see err */
  size_t len;
  bool cut; /* it was longer than the limit */
  struct err err;
};

/* Reads at most `ceiling` bytes of path. Blocks: for a worker thread (io/worker.h). */
void file_read(const char *path, size_t ceiling, struct file_text *file);
void file_text_fini(struct file_text *file);
