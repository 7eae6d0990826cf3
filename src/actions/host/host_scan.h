/* What the surveys of a mount read on a worker thread: the files that processes hold open, and the
 * old files of the configuration's rules. */
#pragma once

#include "actions/work.h"
#include "clients/host/host_held.h"
#include "clients/host/host_old.h"

enum { HOST_STALL_MS = 60000 }; /* a file system that does not answer for so long is given up */

struct host_scan {
  struct step_work work; /* first */
  char *path;            /* of the mount */
  char shown[1024];      /* the same, as host_name_show */
  char *state, *own;     /* stacktop's folder; resolved, as host_name_show; NULL: none */
  struct err err;
  uint64_t device;
  struct host_held_list held;
  struct host_old_list old; /* of the rules; empty without */
};

/* Of the request's mount. option: HOST_CLEANUP, HOST_COMPRESS, or NULL for no rules. NULL with
 * step->err; otherwise the caller frees it with host_scan_free. */
struct host_scan *host_scan_run(struct step *step, const char *option);
void host_scan_free(struct host_scan *scan);
/* Whether it is stacktop's own: the audit log is open while stacktop runs. */
bool host_scan_is_own(const struct host_scan *scan, const struct host_held *held);
/* "12 of 340 processes could not be read ..." as a note of the survey, where it is so. */
void host_scan_note(const struct host_scan *scan, struct sample *found);

/* Objects from that one on are not attempted, because one before them has no answer. */
void host_skip_from(struct step *step, size_t first);
/* A person has cancelled between two objects: false. */
bool host_cancelled(struct step *step);

/* "python3 812 (root)" */
const char *host_holder_text(struct arena *arena, const struct host_held *held);
/* The last part of a path: for a label, and to be typed. */
const char *host_base(const char *path);
