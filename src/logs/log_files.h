/* The files that patterns name: a source for each, added to a reader. Names are looked up on a
 * thread; with `follow` again and again, so that new files are read too. */
#pragma once

#include "logs/log_reader.h"

struct log_files;

/* patterns: absolute paths, which may have wildcards; borrowed for the call. Until the first
 * look-up is done log_files_is_looking. A pattern without a file is a source that says so. */
struct log_files *log_files_new(struct io *io, struct log_reader *reader,
                                const char *const *patterns, size_t count,
                                const struct log_want *want, const struct log_filter *filter);
bool log_files_is_looking(const struct log_files *files);
/* Before the reader is closed. Frees it in a later turn of the loop. NULL is allowed. */
void log_files_close(struct log_files *files);
