#include "core/text/name.h"

#include <string.h>

bool name_check(const char *name, const char *what, size_t most, struct err *err) {
  const size_t length = strlen(name);
  for (size_t i = 0; i < length; i++)
    if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
      return err_set(err, ERR_INVALID, "the name of a %s has no control characters", what);
  return (length > 0 && length <= most) ||
         err_set(err, ERR_INVALID, "the name of a %s has 1 to %zu bytes", what, most);
}
