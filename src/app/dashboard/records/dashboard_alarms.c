#include "app/dashboard/records/dashboard_alarms.h"

#include "core/quantity.h"
#include "core/text/text.h"
#include "io/clock.h"

#include <string.h>

static void say(struct dashboard_alarms *own, enum severity severity, const char *text) {
  char shown[ALARM_SAID_MAX];
  text_sanitize(shown, sizeof shown, text, strlen(text), false);
  events_add(&own->model->events, clock_now_ms(), severity, "stacktop", "%s", shown);
  own->model->generation++;
  own->hooks.say(own->hooks.arg, shown);
}

static void on_marks(void *arg, const struct alarm_marks *marks) {
  struct dashboard_alarms *own = arg;
  own->model->alarm_marks = marks;
  own->model->generation++;
  own->hooks.changed(own->hooks.arg);
}

static void on_failed(void *arg, const struct err *err) {
  struct dashboard_alarms *own = arg;
  events_add(&own->model->events, clock_now_ms(), err ? SEVERITY_WARN : SEVERITY_OK, "stacktop",
             err ? "acknowledgements and silences are not known: %s" : "%s",
             err ? err->text : "acknowledgements and silences are read again");
  own->hooks.changed(own->hooks.arg);
}

static void on_answered(void *arg, const char *said, const struct err *err) {
  struct dashboard_alarms *own = arg;
  say(own, said ? SEVERITY_OK : SEVERITY_WARN, said ? said : err->text);
  alarm_follow_wake(own->follow);
}

bool dashboard_alarms_request(struct dashboard_alarms *own, const struct request *request) {
  struct alarm_act act;
  struct err err = {0};
  int64_t lasts_ms = 0;
  const enum alarm_verb verb = (enum alarm_verb)request->operation;
  const int64_t wall_ms = clock_wall_ms();
  if (request->kind != REQUEST_ALARM)
    return false;
  bool good = own->clerk || err_set(&err, ERR_INVALID,
                                    "no directory for acknowledgements and silences: HOME is not "
                                    "set; set `state` in the configuration");
  good = good && (!own->wall || err_set(&err, ERR_INVALID, "a wall display changes nothing"));
  good = good &&
         alarm_act_make(&act, verb, request->text, request->texts[0], &own->secrets.mask, &err);
  if (good && verb != ALARM_DO_REMOVE)
    good = duration_parse(request->texts[1], &lasts_ms, &err) &&
           alarm_act_until(&act, wall_ms + lasts_ms, wall_ms, &err);
  if (!good) {
    own->hooks.say(own->hooks.arg, err.text);
    return true;
  }
  act.mark.most = severity_parse(request->texts[2]);
  alarm_clerk_ask(own->clerk, &act, on_answered, own);
  return true;
}

void dashboard_alarms_open(struct dashboard_alarms *own, struct io *io, struct model *model,
                           struct audit *audit, const char *state, bool wall,
                           const struct dashboard_alarms_hooks *hooks) {
  *own = (struct dashboard_alarms){.model = model, .wall = wall, .hooks = *hooks};
  incident_secrets_init(&own->secrets, model->config);
  if (!state)
    return;
  own->clerk = alarm_clerk_new(&(struct alarm_clerk_options){
      .io = io, .audit = audit, .config = model->config, .state = state});
  own->follow = alarm_follow_new(&(struct alarm_follow_options){
      .io = io, .state = state, .changed = on_marks, .failed = on_failed, .arg = own});
}

void dashboard_alarms_rebase(struct dashboard_alarms *own) {
  incident_secrets_fini(&own->secrets);
  incident_secrets_init(&own->secrets, own->model->config);
  if (own->clerk)
    alarm_clerk_rebase(own->clerk, own->model->config);
}

void dashboard_alarms_close(struct dashboard_alarms *own) {
  own->model->alarm_marks = NULL;
  alarm_clerk_close(own->clerk);
  alarm_follow_close(own->follow);
  incident_secrets_fini(&own->secrets);
}
