/* The actions on units: restart, start, stop, reload and reset-failed, over one implementation. */
#include "actions/systemd/systemd_units.h"

#include "core/format.h"
#include "io/clock.h"

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

static const char *state_of(const struct action_request *request, size_t index) {
  const struct table *table = action_table(request, SYSTEMD_UNITS_TABLE);
  const struct row *row = table ? action_row(request, index) : NULL;
  const int column = row ? table_column(table->spec, SYSTEMD_UNIT_STATE) : -1;
  return column >= 0 && row->cells[column].type == VALUE_TEXT ? row->cells[column].text : NULL;
}

/* By what was read last, which may be older than what was done last: the words say how old. */
static bool applies(const struct action_request *request, const char *action, struct err *why) {
  const struct sample *sample = request->model->targets[request->target_index].sample;
  char age[FORMAT_MAX];
  format_duration(age, sizeof age, sample ? (double)(clock_now_ms() - sample->taken_ms) / 1000 : 0);
  for (size_t i = 0; i < request->key_count; i++) {
    const char *state = state_of(request, i);
    if (state && !systemd_state_fits(systemd_verb_of(action), state))
      return err_set(why, ERR_UNSUPPORTED, "it was %.20s %s ago", state, age);
  }
  return request->key_count > 0 || err_set(why, ERR_INVALID, "no unit is selected");
}

#define APPLIES(name, id)                                                             \
  static bool name##_applies(const struct action_request *request, struct err *why) { \
    return applies(request, "systemd." id, why);                                      \
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
