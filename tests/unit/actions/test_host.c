/* The actions on disks where they are cancelled, denied or too late; the rest is in
 * tests/e2e/test_disks.py, and each change by itself in tests/unit/clients/host. */
#include "act_driver.h"
#include "clients/host/host_contract.h"
#include "clients/host/host_fs.h"
#include "clients/host/host_old.h"

#include <dirent.h>

extern const struct action action_host_usage, action_host_delete_old_files,
    action_host_compress_logs, action_host_truncate_file;

static const struct option options[] = {
    {.name = HOST_CLEANUP, .type = OPTION_MAP, .help = ""},
    {.name = HOST_COMPRESS, .type = OPTION_MAP, .help = ""},
};
static const struct target_kind kind = {.kind = "host",
                                        .key = "hosts",
                                        .title = "Disks & host",
                                        .options = options,
                                        .option_count = COUNT(options)};

static struct driver driver;
static char state_folder[] = "/tmp/stacktop-state-XXXXXX";
static const char *keys[] = {fs_root, NULL};

static void add_rule(const char *option, const char *name, const char *text) {
  struct option_value *value =
      (struct option_value *)(uintptr_t)target_option(driver.config->targets[0], option);
  value->item_count++;
  value->names = mem_resize(value->names, value->item_count * sizeof *value->names);
  value->items = mem_resize(value->items, value->item_count * sizeof *value->items);
  value->names[value->item_count - 1] = mem_dup(name);
  value->items[value->item_count - 1] = mem_dup(text);
  value->set = true;
}

static void forget_looks(void) {
  DIR *folder = opendir(state_folder);
  const struct dirent *entry;
  while ((entry = readdir(folder)))
    unlinkat(dirfd(folder), entry->d_name, 0);
  closedir(folder);
}

static int setup(void **state) {
  (void)state;
  assert_int_equal(mount("test", fs_root, "tmpfs", 0, "size=8m"), 0);
  assert_int_equal(chmod(fs_root, 0755), 0);
  fs_folder("log");
  for (int i = 1; i <= 3; i++) {
    char name[32];
    snprintf(name, sizeof name, "log/api.log.%d", i);
    fs_file(name, 1 << 20);
    fs_age(name, 864000);
  }
  driver_open(&driver, &kind, NULL);
  driver.state = state_folder;
  add_rule(HOST_CLEANUP, fs_path("log/*.log.*"), "7d");
  add_rule(HOST_COMPRESS, fs_path("log/*.log.*"), "7d");
  return 0;
}

static int teardown(void **state) {
  (void)state;
  driver_close(&driver);
  umount2(fs_root, MNT_DETACH);
  forget_looks();
  return 0;
}

static const char *note(size_t index) {
  return driver.found && index < driver.found->note_count ? driver.found->notes[index].text : "";
}

static const struct row *row_of(const char *what) {
  const struct table *table = &driver.found->tables[0];
  for (size_t i = 0; i < table->row_count; i++)
    if (strcmp(table->rows[i].cells[0].text, what) == 0)
      return &table->rows[i];
  return NULL;
}

static void look(void) {
  if (!driver_survey(&driver, &action_host_usage, HOST_DISKS_TABLE, keys, NULL))
    fail_msg("%s", driver.err.text);
}

/* All old files as picks, closed by NULL. */
static const char *const *all_files(void) {
  static const char *picks[16];
  const struct table *table = &driver.found->tables[0];
  size_t count = 0;
  for (size_t i = 0; i < table->row_count; i++)
    if (table->rows[i].parent)
      picks[count++] = table->rows[i].key;
  picks[count] = NULL;
  return picks;
}

static void plan(const struct action *action) {
  if (!driver_survey(&driver, action, HOST_DISKS_TABLE, keys, NULL) ||
      !driver_plan(&driver, all_files()))
    fail_msg("%s", driver.err.text);
}

/* ---- what fills it */

static void test_usage_accounts_for_all(void **state) {
  (void)state;
  look();
  assert_string_equal(note(0), "3 files, 100% of the used bytes accounted for");
  assert_non_null(row_of("api.log.1"));
  assert_null(row_of("not found by name"));
  const struct row *root = row_of(fs_path(""));
  assert_non_null(root);
  assert_null(root->parent);
}

static void test_usage_cancelled_shows_what_it_has_and_is_continued(void **state) {
  (void)state;
  enum { ATTEMPTS = 200 };
  for (int i = 0; i < ATTEMPTS && !strstr(note(0), "stopped: "); i++) { /* before it has read all */
    driver_survey(&driver, &action_host_truncate_file, HOST_DISKS_TABLE, keys, NULL);
    driver.action = &action_host_usage;
    driver_begin(&driver, action_host_usage.survey);
    driver.step->cancel(&driver.call);
    assert_true(driver_wait(&driver));
  }
  expect_in(note(0), "stopped: ");
  expect_in(note(0), " so far, ");
  expect_in(note(1), "within an hour continues here");
  const struct row *root = row_of(fs_path(""));
  assert_non_null(root);
  assert_true(root->cells[1].at_least); /* a lower bound, and no growth from it */
  look();
  expect_in(note(0), "3 files, 100%");
}

static void test_usage_without_permission_says_what_is_missing(void **state) {
  (void)state;
  assert_int_equal(chmod(fs_path("log"), 0700), 0);
  driver.state = NULL;
  assert_int_equal(seteuid(65534), 0);
  look();
  assert_int_equal(seteuid(0), 0);
  const struct row *rest = row_of("not found by name");
  assert_non_null(rest);
  assert_int_equal(rest->cells[1].integer, 3 << 20);
  expect_in(rest->cells[7].text, "1 directory not readable, first log");
  expect_in(rest->cells[7].text, "processes not readable");
}

static void test_usage_of_what_is_no_longer_there(void **state) {
  (void)state;
  static const char *const gone[] = {"/no/such/mount", NULL};
  assert_false(driver_survey(&driver, &action_host_usage, HOST_DISKS_TABLE, gone, NULL));
  expect_words(&driver, "No such file or directory");
}

/* A configured path that is not a mount point. */
static void test_usage_of_a_part_of_a_file_system(void **state) {
  (void)state;
  fs_file("beside", 1 << 20);
  const char *const part[] = {fs_path("log"), NULL};
  assert_true(driver_survey(&driver, &action_host_usage, HOST_DISKS_TABLE, part, NULL));
  expect_in(note(0), "3 files, 75% of the used bytes accounted for");
  expect_in(row_of("not found by name")->cells[7].text, "which is not a mount point");
}

static void test_what_helps_with_a_row(void **state) {
  (void)state;
  char line[512], wanted[512];
  struct err why = {0};
  const int fd = open(fs_path("log/api.log"), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
  assert_int_equal(write(fd, "x", 1), 1);
  look();
  snprintf(wanted, sizeof wanted, "host.truncate-file main %s %d/%d", fs_root, getpid(), fd);
  assert_true(action_host_usage.next(&driver.request, row_of("api.log"), line, sizeof line, &why));
  assert_string_equal(line, wanted);
  close(fd);
  snprintf(wanted, sizeof wanted, "host.delete-old-files main %s", fs_root);
  assert_true(
      action_host_usage.next(&driver.request, row_of("api.log.1"), line, sizeof line, &why));
  assert_string_equal(line, wanted);
}

/* ---- a file system that hangs in the kernel: FUSE without the process behind it */

static int fuse = -1;

static bool mount_hung(void) {
  char data[128];
  fs_folder("hung");
  fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  snprintf(data, sizeof data, "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
  return fuse >= 0 && mount("hung", fs_path("hung"), "fuse", MS_NOSUID | MS_NODEV, data) == 0;
}

/* One below it does not hold up the look. */
static void test_usage_beside_a_hung_file_system(void **state) {
  (void)state;
  if (!mount_hung())
    skip();
  look();
  expect_in(note(0), "3 files, 100%");
  expect_in(note(1), "what is hidden below 1 mount");
  add_rule(HOST_CLEANUP, fs_path("**/*.log.*"), "7d");
  plan(&action_host_delete_old_files);
  close(fuse);
}

static void test_usage_of_a_hung_file_system_is_abandoned(void **state) {
  (void)state;
  if (!mount_hung())
    skip();
  const char *const hung[] = {fs_path("hung"), NULL};
  driver_survey(&driver, &action_host_truncate_file, HOST_DISKS_TABLE, keys, NULL);
  driver.action = &action_host_usage;
  driver.request.keys = hung;
  driver_begin(&driver, action_host_usage.survey);
  const int64_t began_ms = clock_now_ms();
  while (clock_now_ms() < began_ms + 300) /* it does not end by itself */
    driver_turn(&driver);
  driver.step->cancel(&driver.call);
  assert_false(driver_wait(&driver));
  expect_words(&driver, "the file system does not answer");
  assert_true(clock_now_ms() - began_ms < 10000);
  close(fuse); /* its thread returns, and frees what it has */
}

/* ---- changes */

static void cancel_after_one(struct driver *now) {
  if (now->has_outcome && outcome_count(&now->outcome, OBJECT_DONE) == 1 && !now->ended)
    now->step->cancel(&now->call);
}

static void test_delete_cancelled_between_two(void **state) {
  (void)state;
  plan(&action_host_delete_old_files);
  assert_int_equal(driver.plan->object_count, 3);
  driver.on_change = cancel_after_one;
  driver_execute(&driver);
  assert_int_equal(outcome_count(&driver.outcome, OBJECT_DONE), 1);
  assert_int_equal(outcome_count(&driver.outcome, OBJECT_SKIPPED), 2);
  int left = 0;
  for (int i = 1; i <= 3; i++) {
    char name[32];
    snprintf(name, sizeof name, "log/api.log.%d", i);
    left += fs_exists(name);
  }
  assert_int_equal(left, 2);
}

static void test_delete_of_what_is_replaced(void **state) {
  (void)state;
  plan(&action_host_delete_old_files);
  fs_file("log/new", 1 << 20);
  assert_int_equal(rename(fs_path("log/new"), fs_path("log/api.log.2")), 0);
  driver_execute(&driver);
  assert_int_equal(outcome_count(&driver.outcome, OBJECT_DONE), 2);
  assert_int_equal(outcome_count(&driver.outcome, OBJECT_GONE), 1);
  assert_true(fs_exists("log/api.log.2"));
  expect_in(driver.outcome.proof, "2 of 3 files, 2.0 MB by their blocks");
}

static void test_delete_on_a_read_only_file_system(void **state) {
  (void)state;
  plan(&action_host_delete_old_files);
  assert_int_equal(mount(NULL, fs_root, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
  driver_execute(&driver);
  assert_int_equal(outcome_count(&driver.outcome, OBJECT_REFUSED), 3);
  expect_in(object_words(&driver, 0), "read-only");
}

static void test_delete_says_why_there_is_nothing(void **state) {
  (void)state;
  for (int i = 1; i <= 3; i++) {
    char name[32];
    snprintf(name, sizeof name, "log/api.log.%d", i);
    fs_age(name, 60);
  }
  add_rule(HOST_CLEANUP, "/no/such/directory/*.x", "1d");
  add_rule(HOST_CLEANUP, "/etc/*.stacktop", "1d");
  assert_true(driver_survey(&driver, &action_host_delete_old_files, HOST_DISKS_TABLE, keys, NULL));
  assert_int_equal(driver.found->tables[0].row_count, 0);
  expect_in(note(0), "/no/such/directory: No such file");
  expect_in(note(1), "no rule has an old file on ");
  expect_in(note(2), "1 of 3 rules are for other file systems");
}

/* What is not searched is said, and what is not deep is found. */
static void test_delete_says_what_is_too_deep(void **state) {
  (void)state;
  char path[200] = "log/.";
  add_rule(HOST_CLEANUP, fs_path("log/**/*.deep"), "7d");
  for (size_t i = 0; i < HOST_OLD_DEPTH + 1; i++) {
    snprintf(path + strlen(path), sizeof path - strlen(path), "/d%zu", i);
    fs_folder(path);
    if (i < HOST_OLD_DEPTH - 1)
      continue;
    char file[230];
    snprintf(file, sizeof file, "%s/%zu.deep", path, i);
    fs_file(file, 4096);
    fs_age(file, 864000);
  }
  plan(&action_host_delete_old_files);
  assert_int_equal(driver.plan->object_count, 4); /* 3 of the other rule */
  expect_in(note(0), "directories 33 levels below ");
}

static void test_unsafe_directories_are_not_listed(void **state) {
  (void)state;
  assert_int_equal(chmod(fs_path("log"), 0777), 0);
  assert_true(driver_survey(&driver, &action_host_delete_old_files, HOST_DISKS_TABLE, keys, NULL));
  assert_int_equal(driver.found->tables[0].row_count, 0);
  expect_in(note(0), "writable by everyone without the sticky bit");
}

static void test_compress_all(void **state) {
  (void)state;
  plan(&action_host_compress_logs);
  driver_execute(&driver);
  assert_int_equal(outcome_count(&driver.outcome, OBJECT_DONE), 3);
  assert_true(fs_exists("log/api.log.1.zst") && !fs_exists("log/api.log.1"));
  expect_in(object_words(&driver, 0), "compressed, 1");
  /* what is compressed is not offered again */
  assert_true(driver_survey(&driver, &action_host_compress_logs, HOST_DISKS_TABLE, keys, NULL));
  assert_int_equal(driver.found->tables[0].row_count, 0);
}

static void test_no_rules(void **state) {
  (void)state;
  driver_close(&driver);
  driver_open(&driver, &kind, NULL);
  assert_false(driver_survey(&driver, &action_host_compress_logs, HOST_DISKS_TABLE, keys, NULL));
  expect_words(&driver, "no rule in the configuration: add compress:");
}

static void test_truncate_names_what_it_means(void **state) {
  (void)state;
  const int fd = open(fs_path("log/api.log"), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  char pick[32];
  assert_int_equal(ftruncate(fd, 0), 0);
  assert_int_equal(write(fd, fs_root, sizeof fs_root), sizeof fs_root);
  snprintf(pick, sizeof pick, "%d/%d", getpid(), fd);
  const char *const picks[] = {pick, NULL};
  assert_true(driver_survey(&driver, &action_host_truncate_file, HOST_DISKS_TABLE, keys, NULL));
  assert_true(driver_plan(&driver, picks));
  expect_in(plan_text(&driver), "does not append to api.log");
  expect_in(plan_text(&driver), "sparse");
  expect_in(plan_text(&driver), "truncate -s 0 /proc/");
  close(fd); /* the descriptor is closed before it is confirmed */
  driver_execute(&driver);
  assert_int_equal(outcome_count(&driver.outcome, OBJECT_GONE), 1);
}

/* stacktop holds its audit log open for writing. */
static void test_its_own_files_are_not_truncated(void **state) {
  (void)state;
  fs_folder("state");
  fs_folder("state.old");
  const int own = open(fs_path("state/audit.jsonl"), O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  const int other = open(fs_path("state.old/log"), O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  assert_int_equal(write(own, "x", 1) + write(other, "x", 1), 2);
  driver.state = fs_path("state");
  assert_true(driver_survey(&driver, &action_host_truncate_file, HOST_DISKS_TABLE, keys, NULL));
  assert_null(row_of("audit.jsonl"));
  assert_non_null(row_of("log"));
  close(own);
  close(other);
}

int main(void) {
  fs_mount("size=8m");
  if (!mkdtemp(state_folder))
    return 1;
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_usage_accounts_for_all),
      TEST(test_usage_cancelled_shows_what_it_has_and_is_continued),
      TEST(test_usage_without_permission_says_what_is_missing),
      TEST(test_usage_of_what_is_no_longer_there),
      TEST(test_usage_of_a_part_of_a_file_system),
      TEST(test_what_helps_with_a_row),
      TEST(test_usage_beside_a_hung_file_system),
      TEST(test_usage_of_a_hung_file_system_is_abandoned),
      TEST(test_delete_cancelled_between_two),
      TEST(test_delete_of_what_is_replaced),
      TEST(test_delete_on_a_read_only_file_system),
      TEST(test_delete_says_why_there_is_nothing),
      TEST(test_unsafe_directories_are_not_listed),
      TEST(test_delete_says_what_is_too_deep),
      TEST(test_compress_all),
      TEST(test_no_rules),
      TEST(test_truncate_names_what_it_means),
      TEST(test_its_own_files_are_not_truncated),
  };
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  rmdir(state_folder);
  fs_unmount();
  return failed;
}
