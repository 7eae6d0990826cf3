/* Small files that are replaced as a whole: the old one or the new one, whatever happens. */
#include "io/file/file_save.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { BIG = 200000, NOBODY = 65534 };

struct place {
  char folder[64], path[128];
};

static int place_make(void **state) {
  struct place *place = calloc(1, sizeof *place);
  snprintf(place->folder, sizeof place->folder, "/tmp/file-save-XXXXXX");
  assert_non_null(mkdtemp(place->folder));
  snprintf(place->path, sizeof place->path, "%s/columns", place->folder);
  *state = place;
  return 0;
}

static size_t entries(const char *folder, bool remove) {
  DIR *listing = opendir(folder);
  size_t count = 0;
  for (const struct dirent *entry; (entry = readdir(listing));) {
    char path[512];
    if (*entry->d_name == '.')
      continue;
    count++;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (remove && unlink(path) != 0)
      rmdir(path);
  }
  closedir(listing);
  return count;
}

static int place_remove(void **state) {
  struct place *place = *state;
  chmod(place->folder, 0700);
  entries(place->folder, true);
  rmdir(place->folder);
  free(place);
  return 0;
}

static void save(const char *path, const char *text) {
  struct err err;
  if (!file_save(path, text, strlen(text), &err))
    fail_msg("%s", err.text);
}

static void assert_holds(const char *path, const char *text) {
  char found[256] = "";
  FILE *in = fopen(path, "r");
  assert_non_null(in);
  (void)!fread(found, 1, sizeof found - 1, in);
  fclose(in);
  assert_string_equal(found, text);
}

static void test_it_is_private_whatever_the_umask_is(void **state) {
  const struct place *place = *state;
  struct stat status;
  const mode_t before = umask(0);
  save(place->path, "a: b\n");
  save(place->path, "a: c\n");
  umask(before);
  assert_int_equal(stat(place->path, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0600);
  assert_holds(place->path, "a: c\n");
  assert_int_equal(entries(place->folder, false), 1);
}

static void test_a_missing_folder_is_made(void **state) {
  const struct place *place = *state;
  char path[256], folder[128];
  struct stat status;
  snprintf(folder, sizeof folder, "%s/stacktop", place->folder);
  snprintf(path, sizeof path, "%s/columns", folder);
  save(path, "a: b\n");
  assert_int_equal(stat(folder, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0700);
  unlink(path);
}

/* The user's file may be a link to one of the team: that one is not written. */
static void test_what_it_links_to_is_never_written(void **state) {
  const struct place *place = *state;
  char team[256];
  struct stat status;
  snprintf(team, sizeof team, "%s/team", place->folder);
  save(team, "of the team\n");
  assert_int_equal(symlink(team, place->path), 0);
  save(place->path, "mine\n");
  assert_holds(team, "of the team\n");
  assert_holds(place->path, "mine\n");
  assert_int_equal(lstat(place->path, &status), 0);
  assert_true(S_ISREG(status.st_mode));
}

/* In a child with that limit or those rights: its error, on a pipe. */
static void save_in_child(const struct place *place, const char *text, size_t len, bool small,
                          char out[256]) {
  int ends[2], status;
  assert_int_equal(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    struct err err = {0};
    signal(SIGXFSZ, SIG_IGN);
    if (small)
      setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, 4096});
    else if (geteuid() == 0 && (setegid(NOBODY) != 0 || seteuid(NOBODY) != 0))
      _exit(2);
    const bool good = file_save(place->path, text, len, &err);
    (void)!write(ends[1], err.text, strlen(err.text));
    _exit(good ? 0 : 1);
  }
  close(ends[1]);
  const ssize_t got = read(ends[0], out, 255);
  out[got > 0 ? got : 0] = '\0';
  close(ends[0]);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(WEXITSTATUS(status), 1);
}

/* RLIMIT_FSIZE ends the room in the middle, as a full disk does. */
static void test_without_room_the_old_one_stays(void **state) {
  const struct place *place = *state;
  char said[256], *big = calloc(1, BIG);
  memset(big, 'x', BIG);
  save(place->path, "old\n");
  save_in_child(place, big, BIG, true, said);
  assert_non_null(strstr(said, place->path));
  assert_non_null(strstr(said, "File too large"));
  assert_holds(place->path, "old\n");
  assert_int_equal(entries(place->folder, false), 1);
  free(big);
}

static void test_in_a_read_only_folder_the_old_one_stays(void **state) {
  const struct place *place = *state;
  char said[256];
  save(place->path, "old\n");
  assert_int_equal(chmod(place->path, 0644), 0);
  assert_int_equal(chmod(place->folder, 0555), 0);
  save_in_child(place, "new\n", 4, false, said);
  assert_non_null(strstr(said, place->path));
  assert_non_null(strstr(said, "Permission denied"));
  assert_holds(place->path, "old\n");
  assert_int_equal(entries(place->folder, false), 1);
}

static void test_a_folder_that_is_a_file_is_said(void **state) {
  const struct place *place = *state;
  char path[256];
  struct err err;
  save(place->path, "a file\n");
  snprintf(path, sizeof path, "%s/columns", place->path);
  assert_false(file_save(path, "x", 1, &err));
  assert_non_null(strstr(err.text, "Not a directory"));
  assert_holds(place->path, "a file\n");
}

struct race {
  const struct place *place;
  atomic_bool over;
  atomic_size_t wrong, seen;
};

static void *read_on(void *arg) {
  struct race *race = arg;
  while (!race->over) {
    char text[BIG / 50 + 1];
    const int fd = open(race->place->path, O_RDONLY | O_CLOEXEC);
    const ssize_t got = read(fd, text, sizeof text);
    close(fd);
    race->seen++;
    race->wrong += got != BIG / 50 || memchr(text, text[0] == 'a' ? 'b' : 'a', (size_t)got);
  }
  return NULL;
}

static void test_a_reader_sees_a_whole_file(void **state) {
  struct race race = {.place = *state};
  char text[2][BIG / 50];
  struct err err;
  pthread_t reader;
  memset(text[0], 'a', sizeof text[0]);
  memset(text[1], 'b', sizeof text[1]);
  assert_true(file_save(race.place->path, text[0], sizeof text[0], &err));
  assert_int_equal(pthread_create(&reader, NULL, read_on, &race), 0);
  for (size_t i = 0; i < 200; i++)
    assert_true(file_save(race.place->path, text[i % 2], sizeof text[0], &err));
  race.over = true;
  pthread_join(reader, NULL);
  assert_true(race.seen > 0);
  assert_int_equal(race.wrong, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)
  const struct CMUnitTest tests[] = {
      TEST(test_it_is_private_whatever_the_umask_is),
      TEST(test_a_missing_folder_is_made),
      TEST(test_what_it_links_to_is_never_written),
      TEST(test_without_room_the_old_one_stays),
      TEST(test_in_a_read_only_folder_the_old_one_stays),
      TEST(test_a_folder_that_is_a_file_is_said),
      TEST(test_a_reader_sees_a_whole_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
