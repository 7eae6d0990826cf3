/* Applies an evaluation (model/judge/evaluate.h) to the model: its findings, and their events. */
#pragma once

#include "model/model.h"

/* Evaluates all targets and logs new and resolved findings. one_pass: a `for` counts at once. */
void model_evaluate(struct model *model, int64_t now_ms, bool one_pass);
