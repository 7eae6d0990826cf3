/* What systemd's answers say. What is missing or of another type is not known (-1, or ""). Texts
 * are copied into the arena, at most SYSTEMD_TEXT_MAX bytes each. */
#pragma once

#include "core/arena.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sd_bus_message;

enum { SYSTEMD_TEXT_MAX = 4096, SYSTEMD_NAME_MAX = 256 };

/* An entry of ListUnitsByPatterns and ListUnitsByNames. */
struct systemd_entry {
  const char *name;   /* "ecap-api.service" */
  const char *load;   /* loaded, not-found, bad-setting, error, masked, ... */
  const char *active; /* active, reloading, inactive, failed, activating, deactivating, ... */
  const char *sub;    /* by type: running, exited, dead, auto-restart, ... */
};

/* Properties of a unit. Times are seconds since 1970, or -1; an unlimited number is INT64_MAX, one
 * that is not set is -1. Lists of units are separated by blanks. */
struct systemd_unit {
  const char *id, *description;
  const char *load, *active, *sub;
  const char *load_error;
  const char *file_state; /* enabled, disabled, static, masked, ...; "": it has no unit file */
  const char *file;       /* path of the unit file */
  const char *invocation; /* 32 hex digits: tells runs apart; "": it never ran */
  double changed_s, active_s, inactive_s; /* of the state; when it last became active, inactive */
  int64_t condition;                      /* 1: the conditions of its last start were met; 0: not */
  const char *triggered_by, *required_by, *bound_by, *consists_of, *requisite_of;
  int64_t can_start, can_stop, can_reload, refuse_start, refuse_stop; /* 1 or 0 */
  int64_t reload_needed;                  /* 1: its unit file has changed since it was loaded */
  int64_t limit_interval_us, limit_burst; /* StartLimitIntervalUSec, StartLimitBurst */
  /* of the types that run processes */
  const char *result; /* success, exit-code, signal, oom-kill, ... of its last run */
  int64_t cpu_ns, memory, memory_max, tasks, tasks_max;
  const char *cgroup;
  int64_t start_us, stop_us; /* TimeoutStartUSec, TimeoutStopUSec */
  /* of services */
  const char *type, *restart, *status_text;
  int64_t restart_us, restarts, main_pid, watchdog_us, remains; /* remains: RemainAfterExit */
  int64_t exit_kind, exit_status; /* of the main process that ended last: CLD_EXITED, ... */
  double exit_s;
  /* The command beside the main process that failed last: "ExecStartPre", its program, and how. */
  const char *failed_setting, *failed_program;
  int64_t failed_kind, failed_status;
  /* Its environment: names only, values are not kept. Of Environment a line for each, "+NAME" or,
   * where the value is empty, "-NAME"; "?" where not all fit. Of EnvironmentFile a line for each,
   * "/path" or "-/path". The others are separated by blanks. */
  const char *variables, *variable_files, *variables_passed, *variables_unset;
};

/* Of the manager. */
struct systemd_manager {
  const char *version; /* "252.38-1~deb12u1" */
  const char *state;   /* running, degraded, starting, maintenance, stopping, ... */
  int64_t failed, jobs, units;
};

/* Reads at most max entries; *total gets how many there are. False with err if it is no such
 * list. */
bool systemd_entries_read(struct sd_bus_message *reply, struct arena *arena,
                          struct systemd_entry *entries, size_t max, size_t *count, size_t *total,
                          struct err *err) MUST_CHECK;
/* The names in the answer of ListUnitFilesByPatterns; the same. */
bool systemd_files_read(struct sd_bus_message *reply, struct arena *arena, const char **names,
                        size_t max, size_t *count, struct err *err) MUST_CHECK;
/* The answer of GetAll for a unit. False with err where it does not say what state it is in. */
bool systemd_unit_read(struct sd_bus_message *reply, struct arena *arena, struct systemd_unit *unit,
                       struct err *err) MUST_CHECK;
bool systemd_manager_read(struct sd_bus_message *reply, struct arena *arena,
                          struct systemd_manager *manager, struct err *err) MUST_CHECK;
/* A job's object, the answer of StartUnit and the like. */
bool systemd_job_read(struct sd_bus_message *reply, struct arena *arena, const char **job,
                      struct err *err) MUST_CHECK;

/* How a process ended: "exit code 203 (program not found or not executable)", "SIGSEGV", "SIGABRT
 * with a core dump"; "" where it is not known. kind is that of waitid. */
enum { SYSTEMD_EXIT_MAX = 96 };
const char *systemd_exit_text(char out[SYSTEMD_EXIT_MAX], int64_t kind, int64_t status);
/* The same in a word: "exit 1", "SIGKILL". */
const char *systemd_exit_word(char out[SYSTEMD_EXIT_MAX], int64_t kind, int64_t status);
