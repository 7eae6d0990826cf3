#include "app/crash.h"

#include "app/stderr_hold.h"

#include <signal.h>
#include <string.h>

/* A signal handler gets no argument: the one terminal of the process, while there is one. */
static struct terminal *volatile crash_terminal;

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGABRT};
enum { SIGNALS = sizeof signals / sizeof *signals, STACK_BYTES = 64 << 10 };
static struct sigaction before[SIGNALS];
static char stack[STACK_BYTES];

static void on_crash(int number, siginfo_t *info, void *context) {
  (void)context;
  struct terminal *terminal = crash_terminal;
  crash_terminal = NULL;
  if (terminal)
    terminal_restore_raw(terminal);
  stderr_hold_crashed();
  for (size_t i = 0; i < SIGNALS; i++)
    sigaction(signals[i], &before[i], NULL);
  /* A fault repeats itself when we return, and its address with it, which a sanitizer wants to see.
   * What somebody has sent is sent again. */
  if (info->si_code <= 0)
    raise(number);
}

void crash_guard(struct terminal *terminal) {
  crash_terminal = terminal;
  const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternative, NULL);
  struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < SIGNALS; i++)
    sigaction(signals[i], &action, &before[i]);
}

void crash_unguard(void) {
  if (!crash_terminal)
    return;
  for (size_t i = 0; i < SIGNALS; i++)
    sigaction(signals[i], &before[i], NULL);
  const stack_t none = {.ss_flags = SS_DISABLE};
  sigaltstack(&none, NULL);
  crash_terminal = NULL;
}
