/* Two threads: one reads the socket, so that a cancel and the end of the parent are noticed
 * whatever librdkafka does; the main one makes the calls, and is the only one that writes. */
#include "clients/kafka/child/kafka_child.h"

#include "clients/kafka/child/admin/kafka_admin_run.h"
#include "clients/kafka/child/collect/kafka_collect.h"
#include "clients/kafka/child/kafka_conf.h"
#include "clients/kafka/kafka_frame.h"
#include "core/mem.h"
#include "io/clock.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATUS_PARENT_GONE = 0, STATUS_NOT_A_CHILD = 70, STATUS_GARBAGE = 71 };

struct frame {
  struct kafka_frame_head head;
  char *body; /* heap */
};

struct kafka_child {
  rd_kafka_conf_t *conf; /* NULL: conf_err */
  struct err conf_err;
  struct kafka_session session;
  struct kafka_session committed; /* reads committed transactions only; opened when it is needed */
  struct kafka_stuck stuck;       /* over all sessions, as is */
  struct kafka_past past;
  struct kafka_producers producers;
  struct kafka_watch watch; /* of the running call */
  uint64_t running;

  pthread_mutex_t mutex; /* for all that follows */
  pthread_cond_t wake;
  struct frame next; /* the next call; type 0: none */
  uint64_t cancelled;
  uint32_t verdict; /* GO or STAY, for `running`; 0: not yet */
};

bool kafka_child_wanted(int argc, char **argv) {
  return argc == 2 && strcmp(argv[1], KAFKA_CHILD_ARG) == 0;
}

/* ---- the socket */

/* The socket is closed when stacktop has ended or wants this process to end: exit without cleaning
 * up. */
static void read_all(void *to, size_t len) {
  char *at = to;
  while (len > 0) {
    ssize_t count = read(KAFKA_CHILD_FD, at, len);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      _exit(STATUS_PARENT_GONE);
    at += count;
    len -= (size_t)count;
  }
}

static void write_all(const char *from, size_t len) {
  while (len > 0) {
    ssize_t count = write(KAFKA_CHILD_FD, from, len);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      _exit(STATUS_PARENT_GONE);
    from += count;
    len -= (size_t)count;
  }
}

static struct frame frame_read(void) {
  struct frame frame;
  read_all(&frame.head, sizeof frame.head);
  if (!kafka_frame_sound(&frame.head))
    _exit(STATUS_GARBAGE);
  frame.body = mem_new(frame.head.len + 1);
  read_all(frame.body, frame.head.len);
  return frame;
}

/* Frees the frame. */
static void frame_write(struct wire_out *frame) {
  write_all(frame->bytes, frame->len);
  free(frame->bytes);
}

/* ---- the reading thread */

static void cancel(struct kafka_child *child, uint64_t call) {
  child->cancelled = call;
  if (child->running == call)
    atomic_store(&child->watch.cancelled, true);
}

/* Call with the mutex locked. */
static void take(struct kafka_child *child, struct frame frame) {
  switch (frame.head.type) {
  case KAFKA_FRAME_COLLECT:
  case KAFKA_FRAME_ASK:
    if (child->next.head.type)
      _exit(STATUS_GARBAGE);
    child->next = frame;
    return;
  case KAFKA_FRAME_CANCEL:
    cancel(child, frame.head.call);
    break;
  case KAFKA_FRAME_GO:
  case KAFKA_FRAME_STAY:
    child->verdict = frame.head.type;
    break;
  default:
    _exit(STATUS_GARBAGE);
  }
  free(frame.body);
}

static void *reader_main(void *arg) {
  struct kafka_child *child = arg;
  for (;;) {
    struct frame frame = frame_read();
    pthread_mutex_lock(&child->mutex);
    take(child, frame);
    pthread_cond_signal(&child->wake);
    pthread_mutex_unlock(&child->mutex);
  }
  return NULL;
}

/* ---- the calls */

static void tell_step(void *arg, const char *step) {
  struct kafka_child *child = arg;
  struct wire_out frame = kafka_frame_begin(KAFKA_FRAME_STEP, child->running);
  wire_put_text(&frame, step);
  if (kafka_frame_end(&frame))
    frame_write(&frame);
}

/* Asks stacktop for permission to send a change: only it knows who cancels, and when. */
static bool ask_to_pass(void *arg) {
  struct kafka_child *child = arg;
  struct wire_out frame = kafka_frame_begin(KAFKA_FRAME_PASS, child->running);
  pthread_mutex_lock(&child->mutex);
  child->verdict = 0;
  pthread_mutex_unlock(&child->mutex);
  if (kafka_frame_end(&frame))
    frame_write(&frame);
  pthread_mutex_lock(&child->mutex);
  while (!child->verdict)
    pthread_cond_wait(&child->wake, &child->mutex);
  bool go = child->verdict == KAFKA_FRAME_GO;
  pthread_mutex_unlock(&child->mutex);
  return go;
}

static bool session_ready(struct kafka_child *child, struct err *err) {
  if (!child->conf) {
    *err = child->conf_err;
    return false;
  }
  if (!child->session.rk && !kafka_session_open(&child->session, child->conf, err))
    return false;
  kafka_session_begin(&child->session, &child->watch);
  return true;
}

/* A page that reads many messages has a client of its own: its queue has room for them, because
 * librdkafka waits whenever the queue is full, and then for up to a second. */
static bool reader_ready(struct kafka_child *child, enum kafka_look look, struct err *err) {
  if ((look != KAFKA_LOOK_MESSAGES && look != KAFKA_LOOK_STABLE) || child->session.rk ||
      !child->conf)
    return session_ready(child, err);
  rd_kafka_conf_set(child->conf, "queued.min.messages", look == KAFKA_LOOK_STABLE ? "500" : "50",
                    NULL, 0);
  rd_kafka_conf_set(child->conf, "queued.max.messages.kbytes", "8192", NULL, 0);
  return session_ready(child, err);
}

/* The end that a reader of committed transactions sees depends on the instance. */
static bool committed_ready(struct kafka_child *child, struct kafka_collection *collection,
                            struct err *err) {
  if (collection->look != KAFKA_LOOK_SETTINGS && collection->look != KAFKA_LOOK_STABLE &&
      !collection->held)
    return true;
  if (!child->committed.rk) {
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(child->conf);
    rd_kafka_conf_set(conf, "isolation.level", "read_committed", NULL, 0);
    const bool good = kafka_session_open(&child->committed, conf, err);
    rd_kafka_conf_destroy(conf);
    if (!good)
      return false;
  }
  kafka_session_begin(&child->committed, &child->watch);
  collection->committed = &child->committed;
  return true;
}

static void answer(struct kafka_child *child, bool good, const struct err *err,
                   const struct kafka_snapshot *snapshot, const struct kafka_admin *admin) {
  struct wire_out frame = kafka_frame_begin(KAFKA_FRAME_ANSWER, child->running);
  kafka_frame_put_err(&frame, good, err);
  if (snapshot && good)
    kafka_snapshot_put(&frame, snapshot);
  if (admin)
    kafka_answer_put(&frame, admin);
  if (!kafka_frame_end(&frame)) {
    struct err large;
    struct kafka_admin *empty = admin ? kafka_admin_new() : NULL;
    free(frame.bytes);
    err_set(&large, ERR_LIMIT, "the answer is larger than %d MB", KAFKA_FRAME_MAX >> 20);
    if (empty)
      empty->unsure = good ? kafka_admin_sent(admin) : admin->unsure;
    answer(child, false, &large, NULL, empty);
    kafka_admin_free(empty);
    return;
  }
  frame_write(&frame);
}

/* Between two calls, so that none waits for librdkafka to end, and no action is interrupted. */
static void renew_if_stuck(struct kafka_child *child) {
  if (kafka_session_is_stuck(&child->stuck, &child->session.signs, clock_now_ms()))
    kafka_session_close(&child->session);
}

static void collect(struct kafka_child *child, struct frame *frame) {
  struct arena arena;
  struct err err = {0};
  struct kafka_query query = {0};
  struct kafka_collection collection;
  arena_init(&arena, KAFKA_FRAME_MAX);
  struct wire_in in = {frame->body, frame->head.len, &arena, false};
  if (!wire_get(&in, &kafka_query_fields, &query))
    _exit(STATUS_GARBAGE);
  child->watch.deadline_ms = query.deadline_ms;
  kafka_collection_init(&collection, &query, &child->past);
  collection.producers = &child->producers;
  bool good = reader_ready(child, query.look, &err) && committed_ready(child, &collection, &err) &&
              kafka_collect(&child->session, &collection, &err);
  answer(child, good, &err, collection.snapshot, NULL);
  kafka_snapshot_free(collection.snapshot);
  arena_fini(&arena);
  if (good)
    renew_if_stuck(child);
  else if (err.kind == ERR_LIMIT) /* librdkafka does not retry a thread that it could not start */
    kafka_session_close(&child->session);
}

static void ask(struct kafka_child *child, struct frame *frame) {
  struct err err = {0};
  struct kafka_admin *admin = kafka_admin_new();
  struct wire_in in = {frame->body, frame->head.len, &admin->arena, false};
  child->watch.deadline_ms = wire_get_time(&in);
  if (!kafka_question_get(&in, admin))
    _exit(STATUS_GARBAGE);
  admin->ask_to_pass = ask_to_pass;
  admin->pass_arg = child;
  bool good = session_ready(child, &err) && admin->run(&child->session, admin, &err);
  answer(child, good, &err, NULL, admin);
  kafka_admin_free(admin);
}

static struct frame next_call(struct kafka_child *child) {
  pthread_mutex_lock(&child->mutex);
  child->running = 0;
  while (!child->next.head.type)
    pthread_cond_wait(&child->wake, &child->mutex);
  struct frame frame = child->next;
  child->next = (struct frame){0};
  child->running = frame.head.call;
  atomic_store(&child->watch.cancelled, child->cancelled == child->running);
  child->watch.step = NULL;
  pthread_mutex_unlock(&child->mutex);
  return frame;
}

/* The first frame, before there is a second thread. */
static void read_config(struct kafka_child *child) {
  struct arena arena;
  struct kafka_config config = {0};
  struct frame frame = frame_read();
  arena_init(&arena, KAFKA_FRAME_MAX);
  struct wire_in in = {frame.body, frame.head.len, &arena, false};
  if (frame.head.type != KAFKA_FRAME_CONFIG || !wire_get(&in, &kafka_config_fields, &config))
    _exit(STATUS_GARBAGE);
  child->conf = kafka_conf_new(&config, &child->conf_err);
  arena_fini(&arena);
  explicit_bzero(frame.body, frame.head.len);
  free(frame.body);
}

/* Low memory, private, and ends with its parent. */
static bool settle(void) {
  struct stat status;
  struct rlimit none = {0, 0};
  if (fstat(KAFKA_CHILD_FD, &status) != 0 || !S_ISSOCK(status.st_mode))
    return false;
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* if its parent has already ended, the socket is closed */
  prctl(PR_SET_NAME, "stacktop-kafka");
  close_range(KAFKA_CHILD_FD + 1, ~0U, 0);
  setrlimit(RLIMIT_CORE, &none); /* a core dump would contain passwords */
  signal(SIGPIPE, SIG_IGN);
  mallopt(M_ARENA_MAX, 1); /* a dozen threads with little to do */
  return true;
}

int kafka_child_main(void) {
  struct kafka_child child = {.running = 0};
  pthread_t reader;
  if (!settle())
    return STATUS_NOT_A_CHILD;
  clock_start();
  pthread_mutex_init(&child.mutex, NULL);
  pthread_cond_init(&child.wake, NULL);
  child.watch.tell = tell_step;
  child.watch.tell_arg = &child;
  read_config(&child);
  if (pthread_create(&reader, NULL, reader_main, &child) != 0)
    return KAFKA_CHILD_NO_THREAD;
  for (;;) {
    struct frame frame = next_call(&child);
    if (frame.head.type == KAFKA_FRAME_COLLECT)
      collect(&child, &frame);
    else
      ask(&child, &frame);
    free(frame.body);
  }
}
