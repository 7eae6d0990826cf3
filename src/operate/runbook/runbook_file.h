/* Runs on disk: one file of JSON lines each in STATE/runs, written and synced event by event. The
 * first line has a copy of the runbook, so that a run continues with the steps it began with.
 *
 * A file is this user's alone (0600): it holds commands that are run again after a resume. Blocks:
 * for modes without a screen, outside the loop. */
#pragma once

#include "operate/runbook/runbook_line.h"

enum { RUNBOOK_RUN_FILE_MAX = 4 << 20, RUNBOOK_ID_MAX = 96, RUNBOOK_RUNS_MAX = 1000 };

struct runbook_file;

/* "consumer-lag-20261127T231820-4711". */
void runbook_file_id(char out[RUNBOOK_ID_MAX], const char *runbook, int64_t now_ms, int64_t pid);
/* A new run, on disk; held until it is closed, so that no other process continues it. */
struct runbook_file *runbook_file_new(const char *state, const struct runbook_head *head,
                                      struct err *err) MUST_CHECK;
/* An earlier one, by its id or the only one whose id begins with it. NULL with err: there is none,
 * it is held by another process, or it is not this user's. watch: only to read it, also while it is
 * held. */
struct runbook_file *runbook_file_open(const char *state, const char *id, bool watch,
                                       struct err *err) MUST_CHECK;
void runbook_file_close(struct runbook_file *file); /* NULL is fine */

const struct runbook_head *runbook_file_head(const struct runbook_file *file);
/* Whether another process held it when it was opened to watch. */
bool runbook_file_is_held(const struct runbook_file *file);
/* Takes all events of the file. False with err for a file that is damaged. */
bool runbook_file_replay(const struct runbook_file *file, struct runbook_run *run,
                         struct err *err) MUST_CHECK;
/* Calls seen for each event, in order, without a runbook. */
bool runbook_file_each(const struct runbook_file *file,
                       void (*seen)(void *arg, const struct runbook_event *event), void *arg,
                       struct err *err) MUST_CHECK;
/* The event is on disk when it returns true. */
bool runbook_file_append(struct runbook_file *file, const struct runbook_event *event,
                         struct err *err) MUST_CHECK;

/* The ids of all runs, in order of their names; at most RUNBOOK_RUNS_MAX, the newest by the time in
 * the id. The caller frees each and the array. */
char **runbook_file_list(const char *state, size_t *count, struct err *err) MUST_CHECK;
