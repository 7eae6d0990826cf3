/* One timer and one function, `turn`, handle everything that depends on time: `turn` does what is
 * due until nothing is. */
#include "clients/kafka/kafka_process.h"

#include "clients/kafka/child/kafka_child.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"
#include "io/limit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  READ_BYTES = 64 << 10,
  STEPS_MAX = 10000, /* frames per call that are not the answer: more are an error */
  STEP_MAX = 120,
};

/* A running process, or one that is about to be reaped. */
struct child {
  struct kafka_process *process; /* NULL: the call was cancelled */
  uv_process_t handle;
  uv_pipe_t pipe;
  int open_handles;
  int64_t born_ms;
  bool over;       /* its socket is not read any more: it is being killed, or has ended */
  bool reaped;     /* its exit has been seen */
  bool told;       /* the canceller knows why it is killed */
  char doing[160]; /* why it was killed; "": it was not */
  struct kafka_frame_head head;
  char *body; /* heap */
  size_t got, capacity;
  int steps;
};

struct kafka_process {
  struct io *io;
  uv_timer_t timer;
  struct wire_out config; /* the first frame of each child */
  struct child *child;
  struct kafka_call *waiting;
  struct kafka_call *current; /* sent, not answered */
  bool busy;                  /* the child has not answered yet, whether current or cancelled */
  int64_t free_by_ms;         /* deadline for that, if cancelled */
  bool hang_told;             /* the canceller reports the hang */
  uint64_t call;              /* of what was sent last */
  char step[STEP_MAX];
  int crashes; /* in a row */
  int64_t start_ms;
  char crash[256]; /* the last one */
  bool untold;     /* ... that no call and no canceller has reported */
  bool closing;
  int64_t kill_ms, leave_ms; /* closing: when it is killed, and when it is abandoned */
  void (*closed)(void *arg);
  void *closed_arg;
};

static void schedule(struct kafka_process *process);

/* ---- the child's handles */

static void on_child_closed(uv_handle_t *handle) {
  struct child *child = handle->data;
  if (--child->open_handles > 0)
    return;
  free(child->body);
  free(child);
}

static void close_pipe(struct child *child) {
  if (!uv_is_closing((uv_handle_t *)&child->pipe))
    uv_close((uv_handle_t *)&child->pipe, on_child_closed);
}

/* Releases a child that was reaped, or that cannot be killed (it hangs in the kernel). */
static void child_leave(struct child *child) {
  child->process = NULL;
  close_pipe(child);
  if (!uv_is_closing((uv_handle_t *)&child->handle))
    uv_close((uv_handle_t *)&child->handle, on_child_closed);
}

/* Its exit comes later. `why` replaces the reason of the exit; "" keeps it. */
static void child_kill(struct child *child, const char *why) {
  if (child->over)
    return;
  child->over = true;
  snprintf(child->doing, sizeof child->doing, "%s", why);
  close_pipe(child);
  uv_process_kill(&child->handle, SIGKILL);
}

/* ---- what it sends */

struct writing {
  uv_write_t write;
  char *bytes;
};

static void on_written(uv_write_t *write, int status) {
  struct writing *writing = (struct writing *)write; /* its first member */
  (void)status; /* the end of a child that does not read is noticed by its exit */
  free(writing->bytes);
  free(writing);
}

/* Takes the frame. */
static void child_send(struct child *child, struct wire_out *frame) {
  struct writing *writing = mem_new(sizeof *writing);
  writing->bytes = frame->bytes;
  uv_buf_t buffer = uv_buf_init(frame->bytes, (unsigned)frame->len);
  *frame = (struct wire_out){0};
  if (child->over ||
      uv_write(&writing->write, (uv_stream_t *)&child->pipe, &buffer, 1, on_written) != 0) {
    free(writing->bytes);
    free(writing);
  }
}

static void child_tell(struct child *child, enum kafka_frame_type type, uint64_t call) {
  struct wire_out frame = kafka_frame_begin(type, call);
  if (kafka_frame_end(&frame))
    child_send(child, &frame);
}

/* False: it is invalid. */
static bool take_step(struct kafka_process *process, struct wire_in *in) {
  const char *text = wire_get_text(in);
  if (!text || in->left > 0 || process->child->steps++ > STEPS_MAX)
    return false;
  snprintf(process->step, sizeof process->step, "%s", text);
  return true;
}

static bool take_pass(struct kafka_process *process) {
  struct kafka_call *call = process->current;
  bool go = call && call->work->pass && call->work->pass(call);
  child_tell(process->child, go ? KAFKA_FRAME_GO : KAFKA_FRAME_STAY, process->call);
  return process->child->steps++ <= STEPS_MAX;
}

static void finish(struct kafka_process *process, struct kafka_call *call) {
  if (process->current == call)
    process->current = NULL;
  call->work->finished(call);
}

static bool take_answer(struct kafka_process *process, struct wire_in *in) {
  struct kafka_call *call = process->current;
  process->busy = false;
  process->child->steps = 0;
  if (!call)
    return true;
  bool good;
  struct err err = {0};
  if (!kafka_frame_get_err(in, &good, &err) || !call->work->take(call, good, in))
    return false;
  call->good = good;
  call->err = err;
  call->answered = true;
  finish(process, call);
  return true;
}

static bool take_frame(struct kafka_process *process) {
  struct child *child = process->child;
  struct wire_in in = {child->body, child->head.len, NULL, false};
  bool ours = child->head.call == process->call && process->busy;
  switch (child->head.type) {
  case KAFKA_FRAME_STEP:
    return ours && take_step(process, &in);
  case KAFKA_FRAME_PASS:
    return ours && child->head.len == 0 && take_pass(process);
  case KAFKA_FRAME_ANSWER:
    return ours && take_answer(process, &in);
  default:
    return false;
  }
}

/* The head, then the body, which grows as it arrives: a length alone allocates no memory. */
static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer) {
  (void)size;
  struct child *child = handle->data;
  size_t head = sizeof child->head;
  if (child->got < head) {
    *buffer = uv_buf_init((char *)&child->head + child->got, (unsigned)(head - child->got));
    return;
  }
  size_t got = child->got - head, left = child->head.len - got;
  size_t room = left < READ_BYTES ? left : READ_BYTES;
  if (child->capacity - got < room) {
    child->capacity = child->capacity * 2 > got + room ? child->capacity * 2 : got + room;
    child->body = mem_resize(child->body, child->capacity);
  }
  *buffer = uv_buf_init(child->body + got, (unsigned)room);
}

static void body_reset(struct child *child) {
  child->got = 0;
  if (child->capacity > READ_BYTES) { /* a large answer's memory is not kept */
    free(child->body);
    child->body = NULL;
    child->capacity = 0;
  }
}

static bool take_bytes(struct child *child, size_t count) {
  size_t head = sizeof child->head;
  child->got += count;
  if (child->got < head)
    return true;
  if (child->got == head && !kafka_frame_sound(&child->head))
    return false;
  if (child->got < head + child->head.len)
    return true;
  bool good = take_frame(child->process);
  body_reset(child);
  return good;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  (void)buffer;
  struct child *child = stream->data;
  if (child->over || !child->process || count == 0)
    return;
  if (count < 0)
    child_kill(child, ""); /* it has usually ended by itself: its status has the reason */
  else if (!take_bytes(child, (size_t)count))
    child_kill(child, "sent an invalid answer");
  if (child->process)
    schedule(child->process);
}

/* ---- its life */

static void pause_begin(struct kafka_process *process, int64_t lived_ms) {
  if (lived_ms >= KAFKA_STEADY_MS)
    process->crashes = 0;
  int64_t pause = KAFKA_PAUSE_MS;
  for (int i = 0; i < process->crashes && pause < KAFKA_PAUSE_MAX_MS; i++)
    pause *= 2;
  process->crashes++;
  process->start_ms =
      clock_now_ms() + (pause < KAFKA_PAUSE_MAX_MS ? pause : (int64_t)KAFKA_PAUSE_MAX_MS);
}

/* With limited memory it may crash, end or hang anywhere: the limit is always named. */
static void crash_words(const struct child *child, int64_t status, int signal, char *text,
                        size_t size) {
  char what[sizeof child->doing], memory[LIMIT_TEXT_MAX];
  const char *name = signal > 0 ? sigabbrev_np(signal) : NULL;
  if (*child->doing)
    snprintf(what, sizeof what, "%s", child->doing);
  else if (name)
    snprintf(what, sizeof what, "crashed (SIG%s)", name);
  else if (signal > 0)
    snprintf(what, sizeof what, "crashed (signal %d)", signal);
  else if (status == KAFKA_CHILD_NO_THREAD)
    snprintf(what, sizeof what, "ended: cannot start a thread (ulimit -u)");
  else
    snprintf(what, sizeof what, "ended (exit status %lld)", (long long)status);
  snprintf(text, size, "Kafka client %s%s, restarting", what, limit_memory_text(memory));
}

/* The call fails with the crash, which is thereby reported. */
static void fail_crashed(struct kafka_process *process, struct kafka_call *call) {
  process->untold = false;
  call->good = err_set(&call->err, ERR_IO, "%s", process->crash);
}

static void fail_current(struct kafka_process *process) {
  struct kafka_call *call = process->current;
  process->busy = false;
  if (!call)
    return;
  fail_crashed(process, call);
  finish(process, call);
}

static void on_ended(uv_process_t *handle, int64_t status, int signal) {
  struct child *child = handle->data;
  struct kafka_process *process = child->process;
  child->over = child->reaped = true;
  if (!process) {
    child_leave(child);
    return;
  }
  process->child = NULL;
  crash_words(child, status, signal, process->crash, sizeof process->crash);
  process->untold = !child->told;
  pause_begin(process, clock_now_ms() - child->born_ms);
  child_leave(child);
  if (!process->closing)
    fail_current(process);
  schedule(process);
}

/* The first waiting call. */
static void fail_first(struct kafka_process *process, const struct err *err) {
  struct kafka_call *call = process->waiting;
  process->waiting = call->next;
  process->untold = false;
  free(call->frame.bytes);
  call->frame = (struct wire_out){0};
  call->err = *err;
  call->work->finished(call);
}

static int child_spawn(struct kafka_process *process, struct child *child) {
  char name[] = "stacktop", mode[] = KAFKA_CHILD_ARG;
  char *args[] = {name, mode, NULL};
  uv_stdio_container_t stdio[KAFKA_CHILD_FD + 1] = {
      {.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
  stdio[KAFKA_CHILD_FD].flags = UV_CREATE_PIPE | UV_READABLE_PIPE | UV_WRITABLE_PIPE;
  stdio[KAFKA_CHILD_FD].data.stream = (uv_stream_t *)&child->pipe;
  uv_process_options_t options = {.file = process->io->kafka_child ? process->io->kafka_child : "",
                                  .args = args,
                                  .flags = UV_PROCESS_DETACHED, /* no signal of the terminal */
                                  .stdio = stdio,
                                  .stdio_count = KAFKA_CHILD_FD + 1,
                                  .exit_cb = on_ended};
  return uv_spawn(process->io->loop, &child->handle, &options);
}

static void child_start(struct kafka_process *process) {
  struct child *child = mem_new(sizeof *child);
  uv_pipe_init(process->io->loop, &child->pipe, 0);
  child->pipe.data = child->handle.data = child;
  child->process = process;
  child->born_ms = clock_now_ms();
  child->open_handles = 2;
  int status = child_spawn(process, child);
  child->handle.data = child;
  if (status != 0) {
    struct err err;
    if (!limit_error(-status, &err))
      err_set(&err, ERR_IO, "cannot start the Kafka client: %s", uv_strerror(status));
    snprintf(process->crash, sizeof process->crash, "%.*s", (int)sizeof process->crash - 1,
             err.text);
    pause_begin(process, 0);
    child_leave(child);
    fail_first(process, &err);
    return;
  }
  process->child = child;
  struct wire_out config = {.most = KAFKA_FRAME_MAX};
  wire_put_bytes(&config, process->config.bytes, process->config.len);
  child_send(child, &config);
  uv_read_start((uv_stream_t *)&child->pipe, on_alloc, on_read);
}

/* ---- calls */

struct kafka_process *kafka_process_new(struct io *io, const struct kafka_config *config) {
  struct kafka_process *process = mem_new(sizeof *process);
  process->io = io;
  uv_timer_init(io->loop, &process->timer);
  process->timer.data = process;
  process->config = kafka_frame_begin(KAFKA_FRAME_CONFIG, 0);
  wire_put(&process->config, &kafka_config_fields, config);
  process->config.full = !kafka_frame_end(&process->config);
  return process;
}

static void call_send(struct kafka_process *process) {
  struct kafka_call *call = process->waiting;
  process->waiting = call->next;
  process->current = call;
  process->busy = true;
  process->call++;
  process->free_by_ms = INT64_MAX;
  process->hang_told = false;
  memcpy(call->frame.bytes + offsetof(struct kafka_frame_head, call), &process->call,
         sizeof process->call);
  snprintf(process->step, sizeof process->step, "the request to be read");
  child_send(process->child, &call->frame);
}

void kafka_process_call(struct kafka_process *process, struct kafka_call *call) {
  struct kafka_call **link = &process->waiting;
  while (*link)
    link = &(*link)->next;
  *link = call;
  call->next = NULL;
  call->frame.full = !kafka_frame_end(&call->frame);
  schedule(process);
}

void kafka_process_cancel(struct kafka_process *process, struct kafka_call *call,
                          const char **step) {
  struct kafka_call **link = &process->waiting;
  while (*link && *link != call)
    link = &(*link)->next;
  if (step)
    *step =
        *link ? process->child ? "another request" : "the Kafka client to start" : process->step;
  if (*link) {
    *link = call->next;
  } else if (process->current == call) {
    process->current = NULL;
    process->free_by_ms = clock_now_ms() + KAFKA_FREE_MS;
    process->hang_told = step;
    child_tell(process->child, KAFKA_FRAME_CANCEL, process->call);
  }
  free(call->frame.bytes);
  call->frame = (struct wire_out){0};
  schedule(process);
}

const char *kafka_process_crash(struct kafka_process *process) {
  bool untold = process->untold;
  process->untold = false;
  return untold ? process->crash : NULL;
}

/* ---- what is due */

static void on_timer_closed(uv_handle_t *handle) {
  struct kafka_process *process = handle->data;
  void (*closed)(void *arg) = process->closed;
  void *arg = process->closed_arg;
  free(process->config.bytes);
  free(process);
  closed(arg);
}

static void leave(struct kafka_process *process) {
  if (process->child)
    child_leave(process->child);
  process->child = NULL;
  uv_close((uv_handle_t *)&process->timer, on_timer_closed);
}

static void turn_closing(struct kafka_process *process, int64_t now_ms) {
  if (!process->child || now_ms >= process->leave_ms)
    leave(process);
  else if (now_ms >= process->kill_ms)
    child_kill(process->child, "");
}

static bool kill_hung(struct kafka_process *process, int64_t now_ms) {
  struct kafka_call *call = process->current;
  char why[sizeof process->child->doing];
  int64_t by_ms = call ? call->deadline_ms + KAFKA_LATE_MS : process->free_by_ms;
  if (!process->child || process->child->over || !process->busy || now_ms < by_ms)
    return false;
  snprintf(why, sizeof why, "hung (waited for %.100s)", process->step);
  process->child->told = !call && process->hang_told;
  child_kill(process->child, why);
  return true;
}

/* A call that cannot be sent in time. */
static bool fail_waiting(struct kafka_process *process, int64_t now_ms) {
  for (struct kafka_call **link = &process->waiting; *link; link = &(*link)->next) {
    struct kafka_call *call = *link;
    bool crashed = !process->child && process->start_ms > now_ms;
    if (!call->frame.full && now_ms < call->deadline_ms &&
        (!crashed || process->start_ms < call->deadline_ms))
      continue;
    *link = call->next;
    free(call->frame.bytes);
    if (call->frame.full)
      call->good = err_set(&call->err, ERR_LIMIT, "the request is too large");
    else if (*process->crash && !process->child)
      fail_crashed(process, call);
    else
      call->good = err_set(&call->err, ERR_IO, "Kafka client busy: waited for %s", process->step);
    call->frame = (struct wire_out){0};
    call->work->finished(call);
    return true;
  }
  return false;
}

static bool start_or_send(struct kafka_process *process, int64_t now_ms) {
  if (!process->waiting || process->busy)
    return false;
  if (!process->child && now_ms >= process->start_ms) {
    child_start(process);
    return true;
  }
  if (!process->child || process->child->over)
    return false;
  call_send(process);
  return true;
}

static void turn(struct kafka_process *process) {
  int64_t now_ms = clock_now_ms();
  while (!process->closing && (kill_hung(process, now_ms) || fail_waiting(process, now_ms) ||
                               start_or_send(process, now_ms)))
    ;
  if (process->closing)
    turn_closing(process, now_ms);
}

static void on_timer(uv_timer_t *timer) {
  struct kafka_process *process = timer->data;
  turn(process);
  schedule(process);
}

static int64_t sooner(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* The time at which `turn` has something to do. */
static int64_t due_ms(const struct kafka_process *process) {
  int64_t due = INT64_MAX;
  if (process->closing)
    return !process->child ? 0 : process->child->over ? process->leave_ms : process->kill_ms;
  if (process->child && !process->child->over && process->busy)
    due = process->current ? process->current->deadline_ms + KAFKA_LATE_MS : process->free_by_ms;
  for (const struct kafka_call *call = process->waiting; call; call = call->next)
    due = sooner(due,
                 !process->child && call->deadline_ms <= process->start_ms ? 0 : call->deadline_ms);
  if (process->waiting && !process->busy && !process->child)
    due = sooner(due, process->start_ms);
  else if (process->waiting && !process->busy && !process->child->over)
    due = 0;
  return due;
}

static void schedule(struct kafka_process *process) {
  if (uv_is_closing((uv_handle_t *)&process->timer))
    return;
  int64_t due = due_ms(process), now_ms = clock_now_ms();
  if (due == INT64_MAX) {
    uv_timer_stop(&process->timer);
    return;
  }
  uv_update_time(process->timer.loop);
  uv_timer_start(&process->timer, on_timer, due > now_ms ? (uint64_t)(due - now_ms) : 0, 0);
}

/* Closing its socket ends the child; one that hangs is killed. */
void kafka_process_close(struct kafka_process *process, void (*done)(void *arg), void *arg) {
  process->closed = done;
  process->closed_arg = arg;
  process->closing = true;
  process->kill_ms = clock_now_ms() + KAFKA_CLOSE_MS / 4;
  process->leave_ms = clock_now_ms() + KAFKA_CLOSE_MS / 2;
  if (process->child)
    close_pipe(process->child);
  schedule(process);
}
