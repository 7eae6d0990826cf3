#include "actions/redis/redis_text.h"

#include "actions/redis/redis_pattern.h"
#include "actions/shown.h"
#include "clients/redis/redis_contract.h"
#include "clients/redis/redis_url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- equivalent commands */

static bool parse_url(struct redis_url *url, const struct target *target) {
  struct err ignored; /* it was checked when the configuration was loaded */
  return redis_url_of(target, url, &ignored);
}

/* " --tls --cacert /etc/ssl/redis.pem" */
static const char *cli_tls(struct arena *arena, const struct redis_url *url) {
  const struct line_tls_options *options = &url->tls_options;
  const struct {
    const char *option, *file;
  } files[] = {
      {"--cacert", options->ca_file},
      {"--cert", options->cert_file},
      {"--key", options->key_file && *options->key_file ? options->key_file : options->cert_file}};
  const char *words = options->insecure ? " --tls --insecure" : " --tls";
  if (!url->tls)
    return "";
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    if (files[i].file && *files[i].file)
      words =
          arena_printf(arena, "%s %s %s", words, files[i].option, shown_word(arena, files[i].file));
  return words;
}

static const char *cli_of(struct arena *arena, const struct target *target, const char *host,
                          int port, int db) {
  struct redis_url url;
  if (!parse_url(&url, target))
    return "redis-cli";
  if (*host) {
    snprintf(url.host, sizeof url.host, "%s", host);
    url.port = port;
    *url.path = '\0';
  }
  const char *cli = *url.path
                        ? arena_printf(arena, "redis-cli -s %s", shown_word(arena, url.path))
                        : arena_printf(arena, "redis-cli -h %s -p %d%s",
                                       shown_word(arena, url.host), url.port, cli_tls(arena, &url));
  if (url.user)
    cli = arena_printf(arena, "%s --user %s", cli, shown_word(arena, url.user));
  redis_url_fini(&url);
  return db >= 0 ? arena_printf(arena, "%s -n %d", cli, db) : cli;
}

const char *redis_cli(struct arena *arena, const struct target *target, int db) {
  return cli_of(arena, target, "", 0, db);
}

const char *redis_cli_at(struct arena *arena, const struct target *target, const char *host,
                         int port) {
  return cli_of(arena, target, host, port, -1);
}

/* As redis-cli reads it: bare where it is the same with and without quotes. */
static const char *pattern_word(struct arena *arena, const char *pattern) {
  char bytes[4 * REDIS_PATTERN_MAX + 1];
  redis_repr(bytes, sizeof bytes, pattern, strlen(pattern));
  const bool bare = strcmp(bytes, pattern) == 0 && !strpbrk(pattern, " '");
  return shown_word(arena, bare ? pattern : arena_printf(arena, "\"%s\"", bytes));
}

const char *redis_cli_each(struct arena *arena, const struct target *target, int db,
                           const char *pattern, const char *script) {
  const char *cli = redis_cli(arena, target, db);
  return arena_printf(arena,
                      "%s --no-raw --scan --quoted-pattern %s | sed '%s' | %s | sort | uniq -c",
                      cli, pattern_word(arena, pattern), script, cli);
}

const char *redis_cli_login(struct arena *arena, const struct target *target) {
  struct redis_url url;
  const char *login = NULL;
  if (!parse_url(&url, target))
    return NULL;
  if (url.password && !url.if_asked)
    login = arena_printf(arena, "the password%s%.200s", url.user ? " of " : "",
                         url.user ? url.user : "");
  redis_url_fini(&url);
  return login;
}

const char *redis_place(struct arena *arena, const struct target *target) {
  struct redis_url url;
  if (!parse_url(&url, target))
    return target->name;
  const char *place = *url.path               ? arena_printf(arena, "%s", url.path)
                      : strchr(url.host, ':') ? arena_printf(arena, "[%s]:%d", url.host, url.port)
                                              : arena_printf(arena, "%s:%d", url.host, url.port);
  redis_url_fini(&url);
  return place;
}

bool redis_row_database(const struct row *row, char *out, size_t size) {
  int db = redis_database_of_key(row->key);
  if (db >= 0)
    snprintf(out, size, "%d", db);
  return db >= 0;
}

int redis_url_database(const struct target *target) {
  struct redis_url url;
  if (!parse_url(&url, target))
    return 0;
  int db = url.db;
  redis_url_fini(&url);
  return db;
}
