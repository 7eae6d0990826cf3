/* Shared by the actions on all keys of a pattern: the survey, the plan, and the walks that change
 * the keys and read them again. The actions themselves are in redis_keys.c. */
#pragma once

#include "actions/redis/redis_found.h"
#include "actions/redis/redis_scan.h"

/* Their parameters, in this order; only the action that sets a time to live has one. */
enum redis_keys_param { REDIS_KEYS_PATTERN, REDIS_KEYS_DB, REDIS_KEYS_TTL };

enum {
  REDIS_KEYS_SURVEY_MS = 60000, /* then the plan says how much was not scanned */
  REDIS_KEYS_VERIFY_MS = 60000,
  REDIS_KEYS_MARGIN_MS = 30000, /* until such a step is dropped */
  REDIS_UNLINK_VERSION = 40000,
  REDIS_PEXPIRE_LT_VERSION = 70000, /* PEXPIRE compares by itself */
};

/* The columns of the survey's table "sample". */
enum redis_sample_column { SAMPLE_KEY, SAMPLE_BYTES, SAMPLE_TTL, SAMPLE_COLUMN_COUNT };
#define REDIS_SAMPLE_TABLE "sample"

/* Counts the keys of the pattern, and samples them. Result: table "sample" (key, bytes, ttl in ms,
 * -1: none) and the facts keys, exact, complete, scanned (per mille; -1 not known), total, db,
 * bytes_why, ttl_why. */
bool redis_keys_survey(struct step *step);
/* Objects: the pattern; identities run_id, db, pattern. */
bool redis_keys_plan(const struct action_request *request, struct plan *plan, struct err *err);
