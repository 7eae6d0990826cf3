/* What fills a file system, on a tmpfs of the test. */
#include "clients/host/host_name.h"
#include "clients/host/host_usage.h"
#include "host_fs.h"

static atomic_bool stop;
static atomic_llong files;

static void look(struct host_usage *usage, const struct host_look *before) {
  *usage = (struct host_usage){
      .path = fs_root, .proc = "/proc", .stop = &stop, .files_so_far = &files, .before = before};
  host_usage_run(usage);
  if (usage->err.kind != ERR_NONE)
    fail_msg("%s", usage->err.text);
}

static const struct host_usage_entry *find(const struct host_usage_top *top, const char *path) {
  for (size_t i = 0; i < top->count; i++)
    if (strcmp(top->items[i].path, path) == 0)
      return &top->items[i];
  return NULL;
}

static int setup(void **state) {
  (void)state;
  atomic_store(&stop, false);
  assert_int_equal(mount("test", fs_root, "tmpfs", 0, "size=8m"), 0);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  while (umount2(fs_root, MNT_DETACH) == 0)
    ;
  assert_int_equal(mount("test", fs_root, "tmpfs", 0, "size=8m"), 0); /* for the next setup */
  return 0;
}

static void test_directories_and_files(void **state) {
  (void)state;
  struct host_usage usage;
  fs_folder("a");
  fs_folder("a/b");
  fs_file("a/one", 64 << 10);
  fs_file("a/b/two", 128 << 10);
  fs_file("three", 32 << 10);
  look(&usage, NULL);
  assert_int_equal(usage.file_count, 3);
  assert_int_equal(usage.directory_count, 3);
  assert_int_equal(find(&usage.directories, "")->bytes, 224 << 10);
  assert_int_equal(find(&usage.directories, "a")->bytes, 192 << 10);
  assert_int_equal(find(&usage.directories, "a")->files, 2);
  assert_string_equal(usage.directories.items[0].path, ""); /* the largest first, parents before */
  assert_string_equal(usage.files.items[0].path, "a/b/two");
  assert_int_equal(usage.bytes, usage.facts.used); /* as statvfs counts */
  host_usage_fini(&usage);
}

/* A file with two names takes its space once; holes take none. */
static void test_links_and_holes(void **state) {
  (void)state;
  struct host_usage usage;
  fs_file("one", 64 << 10);
  assert_int_equal(link(fs_path("one"), fs_path("other")), 0);
  assert_int_equal(symlink("/", fs_path("link")), 0);
  const int fd = open(fs_path("sparse"), O_WRONLY | O_CREAT, 0600);
  assert_int_equal(ftruncate(fd, 1 << 30), 0);
  assert_int_equal(pwrite(fd, "x", 1, 1 << 20), 1);
  close(fd);
  look(&usage, NULL);
  assert_int_equal(usage.bytes, (64 << 10) + 4096);
  assert_int_equal(find(&usage.files, "sparse")->bytes, 4096);
  assert_int_equal(find(&usage.files, "sparse")->size, 1 << 30);
  assert_int_equal(usage.file_count, 4);
  host_usage_fini(&usage);
}

/* Neither another file system nor a bind mount of this one is entered. */
static void test_only_this_file_system(void **state) {
  (void)state;
  struct host_usage usage;
  fs_folder("data");
  fs_folder("bind");
  fs_folder("other");
  fs_file("data/one", 64 << 10);
  assert_int_equal(mount(fs_path("data"), fs_path("bind"), NULL, MS_BIND, NULL), 0);
  assert_int_equal(mount("other", fs_path("other"), "tmpfs", 0, "size=1m"), 0);
  fs_file("other/two", 64 << 10);
  look(&usage, NULL);
  umount2(fs_path("bind"), MNT_DETACH);
  umount2(fs_path("other"), MNT_DETACH);
  assert_int_equal(usage.bytes, 64 << 10);
  assert_int_equal(usage.mounts, 2);
  host_usage_fini(&usage);
}

static void test_a_deleted_file_that_is_open(void **state) {
  (void)state;
  struct host_usage usage;
  fs_file("gone\n\x1b[31m", 64 << 10);
  const int fd = open(fs_path("gone\n\x1b[31m"), O_RDWR | O_APPEND | O_CLOEXEC);
  assert_int_equal(unlink(fs_path("gone\n\x1b[31m")), 0);
  look(&usage, NULL);
  close(fd);
  assert_int_equal(usage.bytes, 0);
  assert_int_equal(usage.held.count, 1);
  const struct host_held *held = &usage.held.items[0];
  assert_int_equal(held->pid, getpid());
  assert_int_equal(held->fd, fd);
  assert_int_equal(held->stat.allocated, 64 << 10);
  assert_true(host_held_deleted(held) && host_held_writes(held) && host_held_appends(held));
  assert_string_equal(held->path, fs_path("gone\\x0a\\x1b[31m"));
  assert_string_equal(held->user, "root");
  assert_true(held->started > 0);
  assert_int_equal(held->started, host_process_started("/proc", getpid()));
  host_usage_fini(&usage);
}

/* A look that was stopped is partial; the next one takes over what was read to its end. */
static void test_a_stopped_look_is_continued(void **state) {
  (void)state;
  struct host_usage usage;
  struct host_look part = {0};
  fs_folder("done");
  fs_folder("done/below");
  fs_file("done/below/one", 64 << 10);
  fs_file("two", 32 << 10);
  look(&usage, NULL);
  host_usage_remember(&usage, &part);
  host_usage_fini(&usage);

  atomic_store(&stop, true);
  look(&usage, NULL);
  assert_true(usage.partial && find(&usage.directories, "")->partial);
  assert_int_equal(usage.file_count, 0);
  struct host_look nothing = {0};
  host_usage_remember(&usage, &nothing);
  assert_int_equal(nothing.count, 0); /* nothing was read to its end */
  host_look_fini(&nothing);
  host_usage_fini(&usage);

  atomic_store(&stop, false);
  fs_file("done/below/new", 64 << 10); /* not seen: the directory is taken from the look before */
  look(&usage, &part);
  assert_int_equal(usage.files_before, 1);
  assert_int_equal(usage.bytes, 96 << 10);
  assert_int_equal(find(&usage.directories, "done/below")->bytes, 64 << 10);
  assert_non_null(find(&usage.files, "done/below/one"));
  host_usage_fini(&usage);

  /* another directory of that name is read */
  assert_int_equal(rename(fs_path("done"), fs_path("moved")), 0);
  fs_folder("done");
  fs_file("done/four", 4 << 10);
  look(&usage, &part);
  assert_int_equal(find(&usage.directories, "done")->bytes, 4 << 10);
  host_usage_fini(&usage);
  host_look_fini(&part);
}

/* More than is kept: the largest stay, and the sums are those of all. */
static void test_bounded(void **state) {
  (void)state;
  struct host_usage usage;
  char name[32];
  for (int i = 0; i < HOST_USAGE_FILES + 50; i++) {
    snprintf(name, sizeof name, "f%d", i);
    fs_file(name, (size_t)(4096 * (1 + (i % 7))));
  }
  fs_file("largest", 512 << 10);
  look(&usage, NULL);
  assert_int_equal(usage.files.count, HOST_USAGE_FILES);
  assert_string_equal(usage.files.items[0].path, "largest");
  assert_true(usage.files.items[HOST_USAGE_FILES - 1].bytes >= 3 * 4096);
  assert_int_equal(usage.bytes, usage.facts.used);
  host_usage_fini(&usage);
}

static void test_too_deep(void **state) {
  (void)state;
  struct host_usage usage;
  int at = open(fs_root, O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < HOST_USAGE_DEPTH + 10; i++) {
    assert_int_equal(mkdirat(at, "d", 0755), 0);
    const int below = openat(at, "d", O_DIRECTORY | O_CLOEXEC);
    close(at);
    at = below;
  }
  close(at);
  look(&usage, NULL);
  assert_int_equal(usage.too_deep, 1);
  assert_int_equal(usage.directory_count, HOST_USAGE_DEPTH);
  host_usage_fini(&usage);
}

static void test_what_is_not_there(void **state) {
  (void)state;
  struct host_usage usage = {
      .path = "/no/such\npath", .proc = "/proc", .stop = &stop, .files_so_far = &files};
  host_usage_run(&usage);
  assert_string_equal(usage.err.text, "/no/such\\x0apath: No such file or directory");
  host_usage_fini(&usage);
}

/* An unprivileged process: a directory without permission is counted and named. */
static void test_without_permission(void **state) {
  (void)state;
  struct host_usage usage;
  fs_folder("closed\x1b");
  fs_file("closed\x1b/one", 64 << 10);
  assert_int_equal(chmod(fs_path("closed\x1b"), 0700), 0);
  assert_int_equal(chmod(fs_root, 0755), 0);
  assert_int_equal(seteuid(65534), 0);
  look(&usage, NULL);
  assert_int_equal(seteuid(0), 0);
  assert_int_equal(usage.unreadable, 1);
  assert_string_equal(usage.unreadable_name, "closed\\x1b");
  assert_true(usage.held.unreadable > 0 && usage.held.unreadable <= usage.held.processes);
  host_usage_fini(&usage);
}

int main(void) {
  fs_mount("size=8m");
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_directories_and_files, setup, teardown),
      cmocka_unit_test_setup_teardown(test_links_and_holes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_only_this_file_system, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_deleted_file_that_is_open, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_stopped_look_is_continued, setup, teardown),
      cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
      cmocka_unit_test_setup_teardown(test_too_deep, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_is_not_there, setup, teardown),
      cmocka_unit_test_setup_teardown(test_without_permission, setup, teardown),
  };
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  fs_unmount();
  return failed;
}
