#include "actions/look.h"

#include "io/clock.h"

enum { AGAIN_MS = 10 };

static const struct target_state *state_of(const struct step *step) {
  return &step->call->model->targets[step->call->target_index];
}

/* When the collection of the sample began. */
static int64_t began_ms(const struct sample *sample) {
  return sample->taken_ms - sample->cost_us / 1000;
}

const struct sample *step_look(struct step *step) {
  const struct target_state *state = state_of(step);
  const int64_t asked_ms = clock_now_ms();
  if (!step->call->look) {
    step_fail(step, ERR_UNSUPPORTED, "%s cannot be collected again", state->target->name);
    return NULL;
  }
  step_sleep(step, 1); /* so that a collection that begins now is later than asked_ms */
  step->call->look(step->call);
  while (!step_should_stop(step)) {
    if (state->sample && began_ms(state->sample) >= asked_ms && state->err.kind == ERR_NONE)
      return state->sample;
    if (state->err.kind != ERR_NONE && state->attempted_ms > asked_ms && state->started_ms == 0) {
      step_fail(step, state->err.kind, "%s does not answer: %s", state->target->name,
                state->err.text);
      return NULL;
    }
    if (clock_now_ms() - asked_ms > LOOK_AT_MS) {
      step_fail(step, ERR_TIMEOUT, "%s was not collected again in time", state->target->name);
      return NULL;
    }
    step_sleep(step, AGAIN_MS);
  }
  step_fail(step, ERR_TIMEOUT, "cancelled while looking at %s", state->target->name);
  return NULL;
}
