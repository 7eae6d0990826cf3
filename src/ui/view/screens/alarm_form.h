/* The form for acknowledging or silencing a finding: why, and for how long. It keeps what the
 * person saw when it opened: the finding's key and severity. */
#pragma once

#include "model/action/request.h"
#include "model/alarm/alarm_mark.h"
#include "ui/draw/frame.h"
#include "ui/terminal/key.h"

/* In the order of enum alarm_verb (operate/alarm/alarm_act.h). */
enum alarm_form_verb { ALARM_FORM_ACKNOWLEDGE, ALARM_FORM_SILENCE, ALARM_FORM_REMOVE };

enum { ALARM_DURATION_MAX = 24, ALARM_TITLE_MAX = 400 };

struct alarm_form {
  bool open;
  enum alarm_form_verb verb;
  enum severity severity;
  char key[ALARM_KEY_MAX], title[ALARM_TITLE_MAX];
  bool at_duration; /* the field that is typed; otherwise the reason */
  char reason[ALARM_REASON_MAX], duration[ALARM_DURATION_MAX];
  char wrong[160]; /* why it was not accepted; "" */
};

void alarm_form_open(struct alarm_form *form, enum alarm_form_verb verb,
                     const struct finding *finding, const char *key);
/* Over the lower part of the screen. */
void alarm_form_draw(const struct alarm_form *form, const struct frame *frame);
/* REQUEST_ALARM when it is accepted; its texts are the form's and the arena's. */
struct request alarm_form_key(struct alarm_form *form, struct arena *arena, struct key key);
