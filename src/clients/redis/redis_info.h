/* The text of INFO as keys and values: the one parser for the collector and the actions. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  REDIS_INFO_LINES_MAX = 65536, /* further ones are dropped; a server sends about 200 */
  REDIS_INFO_ADDED_MAX = 32,
};

struct redis_info_line {
  const char *key, *value; /* in the copy */
};

struct redis_info {
  char *copy;
  struct redis_info_line *lines;
  size_t count, capacity;
  char *added[REDIS_INFO_ADDED_MAX]; /* heap texts of redis_info_add and redis_info_merge */
  size_t added_count;
};

/* Takes every line "key:value" of the text, ended by CR LF or LF; other lines are skipped. Call
 * redis_info_fini afterwards. */
void redis_info_parse(struct redis_info *info, const char *text, size_t length);
void redis_info_fini(struct redis_info *info);
/* Adds a figure from another source (CONFIG GET), if the key is missing and there is room. */
void redis_info_add(struct redis_info *info, const char *key, const char *value);
/* Appends the lines of another text of that form (CLUSTER INFO). */
void redis_info_merge(struct redis_info *info, const char *text, size_t length);
/* The first value of exactly that key; NULL if there is none. */
const char *redis_info_text(const struct redis_info *info, const char *key);
/* False if the key is missing or its whole value is not such a number ("1.2" is not an integer). */
bool redis_info_int(const struct redis_info *info, const char *key, int64_t *number);
bool redis_info_real(const struct redis_info *info, const char *key, double *number);
/* The same for a value that is never negative: a negative number is invalid. */
bool redis_info_count(const struct redis_info *info, const char *key, int64_t *number);
/* Whether the value is that text. */
bool redis_info_is(const struct redis_info *info, const char *key, const char *text);
/* A number of 0 to 100. */
bool redis_info_percent(const struct redis_info *info, const char *key, double *number);
/* Where the value of that name begins in "name=mymaster,status=ok"; it ends at the comma or the
 * end. NULL if there is none. */
const char *redis_info_word(const char *value, const char *name);
/* A number of "keys=12,expires=3,avg_ttl=0" by its whole name. */
bool redis_info_field(const char *value, const char *name, int64_t *number);
/* Whether it is an INFO at all. */
bool redis_info_plausible(const struct redis_info *info);
/* The number of "db12" with that prefix; -1 for any other key. */
int redis_info_index(const char *key, const char *prefix);

/* used_memory and what the server compares with maxmemory before it evicts: used_memory minus
 * mem_not_counted_for_evict (replication buffers, AOF buffer). Each -1 if not known. */
struct redis_memory {
  int64_t used, counted;
  int64_t limit; /* 0: no maxmemory */
};
void redis_memory_read(const struct redis_info *info, struct redis_memory *memory);
/* memory->counted / memory->limit, which must be known and not 0. */
double redis_memory_ratio(const struct redis_memory *memory);
/* Keys of all databases, and those with a TTL. */
void redis_keys_count(const struct redis_info *info, int64_t *keys, int64_t *expires);
/* The same of one database; 0 for one that is not listed. */
void redis_keys_of_database(const struct redis_info *info, int db, int64_t *keys, int64_t *expires);
/* 70015 of "redis_version:7.0.15" (for Valkey: the version that it is compatible with); 0 if there
 * is none. */
int redis_info_version(const struct redis_info *info);
