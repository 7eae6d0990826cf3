#include "clients/systemd/systemd.h"

#include "core/mem.h"
#include "io/limit.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#define DESTINATION "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"

/* Messages that are handled in one turn of the loop: one that floods does not stop the screen. */
enum { TURN_MESSAGES_MAX = 64 };
enum { WATCH_TIMEOUT_MS = 30000, METHOD_MAX = 40 };

struct systemd_call {
  struct systemd_bus *bus;
  struct systemd_call *next; /* in the order in which they were made */
  sd_bus_slot *slot;         /* NULL: it could not be sent */
  char method[METHOD_MAX];
  systemd_cb done;
  void *arg;
  struct err err; /* why it could not be sent */
};

struct systemd_bus {
  struct io *io;
  sd_bus *bus;
  uv_poll_t poll;
  uv_timer_t timer;
  bool has_poll;
  int events;        /* that are watched */
  size_t open;       /* handles */
  bool in_turn;      /* within sd-bus or a callback: it is freed afterwards */
  bool closing;      /* no callback comes any more */
  struct err broken; /* ERR_NONE: usable */
  char address[SYSTEMD_ADDRESS_MAX], shown[SYSTEMD_ADDRESS_MAX];
  struct systemd_call *first;
  systemd_job_cb ended;
  void *ended_arg;
  void (*closed)(void *arg);
  void *closed_arg;
};

/* ---- errors */

static bool name_ends(const char *name, const char *end) {
  const size_t length = strlen(name), tail = strlen(end);
  return length >= tail && strcmp(name + length - tail, end) == 0;
}

static const struct {
  const char *name; /* the end of an error's name */
  enum err_kind kind;
} kinds[] = {
    {".AccessDenied", ERR_DENIED},
    {".InteractiveAuthorizationRequired", ERR_DENIED},
    {".AuthFailed", ERR_DENIED},
    {".Timeout", ERR_TIMEOUT},
    {".TimedOut", ERR_TIMEOUT},
    {".Disconnected", ERR_CLOSED},
    {".NoReply", ERR_CLOSED},
    {".ServiceUnknown", ERR_REFUSED},
    {".NameHasNoOwner", ERR_REFUSED},
    {".UnknownMethod", ERR_UNSUPPORTED},
    {".UnknownInterface", ERR_UNSUPPORTED},
    {".NotSupported", ERR_UNSUPPORTED},
    {".LimitsExceeded", ERR_LIMIT},
};

static void take_errno(const struct systemd_bus *bus, int negative_errno, struct err *err);

static void take_error(const struct systemd_bus *bus, const sd_bus_error *error, const char *method,
                       struct err *err) {
  const char *text = error->message && *error->message ? error->message : error->name;
  enum err_kind kind = ERR_INVALID;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (name_ends(error->name, kinds[i].name))
      kind = kinds[i].kind;
  /* sd-bus calls its own timeout NoReply, as the bus calls a peer that has gone. */
  if (kind == ERR_CLOSED && strstr(text, "timed out"))
    kind = ERR_TIMEOUT;
  if (kind == ERR_REFUSED)
    err_set(err, kind, "systemd is not on this bus: %.150s", text);
  else if (kind == ERR_CLOSED && strcmp(text, "Connection terminated") == 0) /* sd-bus's own */
    take_errno(bus, -ECONNRESET, err);
  else if (kind == ERR_TIMEOUT)
    err_set(err, kind, "systemd does not answer (%s)", method);
  else
    err_set(err, kind, "%.230s", text);
}

static enum err_kind kind_of(int negative_errno) {
  return negative_errno == -EACCES || negative_errno == -EPERM ? ERR_DENIED
                                                               : err_kind_of_errno(negative_errno);
}

static void take_errno(const struct systemd_bus *bus, int negative_errno, struct err *err) {
  if (limit_error(-negative_errno, err))
    return;
  if (negative_errno == -ENOENT)
    err_set(err, ERR_REFUSED, "%s does not exist; is the message bus running?", bus->shown);
  else if (negative_errno == -ECONNREFUSED)
    err_set(err, ERR_REFUSED, "no message bus listens on %s", bus->shown);
  else if (negative_errno == -EACCES || negative_errno == -EPERM)
    err_set(err, ERR_DENIED, "no right to use %s", bus->shown);
  else if (negative_errno == -ECONNRESET || negative_errno == -ENOTCONN || negative_errno == -EPIPE)
    err_set(err, ERR_CLOSED, "the message bus closed the connection to %s", bus->shown);
  else if (negative_errno == -EBADMSG || negative_errno == -EPROTO)
    err_set(err, ERR_PROTOCOL, "%s does not speak D-Bus", bus->shown);
  else
    err_set(err, kind_of(negative_errno), "%s: %s", bus->shown, strerror(-negative_errno));
}

bool systemd_was_not_done(const struct err *err) {
  return err->kind == ERR_DENIED || err->kind == ERR_INVALID || err->kind == ERR_REFUSED ||
         err->kind == ERR_UNSUPPORTED || err->kind == ERR_LIMIT;
}

/* ---- calls */

static struct systemd_call **place_of(struct systemd_bus *bus, const struct systemd_call *call) {
  struct systemd_call **place = &bus->first;
  while (*place != call)
    place = &(*place)->next;
  return place;
}

static void call_unlink(struct systemd_call *call) {
  *place_of(call->bus, call) = call->next;
  sd_bus_slot_unref(call->slot);
}

void systemd_cancel(struct systemd_call *call) {
  call_unlink(call);
  free(call);
}

static void call_end(struct systemd_call *call, sd_bus_message *reply, const struct err *err) {
  const systemd_cb done = call->done;
  void *arg = call->arg;
  call_unlink(call);
  done(arg, reply, err);
  free(call);
}

static void rearm(struct systemd_bus *bus);
static void on_wake(uv_timer_t *timer);

static int on_reply(sd_bus_message *reply, void *arg, sd_bus_error *unused) {
  (void)unused;
  struct systemd_call *call = arg;
  const sd_bus_error *error = sd_bus_message_get_error(reply);
  struct err err;
  if (error)
    take_error(call->bus, error, call->method, &err);
  call_end(call, error ? NULL : reply, error ? &err : NULL);
  return 1;
}

static int append_arguments(sd_bus_message *message, const struct systemd_question *question) {
  int status = 0;
  for (size_t i = 0; i < question->list_count && status >= 0; i++) {
    const struct systemd_list *list = &question->lists[i];
    status = sd_bus_message_open_container(message, 'a', "s");
    for (size_t k = 0; k < list->count && status >= 0; k++)
      status = sd_bus_message_append_basic(message, 's', list->items[k]);
    if (status >= 0)
      status = sd_bus_message_close_container(message);
  }
  for (size_t i = 0; i < 2 && question->texts[i] && status >= 0; i++)
    status = sd_bus_message_append_basic(message, 's', question->texts[i]);
  return status;
}

static int send_call(struct systemd_call *call, const struct systemd_question *question) {
  sd_bus_message *message = NULL;
  int status = sd_bus_message_new_method_call(
      call->bus->bus, &message, DESTINATION, question->path ? question->path : MANAGER_PATH,
      question->interface ? question->interface : MANAGER_INTERFACE, question->method);
  if (status >= 0)
    status = sd_bus_message_set_auto_start(message, 0);
  if (status >= 0)
    status = append_arguments(message, question);
  if (status >= 0)
    status = sd_bus_call_async(call->bus->bus, &call->slot, message, on_reply, call,
                               (uint64_t)question->timeout_ms * 1000);
  sd_bus_message_unref(message);
  return status;
}

struct systemd_call *systemd_ask(struct systemd_bus *bus, const struct systemd_question *question,
                                 systemd_cb done, void *arg) {
  struct systemd_call *call = mem_new(sizeof *call);
  assert(!bus->closing);
  call->bus = bus;
  call->done = done;
  call->arg = arg;
  snprintf(call->method, sizeof call->method, "%s", question->method);
  *place_of(bus, NULL) = call;
  call->err = bus->broken;
  if (bus->broken.kind == ERR_NONE) {
    const int status = send_call(call, question);
    if (status == -EINVAL)
      err_set(&call->err, ERR_INVALID, "the bus does not accept this text");
    else if (status < 0)
      take_errno(bus, status, &call->err);
  }
  rearm(bus);
  return call;
}

bool systemd_was_sent(const struct systemd_call *call) {
  return call->slot != NULL;
}

/* Calls that cannot be answered any more, or never could. */
static struct systemd_call *lost_call(const struct systemd_bus *bus) {
  for (struct systemd_call *call = bus->first; call; call = call->next)
    if (call->err.kind != ERR_NONE || bus->broken.kind != ERR_NONE)
      return call;
  return NULL;
}

static void end_lost_calls(struct systemd_bus *bus) {
  struct systemd_call *call;
  while (!bus->closing && (call = lost_call(bus)) != NULL) {
    const struct err err = call->err.kind != ERR_NONE ? call->err : bus->broken;
    call_end(call, NULL, &err);
  }
}

/* ---- the loop */

static void on_handle_closed(uv_handle_t *handle) {
  struct systemd_bus *bus = handle->data;
  if (--bus->open > 0)
    return;
  if (bus->closed)
    bus->closed(bus->closed_arg);
  free(bus);
}

static void close_handles(struct systemd_bus *bus) {
  if (bus->has_poll) /* before its descriptor is closed */
    uv_close((uv_handle_t *)&bus->poll, on_handle_closed);
  uv_close((uv_handle_t *)&bus->timer, on_handle_closed);
  sd_bus_close(bus->bus);
  sd_bus_unref(bus->bus);
}

static void break_off(struct systemd_bus *bus, int negative_errno) {
  if (bus->broken.kind == ERR_NONE)
    take_errno(bus, negative_errno, &bus->broken);
  if (bus->has_poll)
    uv_poll_stop(&bus->poll);
  bus->events = 0;
}

/* Handles what has arrived. Returns whether there may be more. */
static bool process(struct systemd_bus *bus) {
  for (int i = 0; i < TURN_MESSAGES_MAX; i++) {
    const int status = sd_bus_process(bus->bus, NULL);
    if (bus->closing)
      return false;
    if (status < 0)
      break_off(bus, status);
    if (status <= 0)
      return false;
  }
  return true;
}

static void turn(struct systemd_bus *bus) {
  bool more = false;
  bus->in_turn = true;
  if (bus->broken.kind == ERR_NONE)
    more = process(bus);
  end_lost_calls(bus);
  bus->in_turn = false;
  if (bus->closing)
    close_handles(bus);
  else if (more)
    uv_timer_start(&bus->timer, on_wake, 0, 0);
  else
    rearm(bus);
}

static void on_wake(uv_timer_t *timer) {
  turn(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events) {
  (void)events;
  struct systemd_bus *bus = poll->data;
  if (status < 0)
    break_off(bus, status);
  turn(bus);
}

/* How long until sd-bus has something to do by itself; false: never. */
static bool wait_ms(const struct systemd_bus *bus, uint64_t *ms) {
  uint64_t until_us;
  struct timespec now;
  if (sd_bus_get_timeout(bus->bus, &until_us) < 0 || until_us == UINT64_MAX)
    return false;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const uint64_t now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
  *ms = until_us > now_us ? (until_us - now_us + 999) / 1000 : 0;
  return true;
}

/* Watches for what sd-bus waits for now. */
static void rearm(struct systemd_bus *bus) {
  uint64_t ms;
  if (bus->in_turn || bus->closing)
    return;
  uv_update_time(bus->io->loop);
  if (lost_call(bus)) {
    uv_timer_start(&bus->timer, on_wake, 0, 0);
    return;
  }
  uv_timer_stop(&bus->timer);
  if (bus->broken.kind != ERR_NONE)
    return;
  const int wanted = sd_bus_get_events(bus->bus);
  if (wanted < 0) { /* it was closed */
    break_off(bus, wanted);
    return;
  }
  const int events = (wanted & EPOLLIN ? UV_READABLE : 0) | (wanted & EPOLLOUT ? UV_WRITABLE : 0);
  if (events != bus->events && events)
    uv_poll_start(&bus->poll, events, on_poll);
  else if (events != bus->events)
    uv_poll_stop(&bus->poll);
  bus->events = events;
  if (wait_ms(bus, &ms))
    uv_timer_start(&bus->timer, on_wake, ms, 0);
}

/* ---- open and close */

/* sd-bus connects without waiting: to a Unix socket at once or not at all. */
static int start(struct systemd_bus *bus) {
  int status = sd_bus_new(&bus->bus);
  if (status < 0)
    mem_failed();
  if (status >= 0)
    status = sd_bus_set_address(bus->bus, bus->address);
  if (status >= 0)
    status = sd_bus_set_bus_client(bus->bus, 1);
  if (status >= 0)
    status = sd_bus_start(bus->bus);
  if (status >= 0)
    status = sd_bus_get_fd(bus->bus);
  if (status >= 0)
    status = uv_poll_init(bus->io->loop, &bus->poll, status);
  if (status < 0)
    return status;
  bus->has_poll = true;
  bus->poll.data = bus;
  bus->open++;
  return 0;
}

struct systemd_bus *systemd_open(struct io *io, const char *address) {
  struct systemd_bus *bus = mem_new(sizeof *bus);
  bus->io = io;
  snprintf(bus->address, sizeof bus->address, "%s", address);
  systemd_address_shown(address, bus->shown);
  uv_timer_init(io->loop, &bus->timer);
  bus->timer.data = bus;
  bus->open = 1;
  const int status = start(bus);
  if (status < 0)
    break_off(bus, status);
  rearm(bus);
  return bus;
}

bool systemd_usable(const struct systemd_bus *bus) {
  return bus->broken.kind == ERR_NONE;
}

void systemd_close(struct systemd_bus *bus, void (*closed)(void *arg), void *arg) {
  assert(!bus->closing);
  bus->closing = true;
  bus->closed = closed;
  bus->closed_arg = arg;
  for (struct systemd_call *call = bus->first, *next; call; call = next) {
    next = call->next;
    sd_bus_slot_unref(call->slot);
    free(call);
  }
  bus->first = NULL;
  if (!bus->in_turn)
    close_handles(bus);
}

const char *systemd_bus_address(const struct systemd_bus *bus) {
  return bus->shown;
}

const char *systemd_describe(const struct systemd_bus *bus, char *out, size_t size) {
  if (bus->broken.kind != ERR_NONE)
    snprintf(out, size, "%s", bus->broken.text);
  else if (sd_bus_is_ready(bus->bus) <= 0)
    snprintf(out, size, "connected to %s, no answer to the login", bus->shown);
  else if (bus->first)
    snprintf(out, size, "connected to %s, no answer to %s", bus->shown, bus->first->method);
  else
    snprintf(out, size, "connected to %s", bus->shown);
  return out;
}

/* ---- jobs */

static int on_job(sd_bus_message *message, void *arg, sd_bus_error *unused) {
  (void)unused;
  struct systemd_bus *bus = arg;
  const char *job, *unit, *result;
  uint32_t id;
  if (sd_bus_message_has_signature(message, "uoss") &&
      sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) >= 0 && !bus->closing)
    bus->ended(bus->ended_arg, job, unit, result);
  return 0;
}

static int on_watched(sd_bus_message *reply, void *arg, sd_bus_error *unused) {
  (void)unused;
  struct systemd_bus *bus = arg;
  const sd_bus_error *error = sd_bus_message_get_error(reply);
  if (error && !bus->closing && bus->broken.kind == ERR_NONE) {
    take_error(bus, error, "AddMatch", &bus->broken);
    break_off(bus, -EIO);
  }
  return 1;
}

static void on_subscribed(void *arg, sd_bus_message *reply, const struct err *err) {
  (void)reply;
  struct systemd_bus *bus = arg;
  if (err && bus->broken.kind == ERR_NONE) {
    bus->broken = *err;
    break_off(bus, -EIO);
  }
}

void systemd_watch_jobs(struct systemd_bus *bus, systemd_job_cb ended, void *arg) {
  const struct systemd_question subscribe = {.method = "Subscribe", .timeout_ms = WATCH_TIMEOUT_MS};
  bus->ended = ended;
  bus->ended_arg = arg;
  if (bus->broken.kind != ERR_NONE)
    return;
  const int status =
      sd_bus_match_signal_async(bus->bus, NULL, DESTINATION, MANAGER_PATH, MANAGER_INTERFACE,
                                "JobRemoved", on_job, on_watched, bus);
  if (status < 0)
    break_off(bus, status);
  systemd_ask(bus, &subscribe, on_subscribed, bus);
}
