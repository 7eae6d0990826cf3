/* Exercises the reader of plans.
 * Holds: a plan that was read is written to a document that reads again, as a plan with the same
 * hash and the same document; and it prints line by line. */
#include "report/plan/plan_json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const struct action_spec *find(void *arg, const char *id) {
  static const struct action_spec specs[] = {
      {.id = "postgres.terminate", .kind = "postgres", .danger = DANGER_REVERSIBLE},
      {.id = "kafka.reset", .kind = "kafka", .danger = DANGER_DESTRUCTIVE},
  };
  (void)arg;
  for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
    if (strcmp(specs[i].id, id) == 0)
      return &specs[i];
  return NULL;
}

static char *written(const struct plan *plan, size_t *len) {
  char *text;
  FILE *out = open_memstream(&text, len);
  if (!plan_json_write(out, plan))
    abort();
  fclose(out);
  return text;
}

static void count_line(void *arg, enum plan_part part, bool strong, const char *text) {
  (void)strong;
  if (part >= PLAN_PART_COUNT || !text)
    abort();
  ++*(size_t *)arg;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  struct err err = {0};
  struct plan *plan = plan_json_read((const char *)data, size, find, NULL, &err);
  if (!plan) {
    if (!*err.text || err.kind == ERR_NONE)
      abort();
    return 0;
  }
  size_t first_len, second_len, lines = 0;
  char *first = written(plan, &first_len);
  struct plan *again = plan_json_read(first, first_len, find, NULL, &err);
  if (!again) {
    fprintf(stderr, "%s\n%s\n", err.text, first);
    abort();
  }
  char *second = written(again, &second_len);
  char first_hash[PLAN_HASH_SIZE], second_hash[PLAN_HASH_SIZE];
  if (first_len != second_len || memcmp(first, second, first_len) != 0 ||
      strcmp(plan_hash(plan, first_hash), plan_hash(again, second_hash)) != 0) {
    fprintf(stderr, "%s\n%s\n", first, second);
    abort();
  }
  plan_lines(plan, count_line, &lines);
  if (lines == 0)
    abort();
  free(first);
  free(second);
  plan_free(again);
  plan_free(plan);
  return 0;
}
