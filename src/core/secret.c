#include "core/secret.h"

#include <stddef.h>
#include <string.h>

bool name_is_secret(const char *name) {
  static const char *const words[] = {
      "password", "passwd", "secret", "token", "key", "jaas", "oauthbearer.config"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcasestr(name, words[i]))
      return true;
  return false;
}
