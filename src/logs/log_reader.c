#include "logs/log_reader.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

/* Time for lines in one turn of the loop, so that keys are answered in between. */
enum { TURN_US = 4000, TURN_LINES = 64, LOOK_MS = 200 };

/* What an ordered reader knows of a source that it waits for. */
struct silence {
  uint64_t progress; /* of its counters, at the last look */
  int64_t since_ms;  /* that they have not changed */
};

struct log_reader {
  uv_async_t wake;
  uv_timer_t timer; /* of an ordered one */
  int handles;
  int64_t began_ms, silent_ms, dead_ms;
  struct silence silences[LOG_READER_MAX];
  bool (*is_looking)(const void *arg);
  const void *looking;
  size_t wanted, skipped_count;
  bool more_skipped;
  char *skipped[LOG_SKIPPED_MAX];
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

static int64_t silent_for(const struct log_reader *reader, size_t i) {
  if (!reader->ordered || !is_loading(reader->statuses[i].state))
    return 0;
  return clock_now_ms() - reader->silences[i].since_ms;
}

static bool is_silent(const struct log_reader *reader, size_t i) {
  return silent_for(reader, i) >= reader->silent_ms;
}

/* What of its silence the reader says in its stead. */
static void silence_say(struct log_reader *reader, size_t i) {
  struct log_source_status *status = &reader->statuses[i];
  if (!is_silent(reader, i))
    return;
  if (!reader->sources[i]->want.follow && silent_for(reader, i) >= reader->dead_ms &&
      !log_source_peek(reader->sources[i])) {
    status->state = LOG_SOURCE_FAILED;
    err_set(&status->err, ERR_TIMEOUT, "%.100s (%.140s) does not answer", status->name,
            status->place);
  } else if (status->err.kind == ERR_NONE) {
    err_set(&status->err, ERR_TIMEOUT,
            "%.80s (%.100s) does not answer: the others are read without it", status->name,
            status->place);
  }
}

/* What a source had said before its state is in its queue by then: the status is taken first. */
static void statuses_take(struct log_reader *reader) {
  for (size_t i = 0; i < reader->count; i++) {
    struct log_source *source = reader->sources[i];
    pthread_mutex_lock(&source->mutex);
    reader->statuses[i] = source->status;
    pthread_mutex_unlock(&source->mutex);
    silence_say(reader, i);
  }
}

/* The source whose first line is the earliest. -1: none has one; -2: wait for another source. */
static int next_source(struct log_reader *reader) {
  int best = -1;
  int64_t best_ms = 0;
  for (size_t i = 0; i < reader->count; i++) {
    const struct log_batch *batch = log_source_peek(reader->sources[i]);
    if (!batch) {
      if (reader->ordered && is_loading(reader->statuses[i].state) && !is_silent(reader, i))
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

static bool awaits(const struct log_reader *reader) {
  return reader->ordered && reader->is_looking && reader->is_looking(reader->looking) &&
         clock_now_ms() - reader->began_ms < reader->silent_ms;
}

/* True: there are more, and the turn's time is over. */
static bool lines_deliver(struct log_reader *reader) {
  const int64_t end = clock_now_us() + TURN_US;
  for (size_t lines = 1;; lines++) {
    if (reader->closed || reader->held || (lines == 1 && awaits(reader)))
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
  struct log_reader *reader = handle->data;
  if (--reader->handles > 0)
    return;
  for (size_t i = 0; i < reader->skipped_count; i++)
    free(reader->skipped[i]);
  free(reader);
}

static void reader_end(struct log_reader *reader) {
  uv_close((uv_handle_t *)&reader->wake, on_closed);
  uv_close((uv_handle_t *)&reader->timer, on_closed);
}

static uint64_t progress_of(struct log_source *source) {
  pthread_mutex_lock(&source->mutex);
  const struct log_source_status *status = &source->status;
  const uint64_t progress = status->lines + status->bytes + (uint64_t)status->state + source->alive;
  pthread_mutex_unlock(&source->mutex);
  return progress;
}

/* Lines that wait for others are no silence. */
static void on_look(uv_timer_t *timer) {
  struct log_reader *reader = timer->data;
  bool silent = false;
  for (size_t i = 0; i < reader->count; i++) {
    struct silence *silence = &reader->silences[i];
    const uint64_t progress = progress_of(reader->sources[i]);
    if (progress != silence->progress || log_source_peek(reader->sources[i]) || reader->held)
      *silence = (struct silence){progress, clock_now_ms()};
    silent = silent || is_silent(reader, i);
  }
  if (silent || reader->is_looking)
    uv_async_send(&reader->wake);
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
  uv_timer_init(io->loop, &reader->timer);
  reader->wake.data = reader->timer.data = reader;
  reader->handles = 2;
  reader->began_ms = clock_now_ms();
  log_reader_set_patience(reader, LOG_SILENT_MS, LOG_DEAD_MS);
  return reader;
}

void log_reader_set_patience(struct log_reader *reader, int64_t silent_ms, int64_t dead_ms) {
  const uint64_t look_ms = (uint64_t)(silent_ms / 2 < LOOK_MS ? silent_ms / 2 : LOOK_MS);
  reader->silent_ms = silent_ms;
  reader->dead_ms = dead_ms;
  if (reader->ordered)
    uv_timer_start(&reader->timer, on_look, look_ms, look_ms);
}

void log_reader_await(struct log_reader *reader, bool (*is_looking)(const void *arg),
                      const void *arg) {
  reader->is_looking = is_looking;
  reader->looking = arg;
}

static bool is_skipped(const struct log_reader *reader, const char *name) {
  for (size_t i = 0; i < reader->skipped_count; i++)
    if (strcmp(reader->skipped[i], name) == 0)
      return true;
  return false;
}

bool log_reader_wants(struct log_reader *reader, const struct log_filter *filter,
                      const char *name) {
  if (log_filter_wants_source(filter, name)) {
    reader->wanted++;
    return true;
  }
  if (is_skipped(reader, name))
    return false;
  reader->more_skipped |= reader->skipped_count == LOG_SKIPPED_MAX;
  if (reader->skipped_count < LOG_SKIPPED_MAX)
    reader->skipped[reader->skipped_count++] = mem_dup(name);
  return false;
}

size_t log_reader_wanted(const struct log_reader *reader) {
  return reader->wanted;
}

const char *const *log_reader_skipped(const struct log_reader *reader, size_t *count, bool *more) {
  *count = reader->skipped_count;
  *more = reader->more_skipped;
  return (const char *const *)reader->skipped;
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
  reader->silences[reader->count] = (struct silence){0, clock_now_ms()};
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
