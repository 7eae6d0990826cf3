#include "io/folder.h"

#include <stdio.h>
#include <stdlib.h>

bool folder_make_private(char *out, size_t size, const char *name, struct err *err) {
  const char *const places[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (places[i] && *places[i] == '/' &&
        (size_t)snprintf(out, size, "%s/stacktop-%s-XXXXXX", places[i], name) < size &&
        mkdtemp(out))
      return true;
  *out = '\0';
  return err_set(err, ERR_IO,
                 "no private folder can be made for the socket of %s, not even in /tmp", name);
}
