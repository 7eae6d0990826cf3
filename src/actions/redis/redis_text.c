#include "actions/redis/redis_text.h"

#include "actions/redis/redis_pattern.h"
#include "clients/redis/redis_contract.h"
#include "clients/redis/redis_url.h"
#include "core/format.h"
#include "core/quote.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- names */

/* Writes what stands for one byte; at most 4 and the terminator. */
static size_t repr_byte(char out[5], unsigned char byte) {
  static const char plain[] = "\n\r\t\a\b\\\"", letters[] = "nrtab\\\"";
  const char *special = byte ? strchr(plain, byte) : NULL;
  if (special)
    return (size_t)snprintf(out, 5, "\\%c", letters[special - plain]);
  if (byte >= 0x20 && byte < 0x7f)
    return (size_t)snprintf(out, 5, "%c", byte);
  return (size_t)snprintf(out, 5, "\\x%02x", byte);
}

const char *redis_repr(char *out, size_t size, const char *bytes, size_t length) {
  static const char more[] = "...";
  size_t used = 0, fits = 0; /* fits: up to where the dots have room behind it */
  for (size_t i = 0; i < length; i++) {
    char piece[5];
    size_t wrote = repr_byte(piece, (unsigned char)bytes[i]);
    if (used + wrote >= size) {
      snprintf(out + fits, size - fits, "%s", more);
      return out;
    }
    memcpy(out + used, piece, wrote);
    used += wrote;
    if (used + sizeof more <= size)
      fits = used;
  }
  out[used] = '\0';
  return out;
}

const char *redis_keys_counted(char out[REDIS_COUNTED_MAX], int64_t count) {
  format_counted(out, REDIS_COUNTED_MAX, count, "key", "keys");
  return out;
}

/* ---- sizes */

bool redis_size_parse(const char *text, int64_t *bytes, struct err *err) {
  static const struct {
    const char *name;
    int64_t factor;
  } units[] = {{"", 1},
               {"b", 1},
               {"k", 1000},
               {"kb", 1024},
               {"m", 1000 * 1000},
               {"mb", 1024 * 1024},
               {"g", 1000LL * 1000 * 1000},
               {"gb", 1024LL * 1024 * 1024}};
  char *end;
  errno = 0;
  long long number = *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : -1;
  for (size_t i = 0; number >= 0 && !errno && i < sizeof units / sizeof *units; i++)
    if (strcasecmp(end, units[i].name) == 0 && number <= INT64_MAX / units[i].factor) {
      *bytes = number * units[i].factor;
      return true;
    }
  return err_set(err, ERR_INVALID,
                 "\"%.60s\" is not a size; use 2147483648, 512mb, 2gb, or 0 for no limit", text);
}

bool redis_size_check(const char *text, struct err *err) {
  int64_t bytes;
  return redis_size_parse(text, &bytes, err);
}

/* ---- what would be typed */

static bool parse_url(struct redis_url *url, const struct target *target) {
  struct err ignored; /* it was checked when the configuration was read */
  if (!redis_url_parse(target_text(target, "url"), url, &ignored))
    return false;
  redis_url_login(url, target_text(target, "username"), target_text(target, "password"));
  return true;
}

const char *redis_cli(char out[REDIS_CLI_MAX], const struct target *target, int db) {
  struct redis_url url;
  char word[4 * HOST_MAX + 3];
  size_t used = 0;
  if (!parse_url(&url, target)) {
    snprintf(out, REDIS_CLI_MAX, "redis-cli");
    return out;
  }
  if (*url.path)
    used += (size_t)snprintf(out, REDIS_CLI_MAX, "redis-cli -s %.450s",
                             quote_word(word, sizeof word, url.path));
  else
    used += (size_t)snprintf(out, REDIS_CLI_MAX, "redis-cli -h %.450s -p %d%s",
                             quote_word(word, sizeof word, url.host), url.port,
                             url.tls ? " --tls" : "");
  if (url.user)
    used += (size_t)snprintf(out + used, REDIS_CLI_MAX - used, " --user %.200s",
                             quote_word(word, sizeof word, url.user));
  if (db >= 0)
    snprintf(out + used, REDIS_CLI_MAX - used, " -n %d", db);
  redis_url_fini(&url);
  return out;
}

/* As redis-cli reads it: bare where it is the same in quotes and without. */
static void pattern_word(char *out, size_t size, const char *pattern) {
  char quoted[4 * REDIS_PATTERN_MAX + 3];
  size_t length = strlen(pattern);
  redis_repr(quoted + 1, sizeof quoted - 2, pattern, length);
  if (strcmp(quoted + 1, pattern) != 0 || strpbrk(pattern, " '")) {
    *quoted = '"';
    strcat(quoted, "\"");
    quote_word(out, size, quoted);
    return;
  }
  quote_word(out, size, pattern);
}

bool redis_cli_each(char *out, size_t size, const struct target *target, int db,
                    const char *pattern, const char *script) {
  char cli[REDIS_CLI_MAX], word[4 * (4 * REDIS_PATTERN_MAX + 3) + 3];
  redis_cli(cli, target, db);
  pattern_word(word, sizeof word, pattern);
  int length =
      snprintf(out, size, "%s --no-raw --scan --quoted-pattern %s | sed '%s' | %s | sort | uniq -c",
               cli, word, script, cli);
  return length >= 0 && (size_t)length < size;
}

const char *redis_cli_login(char out[REDIS_CLI_MAX], const struct target *target) {
  struct redis_url url;
  const char *login = NULL;
  if (!parse_url(&url, target))
    return NULL;
  if (url.password && !url.if_asked) {
    snprintf(out, REDIS_CLI_MAX, "the password%s%.200s", url.user ? " of " : "",
             url.user ? url.user : "");
    login = out;
  }
  redis_url_fini(&url);
  return login;
}

const char *redis_place(char out[REDIS_NAME_MAX], const struct target *target) {
  struct redis_url url;
  if (!parse_url(&url, target)) {
    snprintf(out, REDIS_NAME_MAX, "%s", target->name);
    return out;
  }
  if (*url.path)
    snprintf(out, REDIS_NAME_MAX, "%s", url.path);
  else
    snprintf(out, REDIS_NAME_MAX, strchr(url.host, ':') ? "[%.260s]:%d" : "%.260s:%d", url.host,
             url.port);
  redis_url_fini(&url);
  return out;
}

bool redis_row_database(const struct row *row, char *out, size_t size) {
  int db = redis_database_of_key(row->key);
  if (db < 0)
    return false;
  snprintf(out, size, "%d", db);
  return true;
}

int redis_url_database(const struct target *target) {
  struct redis_url url;
  if (!parse_url(&url, target))
    return 0;
  int db = url.db;
  redis_url_fini(&url);
  return db;
}
