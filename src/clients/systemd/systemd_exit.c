/* How a process ended, in words. */
#include "clients/systemd/systemd_read.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* systemd.exec(5), "Process exit codes": what systemd itself failed to set up before the program
 * ran. */
static const struct {
  int code;
  const char *what;
} meanings[] = {
    {200, "no such working directory"},
    {203, "program not found or not executable"},
    {204, "out of memory"},
    {206, "no such environment file"},
    {208, "standard input not available"},
    {209, "standard output not available"},
    {213, "runtime directory not created"},
    {216, "no such group"},
    {217, "no such user"},
    {218, "capabilities not set"},
    {219, "control group not available"},
    {226, "namespace not set up"},
    {227, "privileges not given up"},
    {228, "system call filter not installed"},
    {238, "state directory not created"},
    {239, "cache directory not created"},
    {240, "log directory not created"},
    {241, "configuration directory not created"},
    {243, "credentials not available"},
};

static const char *meaning_of(int64_t code) {
  for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
    if (meanings[i].code == code)
      return meanings[i].what;
  return NULL;
}

static const char *signal_name(char out[24], int64_t number) {
  const char *name = number > 0 && number < 256 ? sigabbrev_np((int)number) : NULL;
  if (name)
    snprintf(out, 24, "SIG%.16s", name);
  else
    snprintf(out, 24, "signal %d", (int)number);
  return out;
}

const char *systemd_exit_text(char out[SYSTEMD_EXIT_MAX], int64_t kind, int64_t status) {
  char name[24];
  const char *meaning = kind == CLD_EXITED ? meaning_of(status) : NULL;
  if (meaning)
    snprintf(out, SYSTEMD_EXIT_MAX, "exit code %d (%s)", (int)status, meaning);
  else if (kind == CLD_EXITED)
    snprintf(out, SYSTEMD_EXIT_MAX, "exit code %d", (int)status);
  else if (kind == CLD_KILLED || kind == CLD_DUMPED)
    snprintf(out, SYSTEMD_EXIT_MAX, "%s%s", signal_name(name, status),
             kind == CLD_DUMPED ? " with a core dump" : "");
  else
    *out = '\0';
  return out;
}

const char *systemd_exit_word(char out[SYSTEMD_EXIT_MAX], int64_t kind, int64_t status) {
  char name[24];
  if (kind == CLD_EXITED)
    snprintf(out, SYSTEMD_EXIT_MAX, "exit %d", (int)status);
  else if (kind == CLD_KILLED || kind == CLD_DUMPED)
    snprintf(out, SYSTEMD_EXIT_MAX, "%s", signal_name(name, status));
  else
    *out = '\0';
  return out;
}
