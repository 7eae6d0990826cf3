/* The names of keys in sentences, as the configuration has them. */
#pragma once

#include "ui/terminal/key_text.h"
#include "ui/view/view_state.h"

/* The first key of the row of that name in the view's map, to be named in a sentence: "z". */
const char *view_key_name(const struct view *view, const char *name, char out[KEY_TEXT_MAX]);
/* The text with the keys of the names in it: "press {screen-pause}" as "press z". What is in braces
 * and no name stays. */
void view_text_keys(const struct view *view, char *out, size_t size, const char *text);
/* Shows the text, with keys for their names, in the bottom line until the next key. */
void view_say(struct view *view, const char *text);
