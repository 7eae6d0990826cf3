/* Small files that have to be on disk before something else may happen. */
#pragma once

#include "core/err.h"

#include <stddef.h>

/* Writes a new file of mode 0600 and waits until it is on disk, its name included. Folders that are
 * missing above it are made (0700). A file that is there already is left as it is, and so is one
 * that could not be written whole: it is removed. Blocks: for a thread. */
bool file_save_new(const char *path, const char *text, size_t len, struct err *err) MUST_CHECK;

/* Makes the folders that are missing above the path's last slash, 0700 whatever the umask is.
 * Returns 0 or an errno. Blocks: for a thread. */
int file_make_folders(const char *path);
/* Waits until the name of the file is on disk, too. Returns 0 or an errno; 0 also where the folder
 * may not be read, or where its file system knows no such thing. Blocks: for a thread. */
int file_sync_folder(const char *path);
