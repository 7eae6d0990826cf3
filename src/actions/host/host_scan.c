#include "actions/host/host_scan.h"

#include "clients/host/host_name.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/file/mount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void scan_drop(struct step_work *work) {
  struct host_scan *scan = (struct host_scan *)work;
  host_held_fini(&scan->held);
  host_old_fini(&scan->old);
  free(scan->path);
  free(scan->state);
  free(scan->own);
  free(scan);
}

void host_scan_free(struct host_scan *scan) {
  scan_drop(&scan->work);
}

static bool find_device(struct host_scan *scan) {
  struct mount_facts *facts = mem_new(sizeof *facts);
  struct host_stat stat = {0};
  mount_probe(scan->path, facts);
  int error = facts->error ? facts->error : facts->missing ? ENOENT : 0;
  const int fd = error ? -1 : host_open_directory(facts->resolved);
  if (!error)
    error = fd < 0 ? -fd : host_stat_at(fd, "", true, &stat);
  if (fd >= 0)
    close(fd);
  free(facts);
  if (error)
    return host_failed(&scan->err, error, scan->path);
  scan->device = stat.device;
  return true;
}

static void find_own(struct host_scan *scan) {
  char shown[PATH_MAX * HOST_NAME_FACTOR];
  struct mount_facts *facts = mem_new(sizeof *facts);
  mount_probe(scan->state, facts);
  if (!facts->error && !facts->missing)
    scan->own = mem_dup(host_name_show(shown, sizeof shown, facts->resolved));
  free(facts);
}

bool host_scan_is_own(const struct host_scan *scan, const struct host_held *held) {
  const size_t length = scan->own ? strlen(scan->own) : 0;
  return length > 0 && strncmp(held->path, scan->own, length) == 0 && held->path[length] == '/';
}

static void scan_run(struct step_work *work) {
  struct host_scan *scan = (struct host_scan *)work;
  if (!find_device(scan))
    return;
  if (scan->state)
    find_own(scan);
  host_old_scan(&scan->old, scan->device, clock_wall_read_ms(), &work->stop, &work->done);
  host_held_scan(&scan->held, "/proc", scan->device, &work->stop);
}

struct host_scan *host_scan_run(struct step *step, const char *option) {
  const struct action_request *request = step->call->request;
  struct host_scan *scan = mem_new(sizeof *scan);
  scan->work = (struct step_work){
      .run = scan_run, .drop = scan_drop, .unit = "files", .stall_ms = HOST_STALL_MS};
  scan->path = mem_dup(request->keys[0]);
  scan->state = request->state ? mem_dup(request->state) : NULL;
  host_name_show(scan->shown, sizeof scan->shown, scan->path);
  for (size_t i = 0; option && i < host_rule_count(request->target, option); i++)
    host_old_rule(&scan->old, request->target, option, i);
  if (!step_work(step, &scan->work))
    return NULL;
  if (step->cancelled)
    step_fail(step, ERR_NONE, "cancelled");
  else
    step->err = scan->err;
  if (!step->cancelled && scan->err.kind == ERR_NONE)
    return scan;
  host_scan_free(scan);
  return NULL;
}

void host_scan_note(const struct host_scan *scan, struct sample *found) {
  if (scan->held.unreadable > 0)
    sample_note(found, NULL, NULL,
                "the open files of %zu of %zu processes could not be read: run as root, or as "
                "their user, to see them",
                scan->held.unreadable, scan->held.processes);
  if (scan->held.cut)
    sample_note(found, NULL, NULL, "more than %d open files; not all were looked at",
                HOST_HELD_MAX);
}

void host_skip_from(struct step *step, size_t first) {
  struct outcome *outcome = step->call->outcome;
  for (size_t i = first; i < outcome->count; i++)
    outcome_set(outcome, i, OBJECT_SKIPPED, "not attempted");
}

bool host_cancelled(struct step *step) {
  outcome_set_all(step->call->outcome, OBJECT_PENDING, OBJECT_SKIPPED, "cancelled before its turn");
  return step_fail(step, ERR_NONE, "cancelled");
}

const char *host_holder_text(struct arena *arena, const struct host_held *held) {
  return arena_printf(arena, "%s %ld (%s)", *held->program ? held->program : "pid", held->pid,
                      held->user);
}

const char *host_base(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash && slash[1] ? slash + 1 : path;
}
