/* Names are resolved off the loop's thread: silent name servers block nothing else, a name is
 * looked up once for all callers, and the end does not wait for it. The name server is the test's.
 */
#include "io/net/resolve.h"

#include "support/tiny_server.h"

#include <dirent.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum { SILENT = 20 };

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* silent name servers wait for it */
static atomic_int calls;

/* "silent*" waits for the gate; "none" has no address; all others are 10.0.0.1. */
static int work(const char *host, const char *service, struct resolve_result *result) {
  atomic_fetch_add(&calls, 1);
  if (strncmp(host, "silent", 6) == 0) {
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
  }
  if (strcmp(host, "none") == 0)
    return EAI_NONAME;
  struct sockaddr_in address;
  uv_ip4_addr("10.0.0.1", atoi(service), &address);
  memcpy(&result->addresses[result->count++], &address, sizeof address);
  return 0;
}

struct fixture {
  uv_loop_t loop;
  struct io io;
  size_t threads; /* before it: a sanitizer has one of its own */
};

struct outcome {
  bool done;
  int calls;
  struct resolve_result result;
  struct err err;
  struct resolve *cancels; /* another callback, when the answer arrives */
};

static size_t thread_count(void) {
  size_t count = 0;
  DIR *tasks = opendir("/proc/self/task");
  assert_non_null(tasks);
  for (const struct dirent *task; (task = readdir(tasks));)
    count += task->d_name[0] != '.';
  closedir(tasks);
  return count;
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  uv_loop_init(&f->loop);
  f->io.loop = &f->loop;
  f->io.resolver = resolver_new(&f->io, work);
  atomic_store(&calls, 0);
  f->threads = thread_count();
  pthread_mutex_lock(&gate);
  *state = f;
  return 0;
}

/* The threads are gone before the next test counts. */
static int teardown(void **state) {
  struct fixture *f = *state;
  resolver_free(f->io.resolver);
  tiny_loop_end(&f->loop); /* with threads that still hang */
  pthread_mutex_unlock(&gate);
  while (thread_count() > f->threads)
    sched_yield();
  free(f);
  return 0;
}

static void on_done(void *arg, const struct resolve_result *result, const struct err *err) {
  struct outcome *outcome = arg;
  outcome->done = true;
  outcome->calls++;
  if (result)
    outcome->result = *result;
  if (err)
    outcome->err = *err;
  if (outcome->cancels)
    resolve_cancel(outcome->cancels);
}

static struct resolve *ask(struct fixture *f, const char *host, struct outcome *outcome) {
  *outcome = (struct outcome){0};
  struct resolve *resolve = resolve_start(&f->io, host, 8000, on_done, outcome);
  assert_false(outcome->done);
  return resolve;
}

static void test_answers(void **state) {
  struct fixture *f = *state;
  struct outcome outcome;
  char text[INET6_ADDRSTRLEN];
  ask(f, "api", &outcome);
  tiny_run_until(&f->loop, &outcome.done);
  resolve_text(&outcome.result.addresses[0], text, sizeof text);
  assert_string_equal(text, "10.0.0.1");
  assert_int_equal(ntohs(((struct sockaddr_in *)&outcome.result.addresses[0])->sin_port), 8000);
  ask(f, "none", &outcome);
  tiny_run_until(&f->loop, &outcome.done);
  assert_int_equal(outcome.err.kind, ERR_UNRESOLVED);
  assert_string_equal(outcome.err.text,
                      "the name \"none\" has no address: Name or service not known");
  ask(f, "::1", &outcome); /* not a name: no lookup */
  tiny_run_until(&f->loop, &outcome.done);
  assert_int_equal(outcome.result.addresses[0].ss_family, AF_INET6);
  assert_int_equal(atomic_load(&calls), 2);
}

static void test_silence_holds_nobody_else(void **state) {
  struct fixture *f = *state;
  struct outcome silent[SILENT], quick;
  struct resolve *waiting[SILENT];
  for (size_t i = 0; i < SILENT; i++) {
    char host[32];
    snprintf(host, sizeof host, "silent%zu", i);
    waiting[i] = ask(f, host, &silent[i]);
  }
  ask(f, "api", &quick);
  tiny_run_until(&f->loop, &quick.done);
  for (size_t i = 0; i < SILENT; i++) {
    assert_false(silent[i].done);
    resolve_cancel(waiting[i]);
  }
}

/* Two callers, one that gives up, one that comes back: one lookup, and its answer for all. */
static void test_once_for_all(void **state) {
  struct fixture *f = *state;
  struct outcome first, second, third;
  struct resolve *gives_up = ask(f, "silent", &first);
  ask(f, "silent", &second);
  resolve_cancel(gives_up);
  ask(f, "silent", &third);
  pthread_mutex_unlock(&gate);
  tiny_run_until(&f->loop, &third.done);
  pthread_mutex_lock(&gate);
  assert_int_equal(first.calls, 0);
  assert_int_equal(second.calls, 1);
  assert_int_equal(third.result.count, 1);
  assert_int_equal(atomic_load(&calls), 1);
  ask(f, "api", &first); /* an answered name is looked up again: addresses move */
  tiny_run_until(&f->loop, &first.done);
  ask(f, "api", &first);
  tiny_run_until(&f->loop, &first.done);
  assert_int_equal(atomic_load(&calls), 3);
}

static void test_asked_again_after_giving_up(void **state) {
  struct fixture *f = *state;
  struct outcome outcome;
  for (size_t i = 0; i < 3; i++) {
    resolve_cancel(ask(f, "silent", &outcome));
    uv_run(&f->loop, UV_RUN_DEFAULT); /* ends at once: there is no caller left to wait for */
  }
  ask(f, "silent", &outcome);
  pthread_mutex_unlock(&gate);
  tiny_run_until(&f->loop, &outcome.done);
  pthread_mutex_lock(&gate);
  assert_int_equal(outcome.result.count, 1);
  assert_int_equal(atomic_load(&calls), 1);
}

static void test_cancelled_by_an_answer(void **state) {
  struct fixture *f = *state;
  struct outcome first, second;
  ask(f, "api", &first);
  first.cancels = ask(f, "api", &second);
  tiny_run_until(&f->loop, &first.done);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_int_equal(second.calls, 0);
  resolve_cancel(ask(f, "127.0.0.1", &second));
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_int_equal(second.calls, 0);
}

static void test_ceiling(void **state) {
  struct fixture *f = *state;
  static struct outcome outcomes[RESOLVE_LOOKUPS_MAX];
  static struct resolve *waiting[RESOLVE_LOOKUPS_MAX];
  struct outcome more;
  for (size_t i = 0; i < RESOLVE_LOOKUPS_MAX; i++) {
    char host[32];
    snprintf(host, sizeof host, "silent%zu", i);
    waiting[i] = ask(f, host, &outcomes[i]);
  }
  ask(f, "api", &more);
  tiny_run_until(&f->loop, &more.done);
  assert_int_equal(more.err.kind, ERR_LIMIT);
  for (size_t i = 0; i < RESOLVE_LOOKUPS_MAX; i++)
    resolve_cancel(waiting[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void *nothing(void *arg) {
  return arg;
}

int main(void) {
  pthread_t first; /* a sanitizer's own thread begins with the first of ours */
  if (pthread_create(&first, NULL, nothing, NULL) == 0)
    pthread_join(first, NULL);
  const struct CMUnitTest tests[] = {
      TEST(test_answers),
      TEST(test_silence_holds_nobody_else),
      TEST(test_once_for_all),
      TEST(test_asked_again_after_giving_up),
      TEST(test_cancelled_by_an_answer),
      TEST(test_ceiling),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
