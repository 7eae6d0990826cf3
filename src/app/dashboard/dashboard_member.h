/* The dashboard of one of several environments (`stacktop -c A -c B`). It runs in a process of its
 * own, started by the list of environments as `stacktop __environment ...`: it collects without the
 * terminal, reports once a second, and draws on the terminal while the list lends it.
 *
 * Both sides write lines on one socket. The list: "show". The dashboard: "shown", it has taken the
 * terminal; "back", it has left it; "quit", a person wants to end all of stacktop; and reports
 * (app/environments/environment_message.h). When the socket closes, the dashboard ends. */
#pragma once

#include "model/model.h"

#include <uv.h>

#define MEMBER_ARGUMENT "__environment"
#define MEMBER_SHOW "show"
#define MEMBER_SHOWN "shown"
#define MEMBER_BACK "back"
#define MEMBER_QUIT "quit"
enum { MEMBER_SOCKET = 3, MEMBER_REPORT_MS = 1000 };

/* Whether this process was started as such, and then: from now on it dies with the list, whatever
 * its loop does. */
bool member_wanted(int argc, char *const *argv);
void member_begin(void);

struct dashboard_member_hooks {
  void (*show)(void *arg); /* the terminal is free: take it */
  void (*gone)(void *arg); /* the list has ended: so does this */
  void (*look)(void *arg); /* a report follows: judge what the model has now */
  void *arg;
};

struct dashboard_member {
  const struct model *model;
  struct dashboard_member_hooks hooks;
  uv_pipe_t socket;
  uv_timer_t timer;
  char line[16];
  size_t used;
  char bytes[64];
  bool paused;
};

void dashboard_member_open(struct dashboard_member *member, uv_loop_t *loop,
                           const struct model *model, const struct dashboard_member_hooks *hooks);
/* One of the words above; the terminal is left already. */
void dashboard_member_say(struct dashboard_member *member, const char *word);
void dashboard_member_close(struct dashboard_member *member);
