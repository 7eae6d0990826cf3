/* A line of text that is edited at its end. */
#pragma once

#include "ui/terminal/key.h"

#include <stdbool.h>
#include <stddef.h>

/* Applies the key to the text in a buffer of `size` bytes: characters, Backspace and Delete,
 * Ctrl-U. Pasted characters count only where `paste` is set. True when the key was one of these. */
bool text_field_key(char *text, size_t size, struct key key, bool paste);
