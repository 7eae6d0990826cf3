#include "io/net/tcp.h"

#include "core/option.h"

#include <ctype.h>
#include <string.h>

static const struct option port_option = {
    .name = "port", .type = OPTION_INT, .min = 1, .max = 65535};

bool tcp_port_parse(const char *text, int *port, struct err *err) {
  struct option_value value = {0};
  struct err why = {0};
  bool good = isdigit((unsigned char)*text) /* no sign, no blank */
                  ? option_parse(&port_option, text, &value, &why)
                  : err_set(&why, ERR_INVALID, "\"%.40s\" is not a whole number", text);
  *port = (int)value.number;
  option_value_fini(&value);
  return good || err_set(err, why.kind, "%s: %s", port_option.name, why.text);
}

bool tcp_address_split(const char *address, char host[HOST_MAX], int *port, struct err *err) {
  bool bracketed = *address == '[';
  const char *start = address + bracketed;
  const char *end = strchr(start, bracketed ? ']' : ':');
  const char *colon = end ? end + bracketed : NULL;
  size_t length = end ? (size_t)(end - start) : 0;
  if (!colon || *colon != ':' || length == 0 || length >= HOST_MAX)
    return err_set(err, ERR_INVALID, "\"%.100s\" is not an address; use host:port or [IPv6]:port",
                   address);
  if (!bracketed && strchr(colon + 1, ':'))
    return err_set(err, ERR_INVALID,
                   "\"%.100s\": enclose an IPv6 address in brackets, such as [::1]:8000", address);
  struct err why = {0};
  if (!tcp_port_parse(colon + 1, port, &why))
    return err_set(err, why.kind, "\"%.100s\": %s", address, why.text);
  memcpy(host, start, length);
  host[length] = '\0';
  return true;
}

bool tcp_address_check(const char *text, struct err *err) {
  char host[HOST_MAX];
  int port;
  return tcp_address_split(text, host, &port, err);
}
