#include "app/dashboard/terminal/dashboard_away.h"

#include "app/modes/runbook/runbook_mode.h"
#include "app/startup/startup.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void on_exit_of(uv_process_t *process, int64_t status, int number) {
  struct dashboard_away *away = process->data;
  uv_close((uv_handle_t *)process, NULL);
  away->state = AWAY_WAITS;
  away->status = number ? -1 : (int)status;
  away->ended(away->arg);
}

bool dashboard_away_start(struct dashboard_away *away, uv_loop_t *loop, const struct own_argv *argv,
                          struct err *err) {
  /* stderr is held (stderr_hold.h): what the program says there is for the terminal too */
  uv_stdio_container_t stdio[3] = {{.flags = UV_INHERIT_FD, .data.fd = STDIN_FILENO},
                                   {.flags = UV_INHERIT_FD, .data.fd = STDOUT_FILENO},
                                   {.flags = UV_INHERIT_FD, .data.fd = STDOUT_FILENO}};
  const uv_process_options_t options = {.file = argv->words[0],
                                        .args = (char **)argv->words,
                                        .exit_cb = on_exit_of,
                                        .stdio = stdio,
                                        .stdio_count = 3};
  away->process.data = away;
  const int code = uv_spawn(loop, &away->process, &options);
  if (code == 0) {
    away->state = AWAY_RUNS;
    return true;
  }
  uv_close((uv_handle_t *)&away->process, NULL);
  return err_set(err, ERR_IO, "cannot start the runbook: %s", uv_strerror(code));
}

void dashboard_away_end(struct dashboard_away *away, int signal_number) {
  if (away->state == AWAY_RUNS) {
    uv_process_kill(&away->process, signal_number ? signal_number : SIGTERM);
    uv_close((uv_handle_t *)&away->process, NULL); /* it is not waited for */
  }
  away->state = AWAY_NOT;
}

const char *dashboard_away_words(const struct dashboard_away *away) {
  switch (away->status) {
  case EXIT_SUCCESS:
    return "The runbook is done, and verified";
  case EXIT_FAILURE:
    return "The runbook was stopped, or what it verifies does not hold";
  case EXIT_RUNBOOK_UNKNOWN:
    return "The outcome of a step is not known: press {runbooks-show}, then resume the run";
  case EXIT_RUNBOOK_WAITS:
    return "The run is not over: press {runbooks-show}, then resume it";
  case -1:
    return "A signal ended the runbook: press {runbooks-show}, then resume the run";
  default:
    return "The runbook did not begin";
  }
}
