/* An error, described for the operator.
 *
 * A fallible function returns false (or NULL) and fills the `struct err` of the caller. The kind
 * determines the severity (see err_severity); the text says where, what was expected and, if
 * possible, what to do. Text from a server is truncated to fit, and never trusted. */
#pragma once

#include <stdbool.h>

enum err_kind {
  ERR_NONE,
  ERR_INVALID,     /* invalid input of the caller or the configuration */
  ERR_UNRESOLVED,  /* the name has no address */
  ERR_REFUSED,     /* nothing listens there */
  ERR_UNREACHABLE, /* no route, network down */
  ERR_TIMEOUT,     /* no answer within the deadline */
  ERR_CLOSED,      /* the peer closed or reset the connection */
  ERR_DENIED,      /* authentication or permissions */
  ERR_UNSUPPORTED, /* the server or a library cannot do it */
  ERR_PROTOCOL,    /* the answer is invalid */
  ERR_LIMIT,       /* a limit was reached */
  ERR_IO,          /* the operating system reported an error */
  ERR_DISABLED,    /* disabled in the configuration */
};

struct err {
  enum err_kind kind;
  char text[256]; /* one line, no trailing full stop; may contain raw bytes of a server: sanitise
                     for display */
};

/* Fills *err and returns false, so that `return err_set(...)` reads well. err may be NULL. */
bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The kind of a libuv or errno-like negative code (-ECONNREFUSED to ERR_REFUSED). */
enum err_kind err_kind_of_errno(int negative_errno);

/* A word for the kind, as in JSON: "refused", "timeout", ... Never NULL. */
const char *err_kind_name(enum err_kind kind);
/* The reverse; ERR_PROTOCOL for an unknown word. */
enum err_kind err_kind_parse(const char *name);

#define MUST_CHECK __attribute__((warn_unused_result))
