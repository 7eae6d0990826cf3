/* The signals of an interactive program, on the loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum { SIGNALS_MAX = 8 };

struct signals {
  uv_signal_t handles[SIGNALS_MAX];
  int numbers[SIGNALS_MAX]; /* what each watches */
  size_t count;
  void (*came)(void *arg, int number);
  void *arg;
};

/* Watches SIGWINCH, SIGTSTP, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM and SIGUSR2. Those that the
 * parent ignores (nohup: SIGHUP; a shell without job control: SIGINT and SIGQUIT) stay ignored,
 * except SIGWINCH, SIGCONT and SIGUSR2. */
void signals_open(struct signals *signals, uv_loop_t *loop, void (*came)(void *arg, int number),
                  void *arg);
void signals_close(struct signals *signals);

/* Stops the process like an unhandled SIGTSTP; returns when it continues. If the key was pressed
 * here, the whole job is stopped, as the terminal would do. (A process without a controlling shell
 * cannot be stopped this way: returns at once.) */
void signals_suspend(struct signals *signals, bool job);

/* Ends the process with the signal, so that its parent sees the reason. */
_Noreturn void signals_die(int number);
