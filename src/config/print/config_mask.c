#include "config/print/config_mask.h"

#include "core/mem.h"
#include "core/secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Only schemes that have a password where it is searched for. */
static const char *after_scheme(const char *text) {
  static const char *const schemes[] = {"postgresql://", "postgres://", "redis://", "rediss://",
                                        "valkey://",     "valkeys://",  "http://",  "https://",
                                        "unix://",       "kafka://"};
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
    if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
      return text + strlen(schemes[i]);
  return NULL;
}

/* Appends "a=1&password=x" with secret values masked to out, which has room for it. */
static void mask_parameters(char *out, const char *query) {
  while (*query) {
    size_t length = strcspn(query, "&");
    size_t name = strcspn(query, "=&");
    char *word = strndup(query, name);
    bool secret = name < length && word && name_is_secret(word);
    free(word);
    strncat(out, query, secret ? name + 1 : length);
    if (secret)
      strcat(out, "***");
    query += length;
    if (*query == '&') {
      strcat(out, "&");
      query++;
    }
  }
}

/* A password may contain unescaped '@' and '/': everything up to the last '@' belongs to it. With a
 * '?' before that '@' the password may be on either side, so nothing after the user is shown. */
static char *mask_uri(const char *text, const char *rest) {
  /* "***" for each parameter is at most three bytes more for two or more of the text. */
  char *out = mem_new(strlen(text) * 4 + 8);
  strncat(out, text, (size_t)(rest - text));
  const char *at = strrchr(rest, '@'), *colon = strchr(rest, ':');
  if (at && colon && colon < at) {
    strncat(out, rest, (size_t)(colon + 1 - rest));
    strcat(out, "***");
    if (memchr(rest, '?', (size_t)(at - rest)))
      return out;
    rest = at;
  }
  size_t path = strcspn(rest, "?");
  strncat(out, rest, path);
  if (rest[path] == '?') {
    strcat(out, "?");
    mask_parameters(out, rest + path + 1);
  }
  return out;
}

/* libpq's keywords; a text with any other is not one of its key=value texts, and may be a password
 * that contains "=". */
static bool is_keyword(const char *word, size_t length) {
  static const char *const words[] = {"host",
                                      "hostaddr",
                                      "port",
                                      "dbname",
                                      "user",
                                      "password",
                                      "passfile",
                                      "service",
                                      "servicefile",
                                      "connect_timeout",
                                      "client_encoding",
                                      "options",
                                      "application_name",
                                      "fallback_application_name",
                                      "keepalives",
                                      "keepalives_idle",
                                      "keepalives_interval",
                                      "keepalives_count",
                                      "tcp_user_timeout",
                                      "sslmode",
                                      "sslcompression",
                                      "sslcert",
                                      "sslkey",
                                      "sslpassword",
                                      "sslrootcert",
                                      "sslcrl",
                                      "sslcrldir",
                                      "sslsni",
                                      "requirepeer",
                                      "ssl_min_protocol_version",
                                      "ssl_max_protocol_version",
                                      "krbsrvname",
                                      "gsslib",
                                      "gssencmode",
                                      "gssdelegation",
                                      "target_session_attrs",
                                      "channel_binding",
                                      "require_auth",
                                      "sslnegotiation",
                                      "load_balance_hosts",
                                      "replication"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen(words[i]) == length && strncmp(words[i], word, length) == 0)
      return true;
  return false;
}

/* The end of a value, which may be in single quotes and contain backslash escapes. */
static const char *value_end(const char *at) {
  bool quoted = *at == '\'';
  for (at += quoted; *at; at++) {
    if (*at == '\\' && at[1])
      at++;
    else if (quoted ? *at == '\'' : isspace((unsigned char)*at))
      return at + quoted;
  }
  return at;
}

/* NULL if it is not a key=value text. */
static char *mask_pairs(const char *text) {
  char *out = mem_new(strlen(text) * 4 + 8);
  while (*(text += strspn(text, " \t\r\n"))) {
    size_t length = strcspn(text, "= \t\r\n");
    const char *equals = text + length + strspn(text + length, " \t\r\n");
    if (*equals != '=' || !is_keyword(text, length)) {
      free(out);
      return NULL;
    }
    const char *value = equals + 1 + strspn(equals + 1, " \t\r\n"), *end = value_end(value);
    char *name = strndup(text, length);
    bool secret = !name || name_is_secret(name);
    free(name);
    if (*out)
      strcat(out, " ");
    strncat(out, text, length);
    strcat(out, "=");
    strncat(out, secret ? "***" : value, secret ? 3 : (size_t)(end - value));
    text = end;
  }
  return out;
}

char *config_mask(const char *text) {
  const char *rest = after_scheme(text);
  char *masked = rest ? mask_uri(text, rest) : *text ? mask_pairs(text) : mem_dup("");
  return masked ? masked : mem_dup("***");
}
