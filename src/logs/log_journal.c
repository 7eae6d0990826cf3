#include "logs/log_journal.h"

#include "core/mem.h"
#include "io/limit.h"
#include "logs/log_thread.h"

#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

/* A field that is longer is cut, or not read at all where it is compressed. */
enum { FIELD_MAX = 1 << 20, TEXT_MAX = 4096 };
enum { FLUSH_LINES = 256, UNITS_MAX = 512 };

struct log_journal {
  struct log_source source; /* first */
  char *folder;             /* of journal files; NULL: this host's */
  bool user;                /* units of the user's manager */
  char **units;             /* names and patterns; count 0: all of the journal */
  size_t count;
  int stop;     /* eventfd */
  char *prefix; /* only of the thread: a line with who wrote it */
};

/* ---- which entries */

static bool journal_fail(struct log_journal *journal, int negative_errno, const char *what) {
  struct err err;
  if (!limit_error(-negative_errno, &err))
    err_set(&err, negative_errno == -EACCES ? ERR_DENIED : ERR_IO, "%s %.120s: %.60s", what,
            journal->folder ? journal->folder : "the journal", strerror(-negative_errno));
  log_source_fail(&journal->source, &err);
  return false;
}

static int match(sd_journal *journal, const char *field, const char *value) {
  char text[TEXT_MAX];
  const int length = snprintf(text, sizeof text, "%s=%s", field, value);
  return length < 0 || (size_t)length >= sizeof text
             ? -ENAMETOOLONG
             : sd_journal_add_match(journal, text, (size_t)length);
}

/* What the unit's processes wrote, and what systemd and coredump wrote about it; as journalctl
 * --unit. */
static int match_unit(sd_journal *journal, const char *unit, bool user) {
  static const struct {
    const char *field, *also, *value;
  } rules[2][4] = {
      {{"_SYSTEMD_UNIT", NULL, NULL},
       {"UNIT", "_PID", "1"},
       {"OBJECT_SYSTEMD_UNIT", "_UID", "0"},
       {"COREDUMP_UNIT", "_UID", "0"}},
      {{"_SYSTEMD_USER_UNIT", NULL, NULL},
       {"USER_UNIT", NULL, NULL},
       {"OBJECT_SYSTEMD_USER_UNIT", "_UID", "0"},
       {"COREDUMP_USER_UNIT", "_UID", "0"}},
  };
  char uid[24];
  int status = 0;
  snprintf(uid, sizeof uid, "%u", (unsigned)geteuid());
  for (size_t i = 0; i < 4 && status >= 0; i++) {
    status = match(journal, rules[user][i].field, unit);
    if (status >= 0 && rules[user][i].also)
      status = match(journal, rules[user][i].also, rules[user][i].value);
    else if (status >= 0 && user)
      status = match(journal, "_UID", uid);
    if (status >= 0)
      status = sd_journal_add_disjunction(journal);
  }
  return status;
}

static bool is_pattern(const char *text) {
  return strpbrk(text, "*?[") != NULL;
}

/* The units of the journal that match: a journal knows no patterns. */
static int match_pattern(struct log_journal *self, sd_journal *journal, const char *pattern,
                         size_t *count) {
  const char *field = self->user ? "_SYSTEMD_USER_UNIT" : "_SYSTEMD_UNIT";
  const size_t before = strlen(field) + 1;
  const void *data;
  size_t length;
  char unit[512];
  int status = sd_journal_query_unique(journal, field);
  while (status >= 0 && *count < UNITS_MAX &&
         (status = sd_journal_enumerate_available_unique(journal, &data, &length)) > 0) {
    if (length <= before || length - before >= sizeof unit)
      continue;
    snprintf(unit, sizeof unit, "%.*s", (int)(length - before), (const char *)data + before);
    if (fnmatch(pattern, unit, FNM_NOESCAPE) != 0)
      continue;
    ++*count;
    status = match_unit(journal, unit, self->user);
  }
  return status;
}

static bool add_matches(struct log_journal *self, sd_journal *journal) {
  size_t count = 0;
  int status = 0;
  struct err err;
  for (size_t i = 0; i < self->count && status >= 0; i++) {
    if (is_pattern(self->units[i])) {
      status = match_pattern(self, journal, self->units[i], &count);
      continue;
    }
    count++;
    status = match_unit(journal, self->units[i], self->user);
  }
  if (status < 0)
    return journal_fail(self, status, "cannot search");
  if (count > 0 || self->count == 0)
    return true;
  err_set(&err, ERR_INVALID, "the journal has nothing of a unit that matches %.100s",
          self->units[0]);
  log_source_fail(&self->source, &err);
  return false;
}

/* ---- lines */

/* syslog(3): 0 emerg to 7 debug */
static enum log_level level_of(sd_journal *journal) {
  static const enum log_level levels[] = {LOG_LEVEL_FATAL, LOG_LEVEL_FATAL, LOG_LEVEL_FATAL,
                                          LOG_LEVEL_ERROR, LOG_LEVEL_WARN,  LOG_LEVEL_INFO,
                                          LOG_LEVEL_INFO,  LOG_LEVEL_DEBUG};
  const void *data;
  size_t length;
  if (sd_journal_get_data(journal, "PRIORITY", &data, &length) < 0 || length != 10)
    return LOG_LEVEL_NONE;
  const char digit = ((const char *)data)[9];
  return digit >= '0' && digit <= '7' ? levels[digit - '0'] : LOG_LEVEL_NONE;
}

/* "systemd: " where another process than the unit's writes, or all of the journal is read. Its
 * length; 0: none. */
static size_t who_wrote(const struct log_journal *self, sd_journal *journal, char out[80]) {
  const void *data;
  size_t length;
  const bool by_systemd = sd_journal_get_data(journal, "_PID", &data, &length) >= 0 &&
                          length == 6 && memcmp(data, "_PID=1", 6) == 0;
  if (self->count == 1 && !is_pattern(self->units[0]) && !by_systemd)
    return 0;
  if (sd_journal_get_data(journal, "SYSLOG_IDENTIFIER", &data, &length) < 0 || length <= 18)
    return 0;
  const size_t name = length - 18 < 64 ? length - 18 : 64;
  memcpy(out, (const char *)data + 18, name);
  out[name] = ':';
  out[name + 1] = ' ';
  return name + 2;
}

static void give_line(struct log_journal *self, const char *who, size_t who_length,
                      const char *line, size_t length, const struct log_record *stamp) {
  uint64_t cut = 0;
  if (who_length == 0) {
    log_source_line(&self->source, line, length, 0, stamp);
    return;
  }
  if (length > LOG_TEXT_MAX) {
    cut = length - LOG_TEXT_MAX;
    length = LOG_TEXT_MAX;
  }
  memcpy(self->prefix, who, who_length);
  memcpy(self->prefix + who_length, line, length);
  log_source_line(&self->source, self->prefix, who_length + length, cut, stamp);
}

/* A message of several lines is several lines of the same time. */
static void give_entry(struct log_journal *self, sd_journal *journal, int64_t time_ms) {
  const void *data;
  size_t length;
  char who[80];
  if (sd_journal_get_data(journal, "MESSAGE", &data, &length) < 0 || length < 8)
    return;
  const struct log_record stamp = {
      .time_ms = time_ms, .time = LOG_TIME_SOURCE, .level = (uint8_t)level_of(journal)};
  const size_t who_length = who_wrote(self, journal, who);
  /* The data is valid until the next field is read. */
  if (sd_journal_get_data(journal, "MESSAGE", &data, &length) < 0 || length < 8)
    return;
  const char *line = (const char *)data + 8, *end = (const char *)data + length;
  do {
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    const char *stop = newline ? newline : end;
    give_line(self, who, who_length, line, (size_t)(stop - line), &stamp);
    line = newline ? newline + 1 : end;
  } while (line < end);
}

/* ---- reading */

/* Before the first entry that is wanted. */
static int seek(const struct log_journal *self, sd_journal *journal) {
  const struct log_want *want = &self->source.want;
  if (want->since_ms > 0)
    return sd_journal_seek_realtime_usec(journal, (uint64_t)want->since_ms * 1000);
  if (want->tail == 0)
    return sd_journal_seek_head(journal);
  int status = sd_journal_seek_tail(journal);
  if (status >= 0)
    status = sd_journal_previous_skip(journal, (uint64_t)want->tail + 1);
  if (status >= 0 && (size_t)status <= want->tail) /* there are fewer */
    status = sd_journal_seek_head(journal);
  return status;
}

/* What there is, from where it is; false: stopped, failed or beyond its end. */
static bool read_on(struct log_journal *self, sd_journal *journal) {
  struct log_source *source = &self->source;
  const int64_t until_ms = source->want.until_ms;
  int status;
  for (size_t count = 1; (status = sd_journal_next(journal)) > 0; count++) {
    uint64_t us;
    if (sd_journal_get_realtime_usec(journal, &us) < 0)
      continue;
    if (until_ms > 0 && (int64_t)(us / 1000) > until_ms)
      break;
    give_entry(self, journal, (int64_t)(us / 1000));
    if (count % FLUSH_LINES == 0 && !log_source_flush(source, true))
      return false;
  }
  if (status < 0)
    return journal_fail(self, status, "cannot read");
  return log_source_flush(source, true);
}

static void follow(struct log_journal *self, sd_journal *journal) {
  const int descriptor = sd_journal_get_fd(journal);
  if (descriptor < 0) {
    (void)journal_fail(self, descriptor, "cannot watch");
    return;
  }
  log_source_set_state(&self->source, LOG_SOURCE_FOLLOWING);
  while (!log_source_is_stopped(&self->source)) {
    struct pollfd polls[2] = {{.fd = self->stop, .events = POLLIN},
                              {.fd = descriptor, .events = POLLIN}};
    uint64_t until_us = UINT64_MAX;
    /* Without inotify, as on a network file system, it has to be looked at now and then. */
    const bool paced = sd_journal_get_timeout(journal, &until_us) >= 0 && until_us != UINT64_MAX;
    if (poll(polls, 2, paced ? 250 : -1) < 0 && errno != EINTR)
      return;
    if (sd_journal_process(journal) < 0 || !read_on(self, journal))
      return;
  }
}

/* The rest is read, and what cannot be read is said. */
static void note_rights(struct log_journal *self) {
  static const char *const folders[] = {"/var/log/journal", "/run/log/journal"};
  char path[128], id[SD_ID128_STRING_MAX];
  sd_id128_t machine;
  struct err err;
  if (self->folder || self->user || sd_id128_get_machine(&machine) < 0)
    return;
  sd_id128_to_string(machine, id);
  for (size_t i = 0; i < 2; i++) {
    snprintf(path, sizeof path, "%s/%s/system.journal", folders[i], id);
    if (access(path, F_OK) != 0 || access(path, R_OK) == 0)
      continue;
    err_set(&err, ERR_DENIED,
            "no right to read the system's journal; add the user to the group systemd-journal");
    log_source_note(&self->source, &err);
  }
}

static bool journal_open(struct log_journal *self, sd_journal **journal) {
  struct err err;
  const int status = self->folder ? sd_journal_open_directory(journal, self->folder, 0)
                                  : sd_journal_open(journal, SD_JOURNAL_LOCAL_ONLY);
  if (status < 0)
    return journal_fail(self, status, "cannot open");
  sd_journal_set_data_threshold(*journal, FIELD_MAX);
  if (!self->folder && sd_journal_has_persistent_files(*journal) <= 0 &&
      sd_journal_has_runtime_files(*journal) <= 0) {
    err_set(&err, ERR_DENIED,
            "no journal can be read: there is none on this host, or the user is not in the group "
            "systemd-journal");
    log_source_fail(&self->source, &err);
    return false;
  }
  note_rights(self);
  return true;
}

static void journal_run(struct log_journal *self) {
  sd_journal *journal = NULL;
  self->prefix = mem_new(LOG_TEXT_MAX + 80);
  log_source_set_state(&self->source, LOG_SOURCE_READING);
  if (journal_open(self, &journal) && add_matches(self, journal)) {
    const int status = seek(self, journal);
    if (status < 0)
      (void)journal_fail(self, status, "cannot search");
    else if (read_on(self, journal)) {
      if (self->source.want.follow)
        follow(self, journal);
      else
        log_source_set_state(&self->source, LOG_SOURCE_ENDED);
    }
  }
  sd_journal_close(journal);
}

/* ---- the source */

static void journal_main(struct log_source *source) {
  journal_run((struct log_journal *)source);
}

static void journal_start(struct log_source *source) {
  log_thread_start(source, &((struct log_journal *)source)->stop, journal_main);
}

static void journal_stop(struct log_source *source) {
  log_thread_stop(((struct log_journal *)source)->stop);
}

static void journal_free(struct log_source *source) {
  struct log_journal *journal = (struct log_journal *)source;
  if (journal->stop >= 0)
    close(journal->stop);
  for (size_t i = 0; i < journal->count; i++)
    free(journal->units[i]);
  free(journal->units);
  free(journal->folder);
  free(journal->prefix);
  log_source_fini(source);
  free(journal);
}

static const struct log_source_kind kind = {
    .open = journal_start, .stop = journal_stop, .free = journal_free};

/* ---- which units */

static const struct option_value *option_of(const struct target *target, const char *name) {
  for (size_t i = 0; i < target->kind->option_count; i++)
    if (strcmp(target->kind->options[i].name, name) == 0)
      return &target->values[i];
  return NULL;
}

static bool is_manager(const struct target *target) {
  return strcmp(target->kind->kind, "systemd") == 0;
}

static const char *unit_of(const struct target *target) {
  const struct option_value *runtime = option_of(target, "runtime");
  for (size_t i = 0; runtime && i < runtime->item_count; i++)
    if (strcmp(runtime->names[i], "systemd") == 0)
      return runtime->items[i];
  return NULL;
}

bool log_journal_has(const struct target *target) {
  return is_manager(target) || unit_of(target);
}

static void add_unit(struct log_journal *journal, const char *name) {
  const bool typed = strchr(name, '.') || (is_pattern(name) && name[strlen(name) - 1] == '*');
  journal->units = mem_resize(journal->units, (journal->count + 1) * sizeof *journal->units);
  journal->units[journal->count++] = mem_printf("%s%s", name, typed ? "" : ".service");
}

static void choose_units(struct log_journal *journal, const struct target *target,
                         const char *key) {
  const char *unit = is_manager(target) ? key : unit_of(target);
  if (!is_manager(target) && strncmp(unit, "user/", 5) == 0) {
    journal->user = true;
    unit += 5;
  }
  if (unit) {
    add_unit(journal, unit);
    return;
  }
  const struct option_value *units = option_of(target, "units");
  for (size_t i = 0; units && i < units->item_count; i++)
    add_unit(journal, units->items[i]);
}

struct log_source *log_journal_new(const struct target *target, const char *key,
                                   const struct log_want *want, const struct log_filter *filter) {
  struct log_journal *journal = mem_new(sizeof *journal);
  const struct option_value *folder = option_of(target, "journal"), *bus = option_of(target, "bus");
  journal->stop = -1;
  journal->user = bus && bus->text && strcmp(bus->text, "user") == 0;
  choose_units(journal, target, key);
  if (folder && folder->text)
    journal->folder = mem_dup(folder->text);
  const char *name = journal->count == 1 ? journal->units[0] : "journal";
  char *place = mem_printf("journal%s%s", journal->folder ? " in " : "",
                           journal->folder ? journal->folder : "");
  log_source_init(&journal->source, &kind, name, place, want, filter);
  free(place);
  return &journal->source;
}
