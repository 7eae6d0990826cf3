/* The actions on units: restart, start, stop, reload and reset-failed, over one implementation. */
#include "actions/systemd/systemd_units.h"

enum { SURVEY_MS = 15000, VERIFY_MS = 60000 };

STEP(systemd_units_survey, SURVEY_MS)
STEP(systemd_units_execute, 0) /* each unit has a limit of its own */
STEP(systemd_units_verify, VERIFY_MS)

#define UNIT_ACTION(name, ...)                                                              \
  const struct action action_systemd_##name = {                                             \
      .spec = {.kind = "systemd", .table = SYSTEMD_UNITS_TABLE, .many = true, __VA_ARGS__}, \
      .applies = name##_applies,                                                            \
      .survey = &systemd_units_survey_step,                                                 \
      .plan = systemd_units_plan,                                                           \
      .execute = &systemd_units_execute_step,                                               \
      .verify = &systemd_units_verify_step}

#define APPLIES(name, id)                                                             \
  static bool name##_applies(const struct action_request *request, struct err *why) { \
    return turns_apply(&systemd_turns, request, "systemd." id, why);                  \
  }
APPLIES(restart, "restart")
APPLIES(start, "start")
APPLIES(stop, "stop")
APPLIES(reload, "reload")
APPLIES(reset_failed, "reset-failed")

UNIT_ACTION(restart, .id = "systemd.restart", .key = 'R', .title = "restart", .past = "restarted",
            .what = "stops the selected units and starts them again; requests in progress fail",
            .runs = "systemctl restart UNIT", .danger = DANGER_DESTRUCTIVE);
UNIT_ACTION(start, .id = "systemd.start", .key = 'B', .title = "start", .past = "started",
            .what = "starts the selected units", .runs = "systemctl start UNIT",
            .danger = DANGER_REVERSIBLE);
UNIT_ACTION(stop, .id = "systemd.stop", .key = 'S', .title = "stop", .past = "stopped",
            .what = "stops the selected units, and those that require them",
            .runs = "systemctl stop UNIT", .danger = DANGER_DESTRUCTIVE);
UNIT_ACTION(reload, .id = "systemd.reload", .key = 'L', .title = "reload", .past = "reloaded",
            .what = "lets the selected services read their configuration again",
            .runs = "systemctl reload UNIT", .danger = DANGER_REVERSIBLE);
UNIT_ACTION(reset_failed, .id = "systemd.reset-failed", .key = 'F', .title = "reset failed",
            .past = "reset", .what = "clears the failed state of the selected units",
            .runs = "systemctl reset-failed UNIT", .danger = DANGER_REVERSIBLE);
