/* The page redis.topology: the nodes of a cluster, what a Sentinel watches, or a primary and its
 * replicas, as this server sees them. */
#include "clients/redis/redis_contract.h"
#include "clients/redis/redis_nodes.h"
#include "collectors/redis/pages/redis_page.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/number.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN(name, ...) name,
enum summary_column {
#include "redis_topology_summary.def"
  SUMMARY_COLUMN_COUNT
};
enum node_column {
#include "redis_topology_nodes.def"
  NODE_COLUMN_COUNT
};
#undef COLUMN

#define COLUMN(name, ...) [name] = {__VA_ARGS__},
static const struct column_spec summary_columns[SUMMARY_COLUMN_COUNT] = {
#include "redis_topology_summary.def"
};
static const struct column_spec nodes_columns[NODE_COLUMN_COUNT] = {
#include "redis_topology_nodes.def"
};
#undef COLUMN

REDIS_PAGE_TABLE(summary, "summary", "Topology", TABLE_SUMMARY);
REDIS_PAGE_TABLE(nodes, REDIS_NODES_TABLE, "Nodes", TABLE_UNFOLDED);
static const struct table_spec *const tables[] = {&summary, &nodes};

enum { MASTERS_MAX = 256, MASTER_NAME_MAX = 128, PLACE_MAX = 300 };

struct memory {
  char masters[MASTERS_MAX][MASTER_NAME_MAX]; /* names of a Sentinel's */
  size_t master_count;
  int64_t masters_seen, replicas, failing, slots; /* slots -1: no cluster */
};

static bool is_sentinel(const struct redis_page_call *call) {
  return redis_info_is(call->info, "redis_mode", "sentinel") ||
         redis_info_is(call->info, "server_mode", "sentinel");
}

static void begin(struct redis_page_call *call) {
  struct memory *memory = call->memory;
  *memory = (struct memory){.slots = call->cluster ? 0 : -1};
}

static struct value *summary_cells(const struct redis_page_call *call) {
  struct table *table = sample_table(call->sample, summary.id);
  struct row *row =
      table->row_count > 0 ? &table->rows[0] : sample_row(call->sample, table, "topology", NULL);
  return row ? row->cells : NULL;
}

static struct row *node_row(const struct redis_page_call *call, const char *key,
                            const char *parent) {
  return sample_row(call->sample, sample_table(call->sample, nodes.id), key, parent);
}

static struct value text(const struct redis_page_call *call, const char *words) {
  return *words ? value_text(sample_copy(call->sample, words)) : value_none(NULL);
}

/* ---- a cluster */

static bool cluster_send(struct redis_page_call *call, struct err *err) {
  return !call->cluster ||
         redis_page_send(call, 2, (const char *const[]){"CLUSTER", "NODES"}, NULL, err);
}

static const char *node_state(const struct redis_node *node) {
  static const char *const states[] = {"fail", "fail?", "handshake", "noaddr"};
  for (size_t i = 0; i < sizeof states / sizeof *states; i++)
    if (redis_node_is(node, states[i]))
      return states[i];
  return "ok";
}

static void node_fill(const struct redis_page_call *call, const struct redis_node *node,
                      const char *parent) {
  struct memory *memory = call->memory;
  struct row *row = node_row(call, node->id, parent);
  const bool own = redis_node_is(node, "myself"), master = redis_node_is(node, "master");
  const char *state = node_state(node);
  if (!row)
    return;
  struct value *cells = row->cells;
  cells[NODE_ADDRESS] = text(call, node->address);
  cells[NODE_ROLE] = value_text(sample_printf(call->sample, "%s%s", master ? "master" : "replica",
                                              own ? " (this server)" : ""));
  cells[NODE_STATE] = value_text(state);
  cells[NODE_LINK] = text(call, node->link);
  if (master) {
    cells[NODE_SLOTS] = value_int(node->slots);
    cells[NODE_RANGES] = text(call, node->ranges);
  }
  if (node->pong_ms > 0 && !own) {
    const int64_t ago = clock_wall_ms() - node->pong_ms;
    cells[NODE_SEEN] = value_real(ago > 0 ? (double)ago / 1e3 : 0);
  }
  if (node->epoch >= 0)
    cells[NODE_EPOCH] = value_int(node->epoch);
  cells[NODE_ID] = value_text(row->key);
  *(master ? &memory->masters_seen : &memory->replicas) += 1;
  memory->failing += strcmp(state, "ok") != 0 || strcmp(node->link, "connected") != 0;
  memory->slots += node->slots;
}

/* Masters first, so that replicas come below them; one whose master is not listed is a root. */
static bool cluster_read(struct redis_page_call *call, const struct redisReply *reply,
                         struct err *err) {
  struct map masters = {.slots = NULL};
  struct redis_node *list = mem_new(REDIS_NODES_MAX * sizeof *list);
  size_t count = 0;
  (void)err;
  const bool good = reply->type == REDIS_REPLY_STRING;
  for (const char *at = good ? reply->str : NULL; at && count < REDIS_NODES_MAX;) {
    at = redis_node_read(at, &list[count]);
    count += at && *list[count].id;
  }
  for (size_t i = 0; i < count; i++)
    if (!*list[i].master && map_add(&masters, list[i].id, i))
      node_fill(call, &list[i], NULL);
  for (size_t i = 0; i < count; i++)
    if (*list[i].master)
      node_fill(call, &list[i], map_find(&masters, list[i].master) ? list[i].master : NULL);
  map_fini(&masters);
  free(list);
  return good && count > 0;
}

static bool state_send(struct redis_page_call *call, struct err *err) {
  return !call->cluster ||
         redis_page_send(call, 2, (const char *const[]){"CLUSTER", "INFO"}, NULL, err);
}

static bool state_read(struct redis_page_call *call, const struct redisReply *reply,
                       struct err *err) {
  struct redis_info info = {0};
  int64_t epoch;
  (void)err;
  if (reply->type != REDIS_REPLY_STRING)
    return false;
  redis_info_parse(&info, reply->str, reply->len);
  struct value *cells = summary_cells(call);
  const char *state = redis_info_text(&info, "cluster_state");
  if (cells && state)
    cells[TOPOLOGY_STATE] = text(call, state);
  if (cells && redis_info_count(&info, "cluster_current_epoch", &epoch))
    cells[TOPOLOGY_EPOCH] = value_int(epoch);
  redis_info_fini(&info);
  return true;
}

/* ---- a Sentinel */

static bool masters_send(struct redis_page_call *call, struct err *err) {
  return !is_sentinel(call) ||
         redis_page_send(call, 2, (const char *const[]){"SENTINEL", "MASTERS"}, NULL, err);
}

/* "s_down", "o_down", ... of "slave,s_down,disconnected"; "ok" */
static const char *flags_state(const struct redis_page_call *call, const char *flags) {
  static const char *const roles[] = {"master", "slave", "sentinel"};
  char rest[200] = "";
  for (const char *at = flags; *at; at += strspn(at, ",")) {
    const size_t length = strcspn(at, ","), used = strlen(rest);
    bool role = false;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
      role = role || (strlen(roles[i]) == length && strncmp(at, roles[i], length) == 0);
    if (!role && used < sizeof rest - 1)
      snprintf(rest + used, sizeof rest - used, "%s%.*s", used ? ", " : "", (int)length, at);
    at += length;
  }
  return *rest ? sample_copy(call->sample, rest) : "ok";
}

static struct row *watched_fill(const struct redis_page_call *call, const struct redisReply *item,
                                const char *role, const char *parent) {
  struct memory *memory = call->memory;
  char place[PLACE_MAX], key[PLACE_MAX + MASTER_NAME_MAX];
  const char *host = redis_field_text(item, "ip"), *port = redis_field_text(item, "port");
  const char *state = flags_state(call, redis_field_text(item, "flags"));
  snprintf(place, sizeof place, strchr(host, ':') ? "[%.200s]:%.8s" : "%.200s:%.8s", host, port);
  snprintf(key, sizeof key, "%s %s %s", parent ? parent : redis_field_text(item, "name"), role,
           place);
  struct row *row = node_row(call, parent ? key : redis_field_text(item, "name"), parent);
  if (!row)
    return NULL;
  const int64_t seen = redis_number(redis_field(item, "last-ok-ping-reply"));
  row->cells[NODE_ADDRESS] =
      parent
          ? text(call, place)
          : value_text(sample_printf(call->sample, "%s %s", redis_field_text(item, "name"), place));
  row->cells[NODE_ROLE] = value_text(role);
  row->cells[NODE_STATE] = value_text(state);
  if (seen >= 0)
    row->cells[NODE_SEEN] = value_real((double)seen / 1e3);
  row->cells[NODE_ID] = text(call, redis_field_text(item, "runid"));
  memory->failing += strcmp(state, "ok") != 0;
  return row;
}

static bool masters_read(struct redis_page_call *call, const struct redisReply *reply,
                         struct err *err) {
  struct memory *memory = call->memory;
  (void)err;
  if (reply->type != REDIS_REPLY_ARRAY)
    return false;
  for (size_t i = 0; i < reply->elements && memory->master_count < MASTERS_MAX; i++) {
    const struct redisReply *item = reply->element[i];
    const char *name = redis_field_text(item, "name");
    if (!*name || strlen(name) >= MASTER_NAME_MAX)
      continue;
    struct row *row = watched_fill(call, item, "master", NULL);
    if (!row)
      break;
    snprintf(memory->masters[memory->master_count++], MASTER_NAME_MAX, "%s", name);
    const int64_t quorum = redis_number(redis_field(item, "quorum"));
    const int64_t others = redis_number(redis_field(item, "num-other-sentinels"));
    const int64_t epoch = redis_number(redis_field(item, "config-epoch"));
    if (quorum >= 0)
      row->cells[NODE_QUORUM] = value_int(quorum);
    if (others >= 0)
      row->cells[NODE_SENTINELS] = value_int(others + 1);
    if (epoch >= 0)
      row->cells[NODE_EPOCH] = value_int(epoch);
    memory->masters_seen++;
  }
  return true;
}

/* Replicas, and the other Sentinels, of each. */
static bool members_send(struct redis_page_call *call, struct err *err) {
  const struct memory *memory = call->memory;
  for (size_t i = 0; i < memory->master_count; i++)
    if (!redis_page_send(call, 3, (const char *const[]){"SENTINEL", "SLAVES", memory->masters[i]},
                         NULL, err) ||
        !redis_page_send(
            call, 3, (const char *const[]){"SENTINEL", "SENTINELS", memory->masters[i]}, NULL, err))
      return false;
  return true;
}

static bool members_read(struct redis_page_call *call, const struct redisReply *reply,
                         struct err *err) {
  struct memory *memory = call->memory;
  const bool replicas = call->index % 2 == 0;
  (void)err;
  if (reply->type != REDIS_REPLY_ARRAY || call->index / 2 >= memory->master_count)
    return false;
  for (size_t i = 0; i < reply->elements; i++) {
    const struct redisReply *item = reply->element[i];
    struct row *row = watched_fill(call, item, replicas ? "replica" : "sentinel",
                                   memory->masters[call->index / 2]);
    if (!row)
      return true;
    if (replicas)
      row->cells[NODE_LINK] = text(call, redis_field_text(item, "master-link-status"));
    memory->replicas += replicas;
  }
  return true;
}

/* ---- a primary and its replicas, from INFO */

static void word_take(const char *value, const char *name, char out[PLACE_MAX]) {
  const char *word = redis_info_word(value, name);
  snprintf(out, PLACE_MAX, "%.*s", word ? (int)strcspn(word, ",") : 0, word ? word : "");
}

static void replica_fill(const struct redis_page_call *call, const char *value, int64_t offset,
                         const char *parent) {
  struct memory *memory = call->memory;
  char host[PLACE_MAX], port[PLACE_MAX], state[PLACE_MAX], key[PLACE_MAX];
  int64_t number;
  word_take(value, "ip", host);
  word_take(value, "port", port);
  word_take(value, "state", state);
  snprintf(key, sizeof key, strchr(host, ':') ? "[%.200s]:%.8s" : "%.200s:%.8s", host, port);
  struct row *row = node_row(call, key, parent);
  if (!row)
    return;
  row->cells[NODE_ADDRESS] = value_text(row->key);
  row->cells[NODE_ROLE] = value_text("replica");
  row->cells[NODE_LINK] = text(call, state);
  if (redis_info_field(value, "offset", &number) && offset >= 0 && number >= 0)
    row->cells[NODE_LAG] = value_int(offset > number ? offset - number : 0);
  if (redis_info_field(value, "lag", &number) && number >= 0)
    row->cells[NODE_SEEN] = value_int(number);
  memory->replicas++;
  memory->failing += strcmp(state, "online") != 0;
}

/* The primary of a replica is the root, this server is below it, its own replicas below that. */
static void replication_fill(const struct redis_page_call *call) {
  struct memory *memory = call->memory;
  static const char own[] = "this server";
  char master[PLACE_MAX];
  int64_t offset = -1, seconds;
  const char *host = redis_info_text(call->info, "master_host");
  const char *port = redis_info_text(call->info, "master_port");
  const bool replica = redis_info_is(call->info, "role", "slave") && host;
  const char *link = redis_info_text(call->info, "master_link_status");
  redis_info_count(call->info, "master_repl_offset", &offset);
  if (replica) {
    snprintf(master, sizeof master, strchr(host, ':') ? "[%.200s]:%.8s" : "%.200s:%.8s", host,
             port ? port : "");
    struct row *root = node_row(call, master, NULL);
    if (!root)
      return;
    root->cells[NODE_ADDRESS] = value_text(root->key);
    root->cells[NODE_ROLE] = value_text("master");
  }
  struct row *row = node_row(call, own, replica ? master : NULL);
  if (!row)
    return;
  row->cells[NODE_ADDRESS] = value_text(own);
  row->cells[NODE_ROLE] = value_text(replica ? "replica (this server)" : "master (this server)");
  if (replica && link)
    row->cells[NODE_LINK] = text(call, link);
  if (replica && redis_info_count(call->info, "master_last_io_seconds_ago", &seconds))
    row->cells[NODE_SEEN] = value_int(seconds);
  memory->masters_seen = 1;
  memory->replicas = replica;
  memory->failing = replica && link && strcmp(link, "up") != 0;
  for (size_t i = 0; i < call->info->count; i++)
    if (redis_info_index(call->info->lines[i].key, "slave") >= 0)
      replica_fill(call, call->info->lines[i].value, offset, own);
}

/* ---- the summary */

static void finish(struct redis_page_call *call) {
  const struct memory *memory = call->memory;
  struct value *cells = summary_cells(call);
  const char *link = redis_info_text(call->info, "master_link_status");
  int64_t offset;
  if (!call->cluster && !is_sentinel(call))
    replication_fill(call);
  if (!cells)
    return;
  cells[TOPOLOGY_MODE] = value_text(call->cluster       ? "cluster"
                                    : is_sentinel(call) ? "sentinel"
                                                        : "standalone");
  if (!call->cluster && link)
    cells[TOPOLOGY_STATE] = value_text(sample_printf(call->sample, "link %s", link));
  cells[TOPOLOGY_MASTERS] = value_int(memory->masters_seen);
  cells[TOPOLOGY_REPLICAS] = value_int(memory->replicas);
  cells[TOPOLOGY_FAILING] = value_int(memory->failing);
  if (memory->slots >= 0)
    cells[TOPOLOGY_SLOTS] = value_int(memory->slots);
  if (redis_info_count(call->info, "master_repl_offset", &offset))
    cells[TOPOLOGY_OFFSET] = value_int(offset);
}

/* ---- the page */

static const struct redis_page own = {
    .steps =
        (const struct redis_page_step[]){
            {.send = cluster_send,
             .right = "+cluster|nodes",
             .table = REDIS_NODES_TABLE,
             .read = cluster_read},
            {.send = state_send, .right = "+cluster|info", .table = "summary", .read = state_read},
            {.send = masters_send,
             .right = "+sentinel",
             .table = REDIS_NODES_TABLE,
             .read = masters_read},
            {.send = members_send,
             .right = "+sentinel",
             .table = REDIS_NODES_TABLE,
             .read = members_read},
            {0},
        },
    .memory = sizeof(struct memory),
    .begin = begin,
    .finish = finish,
};

const struct page page_redis_topology = {
    .spec = {.id = "redis.topology",
             .kind = "redis",
             .title = "Topology",
             .question = "Which nodes are there, who is master, what fails?",
             .cost = "INFO and 2 commands every 5s; 2 more for each master of Sentinel",
             .interval_ms = 5000,
             PAGE_TABLES(tables)},
    .watch = &redis_page_watch,
    .own = &own,
};
