/* Small files that have to be on disk before something else may happen. */
#pragma once

#include "core/err.h"

#include <stddef.h>

/* Writes a new file of mode 0600 and waits until it is on disk, its name included. Folders that are
 * missing above it are made (0700). A file that is there already is left as it is, and so is one
 * that could not be written whole: it is removed. Blocks: for a thread. */
bool file_save_new(const char *path, const char *text, size_t len, struct err *err) MUST_CHECK;
