/* The signals of an interactive program, on the loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum { SIGNALS_MAX = 7 };

struct signals {
  uv_signal_t handles[SIGNALS_MAX];
  int numbers[SIGNALS_MAX]; /* what each watches */
  size_t count;
  void (*came)(void *arg, int number);
  void *arg;
};

/* Watches SIGWINCH, SIGTSTP, SIGCONT, SIGHUP, SIGINT, SIGQUIT and SIGTERM, but not those that the
 * parent has ignored (nohup: SIGHUP; a shell without job control: SIGINT and SIGQUIT): they stay
 * so, except SIGWINCH and SIGCONT. */
void signals_open(struct signals *signals, uv_loop_t *loop, void (*came)(void *arg, int number),
                  void *arg);
void signals_close(struct signals *signals);

/* Stops the process, as SIGTSTP does that nobody handles; returns when it goes on. The whole job is
 * stopped when the key was pressed here: the terminal would have done the same. (A process that no
 * shell watches cannot be stopped so: then it returns at once.) */
void signals_suspend(struct signals *signals, bool job);

/* Ends the process by the signal, so that whoever waits for it sees why. */
_Noreturn void signals_die(int number);
