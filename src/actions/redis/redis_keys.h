/* What the actions on all keys of a pattern share: how many there are, and what they are like; the
 * words of their plans; and the change itself, portion by portion. */
#pragma once

#include "actions/redis/redis_found.h"
#include "actions/redis/redis_sweep.h"

/* The first parameters of such an action, in this order. */
enum redis_keys_param { REDIS_KEYS_PATTERN, REDIS_KEYS_DB, REDIS_KEYS_MORE };

#define REDIS_KEYS_PARAM_PATTERN                                                                   \
  {                                                                                                \
    .name = "pattern", .type = OPTION_TEXT, .required = true, .check = redis_pattern_check,        \
    .help = "which keys, as SCAN MATCH has it: * any bytes, ? one, [abc] one of them, \\* itself", \
    .example = "cache:*"                                                                           \
  }
#define REDIS_KEYS_PARAM_DB                                                             \
  {                                                                                     \
    .name = "db", .type = OPTION_INT, .min = 0, .max = 1 << 20,                         \
    .help = "the number of its database; else that of the target's url", .example = "0" \
  }

/* For an action's preset: the parameter db of a row of REDIS_KEYSPACE_TABLE. */
bool redis_keys_preset(const struct row *row, size_t param, char *out, size_t size);

enum {
  REDIS_KEYS_SURVEY_MS = 60000, /* then what has been seen is told, and how much was not */
  REDIS_KEYS_VERIFY_MS = 60000,
  REDIS_KEYS_SAMPLED = 100, /* keys that are asked for their size and time to live */
  REDIS_KEYS_SHOWN = 20,    /* of these, in the plan */
};

/* Counts the keys of the pattern, and samples them. Found: table "sample" (key, bytes, ttl in ms,
 * -1: none) and the facts keys, exact, complete, looked (per mille; -1 not known), total, db,
 * bytes_why, ttl_why. */
extern const struct act_step redis_keys_survey;

/* The plan's victim (the pattern), pins, count, and all that is said of the keys. pins: run_id, db,
 * pattern. False with err when there are none. */
bool redis_keys_plan(const struct action_request *request, struct plan *plan, struct err *err);
/* Says what would be typed for all keys of the plan's pattern: sed's script makes the command of a
 * key in quotes. */
void redis_keys_say_command(const struct action_request *request, struct plan *plan,
                            const char *script);
/* "~1.2 GB", or "" if it is not known. */
const char *redis_keys_bytes(char out[64], const struct sample *found);
const char *redis_keys_pattern(const struct plan *plan); /* the pin */
