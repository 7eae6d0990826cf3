#include "operate/runbook/schedule_seen.h"

#include "audit/audit_file.h"
#include "core/mem.h"
#include "io/file/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line: "1764313200000 daily-maintenance: daily 06:00". */
enum { SEEN_BYTES_MAX = 1 << 20 };

struct seen {
  const char *path;
  const char *words; /* "daily-maintenance: daily 06:00" */
  int64_t now_ms, found_ms;
};

static int64_t line_find(const char *text, const char *words) {
  const size_t length = strlen(words);
  for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    char *end;
    const long long ms = strtoll(line, &end, 10);
    if (ms > 0 && *end == ' ' && strncmp(end + 1, words, length) == 0 &&
        (end[1 + length] == '\n' || !end[1 + length]))
      return ms;
  }
  return 0;
}

/* False: it cannot be read. A file that does not exist is an empty one. */
static bool seen_read(struct seen *seen, struct err *err) {
  struct file_text file;
  if (access(seen->path, F_OK) != 0 && errno == ENOENT)
    return true;
  file_read(seen->path, SEEN_BYTES_MAX, &file);
  bool good = file.text || err_set(err, file.err.kind, "cannot read %.200s", file.err.text);
  if (file.text && file.cut)
    good = err_set(err, ERR_LIMIT, "%.150s is larger than %d MiB: remove its oldest lines",
                   seen->path, SEEN_BYTES_MAX >> 20);
  if (good && file.text)
    seen->found_ms = line_find(file.text, seen->words);
  file_text_fini(&file);
  return good;
}

/* Another program may have added it before this one had the lock. */
static char *line_make(void *arg, int fd, int64_t size, struct err *err) {
  struct seen *seen = arg;
  (void)fd;
  (void)size;
  if (!seen_read(seen, err) || seen->found_ms)
    return NULL;
  seen->found_ms = seen->now_ms;
  return mem_printf("%" PRId64 " %s", seen->now_ms, seen->words);
}

bool schedule_seen(const char *state, const char *runbook, const char *schedule, int64_t now_ms,
                   int64_t *seen_ms, struct err *err) {
  char *path = mem_printf("%s/schedules", state);
  char *words = mem_printf("%s: %s", runbook, schedule);
  struct seen seen = {.path = path, .words = words, .now_ms = now_ms};
  struct err why = {0};
  bool good = seen_read(&seen, err);
  if (good && !seen.found_ms)
    good = audit_file_append_made(path, line_make, &seen, &why) ||
           err_set(err, why.kind, "cannot write %.150s (%.100s)", path, why.text);
  *seen_ms = seen.found_ms;
  free(words);
  free(path);
  return good;
}
