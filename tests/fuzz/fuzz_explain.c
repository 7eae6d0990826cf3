/* Exercises the reader of a plan in JSON, and what is read of the text of a statement. The input is
 * a text for both. Holds: nodes are numbered from 1 and below an earlier one; a share is -1 or
 * between 0 and 1; costs are -1 or finite and not negative; every text is complete; a verb is in
 * capitals and short. */
#include "fuzz.h"

#include "clients/postgres/statement.h"
#include "collectors/postgres/pages/postgres_plan_tree.h"

#include <math.h>
#include <string.h>

static void check_number(double number) {
  assert(isfinite(number) && (number == -1 || number >= 0));
}

static void check_node(const struct plan_node *node, size_t number) {
  assert(node->number == number && node->parent < number);
  assert(node->label && (!node->conditions || strlen(node->conditions) < PLAN_TEXT_MAX));
  assert(node->share == -1 || (node->share >= 0 && node->share <= 1));
  check_number(node->startup);
  check_number(node->total);
  check_number(node->rows);
  check_number(node->width);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  char *text = fuzz_text(&input, '\0'), verb[STATEMENT_VERB_MAX];
  struct arena arena;
  struct plan plan;
  struct err err = {0};
  arena_init(&arena, 1 << 20);
  if (plan_read(&plan, &arena, text, &err)) {
    assert(plan.count <= PLAN_NODES_MAX && plan.settings);
    for (size_t i = 0; i < plan.count; i++)
      check_node(&plan.nodes[i], i + 1);
  } else {
    assert(err.kind != ERR_NONE && *err.text);
  }
  arena_fini(&arena);
  statement_has_plan(text, verb);
  assert(strlen(verb) < STATEMENT_VERB_MAX &&
         strcspn(verb, "abcdefghijklmnopqrstuvwxyz") == strlen(verb));
  assert(statement_parameters(text) < 1000000 &&
         (strchr(text, '$') || statement_parameters(text) == 0));
  free(text);
  return 0;
}
