/* The file by which a running stacktop says to other programs of the same user what it sees:
 * PLACE/HASH.status, one for each configuration on this host. Beside it is HASH.lock, which its
 * writer holds as long as it lives, so that what a killed process left behind is known.
 *
 *   stacktop status VERSION PID BOOT_ID BOOT_MS LENGTH
 *   TEXT                                                  LENGTH bytes
 *   end
 *
 * PLACE is $XDG_RUNTIME_DIR/stacktop, else /run/user/UID/stacktop, else FALLBACK/status; mode 0700,
 * the files 0600. Nothing in it is trusted that another user could have written, and no link is
 * followed. */
#pragma once

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
  BEACON_VERSION = 1,
  BEACON_TEXT_MAX = 16 << 10,
  BEACON_FRESH_MS =
      15000, /* an older text says nothing about now: its writer hangs or is stopped */
};

/* All below blocks: for a thread, or for a program without a loop. */
struct beacon_file;
/* fallback: the state directory; NULL: none. config: the file that was read; NULL: none. */
struct beacon_file *beacon_file_new(const char *fallback, const char *config);
/* Takes back what it says, where that cannot block (a place in memory), and the lock. */
void beacon_file_free(struct beacon_file *file);
/* Replaces the text as a whole. False with err: ERR_DENIED if another process of the user says it
 * already. */
bool beacon_file_write(struct beacon_file *file, const char *text, struct err *err) MUST_CHECK;
/* Says nothing from now on, until it is written again: another process may. */
void beacon_file_withdraw(struct beacon_file *file);

struct beacon_seen {
  char *text; /* the caller frees it */
  int64_t pid, age_ms;
};
/* What a living stacktop with that configuration says. False with err: why there is nothing that
 * can be trusted. */
bool beacon_file_read(const char *fallback, const char *config, struct beacon_seen *seen,
                      struct err *err) MUST_CHECK;
