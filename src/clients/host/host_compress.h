/* Compresses one file into a new one beside it, and removes the original only when the new one is
 * on disk and was read back: its decompressed content is compared with the original byte by byte.
 *
 * The new file has no name until it is complete (O_TMPFILE), so that whatever ends this half done,
 * a full disk, a cancel, a crash, leaves the original and nothing else. It gets the mode, owner and
 * times of the original; access lists and other extended attributes are not copied. */
#pragma once

#include "clients/host/host_remove.h"
#include "clients/host/host_rule.h"

#include <stdatomic.h>

struct host_compression {
  const struct host_file_id *id;
  enum host_format format;
  const char *proc;        /* "/proc": whether a process writes to it */
  const atomic_bool *stop; /* before the original is removed */
  atomic_llong *done;      /* bytes: read for compressing, then for comparing */
};

/* ".gz", ".zst" */
const char *host_format_ending(enum host_format format);
/* freed: blocks of the original less those of the new file. size: length of the new file. Blocks:
 * for a worker thread. */
void host_compress(const struct host_compression *compression, struct host_result *result);
