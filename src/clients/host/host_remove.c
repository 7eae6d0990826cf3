#include "clients/host/host_remove.h"

#include "clients/host/host_name.h"
#include "clients/host/host_old.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN_MAX = 160 };

void host_end_with(struct host_result *result, enum host_end end, const char *format, ...) {
  va_list args;
  result->end = end;
  result->err.kind = ERR_INVALID;
  va_start(args, format);
  vsnprintf(result->err.text, sizeof result->err.text, format, args);
  va_end(args);
}

void host_end_failed(struct host_result *result, int error, const char *name) {
  result->end = error == ENOENT ? HOST_GONE : HOST_REFUSED;
  host_failed(&result->err, error, name);
}

bool host_own_name(char out[HOST_OWN_NAME_MAX]) {
  uint64_t random[2];
  if (getrandom(random, sizeof random, 0) != sizeof random)
    return false;
  snprintf(out, HOST_OWN_NAME_MAX, HOST_OWN_PREFIX "%016" PRIx64 "%016" PRIx64, random[0],
           random[1]);
  return true;
}

/* ---- where it is */

static int open_root(const struct host_file_id *id, struct host_result *result) {
  struct host_stat stat = {0};
  const int root = host_open_directory(id->directory);
  const int error = root < 0 ? -root : host_stat_at(root, "", false, &stat);
  if (error)
    host_end_failed(result, error, id->directory);
  else if (stat.device != id->stat.device || stat.inode != id->directory_inode)
    host_end_with(result, HOST_GONE, "its directory is another one now");
  else
    return root;
  if (root >= 0)
    close(root);
  return -1;
}

/* Names of an append-only directory can be added and not removed: what is put there stays. */
static bool is_changeable(const struct host_stat *stat, const char *what,
                          struct host_result *result) {
  if (stat->immutable)
    host_end_with(result, HOST_REFUSED, "%s is immutable (chattr +i)", what);
  else if (stat->append_only)
    host_end_with(result, HOST_REFUSED, "%s is append-only (chattr +a)", what);
  return !stat->immutable && !stat->append_only;
}

int host_open_folder(const struct host_file_id *id, struct host_result *result) {
  struct host_stat stat = {0};
  const int root = open_root(id, result);
  if (root < 0)
    return -1;
  const int folder = host_open_below(root, id->below);
  const int error = folder < 0 ? -folder : host_stat_at(folder, "", false, &stat);
  close(root);
  if (error == ELOOP || error == ENOTDIR || error == EXDEV)
    host_end_with(result, HOST_GONE, "its directory is a link or a mount now");
  else if (error)
    host_end_failed(result, error, *id->below ? id->below : id->directory);
  else if (stat.inode != id->folder_inode)
    host_end_with(result, HOST_GONE, "its directory is another one now");
  else if (!host_directory_is_safe(&stat, *id->below ? id->below : id->directory, &result->err))
    result->end = HOST_REFUSED;
  else if (is_changeable(&stat, "its directory", result))
    return folder;
  if (folder >= 0)
    close(folder);
  return -1;
}

bool host_is_planned(int folder, const struct host_file_id *id, struct host_result *result) {
  struct host_stat stat = {0};
  const int error = host_stat_at(folder, id->name, false, &stat);
  if (error == ENOENT)
    host_end_with(result, HOST_GONE, "it no longer exists");
  else if (error)
    host_end_failed(result, error, id->name);
  else if (stat.device != id->stat.device || stat.inode != id->stat.inode)
    host_end_with(result, HOST_GONE, "it is another file now");
  else if (!host_is_same(&stat, &id->stat))
    host_end_with(result, HOST_GONE, "it was changed since the plan");
  else
    return is_changeable(&stat, "it", result);
  return false;
}

/* ---- the removal */

struct removal {
  const struct host_file_id *id;
  const struct host_remove_hooks *hooks;
  struct host_result *result;
  int folder, own; /* own: the directory that it is moved into; the folder itself where there is no
                      room for one */
  char own_name[HOST_OWN_NAME_MAX], moved_name[HOST_OWN_NAME_MAX];
};

/* The directory that was just made, and not one that a rival has put in its place. */
static bool is_own(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
         (status.st_mode & 0777) == 0700;
}

/* A full disk may have no room for a directory; then it is moved within its own, where only those
 * who may replace files there anyway can interfere. */
static bool make_own(struct removal *removal) {
  if (!host_own_name(removal->own_name) || !host_own_name(removal->moved_name)) {
    host_end_with(removal->result, HOST_REFUSED, "no random numbers");
    return false;
  }
  if (mkdirat(removal->folder, removal->own_name, 0700) != 0) {
    removal->own = removal->folder;
    if (errno == ENOSPC || errno == EDQUOT)
      return true;
    host_end_failed(removal->result, errno, removal->id->name);
    return false;
  }
  removal->own = host_open_below(removal->folder, removal->own_name);
  if (removal->own >= 0 && is_own(removal->own))
    return true;
  host_end_with(removal->result, HOST_REFUSED, "its directory was changed by another process");
  return false;
}

/* The new name is random, so that where a file system cannot refuse to replace (EINVAL), nothing is
 * replaced either. */
static int move(int from, const char *name, int to, const char *new_name) {
  if (renameat2(from, name, to, new_name, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return errno;
  return renameat(from, name, to, new_name) == 0 ? 0 : errno;
}

/* Moves a file back that is not the planned one. It never replaces the one that has the name now.
 */
static void move_back(struct removal *removal, const char *why) {
  const struct host_file_id *id = removal->id;
  char shown[SHOWN_MAX];
  if (renameat2(removal->own, removal->moved_name, removal->folder, id->name, RENAME_NOREPLACE) ==
          0 ||
      linkat(removal->own, removal->moved_name, removal->folder, id->name, 0) == 0) {
    unlinkat(removal->own, removal->moved_name, 0); /* after linkat */
    host_end_with(removal->result, HOST_GONE, "%s: it was moved back", why);
    return;
  }
  char kept[HOST_OWN_NAME_MAX] = "";
  if (removal->own != removal->folder && host_own_name(kept) &&
      move(removal->own, removal->moved_name, removal->folder, kept) == 0)
    host_end_with(removal->result, HOST_REFUSED, "%s, and a third has its name: it is kept as %s",
                  why, kept);
  else
    host_end_with(
        removal->result, HOST_REFUSED, "%s, and a third has its name: it is kept in %s", why,
        host_name_show(shown, sizeof shown,
                       removal->own == removal->folder ? removal->moved_name : removal->own_name));
}

static void remove_moved(struct removal *removal) {
  const struct host_file_id *id = removal->id;
  struct host_result *result = removal->result;
  struct host_stat stat = {0};
  if (removal->hooks && removal->hooks->moved)
    removal->hooks->moved(removal->hooks->arg);
  const int error = host_stat_at(removal->own, removal->moved_name, false, &stat);
  if (error) {
    host_end_failed(result, error, id->name);
    return;
  }
  if (stat.device != id->stat.device || stat.inode != id->stat.inode) {
    move_back(removal, "another file got its name");
    return;
  }
  if (!host_is_same(&stat, &id->stat)) {
    move_back(removal, "it was changed since the plan");
    return;
  }
  if (unlinkat(removal->own, removal->moved_name, 0) != 0) {
    const int failed = errno;
    move_back(removal, "it cannot be removed");
    host_end_failed(result, failed, id->name);
    return;
  }
  result->end = HOST_DONE;
  result->before = stat.allocated;
  result->freed = stat.links == 1 ? stat.allocated : 0;
}

static void remove_planned(struct removal *removal) {
  if (!host_is_planned(removal->folder, removal->id, removal->result))
    return;
  if (removal->hooks && removal->hooks->looked)
    removal->hooks->looked(removal->hooks->arg);
  if (make_own(removal)) {
    const int error = move(removal->folder, removal->id->name, removal->own, removal->moved_name);
    if (error == ENOENT)
      host_end_with(removal->result, HOST_GONE, "it no longer exists");
    else if (error)
      host_end_failed(removal->result, error, removal->id->name);
    else
      remove_moved(removal);
  }
  if (removal->own != removal->folder) {
    unlinkat(removal->folder, removal->own_name, AT_REMOVEDIR);
    if (removal->own >= 0)
      close(removal->own);
  }
}

void host_remove_with(const struct host_file_id *id, const struct host_remove_hooks *hooks,
                      struct host_result *result) {
  struct removal removal = {.id = id, .hooks = hooks, .result = result};
  *result = (struct host_result){0};
  removal.folder = removal.own = host_open_folder(id, result);
  if (removal.folder < 0)
    return;
  remove_planned(&removal);
  close(removal.folder);
}

void host_remove(const struct host_file_id *id, struct host_result *result) {
  host_remove_with(id, NULL, result);
}
