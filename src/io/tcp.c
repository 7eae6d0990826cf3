#include "io/tcp.h"

#include <stdlib.h>
#include <string.h>

bool tcp_address_split(const char *address, char host[HOST_MAX], int *port, struct err *err) {
  bool bracketed = *address == '[';
  const char *start = address + bracketed;
  const char *end = strchr(start, bracketed ? ']' : ':');
  const char *colon = end ? end + bracketed : NULL;
  size_t length = end ? (size_t)(end - start) : 0;
  if (!colon || *colon != ':' || length == 0 || length >= HOST_MAX)
    return err_set(err, ERR_INVALID, "\"%.100s\" is no address: write host:port or [IPv6]:port",
                   address);
  char *rest;
  long number = strtol(colon + 1, &rest, 10);
  if (!bracketed && strchr(colon + 1, ':'))
    return err_set(err, ERR_INVALID, "\"%.100s\": an IPv6 address needs brackets: [::1]:8000",
                   address);
  if (rest == colon + 1 || *rest || colon[1] < '0' || colon[1] > '9' || number < 1 ||
      number > 65535)
    return err_set(err, ERR_INVALID, "\"%.100s\" has no port from 1 to 65535 after its \":\"",
                   address);
  memcpy(host, start, length);
  host[length] = '\0';
  *port = (int)number;
  return true;
}
