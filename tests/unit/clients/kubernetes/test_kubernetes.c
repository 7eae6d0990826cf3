/* Paths, errors and kubectl: a script plays it, because what counts here is how it starts, ends and
 * what it says. The real one has its tests in tests/e2e/test_kubernetes_long.py. */
#include "clients/kubernetes/kubernetes.h"
#include "clients/kubernetes/kubernetes_kind.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/file/folder.h"
#include "support/tiny_server.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- paths and errors */

static void test_paths(void **state) {
  char path[KUBERNETES_PATH_MAX], longest[KUBERNETES_PATH_MAX];
  (void)state;
  assert_true(kubernetes_list_path(path, KUBERNETES_POD, NULL));
  assert_string_equal(path, "/api/v1/pods?");
  assert_true(kubernetes_list_path(path, KUBERNETES_DEPLOYMENT, "ecap"));
  assert_string_equal(path, "/apis/apps/v1/namespaces/ecap/deployments?");
  assert_true(kubernetes_list_path(path, KUBERNETES_NODE, "ecap")); /* of no namespace */
  assert_string_equal(path, "/api/v1/nodes?");
  assert_true(kubernetes_object_path(path, KUBERNETES_DEPLOYMENT, "ecap", "api", "/scale"));
  assert_string_equal(path, "/apis/apps/v1/namespaces/ecap/deployments/api/scale");
  assert_true(kubernetes_object_path(path, KUBERNETES_POD, "a/../b", "x?y\r\n%", ""));
  assert_string_equal(path, "/api/v1/namespaces/a%2F..%2Fb/pods/x%3Fy%0D%0A%25");
  assert_false(kubernetes_object_path(path, KUBERNETES_POD, "..", "x", ""));
  assert_false(kubernetes_object_path(path, KUBERNETES_POD, "ecap", ".", ""));
  assert_false(kubernetes_object_path(path, KUBERNETES_POD, "ecap", "", ""));
  assert_false(kubernetes_object_path(path, KUBERNETES_POD, "", "x", ""));
  memset(longest, 'a', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  assert_false(kubernetes_object_path(path, KUBERNETES_POD, "ecap", longest, ""));
  assert_int_equal(kubernetes_kind_of("deployment"), KUBERNETES_DEPLOYMENT);
  assert_int_equal(kubernetes_kind_of("deploy"), KUBERNETES_KIND_COUNT);
}

static void test_errors(void **state) {
  struct err err;
  (void)state;
  json_t *json = json_pack("{s:s}", "message", "pods is forbidden: User \"guest\" cannot list");
  kubernetes_status_error(403, json, "{", &err);
  assert_int_equal(err.kind, ERR_DENIED);
  assert_string_equal(err.text, "pods is forbidden: User \"guest\" cannot list");
  json_decref(json);
  kubernetes_status_error(500, NULL, "dial tcp 127.0.0.1:1: connect: connection refused\n", &err);
  assert_int_equal(err.kind, ERR_UNREACHABLE);
  assert_string_equal(err.text, "dial tcp 127.0.0.1:1: connect: connection refused");
  kubernetes_status_error(409, NULL, NULL, &err);
  assert_int_equal(err.kind, ERR_INVALID);
  assert_string_equal(kubernetes_proxy_line("E1127 15:42:19.693431   22975 proxy_server.go:147] "
                                            "Error while proxying request: dial tcp"),
                      "dial tcp");
  assert_string_equal(kubernetes_proxy_line("error: context \"x\" does not exist"),
                      "context \"x\" does not exist");
  assert_string_equal(kubernetes_proxy_line("E1"), "E1");
  assert_string_equal(kubernetes_proxy_line(""), "");
}

/* ---- kubectl */

static struct fixture {
  uv_loop_t loop;
  uv_timer_t tick;
  struct io io;
  char folder[64], program[96];
  struct kubernetes_proxy *proxy;
  struct kubernetes_wait wait;
  bool done, closed;
  struct err err;
} fixture;

static int setup(void **state) {
  (void)state;
  fixture = (struct fixture){.folder = "/tmp/stacktop-test-XXXXXX"};
  assert_non_null(mkdtemp(fixture.folder));
  snprintf(fixture.program, sizeof fixture.program, "%s/kubectl", fixture.folder);
  setenv("XDG_RUNTIME_DIR", fixture.folder, 1);
  uv_loop_init(&fixture.loop);
  fixture.io.loop = &fixture.loop;
  uv_timer_init(&fixture.loop, &fixture.tick);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  uv_close((uv_handle_t *)&fixture.tick, NULL);
  uv_run(&fixture.loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&fixture.loop), 0);
  unlink(fixture.program);
  assert_int_equal(rmdir(fixture.folder), 0); /* nothing is left in it */
  return 0;
}

static void play(const char *script) {
  FILE *file = fopen(fixture.program, "w");
  assert_non_null(file);
  fprintf(file, "#!/bin/sh\n%s\n", script);
  fclose(file);
  chmod(fixture.program, 0700);
}

static void on_ready(void *arg, const struct err *err) {
  (void)arg;
  fixture.done = true;
  fixture.err = err ? *err : (struct err){0};
}

static void on_closed(void *arg) {
  (void)arg;
  fixture.closed = true;
}

static void take_proxy(void) {
  const struct kubernetes_login login = {
      .kubectl = fixture.program, .context = "staging", .kubeconfig = "/no where"};
  fixture.proxy = kubernetes_proxy_take(&fixture.io, &login);
}

static void on_tick(uv_timer_t *timer) {
  (void)timer;
}

static void run_until(const bool *condition) {
  const int64_t end_ms = clock_now_ms() + 10000;
  uv_timer_start(&fixture.tick, on_tick, 20, 20); /* the loop wakes up at least for that */
  while (!*condition && clock_now_ms() < end_ms)
    uv_run(&fixture.loop, UV_RUN_ONCE);
  uv_timer_stop(&fixture.tick);
  assert_true(*condition);
}

static void wait_ready(void) {
  fixture.done = false;
  fixture.wait = (struct kubernetes_wait){.done = on_ready};
  kubernetes_proxy_wait(fixture.proxy, &fixture.wait);
  assert_false(fixture.done);
  run_until(&fixture.done);
}

static void release(void) {
  fixture.closed = false;
  kubernetes_proxy_release(fixture.proxy, on_closed, NULL);
  run_until(&fixture.closed);
}

/* One that is killed and that its new parent has not reaped yet does not run. */
static bool runs(int pid) {
  char path[64], state = 'Z';
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "r");
  if (!file)
    return false;
  if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
    state = 'Z';
  fclose(file);
  return state != 'Z' && state != 'X';
}

static void test_it_serves_until_it_is_released(void **state) {
  struct stat folder;
  char pid_file[96], text[32] = "", path[FOLDER_PATH_MAX];
  (void)state;
  snprintf(pid_file, sizeof pid_file, "%s/pid", fixture.folder);
  play("echo $$ > \"${0%/*}/pid\"; echo \"$@\" > \"${0%/*}/args\"\n"
       "echo Starting to serve on x; exec sleep 1000");
  take_proxy();
  wait_ready();
  assert_int_equal(fixture.err.kind, ERR_NONE);
  snprintf(path, sizeof path, "%s", kubernetes_proxy_socket(fixture.proxy));
  *strrchr(path, '/') = '\0';
  assert_int_equal(stat(path, &folder), 0);
  assert_int_equal(folder.st_mode & 0777, 0700);
  struct kubernetes_proxy *first = fixture.proxy;
  take_proxy(); /* the same login, the same process */
  assert_ptr_equal(fixture.proxy, first);
  wait_ready();
  kubernetes_proxy_release(fixture.proxy, NULL, NULL);
  FILE *file = fopen(pid_file, "r");
  assert_non_null(file);
  assert_non_null(fgets(text, sizeof text, file));
  fclose(file);
  assert_true(runs(atoi(text)));
  release();
  for (int64_t end_ms = clock_now_ms() + 5000; runs(atoi(text)) && clock_now_ms() < end_ms;)
    uv_sleep(1);
  assert_false(runs(atoi(text)));
  assert_int_equal(stat(path, &folder), -1);
  unlink(pid_file);
  snprintf(pid_file, sizeof pid_file, "%s/args", fixture.folder);
  char args[256] = "";
  file = fopen(pid_file, "r");
  assert_non_null(file);
  assert_non_null(fgets(args, sizeof args, file));
  fclose(file);
  assert_non_null(strstr(args, "proxy --unix-socket="));
  assert_non_null(strstr(args, " --context=staging --kubeconfig=/no where"));
  unlink(pid_file);
}

static void test_its_last_words_are_the_error(void **state) {
  (void)state;
  play("echo some warning >&2; printf 'error: context \"staging\" does not exist' >&2; exit 1");
  take_proxy();
  wait_ready();
  assert_int_equal(fixture.err.kind, ERR_REFUSED);
  assert_string_equal(fixture.err.text, "kubectl: context \"staging\" does not exist");
  wait_ready(); /* at once, from memory: it is not started again before its pause is over */
  assert_string_equal(fixture.err.text, "kubectl: context \"staging\" does not exist");
  release();
}

static void test_it_is_started_again(void **state) {
  (void)state;
  play("echo Starting to serve on x; exit 3");
  take_proxy();
  wait_ready();
  assert_int_equal(fixture.err.kind, ERR_NONE);
  const int64_t end_ms = clock_now_ms() + 10000;
  do { /* until its end is seen */
    wait_ready();
  } while (fixture.err.kind == ERR_NONE && clock_now_ms() < end_ms);
  assert_string_equal(fixture.err.text, "kubectl proxy ended with exit code 3");
  play("echo Starting to serve on x; exec sleep 1000");
  do {
    wait_ready();
  } while (fixture.err.kind != ERR_NONE && clock_now_ms() < end_ms);
  assert_int_equal(fixture.err.kind, ERR_NONE);
  release();
}

static void test_there_is_no_kubectl(void **state) {
  (void)state;
  take_proxy();
  wait_ready();
  assert_int_equal(fixture.err.kind, ERR_INVALID);
  assert_non_null(strstr(fixture.err.text, "is not a program that can be run"));
  release();
}

static void test_released_while_it_starts(void **state) {
  (void)state;
  play("exec sleep 1000");
  take_proxy();
  fixture.wait = (struct kubernetes_wait){.done = on_ready};
  kubernetes_proxy_wait(fixture.proxy, &fixture.wait);
  uv_run(&fixture.loop, UV_RUN_NOWAIT);
  kubernetes_proxy_cancel(fixture.proxy, &fixture.wait);
  release();
  assert_false(fixture.done);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_paths),
      cmocka_unit_test(test_errors),
      cmocka_unit_test_setup_teardown(test_it_serves_until_it_is_released, setup, teardown),
      cmocka_unit_test_setup_teardown(test_its_last_words_are_the_error, setup, teardown),
      cmocka_unit_test_setup_teardown(test_it_is_started_again, setup, teardown),
      cmocka_unit_test_setup_teardown(test_there_is_no_kubectl, setup, teardown),
      cmocka_unit_test_setup_teardown(test_released_while_it_starts, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
