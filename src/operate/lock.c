#include "operate/lock.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

void lock_init(struct lock *lock, const struct config *config, bool read_only, bool wall) {
  const char *environment = getenv("STACKTOP_READ_ONLY");
  bool by_environment = environment && *environment && strcmp(environment, "0") != 0;
  *lock = (struct lock){.fixed = by_environment || wall};
  lock->why = by_environment      ? "STACKTOP_READ_ONLY is set"
              : wall              ? "--wall"
              : read_only         ? "--read-only"
              : config->read_only ? "read_only in the configuration"
                                  : NULL;
}

static bool is_open(const struct lock *lock, int64_t now_ms) {
  return !lock->why || now_ms < lock->open_until_ms;
}

bool lock_show(const struct lock *lock, struct operations *operations, int64_t now_ms) {
  enum lock_state before = operations->lock;
  int64_t until = operations->lock_ms;
  operations->lock = !lock->why              ? LOCK_OPEN
                     : is_open(lock, now_ms) ? LOCK_UNLOCKED
                                             : LOCK_READ_ONLY;
  operations->lock_why = lock->why;
  operations->lock_ms = operations->lock == LOCK_UNLOCKED ? lock->open_until_ms : 0;
  return operations->lock != before || operations->lock_ms != until;
}

bool lock_allows(const struct lock *lock, const struct target *target, int64_t now_ms,
                 struct err *err) {
  if (!is_open(lock, now_ms))
    return err_set(err, ERR_DENIED, "read-only (%s)%s", lock->why,
                   lock->fixed ? "" : "; use `:unlock NAME` to unlock it for a while");
  if (target->disabled)
    return err_set(err, ERR_DISABLED, "%s is disabled: %s", target->name, target->disabled);
  if (target->read_only)
    return err_set(err, ERR_DENIED, "%s is read-only in the configuration", target->name);
  return true;
}

bool lock_open(struct lock *lock, const struct config *config, const char *typed, int64_t now_ms,
               struct err *err) {
  const char *name =
      config->environment && *config->environment ? config->environment : config->name;
  if (!lock->why)
    return err_set(err, ERR_INVALID, "not in read-only mode");
  if (lock->fixed)
    return err_set(err, ERR_DENIED, "%s; this session stays read-only", lock->why);
  if (!name || strcmp(typed, name) != 0)
    return err_set(err, ERR_INVALID, "to unlock for %d minutes, type `:unlock %s`",
                   LOCK_IDLE_MS / 60000, name ? name : "NAME");
  lock->open_until_ms = now_ms + LOCK_IDLE_MS;
  return true;
}

void lock_close(struct lock *lock) {
  lock->open_until_ms = 0;
}

void lock_touch(struct lock *lock, int64_t now_ms) {
  if (lock->why && is_open(lock, now_ms))
    lock->open_until_ms = now_ms + LOCK_IDLE_MS;
}
