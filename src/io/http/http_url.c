#include "io/http/http_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool http_place_read(const char *url, struct http_place *place, struct err *err) {
  CURLU *parts = curl_url();
  char *scheme = NULL, *name = NULL, *number = NULL;
  bool good = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_HOST, &name, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_PORT, &number, CURLU_DEFAULT_PORT) == CURLUE_OK &&
              (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
  size_t length = name ? strlen(name) : 0;
  if (length >= 2 && name[0] == '[') {
    memmove(name, name + 1, length);
    length -= 2;
    name[length] = '\0';
  }
  good = good && length > 0 && length < HOST_MAX;
  if (good) {
    memcpy(place->host, name, length + 1);
    place->port = (int)strtol(number, NULL, 10); /* curl has checked it */
    place->tls = strcmp(scheme, "https") == 0;
  }
  curl_free(scheme);
  curl_free(name);
  curl_free(number);
  curl_url_cleanup(parts);
  return good || err_set(err, ERR_INVALID, "not a URL; use a form such as http://api:8000/health");
}

bool http_url_check(const char *url, struct err *err) {
  struct http_place place;
  return http_place_read(url, &place, err);
}

bool http_place_is_numeric(const struct http_place *place) {
  struct in6_addr address;
  return inet_pton(AF_INET, place->host, &address) == 1 ||
         inet_pton(AF_INET6, place->host, &address) == 1;
}

/* "name:8443" to "https://name:8443/". */
static bool host_url(const char *host, char *out, size_t size, struct http_place *place) {
  bool fits = snprintf(out, size, "https://%s/", host) < (int)size;
  return fits && !strpbrk(host, "/@?#\\ ") && http_place_read(out, place, NULL);
}

bool http_host_check(const char *host, struct err *err) {
  char url[HOST_MAX + 32];
  struct http_place place;
  return host_url(host, url, sizeof url, &place) ||
         err_set(err, ERR_INVALID, "\"%.80s\" is not a host name; write it like api.example.com",
                 host);
}

char *http_url_for(const char *url, const char *host) {
  char of_host[HOST_MAX + 32], name[HOST_MAX + 2], *out = NULL;
  struct http_place place;
  CURLU *parts = curl_url();
  if (parts && host_url(host, of_host, sizeof of_host, &place) &&
      snprintf(name, sizeof name, strchr(place.host, ':') ? "[%s]" : "%s", place.host) > 0 &&
      (curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
       curl_url_set(parts, CURLUPART_HOST, name, 0) != CURLUE_OK ||
       curl_url_get(parts, CURLUPART_URL, &out, 0) != CURLUE_OK))
    out = NULL;
  curl_url_cleanup(parts);
  return out;
}

static const char *text_of(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

static const char *either(const char *lower, const char *upper) {
  const char *value = text_of(lower);
  return value ? value : text_of(upper);
}

void http_proxy_text(const char *proxy, char *out, size_t size) {
  CURLU *parts = proxy ? curl_url() : NULL;
  char *host = NULL, *port = NULL;
  *out = '\0';
  if (parts &&
      curl_url_set(parts, CURLUPART_URL, proxy, CURLU_DEFAULT_SCHEME | CURLU_NON_SUPPORT_SCHEME) ==
          CURLUE_OK &&
      curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
    snprintf(out, size, "%s:%s", host,
             curl_url_get(parts, CURLUPART_PORT, &port, 0) == CURLUE_OK ? port : "1080");
  else if (proxy)
    snprintf(out, size, "a proxy");
  curl_free(host);
  curl_free(port);
  curl_url_cleanup(parts);
}

static bool has_suffix(const char *host, const char *suffix, size_t len) {
  const size_t host_len = strlen(host);
  return len <= host_len && strncasecmp(host + host_len - len, suffix, len) == 0 &&
         (len == host_len || host[host_len - len - 1] == '.');
}

bool http_no_proxy_names(const char *no_proxy, const char *host) {
  static const char between[] = ", \t";
  if (strcmp(no_proxy, "*") == 0)
    return true;
  while (*(no_proxy += strspn(no_proxy, between))) {
    const size_t len = strcspn(no_proxy, between);
    const size_t dot = *no_proxy == '.' && len > 1;
    if (has_suffix(host, no_proxy + dot, len - dot))
      return true;
    no_proxy += len;
  }
  return false;
}

/* Those that curl honours; upper-case HTTP_PROXY it does not, since a CGI client could set it. */
const char *http_proxy_of(const struct http_place *place) {
  const char *no_proxy = either("no_proxy", "NO_PROXY");
  const char *proxy = place->tls ? either("https_proxy", "HTTPS_PROXY") : text_of("http_proxy");
  if (!proxy)
    proxy = either("all_proxy", "ALL_PROXY");
  return proxy && no_proxy && http_no_proxy_names(no_proxy, place->host) ? NULL : proxy;
}

bool http_bearer_check(const char *text, struct err *err) {
  for (const char *at = text; *at; at++)
    if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7F)
      return err_set(err, ERR_INVALID, "a token is ASCII without spaces and line ends");
  return *text || err_set(err, ERR_INVALID, "the token is empty");
}
