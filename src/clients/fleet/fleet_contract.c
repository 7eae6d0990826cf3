#include "clients/fleet/fleet_contract.h"

#include <stdio.h>
#include <string.h>

static void add(char *key, const char *part) {
  static const char digits[] = "0123456789ABCDEF";
  size_t at = strlen(key);
  for (; *part && at + 4 < FLEET_KEY_MAX; part++) {
    const unsigned char c = (unsigned char)*part;
    if (c > ' ' && c != '/' && c != '%') {
      key[at++] = (char)c;
      continue;
    }
    key[at++] = '%';
    key[at++] = digits[c >> 4];
    key[at++] = digits[c & 15];
  }
  key[at] = '\0';
}

void fleet_key_make(const struct fleet_identity *identity, char key[FLEET_KEY_MAX]) {
  *key = '\0';
  add(key, identity->job);
  strncat(key, "/", FLEET_KEY_MAX - 1 - strlen(key));
  add(key, identity->instance);
  if (strcmp(identity->host, identity->instance) == 0)
    return;
  strncat(key, "/", FLEET_KEY_MAX - 1 - strlen(key));
  add(key, identity->host);
}

static int digit_of(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A part up to the next slash; NULL where it is none. */
static const char *take(const char *at, char part[FLEET_PART_MAX]) {
  size_t length = 0;
  for (; *at && *at != '/'; at++) {
    char c = *at;
    if (c == '%') {
      if (digit_of(at[1]) < 0 || digit_of(at[2]) < 0)
        return NULL;
      c = (char)(digit_of(at[1]) << 4 | digit_of(at[2]));
      at += 2;
    }
    if (c == '\0' || length + 1 == FLEET_PART_MAX)
      return NULL;
    part[length++] = c;
  }
  part[length] = '\0';
  return at;
}

bool fleet_key_read(const char *key, struct fleet_identity *identity) {
  const char *at = take(key, identity->job);
  if (!at || *at != '/' || !(at = take(at + 1, identity->instance)))
    return false;
  memcpy(identity->host, identity->instance, sizeof identity->host);
  if (*at == '/' && !(at = take(at + 1, identity->host)))
    return false;
  return !*at;
}
