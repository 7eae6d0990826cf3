#include "app/dashboard/terminal/stderr_hold.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* There is one stderr in a process, and a crash handler must find it. */
static struct {
  bool held;
  int real; /* what stderr was */
  int pipe[2];
  char kept[STDERR_KEPT];
  size_t count;
} hold;

void stderr_hold(void) {
  if (hold.held || !isatty(STDERR_FILENO) || pipe2(hold.pipe, O_NONBLOCK | O_CLOEXEC) != 0)
    return;
  hold.real = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  hold.held = hold.real >= 0 && dup2(hold.pipe[1], STDERR_FILENO) >= 0;
  hold.count = 0;
}

static void kept_add(const char *bytes, size_t count) {
  if (count > sizeof hold.kept) {
    bytes += count - sizeof hold.kept;
    count = sizeof hold.kept;
  }
  const size_t room = sizeof hold.kept - hold.count;
  const size_t drop = count > room ? count - room : 0;
  memmove(hold.kept, hold.kept + drop, hold.count - drop);
  hold.count -= drop;
  for (size_t i = 0; i < count; i++) {
    const char byte = bytes[i];
    hold.kept[hold.count++] = (byte >= ' ' && byte <= '~') || byte == '\n' ? byte : '?';
  }
}

void stderr_hold_drain(void) {
  char bytes[1024];
  ssize_t count;
  while (hold.held && (count = read(hold.pipe[0], bytes, sizeof bytes)) > 0)
    kept_add(bytes, (size_t)count);
}

static void hold_end(void) {
  stderr_hold_drain();
  hold.held = false;
  dup2(hold.real, STDERR_FILENO);
  for (size_t said = 0; said < hold.count;) {
    const ssize_t count = write(STDERR_FILENO, hold.kept + said, hold.count - said);
    if (count <= 0)
      break;
    said += (size_t)count;
  }
  close(hold.real);
  close(hold.pipe[0]);
  close(hold.pipe[1]);
}

void stderr_release(void) {
  if (hold.held)
    hold_end();
}

void stderr_hold_crashed(void) {
  if (hold.held)
    hold_end();
}
