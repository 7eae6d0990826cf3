/* Small files that have to be on disk before something else may happen. */
#pragma once

#include "core/err.h"

#include <stddef.h>

/* Writes a new file of mode 0600 (0660 in a folder that is shared) and waits until it is on disk,
 * its name included. Folders that are missing above it are made (0700). A file that is there
 * already is left as it is, and so is one that could not be written whole: it is removed. Blocks:
 * for a thread. */
bool file_save_new(const char *path, const char *text, size_t len, struct err *err) MUST_CHECK;

/* Whether the folder is given to a group: its own mode says so, 2770 (setgid, so that what is made
 * in it belongs to the group; nothing for others). Files in it are made 0660, folders 2770. Not
 * blocking but for the disk. */
bool file_folder_is_shared(const char *folder);
/* The same of the folder that the path lies in. */
bool file_is_shared(const char *path);

/* Makes the folders that are missing above the path's last slash, 0700 whatever the umask is (2770
 * in a folder that is shared). Returns 0 or an errno. Blocks: for a thread. */
int file_make_folders(const char *path);
/* Waits until the name of the file is on disk, too. Returns 0 or an errno; 0 also where the folder
 * may not be read, or where its file system knows no such thing. Blocks: for a thread. */
int file_sync_folder(const char *path);
