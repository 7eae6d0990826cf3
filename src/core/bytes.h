/* Bytes that may be no text, as text: pure. */
#pragma once

#include "core/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* UTF-8 and line feeds, tabs and carriage returns as they are; other control characters and what is
 * not UTF-8 as \xNN. At most that many bytes are read; *cut: there were more. In the arena; never
 * NULL. Sanitise it for display nevertheless. */
const char *bytes_text(struct arena *arena, const void *bytes, size_t len, size_t most, bool *cut);
