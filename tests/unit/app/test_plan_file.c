/* Plans on disk: who may read them, how long they are valid, and that each is applied once. */
#include "operate/plan_file.h"

#include "actions/action.h"
#include "core/mem.h"
#include "report/plan/plan_json.h"
#include "support/core_test.h"

#include <ftw.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NOW_MS = 1700000000 };
#define NOW (INT64_C(1000) * NOW_MS)

struct fixture {
  char folder[64], state[96];
};

static int setup(void **state) {
  static struct fixture fixture;
  snprintf(fixture.folder, sizeof fixture.folder, "/tmp/cli-plans-XXXXXX");
  if (!action_specs[0]) {
    printf("SKIPPED there is no action to plan\n");
    exit(77);
  }
  assert_non_null(mkdtemp(fixture.folder));
  /* deeper than there are folders */
  snprintf(fixture.state, sizeof fixture.state, "%s/state/stacktop", fixture.folder);
  *state = &fixture;
  return 0;
}

static int remove_one(const char *path, const struct stat *stat_, int type, struct FTW *place) {
  (void)stat_;
  (void)type;
  (void)place;
  return remove(path);
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  return nftw(fixture->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct plan *plan_made(const char *target, int64_t made_ms) {
  struct plan *plan = plan_new(action_specs[0], target, NULL, false);
  plan_say(plan, PLAN_EFFECT, "SELECT 1");
  plan->made_ms = made_ms;
  return plan;
}

/* The hash that it has then. */
static char *saved(const char *state, const char *target, int64_t made_ms, int64_t now_ms) {
  struct err err = {0};
  struct plan *plan = plan_made(target, made_ms);
  if (!plan_file_save(state, &plan_json, actions, plan, now_ms, &err))
    fail_msg("%s", err.text);
  char *hash = mem_dup(plan->hash);
  plan_free(plan);
  return hash;
}

static void check_loads(const char *state, const char *prefix, const char *target) {
  struct err err = {0};
  struct plan *plan = plan_file_load(state, &plan_json, actions, prefix, NOW, &err);
  if (!plan)
    fail_msg("%s: %s", prefix, err.text);
  assert_string_equal(plan->target, target);
  assert_non_null(plan->hash);
  plan_free(plan);
}

static void check_refuses(const char *state, const char *prefix, const char *words) {
  struct err err = {0};
  struct plan *plan = plan_file_load(state, &plan_json, actions, prefix, NOW, &err);
  if (plan)
    fail_msg("was loaded: %s", prefix);
  if (!strstr(err.text, words))
    fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static char *path_of(const struct fixture *fixture, const char *hash, const char *ending) {
  return mem_printf("%s/plans/%s%s", fixture->state, hash, ending);
}

static void test_kept_and_found(void **state) {
  struct fixture *fixture = *state;
  struct stat stat_;
  char *hash = saved(fixture->state, "ecap", NOW - 5000, NOW), prefix[PLAN_HASH_SIZE];
  char *path = path_of(fixture, hash, ".json"), *folder = path_of(fixture, "", "");
  assert_int_equal(stat(path, &stat_), 0);
  assert_int_equal(stat_.st_mode & 07777, 0600);
  assert_int_equal(stat(folder, &stat_), 0);
  assert_int_equal(stat_.st_mode & 07777, 0700);
  check_loads(fixture->state, hash, "ecap");
  snprintf(prefix, sizeof prefix, "%.8s", hash);
  check_loads(fixture->state, prefix, "ecap");
  prefix[7] = '\0';
  check_refuses(fixture->state, prefix, "at least the first 8 digits");
  check_refuses(fixture->state, "../../etc", "is not a plan");
  check_refuses(fixture->state, "0123456789", "there is no plan 0123456789");
  free(hash);
  free(path);
  free(folder);
}

static void test_nothing_there(void **state) {
  struct fixture *fixture = *state;
  check_refuses(fixture->state, "0123456789", "there is no plan: ");
}

static void test_too_old(void **state) {
  struct fixture *fixture = *state;
  char *old = saved(fixture->state, "old", NOW - PLAN_FILE_LIFETIME_MS - 1, NOW);
  char *future = saved(fixture->state, "future", NOW + 120000, NOW);
  char *edge = saved(fixture->state, "edge", NOW - PLAN_FILE_LIFETIME_MS, NOW);
  check_refuses(fixture->state, old, "was made at 2023-11-1");
  check_refuses(fixture->state, future, "was made at 2023-11-1");
  check_loads(fixture->state, edge, "edge");
  free(old);
  free(future);
  free(edge);
}

static void test_over_is_removed(void **state) {
  struct fixture *fixture = *state;
  const int64_t later = (int64_t)time(NULL) * 1000 + PLAN_FILE_LIFETIME_MS + 60000;
  char *first = saved(fixture->state, "first", NOW, 0);
  char *stranger = path_of(fixture, "notes", ".txt");
  FILE *file = fopen(stranger, "w");
  assert_non_null(file);
  fclose(file);
  char *second = saved(fixture->state, "second", NOW, 0);
  check_loads(fixture->state, first, "first");
  char *third = saved(fixture->state, "third", NOW, later);
  check_refuses(fixture->state, first, "there is no plan");
  check_refuses(fixture->state, second, "there is no plan");
  check_loads(fixture->state, third, "third");
  assert_int_equal(access(stranger, F_OK), 0); /* a file that is not one of our plans stays */
  free(first);
  free(second);
  free(third);
  free(stranger);
}

static void test_changed(void **state) {
  struct fixture *fixture = *state;
  char *hash = saved(fixture->state, "ecap", NOW, NOW), *path = path_of(fixture, hash, ".json");
  FILE *file = fopen(path, "r+");
  assert_non_null(file);
  char text[4096];
  size_t len = fread(text, 1, sizeof text - 1, file);
  text[len] = '\0';
  char *at = strstr(text, "SELECT 1");
  assert_non_null(at);
  at[7] = '2';
  rewind(file);
  fwrite(text, 1, len, file);
  fclose(file);
  check_refuses(fixture->state, hash, "was changed after it was made");
  at[7] = '"';
  file = fopen(path, "w");
  fwrite(text, 1, len, file);
  fclose(file);
  check_refuses(fixture->state, hash, ": line ");
  free(hash);
  free(path);
}

static void test_not_ours(void **state) {
  struct fixture *fixture = *state;
  char *hash = saved(fixture->state, "ecap", NOW, NOW), *path = path_of(fixture, hash, ".json");
  char *moved = mem_printf("%s/elsewhere", fixture->folder), *folder = path_of(fixture, "", "");
  assert_int_equal(rename(path, moved), 0);
  assert_int_equal(symlink(moved, path), 0);
  check_refuses(fixture->state, hash, "cannot read the plan from");
  assert_int_equal(unlink(path), 0);
  assert_int_equal(mkdir(path, 0700), 0);
  check_refuses(fixture->state, hash, "cannot read the plan from");
  assert_int_equal(chmod(folder, 0770), 0);
  check_refuses(fixture->state, hash, "is accessible to others");
  struct err err;
  struct plan *plan = plan_made("ecap", NOW);
  assert_false(plan_file_save(fixture->state, &plan_json, actions, plan, NOW, &err));
  plan_free(plan);
  free(hash);
  free(path);
  free(moved);
  free(folder);
}

/* Two hashes with the same prefix are out of reach; two files are not. */
static void test_ambiguous(void **state) {
  struct fixture *fixture = *state;
  char *hash = saved(fixture->state, "ecap", NOW, NOW), *other = mem_dup(hash);
  other[63] = other[63] == '0' ? '1' : '0';
  char *path = path_of(fixture, other, ".json"), prefix[32];
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fclose(file);
  snprintf(prefix, sizeof prefix, "%.20s", hash);
  check_refuses(fixture->state, prefix, "matches two plans");
  check_loads(fixture->state, hash, "ecap");
  free(hash);
  free(other);
  free(path);
}

static void test_once(void **state) {
  struct fixture *fixture = *state;
  struct err err = {0};
  char *hash = saved(fixture->state, "ecap", NOW, NOW);
  assert_true(plan_file_claim(fixture->state, hash, &err));
  assert_false(plan_file_claim(fixture->state, hash, &err));
  assert_non_null(strstr(err.text, "another process has just applied the plan"));
  check_refuses(fixture->state, hash, "has already been applied");
  plan_file_release(fixture->state, hash);
  check_loads(fixture->state, hash, "ecap");
  assert_true(plan_file_claim(fixture->state, hash, &err));
  free(saved(fixture->state, "ecap", NOW, NOW)); /* planned again: it can be applied again */
  check_loads(fixture->state, hash, "ecap");
  free(hash);
}

#define plan_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      plan_test(test_kept_and_found),  plan_test(test_nothing_there), plan_test(test_too_old),
      plan_test(test_over_is_removed), plan_test(test_changed),       plan_test(test_not_ours),
      plan_test(test_ambiguous),       plan_test(test_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
