/* The dashboard's state; private to the files of this folder that are named in it. */
#pragma once

#include "app/dashboard/dashboard_logs.h"
#include "app/dashboard/dashboard_member.h"
#include "app/dashboard/dashboard_operations.h"
#include "app/dashboard/dashboard_reload.h"
#include "app/dashboard/dashboard_save.h"
#include "app/dashboard/dashboard_wall.h"
#include "app/dashboard/records/dashboard_alarms.h"
#include "app/dashboard/records/dashboard_events.h"
#include "app/dashboard/records/dashboard_history.h"
#include "app/dashboard/records/dashboard_incident.h"
#include "app/dashboard/records/dashboard_runbooks.h"
#include "app/dashboard/terminal/dashboard_away.h"
#include "app/dashboard/terminal/dashboard_clip.h"
#include "app/dashboard/terminal/dashboard_theme.h"
#include "app/dashboard/terminal/signals.h"
#include "app/runtime/runtime.h"
#include "app/runtime/status_beacon.h"
#include "ui/view/view.h"

/* Why a redraw is needed; the greatest reason counts. */
enum dirty {
  DIRTY_NOT,
  DIRTY_TIME, /* an age or the clock has changed */
  DIRTY_NEWS, /* a collection has ended */
  DIRTY_SIZE,
  DIRTY_KEY, /* user input: draw at once */
};

struct dashboard {
  struct runtime *runtime;
  struct config *config;
  struct model model;
  struct scheduler *scheduler;
  struct terminal *terminal;
  struct view *view;
  struct canvas *canvas;
  bool ascii, bare;
  struct dashboard_operations operations;
  struct dashboard_logs logs;
  struct dashboard_save save;
  struct dashboard_clip clip;
  struct dashboard_history history;
  struct dashboard_incident incident;
  struct dashboard_events events;
  struct dashboard_runbooks runbooks;
  struct dashboard_alarms alarms;
  struct dashboard_away away;
  struct dashboard_member member; /* only if options->member */
  struct dashboard_reload reload;
  const struct options *options;
  char *user;
  struct config *next;              /* loaded, but something is open: NULL otherwise */
  struct dashboard_columns columns; /* loaded with it; or at the start */
  struct config **retired;          /* whose targets may still be closing */
  size_t retired_count;
  struct status_beacon beacon;
  struct dashboard_theme theme;
  struct dashboard_wall wall;
  bool is_wall;

  uv_prepare_t before_sleep;
  uv_poll_t input;
  uv_timer_t frame;    /* the next frame, for an age or because the last frame was too recent */
  uv_timer_t key_wait; /* a lone ESC */
  struct signals signals;

  enum dirty dirty;
  bool judge; /* findings may have changed since the last frame */
  bool paused;
  int pace; /* dashboard_pace.h */
  int64_t drawn_ms;
  bool leaving;
  int signal; /* signal that ended the program; 0: the user quit */
};

/* ---- dashboard.c: the loop */

/* A redraw is needed. */
void dashboard_dirty(struct dashboard *dashboard, enum dirty dirty);
/* The loop ends; 0: the user quits. */
void dashboard_leave(struct dashboard *dashboard, int signal_number);
/* Closes what a person has opened and does not look at any more: it would be collected for weeks.
 * Running actions continue in the background. */
void dashboard_tidy(struct dashboard *dashboard);
/* While another program has the terminal, there are findings and events as well. */
void dashboard_judge_unseen(struct dashboard *dashboard);
/* Waits for keys from now on, or, until the next call of watch, only for the first one. */
void dashboard_input_watch(struct dashboard *dashboard);
void dashboard_input_once(struct dashboard *dashboard);
void dashboard_input_stop(struct dashboard *dashboard);
/* Keys that came with the last answers are handled in a moment. */
void dashboard_keys_soon(struct dashboard *dashboard);

/* ---- dashboard_screen.c: who has the terminal */

/* job: for the shell's job control. */
void dashboard_suspend(struct dashboard *dashboard, bool job);
void dashboard_on_signal(void *arg, int number);
/* One of several environments: takes the terminal that the list lends, and gives it back. */
struct dashboard_member_hooks dashboard_lent_hooks(struct dashboard *dashboard);
void dashboard_give_back(struct dashboard *dashboard);
/* Ends stacktop: of several environments the list does it. */
void dashboard_quit(struct dashboard *dashboard);
/* A runbook takes over the terminal; and gives it back, with what became of it. */
void dashboard_on_away(void *arg, const struct own_argv *argv);
void dashboard_away_over(struct dashboard *dashboard, const char *text);

/* ---- dashboard_request.c */

/* What a key of the view asks for. */
void dashboard_request(struct dashboard *dashboard, struct request request);

/* ---- dashboard_parts.c: what the dashboard is made of */

/* Each part with its hooks; nothing is collected yet. */
void dashboard_parts_open(struct dashboard *dashboard, const struct dashboard_theme_start *start);
void dashboard_parts_close(struct dashboard *dashboard);

/* ---- dashboard_rebase.c: another configuration */

struct dashboard_reload_hooks dashboard_rebase_hooks(struct dashboard *dashboard);
/* Takes over the configuration that was loaded, unless something is open that it would close; frees
 * those before it that nothing uses any more. In each turn of the loop. */
void dashboard_rebase(struct dashboard *dashboard);
/* All of them: nothing uses them any more. */
void dashboard_rebase_fini(struct dashboard *dashboard);
