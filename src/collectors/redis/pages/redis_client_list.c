/* The page redis.clients: the clients of CLIENT LIST, one by one and by name and address. */
#include "clients/redis/redis_clients.h"
#include "clients/redis/redis_contract.h"
#include "collectors/redis/pages/redis_page.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/text/format.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN(name, ...) name,
enum summary_column {
#include "redis_clients_summary.def"
  SUMMARY_COLUMN_COUNT
};
enum group_column {
#include "redis_client_groups.def"
  GROUP_COLUMN_COUNT
};
enum client_column {
#include "redis_clients.def"
  CLIENT_COLUMN_COUNT
};
#undef COLUMN

#define COLUMN(name, ...) [name] = {__VA_ARGS__},
static const struct column_spec summary_columns[SUMMARY_COLUMN_COUNT] = {
#include "redis_clients_summary.def"
};
static const struct column_spec groups_columns[GROUP_COLUMN_COUNT] = {
#include "redis_client_groups.def"
};
static const struct column_spec clients_columns[CLIENT_COLUMN_COUNT] = {
#include "redis_clients.def"
};
#undef COLUMN

REDIS_PAGE_TABLE(summary, "summary", "Clients", TABLE_SUMMARY);
REDIS_PAGE_TABLE(groups, "groups", "By name and host", 0);
REDIS_PAGE_TABLE(clients, REDIS_CLIENTS_TABLE, "Clients", 0);
static const struct table_spec *const tables[] = {&summary, &groups, &clients};

enum { GROUPS_MAX = 10000, GROUP_KEY_MAX = 2 * REDIS_CLIENT_TEXT_MAX };

struct group {
  char key[GROUP_KEY_MAX], name[REDIS_CLIENT_TEXT_MAX], host[REDIS_CLIENT_TEXT_MAX];
  int64_t clients, blocked, idle, output, memory; /* memory: -1 if not known */
};

struct memory {
  struct group **groups;
  size_t count;
  struct map by_key;
  struct group all;
  int64_t pubsub, own;
};

static void memory_clear(void *self) {
  struct memory *memory = self;
  for (size_t i = 0; i < memory->count; i++)
    free(memory->groups[i]);
  free(memory->groups);
  map_fini(&memory->by_key);
  *memory = (struct memory){0};
}

/* ---- groups */

static struct group *group_of(struct memory *memory, const char *name, const char *host) {
  char key[GROUP_KEY_MAX];
  snprintf(key, sizeof key, "%s %s", name, host);
  const struct map_slot *found = map_find(&memory->by_key, key);
  if (found)
    return memory->groups[found->value];
  if (memory->count == GROUPS_MAX)
    return NULL;
  if (!memory->groups)
    memory->groups = mem_new(GROUPS_MAX * sizeof *memory->groups);
  struct group *group = mem_new(sizeof *group);
  memcpy(group->key, key, sizeof key);
  snprintf(group->name, sizeof group->name, "%s", name);
  snprintf(group->host, sizeof group->host, "%s", host);
  memory->groups[memory->count] = group;
  map_add(&memory->by_key, group->key, memory->count++);
  return group;
}

static int64_t number_of(struct value value) {
  return value.type == VALUE_INT ? value.integer : -1;
}

static void group_add(struct group *group, const struct row *row, const char *kind) {
  const int64_t idle = number_of(row->cells[CLIENT_IDLE]);
  const int64_t output = number_of(row->cells[CLIENT_OUTPUT]);
  const int64_t memory = number_of(row->cells[CLIENT_MEMORY]);
  const bool waits = strcmp(kind, "client") == 0 || strcmp(kind, "blocked") == 0;
  group->clients++;
  group->blocked += strcmp(kind, "blocked") == 0;
  if (waits && idle > group->idle)
    group->idle = idle;
  group->output += output > 0 ? output : 0;
  if (memory < 0)
    group->memory = -1;
  else if (group->memory >= 0)
    group->memory += memory;
}

/* ---- reading */

/* "10.0.0.7" of "10.0.0.7:5000"; a socket has the path of the server's and the port 0. */
static void host_of(char out[REDIS_CLIENT_TEXT_MAX], const char *address) {
  snprintf(out, REDIS_CLIENT_TEXT_MAX, "%s", address);
  char *colon = strrchr(out, ':');
  if (colon)
    *colon = '\0';
}

/* A name may hold any character but blanks and line ends, and may be missing. */
static struct value field_of(struct sample *sample, const char *line, const char *end,
                             const char *name, const char *none) {
  char text[REDIS_CLIENT_TEXT_MAX];
  if (!redis_client_text(line, end, name, text))
    return value_none(none);
  return *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

static struct value count_of(const char *line, const char *end, const char *name,
                             const char *none) {
  const struct value value = redis_client_number(line, end, name);
  return value.type == VALUE_NONE ? value_none(none) : value;
}

static void client_fill(struct sample *sample, struct row *row, const char *line, const char *end,
                        const char *kind) {
  struct value *cells = row->cells;
  char library[REDIS_CLIENT_TEXT_MAX], version[REDIS_CLIENT_TEXT_MAX];
  cells[CLIENT_ID] = value_text(sample_printf(sample, "client %s", row->key));
  cells[CLIENT_ADDRESS] = field_of(sample, line, end, "addr", NULL);
  cells[CLIENT_NAME] = field_of(sample, line, end, "name", NULL);
  cells[CLIENT_KIND] = value_text(kind);
  cells[CLIENT_COMMAND] = field_of(sample, line, end, "cmd", NULL);
  cells[CLIENT_IDLE] = count_of(line, end, "idle", "not reported");
  cells[CLIENT_AGE] = count_of(line, end, "age", "not reported");
  cells[CLIENT_OUTPUT] = count_of(line, end, "omem", "not reported");
  cells[CLIENT_MEMORY] = count_of(line, end, "tot-mem", clients_columns[CLIENT_MEMORY].none);
  cells[CLIENT_DB] = field_of(sample, line, end, "db", NULL);
  cells[CLIENT_USER] = field_of(sample, line, end, "user", clients_columns[CLIENT_USER].none);
  cells[CLIENT_RESP] = field_of(sample, line, end, "resp", clients_columns[CLIENT_RESP].none);
  if (!redis_client_text(line, end, "lib-name", library))
    cells[CLIENT_LIBRARY] = value_none(clients_columns[CLIENT_LIBRARY].none);
  else if (*library)
    cells[CLIENT_LIBRARY] = value_text(sample_printf(
        sample, "%s%s%s", library,
        redis_client_text(line, end, "lib-ver", version) && *version ? " " : "", version));
  const int64_t channels = number_of(redis_client_number(line, end, "sub"));
  const int64_t patterns = number_of(redis_client_number(line, end, "psub"));
  if (channels >= 0 && patterns >= 0)
    cells[CLIENT_SUBSCRIPTIONS] = value_int(channels + patterns);
  const struct value queued = redis_client_number(line, end, "multi"); /* -1 without MULTI */
  if (queued.type == VALUE_INT)
    cells[CLIENT_QUEUED] = queued;
}

static void client_take(void *arg, const char *line, const char *end) {
  struct redis_page_call *call = arg;
  struct memory *memory = call->memory;
  char id[REDIS_CLIENT_TEXT_MAX], name[REDIS_CLIENT_TEXT_MAX], flags[REDIS_CLIENT_TEXT_MAX];
  char address[REDIS_CLIENT_TEXT_MAX], host[REDIS_CLIENT_TEXT_MAX];
  if (!redis_client_text(line, end, "id", id) || !*id)
    return;
  redis_client_text(line, end, "name", name);
  if (strcmp(name, REDIS_CLIENT_OWN_NAME) == 0) {
    memory->own++;
    return;
  }
  struct table *table = sample_table(call->sample, clients.id);
  struct row *row = sample_row(call->sample, table, id, NULL);
  if (!row)
    return;
  redis_client_text(line, end, "flags", flags);
  const char *kind = redis_client_kind(flags);
  client_fill(call->sample, row, line, end, kind);
  redis_client_text(line, end, "addr", address);
  host_of(host, address);
  struct group *group = group_of(memory, name, host);
  group_add(&memory->all, row, kind);
  memory->pubsub += strcmp(kind, "pubsub") == 0;
  if (group)
    group_add(group, row, kind);
}

static bool clients_read(struct redis_page_call *call, const struct redisReply *reply,
                         struct err *err) {
  (void)err;
  memory_clear(call->memory);
  redis_clients_each(reply, client_take, call);
  return reply->type != REDIS_REPLY_ARRAY;
}

/* ---- the tables */

static struct value share_of(int64_t clients_now, int64_t max) {
  return max > 0 ? value_real((double)clients_now / (double)max)
                 : value_none(summary_columns[CLIENTS_USED].none);
}

static struct value memory_of(const struct group *group) {
  return group->memory < 0 ? value_none(summary_columns[CLIENTS_MEMORY].none)
                           : value_int(group->memory);
}

static void group_fill(const struct redis_page_call *call, struct table *table,
                       const struct group *group, int64_t max) {
  struct row *row = sample_row(call->sample, table, group->key, NULL);
  if (!row)
    return;
  row->cells[GROUP_NAME] =
      value_text(*group->name ? sample_copy(call->sample, group->name) : "(no name)");
  row->cells[GROUP_HOST] = value_text(sample_copy(call->sample, group->host));
  row->cells[GROUP_CLIENTS] = value_int(group->clients);
  row->cells[GROUP_SHARE] = share_of(group->clients, max);
  row->cells[GROUP_BLOCKED] = value_int(group->blocked);
  row->cells[GROUP_IDLE] = value_int(group->idle);
  row->cells[GROUP_OUTPUT] = value_int(group->output);
  row->cells[GROUP_MEMORY] = memory_of(group);
}

static void summary_fill(const struct redis_page_call *call, int64_t max) {
  const struct memory *memory = call->memory;
  struct row *row =
      sample_row(call->sample, sample_table(call->sample, summary.id), "clients", NULL);
  int64_t count;
  if (!row)
    return;
  if (!redis_info_count(call->info, "connected_clients", &count))
    count = memory->all.clients + memory->own;
  row->cells[CLIENTS_COUNT] = value_int(count);
  row->cells[CLIENTS_MAX] =
      max > 0 ? value_int(max) : value_none(summary_columns[CLIENTS_MAX].none);
  row->cells[CLIENTS_USED] = share_of(count, max);
  row->cells[CLIENTS_BLOCKED] = value_int(memory->all.blocked);
  row->cells[CLIENTS_PUBSUB] = value_int(memory->pubsub);
  row->cells[CLIENTS_OUTPUT] = value_int(memory->all.output);
  row->cells[CLIENTS_MEMORY] = memory_of(&memory->all);
  row->cells[CLIENTS_IDLE] = value_int(memory->all.idle);
}

static void finish(struct redis_page_call *call) {
  const struct memory *memory = call->memory;
  char text[FORMAT_MAX + 16];
  int64_t max;
  if (!redis_info_count(call->info, "maxclients", &max))
    max = -1;
  summary_fill(call, max);
  for (size_t i = 0; i < memory->count; i++)
    group_fill(call, sample_table(call->sample, groups.id), memory->groups[i], max);
  redis_page_sort(call, groups.id, GROUP_CLIENTS);
  redis_page_sort(call, clients.id, CLIENT_OUTPUT);
  if (memory->count == GROUPS_MAX)
    sample_note(call->sample, groups.id, NULL, "more than %d names and addresses", GROUPS_MAX);
  if (memory->own > 0)
    sample_note(call->sample, clients.id, NULL, "without %s of stacktop",
                format_counted(text, sizeof text, memory->own, "connection", "connections"));
}

/* ---- the page */

static const struct redis_page own = {
    .steps =
        (const struct redis_page_step[]){
            {.words = {"CLIENT", "LIST"}, .right = "+client|list", .read = clients_read},
            {0},
        },
    .memory = sizeof(struct memory),
    .finish = finish,
    .forget = memory_clear,
};

static const struct page_sort sorts[] = {
    {"output buffer", REDIS_CLIENTS_TABLE, "output"},
    {"memory", REDIS_CLIENTS_TABLE, "memory"},
    {"idle", REDIS_CLIENTS_TABLE, "idle"},
    {"oldest", REDIS_CLIENTS_TABLE, "age"},
    {"most clients", "groups", "clients"},
};

const struct page page_redis_clients = {
    .spec = {.id = "redis.clients",
             .kind = "redis",
             .title = "Clients",
             .question = "Who is connected, and who holds memory or waits?",
             .cost = "INFO and CLIENT LIST every 5s; about 350 bytes a client",
             .interval_ms = 5000,
             PAGE_TABLES(tables),
             PAGE_SORTS(sorts)},
    .watch = &redis_page_watch,
    .own = &own,
};
