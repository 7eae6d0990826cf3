#include "io/http/http_setup.h"

#include "core/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

void http_lists_free(struct http_lists *lists) {
  curl_slist_free_all(lists->headers);
  curl_slist_free_all(lists->pinned);
  curl_slist_free_all(lists->instead);
}

void http_list_add(struct curl_slist **list, const char *format, ...) {
  char *text = NULL;
  va_list args;
  va_start(args, format);
  const int length = vasprintf(&text, format, args);
  va_end(args);
  struct curl_slist *longer = length < 0 ? NULL : curl_slist_append(*list, text);
  free(text);
  if (!longer)
    mem_failed();
  *list = longer;
}

static bool has_header(const struct http_query *query, const char *name) {
  for (size_t i = 0; i < query->header_count; i++)
    if (strcasecmp(query->headers[i].name, name) == 0)
      return true;
  return false;
}

static void set_headers(const struct http_query *query, struct http_lists *lists) {
  if (query->host)
    http_list_add(&lists->headers, "Host: %s", query->host);
  if (query->bearer)
    http_list_add(&lists->headers, "Authorization: Bearer %s", query->bearer);
  for (size_t i = 0; i < query->header_count; i++) { /* "Name:" would take the header away */
    const struct http_header *header = &query->headers[i];
    http_list_add(&lists->headers, *header->value ? "%s: %s" : "%s;%s", header->name,
                  header->value);
  }
}

static void set_body(CURL *easy, const struct http_query *query, struct http_lists *lists) {
  const char *body = query->json ? query->json : query->body;
  if (!body)
    return;
  const size_t len = query->body_len && body == query->body ? query->body_len : strlen(body);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)len);
  curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body);
  if (query->json || ((*body == '{' || *body == '[') && !has_header(query, "Content-Type")))
    http_list_add(&lists->headers, "Content-Type: application/json");
  http_list_add(&lists->headers, "Expect:"); /* no question before the body */
}

static void set_method(CURL *easy, const struct http_query *query) {
  if (!query->method)
    return;
  if (strcmp(query->method, "HEAD") == 0)
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, query->method);
}

static void set_tls(CURL *easy, const struct http_query *query) {
  if (query->insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (query->ca_file)
    curl_easy_setopt(easy, CURLOPT_CAINFO, query->ca_file);
  if (query->cert_file)
    curl_easy_setopt(easy, CURLOPT_SSLCERT, query->cert_file);
  if (query->key_file)
    curl_easy_setopt(easy, CURLOPT_SSLKEY, query->key_file);
  if (query->cert_file || query->key_file) /* else OpenSSL asks for it on the terminal, and waits */
    curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
}

static void set_login(CURL *easy, const struct http_query *query) {
  if (!query->username)
    return;
  curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
  curl_easy_setopt(easy, CURLOPT_USERNAME, query->username);
  curl_easy_setopt(easy, CURLOPT_PASSWORD, query->password ? query->password : "");
}

/* curl connects to the address as it is after this; behind its end there is room for any. */
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address) {
  const struct http_dial *dial = arg;
  struct sockaddr_un place = {.sun_family = AF_UNIX};
  (void)purpose;
  if (!dial->open(dial->arg, &place))
    return CURL_SOCKET_BAD;
  address->family = AF_UNIX;
  address->addrlen = sizeof place;
  memcpy((char *)address + offsetof(struct curl_sockaddr, addr), &place, sizeof place);
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int on_close(void *arg, curl_socket_t socket) {
  const struct http_dial *dial = arg;
  const int status = close(socket);
  dial->closed(dial->arg);
  return status;
}

static void set_dial(CURL *easy, const struct http_dial *dial) {
  if (!dial)
    return;
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, dial);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, dial);
}

/* With TLS the host is the name that is asked for and verified; the URL says where to connect. */
static void set_place(CURL *easy, const struct http_query *query, const struct http_place *place,
                      struct http_lists *lists) {
  char *url = query->host && place && place->tls && !query->socket
                  ? http_url_for(query->url, query->host)
                  : NULL;
  curl_easy_setopt(easy, CURLOPT_URL, url ? url : query->url);
  if (url) {
    const bool v6 = strchr(place->host, ':');
    http_list_add(&lists->instead, "::%s%s%s:%d", v6 ? "[" : "", place->host, v6 ? "]" : "",
                  place->port);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, lists->instead);
    if (!http_proxy_of(place)) /* curl would look the host up in no_proxy */
      curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_free(url);
  }
  if (query->socket) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, query->socket);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
  }
  if (query->only_tls) {
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
  }
}

void http_setup(CURL *easy, const struct http_query *query, const struct http_place *place,
                struct http_lists *lists) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "stacktop");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  if (!query->keep) { /* as a new client sees it: another address or another certificate */
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  }
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
  /* A proxy's name is left to curl: do not wait for its resolver when the request ends before. */
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
  if (query->encoded) /* all that curl can decode */
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  if (query->http2) {
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
  }
  set_place(easy, query, place, lists);
  set_dial(easy, query->dial);
  set_tls(easy, query);
  set_login(easy, query);
  set_headers(query, lists);
  set_body(easy, query, lists);
  set_method(easy, query);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lists->headers);
}
