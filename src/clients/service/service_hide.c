#include "clients/service/service_hide.h"

#include "core/mem.h"
#include "core/secret.h"
#include "core/text/mask.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SECRETS_MAX = 64, TOKEN_MIN = 8 };

struct secrets {
  const char *items[SECRETS_MAX];
  char *owned[SECRETS_MAX]; /* those that are copies */
  size_t count, owned_count;
};

static void add(struct secrets *secrets, const char *text) {
  if (text && secrets->count < SECRETS_MAX)
    secrets->items[secrets->count++] = text;
}

static void add_copy(struct secrets *secrets, const char *text, size_t len) {
  if (secrets->count == SECRETS_MAX || len == 0)
    return;
  char *copy = mem_printf("%.*s", (int)len, text);
  secrets->owned[secrets->owned_count++] = copy;
  add(secrets, copy);
}

/* Letters and digits, and long enough: "application/json" is none, and may be what is expected. */
static bool is_token(const char *text, size_t len) {
  bool letter = false, digit = false;
  for (size_t i = 0; i < len; i++) {
    letter = letter || isalpha((unsigned char)text[i]);
    digit = digit || isdigit((unsigned char)text[i]);
  }
  return len >= TOKEN_MIN && letter && digit;
}

/* A server that refuses a body may quote a part of it: the values of JSON or of a form that have
 * the name of a secret, or look like one. */
static void add_body(struct secrets *secrets, const char *body) {
  static const char marks[] = "\"'=&:,;{}[]<> \t\r\n";
  bool named = false;
  add(secrets, body);
  for (const char *at = body; at && *(at += strspn(at, marks));) {
    const size_t len = strcspn(at, marks);
    char name[64];
    if (named || is_token(at, len))
      add_copy(secrets, at, len);
    snprintf(name, sizeof name, "%.*s", (int)len, at);
    named = name_is_secret(name);
    at += len;
  }
}

static size_t base64_decode(const char *text, char *out, size_t size) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  unsigned bits = 0, held = 0;
  size_t used = 0;
  for (const char *digit; *text && (digit = strchr(digits, *text)) && used + 1 < size; text++) {
    held = held << 6 | (unsigned)(digit - digits);
    bits += 6;
    if (bits >= 8)
      out[used++] = (char)(held >> (bits -= 8) & 0xFF);
  }
  out[used] = '\0';
  return used;
}

/* "Basic dXNlcjpwYXNzd29yZA==" */
static void add_basic(struct secrets *secrets, const char *value) {
  char decoded[512];
  if (strncasecmp(value, "Basic ", 6) != 0)
    return;
  base64_decode(value + 6 + strspn(value + 6, " "), decoded, sizeof decoded);
  const char *colon = strchr(decoded, ':');
  if (colon)
    add_copy(secrets, colon + 1, strlen(colon + 1));
}

static void add_header(struct secrets *secrets, const char *name, const char *value) {
  static const char *const plain[] = {"Accept", "Accept-Language", "Content-Type", "User-Agent"};
  const char *space = strchr(value, ' ');
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
    if (strcasecmp(name, plain[i]) == 0)
      return;
  if (!name_is_secret(name) && !strcasestr(name, "authorization") && !strcasestr(name, "cookie") &&
      !is_token(value, strlen(value)))
    return;
  add(secrets, value);
  add(secrets, space ? space + 1 : NULL); /* "Basic ..." without its first word */
  add_basic(secrets, value);
}

/* A part of a URL, as it is and decoded; its end is text + len. */
static size_t add_part(struct secrets *secrets, const char *text, size_t len, char *decoded,
                       size_t size) {
  size_t used = 0;
  for (size_t i = 0; i < len && used + 1 < size; i++) {
    const bool escaped = text[i] == '%' && i + 2 < len && isxdigit((unsigned char)text[i + 1]) &&
                         isxdigit((unsigned char)text[i + 2]);
    const char digits[3] = {escaped ? text[i + 1] : '0', escaped ? text[i + 2] : '0'};
    decoded[used++] = escaped ? (char)strtoul(digits, NULL, 16) : text[i];
    i += escaped ? 2 : 0;
  }
  decoded[used] = '\0';
  add_copy(secrets, text, len);
  add_copy(secrets, decoded, used);
  return used;
}

static char *base64_encode(const char *text, size_t len) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char *out = mem_new(4 * (len / 3 + 1) + 1), *at = out;
  for (size_t i = 0; i < len; i += 3) {
    unsigned held = (unsigned)(unsigned char)text[i] << 16;
    held |= i + 1 < len ? (unsigned)(unsigned char)text[i + 1] << 8 : 0;
    held |= i + 2 < len ? (unsigned char)text[i + 2] : 0;
    *at++ = digits[held >> 18];
    *at++ = digits[held >> 12 & 63];
    *at++ = i + 1 < len ? digits[held >> 6 & 63] : '=';
    *at++ = i + 2 < len ? digits[held & 63] : '=';
  }
  *at = '\0';
  return out;
}

/* The password of a URL's user, also as curl sends it ("Basic ..."), and parameters of which the
 * name says that they are secret. */
static void add_url(struct secrets *secrets, const char *url) {
  char decoded[512];
  const char *place = url ? strstr(url, "://") : NULL;
  if (!place)
    return;
  place += 3;
  const size_t size = strcspn(place, "/?#");
  const char *at = memrchr(place, '@', size), *colon = at ? memchr(place, ':', size) : NULL;
  if (colon && colon < at) {
    const size_t len =
        add_part(secrets, place, (size_t)(at - place), decoded, sizeof decoded); /* user:password */
    char *basic = base64_encode(decoded, len);
    add_copy(secrets, basic, strlen(basic));
    free(basic);
    add_part(secrets, colon + 1, (size_t)(at - colon - 1), decoded, sizeof decoded);
  }
  const char *param = place + strcspn(place, "?#");
  while (*param == '?' || *param == '&') {
    char name[64];
    const size_t named = strcspn(++param, "=&#");
    snprintf(name, sizeof name, "%.*s", (int)named, param);
    param += named;
    const size_t value = *param == '=' ? strcspn(param + 1, "&#") : 0;
    if (name_is_secret(name))
      add_part(secrets, param + 1, value, decoded, sizeof decoded);
    param += value + (*param == '=');
  }
}

size_t service_hide_secrets(const struct target *target, char *text, size_t len) {
  const struct option_value *headers = target_option(target, "headers");
  struct secrets secrets = {.count = 0};
  add_url(&secrets, target_text(target, "health"));
  add_url(&secrets, target_text(target, "metrics"));
  add(&secrets, target_text(target, "bearer"));
  add_body(&secrets, target_text(target, "body"));
  for (size_t i = 0; i < headers->item_count; i++)
    add_header(&secrets, headers->names[i], headers->items[i]);
  if (secrets.count > 0) {
    const struct mask mask = {secrets.items, secrets.count};
    char *masked = mask_known(text, &len, &mask, false, false);
    memcpy(text, masked, len); /* never longer: a secret has at least MASK_SECRET_MIN bytes */
    free(masked);
  }
  for (size_t i = 0; i < secrets.owned_count; i++)
    free(secrets.owned[i]);
  return len;
}
