#include "operate/headless/headless_plan.h"

#include "io/clock.h"
#include "operate/command/words.h"
#include "operate/plan_file.h"

const struct target *headless_plan_target(const struct config *config,
                                          const struct action *const *list, size_t count,
                                          const char *const *words, struct err *err) {
  const struct target *target = NULL;
  struct model model;
  struct words read;
  model_init(&model, config);
  if (words_parse(&read, list, count, words, &model, err)) {
    target = model.targets[read.target_index].target;
    words_fini(&read);
  }
  model_fini(&model);
  return target;
}

static bool is_settled(void *arg) {
  const struct operation *operation = arg;
  return operation->phase == OPERATION_FORM || operation->phase == OPERATION_CHOICE ||
         operation->phase == OPERATION_PLAN || operation->phase == OPERATION_ENDED;
}

struct operation *headless_plan(struct headless *headless, size_t count, const char *const *words,
                                struct err *err) {
  headless->collect(headless->collect_arg);
  struct operation *operation = pipeline_begin(headless->pipeline, count, words, true, err);
  if (!operation)
    return NULL;
  headless_wait(headless, is_settled, operation);
  if (operation->phase == OPERATION_PLAN || operation->phase == OPERATION_CHOICE)
    return operation;
  if (*operation->err.text)
    *err = operation->err;
  else
    err_set(err, ERR_INVALID, "there is no plan");
  return NULL;
}

bool headless_plan_keep(struct headless *headless, struct plan *plan,
                        const struct plan_format *format, struct err *err) {
  plan->made_ms += clock_wall_offset_ms(); /* the plan outlives the steady clock of this process */
  plan->data_ms += clock_wall_offset_ms();
  return plan_file_save(headless->state, format, headless->actions, plan, clock_wall_ms(), err);
}
