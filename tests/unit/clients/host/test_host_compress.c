/* Compressing one file on a small tmpfs; gzip and zstd read it back. */
#include "clients/host/host_codec.h"
#include "clients/host/host_compress.h"
#include "core/mem.h"
#include "host_fs.h"

#include <dirent.h>

static struct host_result result;
static atomic_bool stop;
static atomic_llong done;

static int setup(void **state) {
  (void)state;
  atomic_store(&stop, false);
  atomic_store(&done, 0);
  assert_int_equal(mount("test", fs_root, "tmpfs", 0, "size=8m"), 0);
  fs_folder("logs");
  fs_file("logs/api.log.1", 1 << 20);
  fs_file("logs/neighbour.log.1", 4096);
  assert_int_equal(chmod(fs_path("logs/api.log.1"), 0640), 0);
  assert_int_equal(chown(fs_path("logs/api.log.1"), 12, 34), 0);
  fs_age("logs/api.log.1", 864000);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  umount2(fs_root, MNT_DETACH);
  return 0;
}

static void compress(const char *name, enum host_format format) {
  char directory[512];
  struct host_stat stat;
  snprintf(directory, sizeof directory, "%s/logs", fs_root);
  struct host_file_id id = {.directory = directory, .below = "", .name = name};
  const int folder = host_open_directory(directory);
  assert_int_equal(host_stat_at(folder, "", false, &stat), 0);
  id.directory_inode = id.folder_inode = stat.inode;
  assert_int_equal(host_stat_at(folder, name, false, &id.stat), 0);
  close(folder);
  const struct host_compression compression = {
      .id = &id, .format = format, .proc = "/proc", .stop = &stop, .done = &done};
  host_compress(&compression, &result);
}

static void expect_end(enum host_end end, const char *words) {
  if (result.end != end || !strstr(result.err.text, words))
    fail_msg("%d: %s", result.end, result.err.text);
}

static size_t count_files(void) {
  size_t count = 0;
  DIR *folder = opendir(fs_path("logs"));
  const struct dirent *entry;
  while ((entry = readdir(folder)))
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(folder);
  return count;
}

static void expect_untouched(void) {
  struct stat status;
  assert_int_equal(stat(fs_path("logs/api.log.1"), &status), 0);
  assert_int_equal(count_files(), 2);
}

/* The independent witness. */
static void expect_content(const char *tool, const char *name, size_t bytes) {
  char command[600];
  snprintf(command, sizeof command, "%s -dc %s | tr -d x | wc -c; %s -dc %s | wc -c", tool,
           fs_path(name), tool, fs_path(name));
  FILE *run = popen(command, "r");
  size_t others, all;
  assert_int_equal(fscanf(run, "%zu %zu", &others, &all), 2);
  pclose(run);
  assert_int_equal(others, 0);
  assert_int_equal(all, bytes);
}

static void expect_done(const char *name) {
  struct stat status;
  expect_end(HOST_DONE, "");
  assert_false(fs_exists("logs/api.log.1"));
  assert_int_equal(stat(fs_path(name), &status), 0);
  assert_int_equal(status.st_mode & 07777, 0640);
  assert_true(status.st_uid == 12 && status.st_gid == 34);
  assert_true(time(NULL) - status.st_mtime >= 864000);
  assert_true(result.freed > 900 << 10);
  assert_int_equal(result.size, status.st_size);
  assert_int_equal(atomic_load(&done), 2 << 20); /* read once, compared once */
  assert_int_equal(count_files(), 2);
}

static void test_gzip(void **state) {
  (void)state;
  compress("api.log.1", HOST_GZIP);
  expect_done("logs/api.log.1.gz");
  expect_content("gzip", "logs/api.log.1.gz", 1 << 20);
}

static void test_zstd(void **state) {
  (void)state;
  compress("api.log.1", HOST_ZSTD);
  expect_done("logs/api.log.1.zst");
  if (access("/usr/bin/zstd", X_OK) == 0)
    expect_content("zstd", "logs/api.log.1.zst", 1 << 20);
}

static void test_it_exists_already(void **state) {
  (void)state;
  fs_file("logs/api.log.1.gz", 1);
  compress("api.log.1", HOST_GZIP);
  expect_end(HOST_REFUSED, "api.log.1.gz exists already");
  unlink(fs_path("logs/api.log.1.gz"));
  expect_untouched();
}

static void test_a_link_is_in_the_way(void **state) {
  (void)state;
  fs_file("victim", 4096);
  assert_int_equal(symlink(fs_path("victim"), fs_path("logs/api.log.1.gz")), 0);
  compress("api.log.1", HOST_GZIP);
  expect_end(HOST_REFUSED, "exists already");
  struct stat status;
  assert_int_equal(stat(fs_path("victim"), &status), 0);
  assert_int_equal(status.st_size, 4096);
}

static void test_cancelled(void **state) {
  (void)state;
  atomic_store(&stop, true);
  compress("api.log.1", HOST_ZSTD);
  expect_end(HOST_REFUSED, "cancelled");
  expect_untouched();
}

/* A file of bytes that compress to about half (text in hexadecimal of random numbers), or not at
 * all. */
static void fill(const char *name, size_t bytes, bool compressible) {
  char *content = mem_new(bytes + 1);
  uint64_t state = 88172645463325252ULL;
  for (size_t i = 0; i < bytes; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    content[i] = compressible ? "0123456789abcdef"[state % 16] : (char)(state >> 24);
  }
  const int fd = open(fs_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  assert_int_equal(write(fd, content, bytes), bytes);
  close(fd);
  free(content);
}

static void test_not_worth_it(void **state) {
  (void)state;
  fill("logs/api.log.1", 1 << 20, false);
  compress("api.log.1", HOST_GZIP);
  expect_end(HOST_REFUSED, "too little is saved");
  expect_untouched();
}

/* A hole of 60 MB takes no block, and its zeros compress to some. */
static void test_a_sparse_file_would_grow(void **state) {
  (void)state;
  fs_file("logs/api.log.1", 0);
  assert_int_equal(truncate(fs_path("logs/api.log.1"), 60 << 20), 0);
  compress("api.log.1", HOST_GZIP);
  expect_end(HOST_REFUSED, "too little is saved: it would take ");
  expect_untouched();
}

/* Its first 4 MiB compress well, and all that follows does not. */
static void test_it_promises_too_much(void **state) {
  (void)state;
  assert_int_equal(mount("test", fs_root, "tmpfs", MS_REMOUNT, "size=300m"), 0);
  fill("logs/api.log.1", 100 << 20, false);
  const int fd = open(fs_path("logs/api.log.1"), O_WRONLY | O_CLOEXEC);
  char *zeros = mem_new(4 << 20);
  assert_int_equal(write(fd, zeros, 4 << 20), 4 << 20);
  close(fd);
  free(zeros);
  compress("api.log.1", HOST_ZSTD);
  expect_end(HOST_REFUSED, "too little is saved: it would take ");
  expect_untouched();
}

/* 5 MB that need 2.8, where 1 is free: refused before anything is written. */
static void test_not_enough_room(void **state) {
  (void)state;
  fill("logs/api.log.1", 5 << 20, true);
  fs_file("filler", 2 << 20);
  compress("api.log.1", HOST_GZIP);
  expect_end(HOST_REFUSED, "not enough room: needs about");
  assert_int_equal(atomic_load(&done), 0);
  expect_untouched();
}

/* Its first bytes promise more than the rest holds: the disk is full midway. */
static void test_the_disk_becomes_full(void **state) {
  (void)state;
  fs_file("logs/api.log.1", 0);
  char *content = mem_new(7 << 20);
  FILE *file = fopen(fs_path("logs/api.log.1"), "w");
  memset(content, 'x', 4 << 20);
  uint64_t random = 88172645463325252ULL;
  for (size_t i = 4 << 20; i < 6 << 20; i++) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    content[i] = (char)(random >> 24);
  }
  assert_int_equal(fwrite(content, 1, 6 << 20, file), 6 << 20);
  fclose(file);
  free(content);
  fs_file("filler", 1 << 20);
  compress("api.log.1", HOST_ZSTD);
  expect_end(HOST_REFUSED, "No space left on device");
  expect_untouched();
  struct stat status;
  assert_int_equal(stat(fs_path("logs/api.log.1"), &status), 0);
  assert_int_equal(status.st_size, 6 << 20);
  fs_file("space", 600 << 10); /* what was written is free again */
}

/* The codec alone: what it reads back is what was put in; garbage and cut data are refused. */
static void test_codec(void **state) {
  (void)state;
  static unsigned char in[100000], packed[200000], back[200000];
  for (size_t i = 0; i < sizeof in; i++)
    in[i] = (unsigned char)(i * i >> 7);
  for (int format = HOST_GZIP; format <= HOST_ZSTD; format++) {
    bool ended = false;
    struct host_codec *codec = host_codec_new((enum host_format)format, false);
    struct host_chunk chunk = {in, sizeof in, packed, sizeof packed};
    assert_true(host_codec_run(codec, &chunk, true, &ended) && ended && chunk.in_len == 0);
    host_codec_free(codec);
    const size_t length = chunk.out_len;
    for (size_t cut = 0; cut <= length; cut += cut + 64 < length ? 64 : 1) {
      codec = host_codec_new((enum host_format)format, true);
      chunk = (struct host_chunk){packed, cut, back, sizeof back};
      ended = false;
      if (host_codec_run(codec, &chunk, true, &ended) && ended) {
        assert_int_equal(cut, length);
        assert_int_equal(chunk.out_len, sizeof in);
        assert_memory_equal(back, in, sizeof in);
      }
      host_codec_free(codec);
    }
    codec = host_codec_new((enum host_format)format, true);
    chunk = (struct host_chunk){in, sizeof in, back, sizeof back};
    assert_false(host_codec_run(codec, &chunk, true, &ended));
    host_codec_free(codec);
  }
}

static void test_a_process_writes_to_it(void **state) {
  (void)state;
  const int fd = open(fs_path("logs/api.log.1"), O_WRONLY | O_APPEND | O_CLOEXEC);
  compress("api.log.1", HOST_ZSTD);
  close(fd);
  expect_end(HOST_REFUSED, "has it open for writing");
  expect_untouched();
}

static void test_no_permission(void **state) {
  (void)state;
  assert_int_equal(chmod(fs_root, 0755), 0);
  assert_int_equal(chmod(fs_path("logs/api.log.1"), 0644), 0);
  assert_int_equal(seteuid(65534), 0);
  compress("api.log.1", HOST_ZSTD);
  assert_int_equal(seteuid(0), 0);
  expect_end(HOST_REFUSED, "Permission denied");
  expect_untouched();
}

int main(void) {
  fs_mount("size=8m");
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_gzip),
      TEST(test_zstd),
      TEST(test_it_exists_already),
      TEST(test_a_link_is_in_the_way),
      TEST(test_cancelled),
      TEST(test_not_worth_it),
      TEST(test_a_sparse_file_would_grow),
      TEST(test_it_promises_too_much),
      TEST(test_not_enough_room),
      TEST(test_the_disk_becomes_full),
      TEST(test_a_process_writes_to_it),
      TEST(test_no_permission),
      cmocka_unit_test(test_codec),
  };
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  fs_unmount();
  return failed;
}
