#include "clients/postgres/pg_hosts.h"

#include "core/mem.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

/* libpq has no call to evaluate a connection string, the service file and the environment without
 * connecting. But it stores the result in the connection before it finds an invalid value, and
 * connects only after that: so an invalid value stops it between the two. */
static const char stopper[] = "stacktop";

static const char usual_port[] = "5432"; /* what PQport returns if none is given */

static const char *option_value(const PQconninfoOption *options, const char *keyword) {
  for (; options && options->keyword; options++)
    if (strcmp(options->keyword, keyword) == 0)
      return options->val ? options->val : "";
  return "";
}

/* The item of a comma-separated list; *list is moved to the next. After the last, all items are
 * "". */
static char *list_take(const char **list) {
  const char *start = *list;
  size_t length = strcspn(start, ",");
  *list = start + length + (start[length] == ',');
  return mem_printf("%.*s", (int)length, start);
}

static size_t list_count(const char *list) {
  size_t count = 1;
  for (; *list; list++)
    count += *list == ',';
  return count;
}

static bool split(const PQconninfoOption *options, struct pg_hosts *hosts, struct err *err) {
  const char *names = option_value(options, "host");
  const char *addresses = option_value(options, "hostaddr");
  const char *ports = option_value(options, "port");
  size_t count = *addresses ? list_count(addresses) : list_count(names);
  if (count > PG_HOSTS_MAX)
    return err_set(err, ERR_INVALID, "the dsn has %zu hosts, more than %d", count, PG_HOSTS_MAX);
  if ((*addresses && *names && list_count(names) != count) ||
      (list_count(ports) != 1 && list_count(ports) != count))
    return err_set(err, ERR_INVALID, "the dsn must have as many ports or addresses as hosts");
  bool one_port = list_count(ports) == 1;
  const char *port_list = ports;
  for (size_t i = 0; i < count; i++) {
    struct pg_host *host = &hosts->items[hosts->count++];
    host->name = list_take(&names);
    host->address = list_take(&addresses);
    if (one_port)
      port_list = ports;
    host->port = list_take(&port_list);
  }
  return true;
}

bool pg_hosts_read(const char *dsn, struct pg_hosts *hosts, struct err *err) {
  *hosts = (struct pg_hosts){0};
  const char *const keywords[] = {"dbname", "sslmode", NULL};
  const char *const values[] = {dsn, stopper, NULL};
  PGconn *conn = PQconnectStartParams(keywords, values, 1);
  PQconninfoOption *options = conn ? PQconninfo(conn) : NULL;
  bool good = options && strcmp(option_value(options, "sslmode"), stopper) == 0;
  if (good)
    good = split(options, hosts, err);
  else
    err_set(err, ERR_INVALID, "%s", conn ? PQerrorMessage(conn) : "out of memory");
  PQconninfoFree(options);
  PQfinish(conn);
  if (!good)
    pg_hosts_fini(hosts);
  return good;
}

static void host_fini(struct pg_host *host) {
  free(host->name);
  free(host->address);
  free(host->port);
}

void pg_hosts_fini(struct pg_hosts *hosts) {
  for (size_t i = 0; i < hosts->count; i++)
    host_fini(&hosts->items[i]);
  hosts->count = 0;
}

bool pg_hosts_remove(struct pg_hosts *hosts, const char *address, const char *port) {
  for (size_t i = 0; i < hosts->count && hosts->count > 1; i++) {
    struct pg_host *host = &hosts->items[i];
    if (strcmp(host->address, address) != 0 ||
        strcmp(*host->port ? host->port : usual_port, port) != 0)
      continue;
    host_fini(host);
    hosts->count--;
    memmove(host, host + 1, (hosts->count - i) * sizeof *host);
    return true;
  }
  return false;
}

bool pg_host_is_name(const struct pg_host *host) {
  return !*host->address && *host->name && *host->name != '/' && *host->name != '@';
}

void pg_hosts_add(struct pg_hosts *hosts, const char *name, const char *address, const char *port) {
  if (hosts->count < PG_ADDRESSES_MAX)
    hosts->items[hosts->count++] =
        (struct pg_host){.name = mem_dup(name), .address = mem_dup(address), .port = mem_dup(port)};
}

void pg_hosts_add_addresses(struct pg_hosts *hosts, const struct pg_host *host,
                            const struct resolve_result *addresses) {
  for (size_t i = 0; i < addresses->count; i++) {
    char text[INET6_ADDRSTRLEN];
    resolve_text(&addresses->addresses[i], text, sizeof text);
    pg_hosts_add(hosts, host->name, text, host->port);
  }
}

static void append(char **list, const char *item, bool first) {
  char *longer = mem_printf("%s%s%s", first ? "" : *list, first ? "" : ",", item);
  free(*list);
  *list = longer;
}

void pg_hosts_join(const struct pg_hosts *hosts, struct pg_host_lists *lists) {
  *lists = (struct pg_host_lists){0};
  for (size_t i = 0; i < hosts->count; i++) {
    append(&lists->host, hosts->items[i].name, i == 0);
    append(&lists->hostaddr, hosts->items[i].address, i == 0);
    append(&lists->port, hosts->items[i].port, i == 0);
  }
}

void pg_host_lists_fini(struct pg_host_lists *lists) {
  free(lists->host);
  free(lists->hostaddr);
  free(lists->port);
}
