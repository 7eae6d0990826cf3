#include "io/http/mail.h"

#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"
#include "io/http/http_client.h"
#include "io/http/http_error.h"
#include "io/http/http_multi.h"
#include "io/http/http_setup.h"
#include "io/net/resolve.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SMTP_PORT = 25, SMTPS_PORT = 465 };

struct mail_sending {
  struct http_transfer transfer; /* first */
  struct http_client *client;
  mail_cb done;
  void *arg;
  CURL *easy;
  curl_mime *body;
  struct curl_slist *recipients;
  struct http_lists lists;
  struct resolve *resolve;
  bool in_multi;
  char host[HOST_MAX];
  int port;
  int64_t timeout_ms;
  uv_timer_t timer;
  char error[CURL_ERROR_SIZE];
};

/* ---- what is valid */

/* The host and the port of an smtp URL. */
static bool place_read(const char *url, char *host, size_t size, int *port) {
  CURLU *parts = curl_url();
  char *scheme = NULL, *name = NULL, *number = NULL, *user = NULL, *path = NULL;
  bool good = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_HOST, &name, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_PATH, &path, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_USER, &user, 0) != CURLUE_OK;
  good = good && (strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0) && *name &&
         strlen(name) < size && strcmp(path, "/") == 0;
  if (good) {
    const size_t length = strlen(name);
    const bool v6 = name[0] == '[';
    memcpy(host, name + v6, length - 2 * v6);
    host[length - 2 * v6] = '\0';
    *port = curl_url_get(parts, CURLUPART_PORT, &number, 0) == CURLUE_OK
                ? (int)strtol(number, NULL, 10)
            : strcmp(scheme, "smtps") == 0 ? SMTPS_PORT
                                           : SMTP_PORT;
  }
  curl_free(scheme);
  curl_free(name);
  curl_free(number);
  curl_free(user);
  curl_free(path);
  curl_url_cleanup(parts);
  return good;
}

bool mail_url_check(const char *url, struct err *err) {
  char host[HOST_MAX];
  int port;
  return place_read(url, host, sizeof host, &port) ||
         err_set(err, ERR_INVALID,
                 "not the URL of a mail relay; use a form such as smtp://relay:25 or "
                 "smtps://relay:465, with the login in username and password");
}

bool mail_address_check(const char *address, struct err *err) {
  const char *at = strchr(address, '@');
  bool good = at && at > address && at[1] && !strchr(at + 1, '@') && strlen(address) <= 254;
  for (const char *c = address; good && *c; c++)
    good = (unsigned char)*c > ' ' && (unsigned char)*c < 0x7F && !strchr("<>,;:\"\\()", *c);
  return good ||
         err_set(err, ERR_INVALID, "\"%.80s\" is not an address such as ops@example.com", address);
}

/* ---- the message */

/* A header's text: one line, and words of RFC 2047 where it is not ASCII. */
static char *header_text(const char *text) {
  static const char hex[] = "0123456789ABCDEF";
  size_t length = strlen(text);
  bool plain = true;
  if (length > MAIL_LINE_MAX / 4)
    length = MAIL_LINE_MAX / 4;
  for (size_t i = 0; i < length; i++)
    plain = plain && (unsigned char)text[i] < 0x7F;
  while (!plain && length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
    length--; /* no half a character */
  char *out = mem_new(4 * length + 32), *at = out;
  if (!plain)
    at = stpcpy(at, "=?UTF-8?Q?");
  for (size_t i = 0; i < length; i++) {
    const unsigned char c = (unsigned char)text[i];
    if (c < ' ' || c == 0x7F)
      *at++ = plain ? ' ' : '_';
    else if (plain || isalnum(c))
      *at++ = (char)c;
    else if (c == ' ')
      *at++ = '_';
    else {
      *at++ = '=';
      *at++ = hex[c >> 4];
      *at++ = hex[c & 15];
    }
  }
  if (!plain)
    at = stpcpy(at, "?=");
  *at = '\0';
  return out;
}

static void add_header(struct mail_sending *sending, const char *name, const char *text) {
  char *clean = header_text(text);
  http_list_add(&sending->lists.headers, "%s: %s", name, clean);
  free(clean);
}

static void add_headers(struct mail_sending *sending, const struct mail *mail) {
  char date[64];
  const time_t now = (time_t)(clock_wall_ms() / 1000);
  struct tm utc;
  gmtime_r(&now, &utc);
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &utc); /* names as in the C locale */
  const char *domain = strchr(mail->from, '@');
  add_header(sending, "Date", date);
  http_list_add(&sending->lists.headers, "From: stacktop <%s>", mail->from);
  char *to = mem_dup("");
  for (size_t i = 0; i < mail->to_count; i++) {
    char *longer = mem_printf("%s%s%s", to, i > 0 ? ",\r\n " : "", mail->to[i]);
    free(to);
    to = longer;
  }
  http_list_add(&sending->lists.headers, "To: %s", to);
  free(to);
  add_header(sending, "Subject", mail->subject);
  http_list_add(&sending->lists.headers, "Message-ID: <%s%s>", mail->id,
                domain ? domain : "@stacktop");
  http_list_add(&sending->lists.headers, "Auto-Submitted: auto-generated"); /* no absence notes */
}

static void set_message(struct mail_sending *sending, const struct mail *mail) {
  sending->body = curl_mime_init(sending->easy);
  curl_mimepart *part = sending->body ? curl_mime_addpart(sending->body) : NULL;
  if (!part)
    mem_failed();
  curl_mime_data(part, mail->body, CURL_ZERO_TERMINATED);
  curl_mime_type(part, "text/plain; charset=utf-8");
  curl_mime_encoder(part, "quoted-printable");
  add_headers(sending, mail);
  for (size_t i = 0; i < mail->to_count; i++)
    http_list_add(&sending->recipients, "<%s>", mail->to[i]);
  curl_easy_setopt(sending->easy, CURLOPT_HTTPHEADER, sending->lists.headers);
  curl_easy_setopt(sending->easy, CURLOPT_MIMEPOST, sending->body);
  curl_easy_setopt(sending->easy, CURLOPT_MAIL_RCPT, sending->recipients);
}

static size_t ignore(char *bytes, size_t size, size_t count, void *arg) {
  (void)bytes;
  (void)arg;
  return size * count;
}

static void set_relay(struct mail_sending *sending, const struct mail *mail) {
  CURL *easy = sending->easy;
  char from[MAIL_LINE_MAX];
  snprintf(from, sizeof from, "<%s>", mail->from);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, sending);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, sending->error);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
  curl_easy_setopt(easy, CURLOPT_URL, mail->url);
  curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)(mail->tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from);
  if (mail->ca_file)
    curl_easy_setopt(easy, CURLOPT_CAINFO, mail->ca_file);
  if (mail->insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (mail->username) {
    curl_easy_setopt(easy, CURLOPT_USERNAME, mail->username);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, mail->password ? mail->password : "");
  }
}

/* ---- its life */

static void on_closed(uv_handle_t *handle) {
  free(handle->data);
}

static void sending_close(struct mail_sending *sending) {
  if (sending->resolve)
    resolve_cancel(sending->resolve);
  if (sending->in_multi)
    curl_multi_remove_handle(sending->client->multi, sending->easy);
  curl_easy_cleanup(sending->easy);
  curl_mime_free(sending->body);
  curl_slist_free_all(sending->recipients);
  http_lists_free(&sending->lists);
  uv_close((uv_handle_t *)&sending->timer, on_closed);
}

void mail_cancel(struct mail_sending *sending) {
  sending_close(sending);
}

static void sending_end(struct mail_sending *sending, const struct err *err) {
  mail_cb done = sending->done;
  void *arg = sending->arg;
  sending_close(sending);
  done(arg, err);
}

static void on_deadline(uv_timer_t *timer) {
  struct mail_sending *sending = timer->data;
  char limit[FORMAT_MAX];
  struct err err;
  format_duration(limit, sizeof limit, (double)sending->timeout_ms / 1000);
  err_set(&err, ERR_TIMEOUT, "%.100s port %d did not accept the mail within %s", sending->host,
          sending->port, limit);
  sending_end(sending, &err);
}

/* What the relay answered is in curl's own words: "RCPT failed: 550". */
static void on_ended(void *arg, CURLcode code) {
  struct mail_sending *sending = arg;
  struct err err, what;
  long os_error = 0, status = 0;
  sending->in_multi = false;
  if (code == CURLE_OK) {
    sending_end(sending, NULL);
    return;
  }
  curl_easy_getinfo(sending->easy, CURLINFO_OS_ERRNO, &os_error);
  curl_easy_getinfo(sending->easy, CURLINFO_RESPONSE_CODE, &status);
  http_error(code, (int)os_error, sending->error, &what);
  if (code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL)
    err_set(&what, ERR_PROTOCOL, "the answer is not SMTP: %.150s", sending->error);
  if (code == CURLE_LOGIN_DENIED)
    err_set(&what, ERR_DENIED, "the relay refused the login (%ld)", status);
  else if (code == CURLE_USE_SSL_FAILED)
    err_set(&what, ERR_PROTOCOL, "the relay offers no TLS (STARTTLS), which is required");
  err_set(&err, what.kind, "%.100s port %d: %.150s", sending->host, sending->port, what.text);
  sending_end(sending, &err);
}

static void begin(struct mail_sending *sending) {
  sending->in_multi = true;
  curl_multi_add_handle(sending->client->multi, sending->easy);
}

static void on_resolved(void *arg, const struct resolve_result *result, const struct err *err) {
  struct mail_sending *sending = arg;
  sending->resolve = NULL;
  if (!result) {
    sending_end(sending, err);
    return;
  }
  char address[INET6_ADDRSTRLEN];
  resolve_text(&result->addresses[0], address, sizeof address);
  http_list_add(&sending->lists.pinned, "%s:%d:%s", sending->host, sending->port, address);
  curl_easy_setopt(sending->easy, CURLOPT_RESOLVE, sending->lists.pinned);
  begin(sending);
}

struct mail_sending *mail_send(struct io *io, const struct mail *mail, mail_cb done, void *arg) {
  struct mail_sending *sending = mem_new(sizeof *sending);
  *sending = (struct mail_sending){.transfer = {on_ended},
                                   .client = http_client_get(io),
                                   .done = done,
                                   .arg = arg,
                                   .easy = curl_easy_init(),
                                   .timeout_ms = mail->timeout_ms};
  if (!sending->easy)
    mem_failed();
  set_relay(sending, mail);
  set_message(sending, mail);
  uv_timer_init(io->loop, &sending->timer);
  sending->timer.data = sending;
  uv_timer_start(&sending->timer, on_deadline, (uint64_t)mail->timeout_ms, 0);
  if (place_read(mail->url, sending->host, sizeof sending->host, &sending->port))
    sending->resolve = resolve_start(io, sending->host, sending->port, on_resolved, sending);
  else
    begin(sending); /* curl says what is wrong with the URL */
  return sending;
}
