#include "clients/service/service_request.h"

#include "core/mem.h"
#include "core/secret.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const service_methods[] = {"GET", "HEAD", "POST", "PUT", "OPTIONS", NULL};

bool service_header_token_check(const char *name, struct err *err) {
  static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return (*name && !name[strspn(name, token)]) ||
         err_set(err, ERR_INVALID, "\"%.80s\" is not the name of a header", name);
}

bool service_header_name_check(const char *name, struct err *err) {
  static const char *const ours[] = {"Content-Length", "Transfer-Encoding", "Connection",
                                     "Accept-Encoding"};
  if (!service_header_token_check(name, err))
    return false;
  if (strcasecmp(name, "Host") == 0)
    return err_set(err, ERR_INVALID, "the header Host is set by the option host");
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    if (strcasecmp(name, ours[i]) == 0)
      return err_set(err, ERR_INVALID, "the header %s cannot be set; stacktop sends its own", name);
  return true;
}

bool service_header_check(const char *text, struct err *err) {
  for (; *text; text++)
    if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7F)
      return err_set(err, ERR_INVALID, "a header is one line without control characters");
  return true;
}

bool service_bearer_check(const char *text, struct err *err) {
  for (const char *at = text; *at; at++)
    if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7F)
      return err_set(err, ERR_INVALID, "a token is ASCII without spaces and line ends");
  return *text || err_set(err, ERR_INVALID, "the token is empty");
}

static bool has_header(const struct option_value *headers, const char *name) {
  for (size_t i = 0; i < headers->item_count; i++)
    if (strcasecmp(headers->names[i], name) == 0)
      return true;
  return false;
}

bool service_request_check(const struct target *target, struct err *err) {
  const struct option_value *headers = target_option(target, "headers");
  const char *method = target_text(target, "method");
  const bool head = method && strcmp(method, "HEAD") == 0;
  if (target_number(target, "tls") && target_text(target, "health"))
    return err_set(err, ERR_INVALID,
                   "tls is for a service without health; make health an https URL");
  if (target_text(target, "bearer") && has_header(headers, "Authorization"))
    return err_set(err, ERR_INVALID, "both bearer and the header Authorization are set");
  if (head && target_text(target, "body"))
    return err_set(err, ERR_INVALID, "a HEAD request has no body");
  const char *of_body = target_text(target, "expect_body")          ? "expect_body"
                        : target_option(target, "expect_json")->set ? "expect_json"
                                                                    : NULL;
  if (head && of_body)
    return err_set(err, ERR_INVALID, "%s needs a response with a body; that of HEAD has none",
                   of_body);
  if (target_text(target, "key_file") && !target_text(target, "cert_file"))
    return err_set(err, ERR_INVALID, "key_file is the key of a cert_file, which is not set");
  return true;
}

static size_t hide(char *text, size_t len, const char *secret) {
  static const char mask[] = "***";
  const size_t size = secret ? strlen(secret) : 0, masked = sizeof mask - 1;
  if (size < masked)
    return len; /* too short to be one, and to make room */
  char *at = text;
  while ((at = memmem(at, len - (size_t)(at - text), secret, size))) {
    memcpy(at, mask, masked);
    at += masked;
    memmove(at, at + size - masked, len - (size_t)(at - text) - (size - masked));
    len -= size - masked;
  }
  return len;
}

/* A part of a URL, as it is and decoded. */
static size_t hide_part(char *text, size_t len, const char *part, size_t size) {
  char *secret = mem_printf("%.*s", (int)size, part), *out = secret;
  len = hide(text, len, secret);
  for (const char *at = secret; *at; at++) {
    unsigned byte;
    if (*at == '%' && sscanf(at + 1, "%2x", &byte) == 1 && isxdigit((unsigned char)at[1]) &&
        isxdigit((unsigned char)at[2])) {
      *out++ = (char)byte;
      at += 2;
    } else {
      *out++ = *at;
    }
  }
  *out = '\0';
  len = hide(text, len, secret);
  free(secret);
  return len;
}

/* What a server sends back of "Authorization: Basic ...", which curl makes of a user in the URL. */
static size_t hide_basic(char *text, size_t len) {
  static const char word[] = "Basic ";
  char *at = text;
  while ((at = memmem(at, len - (size_t)(at - text), word, sizeof word - 1))) {
    at += sizeof word - 1;
    size_t size = 0;
    while (at + size < text + len && (isalnum((unsigned char)at[size]) || strchr("+/=", at[size])))
      size++;
    char *token = mem_printf("%.*s", (int)size, at);
    len = hide(text, len, token);
    free(token);
  }
  return len;
}

/* The password of its user, and parameters of which the name says that they are secret. */
static size_t hide_url(char *text, size_t len, const char *url) {
  const char *place = url ? strstr(url, "://") : NULL;
  if (!place)
    return len;
  place += 3;
  const size_t size = strcspn(place, "/?#");
  const char *at = memrchr(place, '@', size), *colon = at ? memchr(place, ':', size) : NULL;
  const char *param = place + strcspn(place, "?#");
  while (*param == '?' || *param == '&') {
    char name[64];
    const size_t named = strcspn(++param, "=&#");
    snprintf(name, sizeof name, "%.*s", (int)named, param);
    param += named;
    const size_t value = *param == '=' ? strcspn(param + 1, "&#") : 0;
    if (value > 0 && name_is_secret(name))
      len = hide_part(text, len, param + 1, value);
    param += value + (*param == '=');
  }
  if (colon && colon < at) /* last: it may be a part of the others */
    len = hide_part(text, len, colon + 1, (size_t)(at - colon - 1));
  return at ? hide_basic(text, len) : len;
}

size_t service_hide_secrets(const struct target *target, char *text, size_t len) {
  const struct option_value *headers = target_option(target, "headers");
  len = hide_url(text, len, target_text(target, "health"));
  len = hide_url(text, len, target_text(target, "metrics"));
  len = hide(text, len, target_text(target, "bearer"));
  len = hide(text, len, target_text(target, "body"));
  for (size_t i = 0; i < headers->item_count; i++) {
    const char *name = headers->names[i], *value = headers->items[i];
    if (!name_is_secret(name) && !strcasestr(name, "authorization") && !strcasestr(name, "cookie"))
      continue; /* application/json is none, and may be what is expected */
    const char *space = strchr(value, ' ');
    len = hide(text, len, value);
    len = hide(text, len, space ? space + 1 : NULL); /* "Basic ..." without its first word */
  }
  return len;
}

struct http_query service_request(const struct target *target, struct http_header **headers) {
  const struct option_value *configured = target_option(target, "headers");
  *headers = mem_new((configured->item_count + 1) * sizeof **headers);
  for (size_t i = 0; i < configured->item_count; i++)
    (*headers)[i] = (struct http_header){configured->names[i], configured->items[i]};
  return (struct http_query){.host = target_text(target, "host"),
                             .ca_file = target_text(target, "ca_file"),
                             .cert_file = target_text(target, "cert_file"),
                             .key_file = target_text(target, "key_file"),
                             .insecure = target_number(target, "insecure"),
                             .method = target_text(target, "method"),
                             .body = target_text(target, "body"),
                             .bearer = target_text(target, "bearer"),
                             .headers = *headers,
                             .header_count = configured->item_count,
                             .encoded = true};
}
