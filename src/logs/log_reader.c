#include "logs/log_reader.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

/* Time for lines in one turn of the loop, so that keys are answered in between. */
enum { TURN_US = 4000, TURN_LINES = 64 };

struct log_reader {
  uv_async_t wake;
  struct log_reader_hooks hooks;
  bool ordered, held, closed;
  struct log_source *sources[LOG_READER_MAX];
  struct log_source_status statuses[LOG_READER_MAX];
  size_t count;
  bool delivering; /* the hooks may close the reader */
};

static bool is_loading(enum log_source_state state) {
  return state == LOG_SOURCE_OPENING || state == LOG_SOURCE_READING;
}

/* What a source had said before its state is in its queue by then: the status is taken first. */
static void statuses_take(struct log_reader *reader) {
  for (size_t i = 0; i < reader->count; i++) {
    struct log_source *source = reader->sources[i];
    pthread_mutex_lock(&source->mutex);
    reader->statuses[i] = source->status;
    pthread_mutex_unlock(&source->mutex);
  }
}

/* The source whose first line is the earliest. -1: none has one; -2: wait for another source. */
static int next_source(struct log_reader *reader) {
  int best = -1;
  int64_t best_ms = 0;
  for (size_t i = 0; i < reader->count; i++) {
    const struct log_batch *batch = log_source_peek(reader->sources[i]);
    if (!batch) {
      if (reader->ordered && is_loading(reader->statuses[i].state))
        return -2;
      continue;
    }
    const int64_t ms = batch->records[batch->taken].time_ms;
    if (best < 0 || ms < best_ms) {
      best = (int)i;
      best_ms = ms;
    }
  }
  return best;
}

static void line_deliver(struct log_reader *reader, int index) {
  struct log_source *source = reader->sources[index];
  struct log_batch *batch = log_source_peek(source);
  struct log_record *record = &batch->records[batch->taken++];
  record->source = (uint16_t)index;
  reader->hooks.line(reader->hooks.arg, record);
  if (batch->taken == batch->count)
    log_source_drop(source);
}

/* True: there are more, and the turn's time is over. */
static bool lines_deliver(struct log_reader *reader) {
  const int64_t end = clock_now_us() + TURN_US;
  for (size_t lines = 1;; lines++) {
    if (reader->closed || reader->held)
      return false;
    const int index = next_source(reader);
    if (index < 0)
      return false;
    line_deliver(reader, index);
    if (lines % TURN_LINES == 0 && clock_now_us() >= end)
      return true;
  }
}

static void on_closed(uv_handle_t *handle) {
  free(handle->data);
}

static void reader_end(struct log_reader *reader) {
  uv_close((uv_handle_t *)&reader->wake, on_closed);
}

static void on_wake(uv_async_t *wake) {
  struct log_reader *reader = wake->data;
  if (reader->closed)
    return;
  reader->delivering = true;
  statuses_take(reader);
  if (lines_deliver(reader))
    uv_async_send(&reader->wake);
  if (!reader->closed)
    reader->hooks.changed(reader->hooks.arg);
  reader->delivering = false;
  if (reader->closed)
    reader_end(reader);
}

struct log_reader *log_reader_new(struct io *io, bool ordered,
                                  const struct log_reader_hooks *hooks) {
  struct log_reader *reader = mem_new(sizeof *reader);
  reader->ordered = ordered;
  reader->hooks = *hooks;
  uv_async_init(io->loop, &reader->wake, on_wake);
  reader->wake.data = reader;
  return reader;
}

bool log_reader_add(struct log_reader *reader, struct log_source *source) {
  if (reader->count == LOG_READER_MAX) {
    source->kind->stop(source);
    log_source_release(source);
    return false;
  }
  pthread_mutex_lock(&source->mutex);
  source->wake = &reader->wake;
  pthread_mutex_unlock(&source->mutex);
  reader->sources[reader->count] = source;
  reader->statuses[reader->count++] = source->status;
  source->kind->open(source);
  uv_async_send(&reader->wake);
  return true;
}

size_t log_reader_count(const struct log_reader *reader) {
  return reader->count;
}

const struct log_source_status *log_reader_sources(const struct log_reader *reader) {
  return reader->statuses;
}

bool log_reader_is_loading(const struct log_reader *reader) {
  for (size_t i = 0; i < reader->count; i++)
    if (is_loading(reader->statuses[i].state) || log_source_peek(reader->sources[i]))
      return true;
  return false;
}

bool log_reader_is_done(const struct log_reader *reader) {
  for (size_t i = 0; i < reader->count; i++)
    if (reader->statuses[i].state == LOG_SOURCE_FOLLOWING)
      return false;
  return !log_reader_is_loading(reader);
}

void log_reader_hold(struct log_reader *reader, bool hold) {
  reader->held = hold;
  if (!hold)
    uv_async_send(&reader->wake);
}

void log_reader_wake(struct log_reader *reader) {
  uv_async_send(&reader->wake);
}

void log_reader_close(struct log_reader *reader) {
  if (!reader || reader->closed)
    return;
  reader->closed = true;
  for (size_t i = 0; i < reader->count; i++) {
    struct log_source *source = reader->sources[i];
    pthread_mutex_lock(&source->mutex);
    source->stopped = true;
    source->wake = NULL;
    pthread_cond_broadcast(&source->drained);
    pthread_mutex_unlock(&source->mutex);
    source->kind->stop(source);
    log_source_release(source);
  }
  reader->count = 0;
  if (!reader->delivering)
    reader_end(reader);
}
