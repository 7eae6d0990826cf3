#include "collectors/s3/s3_run.h"

#include "clients/s3/s3_words.h"
#include "io/clock.h"

#include <assert.h>

enum { LEAST_MS = 20 };

/* A chain may end at once, within its begin: who calls this has one open, so that it is not the
 * last. */
static void run_more(struct s3_run *run) {
  while (run->open <= S3_PARALLEL && run->next < run->count) {
    struct s3_chain *chain = run->chains[run->next++];
    run->open++;
    chain->begin(chain->owner);
  }
}

static void run_close(struct s3_run *run) {
  run->open--;
  if (run->open > 0 || run->next < run->count || run->count == 0)
    return;
  run->count = run->next = 0;
  run->done(run->arg);
}

void s3_run_add(struct s3_run *run, struct s3_chain *chain, void (*begin)(void *owner),
                void *owner) {
  assert(run->count < S3_CHAINS_MAX);
  *chain = (struct s3_chain){.run = run, .begin = begin, .owner = owner};
  run->chains[run->count++] = chain;
}

void s3_run_start(struct s3_run *run) {
  assert(run->count > 0);
  run->open++;
  run_more(run);
  run_close(run);
}

void s3_run_stop(struct s3_run *run) {
  for (size_t i = 0; i < run->next; i++)
    if (run->chains[i]->request) {
      s3_cancel(run->chains[i]->request);
      run->chains[i]->request = NULL;
    }
  run->next = run->count = run->open = 0;
}

static void note(struct s3_run *run, const struct s3_answer *answer) {
  if (answer->date_s >= 0) {
    run->has_skew = true;
    const int64_t now_s = clock_wall_ms() / 1000;
    run->skew_s = (double)(now_s - answer->date_s);
  }
  const bool refused = s3_is_login_refused(&answer->refusal);
  if (*answer->refusal.code && !refused)
    run->was_s3 = true;
  if (answer->err && run->down.kind == ERR_NONE && (refused || !*answer->refusal.code))
    run->down = *answer->err;
}

static void on_answer(void *arg, const struct s3_answer *answer) {
  struct s3_chain *chain = arg;
  chain->request = NULL;
  note(chain->run, answer);
  chain->answered(chain->owner, answer);
}

static void fail(struct s3_chain *chain, const struct err *err) {
  struct s3_answer answer = {.date_s = -1, .err = err};
  s3_refusal_read("", 0, &answer.refusal);
  chain->answered(chain->owner, &answer);
}

void s3_chain_ask(struct s3_chain *chain, const struct s3_query *query,
                  void (*answered)(void *owner, const struct s3_answer *answer)) {
  struct s3_run *run = chain->run;
  struct s3_query bounded = *query;
  struct err err;
  chain->answered = answered;
  bounded.timeout_ms = run->end_ms - clock_now_ms();
  if (bounded.timeout_ms < LEAST_MS) {
    err_set(&err, ERR_TIMEOUT, "not asked: no time is left in this collection");
    fail(chain, &err);
    return;
  }
  run->requests++;
  chain->request = s3_ask(run->client, &bounded, on_answer, chain, &err);
  if (!chain->request)
    fail(chain, &err);
}

void s3_chain_end(struct s3_chain *chain) {
  struct s3_run *run = chain->run;
  run_more(run);
  run_close(run);
}
