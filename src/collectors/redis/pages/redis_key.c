/* The page redis.key: one key, without its value.
 *
 * Reading its length would make the key look used. Since 7.2 the connection does not count as a
 * client that uses it (CLIENT NO-TOUCH); an older server is asked for the length once. */
#include "clients/redis/redis_contract.h"
#include "clients/redis/redis_words.h"
#include "collectors/redis/pages/redis_page.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

#define COLUMN(name, ...) name,
enum key_column {
#include "redis_key.def"
  KEY_COLUMN_COUNT
};
#undef COLUMN

#define COLUMN(name, ...) [name] = {__VA_ARGS__},
static const struct column_spec keys_columns[KEY_COLUMN_COUNT] = {
#include "redis_key.def"
};
#undef COLUMN

REDIS_PAGE_TABLE(keys, REDIS_KEYS_TABLE, "Key", 0);
static const struct table_spec *const tables[] = {&keys};

enum { NO_TOUCH_VERSION = 70200, TYPE_MAX = 32 };

struct memory {
  char name[REDIS_KEY_NAME_MAX];
  size_t length;
  char type[TYPE_MAX];
  struct value size; /* the length of the key; not read again by an old server */
  bool has_size;
};

static struct value *cells_of(const struct redis_page_call *call) {
  struct table *table = sample_table(call->sample, keys.id);
  return table->rows[0].cells; /* begin makes it */
}

static void begin(struct redis_page_call *call) {
  const char *key = call->focus->key ? call->focus->key : "";
  struct memory *memory = call->memory;
  struct row *row = sample_row(call->sample, sample_table(call->sample, keys.id), key, NULL);
  if (!row)
    return;
  if (!redis_unrepr(key, memory->name, sizeof memory->name, &memory->length))
    memory->length = 0;
  row->cells[KEY_NAME] = value_text(row->key);
  row->cells[KEY_DB] = value_int(call->db);
}

/* Sends "WORD [WORD] key [WORD WORD]". */
static bool key_send(struct redis_page_call *call, const char *first, const char *second,
                     const char *after, const char *last, struct err *err) {
  const struct memory *memory = call->memory;
  const char *const words[] = {first, second, memory->name, after, last};
  const char *argv[5];
  size_t lengths[5];
  int argc = 0;
  if (memory->length == 0)
    return err_set(err, ERR_INVALID,
                   "\"%.60s\" is not the name of a key as redis-cli prints it, of at most %d bytes",
                   call->focus->key ? call->focus->key : "", REDIS_KEY_NAME_MAX);
  for (size_t i = 0; i < 5; i++) {
    if (!words[i])
      continue;
    argv[argc] = words[i];
    lengths[argc++] = i == 2 ? memory->length : strlen(words[i]);
  }
  return redis_page_send(call, argc, argv, lengths, err);
}

/* ---- the steps */

static bool touch_read(struct redis_page_call *call, const struct redisReply *reply,
                       struct err *err) {
  (void)call;
  (void)reply;
  (void)err;
  return true;
}

static bool type_send(struct redis_page_call *call, struct err *err) {
  return key_send(call, "TYPE", NULL, NULL, NULL, err);
}

static bool type_read(struct redis_page_call *call, const struct redisReply *reply,
                      struct err *err) {
  struct memory *memory = call->memory;
  if (reply->type != REDIS_REPLY_STATUS && reply->type != REDIS_REPLY_STRING)
    return false;
  if (strcmp(reply->str, "none") == 0)
    return err_set(err, ERR_INVALID, "database %d has no key %.120s now", call->db,
                   call->focus->key);
  if (strncmp(memory->type, reply->str, sizeof memory->type - 1) != 0)
    memory->has_size = false; /* it was replaced */
  snprintf(memory->type, sizeof memory->type, "%s", reply->str);
  cells_of(call)[KEY_TYPE] = redis_page_text(call, reply);
  return true;
}

static bool encoding_send(struct redis_page_call *call, struct err *err) {
  cells_of(call)[KEY_ENCODING] = value_none(keys_columns[KEY_ENCODING].none);
  return key_send(call, "OBJECT", "ENCODING", NULL, NULL, err);
}

static bool encoding_read(struct redis_page_call *call, const struct redisReply *reply,
                          struct err *err) {
  (void)err;
  cells_of(call)[KEY_ENCODING] = redis_page_text(call, reply);
  return true;
}

static bool ttl_send(struct redis_page_call *call, struct err *err) {
  cells_of(call)[KEY_TTL] = value_none(keys_columns[KEY_TTL].none);
  return key_send(call, "PTTL", NULL, NULL, NULL, err);
}

static bool ttl_read(struct redis_page_call *call, const struct redisReply *reply,
                     struct err *err) {
  const int64_t ms = redis_number(reply);
  (void)err;
  cells_of(call)[KEY_TTL] = ms < 0 ? value_none(NULL) : value_real((double)ms / 1e3);
  return true;
}

static bool idle_send(struct redis_page_call *call, struct err *err) {
  cells_of(call)[KEY_IDLE] = value_none(keys_columns[KEY_IDLE].none);
  return key_send(call, "OBJECT", "IDLETIME", NULL, NULL, err);
}

static bool idle_read(struct redis_page_call *call, const struct redisReply *reply,
                      struct err *err) {
  (void)err;
  if (reply->type == REDIS_REPLY_INTEGER)
    cells_of(call)[KEY_IDLE] = value_int(reply->integer);
  return true;
}

static bool frequency_send(struct redis_page_call *call, struct err *err) {
  cells_of(call)[KEY_FREQUENCY] = value_none(keys_columns[KEY_FREQUENCY].none);
  return key_send(call, "OBJECT", "FREQ", NULL, NULL, err);
}

static bool frequency_read(struct redis_page_call *call, const struct redisReply *reply,
                           struct err *err) {
  (void)err;
  if (reply->type == REDIS_REPLY_INTEGER)
    cells_of(call)[KEY_FREQUENCY] = value_int(reply->integer);
  return true;
}

static bool memory_send(struct redis_page_call *call, struct err *err) {
  cells_of(call)[KEY_BYTES] = value_none(keys_columns[KEY_BYTES].none);
  return key_send(call, "MEMORY", "USAGE", "SAMPLES", "5", err);
}

static bool memory_read(struct redis_page_call *call, const struct redisReply *reply,
                        struct err *err) {
  (void)err;
  if (reply->type == REDIS_REPLY_INTEGER)
    cells_of(call)[KEY_BYTES] = value_int(reply->integer);
  return true;
}

static bool size_send(struct redis_page_call *call, struct err *err) {
  static const struct {
    const char *type, *command;
  } commands[] = {{"string", "STRLEN"}, {"list", "LLEN"}, {"set", "SCARD"},
                  {"zset", "ZCARD"},    {"hash", "HLEN"}, {"stream", "XLEN"}};
  struct memory *memory = call->memory;
  if (memory->has_size && call->version < NO_TOUCH_VERSION)
    return true;
  memory->size = value_none(keys_columns[KEY_LENGTH].none);
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (strcmp(memory->type, commands[i].type) == 0)
      return key_send(call, commands[i].command, NULL, NULL, NULL, err);
  return true;
}

static bool size_read(struct redis_page_call *call, const struct redisReply *reply,
                      struct err *err) {
  struct memory *memory = call->memory;
  (void)err;
  if (reply->type == REDIS_REPLY_INTEGER)
    memory->size = value_int(reply->integer);
  memory->has_size = true;
  return true;
}

static bool size_refused(struct redis_page_call *call, const struct err *err) {
  struct memory *memory = call->memory;
  if (err->kind == ERR_DENIED)
    memory->size = value_none("needs the command for the length of this type");
  return true;
}

static void finish(struct redis_page_call *call) {
  const struct memory *memory = call->memory;
  cells_of(call)[KEY_LENGTH] = memory->size;
  if (call->version < NO_TOUCH_VERSION && memory->has_size)
    sample_note(call->sample, keys.id, keys_columns[KEY_IDLE].id,
                "the length is that of the opening: reading it makes the key look used, and IDLE "
                "counts from then on (CLIENT NO-TOUCH needs Redis 7.2)");
}

/* ---- the page */

static bool about(const char *table, const char *key) {
  return strcmp(table, REDIS_HOT_TABLE) != 0 || !key || strcmp(key, REDIS_HOT_NO_KEY) != 0;
}

static const struct redis_page own = {
    .steps =
        (const struct redis_page_step[]){
            {.words = {"CLIENT", "NO-TOUCH", "ON"},
             .version_min = NO_TOUCH_VERSION,
             .read = touch_read,
             .refused = redis_page_ignored},
            {.send = type_send, .right = "+type ~*", .read = type_read},
            {.send = encoding_send, .read = encoding_read, .refused = redis_page_ignored},
            {.send = ttl_send, .read = ttl_read, .refused = redis_page_ignored},
            {.send = idle_send, .read = idle_read, .refused = redis_page_ignored},
            {.send = frequency_send, .read = frequency_read, .refused = redis_page_ignored},
            {.send = memory_send, .read = memory_read, .refused = redis_page_ignored},
            {.send = size_send, .read = size_read, .refused = size_refused},
            {0},
        },
    .memory = sizeof(struct memory),
    .begin = begin,
    .finish = finish,
};

const struct page page_redis_key = {
    .spec = {.id = "redis.key",
             .kind = "redis",
             .row_of = REDIS_KEYS_TABLE,
             .also_of = REDIS_HOT_TABLE,
             .about = about,
             .named = true,
             .title = "Key",
             .question = "What is this key, and when does it expire?",
             .cost = "8 small commands per interval; its value is not read",
             PAGE_TABLES(tables)},
    .watch = &redis_page_watch,
    .own = &own,
};
