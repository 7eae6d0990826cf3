/* Opening and closing: the file, its permissions, its version. */

#include "core/mem.h"
#include "events/event_alarm.h"
#include "io/file/file_save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

enum {
  SCHEMA_VERSION = 2,
  APPLICATION_ID = 0x53544556, /* "STEV", in the file's header: file(1) shows it */
  BUSY_MS = 2000,
  CACHE_KB = 2000,
};

/* A column is added by a step of its own at the end; a step never changes. */
static const char *const steps[SCHEMA_VERSION] = {
    /* 1 */
    "CREATE TABLE event (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, state INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL, end_ms INTEGER, lasted_ms INTEGER, severity INTEGER NOT NULL,"
    " name INTEGER NOT NULL, target_kind TEXT, target TEXT, tab TEXT, row TEXT, col TEXT,"
    " subject TEXT NOT NULL, text TEXT NOT NULL, who TEXT, result TEXT);"
    "CREATE INDEX event_at ON event(at_ms, id);"
    "CREATE INDEX event_name ON event(name, at_ms);"
    "CREATE INDEX event_end ON event(end_ms, at_ms) WHERE end_ms IS NOT NULL;"
    "CREATE INDEX event_open ON event(at_ms) WHERE state = 1;"
    "CREATE TABLE program (id INTEGER PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL,"
    " pid_start INTEGER NOT NULL, who TEXT, place TEXT, began_ms INTEGER NOT NULL,"
    " seen_ms INTEGER NOT NULL, gone INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE observer (event INTEGER NOT NULL, program INTEGER NOT NULL,"
    " PRIMARY KEY (event, program)) WITHOUT ROWID;"
    "CREATE TABLE about (name TEXT PRIMARY KEY, value) WITHOUT ROWID;",
    /* 2: for the report on alarms. Of the time before, that is known in which something was
     * recorded. */
    "ALTER TABLE event ADD COLUMN verb TEXT;"
    "ALTER TABLE event ADD COLUMN folded INTEGER;"
    "CREATE INDEX event_verb ON event(verb, at_ms) WHERE verb IS NOT NULL;"
    "CREATE INDEX event_folded ON event(at_ms) WHERE folded IS NOT NULL;"
    "CREATE TABLE alarm (at_ms INTEGER NOT NULL, event INTEGER NOT NULL, name INTEGER NOT NULL,"
    " severity INTEGER NOT NULL, PRIMARY KEY (at_ms, event)) WITHOUT ROWID;"
    "CREATE INDEX alarm_name ON alarm(name, at_ms);"
    "CREATE TABLE watched (from_ms INTEGER PRIMARY KEY, to_ms INTEGER NOT NULL);"
    "INSERT INTO alarm SELECT at_ms, id, alarm_name(alarm_key(target_kind, target, tab, row, col)),"
    " severity FROM event WHERE kind = 0 AND severity > 0;"
    "INSERT INTO watched SELECT DISTINCT at_ms / 600000 * 600000, at_ms / 600000 * 600000 + 600000"
    " FROM event;",
};

char *event_store_path(const char *state) {
  return mem_printf("%s/events.db", state);
}

/* ---- the file */

static bool system_fail(const char *path, int code, struct err *err) {
  return err_set(err, code == EACCES || code == EPERM || code == EROFS ? ERR_DENIED : ERR_IO,
                 "event history %.150s: %s", path, strerror(code));
}

/* SQLite would create it as the umask says; its other files get the mode of this one. */
static bool file_make(const char *path, struct err *err) {
  int code = file_make_folders(path);
  if (code != 0)
    return system_fail(path, code, err);
  const mode_t mode = file_is_shared(path) ? 0660 : 0600;
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode);
  struct stat file;
  if (fd < 0)
    return system_fail(path, errno, err);
  bool good = fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
  if (good && (file.st_mode & 0777 & ~mode) != 0 && file.st_uid == geteuid())
    good = fchmod(fd, mode) == 0;
  else if (good && file.st_size == 0 && file.st_uid == geteuid())
    good = fchmod(fd, mode) == 0; /* the umask took bits away */
  close(fd);
  return good || err_set(err, ERR_IO, "event history %.150s: not a regular file", path);
}

/* WAL needs memory that all programs share, which a file system of a network has not. */
static bool is_of_network(const char *path) {
  static const unsigned long types[] = {0x6969, 0x517B, 0xFF534D42, 0xFE534D42, 0x01021997};
  struct statfs facts;
  if (statfs(path, &facts) != 0)
    return false;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (((unsigned long)facts.f_type & 0xFFFFFFFFUL) == types[i])
      return true;
  return false;
}

/* ---- opening */

/* Reads the file's header, which may be damaged: the next call says so. */
static void settings_set(struct event_store *store) {
  char sql[80];
  struct err ignored;
  sqlite3_busy_timeout(store->db, BUSY_MS);
  snprintf(sql, sizeof sql, "PRAGMA cache_size = -%d", CACHE_KB);
  sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  (void)!event_sql_run(store, sql, &ignored);
}

static struct event_store *store_open(const char *path, int flags, struct err *err) {
  struct event_store *store = mem_new(sizeof *store);
  store->path = mem_dup(path);
  struct stat file;
  if (sqlite3_open_v2(path, &store->db, flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL) !=
      SQLITE_OK) {
    event_sql_fail(store, err);
    event_store_close(store);
    return NULL;
  }
  settings_set(store);
  if (!event_alarm_functions(store, err)) {
    event_store_close(store);
    return NULL;
  }
  if (stat(path, &file) == 0) {
    store->dev = file.st_dev;
    store->ino = file.st_ino;
  }
  return store;
}

static bool is_foreign(struct event_store *store, struct err *err) {
  store->code = SQLITE_NOTADB;
  return err_set(err, ERR_PROTOCOL, "event history %.150s: the database of another program",
                 store->path);
}

static bool too_new(struct event_store *store, int64_t version, struct err *err) {
  return err_set(err, ERR_UNSUPPORTED,
                 "event history %.120s: written by a newer stacktop (version %lld, this one knows "
                 "%d); update stacktop, or move the file away",
                 store->path, (long long)version, SCHEMA_VERSION);
}

static bool version_get(struct event_store *store, int64_t *version, struct err *err) {
  int64_t application;
  return event_sql_number(store, "PRAGMA application_id", &application, err) &&
         event_sql_number(store, "PRAGMA user_version", version, err) &&
         ((application == APPLICATION_ID || (application == 0 && *version == 0)) ||
          is_foreign(store, err)) &&
         (*version <= SCHEMA_VERSION || too_new(store, *version, err));
}

/* Another program may have done it since the version was read. */
static bool migrate(struct event_store *store, void *arg, struct err *err) {
  char sql[96];
  int64_t version, tables;
  (void)arg;
  if (!version_get(store, &version, err))
    return false;
  if (version == 0 &&
      (!event_sql_number(store, "SELECT count(*) FROM sqlite_schema", &tables, err) ||
       (tables > 0 && !is_foreign(store, err))))
    return false;
  for (int64_t i = version; i < SCHEMA_VERSION; i++)
    if (!event_sql_run(store, steps[i], err))
      return false;
  snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
           SCHEMA_VERSION);
  return event_sql_run(store, sql, err);
}

static bool prepare(struct event_store *store, struct err *err) {
  int64_t version;
  if (!version_get(store, &version, err))
    return false;
  if (version == 0 && !event_sql_run(store, "PRAGMA auto_vacuum = INCREMENTAL", err))
    return false;
  if (!event_sql_run(store,
                     is_of_network(store->path) ? "PRAGMA journal_mode = TRUNCATE"
                                                : "PRAGMA journal_mode = WAL",
                     err) ||
      !event_sql_run(store, "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304",
                     err))
    return false;
  return version == SCHEMA_VERSION || event_sql_write(store, migrate, NULL, err);
}

/* ---- a damaged file */

bool event_store_is_damaged(const struct event_store *store) {
  const int kind = store->code & 0xFF;
  return kind == SQLITE_NOTADB || kind == SQLITE_CORRUPT;
}

/* The log of changes first: it must not be applied to the new file. Under a lock, for several
 * programs see the damage at once; the one that comes later finds another file. */
static bool set_aside(const char *path, dev_t dev, ino_t ino, struct err *err) {
  static const char *const ends[] = {"-wal", "-shm", ""};
  char *lock = mem_printf("%s.lock", path);
  const int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  struct stat file;
  int code = fd < 0 || flock(fd, LOCK_EX) != 0 ? errno : 0;
  if (code == 0 && stat(path, &file) == 0 && file.st_dev == dev && file.st_ino == ino)
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
      char *from = mem_printf("%s%s", path, ends[i]),
           *to = mem_printf("%s.damaged%s", path, ends[i]);
      if (rename(from, to) != 0 && (errno != ENOENT || !*ends[i]))
        code = errno;
      free(from);
      free(to);
    }
  if (fd >= 0)
    close(fd);
  free(lock);
  return code == 0 || system_fail(path, code, err);
}

bool event_store_set_aside(struct event_store *store, struct err *err) {
  return set_aside(store->path, store->dev, store->ino, err);
}

static struct event_store *open_once(const char *path, bool *damaged, dev_t *dev, ino_t *ino,
                                     struct err *err) {
  *damaged = false;
  struct event_store *store = store_open(path, SQLITE_OPEN_READWRITE, err);
  if (!store || prepare(store, err))
    return store;
  *damaged = event_store_is_damaged(store);
  *dev = store->dev;
  *ino = store->ino;
  event_store_close(store);
  return NULL;
}

struct event_store *event_store_open(const char *state, char notice[EVENT_NOTICE_MAX],
                                     struct err *err) {
  char *path = event_store_path(state);
  struct event_store *store = NULL;
  bool damaged = false;
  dev_t dev = 0;
  ino_t ino = 0;
  *notice = '\0';
  if (file_make(path, err))
    store = open_once(path, &damaged, &dev, &ino, err);
  if (damaged && set_aside(path, dev, ino, err) && file_make(path, err)) {
    store = open_once(path, &damaged, &dev, &ino, err);
    if (store)
      snprintf(notice, EVENT_NOTICE_MAX,
               "the event history was damaged: it is now %.200s.damaged, and a new one has begun",
               path);
  }
  free(path);
  return store;
}

/* Another user's file is left as it is: SQLite would leave files of this user beside it. */
struct event_store *event_store_open_read(const char *state, struct err *err) {
  char *path = event_store_path(state);
  struct event_store *store = NULL;
  struct stat file;
  int64_t version = 0;
  *err = (struct err){0};
  if (stat(path, &file) != 0) {
    if (errno != ENOENT && errno != ENOTDIR)
      system_fail(path, errno, err);
  } else {
    const bool own = file.st_uid == geteuid() || file_is_shared(path);
    store = store_open(path, own ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, err);
    if (store && (!event_sql_run(store, "PRAGMA query_only = ON", err) ||
                  !version_get(store, &version, err) || version == 0)) {
      event_store_close(store); /* version 0: no program has written to it */
      store = NULL;
    }
  }
  free(path);
  return store;
}

struct event_store *event_store_open_fresh(const char *state, const char *audit_path,
                                           struct err *err) {
  char notice[EVENT_NOTICE_MAX];
  struct err ignored;
  struct event_store *store = event_store_open_read(state, err);
  if (!store && err->kind != ERR_NONE)
    return NULL;
  struct event_store *writing = event_store_open(state, notice, &ignored);
  if (writing && event_store_take_audit(writing, audit_path, &ignored) && !store)
    store = event_store_open_read(state, err);
  event_store_close(writing);
  return store;
}

bool event_store_is_current(const struct event_store *store) {
  struct stat file;
  return stat(store->path, &file) == 0 && file.st_dev == store->dev && file.st_ino == store->ino;
}

void event_store_close(struct event_store *store) {
  if (!store)
    return;
  for (size_t i = 0; i < store->statement_count; i++)
    sqlite3_finalize(store->statements[i]);
  free(store->statements);
  free(store->texts);
  sqlite3_close(store->db);
  free(store->path);
  free(store->host);
  free(store);
}
