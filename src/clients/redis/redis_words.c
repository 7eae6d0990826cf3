/* A command in the form that may be shown and stored: its name and its key, and none of the values,
 * which may be secrets. A word that is not in these tables is not a known command, and might itself
 * be a secret. */
#include "clients/redis/redis_words.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---- names */

/* Writes the representation of one byte; at most 4 characters and the terminator. */
static size_t repr_byte(char out[5], unsigned char byte) {
  static const char plain[] = "\n\r\t\a\b\\\"", letters[] = "nrtab\\\"";
  const char *special = byte ? strchr(plain, byte) : NULL;
  if (special)
    return (size_t)snprintf(out, 5, "\\%c", letters[special - plain]);
  if (byte >= 0x20 && byte < 0x7f)
    return (size_t)snprintf(out, 5, "%c", byte);
  return (size_t)snprintf(out, 5, "\\x%02x", byte);
}

const char *redis_repr(char *out, size_t size, const char *bytes, size_t length) {
  static const char more[] = "...";
  size_t used = 0, fits = 0; /* fits: up to where the dots still have room */
  for (size_t i = 0; i < length; i++) {
    char piece[5];
    size_t wrote = repr_byte(piece, (unsigned char)bytes[i]);
    if (used + wrote >= size) {
      snprintf(out + fits, size - fits, "%s", more);
      return out;
    }
    memcpy(out + used, piece, wrote);
    used += wrote;
    if (used + sizeof more <= size)
      fits = used;
  }
  out[used] = '\0';
  return out;
}

/* ---- commands */

/* The key is the first argument. */
static const char keyed[] =
    " APPEND BITCOUNT BITFIELD BITFIELD_RO BITPOS BLMOVE BLPOP BRPOP BRPOPLPUSH BZPOPMAX "
    "BZPOPMIN COPY DECR DECRBY DEL DUMP EXISTS EXPIRE EXPIREAT EXPIRETIME GEOADD GEODIST "
    "GEOHASH GEOPOS GEORADIUS GEORADIUS_RO GEORADIUSBYMEMBER GEOSEARCH GEOSEARCHSTORE GET "
    "GETBIT GETDEL GETEX GETRANGE GETSET HDEL HEXISTS HEXPIRE HGET HGETALL HGETDEL HGETEX "
    "HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HRANDFIELD HSCAN HSET HSETEX HSETNX HSTRLEN "
    "HTTL HVALS INCR INCRBY INCRBYFLOAT LCS LINDEX LINSERT LLEN LMOVE LPOP LPOS LPUSH LPUSHX "
    "LRANGE LREM LSET LTRIM MGET MOVE MSET MSETNX PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PFADD "
    "PFCOUNT PFMERGE PSETEX PTTL RENAME RENAMENX RESTORE RPOP RPOPLPUSH RPUSH RPUSHX SADD "
    "SCARD SDIFF SDIFFSTORE SET SETBIT SETEX SETNX SETRANGE SINTER SINTERSTORE SISMEMBER "
    "SMEMBERS SMISMEMBER SMOVE SORT SORT_RO SPOP SRANDMEMBER SREM SSCAN STRLEN SUBSTR SUNION "
    "SUNIONSTORE TOUCH TTL TYPE UNLINK WATCH XACK XADD XAUTOCLAIM XCLAIM XDEL XLEN XPENDING "
    "XRANGE XREVRANGE XSETID XTRIM ZADD ZCARD ZCOUNT ZDIFFSTORE ZINCRBY ZINTERSTORE ZLEXCOUNT "
    "ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANGESTORE ZRANK "
    "ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX "
    "ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNIONSTORE ";
/* The first argument is a word of the command; it is followed by a key, or for the second list by
 * anything. */
static const char keyed_second[] = " MEMORY OBJECT XGROUP XINFO ";
static const char worded[] =
    " ACL CLIENT CLUSTER COMMAND CONFIG DEBUG LATENCY FUNCTION MODULE PUBSUB SCRIPT SLOWLOG ";
/* None of their arguments. */
static const char bare[] =
    " AUTH BGREWRITEAOF BGSAVE BLMPOP BZMPOP DBSIZE DISCARD ECHO EVAL EVALSHA EVALSHA_RO "
    "EVAL_RO EXEC FAILOVER FCALL FCALL_RO FLUSHALL FLUSHDB HELLO INFO KEYS LASTSAVE LMPOP "
    "MIGRATE MONITOR MULTI PING PSUBSCRIBE PSYNC PUBLISH PUNSUBSCRIBE QUIT RANDOMKEY READONLY "
    "READWRITE REPLCONF REPLICAOF RESET ROLE SAVE SCAN SELECT SHUTDOWN SINTERCARD SLAVEOF "
    "SPUBLISH SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SWAPDB SYNC TIME UNSUBSCRIBE UNWATCH WAIT "
    "WAITAOF XREAD XREADGROUP ZDIFF ZINTER ZINTERCARD ZMPOP ZUNION ";

static const struct shape {
  const char *names;
  bool has_word, has_key;
} shapes[] = {
    {keyed, false, true}, {keyed_second, true, true}, {worded, true, false}, {bare, false, false}};

/* The word's place in the list, and its length; NULL if it is not in it. */
static const char *find(const char *list, const struct redis_word *word, int *length) {
  for (const char *at = list + strspn(list, " "); *at; at += *length, at += strspn(at, " ")) {
    *length = (int)strcspn(at, " ");
    if ((size_t)*length == word->length && strncasecmp(at, word->bytes, word->length) == 0)
      return at;
  }
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
  const struct shape *shape = shapes;
  const char *name = NULL;
  int length = 0;
  size_t at = 1;
  for (; count > 0 && shape < shapes + sizeof shapes / sizeof *shapes; shape++)
    if ((name = find(shape->names, &words[0], &length)))
      break;
  if (name && shape->has_word && count > at && is_plain(&words[at])) {
    snprintf(sub, sizeof sub, "%.*s", (int)words[at].length, words[at].bytes);
    at++;
  }
  if (name && shape->has_key && (!shape->has_word || *sub) && count > at) {
    redis_repr(key, sizeof key, words[at].bytes, words[at].length);
    at++;
  }
  snprintf(out, size, "%.*s%s%s%s%s%s", name ? length : 15, name ? name : "another command",
           *sub ? " " : "", sub, *key ? " " : "", key, count > at ? " ..." : "");
  return out;
}
