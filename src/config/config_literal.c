#include "config/config_literal.h"

#include "config/print/config_mask.h"
#include "core/mem.h"
#include "core/secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The text without its references; those with a default become it. */
static char *literal_of(const char *text, bool *referred) {
  char *out = mem_new(strlen(text) + 1);
  size_t used = 0;
  while (*text) {
    const char *end = strncmp(text, "${", 2) == 0 ? strchr(text, '}') : NULL;
    if (strncmp(text, "$${", 3) == 0) {
      text++; /* the second "$" begins no reference */
      out[used++] = *text++;
    } else if (end) {
      const char *preset = strstr(text, ":-");
      for (const char *at = preset && preset < end ? preset + 2 : end; at < end; at++)
        out[used++] = *at;
      *referred = true;
      text = end + 1;
    } else {
      out[used++] = *text++;
    }
  }
  return out;
}

/* Without spaces and quotes, which the mask changes. */
static size_t letters(const char *text) {
  size_t count = 0;
  for (; *text; text++)
    count += !isspace((unsigned char)*text) && *text != '\'' && *text != '"';
  return count;
}

/* How many letters the mask hides: none where the password is a reference. */
static size_t hidden_letters(const char *literal, bool *whole) {
  char *masked = config_mask(literal);
  size_t stars = 0;
  for (const char *at = masked; (at = strstr(at, "***")); at += 3)
    stars++;
  const size_t shown = letters(masked) - 3 * stars, all = letters(literal);
  *whole = strcmp(masked, "***") == 0;
  free(masked);
  return all > shown ? all - shown : 0;
}

static bool entry_is_secret(const char *name, const char *literal) {
  const size_t len = strlen(name);
  const bool is_place = *literal == '/' || (len > 8 && strcmp(name + len - 8, "location") == 0) ||
                        (len > 4 && strcmp(name + len - 4, "file") == 0);
  return *literal && !is_place &&
         (name_is_secret(name) || strcasecmp(name, "authorization") == 0 ||
          strcasecmp(name, "cookie") == 0);
}

bool config_text_is_secret(const struct option *option, const char *name, const char *text) {
  bool referred = false, whole = false, secret;
  char *literal = literal_of(text, &referred);
  if (name && (option->hidden || !option->check) && entry_is_secret(name, literal)) {
    secret = true;
  } else if (option->type == OPTION_SECRET && option->hidden) {
    /* The body of a request is only one if it names one. */
    const bool document = strpbrk(literal, "{[&") && !strstr(literal, "://");
    secret = *literal && (!document || name_is_secret(literal)) && !referred;
  } else if (option->type == OPTION_SECRET || strstr(literal, "://")) {
    secret = hidden_letters(literal, &whole) > 0 && !(whole && referred);
  } else {
    secret = false;
  }
  free(literal);
  return secret;
}
