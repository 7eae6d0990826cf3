/* One mail by SMTP, on the loop: libcurl speaks the protocol, as for HTTP. */
#pragma once

#include "core/err.h"
#include "io/io.h"

#include <stddef.h>
#include <stdint.h>

enum { MAIL_LINE_MAX = 900 }; /* bytes of a subject or an address: a line of SMTP has 998 */

/* All borrowed for the call. */
struct mail {
  const char *url; /* "smtp://relay:25", "smtps://relay:465", "smtp://relay:587" */
  bool tls;        /* of smtp: STARTTLS, or an error; else it is used where the relay offers it */
  const char *ca_file;
  bool insecure;                   /* its certificate is not verified */
  const char *username, *password; /* NULL: none */
  const char *from;                /* "stacktop@example.com" */
  char *const *to;
  size_t to_count;
  const char *subject; /* UTF-8; control characters become blanks */
  const char *body;    /* UTF-8 */
  const char *id;      /* unique: of the Message-ID */
  int64_t timeout_ms;
};

/* "smtp://relay:25": a scheme, a host, no login and no path. */
bool mail_url_check(const char *url, struct err *err) MUST_CHECK;
/* "ops@example.com": one address, without a name before it. */
bool mail_address_check(const char *address, struct err *err) MUST_CHECK;

/* err NULL: the relay has accepted it for all. */
typedef void (*mail_cb)(void *arg, const struct err *err);
struct mail_sending; /* one under way */
/* The callback comes once, on the loop's thread, never before this returns, unless mail_cancel
 * comes first. After a cancel, a timeout or a connection that broke it may have been accepted. */
struct mail_sending *mail_send(struct io *io, const struct mail *mail, mail_cb done, void *arg);
void mail_cancel(struct mail_sending *sending);
