/* What an evaluation (model/evaluate.h) does to the model: its findings, and their events. */
#pragma once

#include "model/model.h"

/* Judges everything anew and logs what has appeared and gone. one_pass: `for` is not waited for. */
void model_evaluate(struct model *model, int64_t now_ms, bool one_pass);
