/* The loaded configuration: what to watch and when to worry. Immutable after load. */
#pragma once

#include "model/rules.h"
#include "model/target.h"

struct config {
  char *path;        /* the file it came from; NULL when there was none */
  char *name;        /* of the platform: "ecap" */
  char *environment; /* "production"; free text; NULL if unset */
  char *theme;       /* NULL: the built-in one */
  int64_t interval_ms;
  bool read_only;    /* nothing is changed by anybody who is not unlocked */
  char *state;       /* the folder of the audit, plans and undo files; NULL: the usual one */
  bool audit_syslog; /* what is audited goes to syslog, too */
  bool discovered;   /* no file: the targets were found on the usual loopback ports */
  struct target **targets;
  size_t target_count;
  struct rules rules;
};

struct config *config_new(void); /* defaults: interval 2 s, no targets */
void config_free(struct config *config);
/* Takes the target. */
void config_add(struct config *config, struct target *target);
/* True for an environment that a person calls production: "production", "prod", "live" and names
 * that contain "prod" as a word ("eu-prod-1"). */
bool config_is_production(const struct config *config);
