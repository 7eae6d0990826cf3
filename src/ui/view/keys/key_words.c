#include "ui/view/keys/key_words.h"

#include "ui/view/keys/keymap.h"
#include "ui/view/keys/view_binding.h"

#include <stdio.h>
#include <string.h>

const char *view_key_name(const struct view *view, const char *name, char out[KEY_TEXT_MAX]) {
  *out = '\0';
  for (size_t i = 0; i < view_binding_count && !*out; i++)
    if (strcmp(view_bindings[i].name, name) == 0 && view->keymap->rows[i].count > 0)
      key_text(view->keymap->rows[i].keys[0], out);
  return *out ? out : "(no key)";
}

static bool is_name(const char *name, size_t length) {
  for (size_t i = 0; i < view_binding_count; i++)
    if (strlen(view_bindings[i].name) == length &&
        strncmp(view_bindings[i].name, name, length) == 0)
      return true;
  return false;
}

void view_text_keys(const struct view *view, char *out, size_t size, const char *text) {
  size_t used = 0;
  while (*text && used + 1 < size) {
    const size_t length = *text == '{' ? strcspn(text + 1, "}") : 0;
    char name[64], key[KEY_TEXT_MAX];
    if (length == 0 || length >= sizeof name || !is_name(text + 1, length)) {
      out[used++] = *text++;
      continue;
    }
    snprintf(name, sizeof name, "%.*s", (int)length, text + 1);
    used += (size_t)snprintf(out + used, size - used, "%s", view_key_name(view, name, key));
    text += length + 2;
  }
  out[used < size ? used : size - 1] = '\0';
}

void view_say(struct view *view, const char *text) {
  view_text_keys(view, view->notice, sizeof view->notice, text);
}
