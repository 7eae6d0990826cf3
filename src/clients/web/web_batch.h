/* Several questions to a server at once, with one completion: what a collection asks. */
#pragma once

#include "clients/web/web.h"

enum { WEB_BATCH_PARALLEL = 6 }; /* questions under way at a time: gentle to a busy server */

/* A question, and its answer when the batch is done. */
struct web_asked {
  const char *path;                  /* lives as long as the batch */
  const char *url;                   /* instead of the target's (web_query.url); the same */
  const char *body_json;             /* sent by POST; NULL: a GET. The same */
  const struct http_header *headers; /* the same */
  size_t header_count;
  json_t *json; /* NULL: no answer, or text */
  char *body;   /* of text; NULL: no answer */
  size_t body_len;
  int64_t answer_us;
  int status;
  bool text;
  struct err err; /* kind ERR_NONE: it was answered */
};

struct web_batch_place {
  struct web_batch *batch;
  struct web_request *request; /* NULL: free */
  size_t asked;
};
struct web_batch {
  struct io *io;
  const struct target *target;
  struct web_asked *asked;
  size_t count, next, open;
  int64_t end_ms; /* on the steady clock */
  void (*done)(void *arg);
  void *arg;
  struct web_batch_place places[WEB_BATCH_PARALLEL];
};

/* asked: with what is asked set, else zero; lives until web_batch_fini. end_ms: until when, on
 * the steady clock (watch_end_ms). done comes once, on the loop's thread, when all are answered or
 * have failed, unless web_batch_fini comes first. count is at least 1. */
void web_batch_start(struct web_batch *batch, struct io *io, const struct target *target,
                     struct web_asked *asked, size_t count, int64_t end_ms, void (*done)(void *arg),
                     void *arg);
/* Gives up what is under way, and frees the answers. May be called at any time, also of a batch
 * that is zero. */
void web_batch_fini(struct web_batch *batch);
