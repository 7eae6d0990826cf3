#include "model/judge/model_evaluate.h"

#include "model/alarm/alarm_apply.h"
#include "model/alarm/chatter_apply.h"
#include "model/alarm/flood.h"
#include "model/event/news.h"
#include "model/judge/evaluate.h"
#include "model/judge/finding_times.h"

void model_evaluate(struct model *model, int64_t now_ms, bool one_pass) {
  struct findings *after = evaluate(model, now_ms, one_pass);
  if (!one_pass && model->watch_ms == 0)
    chatter_apply(model->chatter, model, after, now_ms);
  finding_times_note(model, after, now_ms);
  alarm_apply(model, after, now_ms);
  flood_apply(model, after, now_ms);
  struct findings *held = evaluate_held(model, after, now_ms);
  news_log(model, after, now_ms);
  findings_free(model->findings);
  findings_free(model->held);
  model->findings = after;
  model->held = held;
  model->generation++;
}
