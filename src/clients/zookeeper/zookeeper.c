#include "clients/zookeeper/zookeeper.h"

#include <string.h>

/* ---- answers */

const char *zookeeper_field(const struct zookeeper_fields *fields, const char *name) {
  for (size_t i = 0; i < fields->count; i++)
    if (strcmp(fields->items[i].name, name) == 0)
      return fields->items[i].value;
  return NULL;
}

static void add(struct zookeeper_fields *fields, const char *name, const char *value) {
  if (fields->count < ZOOKEEPER_FIELDS_MAX && !zookeeper_field(fields, name))
    fields->items[fields->count++] = (struct zookeeper_field){name, value};
}

/* "Latency min/avg/max: 0/0.3/12" */
static void add_latencies(struct zookeeper_fields *fields, char *value) {
  static const char *const names[] = {"zk_min_latency", "zk_avg_latency", "zk_max_latency"};
  char *rest = NULL, *part = strtok_r(value, "/", &rest);
  for (size_t i = 0; part && i < sizeof names / sizeof *names; i++) {
    add(fields, names[i], part);
    part = strtok_r(NULL, "/", &rest);
  }
}

static void take_srvr(char *line, struct zookeeper_fields *fields) {
  static const struct {
    const char *said, *name;
  } known[] = {{"Zookeeper version", "zk_version"},
               {"Received", "zk_packets_received"},
               {"Sent", "zk_packets_sent"},
               {"Connections", "zk_num_alive_connections"},
               {"Zxid", "zxid"},
               {"Outstanding", "zk_outstanding_requests"},
               {"Mode", "zk_server_state"},
               {"Node count", "zk_znode_count"}};
  char *colon = strstr(line, ": ");
  if (!colon)
    return;
  *colon = '\0';
  if (strcmp(line, "Latency min/avg/max") == 0)
    add_latencies(fields, colon + 2);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(line, known[i].said) == 0)
      add(fields, known[i].name, colon + 2);
}

static void take_mntr(char *line, struct zookeeper_fields *fields) {
  char *tab = strchr(line, '\t');
  if (!tab || strncmp(line, "zk_", 3) != 0)
    return;
  *tab = '\0';
  add(fields, line, tab + 1);
}

enum zookeeper_answered zookeeper_read(const char *word, char *text,
                                       struct zookeeper_fields *fields) {
  const bool mntr = strcmp(word, "mntr") == 0;
  if (strstr(text, "is not executed because it is not in the whitelist"))
    return ZOOKEEPER_FORBIDDEN;
  if (strncmp(text, "This ZooKeeper instance is not currently serving requests", 57) == 0)
    return ZOOKEEPER_NOT_SERVING;
  if (strcmp(word, "ruok") == 0)
    return strncmp(text, "imok", 4) == 0 ? ZOOKEEPER_GOOD : ZOOKEEPER_FOREIGN;
  const size_t before = fields->count;
  if (strncmp(text, mntr ? "zk_" : "Zookeeper version: ", mntr ? 3 : 19) != 0)
    return ZOOKEEPER_FOREIGN;
  for (char *rest = NULL, *line = strtok_r(text, "\r\n", &rest); line;
       line = strtok_r(NULL, "\r\n", &rest)) {
    if (mntr)
      take_mntr(line, fields);
    else
      take_srvr(line, fields);
  }
  return fields->count > before || zookeeper_field(fields, "zk_server_state") ? ZOOKEEPER_GOOD
                                                                              : ZOOKEEPER_FOREIGN;
}

/* ---- the connection */

static void deliver(line_cb done, void *arg, const void *answer, const struct err *err) {
  done(arg, answer, err);
}

static const struct line_protocol protocol = {
    .ends = true, .answer_max = ZOOKEEPER_ANSWER_MAX, .deliver = deliver};

struct line *zookeeper_open(struct io *io, const struct line_place *place) {
  return line_open(io, place, &protocol, NULL);
}

/* Without a line break: the server would answer the rest by a reset. */
bool zookeeper_send(struct line *line, const char *word, line_cb done, void *arg, struct err *err) {
  return line_send(line, word, word, strlen(word), done, arg, err);
}
