#include "app/runtime/ending.h"

#include <stddef.h>

/* A signal handler gets no argument. */
static struct leftovers *volatile kept;

static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

void ending_clear(void) {
  leftovers_clear(kept);
}

/* The default is in place again (SA_RESETHAND), and ends the process when this returns. */
static void on_end(int number) {
  ending_clear();
  raise(number);
}

void ending_guard(struct leftovers *leftovers) {
  struct sigaction action = {.sa_handler = on_end, .sa_flags = (int)SA_RESETHAND}, now;
  kept = leftovers;
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
    if (sigaction(watched[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
      sigaction(watched[i], &action, NULL);
}

void ending_unguard(void) {
  struct sigaction now;
  for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
    if (sigaction(watched[i], NULL, &now) == 0 && now.sa_handler == on_end)
      signal(watched[i], SIG_DFL);
  kept = NULL;
}
