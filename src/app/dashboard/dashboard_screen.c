#include "app/dashboard/dashboard_state.h"
#include "io/clock.h"

#include <signal.h>
#include <stdio.h>

static void screen_retake(struct dashboard *dashboard) {
  terminal_enter(dashboard->terminal);
  dashboard_keys_soon(dashboard);
  dashboard->judge = true;
  dashboard_dirty(dashboard, DIRTY_KEY);
}

/* Cancels running collections first: after the pause all deadlines would have passed, and every
 * target would look unresponsive. */
void dashboard_suspend(struct dashboard *dashboard, bool job) {
  const bool away = dashboard->away.state != AWAY_NOT; /* the terminal is another program's */
  if (!dashboard->paused)
    scheduler_pause(dashboard->scheduler);
  if (!away)
    terminal_leave(dashboard->terminal);
  signals_suspend(&dashboard->signals, job);
  if (!dashboard->paused)
    scheduler_resume(dashboard->scheduler);
  if (!away)
    screen_retake(dashboard);
}

void dashboard_away_over(struct dashboard *dashboard, const char *text) {
  dashboard->away.state = AWAY_NOT;
  screen_retake(dashboard);
  terminal_discard_input(dashboard->terminal);
  view_notice(dashboard->view, text);
  dashboard_input_watch(dashboard);
  if (!dashboard->paused)
    scheduler_collect_now(dashboard->scheduler);
}

/* The screen would hide what the run said last. */
static void on_away_ended(void *arg) {
  struct dashboard *dashboard = arg;
  static const char prompt[] = "\nPress Enter to return to the dashboard. ";
  terminal_discard_input(dashboard->terminal);
  fputs(prompt, stdout);
  fflush(stdout);
  dashboard_input_once(dashboard);
}

void dashboard_on_away(void *arg, const struct own_argv *argv) {
  struct dashboard *dashboard = arg;
  struct err err;
  dashboard_input_stop(dashboard);
  terminal_discard_input(dashboard->terminal);
  terminal_leave(dashboard->terminal);
  dashboard->away.ended = on_away_ended;
  dashboard->away.arg = dashboard;
  if (!dashboard_away_start(&dashboard->away, &dashboard->runtime->loop, argv, &err))
    dashboard_away_over(dashboard, err.text);
}

/* ---- one of several environments */

static void on_show(void *arg) {
  struct dashboard *dashboard = arg;
  if (dashboard->away.state != AWAY_LISTED || dashboard->leaving)
    return;
  dashboard->away.state = AWAY_NOT;
  screen_retake(dashboard);
  dashboard_input_watch(dashboard);
  dashboard_member_say(&dashboard->member, MEMBER_SHOWN);
}

static void on_gone(void *arg) {
  dashboard_leave(arg, 0);
}

/* The findings and the lock as they are now, also while nothing is drawn. */
static void on_look(void *arg) {
  struct dashboard *dashboard = arg;
  if (dashboard->away.state == AWAY_NOT || dashboard->paused)
    return;
  dashboard_operations_refresh(&dashboard->operations, clock_now_ms());
  dashboard->judge = true;
  dashboard_judge_unseen(dashboard);
}

struct dashboard_member_hooks dashboard_lent_hooks(struct dashboard *dashboard) {
  return (struct dashboard_member_hooks){
      .show = on_show, .gone = on_gone, .look = on_look, .arg = dashboard};
}

void dashboard_give_back(struct dashboard *dashboard) {
  dashboard_tidy(dashboard);
  dashboard_input_stop(dashboard);
  terminal_discard_input(dashboard->terminal);
  terminal_leave(dashboard->terminal);
  dashboard->away.state = AWAY_LISTED;
  dashboard_member_say(&dashboard->member, MEMBER_BACK);
}

void dashboard_quit(struct dashboard *dashboard) {
  if (dashboard->options->member)
    dashboard_member_say(&dashboard->member, MEMBER_QUIT);
  else
    dashboard_leave(dashboard, 0);
}

void dashboard_on_signal(void *arg, int number) {
  struct dashboard *dashboard = arg;
  const bool away = dashboard->away.state != AWAY_NOT;
  if (away && (number == SIGINT || number == SIGQUIT || number == SIGCONT))
    return; /* for the program that has the terminal */
  switch (number) {
  case SIGWINCH:
    dashboard_dirty(dashboard, DIRTY_SIZE);
    break;
  case SIGTSTP:
    dashboard_suspend(dashboard, false);
    break;
  case SIGUSR2:
    dashboard_reload_begin(&dashboard->reload);
    break;
  case SIGCONT: /* SIGSTOP cannot be caught: the shell may have changed the terminal */
    terminal_leave(dashboard->terminal);
    screen_retake(dashboard);
    break;
  default:
    dashboard_leave(dashboard, number);
  }
}
