/* A command as it may be shown and stored: its name and its key, and none of the values, which may
 * be secrets. What is not in these tables is no known command, and might be a secret itself. */
#include "actions/redis/redis_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The key is the first argument. */
static const char *const keyed[] = {"APPEND",
                                    "BITCOUNT",
                                    "BITFIELD",
                                    "BITFIELD_RO",
                                    "BITPOS",
                                    "BLMOVE",
                                    "BLPOP",
                                    "BRPOP",
                                    "BRPOPLPUSH",
                                    "BZPOPMAX",
                                    "BZPOPMIN",
                                    "COPY",
                                    "DECR",
                                    "DECRBY",
                                    "DEL",
                                    "DUMP",
                                    "EXISTS",
                                    "EXPIRE",
                                    "EXPIREAT",
                                    "EXPIRETIME",
                                    "GEOADD",
                                    "GEODIST",
                                    "GEOHASH",
                                    "GEOPOS",
                                    "GEORADIUS",
                                    "GEORADIUS_RO",
                                    "GEORADIUSBYMEMBER",
                                    "GEOSEARCH",
                                    "GEOSEARCHSTORE",
                                    "GET",
                                    "GETBIT",
                                    "GETDEL",
                                    "GETEX",
                                    "GETRANGE",
                                    "GETSET",
                                    "HDEL",
                                    "HEXISTS",
                                    "HEXPIRE",
                                    "HGET",
                                    "HGETALL",
                                    "HGETDEL",
                                    "HGETEX",
                                    "HINCRBY",
                                    "HINCRBYFLOAT",
                                    "HKEYS",
                                    "HLEN",
                                    "HMGET",
                                    "HMSET",
                                    "HRANDFIELD",
                                    "HSCAN",
                                    "HSET",
                                    "HSETEX",
                                    "HSETNX",
                                    "HSTRLEN",
                                    "HTTL",
                                    "HVALS",
                                    "INCR",
                                    "INCRBY",
                                    "INCRBYFLOAT",
                                    "LCS",
                                    "LINDEX",
                                    "LINSERT",
                                    "LLEN",
                                    "LMOVE",
                                    "LPOP",
                                    "LPOS",
                                    "LPUSH",
                                    "LPUSHX",
                                    "LRANGE",
                                    "LREM",
                                    "LSET",
                                    "LTRIM",
                                    "MGET",
                                    "MOVE",
                                    "MSET",
                                    "MSETNX",
                                    "PERSIST",
                                    "PEXPIRE",
                                    "PEXPIREAT",
                                    "PEXPIRETIME",
                                    "PFADD",
                                    "PFCOUNT",
                                    "PFMERGE",
                                    "PSETEX",
                                    "PTTL",
                                    "RENAME",
                                    "RENAMENX",
                                    "RESTORE",
                                    "RPOP",
                                    "RPOPLPUSH",
                                    "RPUSH",
                                    "RPUSHX",
                                    "SADD",
                                    "SCARD",
                                    "SDIFF",
                                    "SDIFFSTORE",
                                    "SET",
                                    "SETBIT",
                                    "SETEX",
                                    "SETNX",
                                    "SETRANGE",
                                    "SINTER",
                                    "SINTERSTORE",
                                    "SISMEMBER",
                                    "SMEMBERS",
                                    "SMISMEMBER",
                                    "SMOVE",
                                    "SORT",
                                    "SORT_RO",
                                    "SPOP",
                                    "SRANDMEMBER",
                                    "SREM",
                                    "SSCAN",
                                    "STRLEN",
                                    "SUBSTR",
                                    "SUNION",
                                    "SUNIONSTORE",
                                    "TOUCH",
                                    "TTL",
                                    "TYPE",
                                    "UNLINK",
                                    "WATCH",
                                    "XACK",
                                    "XADD",
                                    "XAUTOCLAIM",
                                    "XCLAIM",
                                    "XDEL",
                                    "XLEN",
                                    "XPENDING",
                                    "XRANGE",
                                    "XREVRANGE",
                                    "XSETID",
                                    "XTRIM",
                                    "ZADD",
                                    "ZCARD",
                                    "ZCOUNT",
                                    "ZDIFFSTORE",
                                    "ZINCRBY",
                                    "ZINTERSTORE",
                                    "ZLEXCOUNT",
                                    "ZMSCORE",
                                    "ZPOPMAX",
                                    "ZPOPMIN",
                                    "ZRANDMEMBER",
                                    "ZRANGE",
                                    "ZRANGEBYLEX",
                                    "ZRANGEBYSCORE",
                                    "ZRANGESTORE",
                                    "ZRANK",
                                    "ZREM",
                                    "ZREMRANGEBYLEX",
                                    "ZREMRANGEBYRANK",
                                    "ZREMRANGEBYSCORE",
                                    "ZREVRANGE",
                                    "ZREVRANGEBYLEX",
                                    "ZREVRANGEBYSCORE",
                                    "ZREVRANK",
                                    "ZSCAN",
                                    "ZSCORE",
                                    "ZUNIONSTORE",
                                    NULL};
/* The first argument is a word of the command; behind it a key, or for the second list anything. */
static const char *const keyed_second[] = {"MEMORY", "OBJECT", "XGROUP", "XINFO", NULL};
static const char *const worded[] = {"ACL",    "CLIENT",  "CLUSTER",  "COMMAND", "CONFIG",
                                     "DEBUG",  "LATENCY", "FUNCTION", "MODULE",  "PUBSUB",
                                     "SCRIPT", "SLOWLOG", NULL};
/* Nothing of what is behind them. */
static const char *const bare[] = {
    "AUTH",         "BGREWRITEAOF", "BGSAVE",    "BLMPOP",     "BZMPOP",      "DBSIZE",
    "DISCARD",      "ECHO",         "EVAL",      "EVALSHA",    "EVALSHA_RO",  "EVAL_RO",
    "EXEC",         "FAILOVER",     "FCALL",     "FCALL_RO",   "FLUSHALL",    "FLUSHDB",
    "HELLO",        "INFO",         "KEYS",      "LASTSAVE",   "LMPOP",       "MIGRATE",
    "MONITOR",      "MULTI",        "PING",      "PSUBSCRIBE", "PSYNC",       "PUBLISH",
    "PUNSUBSCRIBE", "QUIT",         "RANDOMKEY", "READONLY",   "READWRITE",   "REPLCONF",
    "REPLICAOF",    "RESET",        "ROLE",      "SAVE",       "SCAN",        "SELECT",
    "SHUTDOWN",     "SINTERCARD",   "SLAVEOF",   "SPUBLISH",   "SSUBSCRIBE",  "SUBSCRIBE",
    "SUNSUBSCRIBE", "SWAPDB",       "SYNC",      "TIME",       "UNSUBSCRIBE", "UNWATCH",
    "WAIT",         "WAITAOF",      "XREAD",     "XREADGROUP", "ZDIFF",       "ZINTER",
    "ZINTERCARD",   "ZMPOP",        "ZUNION",    NULL};

static const char *find(const char *const *names, const struct redis_word *word) {
  for (const char *const *name = names; *name; name++)
    if (strlen(*name) == word->length && strncasecmp(*name, word->bytes, word->length) == 0)
      return *name;
  return NULL;
}

static bool is_plain(const struct redis_word *word) {
  for (size_t i = 0; i < word->length; i++)
    if (!isalpha((unsigned char)word->bytes[i]) && word->bytes[i] != '-')
      return false;
  return word->length > 0 && word->length < 24;
}

const char *redis_command_shown(char *out, size_t size, const struct redis_word *words,
                                size_t count) {
  char sub[24] = "", key[REDIS_SHOWN_KEY_MAX] = "";
  const char *name = NULL;
  size_t at = 1;
  if (count > 0 && (name = find(keyed, &words[0]))) {
    if (count > 1)
      redis_repr(key, sizeof key, words[at].bytes, words[at].length);
    at++;
  } else if (count > 0 &&
             ((name = find(keyed_second, &words[0])) || (name = find(worded, &words[0])))) {
    if (count > 1 && is_plain(&words[1]))
      snprintf(sub, sizeof sub, "%.*s", (int)words[1].length, words[1].bytes);
    at += *sub != '\0';
    if (*sub && count > 2 && find(keyed_second, &words[0])) {
      redis_repr(key, sizeof key, words[at].bytes, words[at].length);
      at++;
    }
  } else if (count > 0) {
    name = find(bare, &words[0]);
  }
  snprintf(out, size, "%s%s%s%s%s%s", name ? name : "another command", *sub ? " " : "", sub,
           *key ? " " : "", key, count > at ? " ..." : "");
  return out;
}
