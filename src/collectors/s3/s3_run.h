/* The requests of one collection of an object store: chains, each of which asks one thing after the
 * other, a few of them at a time, and one completion. */
#pragma once

#include "clients/s3/s3_request.h"

enum { S3_PARALLEL = 6, S3_CHAINS_MAX = S3_BUCKETS_MAX + 40 };

struct s3_run;
struct s3_chain {
  struct s3_run *run;
  struct s3_request *request; /* NULL: none is under way */
  void (*begin)(void *owner);
  void (*answered)(void *owner, const struct s3_answer *answer);
  void *owner;
};

/* Lives as long as its chains. */
struct s3_run {
  const struct s3_client *client;
  struct s3_chain *chains[S3_CHAINS_MAX];
  size_t count, next, open;
  int64_t end_ms; /* on the steady clock: nothing is asked after it */
  uint32_t requests;
  bool has_skew;
  double skew_s;   /* this host's clock less the server's */
  bool was_s3;     /* an answer that only an S3 server gives */
  struct err down; /* what kept a request from any answer of S3, or refuses the login; the first */
  void (*done)(void *arg);
  void *arg;
};

/* Adds a chain; before s3_run_start, or from a chain. */
void s3_run_add(struct s3_run *run, struct s3_chain *chain, void (*begin)(void *owner),
                void *owner);
/* done comes once, on the loop's thread, at once if nothing can be asked, unless s3_run_stop comes
 * first. */
void s3_run_start(struct s3_run *run);
/* Gives up what is under way. */
void s3_run_stop(struct s3_run *run);

/* Asks; `answered` gets the answer, at once if the time is over or the request cannot be made. */
void s3_chain_ask(struct s3_chain *chain, const struct s3_query *query,
                  void (*answered)(void *owner, const struct s3_answer *answer));
/* It has nothing more to ask. Return at once. */
void s3_chain_end(struct s3_chain *chain);
