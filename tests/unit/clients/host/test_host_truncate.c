/* Emptying files through the descriptor of a process: the child that holds them. */
#include "clients/host/host_truncate.h"
#include "host_fs.h"

#include <signal.h>
#include <sys/wait.h>

static pid_t holder;
static int pipe_to[2], pipe_from[2];
static struct host_result result;

/* A process that holds `logs/api.log` open as fd 30 and writes a byte for each byte it is sent; 'c'
 * closes it, and 'o' opens the other file in its place. */
static void hold(int flags) {
  char byte;
  const int fd = open(fs_path("logs/api.log"), flags);
  dup2(fd, 30);
  close(fd);
  lseek(30, 0, SEEK_END);
  if (write(pipe_from[1], "r", 1) != 1)
    _exit(1);
  while (read(pipe_to[0], &byte, 1) == 1) {
    if (byte == 'w' && write(30, "new", 3) != 3)
      _exit(2);
    if (byte == 'o') {
      const int other = open(fs_path("logs/other"), O_RDWR);
      dup2(other, 30);
      close(other);
    }
    if (write(pipe_from[1], "r", 1) != 1)
      _exit(1);
  }
  _exit(0);
}

static void wait_holder(void) {
  char byte;
  assert_int_equal(read(pipe_from[0], &byte, 1), 1);
}

static void tell(char byte) {
  assert_int_equal(write(pipe_to[1], &byte, 1), 1);
  wait_holder();
}

static void start(int flags) {
  assert_int_equal(mount("test", fs_root, "tmpfs", 0, "size=4m"), 0);
  fs_folder("logs");
  fs_file("logs/api.log", 1 << 20);
  fs_file("logs/other", 64 << 10);
  assert_int_equal(pipe(pipe_to), 0);
  assert_int_equal(pipe(pipe_from), 0);
  holder = fork();
  if (holder == 0)
    hold(flags);
  wait_holder();
}

static int teardown(void **state) {
  (void)state;
  kill(holder, SIGKILL);
  waitpid(holder, NULL, 0);
  for (int i = 0; i < 2; i++) {
    close(pipe_to[i]);
    close(pipe_from[i]);
  }
  umount2(fs_root, MNT_DETACH);
  return 0;
}

static struct host_opened opened(void) {
  struct stat status;
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd/30", holder);
  assert_int_equal(stat(path, &status), 0);
  return (struct host_opened){.proc = "/proc",
                              .pid = holder,
                              .fd = 30,
                              .started = host_process_started("/proc", holder),
                              .device = status.st_dev,
                              .inode = status.st_ino,
                              .deleted = status.st_nlink == 0};
}

static void expect_end(enum host_end end, const char *words) {
  if (result.end != end || !strstr(result.err.text, words))
    fail_msg("%d: %s", result.end, result.err.text);
}

static off_t size_of(const char *name) {
  struct stat status;
  assert_int_equal(stat(fs_path(name), &status), 0);
  return status.st_size;
}

static void test_a_log_that_is_appended_to(void **state) {
  (void)state;
  start(O_WRONLY | O_APPEND);
  const struct host_opened log = opened();
  host_truncate(&log, &result);
  expect_end(HOST_DONE, "");
  assert_int_equal(result.freed, 1 << 20);
  assert_int_equal(size_of("logs/api.log"), 0);
  tell('w');
  assert_int_equal(size_of("logs/api.log"), 3); /* it continues at the start */
  assert_int_equal(size_of("logs/other"), 64 << 10);
}

static void test_a_deleted_log(void **state) {
  (void)state;
  start(O_WRONLY | O_APPEND);
  unlink(fs_path("logs/api.log"));
  fs_file("logs/api.log", 8192); /* another file of its name */
  const struct host_opened log = opened();
  assert_true(log.deleted);
  host_truncate(&log, &result);
  expect_end(HOST_DONE, "");
  assert_int_equal(result.freed, 1 << 20);
  assert_int_equal(size_of("logs/api.log"), 8192);
}

/* Without O_APPEND it becomes sparse. */
static void test_a_log_that_is_written_at_its_position(void **state) {
  (void)state;
  start(O_WRONLY);
  const struct host_opened log = opened();
  struct stat status;
  host_truncate(&log, &result);
  expect_end(HOST_DONE, "");
  tell('w');
  assert_int_equal(stat(fs_path("logs/api.log"), &status), 0);
  assert_int_equal(status.st_size, (1 << 20) + 3);
  assert_true(status.st_blocks <= 8);
}

static void test_another_file_by_the_same_descriptor(void **state) {
  (void)state;
  start(O_WRONLY);
  const struct host_opened log = opened();
  tell('o');
  host_truncate(&log, &result);
  expect_end(HOST_GONE, "another file now");
  assert_int_equal(size_of("logs/api.log"), 1 << 20);
  assert_int_equal(size_of("logs/other"), 64 << 10);
}

static void test_another_process_of_the_same_pid(void **state) {
  (void)state;
  start(O_WRONLY);
  struct host_opened log = opened();
  log.started++;
  host_truncate(&log, &result);
  expect_end(HOST_GONE, "another file now");
  log = opened();
  log.deleted = true;
  host_truncate(&log, &result);
  expect_end(HOST_GONE, "it has a name again");
  assert_int_equal(size_of("logs/api.log"), 1 << 20);
}

static void test_the_process_has_ended(void **state) {
  (void)state;
  start(O_WRONLY);
  const struct host_opened log = opened();
  kill(holder, SIGKILL);
  waitpid(holder, NULL, 0);
  host_truncate(&log, &result);
  expect_end(HOST_GONE, "has ended");
  assert_int_equal(size_of("logs/api.log"), 1 << 20);
}

static void test_without_permission(void **state) {
  (void)state;
  start(O_WRONLY);
  const struct host_opened log = opened();
  assert_int_equal(seteuid(65534), 0);
  host_truncate(&log, &result);
  assert_int_equal(seteuid(0), 0);
  expect_end(HOST_REFUSED, "Permission denied");
  assert_int_equal(size_of("logs/api.log"), 1 << 20);
}

/* A pipe is neither opened for writing nor waited for. */
static void test_not_a_file(void **state) {
  (void)state;
  start(O_WRONLY);
  struct host_opened log = opened();
  log.fd = pipe_to[0];
  host_truncate(&log, &result);
  expect_end(HOST_GONE, "another file now");
}

int main(void) {
  fs_mount("size=4m");
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_a_log_that_is_appended_to),
      TEST(test_a_deleted_log),
      TEST(test_a_log_that_is_written_at_its_position),
      TEST(test_another_file_by_the_same_descriptor),
      TEST(test_another_process_of_the_same_pid),
      TEST(test_the_process_has_ended),
      TEST(test_without_permission),
      TEST(test_not_a_file),
  };
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  fs_unmount();
  return failed;
}
