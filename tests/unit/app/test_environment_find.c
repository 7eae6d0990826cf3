/* Which configurations -c names: files, directories without the parts of others, clashes. */
#include "app/environments/environment_find.h"
#include "core/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
  char folder[64];
  char *paths[16];
  size_t count;
};

static int setup(void **state) {
  struct place *place = mem_new(sizeof *place);
  snprintf(place->folder, sizeof place->folder, "/tmp/stacktop-find-XXXXXX");
  *state = place;
  return mkdtemp(place->folder) ? 0 : -1;
}

static int teardown(void **state) {
  struct place *place = *state;
  for (size_t i = place->count; i-- > 0;) {
    remove(place->paths[i]);
    free(place->paths[i]);
  }
  rmdir(place->folder);
  free(place);
  return 0;
}

static const char *put(struct place *place, const char *name, const char *text) {
  char *path = place->paths[place->count++] = mem_printf("%s/%s", place->folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  return path;
}

static struct options options_of(const char *one, const char *other) {
  struct options options = {.config = other ? other : one, .configs = {one, other}};
  options.config_count = other ? 2 : 1;
  return options;
}

/* "NAME NAME ..." of what is found. */
static void finds(const char *one, const char *other, const char *names) {
  struct environment_files files;
  struct options options = options_of(one, other);
  struct err err = {0};
  char found[256] = "";
  if (!environments_find(&files, &options, &err))
    fail_msg("%s", err.text);
  for (size_t i = 0; i < files.count; i++)
    snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s", i ? " " : "",
             files.items[i].name);
  environment_files_fini(&files);
  assert_string_equal(found, names);
}

static void refuses(const char *one, const char *other, const char *words) {
  struct environment_files files;
  struct options options = options_of(one, other);
  struct err err = {0};
  if (environments_find(&files, &options, &err))
    fail_msg("\"%s\" was expected", words);
  if (!strstr(err.text, words))
    fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void test_a_directory(void **state) {
  struct place *place = *state;
  put(place, "shop.yaml", "include: [team.yaml]\nname: web shop\nenvironment: eu-prod-1\n");
  put(place, "ecap.yaml", "include: ['te*.yaml']\n");
  put(place, "team.yaml", "include: [deep.yaml]\ninterval: 5s\n");
  put(place, "deep.yaml", "theme: dark\n");
  put(place, "_part.yaml", "interval: 5s\n");
  put(place, ".hidden.yaml", "interval: 5s\n");
  put(place, "notes.txt", "nothing\n");
  place->paths[place->count++] = mem_printf("%s/pipe.yaml", place->folder);
  assert_int_equal(mkfifo(place->paths[place->count - 1], 0600), 0); /* reading it would hang */
  put(place, "wrong.yaml", "a: [\n");
  finds(place->folder, NULL, "ecap web shop wrong");
  struct environment_files files;
  struct options options = options_of(place->folder, NULL);
  struct err err;
  assert_true(environments_wanted(&options));
  assert_true(environments_find(&files, &options, &err));
  assert_true(files.items[1].production && !files.items[0].production);
  assert_string_equal(files.items[1].text, "eu-prod-1");
  assert_string_equal(files.items[1].theme, "dark"); /* of what it includes */
  environment_files_fini(&files);
}

static void test_files(void **state) {
  struct place *place = *state;
  const char *a = put(place, "a.yaml", "name: one\n"), *b = put(place, "b.yaml", "name: two\n");
  const struct options one = options_of(a, NULL), two = options_of(a, b);
  assert_false(environments_wanted(&one));
  assert_true(environments_wanted(&two));
  finds(b, a, "two one"); /* as they are given */
  finds(a, "/nonexistent/far.yaml", "one far");
}

static void test_clashes(void **state) {
  struct place *place = *state;
  char same[160];
  const char *a = put(place, "a.yaml", "name: one\n"), *b = put(place, "b.yaml", "name: one\n");
  const char *link = place->paths[place->count++] = mem_printf("%s/c.yaml", place->folder);
  refuses(a, b, "have the same name, \"one\": set another `name`");
  snprintf(same, sizeof same, "%s/./a.yaml", place->folder);
  refuses(a, same, "are the same file");
  assert_int_equal(symlink("a.yaml", link), 0);
  refuses(a, link, "are the same file");
  refuses(place->folder, NULL, "have the same name");
}

static void test_an_empty_directory(void **state) {
  struct place *place = *state;
  put(place, "_a.yaml", "name: one\n");
  refuses(place->folder, NULL, "no configuration in this directory");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_directory, setup, teardown),
      cmocka_unit_test_setup_teardown(test_files, setup, teardown),
      cmocka_unit_test_setup_teardown(test_clashes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_an_empty_directory, setup, teardown)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
