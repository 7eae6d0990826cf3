/* Writes small files that must be on disk before something else happens. */
#pragma once

#include "core/err.h"

#include <stddef.h>

/* Writes a new file of mode 0600 (0660 in a shared directory) and waits until it is on disk,
 * including its name. Creates missing directories (0700). An existing file is not changed; a file
 * that could not be written completely is removed. Blocks: for a thread. */
bool file_save_new(const char *path, const char *text, size_t len, struct err *err) MUST_CHECK;

/* Writes the file, or replaces it as a whole: its readers see the old text or the new one. The new
 * one is on disk under its name when it returns true; otherwise the old one is unchanged. `mode`
 * whatever the umask is. The directory must exist. Blocks: for a thread. */
bool file_replace(const char *path, const char *text, size_t len, unsigned mode,
                  struct err *err) MUST_CHECK;

/* The same with mode 0600 (0660 in a shared directory); creates missing directories (0700). Only
 * the name is replaced: a file that it links to is never written. */
bool file_save(const char *path, const char *text, size_t len, struct err *err) MUST_CHECK;

/* Whether the directory is shared with a group, by its mode 2770 (setgid, so that new files belong
 * to the group; no access for others). Files in it get 0660, directories 2770. Blocks only for the
 * disk. */
bool file_folder_is_shared(const char *folder);
/* The same for the directory of the path. */
bool file_is_shared(const char *path);

/* Creates missing directories above the last slash of the path, 0700 whatever the umask is (2770 in
 * a shared directory). Returns 0 or an errno. Blocks: for a thread. */
int file_make_folders(const char *path);
/* Waits until the name of the file is on disk, too. Returns 0 or an errno; 0 also if the directory
 * cannot be read, or if its file system does not support it. Blocks: for a thread. */
int file_sync_folder(const char *path);
