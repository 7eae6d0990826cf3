/* Addresses as users write them. */
#pragma once

#include "core/err.h"

enum { HOST_MAX = 256 }; /* maximum length of a DNS name, with its terminator */

/* "8000". False with `port: 70000 is out of range: 1 to 65535`. */
bool tcp_port_parse(const char *text, int *port, struct err *err) MUST_CHECK;
/* "api:8000" or "[::1]:8000" in its parts; the host without brackets. */
bool tcp_address_split(const char *address, char host[HOST_MAX], int *port,
                       struct err *err) MUST_CHECK;
bool tcp_address_check(const char *text, struct err *err); /* the same as an option's check */
