#include "app/dashboard/records/dashboard_incident.h"

#include "core/mem.h"
#include "core/text/text.h"
#include "core/text/words.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

/* ---- the page */

static void page_free(struct dashboard_incident *own) {
  own->model->incident_lines = NULL;
  own->model->incident_line_count = 0;
  free(own->text);
  free(own->lines);
  own->text = NULL;
  own->lines = NULL;
}

static void page_set(struct dashboard_incident *own, const char *text) {
  size_t count = 1, at = 0;
  page_free(own);
  own->text = mem_dup(text);
  for (const char *c = text; *c; c++)
    count += *c == '\n';
  own->lines = mem_new((count + 1) * sizeof *own->lines);
  for (char *line = own->text, *end; *line; line = end + 1) {
    end = strchr(line, '\n');
    own->lines[at++] = line;
    if (!end)
      break;
    *end = '\0';
  }
  own->model->incident_lines = (const char *const *)own->lines;
  own->model->incident_line_count = at;
  own->model->generation++;
}

static void on_shown(void *arg, const struct incident_answer *answer) {
  struct dashboard_incident *own = arg;
  own->asked = false;
  if (answer->text)
    page_set(own, answer->text);
  own->hooks.changed(own->hooks.arg);
}

/* The page follows the time line while it is open. */
static void page_refresh(struct dashboard_incident *own) {
  struct incident_act act = {.verb = INCIDENT_DO_SHOW};
  if (own->asked || !own->clerk || !own->hooks.shows(own->hooks.arg) || !*own->model->incident.id)
    return;
  own->asked = true;
  memcpy(act.id, own->model->incident.id, sizeof act.id);
  incident_clerk_ask(own->clerk, &act, "", on_shown, own);
}

/* ---- commands */

/* What was typed is an event as well, as are other acts of an operator. What was refused stays in
 * the line after `:`, with the reason. */
static void say(struct dashboard_incident *own, enum severity severity, const char *text) {
  char shown[INCIDENT_SAID_MAX];
  text_sanitize(shown, sizeof shown, text, strlen(text), false);
  events_add(&own->model->events, clock_now_ms(), severity, "stacktop", "%s", shown);
  events_mark_action(&own->model->events);
  own->model->generation++;
  if (severity == SEVERITY_OK)
    own->hooks.say(own->hooks.arg, shown);
  else
    own->hooks.wrong(own->hooks.arg, shown);
}

static void on_evidence(void *arg, const char *said) {
  struct dashboard_incident *own = arg;
  events_add(&own->model->events, clock_now_ms(), SEVERITY_OK, "stacktop", "%s", said);
  own->model->generation++;
  incident_evidence_close(own->evidence);
  own->evidence = NULL;
  incident_recorder_wake(own->recorder);
  own->hooks.changed(own->hooks.arg);
}

/* While that of another incident is taken, there is none: the same moment is on disk already. */
static void evidence_take(struct dashboard_incident *own, const char *id) {
  if (!own->evidence)
    own->evidence = incident_evidence_take(&(struct incident_evidence_options){.io = own->io,
                                                                               .model = own->model,
                                                                               .state = own->state,
                                                                               .id = id,
                                                                               .utc = own->utc,
                                                                               .done = on_evidence,
                                                                               .arg = own});
}

static void on_answered(void *arg, const struct incident_answer *answer) {
  struct dashboard_incident *own = arg;
  const enum incident_verb verb = answer->act->verb;
  if (answer->err) {
    say(own, SEVERITY_WARN, answer->err->text);
  } else if (answer->text) {
    page_set(own, answer->text);
    own->hooks.show(own->hooks.arg);
  } else if (answer->said) {
    say(own, SEVERITY_OK, answer->said);
  }
  if (!answer->err && (verb == INCIDENT_DO_OPEN || verb == INCIDENT_DO_USE))
    incident_recorder_use(own->recorder, answer->act->id);
  if (!answer->err && verb == INCIDENT_DO_OPEN)
    evidence_take(own, answer->act->id);
  if (!answer->err && incident_verb_changes(verb))
    incident_recorder_wake(own->recorder);
  own->model->incident = *incident_recorder_brief(own->recorder, &(struct err){0});
  own->hooks.changed(own->hooks.arg);
}

void dashboard_incident_line(struct dashboard_incident *own, const char *line) {
  struct err err = {0};
  struct incident_act act;
  size_t count = 0;
  char **words = words_split(line, &count, &err);
  const char *const shown[] = {"show"};
  const bool bare = words && count == 0;
  if (!own->clerk)
    err_set(&err, ERR_INVALID,
            "no directory for incidents: HOME is not set; set `state` in the "
            "configuration");
  else if (words &&
           incident_act_parse(&act, bare ? 1 : count, bare ? shown : (const char *const *)words,
                              &own->secrets.mask, &err))
    incident_clerk_ask(own->clerk, &act, own->model->incident.id, on_answered, own);
  if (err.kind != ERR_NONE)
    own->hooks.wrong(own->hooks.arg, err.text);
  free(words);
}

/* ---- the recorder */

static void on_changed(void *arg) {
  struct dashboard_incident *own = arg;
  struct err err;
  const struct incident_brief *brief = incident_recorder_brief(own->recorder, &err);
  if (brief->lost && !own->said)
    events_add(&own->model->events, clock_now_ms(), SEVERITY_WARN, "stacktop", "%s: %s", brief->id,
               err.text);
  else if (!brief->lost && own->said && *brief->id)
    events_add(&own->model->events, clock_now_ms(), SEVERITY_OK, "stacktop",
               "%s: its time line is recorded again", brief->id);
  const bool shown = *own->model->incident.id || *brief->id;
  own->said = brief->lost;
  own->model->incident = *brief;
  page_refresh(own);
  if (shown)
    own->hooks.changed(own->hooks.arg);
}

void dashboard_incident_open(struct dashboard_incident *own, struct io *io, struct model *model,
                             struct audit *audit, const char *state, bool utc, bool ascii,
                             const struct dashboard_incident_hooks *hooks) {
  *own = (struct dashboard_incident){.model = model,
                                     .hooks = *hooks,
                                     .io = io,
                                     .state = state ? mem_dup(state) : NULL,
                                     .utc = utc};
  incident_secrets_init(&own->secrets, model->config);
  own->recorder = incident_recorder_new(&(struct incident_recorder_options){.io = io,
                                                                            .model = model,
                                                                            .state = state,
                                                                            .place = "dashboard",
                                                                            .changed = on_changed,
                                                                            .arg = own});
  if (state)
    own->clerk = incident_clerk_new(&(struct incident_clerk_options){.io = io,
                                                                     .audit = audit,
                                                                     .config = model->config,
                                                                     .state = state,
                                                                     .utc = utc,
                                                                     .ascii = ascii,
                                                                     .screen = true});
}

void dashboard_incident_rebase(struct dashboard_incident *own) {
  incident_secrets_fini(&own->secrets);
  incident_secrets_init(&own->secrets, own->model->config);
  if (own->clerk)
    incident_clerk_rebase(own->clerk, own->model->config);
}

void dashboard_incident_pause(struct dashboard_incident *own, bool paused) {
  incident_recorder_pause(own->recorder, paused);
}

void dashboard_incident_see(struct dashboard_incident *own) {
  incident_recorder_see(own->recorder);
}

void dashboard_incident_close(struct dashboard_incident *own) {
  incident_recorder_close(own->recorder);
  incident_clerk_close(own->clerk);
  incident_evidence_close(own->evidence);
  free(own->state);
  page_free(own);
  incident_secrets_fini(&own->secrets);
}
