/* The units of a systemd manager: their state, why they failed, and what they use.
 *
 * One collection lists the units that are wanted, then asks for all properties of each; at most
 * QUESTIONS_MAX questions at a time, because a bus limits the answers that one client waits for. */
#include "collectors/frame.h"

#include "clients/systemd/systemd.h"
#include "clients/systemd/systemd_contract.h"
#include "collectors/systemd/systemd_rows.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 5000, MARGIN_MS = 50, QUESTIONS_MAX = 16, ARENA_MAX = 16 << 20 };
/* Unit files that match a pattern are looked for again after this time: systemd reads folders for
 * it. A unit that was stopped is in no list of loaded units any more. */
enum { FILES_AGE_MS = 60000 };

static bool bus_check(const char *text, struct err *err);

static const struct option options[] = {
    {.name = "units",
     .type = OPTION_LIST,
     .help = "units to watch, * ? [ ] as in systemctl; else failed units, and services that start "
             "or stop",
     .example = "[ecap-api.service, \"ecap-*.service\"]"},
    {.name = "bus",
     .type = OPTION_TEXT,
     .fallback = "system",
     .help = "system, user (the manager of the user who runs stacktop), or the address of a Unix "
             "socket",
     .check = bus_check},
    {.name = "journal",
     .type = OPTION_TEXT,
     .help = "folder of journal files for its logs; else this host's journal",
     .example = "/var/log/journal/remote"},
};

static const struct table_spec *const tables[] = {&systemd_summary_table, &systemd_units_table};

static const struct usual_place usual[] = {
    {.name = "systemd", .exists = systemd_exists},
    {0},
};

enum question_kind {
  QUESTION_MANAGER,
  QUESTION_FILES,
  QUESTION_LOADED,
  QUESTION_NAMED,
  QUESTION_UNIT
};

/* One call under way. */
struct question {
  struct watcher *watcher;
  struct systemd_call *call; /* NULL: this place is free */
  enum question_kind kind;
  size_t reading;
  int64_t sent_us;
};

struct watcher {
  struct watch watch; /* first */
  char address[SYSTEMD_ADDRESS_MAX];
  const char **names; /* configured without wildcards, with their type; and their number */
  const char **patterns;
  size_t name_count, pattern_count;
  struct arena option_arena; /* of names and patterns */
  struct pasts pasts;
  struct arena file_arena; /* unit files that match a pattern */
  const char **files;      /* SYSTEMD_UNITS_MAX */
  size_t file_count;
  int64_t files_ms; /* when they were read; 0: never */

  /* The collection under way. */
  struct question questions[QUESTIONS_MAX];
  struct arena arena;
  struct systemd_answers answers;
  struct systemd_reading *readings; /* SYSTEMD_UNITS_MAX */
  struct systemd_entry *entries;
  size_t next;  /* the next unit to ask for */
  size_t lists; /* that are not answered yet */
};

static bool bus_check(const char *text, struct err *err) {
  char address[SYSTEMD_ADDRESS_MAX];
  return strcmp(text, "user") == 0 || systemd_address(text, address, err);
}

/* ---- options */

static bool is_pattern(const char *text) {
  return strpbrk(text, "*?[") != NULL;
}

/* systemctl takes ecap-api for ecap-api.service. */
static const char *with_type(struct arena *arena, const char *text) {
  static const char *const types[] = {".service", ".socket",    ".target", ".device",
                                      ".mount",   ".automount", ".swap",   ".timer",
                                      ".path",    ".slice",     ".scope"};
  const size_t length = strlen(text);
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (length > strlen(types[i]) && strcmp(text + length - strlen(types[i]), types[i]) == 0)
      return text;
  if (is_pattern(text) && text[length - 1] == '*')
    return text;
  return arena_printf(arena, "%s.service", text);
}

static bool is_unit_text(const char *text) {
  const size_t length = strlen(text);
  return length > 0 && length < SYSTEMD_NAME_MAX &&
         strspn(text,
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.\\@-*?[]!^") ==
             length;
}

/* What systemd would take for no name: a template, or characters of a pattern without one. */
static bool is_name(const char *name) {
  return *name != '@' && !strstr(name, "@.") && !strpbrk(name, "]!^");
}

static bool take_units(struct watcher *watcher, struct err *err) {
  const struct option_value *units = target_option(watcher->watch.target, "units");
  watcher->names = mem_new((units->item_count + 1) * sizeof *watcher->names);
  watcher->patterns = mem_new((units->item_count + 1) * sizeof *watcher->patterns);
  arena_init(&watcher->option_arena, 1 << 20);
  for (size_t i = 0; i < units->item_count; i++) {
    const char *name = NULL;
    if (is_unit_text(units->items[i]))
      name = with_type(&watcher->option_arena, units->items[i]);
    if (!name || (!is_pattern(name) && !is_name(name)))
      return err_set(err, ERR_INVALID,
                     "\"%.80s\" is not the name of a unit; use one such as "
                     "ecap-api.service, ecap@one.service or ecap-*.service",
                     units->items[i]);
    if (is_pattern(name))
      watcher->patterns[watcher->pattern_count++] = name;
    else
      watcher->names[watcher->name_count++] = name;
  }
  return watcher->name_count <= SYSTEMD_UNITS_MAX ||
         err_set(err, ERR_INVALID, "more than %d units", SYSTEMD_UNITS_MAX);
}

static void fini(void *self) {
  struct watcher *watcher = self;
  pasts_fini(&watcher->pasts);
  arena_fini(&watcher->option_arena);
  arena_fini(&watcher->file_arena);
  free(watcher->names);
  free(watcher->patterns);
  free(watcher->files);
  free(watcher->readings);
  free(watcher->entries);
}

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  if (!systemd_address(target_text(watcher->watch.target, "bus"), watcher->address, err))
    return false;
  arena_init(&watcher->file_arena, 1 << 20);
  if (!take_units(watcher, err)) {
    fini(self);
    return false;
  }
  watcher->files = mem_new(SYSTEMD_UNITS_MAX * sizeof *watcher->files);
  watcher->readings = mem_new(SYSTEMD_UNITS_MAX * sizeof *watcher->readings);
  watcher->entries = mem_new(SYSTEMD_UNITS_MAX * sizeof *watcher->entries);
  return true;
}

/* ---- the connection */

static bool is_usable(const void *conn) {
  return systemd_usable(conn);
}

static void close_conn(void *conn, void (*closed)(void *arg), void *arg) {
  systemd_close(conn, closed, arg);
}

static const char *describe(const void *conn, char *out, size_t size) {
  return systemd_describe(conn, out, size);
}

static const char *address_of(const void *conn) {
  return systemd_bus_address(conn);
}

static const struct watch_conn systemd_conn = {
    .usable = is_usable, .close = close_conn, .describe = describe, .address = address_of};

static void *connect_bus(void *self) {
  struct watcher *watcher = self;
  return systemd_open(watcher->watch.io, watcher->address);
}

/* ---- questions */

static void forget_questions(struct watcher *watcher) {
  for (size_t i = 0; i < QUESTIONS_MAX; i++) {
    if (watcher->questions[i].call)
      systemd_cancel(watcher->questions[i].call);
    watcher->questions[i].call = NULL;
  }
}

/* It is dropped, because late answers may still come; the frame adds what it waited for. */
static void forget(void *self, struct err *err) {
  struct watcher *watcher = self;
  struct err so_far = *err;
  char where[200];
  if (watcher->watch.conn && err->kind == ERR_TIMEOUT)
    err_set(err, ERR_TIMEOUT, "%.48s: %s", so_far.text,
            systemd_describe(watcher->watch.conn, where, sizeof where));
  forget_questions(watcher);
}

/* No question is under way any more. */
static void rest(void *self) {
  struct watcher *watcher = self;
  arena_fini(&watcher->arena);
}

static void on_answer(void *arg, struct sd_bus_message *reply, const struct err *err);

static int64_t left_ms(const struct watcher *watcher) {
  return watch_end_ms(&watcher->watch, MARGIN_MS, MARGIN_MS * 4) - clock_now_ms();
}

static bool send_question(struct watcher *watcher, enum question_kind kind, size_t reading,
                          struct systemd_question *ask) {
  struct question *question = watcher->questions;
  while (question < watcher->questions + QUESTIONS_MAX && question->call)
    question++;
  if (question == watcher->questions + QUESTIONS_MAX)
    return false;
  ask->timeout_ms = left_ms(watcher) > 1 ? left_ms(watcher) : 1;
  watcher->watch.requests++;
  *question = (struct question){
      .watcher = watcher, .kind = kind, .reading = reading, .sent_us = clock_now_us()};
  question->call = systemd_ask(watcher->watch.conn, ask, on_answer, question);
  return true;
}

static void note_unread(struct watcher *watcher, const struct err *err) {
  if (watcher->answers.unread++ == 0)
    watcher->answers.unread_err = *err;
}

/* Asks for units while there is room. */
static void send_more(struct watcher *watcher) {
  char path[SYSTEMD_PATH_MAX];
  for (; watcher->next < watcher->answers.count; watcher->next++) {
    const char *name = watcher->readings[watcher->next].entry.name;
    struct systemd_question ask = {
        .path = path, .interface = SYSTEMD_PROPERTIES, .method = "GetAll", .texts = {""}};
    struct err err;
    if (!systemd_unit_path(name, path)) {
      err_set(&err, ERR_PROTOCOL, "systemd reported an invalid name of a unit");
      note_unread(watcher, &err);
    } else if (!send_question(watcher, QUESTION_UNIT, watcher->next, &ask))
      return;
  }
}

static bool is_at_rest(const struct watcher *watcher) {
  for (size_t i = 0; i < QUESTIONS_MAX; i++)
    if (watcher->questions[i].call)
      return false;
  return watcher->lists == 0 && watcher->next >= watcher->answers.count;
}

static void ask_for_lists(struct watcher *watcher) {
  static const char *const states[] = {"failed", "activating", "deactivating", "reloading",
                                       "maintenance"};
  const struct systemd_list patterns = {watcher->patterns, watcher->pattern_count};
  watcher->lists = 0;
  if (watcher->name_count + watcher->pattern_count == 0 || watcher->pattern_count > 0) {
    struct systemd_question loaded = {
        .method = "ListUnitsByPatterns", .lists = {{NULL, 0}, patterns}, .list_count = 2};
    if (patterns.count == 0)
      loaded.lists[0] = (struct systemd_list){states, sizeof states / sizeof *states};
    watcher->lists++;
    send_question(watcher, QUESTION_LOADED, 0, &loaded);
  }
  if (watcher->name_count + watcher->file_count > 0) {
    const char **names = mem_new((watcher->name_count + watcher->file_count) * sizeof *names);
    memcpy(names, watcher->names, watcher->name_count * sizeof *names);
    if (watcher->file_count > 0)
      memcpy(names + watcher->name_count, watcher->files, watcher->file_count * sizeof *names);
    struct systemd_question named = {.method = "ListUnitsByNames",
                                     .lists = {{names, watcher->name_count + watcher->file_count}},
                                     .list_count = 1};
    watcher->lists++;
    send_question(watcher, QUESTION_NAMED, 0, &named);
    free(names);
  }
}

static void ask_for_files(struct watcher *watcher) {
  struct systemd_question files = {
      .method = "ListUnitFilesByPatterns",
      .lists = {{NULL, 0}, {watcher->patterns, watcher->pattern_count}},
      .list_count = 2};
  watcher->lists = 1;
  send_question(watcher, QUESTION_FILES, 0, &files);
}

static void ask(void *self) {
  struct watcher *watcher = self;
  arena_init(&watcher->arena, ARENA_MAX);
  watcher->answers =
      (struct systemd_answers){.name = watcher->watch.target->name,
                               .manager = {"", "", -1, -1, -1},
                               .latency_us = -1,
                               .patterns = {watcher->patterns, watcher->pattern_count},
                               .readings = watcher->readings};
  watcher->next = 0;
  watch_connect(&watcher->watch, NULL);
  struct systemd_question manager = {.interface = SYSTEMD_PROPERTIES,
                                     .method = "GetAll",
                                     .texts = {"org.freedesktop.systemd1.Manager"}};
  send_question(watcher, QUESTION_MANAGER, 0, &manager);
  if (watcher->pattern_count > 0 &&
      (watcher->files_ms == 0 || clock_now_ms() - watcher->files_ms >= FILES_AGE_MS))
    ask_for_files(watcher);
  else
    ask_for_lists(watcher);
}

/* ---- what the answers say */

static bool is_named(const struct watcher *watcher, const char *name) {
  for (size_t i = 0; i < watcher->name_count; i++)
    if (strcmp(watcher->names[i], name) == 0)
      return true;
  return false;
}

static bool is_listed(const struct watcher *watcher, const char *name) {
  for (size_t i = 0; i < watcher->answers.count; i++)
    if (strcmp(watcher->readings[i].entry.name, name) == 0)
      return true;
  return false;
}

/* Without a configuration: what failed, and services that are neither up nor down. By a pattern:
 * not what other units only mention. */
static bool is_wanted(const struct watcher *watcher, const struct systemd_entry *entry) {
  if (strcmp(entry->load, "not-found") == 0 && strcmp(entry->active, "inactive") == 0)
    return is_named(watcher, entry->name);
  return watcher->name_count + watcher->pattern_count > 0 || strcmp(entry->active, "failed") == 0 ||
         systemd_is_service(entry->name);
}

/* An alias is listed by the name of its unit; the answer has the order of the names. */
static bool is_alias(const struct watcher *watcher, bool complete, size_t index) {
  return complete && index < watcher->name_count;
}

static void wish_by_name(struct watcher *watcher, const char *name) {
  for (size_t i = 0; i < watcher->answers.count; i++)
    if (strcmp(watcher->readings[i].entry.name, name) == 0)
      watcher->readings[i].wish = SYSTEMD_BY_NAME;
}

static bool take_list(struct watcher *watcher, struct sd_bus_message *reply, bool named,
                      bool chosen, struct err *err) {
  struct systemd_answers *answers = &watcher->answers;
  size_t count, total;
  if (!systemd_entries_read(reply, &watcher->arena, watcher->entries, SYSTEMD_UNITS_MAX, &count,
                            &total, err))
    return false;
  answers->total += total - count;
  const size_t asked = watcher->name_count + watcher->file_count;
  if (named && total < asked)
    answers->unlisted = asked - total; /* names that it takes for invalid: no error says so */
  for (size_t i = 0; i < count; i++) {
    const struct systemd_entry *entry = &watcher->entries[i];
    const bool by_name =
        is_named(watcher, entry->name) || (named && is_alias(watcher, total == asked, i));
    if (by_name && is_listed(watcher, entry->name))
      wish_by_name(watcher, entry->name);
    if (!is_wanted(watcher, entry) || is_listed(watcher, entry->name))
      continue;
    answers->total++;
    if (answers->count < SYSTEMD_UNITS_MAX)
      answers->readings[answers->count++] =
          (struct systemd_reading){.entry = *entry,
                                   .wish = !chosen   ? SYSTEMD_NOT_CHOSEN
                                           : by_name ? SYSTEMD_BY_NAME
                                                     : SYSTEMD_BY_PATTERN};
  }
  return true;
}

/* A template is no unit: ecap@.service. */
static bool take_files(struct watcher *watcher, struct sd_bus_message *reply, struct err *err) {
  size_t kept = 0;
  arena_fini(&watcher->file_arena);
  arena_init(&watcher->file_arena, 1 << 20);
  watcher->file_count = 0;
  if (!systemd_files_read(reply, &watcher->file_arena, watcher->files, SYSTEMD_UNITS_MAX,
                          &watcher->file_count, err)) {
    watcher->file_count = 0;
    return false;
  }
  for (size_t i = 0; i < watcher->file_count; i++)
    if (!strstr(watcher->files[i], "@."))
      watcher->files[kept++] = watcher->files[i];
  watcher->file_count = kept;
  watcher->files_ms = clock_now_ms();
  return true;
}

static void take_unit(struct watcher *watcher, size_t index, struct sd_bus_message *reply,
                      const struct err *err) {
  struct systemd_reading *reading = &watcher->readings[index];
  struct err foreign;
  if (!err && !systemd_unit_read(reply, &watcher->arena, &reading->unit, &foreign))
    err = &foreign;
  if (err) {
    note_unread(watcher, err);
    return;
  }
  reading->has_unit = true;
  reading->read_us = clock_now_us();
}

/* What has changed between the list and the question is not what was looked for. */
static void drop_the_recovered(struct watcher *watcher) {
  struct systemd_answers *answers = &watcher->answers;
  size_t kept = 0;
  if (watcher->name_count + watcher->pattern_count > 0)
    return;
  for (size_t i = 0; i < answers->count; i++) {
    const struct systemd_reading *reading = &answers->readings[i];
    if (reading->has_unit && (strcmp(reading->unit.active, "active") == 0 ||
                              strcmp(reading->unit.active, "inactive") == 0))
      answers->total--;
    else
      answers->readings[kept++] = *reading;
  }
  answers->count = kept;
}

static void finish_if_answered(struct watcher *watcher) {
  if (!is_at_rest(watcher))
    return;
  drop_the_recovered(watcher);
  watch_done(&watcher->watch,
             systemd_sample(&watcher->answers, &watcher->pasts, (double)clock_wall_ms() / 1000));
}

/* False: the collection has failed, with err. */
static bool take_answer(struct watcher *watcher, const struct question *question,
                        struct sd_bus_message *reply, const struct err *failed, struct err *err) {
  if (failed && question->kind != QUESTION_UNIT) {
    *err = *failed;
    return false;
  }
  switch (question->kind) {
  case QUESTION_MANAGER:
    return systemd_manager_read(reply, &watcher->arena, &watcher->answers.manager, err);
  case QUESTION_FILES:
    if (!take_files(watcher, reply, err))
      return false;
    ask_for_lists(watcher);
    return true;
  case QUESTION_LOADED:
  case QUESTION_NAMED:
    watcher->lists--;
    watcher->answers.latency_us = clock_now_us() - question->sent_us;
    return take_list(watcher, reply, question->kind == QUESTION_NAMED,
                     watcher->name_count + watcher->pattern_count > 0, err);
  case QUESTION_UNIT:
    take_unit(watcher, question->reading, reply, failed);
  }
  return true;
}

static void on_answer(void *arg, struct sd_bus_message *reply, const struct err *err) {
  struct question *question = arg;
  struct watcher *watcher = question->watcher;
  struct err why;
  question->call = NULL;
  if (!take_answer(watcher, question, reply, err, &why)) {
    forget_questions(watcher); /* before the connection may be closed */
    watch_failed(&watcher->watch, &why);
    return;
  }
  if (watcher->lists == 0)
    send_more(watcher);
  finish_if_answered(watcher);
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct watcher),
                                         .init = init,
                                         .conn = &systemd_conn,
                                         .connect = connect_bus,
                                         .ask = ask,
                                         .rest = rest,
                                         .forget = forget,
                                         .fini = fini};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_systemd = {
    .kind = {.kind = "systemd",
             .key = "systemd",
             .title = "systemd",
             .options = options,
             .option_count = sizeof options / sizeof *options},
    .tables = tables,
    .table_count = 2,
    .timeout_ms = TIMEOUT_MS,
    .usual = usual,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
