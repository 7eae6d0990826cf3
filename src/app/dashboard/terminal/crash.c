#include "app/dashboard/terminal/crash.h"

#include "app/dashboard/terminal/stderr_hold.h"
#include "app/runtime/ending.h"

#include <signal.h>
#include <string.h>

/* A signal handler gets no argument, so the terminal of the process is global while it exists. */
static struct terminal *volatile crash_terminal;

enum { SIGNALS_MAX = 128, STACK_BYTES = 64 << 10 };
static struct sigaction before[SIGNALS_MAX];
static bool guarded[SIGNALS_MAX];
static char stack[STACK_BYTES];

/* Not those that the loop watches (app/dashboard/terminal/signals.h), nor those with a harmless
 * default. */
static const int named[] = {SIGSEGV, SIGBUS,    SIGFPE,  SIGILL,  SIGSYS,  SIGABRT,
                            SIGTRAP, SIGUSR1,   SIGUSR2, SIGALRM, SIGPROF, SIGVTALRM,
                            SIGXCPU, SIGSTKFLT, SIGPOLL, SIGPWR};

static void guards_end(void) {
  for (int number = 1; number < SIGNALS_MAX; number++)
    if (guarded[number])
      sigaction(number, &before[number], NULL);
}

/* The instruction is retried when the handler returns. */
static bool is_repeated(int number, const siginfo_t *info) {
  return info->si_code > 0 &&
         (number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL);
}

static void on_crash(int number, siginfo_t *info, void *context) {
  (void)context;
  struct terminal *terminal = crash_terminal;
  crash_terminal = NULL;
  if (terminal)
    terminal_restore_raw(terminal);
  stderr_hold_crashed();
  ending_clear();
  guards_end();
  /* A fault repeats after the return, with its address, which a sanitizer reports. A signal that
   * was sent by a process is sent again. */
  if (!is_repeated(number, info))
    raise(number);
}

/* What the parent ignores stays ignored: it does no harm. */
static void guard(int number, const struct sigaction *action) {
  struct sigaction now;
  if (number >= SIGNALS_MAX || sigaction(number, NULL, &now) != 0 || now.sa_handler == SIG_IGN)
    return;
  guarded[number] = sigaction(number, action, &before[number]) == 0;
}

void crash_guard(struct terminal *terminal) {
  crash_terminal = terminal;
  const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternative, NULL);
  struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < sizeof named / sizeof *named; i++)
    guard(named[i], &action);
  for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
    guard(number, &action);
}

void crash_unguard(void) {
  if (!crash_terminal)
    return;
  guards_end();
  memset(guarded, 0, sizeof guarded);
  const stack_t none = {.ss_flags = SS_DISABLE};
  sigaltstack(&none, NULL);
  crash_terminal = NULL;
}
