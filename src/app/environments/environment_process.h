/* The process of one environment, as the list of environments sees it: a whole dashboard of that
 * configuration, which collects without the terminal until it gets it (app/dashboard/
 * dashboard_member.h).
 *
 * It is the same executable, started as `__environment`, with a socket on which both sides write
 * lines. It never outlives this process: it ends when the socket closes, and the kernel signals it
 * when this process dies. If it ends by itself, it starts again after a pause that grows. */
#pragma once

#include "app/environments/environment_find.h"
#include "model/environment.h"

#include <uv.h>

struct environment_process;

struct environment_process_hooks {
  void (*changed)(void *arg); /* what is known of it */
  /* The terminal is free again; why: the process has ended, in words, else NULL. */
  void (*back)(void *arg, const char *why);
  void (*quit)(void *arg);  /* a person asks in it to end all of stacktop */
  void (*ended)(void *arg); /* after environment_process_stop: its last process has ended */
  void *arg;
};

/* Starts it after that time, so that many do not hold up the first picture. The file and the
 * options outlive it. */
struct environment_process *environment_process_new(uv_loop_t *loop,
                                                    const struct environment_file *file,
                                                    const struct options *options,
                                                    const struct environment_process_hooks *hooks,
                                                    int64_t delay_ms);
const struct environment *environment_process_state(const struct environment_process *process);
void environment_process_clash(struct environment_process *process, bool clashes);
/* Whether it can take the terminal now. False with err: why not. */
bool environment_process_ready(const struct environment_process *process,
                               struct err *err) MUST_CHECK;
/* Gives it the terminal, which the caller has left, if it is ready. If it does not take it, it is
 * killed, and `back` says so. */
void environment_process_show(struct environment_process *process);
/* Starts it now if it waits for that. */
void environment_process_retry(struct environment_process *process);
/* Reads its configuration again. */
void environment_process_reload(struct environment_process *process);
/* The clock has stood still (a stopped job): it has not been silent for that long. */
void environment_process_resumed(struct environment_process *process);
/* Ends it; `ended` follows from the loop, at once if it does not run. */
void environment_process_stop(struct environment_process *process);
void environment_process_kill(struct environment_process *process);
/* After `ended`, and before the loop ends. */
void environment_process_free(struct environment_process *process);
