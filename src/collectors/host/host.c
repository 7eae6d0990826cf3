/* Disks and host figures of this machine.
 *
 * A collection reads /proc on a worker thread, then probes each file system on its own thread,
 * waits a moment for the answers, and continues without the missing ones: a hung network mount
 * affects only its own row. While it hangs it is not probed again, so that it occupies only one
 * thread. */
#include "collectors/host/host_own.h"
#include "collectors/host/host_table.h"

#include "clients/host/host_contract.h"
#include "clients/host/host_rule.h"
#include "collectors/frame.h"
#include "core/mem.h"
#include "io/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Limits of one host. A reading, and mounts that were removed while they hung, are additional. */
enum { MOUNTS_MAX = 128, WORKERS_MAX = MOUNTS_MAX + 32 };
/* `check` collects only once and waits nearly until its deadline, long enough to report a hung
 * mount. */
enum { TIMEOUT_MS = 5000, MARGIN_MS = 50, PATIENCE_MS = 250, HUNG_MS = 4000 };

static const struct option options[] = {
    {.name = "mounts",
     .type = OPTION_LIST,
     .help = "paths to watch; default: every file system that holds data, once, and each tmpfs "
             "that is at least half full",
     .example = "[/, /var, /tmp]"},
    {.name = HOST_CLEANUP,
     .type = OPTION_MAP,
     .check = host_rule_cleanup_check,
     .check_name = host_rule_name_check,
     .help = "old files that may be deleted: a directory with a pattern, and the least age; "
             "/**/ before the pattern includes subdirectories",
     .example = "{\"/var/log/ecap/*.log.*\": 7d}"},
    {.name = HOST_COMPRESS,
     .type = OPTION_MAP,
     .check = host_rule_compress_check,
     .check_name = host_rule_name_check,
     .help = "old files that may be compressed, the same way; after the age zstd (the default) or "
             "gzip",
     .example = "{\"/var/log/ecap/*.log.*\": 1d gzip}"},
};

static const struct table_spec *const tables[] = {&host_table, &disk_table};

static const struct usual_place usual[] = {{0, "local", NULL, NULL}, {0}};

static void *host_open(struct io *io, const struct target *target, struct err *err);

const struct collector collector_host = {
    .kind = {.kind = "host",
             .key = "hosts",
             .title = "Disks & host",
             .options = options,
             .option_count = sizeof options / sizeof *options},
    .tables = tables,
    .table_count = sizeof tables / sizeof *tables,
    .timeout_ms = TIMEOUT_MS,
    .usual = usual,
    .open = host_open,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};

static const struct host_system real_system = {.proc = "/proc",
                                               .fstab = "/etc/fstab",
                                               .probe = mount_probe,
                                               .patience_ms = PATIENCE_MS,
                                               .hung_ms = HUNG_MS};

struct host {
  struct watch watch; /* first */
  const struct host_system *system;
  struct worker_pool *workers;

  struct host_mount **mounts;
  size_t mount_count;
  bool too_many; /* some mounts were omitted */
  struct host_cpu cpu_before;
  bool reading_now;             /* a reading is running */
  struct host_reading *reading; /* the last one, which entries point into */

  /* The running collection. */
  bool asked;      /* /proc was read, the mounts are being probed */
  int64_t wait_ms; /* until when it may wait, on the steady clock */
};

static bool paths_check(const struct option_value *paths, struct err *err) {
  if (paths->item_count > MOUNTS_MAX)
    return err_set(err, ERR_INVALID, "mounts: at most %d of them", MOUNTS_MAX);
  for (size_t i = 0; i < paths->item_count; i++)
    if (paths->items[i][0] != '/')
      return err_set(err, ERR_INVALID, "mounts: \"%.80s\" is not an absolute path",
                     paths->items[i]);
  return true;
}

static struct host_mount *mount_find(const struct host *host, const char *path) {
  for (size_t i = 0; i < host->mount_count; i++)
    if (strcmp(host->mounts[i]->path, path) == 0)
      return host->mounts[i];
  return NULL;
}

static struct host_mount *mount_add(struct host *host, const char *path) {
  struct host_mount *mount = mem_new(sizeof *mount);
  mount->path = mem_dup(path);
  /* "/var/" is "/var" */
  for (size_t end = strlen(path); end > 1 && mount->path[end - 1] == '/'; end--)
    mount->path[end - 1] = '\0';
  host->mounts = mem_resize(host->mounts, (host->mount_count + 1) * sizeof *host->mounts);
  host->mounts[host->mount_count++] = mount;
  return mount;
}

/* Its thread may still be in the kernel: its answer will be dropped. */
static void mount_free(struct host_mount *mount) {
  if (mount->call)
    mount->call->task.owner = NULL;
  host_mount_fini(mount);
  free(mount);
}

static void add_configured(struct host *host, const struct option_value *paths) {
  for (size_t i = 0; i < paths->item_count; i++) {
    struct host_mount *mount = mount_add(host, paths->items[i]);
    mount->configured = mount->wanted = true;
    if (mount_find(host, mount->path) == mount)
      continue;
    mount_free(mount); /* configured twice */
    host->mount_count--;
  }
}

static bool init(void *self, struct err *err) {
  struct host *host = self;
  const struct option_value *paths = target_option(host->watch.target, "mounts");
  if (!paths_check(paths, err))
    return false;
  host->system = &real_system;
  host->workers = worker_pool_new(host->watch.io, WORKERS_MAX);
  watch_hold(&host->watch);
  add_configured(host, paths);
  return true;
}

static void note_limits(const struct host *host, struct sample *sample) {
  struct table *disks = sample_table(sample, disk_table.id);
  const struct file_text *mountinfo = &host->reading->files[HOST_FILE_MOUNTINFO];
  if (!mountinfo->text)
    sample_note(sample, disk_table.id, NULL, "%s", mountinfo->err.text);
  if (host->too_many || host->reading->mounts.cut) {
    disks->truncated = true;
    sample_note(sample, disk_table.id, NULL,
                "more than %d file systems; not all are shown; list the important ones in `mounts`",
                MOUNTS_MAX);
  }
}

static int path_compare(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A boot counts as a restart. Without configured mounts, a disk that appears or disappears is an
 * event, too, except a tmpfs, which comes with each login. */
static void state_facts(const struct host *host, struct sample *sample) {
  const struct file_text *boot = &host->reading->files[HOST_FILE_BOOT_ID];
  const char *paths[MOUNTS_MAX + 1], *text = "";
  size_t count = 0;
  if (boot->text)
    sample_fact(sample, FACT_START, sample_text(sample, boot->text, strcspn(boot->text, "\n")));
  for (size_t i = 0; i < host->mount_count && count < MOUNTS_MAX; i++) {
    const struct host_mount *mount = host->mounts[i];
    if (!mount->configured && mount->entry && !mount->lost &&
        mount_class_of(mount->entry->type) != MOUNT_MEMORY)
      paths[count++] = mount->path;
  }
  qsort(paths, count, sizeof *paths, path_compare);
  for (size_t i = 0; i < count; i++)
    text = sample_printf(sample, "%s%s%s", text, i > 0 ? ", " : "mounts ", paths[i]);
  sample_fact(sample, FACT_MEMBERS, text);
}

static struct sample *sample_make(struct host *host) {
  const int64_t now_ms = clock_now_ms();
  struct sample *sample = sample_new(tables, sizeof tables / sizeof *tables);
  struct row *row = sample_row(sample, &sample->tables[0], host->watch.target->name, NULL);
  assert(row); /* one row fits into any limit */
  row->cells[HOST_NAME] = value_text(sample_copy(sample, host->watch.target->name));
  host_summary_fill(sample, row, host->reading, &host->cpu_before);
  for (size_t i = 0; i < host->mount_count; i++)
    host_mount_place(host->mounts[i], host->reading);
  host_disks_fill(sample, &sample->tables[1], host->mounts, host->mount_count,
                  host->system->hung_ms, now_ms);
  note_limits(host, sample);
  state_facts(host, sample);
  return sample;
}

static void rest(void *self) {
  struct host *host = self;
  host->asked = false;
}

static void finish(void *self) {
  struct host *host = self;
  watch_done(&host->watch, sample_make(host));
}

/* Mounts that were silent before are not waited for again. */
static bool is_awaited(const struct host_mount *mount, const struct job *job) {
  return mount->call && (job->one_pass || mount->asked_ms >= job->started_us / 1000);
}

static void finish_if_answered(struct host *host) {
  if (!host->watch.job || !host->asked)
    return;
  for (size_t i = 0; i < host->mount_count; i++)
    if (is_awaited(host->mounts[i], host->watch.job))
      return;
  finish(host);
}

static struct mount_call *call_of(struct worker_task *task) {
  return (struct mount_call *)task; /* its first member */
}

static void call_work(struct worker_task *task) {
  struct mount_call *call = call_of(task);
  call->probe(call->path, &call->facts);
}

static void call_drop(struct worker_task *task) {
  free(call_of(task));
}

static void call_done(struct worker_task *task);

/* Probes it, unless the last probe is still running. */
static void mount_ask(struct host *host, struct host_mount *mount) {
  if (mount->call)
    return;
  size_t length = strlen(mount->path);
  struct mount_call *call = mem_new(sizeof *call + length + 1);
  memcpy(call->path, mount->path, length);
  call->probe = host->system->probe;
  call->task =
      (struct worker_task){.work = call_work, .done = call_done, .drop = call_drop, .owner = host};
  mount->err = (struct err){0};
  mount->asked_ms = clock_now_ms();
  if (!worker_start(host->workers, &call->task, &mount->err)) {
    free(call);
    return;
  }
  mount->call = call;
  host->watch.requests++;
}

static void call_done(struct worker_task *task) {
  struct mount_call *call = call_of(task);
  struct host *host = task->owner;
  for (size_t i = 0; host && i < host->mount_count; i++) {
    if (host->mounts[i]->call != call)
      continue;
    host->mounts[i]->call = NULL;
    host_mount_answer(host->mounts[i], &call->facts, clock_now_ms());
  }
  free(call);
  if (host)
    finish_if_answered(host);
}

static void mount_want(struct host *host, const char *point) {
  struct host_mount *mount = mount_find(host, point);
  if (!mount)
    mount = mount_add(host, point);
  mount->wanted = true;
}

/* The chosen mounts of the reading, if none are configured: new ones are added, others removed. In
 * a chroot there may be no disk among them: then / is watched. */
static void update_mounts(struct host *host) {
  const struct mount_list *list = &host->reading->mounts;
  for (size_t i = 0; i < host->mount_count; i++)
    host->mounts[i]->wanted = false;
  size_t wanted = 0, disks = 0;
  host->too_many = false;
  for (size_t i = 0; i < list->count; i++) {
    if (!list->items[i].chosen)
      continue;
    if (wanted == MOUNTS_MAX) {
      host->too_many = true;
      break;
    }
    mount_want(host, list->items[i].point);
    wanted++;
    disks += mount_class_of(list->items[i].type) != MOUNT_MEMORY;
  }
  if (disks == 0)
    mount_want(host, "/");
  size_t kept = 0;
  for (size_t i = 0; i < host->mount_count; i++) {
    if (host->mounts[i]->was_bad) /* an unmounted one has not recovered: it stays visible */
      host->mounts[i]->wanted = true;
    if (host->mounts[i]->wanted)
      host->mounts[kept++] = host->mounts[i];
    else
      mount_free(host->mounts[i]);
  }
  host->mount_count = kept;
}

static void ask_all(struct host *host) {
  if (target_option(host->watch.target, "mounts")->item_count == 0 &&
      host->reading->files[HOST_FILE_MOUNTINFO].text)
    update_mounts(host);
  for (size_t i = 0; i < host->mount_count; i++)
    mount_ask(host, host->mounts[i]);
  int64_t wait = host->wait_ms - clock_now_ms();
  if (!host->watch.job->one_pass && wait > host->system->patience_ms)
    wait = host->system->patience_ms;
  watch_wait(&host->watch, wait);
  host->asked = true;
  finish_if_answered(host);
}

static void reading_work(struct worker_task *task) {
  host_reading_take((struct host_reading *)task);
}

static void reading_drop(struct worker_task *task) {
  host_reading_free((struct host_reading *)task);
}

/* A host without any readable file is reported as an error. */
static bool reading_is_empty(const struct host_reading *reading) {
  for (size_t i = 0; i < HOST_FILE_FSTAB; i++)
    if (reading->files[i].text)
      return false;
  return true;
}

static void reading_done(struct worker_task *task) {
  struct host *host = task->owner;
  host_reading_free(host->reading);
  host->reading = (struct host_reading *)task;
  host->reading_now = false;
  for (size_t i = 0; i < host->mount_count; i++)
    host->mounts[i]->entry = NULL; /* they belonged to the old reading */
  if (!host->watch.job)
    return;
  if (!reading_is_empty(host->reading)) {
    ask_all(host);
    return;
  }
  watch_failed(&host->watch, &host->reading->files[0].err);
}

static void ask(void *self) {
  struct host *host = self;
  host->asked = false;
  host->wait_ms = watch_end_ms(&host->watch, 0, MARGIN_MS);
  if (host->reading_now)
    return; /* started for a cancelled job: it serves this one as well */
  struct host_reading *reading = host_reading_new(host->system);
  reading->task = (struct worker_task){
      .work = reading_work, .done = reading_done, .drop = reading_drop, .owner = host};
  struct err err = {0};
  host->reading_now = worker_start(host->workers, &reading->task, &err);
  if (host->reading_now)
    return;
  host_reading_free(reading);
  watch_failed(&host->watch, &err);
}

static void forget(void *self, struct err *err) {
  struct host *host = self;
  if (host->reading_now)
    err_set(err, ERR_TIMEOUT, "reading %s takes too long", host->system->proc);
}

static void end(void *self) {
  struct host *host = self;
  worker_pool_close(host->workers, watch_released, host);
}

static void fini(void *self) {
  struct host *host = self;
  for (size_t i = 0; i < host->mount_count; i++) {
    host_mount_fini(host->mounts[i]);
    free(host->mounts[i]);
  }
  free(host->mounts);
  host_reading_free(host->reading);
}

void *host_open_on(struct io *io, const struct target *target, const struct host_system *system,
                   struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct host),
                                         .init = init,
                                         .ask = ask,
                                         .late = finish,
                                         .rest = rest,
                                         .forget = forget,
                                         .end = end,
                                         .fini = fini};
  struct host *host = watch_open(&kind, io, target, err);
  if (host && system)
    host->system = system;
  return host;
}

static void *host_open(struct io *io, const struct target *target, struct err *err) {
  return host_open_on(io, target, NULL, err);
}
