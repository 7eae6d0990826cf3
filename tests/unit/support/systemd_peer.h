/* A message bus with a systemd on it, played on the test's own loop: answers that no real one gives
 * on demand. What a real systemd does is tested in tests/e2e. */
#pragma once

#include "support/tiny_server.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

enum { PEER_UNITS_MAX = 4, PEER_CLIENTS_MAX = 8 };

struct peer_unit {
  const char *name, *active, *sub;
  unsigned char run; /* the first byte of its InvocationID */
  uint32_t pid, restarts;
  const char *result;
  int32_t exit_status;
};

struct systemd_peer;
/* What is done with a call. PEER_LATE: a job's answer comes after its end. */
enum peer_way { PEER_ANSWERS, PEER_SILENT, PEER_DIES, PEER_WRONG_TYPES, PEER_REFUSES, PEER_LATE };

struct peer_client {
  struct systemd_peer *peer;
  sd_bus *bus;
  uv_poll_t poll;
  uv_timer_t timer;
  bool closing;
  int closed; /* handles */
};

struct systemd_peer {
  uv_loop_t *loop;
  uv_poll_t listener;
  int socket;
  char dir[64], path[108], address[128];
  struct peer_client *clients[PEER_CLIENTS_MAX];
  size_t client_count, connections; /* now; ever */
  struct peer_unit units[PEER_UNITS_MAX];
  size_t unit_count;
  /* Of the call with this method. */
  const char *method;
  enum peer_way way;
  const char *error, *message; /* of PEER_REFUSES */
  const char *job_result;      /* NULL: done; "": it does not end */
  void (*changed)(struct systemd_peer *peer, struct peer_unit *unit, const char *method);
  bool mute_login; /* it accepts, and does not log in */
  char log[2048];  /* "GetAll api.service, RestartUnit api.service, " */
};

static inline struct peer_unit *peer_unit_of(struct systemd_peer *peer, const char *name) {
  for (size_t i = 0; i < peer->unit_count; i++)
    if (strcmp(peer->units[i].name, name) == 0)
      return &peer->units[i];
  return NULL;
}

static inline void peer_note(struct systemd_peer *peer, const char *method, const char *what) {
  const size_t used = strlen(peer->log);
  snprintf(peer->log + used, sizeof peer->log - used, "%s %s, ", method, what);
}

static inline void peer_property(sd_bus_message *reply, const char *name, const char *type, ...) {
  va_list args;
  va_start(args, type);
  assert_true(sd_bus_message_open_container(reply, 'e', "sv") >= 0);
  sd_bus_message_append(reply, "s", name);
  sd_bus_message_open_container(reply, 'v', type);
  sd_bus_message_appendv(reply, type, args);
  sd_bus_message_close_container(reply);
  sd_bus_message_close_container(reply);
  va_end(args);
}

static inline void peer_properties(sd_bus_message *reply, const struct peer_unit *unit) {
  unsigned char run[16] = {unit->run, 1};
  sd_bus_message_open_container(reply, 'a', "{sv}");
  peer_property(reply, "Id", "s", unit->name);
  peer_property(reply, "LoadState", "s", "loaded");
  peer_property(reply, "ActiveState", "s", unit->active);
  peer_property(reply, "SubState", "s", unit->sub);
  peer_property(reply, "NRestarts", "u", unit->restarts);
  peer_property(reply, "MainPID", "u", unit->pid);
  peer_property(reply, "Type", "s", "simple");
  peer_property(reply, "Result", "s", unit->result ? unit->result : "success");
  peer_property(reply, "ExecMainCode", "i", unit->exit_status ? 1 : 0);
  peer_property(reply, "ExecMainStatus", "i", unit->exit_status);
  peer_property(reply, "CanStart", "b", 1);
  peer_property(reply, "CanStop", "b", 1);
  peer_property(reply, "CanReload", "b", 1);
  peer_property(reply, "TimeoutStartUSec", "t", (uint64_t)1000000);
  peer_property(reply, "FromTheFuture", "(sa{sv})", "x", 0);
  sd_bus_message_open_container(reply, 'e', "sv");
  sd_bus_message_append(reply, "s", "InvocationID");
  sd_bus_message_open_container(reply, 'v', "ay");
  sd_bus_message_append_array(reply, 'y', run, sizeof run);
  sd_bus_message_close_container(reply);
  sd_bus_message_close_container(reply);
  sd_bus_message_close_container(reply);
}

static inline void peer_manager(sd_bus_message *reply) {
  sd_bus_message_open_container(reply, 'a', "{sv}");
  peer_property(reply, "Version", "s", "999");
  peer_property(reply, "SystemState", "s", "running");
  peer_property(reply, "NFailedUnits", "u", 0u);
  sd_bus_message_close_container(reply);
}

static inline void peer_list(struct systemd_peer *peer, sd_bus_message *reply) {
  sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
  for (size_t i = 0; i < peer->unit_count; i++)
    sd_bus_message_append(reply, "(ssssssouso)", peer->units[i].name, "", "loaded",
                          peer->units[i].active, peer->units[i].sub, "", "/x", 0u, "", "/");
  sd_bus_message_close_container(reply);
}

static inline void peer_job(struct peer_client *client, sd_bus_message *call, const char *unit) {
  struct systemd_peer *peer = client->peer;
  const char *result = peer->job_result ? peer->job_result : "done";
  const bool late = peer->way == PEER_LATE;
  if (!late)
    sd_bus_reply_method_return(call, "o", "/org/freedesktop/systemd1/job/7");
  if (*result) /* that of another unit, and the one that is waited for */
    for (int i = 0; i < 2; i++)
      sd_bus_emit_signal(client->bus, "/org/freedesktop/systemd1",
                         "org.freedesktop.systemd1.Manager", "JobRemoved", "uoss", 7u,
                         i ? "/org/freedesktop/systemd1/job/7" : "/org/freedesktop/systemd1/job/6",
                         i ? unit : "other.service", i ? result : "failed");
  if (late)
    sd_bus_reply_method_return(call, "o", "/org/freedesktop/systemd1/job/7");
}

static inline void peer_client_end(struct peer_client *client);

static inline int peer_answer(sd_bus_message *call, void *arg, sd_bus_error *unused) {
  struct peer_client *client = arg;
  struct systemd_peer *peer = client->peer;
  const char *method = sd_bus_message_get_member(call), *name = "", *path;
  sd_bus_message *reply = NULL;
  char *unit = NULL;
  uint8_t type;
  (void)unused;
  sd_bus_message_get_type(call, &type);
  if (type != SD_BUS_MESSAGE_METHOD_CALL)
    return 0;
  path = sd_bus_message_get_path(call);
  if (strcmp(method, "Hello") == 0)
    return sd_bus_reply_method_return(call, "s", ":1.1");
  if (strcmp(method, "AddMatch") == 0 || strcmp(method, "Subscribe") == 0)
    return sd_bus_reply_method_return(call, "");
  if (sd_bus_path_decode(path, "/org/freedesktop/systemd1/unit", &unit) > 0)
    name = unit;
  else if (sd_bus_message_has_signature(call, "ss") || sd_bus_message_has_signature(call, "s"))
    sd_bus_message_read_basic(call, 's', &name);
  peer_note(peer, method, name);
  const bool special = peer->method && strcmp(method, peer->method) == 0;
  const enum peer_way way = special ? peer->way : PEER_ANSWERS;
  struct peer_unit *found = peer_unit_of(peer, name);
  if (way == PEER_DIES)
    peer_client_end(client);
  else if (way == PEER_REFUSES)
    sd_bus_reply_method_errorf(call, peer->error, "%s", peer->message);
  else if (way == PEER_WRONG_TYPES)
    sd_bus_reply_method_return(call, "a(ii)", 1, 7, 8);
  else if (way == PEER_SILENT && found && peer->changed)
    peer->changed(peer, found, method);
  else if (way == PEER_ANSWERS || way == PEER_LATE) {
    if (found && peer->changed && strcmp(method, "GetAll") != 0)
      peer->changed(peer, found, method);
    if (strcmp(method, "GetAll") == 0 || strncmp(method, "ListUnits", 9) == 0) {
      sd_bus_message_new_method_return(call, &reply);
      if (strncmp(method, "ListUnits", 9) == 0)
        peer_list(peer, reply);
      else if (found)
        peer_properties(reply, found);
      else
        peer_manager(reply);
      sd_bus_message_send(reply); /* the client may have gone */
      sd_bus_message_unref(reply);
    } else if (strcmp(method, "ResetFailedUnit") == 0)
      sd_bus_reply_method_return(call, "");
    else
      peer_job(client, call, name);
  }
  free(unit);
  return 1;
}

static inline void peer_client_closed(uv_handle_t *handle) {
  struct peer_client *client = handle->data;
  if (++client->closed == 2)
    free(client);
}

static inline void peer_client_end(struct peer_client *client) {
  if (client->closing)
    return;
  client->closing = true;
  for (size_t i = 0; i < client->peer->client_count; i++)
    if (client->peer->clients[i] == client)
      client->peer->clients[i] = client->peer->clients[--client->peer->client_count];
  uv_close((uv_handle_t *)&client->poll, peer_client_closed);
  sd_bus_close(client->bus);
  uv_close((uv_handle_t *)&client->timer, peer_client_closed);
}

static inline void peer_client_process(struct peer_client *client) {
  sd_bus *bus = sd_bus_ref(client->bus);
  while (!client->closing) {
    const int status = sd_bus_process(bus, NULL);
    if (status < 0)
      peer_client_end(client);
    if (status <= 0)
      break;
  }
  if (client->closing)
    sd_bus_unref(bus); /* the client's own */
  sd_bus_unref(bus);
}

static inline void peer_on_poll(uv_poll_t *poll, int status, int events) {
  (void)status;
  (void)events;
  peer_client_process(poll->data);
}

/* It polls, so that its own writes need no handling. */
static inline void peer_on_timer(uv_timer_t *timer) {
  peer_client_process(timer->data);
}

static inline void peer_on_connection(uv_poll_t *poll, int status, int events) {
  struct systemd_peer *peer = poll->data;
  (void)status;
  (void)events;
  const int fd = accept4(peer->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  assert_true(fd >= 0 && peer->client_count < PEER_CLIENTS_MAX);
  struct peer_client *client = calloc(1, sizeof *client);
  client->peer = peer;
  peer->connections++;
  peer->clients[peer->client_count++] = client;
  sd_id128_t id = SD_ID128_MAKE(01, 02, 03, 04, 05, 06, 07, 8, 9, 10, 11, 12, 13, 14, 15, 16);
  assert_true(sd_bus_new(&client->bus) >= 0);
  assert_true(sd_bus_set_fd(client->bus, fd, fd) >= 0);
  assert_true(sd_bus_set_server(client->bus, 1, id) >= 0);
  assert_true(sd_bus_set_sender(client->bus, "org.freedesktop.systemd1") >= 0);
  assert_true(sd_bus_add_filter(client->bus, NULL, peer_answer, client) >= 0);
  uv_poll_init(peer->loop, &client->poll, fd);
  uv_timer_init(peer->loop, &client->timer);
  client->poll.data = client->timer.data = client;
  uv_unref((uv_handle_t *)&client->poll);
  uv_unref((uv_handle_t *)&client->timer);
  if (peer->mute_login)
    return;
  assert_true(sd_bus_start(client->bus) >= 0);
  uv_poll_start(&client->poll, UV_READABLE, peer_on_poll);
  uv_timer_start(&client->timer, peer_on_timer, 1, 2);
}

static inline void peer_start(struct systemd_peer *peer, uv_loop_t *loop) {
  *peer = (struct systemd_peer){.loop = loop};
  struct sockaddr_un place = {.sun_family = AF_UNIX};
  snprintf(peer->dir, sizeof peer->dir, "/tmp/stacktop-peer-XXXXXX");
  assert_non_null(mkdtemp(peer->dir));
  snprintf(peer->path, sizeof peer->path, "%s/bus", peer->dir);
  snprintf(peer->address, sizeof peer->address, "unix:path=%s", peer->path);
  memcpy(place.sun_path, peer->path, strlen(peer->path) + 1);
  peer->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  assert_int_equal(bind(peer->socket, (struct sockaddr *)&place, sizeof place), 0);
  assert_int_equal(listen(peer->socket, 8), 0);
  uv_poll_init(loop, &peer->listener, peer->socket);
  peer->listener.data = peer;
  uv_poll_start(&peer->listener, UV_READABLE, peer_on_connection);
  uv_unref((uv_handle_t *)&peer->listener);
}

static inline struct peer_unit *peer_add(struct systemd_peer *peer, const char *name,
                                         const char *active, const char *sub) {
  struct peer_unit *unit = &peer->units[peer->unit_count++];
  *unit = (struct peer_unit){.name = name, .active = active, .sub = sub, .run = 1, .pid = 100};
  return unit;
}

static inline void peer_stop(struct systemd_peer *peer) {
  while (peer->client_count > 0) {
    sd_bus *bus = peer->clients[0]->bus;
    peer_client_end(peer->clients[0]);
    sd_bus_unref(bus);
  }
  uv_close((uv_handle_t *)&peer->listener, NULL);
  close(peer->socket);
  unlink(peer->path);
  rmdir(peer->dir);
}
