/* What the actions on old files have in common: the survey, which lists them by the rules of the
 * configuration, and the part of the plan that identifies each of them. */
#pragma once

#include "actions/host/host_scan.h"
#include "clients/host/host_remove.h"
#include "clients/host/host_usage.h"

enum old_column {
  OLD_FILE,
  OLD_BYTES,
  OLD_AGE,
  OLD_HOLDER,
  OLD_NOTE,
  OLD_RULE, /* name of the rule, as configured */
  OLD_DIRECTORY,
  OLD_BELOW, /* the names as host_name_show */
  OLD_NAME,
  OLD_SIZE,
  OLD_MODIFIED,
  OLD_DEVICE,
  OLD_DIRECTORY_INODE,
  OLD_FOLDER_INODE,
  OLD_INODE,
  OLD_MODE,
  OLD_FORMAT,
  OLD_WRITTEN, /* 1: a process has it open for writing */
  OLD_COLUMN_COUNT
};

/* The survey of HOST_CLEANUP or HOST_COMPRESS: a parent for each rule, with its files below. */
bool host_old_survey(struct step *step, const char *option);
/* Whether there are rules at all. */
bool host_old_applies(const struct action_request *request, const char *option, struct err *why);

/* Adds the chosen files with their identities; *bytes: their blocks. Beyond the columns that
 * plan->identities names: see host_old_identities. False with err. */
bool host_old_objects(const struct action_request *request, struct plan *plan, int64_t *bytes,
                      struct err *err);
extern const char *const host_old_identities[];
extern const size_t host_old_identity_count;

/* The identity of the plan's object, its names as bytes, in memory of its own. */
struct host_old_id {
  struct host_file_id id;
  char directory[PATH_MAX], below[HOST_USAGE_PATH_MAX], name[NAME_MAX + 1];
};
bool host_old_id_read(const struct plan *plan, size_t object, struct host_old_id *id);

/* ---- execute: one after the other, each on a worker thread */

struct host_old_work {
  struct step_work work; /* first */
  struct host_old_id id;
  enum host_format format;
  struct host_result result;
};
/* option: whose rules the files must still be of. run: works on one struct host_old_work. unit: of
 * its `done`, NULL for none. verb: "removed". */
bool host_old_execute(struct step *step, const char *option, void (*run)(struct step_work *work),
                      const char *unit, const char *verb);
