#include "clients/redis/redis_url.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DB_MAX = 1 << 24, LOGIN_MAX = 4096 };

struct span {
  const char *at, *end;
};

static size_t span_length(struct span span) {
  return span.at < span.end ? (size_t)(span.end - span.at) : 0;
}

static int hex_digit(char c) {
  static const char digits[] = "0123456789abcdef";
  const char *found = c ? strchr(digits, c | 0x20) : NULL;
  return found && ((c >= '0' && c <= '9') || (c | 0x20) >= 'a') ? (int)(found - digits) : -1;
}

/* Percent-decodes into out, at most size - 1 bytes. A NUL byte is refused: it would cut the text.
 */
static bool decode(struct span in, char *out, size_t size) {
  size_t length = 0;
  for (const char *at = in.at; at < in.end; at++) {
    int byte = (unsigned char)*at;
    if (*at == '%') {
      int high = in.end - at > 2 ? hex_digit(at[1]) : -1;
      int low = high >= 0 ? hex_digit(at[2]) : -1;
      byte = low >= 0 ? high * 16 + low : 0;
      at += 2;
    }
    if (byte == 0 || length + 1 >= size)
      return false;
    out[length++] = (char)byte;
  }
  out[length] = '\0';
  return true;
}

/* A heap copy; *text stays NULL for an empty one. */
static bool decode_new(struct span in, char **text) {
  char decoded[LOGIN_MAX];
  bool fine = decode(in, decoded, sizeof decoded);
  if (fine && *decoded)
    *text = mem_dup(decoded);
  explicit_bzero(decoded, sizeof decoded);
  return fine;
}

static bool parse_login(struct span login, struct redis_url *url, struct err *err) {
  const char *colon = memchr(login.at, ':', span_length(login));
  struct span user = {login.at, colon ? colon : login.end};
  struct span password = {colon ? colon + 1 : login.end, login.end};
  url->no_password = colon && span_length(password) == 0;
  if (!decode_new(user, &url->user) || !decode_new(password, &url->password))
    return err_set(
        err, ERR_INVALID,
        "invalid encoding in the URL's user or password; write %%25 for %% and %%40 for @");
  return true;
}

/* A whole decimal number of at most max. */
static bool parse_number(struct span text, long max, int *number) {
  char digits[12];
  size_t length = span_length(text);
  if (length == 0 || length >= sizeof digits)
    return false;
  memcpy(digits, text.at, length);
  digits[length] = '\0';
  char *end;
  long parsed = strtol(digits, &end, 10);
  if (*end || digits[0] < '0' || digits[0] > '9' || parsed > max)
    return false;
  *number = (int)parsed;
  return true;
}

static bool parse_db(struct span text, struct redis_url *url, struct err *err) {
  if (!parse_number(text, DB_MAX, &url->db))
    return err_set(err, ERR_INVALID, "the database of a Redis URL must be a number, such as /0");
  return true;
}

static bool parse_query(struct span query, struct redis_url *url, struct err *err) {
  if (span_length(query) == 0)
    return true;
  if (span_length(query) < 3 || memcmp(query.at, "db=", 3) != 0)
    return err_set(err, ERR_INVALID,
                   "unexpected text after \"?\" in the Redis URL; only ?db=NUMBER is allowed");
  return parse_db((struct span){query.at + 3, query.end}, url, err);
}

static bool parse_host(struct span place, struct redis_url *url, struct err *err) {
  bool bracketed = place.at < place.end && *place.at == '[';
  struct span host = {place.at + bracketed, place.end};
  const char *end = memchr(host.at, bracketed ? ']' : ':', span_length(host));
  if (bracketed && !end)
    return err_set(err, ERR_INVALID, "missing \"]\" in the Redis URL");
  const char *colon = end ? end + bracketed : place.end;
  host.end = end ? end : place.end;
  url->port = REDIS_PORT;
  if (span_length(host) == 0 || span_length(host) >= sizeof url->host)
    return err_set(err, ERR_INVALID,
                   "the Redis URL has no host; use a form such as redis://host:6379/0");
  if (memchr(host.at, '%', span_length(host)) && !bracketed)
    return err_set(err, ERR_INVALID, "the Redis URL's host must not be percent-encoded");
  memcpy(url->host, host.at, span_length(host));
  url->host[span_length(host)] = '\0';
  if (colon == place.end)
    return true;
  if (*colon != ':' || !parse_number((struct span){colon + 1, place.end}, 65535, &url->port) ||
      url->port == 0)
    return err_set(err, ERR_INVALID, "the port of the Redis URL must be a number from 1 to 65535%s",
                   bracketed ? "" : "; enclose an IPv6 address in brackets");
  return true;
}

static bool parse_scheme(const char *text, struct redis_url *url, bool *socket, const char **rest) {
  static const char *const schemes[] = {"redis://", "rediss://", "unix://"};
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    size_t length = strlen(schemes[i]);
    if (strncasecmp(text, schemes[i], length) != 0)
      continue;
    url->tls = i == 1;
    *socket = i == 2;
    *rest = text + length;
    return true;
  }
  return false;
}

static bool parse_path(struct span path, bool socket, struct redis_url *url, struct err *err) {
  if (!socket)
    return span_length(path) <= 1 || parse_db((struct span){path.at + 1, path.end}, url, err);
  if (span_length(path) < 2 || !decode(path, url->path, sizeof url->path))
    return err_set(err, ERR_INVALID, "unix:// requires the path of a socket, at most %d bytes long",
                   REDIS_SOCKET_MAX - 1);
  return true;
}

static bool parse_parts(const char *text, struct redis_url *url, struct err *err) {
  bool socket;
  const char *rest;
  if (!parse_scheme(text, url, &socket, &rest))
    return err_set(err, ERR_INVALID,
                   "not a Redis URL; use redis://[user:password@]host[:port][/db], rediss:// or "
                   "unix:///path");
  struct span place = {rest, rest + strcspn(rest, "/?#")};
  const char *query = place.end + strcspn(place.end, "?#");
  struct span path = {place.end, query};
  const char *at = memrchr(place.at, '@', span_length(place));
  if (at && !parse_login((struct span){place.at, at}, url, err))
    return false;
  if (at)
    place.at = at + 1;
  if (*query == '#')
    return err_set(err, ERR_INVALID,
                   "\"#\" is not allowed in a Redis URL; in a password write %%23");
  if (socket && span_length(place) > 0)
    return err_set(err, ERR_INVALID,
                   "unix:// requires an absolute path, such as unix:///run/redis.sock");
  if (!socket && !parse_host(place, url, err))
    return false;
  struct span options = {query + (*query == '?'), query + strlen(query)};
  return parse_path(path, socket, url, err) && parse_query(options, url, err);
}

bool redis_url_parse(const char *text, struct redis_url *url, struct err *err) {
  *url = (struct redis_url){0};
  if (parse_parts(text, url, err))
    return true;
  redis_url_fini(url);
  return false;
}

bool redis_url_check(const char *text, struct err *err) {
  struct redis_url url;
  if (!redis_url_parse(text, &url, err))
    return false;
  redis_url_fini(&url);
  return true;
}

static void wipe(char **secret) {
  if (*secret)
    explicit_bzero(*secret, strlen(*secret));
  free(*secret);
  *secret = NULL;
}

void redis_url_login(struct redis_url *url, const char *user, const char *password) {
  if (user && *user) {
    wipe(&url->user);
    url->user = mem_dup(user);
  }
  if (password) {
    wipe(&url->password);
    url->password = *password ? mem_dup(password) : NULL;
    url->no_password = !*password;
  }
  const char *environment = getenv("REDISCLI_AUTH");
  if (url->password || url->no_password || !environment || !*environment)
    return;
  url->password = mem_dup(environment);
  url->if_asked = !url->user;
}

bool redis_url_of(const struct target *target, struct redis_url *url, struct err *err) {
  if (!redis_url_parse(target_text(target, "url"), url, err))
    return false;
  redis_url_login(url, target_text(target, "username"), target_text(target, "password"));
  url->tls_options = (struct line_tls_options){.ca_file = target_text(target, "ca_file"),
                                               .cert_file = target_text(target, "cert_file"),
                                               .key_file = target_text(target, "key_file"),
                                               .insecure = target_number(target, "insecure") != 0};
  return true;
}

void redis_url_fini(struct redis_url *url) {
  wipe(&url->user);
  wipe(&url->password);
}
