#include "operate/incident/incident_act.h"

#include "core/mem.h"
#include "core/text/format.h"
#include "core/text/suggest.h"
#include "core/text/text.h"
#include "model/incident/incident_due.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct incident_verb_name incident_verbs[] = {
    [INCIDENT_DO_OPEN] = {"open", "P1|P2|P3|P4 NAME [TEXT]", "opens an incident"},
    [INCIDENT_DO_NOTE] = {"note", "[ID] TEXT", "adds a note to its time line"},
    [INCIDENT_DO_STATUS] = {"status", "[ID] investigating|identified|monitoring|resolved [TEXT]",
                            "sets its status"},
    [INCIDENT_DO_SEVERITY] = {"severity", "[ID] P1|P2|P3|P4 [TEXT]", "sets its severity"},
    [INCIDENT_DO_ROLE] = {"role", "[ID] ROLE NAME", "gives a role: commander, scribe, ..."},
    [INCIDENT_DO_CLOSE] = {"close", "[ID] TEXT", "closes it with a summary"},
    [INCIDENT_DO_LIST] = {"list", "", "lists the incidents"},
    [INCIDENT_DO_SHOW] = {"show", "[ID]", "shows its time line"},
    [INCIDENT_DO_EXPORT] = {"export", "[ID]", "writes the postmortem"},
    [INCIDENT_DO_USE] = {"use", "ID", "makes it the current one"},
    {NULL, NULL, NULL},
};

bool incident_verb_changes(enum incident_verb verb) {
  return verb < INCIDENT_DO_LIST;
}

/* ---- words */

struct words {
  size_t count;
  const char *const *items;
};

static const char *next(struct words *words) {
  if (words->count == 0)
    return NULL;
  words->count--;
  return *words->items++;
}

static bool usage(const struct incident_act *act, struct err *err) {
  const struct incident_verb_name *verb = &incident_verbs[act->verb];
  return err_set(err, ERR_INVALID, "usage: incident %s %s", verb->name, verb->usage);
}

static bool verb_parse(struct incident_act *act, const char *word, struct err *err) {
  struct suggestion near = {0};
  for (size_t i = 0; word && incident_verbs[i].name; i++) {
    suggest_consider(&near, word, incident_verbs[i].name);
    if (strcmp(incident_verbs[i].name, word) == 0) {
      act->verb = (enum incident_verb)i;
      return true;
    }
  }
  return err_set(err, ERR_INVALID,
                 "%s%.40s%s: use incident open, note, status, severity, role, close, list, show, "
                 "export or use%s",
                 word ? "unknown command \"" : "a command is missing", word ? word : "",
                 word ? "\"" : "", word ? suggest_text(&near) : "");
}

static bool level_parse(const char *word, int *level) {
  const bool good = word && (word[0] == 'P' || word[0] == 'p') && word[1] >= '1' &&
                    word[1] < '1' + INCIDENT_LEVELS && !word[2];
  *level = good ? word[1] - '0' : 0;
  return good;
}

static bool level_take(struct incident_act *act, struct words *words, struct err *err) {
  const char *word = next(words);
  if (!word)
    return usage(act, err);
  return level_parse(word, &act->level) ||
         err_set(err, ERR_INVALID,
                 "\"%.40s\" is not a severity: P1 (complete outage), P2 (major feature broken), P3 "
                 "(minor) or P4 (cosmetic)",
                 word);
}

static bool status_take(struct incident_act *act, struct words *words, struct err *err) {
  const char *word = next(words);
  const int found = word ? incident_name_find(incident_status_names, word) : -1;
  if (!word)
    return usage(act, err);
  act->status = found < 0 ? INCIDENT_INVESTIGATING : (enum incident_status)found;
  return found >= 0 ||
         err_set(err, ERR_INVALID,
                 "\"%.40s\" is not a status: investigating, identified, monitoring or resolved",
                 word);
}

/* One line, masked. */
static void text_keep(char *out, size_t size, const char *text, const struct mask *mask) {
  size_t len = strlen(text), masked_len;
  char *known = mask_known(text, &len, mask, false, false);
  masked_len = len;
  char *likely = mask_likely(known, &masked_len);
  text_sanitize(out, size, likely, masked_len, false);
  free(known);
  free(likely);
}

static void rest_take(struct incident_act *act, struct words *words, const struct mask *mask) {
  char *whole = mem_dup("");
  for (const char *word; (word = next(words));) {
    char *longer = mem_printf("%s%s%s", whole, *whole ? " " : "", word);
    free(whole);
    whole = longer;
  }
  text_keep(act->text, sizeof act->text, whole, mask);
  free(whole);
}

static bool role_take(struct incident_act *act, struct words *words, const struct mask *mask,
                      struct err *err) {
  const char *role = next(words), *name = next(words);
  if (!role || !name)
    return usage(act, err);
  text_sanitize(act->role, sizeof act->role, role, strlen(role), false);
  text_keep(act->name, sizeof act->name, name, mask);
  rest_take(act, words, mask);
  if (*act->text) { /* a name of several words */
    const size_t used = strlen(act->name);
    snprintf(act->name + used, sizeof act->name - used, " %.*s", INCIDENT_TITLE_MAX / 2, act->text);
    *act->text = '\0';
  }
  return true;
}

static bool arguments_take(struct incident_act *act, struct words *words, const struct mask *mask,
                           struct err *err) {
  switch (act->verb) {
  case INCIDENT_DO_OPEN: {
    const char *name = level_take(act, words, err) ? next(words) : NULL;
    if (act->level == 0)
      return false;
    if (!name || !*name)
      return err_set(err, ERR_INVALID, "a name is missing, such as `incident open P%d api-down`",
                     act->level);
    text_keep(act->name, sizeof act->name, name, mask);
    break;
  }
  case INCIDENT_DO_SEVERITY:
    if (!level_take(act, words, err))
      return false;
    break;
  case INCIDENT_DO_STATUS:
    if (!status_take(act, words, err))
      return false;
    break;
  case INCIDENT_DO_ROLE:
    return role_take(act, words, mask, err);
  default:
    break;
  }
  rest_take(act, words, mask);
  return true;
}

bool incident_act_parse(struct incident_act *act, size_t count, const char *const *items,
                        const struct mask *mask, struct err *err) {
  struct words words = {count, items};
  *act = (struct incident_act){0};
  if (!verb_parse(act, next(&words), err))
    return false;
  if (act->verb != INCIDENT_DO_OPEN && words.count > 0 && strncmp(words.items[0], "INC-", 4) == 0)
    snprintf(act->id, sizeof act->id, "%s", next(&words));
  if (!arguments_take(act, &words, mask, err))
    return false;
  const bool needs_text = act->verb == INCIDENT_DO_NOTE || act->verb == INCIDENT_DO_CLOSE;
  if (needs_text && !*act->text)
    return act->verb == INCIDENT_DO_CLOSE
               ? err_set(err, ERR_INVALID, "a summary is missing: incident close [ID] TEXT")
               : usage(act, err);
  if (act->verb >= INCIDENT_DO_LIST && (*act->text || (act->verb == INCIDENT_DO_USE && !*act->id)))
    return usage(act, err);
  return true;
}

const char *incident_act_text(char out[INCIDENT_SAID_MAX], const struct incident_act *act) {
  const char *verb = incident_verbs[act->verb].name;
  switch (act->verb) {
  case INCIDENT_DO_OPEN:
    snprintf(out, INCIDENT_SAID_MAX, "incident %s P%d %.150s", verb, act->level, act->name);
    break;
  case INCIDENT_DO_SEVERITY:
    snprintf(out, INCIDENT_SAID_MAX, "incident %s P%d", verb, act->level);
    break;
  case INCIDENT_DO_STATUS:
    snprintf(out, INCIDENT_SAID_MAX, "incident %s %s", verb, incident_status_names[act->status]);
    break;
  case INCIDENT_DO_ROLE:
    snprintf(out, INCIDENT_SAID_MAX, "incident %s %s %.150s", verb, act->role, act->name);
    break;
  default:
    snprintf(out, INCIDENT_SAID_MAX, "incident %s", verb);
    break;
  }
  if (*act->text) {
    const size_t used = strlen(out);
    snprintf(out + used, INCIDENT_SAID_MAX - used, ": %.*s", INCIDENT_SAID_MAX / 2, act->text);
  }
  return out;
}

/* ---- which one */

static bool none_open(struct err *err) {
  return err_set(err, ERR_INVALID, "no incident is open: `incident open P1 NAME` opens one");
}

static bool only_open(char *const *ids, size_t count, struct incident_act *act, struct err *err) {
  char list[160] = "";
  if (count == 0)
    return none_open(err);
  for (size_t i = 0; i < count && i < 5; i++)
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%.31s", i ? ", " : "", ids[i]);
  if (count > 1)
    return err_set(err, ERR_INVALID, "%zu incidents are open: name one of %s", count, list);
  snprintf(act->id, sizeof act->id, "%s", ids[0]);
  return true;
}

static bool id_complete(char *const *ids, size_t count, struct incident_act *act, struct err *err) {
  size_t found = 0, at = 0;
  for (size_t i = 0; i < count; i++) {
    if (strcmp(ids[i], act->id) == 0)
      return true;
    if (strncmp(ids[i], act->id, strlen(act->id)) == 0) {
      found++;
      at = i;
    }
  }
  if (found == 0)
    return err_set(err, ERR_INVALID, "no incident %s (`incident list` lists them)", act->id);
  if (found > 1)
    return err_set(err, ERR_INVALID, "%zu incidents begin with %s", found, act->id);
  snprintf(act->id, sizeof act->id, "%s", ids[at]);
  return true;
}

bool incident_act_find(struct incident_act *act, const char *state, const char *current,
                       struct err *err) {
  size_t count;
  if (!*act->id && *current)
    snprintf(act->id, sizeof act->id, "%s", current);
  const bool named = *act->id;
  char **ids = incident_list(state, !named, &count, err);
  if (!ids)
    return false;
  const bool good = named ? id_complete(ids, count, act, err) : only_open(ids, count, act, err);
  incident_list_free(ids, count);
  return good;
}

/* ---- carrying it out */

static bool open_run(struct incident_act *act, const char *state, const struct incident_who *self,
                     int64_t now_ms, char said[INCIDENT_SAID_MAX], struct err *err) {
  struct incident_entry entry = incident_entry_of(self, INCIDENT_OPEN, now_ms);
  char due[FORMAT_MAX];
  size_t count;
  char **ids = incident_list(state, true, &count, err);
  if (!ids)
    return false;
  incident_list_free(ids, count);
  if (count >= INCIDENTS_OPEN_MAX)
    return err_set(err, ERR_LIMIT,
                   "%zu incidents are open: close one first (`incident list` lists them)", count);
  entry.level = act->level;
  entry.subject = act->name;
  entry.text = *act->text ? act->text : NULL;
  entry.audit = *act->audit_id ? act->audit_id : NULL;
  if (!incident_create(state, &entry, act->id, err))
    return false;
  const struct incident incident = {.level = act->level, .opened_ms = now_ms};
  const int64_t left_ms = incident_respond_by(&incident) - now_ms;
  snprintf(said, INCIDENT_SAID_MAX, "%s opened: P%d %.150s; response due in %s", act->id,
           act->level, act->name, format_duration(due, sizeof due, (double)left_ms / 1000));
  return true;
}

static void entry_fill(struct incident_entry *entry, const struct incident_act *act) {
  entry->text = *act->text ? act->text : NULL;
  entry->audit = *act->audit_id ? act->audit_id : NULL;
  switch (act->verb) {
  case INCIDENT_DO_STATUS:
    entry->kind = INCIDENT_STATUS;
    entry->word = incident_status_names[act->status];
    break;
  case INCIDENT_DO_SEVERITY:
    entry->kind = INCIDENT_SEVERITY;
    entry->level = act->level;
    break;
  case INCIDENT_DO_ROLE:
    entry->kind = INCIDENT_ROLE;
    entry->word = act->role;
    entry->subject = act->name;
    break;
  case INCIDENT_DO_CLOSE:
    entry->kind = INCIDENT_CLOSE;
    break;
  default:
    break;
  }
}

/* A note is allowed later: a postmortem is written then. */
static bool may_run(const struct incident_act *act, const struct incident *incident,
                    struct err *err) {
  return !incident->closed_ms || act->verb == INCIDENT_DO_NOTE ||
         err_set(err, ERR_INVALID, "%s is closed: open another incident, or add a note",
                 incident->id);
}

static bool entry_run(struct incident_act *act, const char *state, const struct incident_who *self,
                      int64_t now_ms, struct err *err) {
  struct incident_entry entry = incident_entry_of(self, INCIDENT_NOTE, now_ms);
  struct incident_book *book = incident_book_open(state, act->id, err);
  if (!book)
    return false;
  entry_fill(&entry, act);
  const bool good =
      may_run(act, &book->incident, err) && incident_book_append(book, &entry, 1, NULL, err);
  if (good && act->verb == INCIDENT_DO_CLOSE)
    incident_mark_closed(state, act->id);
  incident_book_close(book);
  return good;
}

bool incident_act_run(struct incident_act *act, const char *state, const char *current,
                      const struct incident_who *self, int64_t now_ms, char said[INCIDENT_SAID_MAX],
                      struct err *err) {
  char text[INCIDENT_SAID_MAX];
  if (act->verb == INCIDENT_DO_OPEN)
    return open_run(act, state, self, now_ms, said, err);
  if (!incident_act_find(act, state, current, err) || !entry_run(act, state, self, now_ms, err))
    return false;
  incident_act_text(text, act);
  snprintf(said, INCIDENT_SAID_MAX, "%s: %.240s", act->id, text + strlen("incident "));
  return true;
}
