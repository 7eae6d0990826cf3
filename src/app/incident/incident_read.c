#include "app/incident/incident_read.h"

#include "core/mem.h"
#include "io/file/file_save.h"
#include "operate/incident/incident_audit.h"
#include "operate/incident/incident_round.h"
#include "operate/state.h"
#include "report/incident/incident_report.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct text {
  FILE *out;
  char *bytes;
  size_t len;
};

static void text_begin(struct text *text) {
  *text = (struct text){0};
  text->out = open_memstream(&text->bytes, &text->len);
  if (!text->out)
    mem_failed();
}

static char *text_end(struct text *text) {
  if (fclose(text->out) != 0)
    mem_failed();
  return text->bytes;
}

static struct incident_report_options report_of(const struct incident_read_options *options) {
  return (struct incident_report_options){.now_ms = options->now_ms,
                                          .utc = options->utc,
                                          .ascii = options->ascii,
                                          .screen = options->screen};
}

/* Actions are on disk in the audit log: an incident that no program watched gets them now. Of one
 * that cannot be written, what it has is read. */
static void actions_take(struct incident_book *book, const char *state) {
  struct incident_audit audit;
  struct incident_batch batch = {0};
  struct err ignored;
  char *path = state_audit_path(state);
  incident_audit_init(&audit, path, book->incident.opened_ms - INCIDENT_HISTORY_MS);
  if (!book->incident.closed_ms)
    incident_audit_read(&audit, &batch);
  (void)!incident_book_append(book, batch.items, batch.count, NULL, &ignored);
  incident_batch_fini(&batch);
  incident_audit_fini(&audit);
  free(path);
}

/* ---- a list */

static bool list_read(const char *state, const struct incident_read_options *options, char **text,
                      struct err *err) {
  const struct incident_report_options report = report_of(options);
  size_t count, shown = 0;
  char **ids = incident_list(state, false, &count, err);
  struct text out;
  if (!ids)
    return false;
  text_begin(&out);
  if (options->json)
    fputs("[", out.out);
  for (size_t i = count; i-- > 0;) { /* the newest first */
    struct err why;
    struct incident_book *book = incident_book_open(state, ids[i], &why);
    if (book && options->json)
      fputs(shown++ ? ",\n" : "\n", out.out);
    if (!book && !options->json)
      fprintf(out.out, "%-21s  %s\n", ids[i], why.text);
    else if (book && options->json)
      (void)!report_incident_json(out.out, &book->incident, &report);
    else if (book)
      (void)!report_incident_line(out.out, &book->incident, &report);
    incident_book_close(book);
  }
  fputs(options->json ? "]\n" : count == 0 ? "No incidents.\n" : "", out.out);
  incident_list_free(ids, count);
  *text = text_end(&out);
  return true;
}

/* ---- one of them */

static bool file_write(const char *state, const struct incident *incident, const char *name,
                       const char *bytes, char said[INCIDENT_SAID_MAX], struct err *err) {
  char *path = incident_path(state, incident->id, name);
  const bool good = file_save_new(path, bytes, strlen(bytes), err);
  if (good && said)
    snprintf(said, INCIDENT_SAID_MAX, "Written: %.250s", path);
  free(path);
  return good;
}

/* As new files: the one before may have been edited. */
static bool files_write(const char *state, const struct incident *incident, int64_t now_ms,
                        char said[INCIDENT_SAID_MAX], struct err *err) {
  const struct incident_report_options report = {.now_ms = now_ms, .utc = true};
  const time_t seconds = (time_t)(now_ms / 1000);
  struct tm tm;
  char stamp[24], name[64];
  struct text markdown, json;
  gmtime_r(&seconds, &tm);
  strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%S", &tm);
  text_begin(&markdown);
  text_begin(&json);
  (void)!report_incident_markdown(markdown.out, incident, &report);
  (void)!report_incident_json(json.out, incident, &report);
  text_end(&markdown);
  text_end(&json);
  snprintf(name, sizeof name, "incident-%s.json", stamp);
  bool good = file_write(state, incident, name, json.bytes, NULL, err);
  snprintf(name, sizeof name, "postmortem-%s.md", stamp);
  good = good && file_write(state, incident, name, markdown.bytes, said, err);
  free(markdown.bytes);
  free(json.bytes);
  return good;
}

static void one_put(FILE *out, const struct incident *incident, enum incident_verb verb,
                    const struct incident_read_options *options) {
  const struct incident_report_options report = report_of(options);
  if (options->json)
    (void)!report_incident_json(out, incident, &report);
  else if (verb == INCIDENT_DO_EXPORT)
    (void)!report_incident_markdown(out, incident, &report);
  else
    (void)!report_incident_text(out, incident, &report);
}

static bool one_read(struct incident_act *act, const char *state,
                     const struct incident_read_options *options, char **text,
                     char said[INCIDENT_SAID_MAX], struct err *err) {
  struct incident_book *book = incident_book_open(state, act->id, err);
  struct text out;
  bool good = true;
  if (!book)
    return false;
  actions_take(book, state);
  if (act->verb == INCIDENT_DO_EXPORT && options->screen) {
    good = files_write(state, &book->incident, options->now_ms, said, err);
  } else {
    text_begin(&out);
    one_put(out.out, &book->incident, act->verb, options);
    *text = text_end(&out);
  }
  incident_book_close(book);
  return good;
}

bool incident_read(struct incident_act *act, const char *state, const char *current,
                   const struct incident_read_options *options, char **text,
                   char said[INCIDENT_SAID_MAX], struct err *err) {
  *said = '\0';
  if (act->verb == INCIDENT_DO_LIST)
    return list_read(state, options, text, err);
  if (!incident_act_find(act, state, current, err))
    return false;
  if (act->verb == INCIDENT_DO_USE) {
    snprintf(said, INCIDENT_SAID_MAX, "%s is the current incident", act->id);
    return true;
  }
  return one_read(act, state, options, text, said, err);
}

void incident_read_closed(const struct incident_act *act, const char *state, int64_t now_ms,
                          char said[INCIDENT_SAID_MAX]) {
  struct err err;
  char written[INCIDENT_SAID_MAX] = "";
  struct incident_book *book = incident_book_open(state, act->id, &err);
  const bool good = book && files_write(state, &book->incident, now_ms, written, &err);
  incident_book_close(book);
  snprintf(said, INCIDENT_SAID_MAX, "%s closed. %s%.240s", act->id,
           good ? "" : "No postmortem: ", good ? written : err.text);
}
