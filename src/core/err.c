#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool err_set(struct err *err, enum err_kind kind, const char *format, ...) {
  if (!err)
    return false;
  err->kind = kind;
  va_list args;
  va_start(args, format);
  int length = vsnprintf(err->text, sizeof err->text, format, args);
  va_end(args);
  if (length < 0)
    err->text[0] = '\0';
  /* Client libraries end their messages with a newline; an err is one line. */
  size_t end = strlen(err->text);
  while (end > 0 && (err->text[end - 1] == '\n' || err->text[end - 1] == ' '))
    err->text[--end] = '\0';
  return false;
}

enum err_kind err_kind_of_errno(int negative_errno) {
  switch (-negative_errno) {
  case ECONNREFUSED:
    return ERR_REFUSED;
  case EHOSTUNREACH:
  case ENETUNREACH:
  case ENETDOWN:
  case EADDRNOTAVAIL:
    return ERR_UNREACHABLE;
  case ETIMEDOUT:
    return ERR_TIMEOUT;
  case ECONNRESET:
  case EPIPE:
  case ECONNABORTED:
    return ERR_CLOSED;
  case EACCES:
  case EPERM:
    return ERR_DENIED;
  case EMFILE:
  case ENFILE:
  case ENOMEM:
  case ENOBUFS:
    return ERR_LIMIT;
  default:
    return ERR_IO;
  }
}

static const char *const names[] = {
    [ERR_NONE] = "none",
    [ERR_INVALID] = "invalid",
    [ERR_UNRESOLVED] = "unresolved",
    [ERR_REFUSED] = "refused",
    [ERR_UNREACHABLE] = "unreachable",
    [ERR_TIMEOUT] = "timeout",
    [ERR_CLOSED] = "closed",
    [ERR_DENIED] = "denied",
    [ERR_UNSUPPORTED] = "unsupported",
    [ERR_PROTOCOL] = "protocol",
    [ERR_LIMIT] = "limit",
    [ERR_IO] = "io",
    [ERR_DISABLED] = "disabled",
};

const char *err_kind_name(enum err_kind kind) {
  return (size_t)kind < sizeof names / sizeof *names ? names[kind] : "io";
}

enum err_kind err_kind_parse(const char *name) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0)
      return (enum err_kind)i;
  return ERR_PROTOCOL;
}
