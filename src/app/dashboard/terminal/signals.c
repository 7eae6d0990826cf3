#include "app/dashboard/terminal/signals.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void on_signal(uv_signal_t *handle, int number) {
  struct signals *signals = handle->data;
  signals->came(signals->arg, number);
}

static bool is_ignored(int number) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void signals_open(struct signals *signals, uv_loop_t *loop, void (*came)(void *arg, int number),
                  void *arg) {
  static const int watched[SIGNALS_MAX] = {SIGWINCH, SIGTSTP, SIGCONT, SIGHUP,
                                           SIGINT,   SIGQUIT, SIGTERM, SIGUSR2};
  *signals = (struct signals){.came = came, .arg = arg};
  for (size_t i = 0; i < SIGNALS_MAX; i++) {
    /* Ignoring the first two has no effect: their default does nothing to a running process. The
     * third one is ignored by stacktop itself, where no screen reloads at it (main.c). */
    const bool harmless = watched[i] == SIGWINCH || watched[i] == SIGCONT || watched[i] == SIGUSR2;
    if (!harmless && is_ignored(watched[i]))
      continue;
    uv_signal_t *handle = &signals->handles[signals->count];
    signals->numbers[signals->count++] = watched[i];
    uv_signal_init(loop, handle);
    handle->data = signals;
    uv_signal_start(handle, on_signal, watched[i]);
  }
}

void signals_close(struct signals *signals) {
  for (size_t i = 0; i < signals->count; i++)
    uv_close((uv_handle_t *)&signals->handles[i], NULL);
}

void signals_suspend(struct signals *signals, bool job) {
  for (size_t i = 0; i < signals->count; i++)
    if (signals->numbers[i] == SIGTSTP || signals->numbers[i] == SIGCONT)
      uv_signal_stop(&signals->handles[i]);
  kill(job ? 0 : getpid(), SIGTSTP);
  for (size_t i = 0; i < signals->count; i++)
    if (signals->numbers[i] == SIGTSTP || signals->numbers[i] == SIGCONT)
      uv_signal_start(&signals->handles[i], on_signal, signals->numbers[i]);
}

_Noreturn void signals_die(int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  signal(number, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  raise(number);
  _exit(EXIT_FAILURE); /* not reached */
}
