#include "io/kafka_worker.h"

#include "core/mem.h"
#include "io/limit.h"
#include "io/thread.h"

#include <stdlib.h>
#include <string.h>

struct kafka_worker {
  pthread_mutex_t mutex; /* guards all but conf and session */
  pthread_cond_t wake;
  pthread_t thread;
  bool started, closing, ended, left;
  uv_async_t *notify;
  struct kafka_call *waiting, *running, *done;

  rd_kafka_conf_t *conf;        /* the thread's, once it runs */
  struct kafka_session session; /* the thread's */
};

struct kafka_worker *kafka_worker_new(rd_kafka_conf_t *conf, uv_async_t *notify) {
  struct kafka_worker *worker = mem_new(sizeof *worker);
  pthread_mutex_init(&worker->mutex, NULL);
  pthread_cond_init(&worker->wake, NULL);
  worker->conf = conf;
  worker->notify = notify;
  return worker;
}

static void worker_free(struct kafka_worker *worker) {
  rd_kafka_conf_destroy(worker->conf);
  pthread_mutex_destroy(&worker->mutex);
  pthread_cond_destroy(&worker->wake);
  free(worker);
}

static void push_last(struct kafka_call **list, struct kafka_call *call) {
  while (*list)
    list = &(*list)->next;
  call->next = NULL;
  *list = call;
}

static struct kafka_call *pop_first(struct kafka_call **list) {
  struct kafka_call *call = *list;
  if (call)
    *list = call->next;
  return call;
}

static bool unlink_call(struct kafka_call **list, struct kafka_call *call) {
  while (*list && *list != call)
    list = &(*list)->next;
  if (!*list)
    return false;
  *list = call->next;
  return true;
}

static void run(struct kafka_worker *worker, struct kafka_call *call) {
  struct kafka_session *session = &worker->session;
  call->good = session->rk || kafka_session_open(session, worker->conf, &call->err);
  if (!call->good)
    return;
  kafka_session_begin(session, &call->watch);
  call->good = call->work->run(session, call, &call->err);
}

/* One call after the other, until it is time to end. The mutex is held but while one runs. */
static void serve(struct kafka_worker *worker) {
  while (!worker->closing) {
    struct kafka_call *call = pop_first(&worker->waiting);
    if (!call) {
      pthread_cond_wait(&worker->wake, &worker->mutex);
      continue;
    }
    worker->running = call;
    pthread_mutex_unlock(&worker->mutex);
    run(worker, call);
    pthread_mutex_lock(&worker->mutex);
    worker->running = NULL;
    if (atomic_load(&call->watch.cancelled)) {
      call->work->drop(call);
      continue;
    }
    push_last(&worker->done, call);
    if (!worker->left)
      uv_async_send(worker->notify);
  }
}

static void *thread_main(void *arg) {
  struct kafka_worker *worker = arg;
  pthread_mutex_lock(&worker->mutex);
  serve(worker);
  pthread_mutex_unlock(&worker->mutex);
  kafka_session_close(&worker->session);
  pthread_mutex_lock(&worker->mutex);
  worker->ended = true;
  bool left = worker->left;
  if (!left)
    uv_async_send(worker->notify);
  pthread_mutex_unlock(&worker->mutex);
  if (left)
    worker_free(worker);
  return NULL;
}

static int start_thread(struct kafka_worker *worker) {
  int status = thread_start(&worker->thread, NULL, thread_main, worker);
  if (status == 0)
    pthread_setname_np(worker->thread, "kafka");
  return status;
}

void kafka_worker_call(struct kafka_worker *worker, struct kafka_call *call) {
  pthread_mutex_lock(&worker->mutex);
  int status = worker->started ? 0 : start_thread(worker);
  if (status == 0) {
    worker->started = true;
    push_last(&worker->waiting, call);
    pthread_cond_signal(&worker->wake);
  } else {
    call->good = limit_thread(status, &call->err);
    push_last(&worker->done, call);
    uv_async_send(worker->notify);
  }
  pthread_mutex_unlock(&worker->mutex);
}

void kafka_worker_cancel(struct kafka_worker *worker, struct kafka_call *call) {
  pthread_mutex_lock(&worker->mutex);
  bool ours = unlink_call(&worker->waiting, call) || unlink_call(&worker->done, call);
  if (!ours)
    atomic_store(&call->watch.cancelled, true);
  pthread_mutex_unlock(&worker->mutex);
  if (ours)
    call->work->drop(call);
}

struct kafka_call *kafka_worker_take(struct kafka_worker *worker) {
  pthread_mutex_lock(&worker->mutex);
  struct kafka_call *call = pop_first(&worker->done);
  pthread_mutex_unlock(&worker->mutex);
  return call;
}

bool kafka_worker_end(struct kafka_worker *worker) {
  pthread_mutex_lock(&worker->mutex);
  worker->closing = true;
  pthread_cond_signal(&worker->wake);
  bool started = worker->started;
  pthread_mutex_unlock(&worker->mutex);
  return started;
}

bool kafka_worker_ended(struct kafka_worker *worker) {
  pthread_mutex_lock(&worker->mutex);
  bool ended = worker->ended;
  pthread_mutex_unlock(&worker->mutex);
  return ended;
}

void kafka_worker_leave(struct kafka_worker *worker) {
  pthread_mutex_lock(&worker->mutex);
  bool ended = worker->ended;
  bool started = worker->started;
  worker->left = true;
  if (started && !ended)
    pthread_detach(worker->thread);
  pthread_mutex_unlock(&worker->mutex);
  if (started && !ended)
    return; /* it frees itself */
  if (started)
    pthread_join(worker->thread, NULL);
  worker_free(worker);
}
