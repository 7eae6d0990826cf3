#include "core/text/mask.h"

#include "core/mem.h"
#include "core/secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_BYTES = 64, TOKEN_PART_MIN = 8 };

/* The copy that is being made. */
struct copy {
  char *bytes;
  size_t len, capacity;
};

static void copy_add(struct copy *copy, const char *bytes, size_t len) {
  if (!copy->bytes || copy->len + len + 1 > copy->capacity) {
    copy->capacity = 2 * (copy->len + len) + 64;
    copy->bytes = mem_resize(copy->bytes, copy->capacity);
  }
  if (len > 0)
    memcpy(copy->bytes + copy->len, bytes, len);
  copy->len += len;
  copy->bytes[copy->len] = '\0';
}

static void copy_mask(struct copy *copy) {
  copy_add(copy, "***", 3);
}

static char *copy_end(struct copy *copy, size_t *len) {
  copy_add(copy, "", 0);
  *len = copy->len;
  return copy->bytes;
}

/* ---- known ones */

/* Writes what stands at the bytes; returns how many that are. One that does not begin an escape
 * stands for itself. */
typedef size_t (*unescape)(const char *bytes, size_t left, char *out);

static size_t as_it_is(const char *bytes, size_t left, char *out) {
  (void)left;
  *out = *bytes;
  return 1;
}

static int digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

static int hex(const char *bytes, size_t count) {
  int value = 0;
  for (size_t i = 0; value >= 0 && i < count; i++)
    value = digit(bytes[i]) < 0 ? -1 : value * 16 + digit(bytes[i]);
  return value;
}

static size_t of_json(const char *bytes, size_t left, char *out) {
  static const char letters[] = "nrtbf", meanings[] = "\n\r\t\b\f";
  *out = *bytes;
  if (*bytes != '\\' || left < 2)
    return 1;
  const char *letter = strchr(letters, bytes[1]);
  const int code = bytes[1] == 'u' && left >= 6 ? hex(bytes + 2, 4) : -1;
  if (code > 0 && code < 0x80)
    *out = (char)code;
  else
    *out = letter && *letter ? meanings[letter - letters] : bytes[1];
  return code > 0 && code < 0x80 ? 6 : 2;
}

static size_t of_url(const char *bytes, size_t left, char *out) {
  const int code = *bytes == '%' && left >= 3 ? hex(bytes + 1, 2) : -1;
  *out = code >= 0 ? (char)code : *bytes;
  return code >= 0 ? 3 : 1;
}

static size_t of_html(const char *bytes, size_t left, char *out) {
  static const struct {
    const char *name;
    char meaning;
  } entities[] = {{"&quot;", '"'}, {"&#34;", '"'},  {"&amp;", '&'},   {"&lt;", '<'},
                  {"&gt;", '>'},   {"&#39;", '\''}, {"&#x27;", '\''}, {"&apos;", '\''}};
  *out = *bytes;
  for (size_t i = 0; *bytes == '&' && i < sizeof entities / sizeof *entities; i++) {
    const size_t len = strlen(entities[i].name);
    if (len <= left && strncasecmp(bytes, entities[i].name, len) == 0) {
      *out = entities[i].meaning;
      return len;
    }
  }
  return 1;
}

/* The length of the secret at the bytes; 0: it is not there. With `cut`, also of its beginning, if
 * the bytes end within it. */
static size_t match(const char *bytes, size_t left, const char *secret, bool cut, unescape read) {
  size_t at = 0, matched = 0;
  for (; secret[matched]; matched++) {
    char c;
    if (at >= left)
      return cut && matched >= MASK_SECRET_MIN ? at : 0;
    const size_t used = read(bytes + at, left - at, &c);
    if (c != secret[matched])
      return 0;
    at += used;
  }
  return at;
}

/* The length of the longest secret at the bytes; with `cut`, also of one that ends behind them. */
static size_t secret_at(const char *bytes, size_t left, const struct mask *mask, bool cut) {
  static const unescape ways[] = {as_it_is, of_json, of_url, of_html};
  size_t longest = 0;
  for (size_t i = 0; i < mask->count; i++)
    for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
      const char *secret = mask->secrets[i];
      const size_t len = match(bytes, left, secret, cut, ways[way]);
      if (len > longest && strnlen(secret, MASK_SECRET_MIN) == MASK_SECRET_MIN)
        longest = len;
    }
  return longest;
}

/* The length of the longest end of a secret that the bytes begin with. */
static size_t secret_end(const char *bytes, size_t left, const struct mask *mask) {
  size_t longest = 0;
  for (size_t i = 0; i < mask->count; i++) {
    const char *secret = mask->secrets[i];
    const size_t len = strlen(secret);
    for (size_t from = 1; len >= MASK_SECRET_MIN && len - from >= MASK_SECRET_MIN; from++)
      if (len - from > longest && len - from <= left &&
          memcmp(bytes, secret + from, len - from) == 0)
        longest = len - from;
  }
  return longest;
}

char *mask_known(const char *bytes, size_t *len, const struct mask *mask, bool cut_before,
                 bool cut_after) {
  struct copy copy = {0};
  const size_t end = *len;
  size_t at = mask && cut_before ? secret_end(bytes, end, mask) : 0;
  if (at > 0)
    copy_mask(&copy);
  if (!mask || mask->count == 0)
    copy_add(&copy, bytes, end);
  for (size_t plain = at; mask && mask->count > 0 && at <= end;) {
    const size_t secret = at < end ? secret_at(bytes + at, end - at, mask, cut_after) : 0;
    if (secret > 0 || at == end)
      copy_add(&copy, bytes + plain, at - plain);
    if (secret > 0)
      copy_mask(&copy);
    at += secret > 0 ? secret : 1;
    plain = secret > 0 ? at : plain;
  }
  return copy_end(&copy, len);
}

/* ---- likely ones */

static bool is_name(char c) {
  return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

static bool is_token(char c) {
  return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static size_t while_is(const char *at, const char *end, bool (*is)(char)) {
  const char *from = at;
  while (at < end && is(*at))
    at++;
  return (size_t)(at - from);
}

static size_t blanks(const char *at, const char *end) {
  const char *from = at;
  while (at < end && (*at == ' ' || *at == '\t'))
    at++;
  return (size_t)(at - from);
}

/* The length of the value at the bytes: up to its closing quote, or to what separates values. */
static size_t value_length(const char *at, const char *end, size_t *quote) {
  const char *from = at;
  *quote = 0;
  if (at < end && (*at == '"' || *at == '\'')) {
    const char mark = *at++;
    while (at < end && *at != mark && *at != '\n')
      at += *at == '\\' && at + 1 < end && at[1] != '\n' ? 2 : 1;
    *quote = 1;
    return (size_t)(at - from - 1);
  }
  while (at < end && !strchr(" \t\r\n,;&\"'", *at))
    at++;
  return (size_t)(at - from);
}

/* What follows a word that announces a secret: "=", ":" or, after Bearer, only blanks. 0: it does
 * not. */
static size_t link_length(const char *word, size_t len, const char *end) {
  char name[NAME_MAX_BYTES];
  if (len == 0 || len >= sizeof name)
    return 0;
  memcpy(name, word, len);
  name[len] = '\0';
  const char *at = word + len;
  if (strcasecmp(name, "bearer") == 0 || strcasecmp(name, "basic") == 0)
    return blanks(at, end);
  const bool header = strcasecmp(name, "authorization") == 0 || strcasecmp(name, "cookie") == 0 ||
                      strcasecmp(name, "set-cookie") == 0;
  if (!header && !name_is_secret(name))
    return 0;
  if (at < end && (*at == '"' || *at == '\''))
    at++;
  at += blanks(at, end);
  if (at >= end || (*at != '=' && *at != ':'))
    return 0;
  at++;
  at += blanks(at, end);
  return (size_t)(at - word) - len;
}

static bool is_whole_line(const char *word, size_t len) {
  return (len == 13 && strncasecmp(word, "authorization", len) == 0) ||
         (len == 6 && strncasecmp(word, "cookie", len) == 0) ||
         (len == 10 && strncasecmp(word, "set-cookie", len) == 0);
}

/* "eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl": three parts; 0 where it is none. */
static size_t token_length(const char *at, const char *end) {
  const char *from = at;
  if (end - at < 3 || memcmp(at, "eyJ", 3) != 0)
    return 0;
  for (int part = 0; part < 3; part++) {
    const size_t len = while_is(at, end, is_token);
    if (len < TOKEN_PART_MIN && part < 2)
      return 0;
    at += len;
    if (part < 2 && (at >= end || *at++ != '.'))
      return 0;
  }
  return (size_t)(at - from);
}

/* Where the password of "://user:password@" begins and how long it is; false: there is none. */
static bool password_of_uri(const char *at, const char *end, size_t *before, size_t *len) {
  if (end - at < 3 || memcmp(at, "://", 3) != 0)
    return false;
  const char *from = at + 3, *colon = NULL, *last = NULL;
  for (const char *c = from; c < end && !strchr(" \t\r\n\"'<>", *c); c++) {
    if (*c == ':' && !colon)
      colon = c;
    if (*c == '@')
      last = c;
  }
  if (!colon || !last || last <= colon)
    return false;
  *before = (size_t)(colon + 1 - at);
  *len = (size_t)(last - colon - 1);
  return true;
}

/* Copies the word at the bytes and masks what it announces; returns how far it went. */
static size_t word_copy(struct copy *copy, const char *at, const char *end) {
  const size_t token = token_length(at, end);
  if (token > 0) {
    copy_mask(copy);
    return token;
  }
  const size_t word = while_is(at, end, is_name), link = link_length(at, word, end);
  copy_add(copy, at, word + link);
  if (link == 0)
    return word;
  const char *value = at + word + link;
  size_t quote = 0, len = 0;
  if (is_whole_line(at, word))
    while (value + len < end && value[len] != '\n' && value[len] != '\r')
      len++;
  else
    len = value_length(value, end, &quote);
  copy_add(copy, value, quote);
  if (len > 0)
    copy_mask(copy);
  return word + link + quote + len;
}

char *mask_likely(const char *bytes, size_t *len) {
  struct copy copy = {0};
  const char *end = bytes + *len;
  for (const char *at = bytes; at < end;) {
    size_t before = 0, password = 0;
    if (is_name(*at)) {
      at += word_copy(&copy, at, end);
    } else if (*at == ':' && password_of_uri(at, end, &before, &password)) {
      copy_add(&copy, at, before);
      copy_mask(&copy);
      at += before + password;
    } else {
      copy_add(&copy, at, 1);
      at++;
    }
  }
  return copy_end(&copy, len);
}
