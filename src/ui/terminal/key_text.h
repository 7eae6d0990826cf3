/* Keys as people write them: "a", "Enter", "PgDn", "Ctrl-R", "F10", "Space". */
#pragma once

#include "core/err.h"
#include "ui/terminal/key.h"

#include <stdbool.h>
#include <stddef.h>

enum { KEY_TEXT_MAX = 16 };

/* Returns out. */
const char *key_text(struct key key, char out[KEY_TEXT_MAX]);
/* Names in any case ("pgdn", "ctrl-r", "^R"); a letter as it is. False with what was expected. */
bool key_parse(const char *text, struct key *key, struct err *err) MUST_CHECK;
bool key_is(struct key key, struct key other);
/* A click or the wheel. */
bool key_is_mouse(struct key key);
