/* What a person does to an incident, as words: `:incident ...`, `:note ...`, `stacktop incident
 * ...`. */
#pragma once

#include "core/text/mask.h"
#include "operate/incident/incident_book.h"
#include "operate/incident/incident_who.h"

enum incident_verb {
  INCIDENT_DO_OPEN,
  INCIDENT_DO_NOTE,
  INCIDENT_DO_STATUS,
  INCIDENT_DO_SEVERITY,
  INCIDENT_DO_ROLE,
  INCIDENT_DO_CLOSE,
  /* These change nothing: */
  INCIDENT_DO_LIST,
  INCIDENT_DO_SHOW,
  INCIDENT_DO_EXPORT,
  INCIDENT_DO_USE,
};
struct incident_verb_name {
  const char *name;
  const char *usage; /* what follows it: "P1 NAME [TEXT]" */
  const char *help;
};
extern const struct incident_verb_name incident_verbs[]; /* the last has a NULL name */

struct incident_act {
  enum incident_verb verb;
  char id[INCIDENT_ID_MAX]; /* "": the current one */
  int level;                /* OPEN, SEVERITY */
  enum incident_status status;
  char role[INCIDENT_ROLE_MAX];
  char name[INCIDENT_TITLE_MAX]; /* OPEN: the title; ROLE: who */
  char text[INCIDENT_TEXT_MAX];  /* may be "" */
  char audit_id[64];             /* of the record of it; "": none */
};

bool incident_verb_changes(enum incident_verb verb);
/* "open P1 api-down", "note [ID] TEXT...": errors say what is expected. Secrets in texts are
 * masked: those of mask, and what looks like one. */
bool incident_act_parse(struct incident_act *act, size_t count, const char *const *words,
                        const struct mask *mask, struct err *err) MUST_CHECK;

/* Carries out a change. current: of the caller, "" if it has none: then there must be only one open
 * incident. On success act->id is the incident's, and said is a sentence. Blocks. */
enum { INCIDENT_SAID_MAX = 300 };
bool incident_act_run(struct incident_act *act, const char *state, const char *current,
                      const struct incident_who *self, int64_t now_ms, char said[INCIDENT_SAID_MAX],
                      struct err *err) MUST_CHECK;
/* Finds the whole id of act->id, which may be its beginning; any incident, also a closed one. */
bool incident_act_find(struct incident_act *act, const char *state, const char *current,
                       struct err *err) MUST_CHECK;
/* The title of its record in the audit log: "open P1 api-down". Returns out. */
const char *incident_act_text(char out[INCIDENT_SAID_MAX], const struct incident_act *act);
