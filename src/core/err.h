/* What went wrong, in words for the operator.
 *
 * A fallible function returns false (or NULL) and fills the `struct err` that it was given. The
 * kind decides how the failure is judged (see err_severity); the text says where, what was expected
 * and, where it can be said, what to do. Text from a server is clipped to fit, never trusted. */
#pragma once

#include <stdbool.h>

enum err_kind {
  ERR_NONE,
  ERR_INVALID,     /* the caller's or the configuration's input is wrong */
  ERR_UNRESOLVED,  /* the name has no address */
  ERR_REFUSED,     /* nothing listens there */
  ERR_UNREACHABLE, /* no route, network down */
  ERR_TIMEOUT,     /* no answer within the deadline */
  ERR_CLOSED,      /* the peer closed or reset the connection */
  ERR_DENIED,      /* authentication or rights */
  ERR_UNSUPPORTED, /* the server or a library cannot do it */
  ERR_PROTOCOL,    /* the answer makes no sense */
  ERR_LIMIT,       /* a named ceiling was reached */
  ERR_IO,          /* the operating system said no */
  ERR_DISABLED,    /* the configuration says not to watch it */
};

struct err {
  enum err_kind kind;
  char text[256]; /* one line, no trailing full stop; may hold a server's raw bytes: sanitise to
                     show */
};

/* Fills *err and returns false, so that `return err_set(...)` reads well. err may be NULL. */
bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The kind of a libuv or errno-like negative code (-ECONNREFUSED to ERR_REFUSED). */
enum err_kind err_kind_of_errno(int negative_errno);

/* A word for the kind, as JSON has it: "refused", "timeout", ... Never NULL. */
const char *err_kind_name(enum err_kind kind);
/* The reverse; ERR_PROTOCOL for an unknown word. */
enum err_kind err_kind_parse(const char *name);

#define MUST_CHECK __attribute__((warn_unused_result))
