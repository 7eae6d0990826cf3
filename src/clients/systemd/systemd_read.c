#include "clients/systemd/systemd_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

enum property_kind {
  TEXT,
  BOOLEAN,
  NUMBER_U,
  NUMBER_I,
  NUMBER_T,
  TIME,
  NAMES,
  ID,
  LOAD_ERROR,
  VARIABLES,
  FILES
};

static const char *const signatures[] = {
    [TEXT] = "s",          [BOOLEAN] = "b",    [NUMBER_U] = "u",  [NUMBER_I] = "i",
    [NUMBER_T] = "t",      [TIME] = "t",       [NAMES] = "as",    [ID] = "ay",
    [LOAD_ERROR] = "(ss)", [VARIABLES] = "as", [FILES] = "a(sb)",
};

struct property {
  const char *name;
  enum property_kind kind;
  size_t at; /* of the member: const char *, int64_t, or double for a time */
};

#define UNIT(name, kind, member) \
  { name, kind, offsetof(struct systemd_unit, member) }
static const struct property unit_properties[] = {
    UNIT("Id", TEXT, id),
    UNIT("Description", TEXT, description),
    UNIT("LoadState", TEXT, load),
    UNIT("LoadError", LOAD_ERROR, load_error),
    UNIT("ActiveState", TEXT, active),
    UNIT("SubState", TEXT, sub),
    UNIT("UnitFileState", TEXT, file_state),
    UNIT("FragmentPath", TEXT, file),
    UNIT("InvocationID", ID, invocation),
    UNIT("StateChangeTimestamp", TIME, changed_s),
    UNIT("ActiveEnterTimestamp", TIME, active_s),
    UNIT("InactiveEnterTimestamp", TIME, inactive_s),
    UNIT("ConditionResult", BOOLEAN, condition),
    UNIT("TriggeredBy", NAMES, triggered_by),
    UNIT("RequiredBy", NAMES, required_by),
    UNIT("BoundBy", NAMES, bound_by),
    UNIT("ConsistsOf", NAMES, consists_of),
    UNIT("RequisiteOf", NAMES, requisite_of),
    UNIT("CanStart", BOOLEAN, can_start),
    UNIT("CanStop", BOOLEAN, can_stop),
    UNIT("CanReload", BOOLEAN, can_reload),
    UNIT("RefuseManualStart", BOOLEAN, refuse_start),
    UNIT("RefuseManualStop", BOOLEAN, refuse_stop),
    UNIT("NeedDaemonReload", BOOLEAN, reload_needed),
    UNIT("StartLimitIntervalUSec", NUMBER_T, limit_interval_us),
    UNIT("StartLimitBurst", NUMBER_U, limit_burst),
    UNIT("Result", TEXT, result),
    UNIT("CPUUsageNSec", NUMBER_T, cpu_ns),
    UNIT("MemoryCurrent", NUMBER_T, memory),
    UNIT("MemoryMax", NUMBER_T, memory_max),
    UNIT("TasksCurrent", NUMBER_T, tasks),
    UNIT("TasksMax", NUMBER_T, tasks_max),
    UNIT("ControlGroup", TEXT, cgroup),
    UNIT("TimeoutStartUSec", NUMBER_T, start_us),
    UNIT("TimeoutStopUSec", NUMBER_T, stop_us),
    UNIT("Type", TEXT, type),
    UNIT("Restart", TEXT, restart),
    UNIT("StatusText", TEXT, status_text),
    UNIT("RestartUSec", NUMBER_T, restart_us),
    UNIT("NRestarts", NUMBER_U, restarts),
    UNIT("MainPID", NUMBER_U, main_pid),
    UNIT("WatchdogUSec", NUMBER_T, watchdog_us),
    UNIT("RemainAfterExit", BOOLEAN, remains),
    UNIT("ExecMainCode", NUMBER_I, exit_kind),
    UNIT("ExecMainStatus", NUMBER_I, exit_status),
    UNIT("ExecMainExitTimestamp", TIME, exit_s),
    UNIT("Environment", VARIABLES, variables),
    UNIT("EnvironmentFiles", FILES, variable_files),
    UNIT("PassEnvironment", NAMES, variables_passed),
    UNIT("UnsetEnvironment", NAMES, variables_unset),
};

#define MANAGER(name, kind, member) \
  { name, kind, offsetof(struct systemd_manager, member) }
static const struct property manager_properties[] = {
    MANAGER("Version", TEXT, version),         MANAGER("SystemState", TEXT, state),
    MANAGER("NFailedUnits", NUMBER_U, failed), MANAGER("NJobs", NUMBER_U, jobs),
    MANAGER("NNames", NUMBER_U, units),
};

static const char *copy(struct arena *arena, const char *text) {
  return arena_text(arena, text, strnlen(text, SYSTEMD_TEXT_MAX));
}

/* ---- properties */

/* Names that do not fit are left out: "a.service b.service". */
static int read_names(sd_bus_message *reply, struct arena *arena, const char **value) {
  char text[SYSTEMD_TEXT_MAX];
  const char *name;
  size_t length = 0;
  int status = sd_bus_message_enter_container(reply, 'a', "s");
  while (status >= 0 && (status = sd_bus_message_read_basic(reply, 's', &name)) > 0)
    if (length + strlen(name) + 2 < sizeof text)
      length +=
          (size_t)snprintf(text + length, sizeof text - length, "%s%s", length ? " " : "", name);
  *value = arena_text(arena, text, length);
  return status < 0 ? status : sd_bus_message_exit_container(reply);
}

/* "+NAME" or "-NAME" for each NAME=VALUE: the values may be secrets, and end here. */
static int read_variables(sd_bus_message *reply, struct arena *arena, const char **value) {
  char text[SYSTEMD_TEXT_MAX];
  const char *pair;
  size_t length = 0;
  bool cut = false;
  int status = sd_bus_message_enter_container(reply, 'a', "s");
  while (status >= 0 && (status = sd_bus_message_read_basic(reply, 's', &pair)) > 0) {
    const size_t name = strcspn(pair, "=");
    cut = cut || length + name + 5 >= sizeof text;
    if (!cut)
      length += (size_t)snprintf(text + length, sizeof text - length, "%c%.*s\n",
                                 pair[name] && pair[name + 1] ? '+' : '-', (int)name, pair);
  }
  if (cut)
    length += (size_t)snprintf(text + length, sizeof text - length, "?\n");
  *value = arena_text(arena, text, length);
  return status < 0 ? status : sd_bus_message_exit_container(reply);
}

static int read_files(sd_bus_message *reply, struct arena *arena, const char **value) {
  char text[SYSTEMD_TEXT_MAX];
  const char *path;
  size_t length = 0;
  int optional, status = sd_bus_message_enter_container(reply, 'a', "(sb)");
  while (status >= 0 && (status = sd_bus_message_read(reply, "(sb)", &path, &optional)) > 0)
    if (length + strlen(path) + 3 < sizeof text)
      length += (size_t)snprintf(text + length, sizeof text - length, "%s%s\n", optional ? "-" : "",
                                 path);
  *value = arena_text(arena, text, length);
  return status < 0 ? status : sd_bus_message_exit_container(reply);
}

static int read_id(sd_bus_message *reply, struct arena *arena, const char **value) {
  const void *bytes;
  size_t size;
  char text[33];
  const int status = sd_bus_message_read_array(reply, 'y', &bytes, &size);
  bool zero = true;
  if (status < 0 || size != 16)
    return status;
  for (size_t i = 0; i < 16; i++) {
    const unsigned char byte = ((const unsigned char *)bytes)[i];
    zero = zero && byte == 0;
    snprintf(text + i * 2, 3, "%02x", byte);
  }
  if (!zero)
    *value = copy(arena, text);
  return status;
}

static int read_load_error(sd_bus_message *reply, struct arena *arena, const char **value) {
  const char *name, *message;
  const int status = sd_bus_message_read(reply, "(ss)", &name, &message);
  if (status >= 0)
    *value = copy(arena, *message ? message : name);
  return status;
}

static int64_t number_of(uint64_t number) {
  return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

static int read_value(sd_bus_message *reply, struct arena *arena, enum property_kind kind,
                      void *member) {
  const char *text;
  uint64_t wide = 0;
  uint32_t number = 0;
  int small = 0, status;
  switch (kind) {
  case TEXT:
    if ((status = sd_bus_message_read_basic(reply, 's', &text)) > 0)
      *(const char **)member = copy(arena, text);
    return status;
  case BOOLEAN:
  case NUMBER_I:
    if ((status = sd_bus_message_read_basic(reply, *signatures[kind], &small)) > 0)
      *(int64_t *)member = small;
    return status;
  case NUMBER_U:
    if ((status = sd_bus_message_read_basic(reply, 'u', &number)) > 0)
      *(int64_t *)member = number;
    return status;
  case NUMBER_T:
  case TIME:
    if ((status = sd_bus_message_read_basic(reply, 't', &wide)) <= 0)
      return status;
    if (kind == NUMBER_T)
      *(int64_t *)member = number_of(wide);
    else if (wide > 0 && wide != UINT64_MAX)
      *(double *)member = (double)wide / 1e6;
    return status;
  case NAMES:
    return read_names(reply, arena, member);
  case ID:
    return read_id(reply, arena, member);
  case LOAD_ERROR:
    return read_load_error(reply, arena, member);
  case VARIABLES:
    return read_variables(reply, arena, member);
  case FILES:
    return read_files(reply, arena, member);
  }
  return 0;
}

/* A list of commands with how each ended: a(sasbttttuii), program, argv, whether a failure is
 * ignored, four times, pid, how, status. Keeps the first that failed. */
#define COMMANDS "(sasbttttuii)"
static int read_commands(sd_bus_message *reply, struct arena *arena, const char *setting,
                         struct systemd_unit *unit) {
  int status = sd_bus_message_enter_container(reply, 'a', COMMANDS);
  while (status >= 0 && (status = sd_bus_message_enter_container(reply, 'r', "sasbttttuii")) > 0) {
    const char *program;
    int ignored, kind, code;
    uint32_t pid;
    if ((status = sd_bus_message_read_basic(reply, 's', &program)) < 0 ||
        (status = sd_bus_message_skip(reply, "as")) < 0 ||
        (status = sd_bus_message_read_basic(reply, 'b', &ignored)) < 0 ||
        (status = sd_bus_message_skip(reply, "tttt")) < 0 ||
        (status = sd_bus_message_read(reply, "uii", &pid, &kind, &code)) < 0 ||
        (status = sd_bus_message_exit_container(reply)) < 0)
      return status;
    if (!ignored && pid > 0 && kind > 0 && code != 0 && !*unit->failed_setting) {
      unit->failed_setting = copy(arena, setting);
      unit->failed_program = copy(arena, program);
      unit->failed_kind = kind;
      unit->failed_status = code;
    }
  }
  return status < 0 ? status : sd_bus_message_exit_container(reply);
}

/* Whether the name is that of a list of commands beside the main process. */
static bool is_command(const char *name) {
  static const char *const names[] = {"ExecCondition", "ExecStartPre", "ExecStartPost",
                                      "ExecReload",    "ExecStop",     "ExecStopPost"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0)
      return true;
  return false;
}

/* One entry {sv}, which was entered. */
static int read_property(sd_bus_message *reply, struct arena *arena,
                         const struct property *properties, size_t count, void *out, bool unit) {
  const char *name, *contents;
  char type;
  int status = sd_bus_message_read_basic(reply, 's', &name);
  if (status < 0 || (status = sd_bus_message_peek_type(reply, &type, &contents)) < 0)
    return status;
  const struct property *property = NULL;
  for (size_t i = 0; i < count && !property; i++)
    if (strcmp(properties[i].name, name) == 0 &&
        strcmp(signatures[properties[i].kind], contents) == 0)
      property = &properties[i];
  const bool command = unit && is_command(name) && strcmp(contents, "a" COMMANDS) == 0;
  if (!property && !command)
    return sd_bus_message_skip(reply, "v");
  if ((status = sd_bus_message_enter_container(reply, 'v', contents)) < 0)
    return status;
  status = property ? read_value(reply, arena, property->kind, (char *)out + property->at)
                    : read_commands(reply, arena, name, out);
  return status < 0 ? status : sd_bus_message_exit_container(reply);
}

static bool read_properties(sd_bus_message *reply, struct arena *arena,
                            const struct property *properties, size_t count, void *out, bool unit,
                            struct err *err) {
  if (!sd_bus_message_has_signature(reply, "a{sv}"))
    return err_set(err, ERR_PROTOCOL, "the answer has no properties; not systemd?");
  for (size_t i = 0; i < count; i++) {
    void *member = (char *)out + properties[i].at;
    switch (properties[i].kind) {
    case TEXT:
    case NAMES:
    case ID:
    case LOAD_ERROR:
    case VARIABLES:
    case FILES:
      *(const char **)member = "";
      break;
    case TIME:
      *(double *)member = -1;
      break;
    default:
      *(int64_t *)member = -1;
    }
  }
  int status = sd_bus_message_enter_container(reply, 'a', "{sv}");
  while (status >= 0 && (status = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
    status = read_property(reply, arena, properties, count, out, unit);
    if (status >= 0)
      status = sd_bus_message_exit_container(reply);
  }
  return status >= 0 || err_set(err, ERR_PROTOCOL, "the answer is damaged: %s", strerror(-status));
}

/* What systemd calls not set is the largest number of 64 bits; so is infinity, of a limit. */
static void forget_unset(int64_t *number) {
  if (*number == INT64_MAX)
    *number = -1;
}

bool systemd_unit_read(sd_bus_message *reply, struct arena *arena, struct systemd_unit *unit,
                       struct err *err) {
  *unit = (struct systemd_unit){
      .failed_setting = "", .failed_program = "", .failed_kind = -1, .failed_status = -1};
  if (!read_properties(reply, arena, unit_properties,
                       sizeof unit_properties / sizeof *unit_properties, unit, true, err))
    return false;
  forget_unset(&unit->cpu_ns);
  forget_unset(&unit->memory);
  forget_unset(&unit->tasks);
  if (arena->exhausted)
    return err_set(err, ERR_LIMIT, "no memory is left for what systemd says");
  return (*unit->id && *unit->active) ||
         err_set(err, ERR_PROTOCOL, "the answer has no state of a unit");
}

bool systemd_manager_read(sd_bus_message *reply, struct arena *arena,
                          struct systemd_manager *manager, struct err *err) {
  return read_properties(reply, arena, manager_properties,
                         sizeof manager_properties / sizeof *manager_properties, manager, false,
                         err);
}

/* ---- lists */

#define ENTRY "ssssssouso"
bool systemd_entries_read(sd_bus_message *reply, struct arena *arena, struct systemd_entry *entries,
                          size_t max, size_t *count, size_t *total, struct err *err) {
  const char *name, *description, *load, *active, *sub;
  *count = *total = 0;
  if (!sd_bus_message_has_signature(reply, "a(" ENTRY ")"))
    return err_set(err, ERR_PROTOCOL, "the answer is not a list of units; not systemd?");
  int status = sd_bus_message_enter_container(reply, 'a', "(" ENTRY ")");
  while (status >= 0 && (status = sd_bus_message_enter_container(reply, 'r', ENTRY)) > 0) {
    status = sd_bus_message_read(reply, "sssss", &name, &description, &load, &active, &sub);
    if (status < 0 || (status = sd_bus_message_skip(reply, "souso")) < 0 ||
        (status = sd_bus_message_exit_container(reply)) < 0)
      break;
    if (++*total <= max)
      entries[(*count)++] = (struct systemd_entry){.name = copy(arena, name),
                                                   .load = copy(arena, load),
                                                   .active = copy(arena, active),
                                                   .sub = copy(arena, sub)};
  }
  if (status < 0)
    return err_set(err, ERR_PROTOCOL, "the list of units is damaged: %s", strerror(-status));
  return !arena->exhausted || err_set(err, ERR_LIMIT, "no memory is left for the list of units");
}

bool systemd_files_read(sd_bus_message *reply, struct arena *arena, const char **names, size_t max,
                        size_t *count, struct err *err) {
  const char *path, *state;
  *count = 0;
  if (!sd_bus_message_has_signature(reply, "a(ss)"))
    return err_set(err, ERR_PROTOCOL, "the answer is not a list of unit files; not systemd?");
  int status = sd_bus_message_enter_container(reply, 'a', "(ss)");
  while (status >= 0 && (status = sd_bus_message_read(reply, "(ss)", &path, &state)) > 0) {
    const char *slash = strrchr(path, '/');
    if (*count < max)
      names[(*count)++] = copy(arena, slash ? slash + 1 : path);
  }
  if (status < 0)
    return err_set(err, ERR_PROTOCOL, "the list of unit files is damaged: %s", strerror(-status));
  return !arena->exhausted || err_set(err, ERR_LIMIT, "no memory is left for the unit files");
}

bool systemd_job_read(sd_bus_message *reply, struct arena *arena, const char **job,
                      struct err *err) {
  const char *path;
  if (!sd_bus_message_has_signature(reply, "o") ||
      sd_bus_message_read_basic(reply, 'o', &path) <= 0)
    return err_set(err, ERR_PROTOCOL, "the answer is not a job; not systemd?");
  *job = copy(arena, path);
  return !arena->exhausted || err_set(err, ERR_LIMIT, "no memory is left for the job");
}
