/* A folder that only this user can enter, for a socket that lives as long as its owner. */
#pragma once

#include "core/err.h"

#include <stddef.h>

/* Makes PLACE/stacktop-NAME-XXXXXX (mode 0700) in XDG_RUNTIME_DIR, TMPDIR or /tmp, the first that
 * takes it and is short enough: `size` leaves room for "/s" in the path of a Unix socket. The
 * caller removes it. */
bool folder_make_private(char *out, size_t size, const char *name, struct err *err) MUST_CHECK;
