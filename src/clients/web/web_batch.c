#include "clients/web/web_batch.h"

#include "core/mem.h"
#include "io/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void send_more(struct web_batch *batch);

static void keep(struct web_asked *asked, const struct web_answer *answer) {
  asked->status = answer->status;
  asked->answer_us = answer->answer_us;
  asked->json = json_incref(answer->json);
  if (asked->text && answer->text) {
    asked->body = mem_new(answer->text_len + 1);
    memcpy(asked->body, answer->text, answer->text_len);
    asked->body_len = answer->text_len;
  }
  if (answer->err)
    asked->err = *answer->err;
}

static void on_answer(void *arg, const struct web_answer *answer) {
  struct web_batch_place *place = arg;
  struct web_batch *batch = place->batch;
  place->request = NULL;
  batch->open--;
  keep(&batch->asked[place->asked], answer);
  send_more(batch);
  if (batch->open == 0)
    batch->done(batch->arg);
}

static struct web_batch_place *free_place(struct web_batch *batch) {
  for (size_t i = 0; i < WEB_BATCH_PARALLEL; i++)
    if (!batch->places[i].request)
      return &batch->places[i];
  return NULL;
}

static void send_more(struct web_batch *batch) {
  struct web_batch_place *place;
  while (batch->next < batch->count && (place = free_place(batch))) {
    const struct web_asked *asked = &batch->asked[batch->next];
    const struct web_query query = {.path = asked->path,
                                    .url = asked->url,
                                    .json = asked->body_json,
                                    .headers = asked->headers,
                                    .header_count = asked->header_count,
                                    .text = asked->text,
                                    .timeout_ms = batch->end_ms - clock_now_ms()};
    *place = (struct web_batch_place){.batch = batch, .asked = batch->next++};
    place->request = web_ask(batch->io, batch->target, &query, on_answer, place);
    batch->open++;
  }
}

void web_batch_start(struct web_batch *batch, struct io *io, const struct target *target,
                     struct web_asked *asked, size_t count, int64_t end_ms, void (*done)(void *arg),
                     void *arg) {
  assert(count > 0);
  *batch = (struct web_batch){.io = io,
                              .target = target,
                              .asked = asked,
                              .count = count,
                              .end_ms = end_ms,
                              .done = done,
                              .arg = arg};
  send_more(batch);
}

void web_batch_fini(struct web_batch *batch) {
  for (size_t i = 0; i < WEB_BATCH_PARALLEL; i++)
    if (batch->places[i].request)
      web_cancel(batch->places[i].request);
  for (size_t i = 0; i < batch->count; i++) {
    json_decref(batch->asked[i].json);
    free(batch->asked[i].body);
  }
  memset(batch, 0, sizeof *batch);
}
