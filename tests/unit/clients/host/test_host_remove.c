/* Removing by identity, with rivals that swap files, directories and links in between. */
#include "clients/host/host_remove.h"
#include "host_fs.h"
#include "io/clock.h"

#include <dirent.h>
#include <linux/fs.h>
#include <pthread.h>
#include <sys/ioctl.h>

static struct host_result result;

static int setup(void **state) {
  (void)state;
  assert_int_equal(mount("test", fs_root, "tmpfs", 0, "size=4m"), 0);
  fs_folder("logs");
  fs_folder("logs/old");
  fs_file("logs/old/api.log.1", 64 << 10);
  fs_file("logs/old/neighbour.log.1", 64 << 10);
  fs_file("victim", 64 << 10);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  umount2(fs_root, MNT_DETACH);
  return 0;
}

/* The identity as a survey takes it. */
static struct host_file_id identify(const char *below, const char *name) {
  static char directory[512];
  struct host_stat stat;
  snprintf(directory, sizeof directory, "%s/logs", fs_root);
  struct host_file_id id = {.directory = directory, .below = below, .name = name};
  const int root = host_open_directory(directory);
  assert_true(root >= 0);
  assert_int_equal(host_stat_at(root, "", false, &stat), 0);
  id.directory_inode = stat.inode;
  const int folder = host_open_below(root, below);
  assert_true(folder >= 0);
  assert_int_equal(host_stat_at(folder, "", false, &stat), 0);
  id.folder_inode = stat.inode;
  assert_int_equal(host_stat_at(folder, name, false, &id.stat), 0);
  close(folder);
  close(root);
  return id;
}

static void expect_end(enum host_end end, const char *words) {
  if (result.end != end || !strstr(result.err.text, words))
    fail_msg("%d: %s", result.end, result.err.text);
}

/* Nothing of ours is left in the directory. */
static void expect_tidy(const char *name) {
  DIR *folder = opendir(fs_path(name));
  const struct dirent *entry;
  while (folder && (entry = readdir(folder)))
    if (strncmp(entry->d_name, ".stacktop", 9) == 0)
      fail_msg("%s is left", entry->d_name);
  closedir(folder);
}

static void test_removes(void **state) {
  (void)state;
  const struct host_file_id id = identify("old", "api.log.1");
  host_remove(&id, &result);
  expect_end(HOST_DONE, "");
  assert_int_equal(result.freed, 64 << 10);
  assert_false(fs_exists("logs/old/api.log.1"));
  assert_true(fs_exists("logs/old/neighbour.log.1") && fs_exists("victim"));
  expect_tidy("logs/old");
  host_remove(&id, &result);
  expect_end(HOST_GONE, "no longer exists");
}

static void test_hostile_names(void **state) {
  (void)state;
  static const char *const names[] = {"-rf", "a\nb", "\x1b[31m.log", "broken\xff\xc3",
                                      " ",   "*",    "..."};
  for (size_t i = 0; i < COUNT(names); i++) {
    char path[64];
    snprintf(path, sizeof path, "logs/%s", names[i]);
    fs_file(path, 4096);
    const struct host_file_id id = identify("", names[i]);
    host_remove(&id, &result);
    expect_end(HOST_DONE, "");
    assert_false(fs_exists(path));
  }
  assert_true(fs_exists("logs/old/api.log.1"));
}

static void test_another_file(void **state) {
  (void)state;
  struct host_file_id id = identify("old", "api.log.1");
  fs_file("logs/old/new", 64 << 10);
  assert_int_equal(rename(fs_path("logs/old/new"), fs_path("logs/old/api.log.1")), 0);
  host_remove(&id, &result);
  expect_end(HOST_GONE, "another file");
  id = identify("old", "api.log.1");
  fs_file("logs/old/api.log.1", 32 << 10); /* the same file, with other content */
  host_remove(&id, &result);
  expect_end(HOST_GONE, "changed since");
  assert_true(fs_exists("logs/old/api.log.1"));
}

/* What was a file is a link to another. */
static void test_a_link_in_its_place(void **state) {
  (void)state;
  const struct host_file_id id = identify("old", "api.log.1");
  unlink(fs_path("logs/old/api.log.1"));
  assert_int_equal(symlink(fs_path("victim"), fs_path("logs/old/api.log.1")), 0);
  host_remove(&id, &result);
  expect_end(HOST_GONE, "another file");
  assert_true(fs_exists("victim") && fs_exists("logs/old/api.log.1"));
}

/* A directory on the way is a link, another directory, or a mount. */
static void test_another_directory(void **state) {
  (void)state;
  const struct host_file_id id = identify("old", "api.log.1");
  assert_int_equal(rename(fs_path("logs/old"), fs_path("logs/moved")), 0);
  assert_int_equal(symlink("moved", fs_path("logs/old")), 0);
  host_remove(&id, &result);
  expect_end(HOST_GONE, "a link or a mount");
  unlink(fs_path("logs/old"));
  fs_folder("logs/old");
  assert_int_equal(link(fs_path("logs/moved/api.log.1"), fs_path("logs/old/api.log.1")), 0);
  host_remove(&id, &result); /* even the same file */
  expect_end(HOST_GONE, "another one now");
  assert_int_equal(mount(fs_path("logs/moved"), fs_path("logs/old"), NULL, MS_BIND, NULL), 0);
  host_remove(&id, &result);
  umount2(fs_path("logs/old"), MNT_DETACH);
  expect_end(HOST_GONE, "a link or a mount");
  assert_true(fs_exists("logs/moved/api.log.1"));

  assert_int_equal(rename(fs_path("logs"), fs_path("elsewhere")), 0);
  assert_int_equal(symlink("elsewhere", fs_path("logs")), 0);
  host_remove(&id, &result);
  expect_end(HOST_REFUSED, "symbolic link");
  unlink(fs_path("logs"));
  fs_folder("logs");
  host_remove(&id, &result);
  expect_end(HOST_GONE, "another one now");
}

static void test_it_does_not_leave_its_directory(void **state) {
  (void)state;
  struct host_file_id id = identify("old", "api.log.1");
  id.below = "../logs/old";
  host_remove(&id, &result);
  expect_end(HOST_GONE, "a link or a mount");
  assert_true(fs_exists("logs/old/api.log.1"));
}

/* ---- rivals between the checks */

static void swap_for_victim(void *arg) {
  (void)arg;
  assert_int_equal(rename(fs_path("victim"), fs_path("logs/old/api.log.1")), 0);
}

static void swap_for_link(void *arg) {
  (void)arg;
  unlink(fs_path("logs/old/api.log.1"));
  assert_int_equal(symlink(fs_path("victim"), fs_path("logs/old/api.log.1")), 0);
}

static void move_directory(void *arg) {
  (void)arg;
  assert_int_equal(rename(fs_path("logs/old"), fs_path("logs/moved")), 0);
  assert_int_equal(symlink("..", fs_path("logs/old")), 0);
}

static void create_third(void *arg) {
  (void)arg;
  fs_file("logs/old/api.log.1", 4096);
}

static void append(void *arg) {
  const int fd = *(int *)arg;
  assert_int_equal(write(fd, "x", 1), 1);
}

static void test_swapped_after_the_look(void **state) {
  (void)state;
  const struct host_file_id id = identify("old", "api.log.1");
  const struct host_remove_hooks hooks = {.looked = swap_for_victim};
  host_remove_with(&id, &hooks, &result);
  expect_end(HOST_GONE, "it was moved back");
  assert_true(fs_exists("logs/old/api.log.1")); /* the victim, unharmed */
  expect_tidy("logs/old");
}

static void test_a_link_after_the_look(void **state) {
  (void)state;
  const struct host_file_id id = identify("old", "api.log.1");
  const struct host_remove_hooks hooks = {.looked = swap_for_link};
  host_remove_with(&id, &hooks, &result);
  expect_end(HOST_GONE, "it was moved back");
  assert_true(fs_exists("victim") && fs_exists("logs/old/api.log.1"));
  expect_tidy("logs/old");
}

static void test_a_directory_moved_after_the_look(void **state) {
  (void)state;
  const struct host_file_id id = identify("old", "api.log.1");
  const struct host_remove_hooks hooks = {.looked = move_directory};
  host_remove_with(&id, &hooks, &result); /* by handle: the planned file itself is removed */
  expect_end(HOST_DONE, "");
  assert_false(fs_exists("logs/moved/api.log.1"));
  assert_true(fs_exists("victim") && fs_exists("logs/moved/neighbour.log.1"));
  expect_tidy("logs/moved");
}

/* The third that has the name meanwhile is not replaced, and the second is not lost. */
static void test_a_third_file(void **state) {
  (void)state;
  const struct host_file_id id = identify("old", "api.log.1");
  const struct host_remove_hooks hooks = {.looked = swap_for_victim, .moved = create_third};
  host_remove_with(&id, &hooks, &result);
  expect_end(HOST_REFUSED, "it is kept as .stacktop-");
  const char *name = strstr(result.err.text, ".stacktop-");
  char path[128];
  struct stat status;
  snprintf(path, sizeof path, "logs/old/%s", name);
  assert_int_equal(stat(fs_path(path), &status), 0);
  assert_int_equal(status.st_size, 64 << 10);
  assert_int_equal(stat(fs_path("logs/old/api.log.1"), &status), 0);
  assert_int_equal(status.st_size, 4096);
}

static void test_written_meanwhile(void **state) {
  (void)state;
  const struct host_file_id id = identify("old", "api.log.1");
  int fd = open(fs_path("logs/old/api.log.1"), O_WRONLY | O_APPEND | O_CLOEXEC);
  const struct host_remove_hooks hooks = {.moved = append, .arg = &fd};
  host_remove_with(&id, &hooks, &result);
  close(fd);
  expect_end(HOST_GONE, "changed since the plan: it was moved back");
  assert_true(fs_exists("logs/old/api.log.1"));
  expect_tidy("logs/old");
}

/* A rival that swaps as fast as it can: whatever the order, the victim and the neighbour live. */
static atomic_bool rival_stops;
static void *rival(void *arg) {
  (void)arg;
  char old[512], name[512], away[512];
  snprintf(old, sizeof old, "%s/logs/old/rival", fs_root);
  snprintf(name, sizeof name, "%s/logs/old/api.log.1", fs_root);
  snprintf(away, sizeof away, "%s/victim", fs_root);
  while (!atomic_load(&rival_stops)) {
    /* it must not replace the victim itself */
    renameat2(AT_FDCWD, name, AT_FDCWD, old, RENAME_NOREPLACE);
    renameat2(AT_FDCWD, away, AT_FDCWD, name, RENAME_NOREPLACE);
    renameat2(AT_FDCWD, name, AT_FDCWD, away, RENAME_NOREPLACE);
    if (symlink(away, name) == 0)
      unlink(name);
    renameat2(AT_FDCWD, old, AT_FDCWD, name, RENAME_NOREPLACE);
  }
  return NULL;
}

/* What we moved back may stop the rival: a link has the name for good, or no file is left to take
 * it. It continues with a new file. The name is moved before it is looked at, because the rival may
 * put another file there. */
static void rival_continues(void) {
  struct stat stat;
  char name[512], aside[512];
  snprintf(name, sizeof name, "%s/logs/old/api.log.1", fs_root);
  snprintf(aside, sizeof aside, "%s/logs/old/aside", fs_root);
  if (renameat2(AT_FDCWD, name, AT_FDCWD, aside, RENAME_NOREPLACE) == 0 &&
      lstat(aside, &stat) == 0) {
    if (S_ISLNK(stat.st_mode))
      unlink(aside);
    else
      renameat2(AT_FDCWD, aside, AT_FDCWD, name, RENAME_NOREPLACE);
  }
  close(open(fs_path("logs/old/rival"), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644));
}

static void test_a_rival_that_swaps_all_the_time(void **state) {
  (void)state;
  pthread_t thread;
  int done = 0, rounds = 0;
  struct host_stat victim;
  struct stat status;
  assert_int_equal(stat(fs_path("victim"), &status), 0);
  victim.inode = status.st_ino;
  atomic_store(&rival_stops, false);
  pthread_create(&thread, NULL, rival, NULL);
  const int64_t until_ms = clock_now_ms() + 10000;
  for (; (rounds < 20000 || done == 0) && done < 50 && clock_now_ms() < until_ms; rounds++) {
    if (rounds % 5000 == 4999)
      rival_continues();
    char seen[512];
    snprintf(seen, sizeof seen, "%s/logs/old/api.log.1", fs_root);
    struct host_file_id id = {.name = "api.log.1", .below = "old"};
    struct host_stat stat;
    char directory[512];
    snprintf(directory, sizeof directory, "%s/logs", fs_root);
    id.directory = directory;
    const int root = host_open_directory(directory), folder = host_open_below(root, "old");
    host_stat_at(root, "", false, &stat);
    id.directory_inode = stat.inode;
    host_stat_at(folder, "", false, &stat);
    id.folder_inode = stat.inode;
    const int error = host_stat_at(folder, "api.log.1", false, &id.stat);
    if (!error && S_ISREG(id.stat.mode) && id.stat.inode != victim.inode) {
      host_remove(&id, &result);
      if (result.end == HOST_DONE) {
        done++;
        close(openat(folder, "rival", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644));
      }
    }
    close(folder);
    close(root);
  }
  atomic_store(&rival_stops, true);
  pthread_join(thread, NULL);
  if (done == 0)
    fail_msg("never removed in %d rounds", rounds);
  /* the victim has one of the names that the rival or we gave it */
  bool found = false;
  DIR *folders[] = {opendir(fs_root), opendir(fs_path("logs/old"))};
  for (size_t i = 0; i < COUNT(folders); i++) {
    const struct dirent *entry;
    while ((entry = readdir(folders[i])))
      if (fstatat(dirfd(folders[i]), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
          status.st_ino == victim.inode)
        found = true;
    closedir(folders[i]);
  }
  assert_true(found);
  assert_true(fs_exists("logs/old/neighbour.log.1"));
}

/* ---- refusals */

static void test_directories_that_are_not_safe(void **state) {
  (void)state;
  const struct host_file_id id = identify("old", "api.log.1");
  assert_int_equal(chmod(fs_path("logs/old"), 0777), 0);
  host_remove(&id, &result);
  expect_end(HOST_REFUSED, "writable by everyone without the sticky bit");
  assert_true(fs_exists("logs/old/api.log.1"));
  assert_int_equal(chmod(fs_path("logs/old"), 01777), 0);
  host_remove(&id, &result);
  expect_end(HOST_DONE, "");
}

static void set_flags(const char *name, int flags) {
  const int fd = open(fs_path(name), O_RDONLY | O_CLOEXEC);
  if (ioctl(fd, FS_IOC_SETFLAGS, &flags) != 0) {
    close(fd);
    skip(); /* a tmpfs has them since Linux 6.6 */
  }
  close(fd);
}

/* What is put into an append-only directory cannot be removed again. */
static void test_append_only_and_immutable(void **state) {
  (void)state;
  const struct host_file_id id = identify("old", "api.log.1");
  set_flags("logs/old", FS_APPEND_FL);
  host_remove(&id, &result);
  set_flags("logs/old", 0);
  expect_end(HOST_REFUSED, "its directory is append-only (chattr +a)");
  expect_tidy("logs/old");
  set_flags("logs/old/api.log.1", FS_IMMUTABLE_FL);
  host_remove(&id, &result);
  set_flags("logs/old/api.log.1", 0);
  expect_end(HOST_REFUSED, "it is immutable (chattr +i)");
  assert_true(fs_exists("logs/old/api.log.1"));
  host_remove(&id, &result);
  expect_end(HOST_DONE, "");
}

static void test_read_only(void **state) {
  (void)state;
  const struct host_file_id id = identify("old", "api.log.1");
  assert_int_equal(mount(NULL, fs_root, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
  host_remove(&id, &result);
  expect_end(HOST_REFUSED, "read-only");
  assert_true(fs_exists("logs/old/api.log.1"));
}

static void test_without_permission(void **state) {
  (void)state;
  assert_int_equal(chmod(fs_root, 0755), 0);
  const struct host_file_id id = identify("old", "api.log.1");
  assert_int_equal(seteuid(65534), 0);
  host_remove(&id, &result);
  assert_int_equal(seteuid(0), 0);
  expect_end(HOST_REFUSED, "Permission denied");
  assert_int_equal(result.err.kind, ERR_DENIED);
  assert_true(fs_exists("logs/old/api.log.1"));
}

/* The case that it is for: neither a block nor an inode is left. */
static void test_on_a_full_disk(void **state) {
  (void)state;
  umount2(fs_root, MNT_DETACH);
  assert_int_equal(mount("test", fs_root, "tmpfs", 0, "size=256k,nr_inodes=5"), 0);
  fs_folder("logs");
  fs_folder("logs/old");
  fs_file("logs/old/api.log.1", 64 << 10);
  fs_file("logs/old/neighbour.log.1", 4096);
  assert_int_not_equal(mkdir(fs_path("full"), 0700), 0);
  assert_int_equal(errno, ENOSPC);
  const struct host_file_id id = identify("old", "api.log.1");
  host_remove(&id, &result);
  expect_end(HOST_DONE, "");
  assert_false(fs_exists("logs/old/api.log.1"));
  assert_true(fs_exists("logs/old/neighbour.log.1"));
  expect_tidy("logs/old");
}

static void test_a_file_with_two_names(void **state) {
  (void)state;
  assert_int_equal(link(fs_path("logs/old/api.log.1"), fs_path("second")), 0);
  const struct host_file_id id = identify("old", "api.log.1");
  host_remove(&id, &result);
  expect_end(HOST_DONE, "");
  assert_int_equal(result.freed, 0);
  assert_true(fs_exists("second"));
}

int main(void) {
  fs_mount("size=4m");
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_removes),
      TEST(test_hostile_names),
      TEST(test_another_file),
      TEST(test_a_link_in_its_place),
      TEST(test_another_directory),
      TEST(test_it_does_not_leave_its_directory),
      TEST(test_swapped_after_the_look),
      TEST(test_a_link_after_the_look),
      TEST(test_a_directory_moved_after_the_look),
      TEST(test_a_third_file),
      TEST(test_written_meanwhile),
      TEST(test_a_rival_that_swaps_all_the_time),
      TEST(test_directories_that_are_not_safe),
      TEST(test_append_only_and_immutable),
      TEST(test_read_only),
      TEST(test_without_permission),
      TEST(test_on_a_full_disk),
      TEST(test_a_file_with_two_names),
  };
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  fs_unmount();
  return failed;
}
