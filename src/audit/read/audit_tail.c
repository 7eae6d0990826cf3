#include "audit/read/audit_tail.h"
#include "audit/audit_file.h"
#include "audit/audit_process.h"
#include "audit/read/audit_open.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void audit_tail_init(struct audit_tail *tail, const char *path) {
  *tail = (struct audit_tail){.path = mem_dup(path), .fd = -1, .pid = getpid()};
  tail->pid_start = process_start(tail->pid);
  tail->newest_ms = clock_wall_read_ms();
  gethostname(tail->host, sizeof tail->host - 1);
}

void audit_tail_fini(struct audit_tail *tail) {
  if (tail->fd >= 0)
    close(tail->fd);
  free(tail->path);
}

/* ---- reporting ---- */

static void batch_take(struct audit_batch *batch, struct audit_parsed *parsed, bool unknown) {
  if (batch->count == batch->room) {
    batch->room = batch->room ? batch->room * 2 : 16;
    batch->items = mem_resize(batch->items, batch->room * sizeof *batch->items);
  }
  batch->items[batch->count++] = (struct audit_batch_item){.parsed = *parsed, .unknown = unknown};
}

void audit_batch_fini(struct audit_batch *batch) {
  for (size_t i = 0; i < batch->count; i++)
    audit_parsed_fini(&batch->items[i].parsed);
  free(batch->items);
  *batch = (struct audit_batch){0};
}

struct looking {
  struct audit_tail *tail;
  struct audit_batch *batch;
};

static bool is_own(const struct audit_tail *tail, const struct audit_who *who) {
  return who->pid == tail->pid && who->pid_start == tail->pid_start &&
         strcmp(who->host, tail->host) == 0;
}

static void take_line(void *arg, const char *line, size_t len, int64_t offset) {
  const struct looking *looking = arg;
  struct audit_tail *tail = looking->tail;
  struct audit_parsed parsed;
  tail->last_line = offset;
  if (!audit_parse(&parsed, line, len))
    return;
  int64_t at_ms = parsed.record.at_ms;
  /* An old line in a new file, as after an editor or a restore. */
  bool again = offset < tail->known_until && at_ms < tail->newest_ms - AUDIT_AGAIN_MS;
  if (again || is_own(tail, &parsed.record.who))
    audit_parsed_fini(&parsed);
  else
    batch_take(looking->batch, &parsed, false);
  if (at_ms > tail->newest_ms && at_ms <= clock_wall_read_ms())
    tail->newest_ms = at_ms;
}

/* ---- the start ---- */

static void note_line(void *arg, const char *line, size_t len, int64_t offset) {
  struct audit_parsed parsed;
  if (!audit_parse(&parsed, line, len))
    return;
  audit_open_see(arg, &parsed.record, offset, len);
  audit_parsed_fini(&parsed);
}

/* Reads the line again: only a few are open. */
static void take_open(struct looking *looking, const struct audit_open_intent *intent) {
  struct audit_tail *tail = looking->tail;
  struct audit_parsed parsed;
  char *line = mem_new(intent->len);
  if (pread(tail->fd, line, intent->len, intent->offset) == (ssize_t)intent->len &&
      audit_parse(&parsed, line, intent->len))
    batch_take(looking->batch, &parsed,
               audit_open_is_unknown(&parsed.record, tail->host, clock_wall_read_ms()));
  free(line);
}

static void look_first(struct looking *looking, int64_t size) {
  struct audit_tail *tail = looking->tail;
  struct audit_open open;
  audit_open_init(&open);
  if (size > AUDIT_START_BYTES) /* from the byte before, which may be a newline */
    tail->lines = (struct audit_lines){.offset = size - AUDIT_START_BYTES - 1, .skipping = true};
  (void)audit_lines_read(tail->fd, &tail->lines, size, AUDIT_START_BYTES + 1, note_line, &open);
  size_t beyond = open.by_key.count > AUDIT_START_MAX ? open.by_key.count - AUDIT_START_MAX : 0;
  const struct audit_open_intent *intent;
  TAILQ_FOREACH(intent, &open.order, order) {
    if (beyond > 0)
      beyond--;
    else
      take_open(looking, intent);
  }
  tail->last_line = tail->lines.offset;
  audit_open_fini(&open);
}

/* ---- following ---- */

static void leave_file(struct audit_tail *tail) {
  close(tail->fd);
  tail->fd = -1;
  tail->moved = false;
}

static void from_start(struct audit_tail *tail, int64_t size) {
  tail->lines = (struct audit_lines){0};
  tail->last_line = 0;
  tail->known_until = size;
}

static void look_new(struct looking *looking, int64_t size) {
  struct audit_tail *tail = looking->tail;
  if (size < tail->lines.offset && size >= tail->last_line) /* a line was removed */
    tail->lines.offset = tail->last_line;
  else if (size < tail->lines.offset)
    from_start(tail, size);
  int64_t before = tail->lines.offset;
  (void)audit_lines_read(tail->fd, &tail->lines, size, AUDIT_TAIL_BYTES, take_line, looking);
  looking->batch->more = tail->lines.offset - before >= AUDIT_TAIL_BYTES;
}

/* A program that had it open during the rotation may still append a line: read once more. */
static void look_whether_moved(struct looking *looking, const struct stat *own) {
  struct audit_tail *tail = looking->tail;
  struct stat there;
  bool moved =
      lstat(tail->path, &there) != 0 || there.st_dev != own->st_dev || there.st_ino != own->st_ino;
  if (moved && tail->moved) {
    leave_file(tail);
    looking->batch->more = true;
  } else {
    tail->moved = moved;
  }
}

void audit_tail_look(struct audit_tail *tail, struct audit_batch *batch) {
  struct looking looking = {.tail = tail, .batch = batch};
  struct stat own;
  bool first = !tail->begun, opened = tail->fd < 0;
  int number;
  struct err err;
  tail->begun = true;
  if (opened)
    tail->fd = audit_file_open(tail->path, &number, &err);
  if (tail->fd < 0)
    return;
  if (fstat(tail->fd, &own) != 0) { /* ESTALE: an NFS server no longer knows the file */
    leave_file(tail);
    return;
  }
  if (first) {
    look_first(&looking, own.st_size);
    return;
  }
  if (opened)
    from_start(tail, own.st_size);
  look_new(&looking, own.st_size);
  if (!batch->more)
    look_whether_moved(&looking, &own);
}
