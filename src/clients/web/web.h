/* Servers with an API over HTTP: where one is, how to log in, and one request with one answer. What
 * kinds of targets with such an API share (prometheus, elasticsearch, ...); what an answer means is
 * theirs. */
#pragma once

#include "core/json/json_tree.h"
#include "io/http/http.h"
#include "io/tls/tls_options.h"
#include "model/target.h"

enum { WEB_BODY_MAX = 16 << 20 };

/* The options of a target with such an API: rows of its struct option table. */
#define WEB_OPTIONS(url_example)                                                    \
  {.name = "url",                                                                   \
   .type = OPTION_TEXT,                                                             \
   .required = true,                                                                \
   .help = "http or https URL of its API, with the path before it if there is one", \
   .example = (url_example),                                                        \
   .check = web_url_check},                                                         \
      WEB_LOGIN_OPTIONS

/* Those without the URL. */
#define WEB_LOGIN_OPTIONS                                                                        \
  {.name = "username", .type = OPTION_TEXT, .help = "user to log in as (basic authentication)"}, \
      {.name = "password",                                                                       \
       .type = OPTION_SECRET,                                                                    \
       .help = "password of that user; never shown",                                             \
       .example = "\"${API_PASSWORD}\"",                                                         \
       .hidden = true},                                                                          \
      {.name = "token",                                                                          \
       .type = OPTION_SECRET,                                                                    \
       .help = "bearer token to log in with instead; never shown",                               \
       .example = "\"${API_TOKEN}\"",                                                            \
       .check = http_bearer_check,                                                               \
       .hidden = true},                                                                          \
      TLS_OPTIONS

/* Of the option url: http or https, no login, no query. */
bool web_url_check(const char *text, struct err *err) MUST_CHECK;
/* Whether the options fit together; for the `init` of a collector. */
bool web_target_check(const struct target *target, struct err *err) MUST_CHECK;

/* Its limits bound what a server may send. */
struct web_query {
  const char *path;   /* "/api/v1/alerts?active=true"; see web_path */
  const char *url;    /* instead of the target's, with the same login; NULL: the target's */
  const char *method; /* NULL: GET, or POST with a body */
  const char *json;   /* body; NULL: none */
  const struct http_header *headers;
  size_t header_count;
  int64_t timeout_ms;
  size_t body_max; /* 0: WEB_BODY_MAX */
  bool text;       /* the answer is not JSON */
  bool exact;      /* integers stay integers (json_limits.as_reals) */
};

/* All borrowed for the callback. */
struct web_answer {
  int status;       /* of HTTP; 0 without an answer */
  json_t *json;     /* NULL where there is none, or the query wants text */
  const char *text; /* the body, terminated; NULL without an answer */
  size_t text_len;
  int64_t date_s;    /* the server's clock, since 1970; -1: not said */
  int64_t answer_us; /* from the request to the last byte, without looking the name up */
  /* No answer, an answer that is not JSON, or a status that is not 2xx with what the server says
   * about it: ERR_DENIED for 401 and 403, ERR_PROTOCOL for 5xx, else ERR_INVALID. NULL: none. */
  const struct err *err;
};
typedef void (*web_cb)(void *arg, const struct web_answer *answer);

struct web_request; /* one under way */
/* The callback comes once, on the loop's thread, never before this returns, unless web_cancel comes
 * first. A question (GET) takes a connection of an earlier one; a change never does, since curl
 * would send it again where the server hangs up on it. */
struct web_request *web_ask(struct io *io, const struct target *target,
                            const struct web_query *query, web_cb done, void *arg);
void web_cancel(struct web_request *request);

/* Whether an error without a status means that not a byte of the request was sent. */
bool web_was_not_sent(const struct err *err);

/* Appends a name or a value to a path, each byte that is not a letter, a digit, '.', '_' or '-'
 * escaped. False if it does not fit. */
bool web_path_add(char *path, size_t size, const char *value) MUST_CHECK;
