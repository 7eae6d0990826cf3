#include "operate/command/sentence.h"

#include "actions/action.h"
#include "core/text/format.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The title without " of ecap" at its end, because the event's subject says that. */
static size_t length_without(const char *title, const char *target) {
  static const char *const joins[] = {" of ", " on ", " in "};
  const size_t length = strlen(title), name = strlen(target);
  if (length < name + 4 || strcmp(title + length - name, target) != 0)
    return length;
  for (size_t i = 0; i < sizeof joins / sizeof *joins; i++)
    if (memcmp(title + length - name - 4, joins[i], 4) == 0)
      return length - name - 4;
  return length;
}

const char *sentence_deed(char *out, size_t size, const char *past, const char *title,
                          const char *target) {
  const size_t verb = strcspn(title, " "), length = length_without(title, target);
  /* not an abbreviation */
  const bool lower = verb == 1 || (verb > 1 && islower((unsigned char)title[1]));
  if (verb == 0 || verb > length)
    snprintf(out, size, "%s", title);
  else if (past)
    snprintf(out, size, "%s%.*s", past, (int)(length - verb), title + verb);
  else
    snprintf(out, size, "%c%.*s", lower ? tolower((unsigned char)*title) : *title, (int)length - 1,
             title + 1);
  return out;
}

static size_t append(char *out, size_t size, size_t used, const char *text) {
  if (used < size)
    snprintf(out + used, size - used, "%s", text);
  return used + strlen(out + used);
}

/* The text of the first object with that result, with its label. */
static size_t append_first(char *out, size_t size, size_t used, const struct plan *plan,
                           const struct outcome *outcome, enum object_result result) {
  char words[OBJECT_TEXT_MAX];
  for (size_t i = 0; i < outcome->count; i++) {
    if (outcome->objects[i].result != result || !*object_outcome_text(words, &outcome->objects[i]))
      continue;
    used = append(out, size, used, " (");
    used = append(out, size, used, plan->objects[i].label);
    used = append(out, size, used, ": ");
    used = append(out, size, used, words);
    return append(out, size, used, ")");
  }
  return used;
}

const char *sentence_detail(char *out, size_t size, const struct plan *plan,
                            const struct outcome *outcome) {
  static const enum object_result order[] = {OBJECT_DONE,    OBJECT_PARTLY,  OBJECT_GONE,
                                             OBJECT_REFUSED, OBJECT_UNKNOWN, OBJECT_SKIPPED};
  size_t used = 0;
  *out = '\0';
  if (outcome->proof || outcome->count == 1) {
    char words[OBJECT_TEXT_MAX];
    append(out, size, 0,
           outcome->proof ? outcome->proof : object_outcome_text(words, &outcome->objects[0]));
    return out;
  }
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    const size_t count = outcome_count(outcome, order[i]);
    char part[64];
    if (count == 0)
      continue;
    snprintf(part, sizeof part, "%s%zu %s%s", used ? ", " : "", count,
             order[i] == OBJECT_GONE ? "already " : "", object_result_text(order[i]));
    used = append(out, size, used, part);
    if (order[i] != OBJECT_DONE && order[i] != OBJECT_GONE)
      used = append_first(out, size, used, plan, outcome, order[i]);
  }
  return out;
}

/* The word of an outcome in a sentence. */
static const char *word_text(const char *word) {
  if (strcmp(word, "unknown") == 0)
    return "outcome unknown";
  return strcmp(word, "gone") == 0 ? "already gone" : outcome_word_text(word);
}

const char *sentence_outcome(char *out, size_t size, const struct plan *plan,
                             const struct outcome *outcome, const char *why) {
  char deed[SENTENCE_MAX / 2], detail[SENTENCE_MAX / 2];
  const char *word = outcome_word(outcome);
  const bool done = strcmp(word, "done") == 0;
  sentence_deed(deed, sizeof deed, done ? plan->action->past : NULL, plan->title, plan->target);
  sentence_detail(detail, sizeof detail, plan, outcome);
  const bool again = !*why || strstr(detail, why);
  if (done && *detail)
    snprintf(out, size, "%s: %s%s%s", deed, detail, again ? "" : "; ", again ? "" : why);
  else
    snprintf(out, size, "%s: %s%s%s%s%s", deed, word_text(word), *detail ? ", " : "", detail,
             again ? "" : "; ", again ? "" : why);
  return out;
}

/* ---- others */

/* "ops@10.0.0.7": the address of the SSH client, otherwise the host. */
static void who_text(char *out, size_t size, const struct audit_who *who) {
  const char *from = who->ssh && *who->ssh ? who->ssh : who->host;
  const char *user = who->login && *who->login ? who->login : who->user;
  snprintf(out, size, "%s@%.*s", user ? user : "?", from ? (int)strcspn(from, " ") : 1,
           from ? from : "?");
}

static const char *record_detail(char out[OBJECT_TEXT_MAX], const struct audit_record *record) {
  const struct audit_object *object = record->object_count == 1 ? record->objects : NULL;
  if (record->proof && *record->proof)
    return record->proof;
  if (object && object_result_parse(object->result ? object->result : "") == OBJECT_PARTLY)
    return audit_object_text(out, object);
  if (record->error && *record->error)
    return record->error;
  return object && object->words ? object->words : "";
}

/* "ops@bastion1 unlocked sandbox" */
static const char *lock_sentence(char *out, size_t size, const struct audit_record *record,
                                 const char *who) {
  snprintf(out, size, "%s %s %s", who, record->event == AUDIT_LOCKED ? "locked" : "unlocked",
           record->target ? record->target : "?");
  return out;
}

/* NULL for an action of another version of stacktop. Those of a configuration have one word. */
static const char *past_of(const struct audit_record *record) {
  if (record->action && strncmp(record->action, OWN_PREFIX, strlen(OWN_PREFIX)) == 0)
    return OWN_PAST;
  const struct action *action = record->action ? action_find(record->action) : NULL;
  return action ? action->spec.past : NULL;
}

/* The text between the user and the action. */
static const char *link_of(const struct audit_record *record, bool done) {
  if (!done)
    return " tried to";
  return past_of(record) ? "" : " did";
}

const char *sentence_record(char *out, size_t size, const struct audit_record *record,
                            bool unknown) {
  char who[160], deed[SENTENCE_MAX / 2], at[FORMAT_MAX];
  const char *word = record->result ? record->result : "unknown";
  const bool outcome = record->event == AUDIT_OUTCOME;
  const bool done = outcome && strcmp(word, "done") == 0;
  const char *title = record->title ? record->title : record->action ? record->action : "?";
  who_text(who, sizeof who, &record->who);
  if (record->event == AUDIT_UNLOCKED || record->event == AUDIT_LOCKED)
    return lock_sentence(out, size, record, who);
  sentence_deed(deed, sizeof deed, done ? past_of(record) : NULL, title,
                record->target ? record->target : "");
  if (unknown) {
    format_time(at, sizeof at, record->at_ms, true, true);
    snprintf(out, size,
             "outcome unknown: %s, %s %s at %s UTC; investigate, then `:acknowledge %s REASON`",
             deed, outcome ? "by" : "started by", who, at, record->id ? record->id : "?");
  } else if (record->event == AUDIT_ACKNOWLEDGED) {
    snprintf(out, size, "%s acknowledged an unknown outcome: %s: %s", who, deed,
             record->reason ? record->reason : "");
  } else if (!outcome) {
    snprintf(out, size, "%s started: %s", who, deed);
  } else {
    char words[OBJECT_TEXT_MAX];
    const char *detail = record_detail(words, record);
    snprintf(out, size, "%s%s %s: %s%s%s", who, link_of(record, done), deed, word_text(word),
             *detail ? ", " : "", detail);
  }
  return out;
}

enum severity sentence_severity(const char *word) {
  if (strcmp(word, "done") == 0)
    return SEVERITY_OK;
  return strcmp(word, "unknown") == 0 ? SEVERITY_CRIT : SEVERITY_WARN;
}
