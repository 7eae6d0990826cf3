#include "operate/plan_file.h"

#include "actions/action.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/file/file_save.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASH_DIGITS = PLAN_HASH_SIZE - 1, NAME_SIZE = HASH_DIGITS + 32 };

static bool fail(struct err *err, const char *state, const char *what) {
  int code = errno;
  return err_set(err, code == EACCES || code == EPERM ? ERR_DENIED : ERR_IO, "%s %.120s/plans: %s",
                 what, state, strerror(code));
}

/* ---- the folder */

static bool folders_make(const char *state) {
  char *path = mem_printf("%s/plans/", state);
  errno = file_make_folders(path);
  free(path);
  return errno == 0;
}

/* Owned by this user only or by the group of the shared state directory. Its owner then is root or
 * was a member, because no other user can create anything there or give it that group. */
static bool may_trust(const struct stat *plans, const char *state) {
  struct stat above;
  if (plans->st_uid == geteuid() && !(plans->st_mode & (S_IRWXG | S_IRWXO)))
    return true;
  return (plans->st_mode & (S_ISGID | S_IRWXG | S_IRWXO)) == (S_ISGID | S_IRWXG) &&
         file_folder_is_shared(state) && stat(state, &above) == 0 && above.st_gid == plans->st_gid;
}

/* A descriptor of STATE/plans, or -1 with err. */
static int folder_open(const char *state, bool make, struct err *err) {
  if (make && !folders_make(state)) {
    fail(err, state, "cannot store plans in");
    return -1;
  }
  char *path = mem_printf("%s/plans", state);
  int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  free(path);
  if (folder < 0) {
    if (errno == ENOENT)
      err_set(err, ERR_INVALID, "there is no plan: %.160s/plans does not exist", state);
    else
      fail(err, state, "cannot read plans from");
    return -1;
  }
  struct stat status;
  if (fstat(folder, &status) == 0 && may_trust(&status, state))
    return folder;
  close(folder);
  err_set(err, ERR_DENIED,
          "%.160s/plans is accessible to others; it must be yours with mode 0700 or, for a group, "
          "2770 like its parent directory",
          state);
  return -1;
}

/* HASH.ENDING into name; whether the entry is one. */
static bool is_plan(const char *entry, const char *ending) {
  return strspn(entry, "0123456789abcdef") == HASH_DIGITS &&
         strcmp(entry + HASH_DIGITS, ending) == 0;
}

static const char *name_of(char out[NAME_SIZE], const char *hash, const char *ending) {
  snprintf(out, NAME_SIZE, "%.*s%s", HASH_DIGITS, hash, ending);
  return out;
}

static bool is_fresh(const char *entry) {
  size_t length = strlen(entry);
  return strspn(entry, "0123456789abcdef") == HASH_DIGITS && length > HASH_DIGITS + 4 &&
         strcmp(entry + length - 4, ".new") == 0;
}

/* Removes expired files. By the file's time, so that unreadable ones are removed as well. */
static void folder_tidy(int folder, int64_t now_ms) {
  int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
  if (!entries) {
    if (copy >= 0)
      close(copy);
    return;
  }
  for (const struct dirent *entry; (entry = readdir(entries));) {
    struct stat stat;
    bool ours = is_plan(entry->d_name, ".json") || is_plan(entry->d_name, ".applied") ||
                is_fresh(entry->d_name);
    if (ours && fstatat(folder, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
        (int64_t)stat.st_mtime * 1000 + PLAN_FILE_LIFETIME_MS < now_ms)
      unlinkat(folder, entry->d_name, 0);
  }
  closedir(entries);
}

/* ---- writing */

static const struct action_spec *spec_find(void *arg, const char *id) {
  const struct action *action = action_find_in(arg, id);
  return action ? &action->spec : NULL;
}

/* Reads the plan back now, because a plan that cannot be read must not fail only when it is
 * applied. */
static bool reads_again(const struct plan_format *format, const struct action *const *list,
                        const char *text, size_t len, const char *hash, struct err *err) {
  struct err why;
  char back[PLAN_HASH_SIZE] = "";
  struct plan *plan = format->read(text, len, spec_find, (void *)list, &why);
  if (!plan)
    return err_set(err, ERR_LIMIT, "cannot store the plan: %s", why.text);
  format->hash(plan, back);
  plan_free(plan);
  return strcmp(back, hash) == 0 ||
         err_set(err, ERR_LIMIT, "cannot store the plan: it would not read back unchanged");
}

static bool write_all(int file, const char *text, size_t len) {
  while (len > 0) {
    ssize_t wrote = write(file, text, len);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote <= 0)
      return false;
    text += wrote;
    len -= (size_t)wrote;
  }
  return true;
}

/* Of a trusted directory. */
static bool is_shared(int folder) {
  struct stat status;
  return fstat(folder, &status) == 0 && (status.st_mode & S_ISGID) && (status.st_mode & S_IWGRP);
}

/* Created in this directory: owned by this user, or by the group and not writable by others. Files
 * moved in or linked from elsewhere are not. */
static bool is_of_folder(int folder, const struct stat *file) {
  struct stat status;
  if (file->st_nlink != 1 || file->st_mode & S_IRWXO)
    return false;
  return is_shared(folder) ? fstat(folder, &status) == 0 && file->st_gid == status.st_gid
                           : file->st_uid == geteuid();
}

static bool file_write(int folder, const char *hash, const char *text, size_t len) {
  char fresh[NAME_SIZE], final[NAME_SIZE];
  snprintf(fresh, sizeof fresh, "%.*s.%ld.new", HASH_DIGITS, hash, (long)getpid());
  name_of(final, hash, ".json");
  unlinkat(folder, fresh, 0); /* of a killed process with the same pid */
  int file = openat(folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0)
    return false;
  bool good = (!is_shared(folder) || fchmod(file, 0660) == 0) && write_all(file, text, len);
  good = close(file) == 0 && good;
  good = good && renameat(folder, fresh, folder, final) == 0;
  if (!good) {
    int code = errno;
    unlinkat(folder, fresh, 0);
    errno = code;
  }
  return good;
}

bool plan_file_save(const char *state, const struct plan_format *format,
                    const struct action *const *list, struct plan *plan, int64_t now_ms,
                    struct err *err) {
  char hash[PLAN_HASH_SIZE], *text = NULL;
  size_t len = 0;
  plan->hash = plan_copy(plan, format->hash(plan, hash));
  FILE *out = open_memstream(&text, &len);
  bool good = out && format->write(out, plan);
  if (!out || fclose(out) != 0 || !good) {
    free(text);
    return err_set(err, ERR_LIMIT, "cannot write the plan");
  }
  int folder = reads_again(format, list, text, len, hash, err) ? folder_open(state, true, err) : -1;
  good = folder >= 0;
  if (good) {
    folder_tidy(folder, now_ms);
    good = file_write(folder, hash, text, len) || fail(err, state, "cannot write the plan to");
    close(folder);
  }
  free(text);
  return good;
}

/* ---- reading */

struct search {
  const char *prefix;
  char found[PLAN_HASH_SIZE], other[PLAN_HASH_SIZE], applied[PLAN_HASH_SIZE];
};

static void search_entry(struct search *search, const char *entry) {
  if (strncmp(entry, search->prefix, strlen(search->prefix)) != 0)
    return;
  char *place = is_plan(entry, ".applied") ? search->applied : NULL;
  if (is_plan(entry, ".json"))
    place = *search->found ? search->other : search->found;
  if (place)
    snprintf(place, PLAN_HASH_SIZE, "%.*s", HASH_DIGITS, entry);
}

static bool search_end(const struct search *search, const char *state, struct err *err) {
  if (*search->other)
    return err_set(err, ERR_INVALID,
                   "%.64s matches two plans, %.16s... and %.16s...; give more digits",
                   search->prefix, search->found, search->other);
  if (*search->found)
    return true;
  if (*search->applied)
    return err_set(err, ERR_INVALID,
                   "the plan %.12s has already been applied (see `stacktop audit`); make a new one",
                   search->applied);
  return err_set(err, ERR_INVALID,
                 "there is no plan %.64s in %.120s/plans (plans are kept for an hour)",
                 search->prefix, state);
}

static bool search_run(struct search *search, const char *state, int folder, struct err *err) {
  int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
  if (!entries) {
    fail(err, state, "cannot read plans from");
    if (copy >= 0)
      close(copy);
    return false;
  }
  for (const struct dirent *entry; (entry = readdir(entries));)
    search_entry(search, entry->d_name);
  closedir(entries);
  return search_end(search, state, err);
}

/* The whole text of the file, or NULL. */
static char *file_read_all(int folder, size_t most, const char *hash, size_t *len) {
  char name[NAME_SIZE];
  struct stat stat;
  int file = openat(folder, name_of(name, hash, ".json"), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0)
    return NULL;
  char *text = NULL;
  *len = 0;
  if (fstat(file, &stat) != 0 || !S_ISREG(stat.st_mode) || (size_t)stat.st_size > most ||
      !is_of_folder(folder, &stat)) {
    errno = EINVAL;
    close(file);
    return NULL;
  }
  text = mem_new((size_t)stat.st_size + 1);
  for (ssize_t got; *len < (size_t)stat.st_size; *len += (size_t)got) {
    got = read(file, text + *len, (size_t)stat.st_size - *len);
    if (got <= 0)
      break;
  }
  close(file);
  return text;
}

static bool is_over(const struct plan *plan, int64_t now_ms) {
  return now_ms - plan->made_ms > PLAN_FILE_LIFETIME_MS || plan->made_ms - now_ms > 60000;
}

static bool plan_check(const struct plan_format *format, struct plan *plan, const char *hash,
                       int64_t now_ms, struct err *err) {
  char content[PLAN_HASH_SIZE], made[FORMAT_MAX];
  if (strcmp(format->hash(plan, content), hash) != 0)
    return err_set(
        err, ERR_INVALID,
        "the plan %.12s was changed after it was made (its content is %.12s); make a new one", hash,
        content);
  if (is_over(plan, now_ms))
    return err_set(err, ERR_INVALID,
                   "the plan %.12s was made at %s and was valid for an hour; make a new one", hash,
                   format_time(made, sizeof made, plan->made_ms, false, true));
  plan->hash = plan_copy(plan, hash);
  return true;
}

struct plan *plan_file_load(const char *state, const struct plan_format *format,
                            const struct action *const *list, const char *prefix, int64_t now_ms,
                            struct err *err) {
  struct search search = {.prefix = prefix};
  size_t digits = strspn(prefix, "0123456789abcdef"), len;
  if (prefix[digits] || digits < PLAN_FILE_PREFIX_MIN || digits > HASH_DIGITS) {
    err_set(err, ERR_INVALID,
            "\"%.80s\" is not a plan; give its hash or at least the first %d digits of it", prefix,
            PLAN_FILE_PREFIX_MIN);
    return NULL;
  }
  int folder = folder_open(state, false, err);
  if (folder < 0)
    return NULL;
  char *text = NULL;
  if (search_run(&search, state, folder, err)) {
    text = file_read_all(folder, format->bytes_max, search.found, &len);
    if (!text)
      fail(err, state, "cannot read the plan from");
  }
  close(folder);
  if (!text)
    return NULL;
  struct err why;
  struct plan *plan = format->read(text, len, spec_find, (void *)list, &why);
  free(text);
  if (!plan)
    err_set(err, why.kind, "cannot read the plan %.12s: %.160s", search.found, why.text);
  else if (plan_check(format, plan, search.found, now_ms, err))
    return plan;
  plan_free(plan);
  return NULL;
}

/* ---- once */

static bool file_rename(const char *state, const char *hash, const char *from, const char *to,
                        struct err *err) {
  char old[NAME_SIZE], new[NAME_SIZE];
  int folder = folder_open(state, false, err);
  if (folder < 0)
    return false;
  bool good = renameat(folder, name_of(old, hash, from), folder, name_of(new, hash, to)) == 0;
  if (!good && errno == ENOENT)
    err_set(err, ERR_INVALID, "another process has just applied the plan %.12s", hash);
  else if (!good)
    fail(err, state, "cannot mark the plan as applied in");
  close(folder);
  return good;
}

bool plan_file_claim(const char *state, const char *hash, struct err *err) {
  return file_rename(state, hash, ".json", ".applied", err);
}

void plan_file_release(const char *state, const char *hash) {
  struct err err;
  if (!file_rename(state, hash, ".applied", ".json", &err))
    return; /* at worst, a new plan has to be made */
}
