/* The request of a client of http_serve.h. */
#include "io/http/http_serve.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { HOST_BYTES_MAX = 80 };

/* "127.0.0.1:9876", "[::1]", "localhost": nothing that a name server may answer for. */
static bool host_is_safe(const char *host) {
  char bare[HOST_BYTES_MAX];
  struct in6_addr address;
  const bool six = *host == '[';
  const size_t length = strcspn(host + six, six ? "]" : ":");
  if (length >= sizeof bare)
    return false;
  memcpy(bare, host + six, length);
  bare[length] = '\0';
  return strcasecmp(bare, "localhost") == 0 ||
         inet_pton(six ? AF_INET6 : AF_INET, bare, &address) == 1;
}

/* The value of a header in the lines that begin there, in place; "" without one. */
static const char *header_find(char *lines, const char *name) {
  const size_t length = strlen(name);
  for (char *line = lines; *line;) {
    char *end = line + strcspn(line, "\r\n");
    if (strncasecmp(line, name, length) == 0 && line[length] == ':')
      return line + length + 1 + strspn(line + length + 1, " \t");
    line = end + strspn(end, "\r\n");
  }
  return "";
}

static void header_cut(char *value) {
  value[strcspn(value, "\r\n")] = '\0';
}

int http_request_read(char *text, size_t length, bool remote, struct http_asked *asked,
                      bool *head_only) {
  text[length] = '\0';
  *head_only = false;
  if (strlen(text) < length)
    return 400;
  if (!strstr(text, "\r\n\r\n") && !strstr(text, "\n\n"))
    return length >= HTTP_SERVE_REQUEST_MAX ? 431 : 0;
  char *path = strchr(text, ' ');
  char *version = path ? strchr(path + 1, ' ') : NULL;
  char *line_end = text + strcspn(text, "\r\n");
  if (!version || version > line_end || strncmp(version + 1, "HTTP/1.", 7) != 0 || path[1] != '/')
    return 400;
  char *host = (char *)header_find(line_end, "Host");
  char *accept = (char *)header_find(line_end, "Accept");
  if (*host)
    header_cut(host);
  if (*accept)
    header_cut(accept);
  *path++ = *version = '\0';
  path[strcspn(path, "?")] = '\0';
  *head_only = strcmp(text, "HEAD") == 0;
  if (!*head_only && strcmp(text, "GET") != 0)
    return 405;
  if (!remote && *host && !host_is_safe(host))
    return 403;
  *asked = (struct http_asked){.path = path, .accept = accept};
  return 200;
}
