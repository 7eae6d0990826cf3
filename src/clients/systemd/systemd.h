/* A connection to a message bus (D-Bus) and calls to the systemd manager on it, by sd-bus on the
 * loop.
 *
 * Only Unix sockets: sd-bus would resolve the name of a host while the loop waits, and run a
 * program for other kinds of addresses. Calls never start a service of the bus and never ask for a
 * password. A connection is used once: after an error it is closed and another one opened. */
#pragma once

#include "core/err.h"
#include "io/io.h"

#include <stddef.h>
#include <stdint.h>

struct sd_bus_message;
struct systemd_bus;
struct systemd_call;

enum { SYSTEMD_ADDRESS_MAX = 256, SYSTEMD_PATH_MAX = 1024, SYSTEMD_LISTS_MAX = 2 };

/* The address of a bus: "system" (also NULL), "user" (that of the user's manager), or addresses of
 * D-Bus that name Unix sockets ("unix:path=/run/dbus/system_bus_socket"). Reads the environment:
 * DBUS_SYSTEM_BUS_ADDRESS, XDG_RUNTIME_DIR. */
bool systemd_address(const char *bus, char out[SYSTEMD_ADDRESS_MAX], struct err *err) MUST_CHECK;
/* The same as a person reads it: the path of the socket. Returns out. */
const char *systemd_address_shown(const char *address, char out[SYSTEMD_ADDRESS_MAX]);
/* Whether systemd runs this host and its bus has a socket. Only looks at names of files. */
bool systemd_exists(void);

/* Begins to connect. Never fails at once: calls then do. */
struct systemd_bus *systemd_open(struct io *io, const char *address);
bool systemd_usable(const struct systemd_bus *bus);
/* No callback comes after this. closed(arg) comes in a later turn of the loop; it may be NULL. */
void systemd_close(struct systemd_bus *bus, void (*closed)(void *arg), void *arg);
/* What it waits for: "connected to /run/dbus/system_bus_socket, no answer to GetAll". Returns
 * out. */
const char *systemd_describe(const struct systemd_bus *bus, char *out, size_t size);
const char *systemd_bus_address(const struct systemd_bus *bus); /* as a person reads it */

struct systemd_list {
  const char *const *items;
  size_t count;
};

/* A call. Its arguments are the lists (D-Bus: as), then the texts (s). All borrowed. */
struct systemd_question {
  const char *path;      /* of the object; NULL: the manager */
  const char *interface; /* NULL: the manager's */
  const char *method;
  struct systemd_list lists[SYSTEMD_LISTS_MAX];
  size_t list_count;
  const char *texts[2]; /* up to the first NULL */
  int64_t timeout_ms;
};

/* reply: borrowed for the callback; its texts are UTF-8, otherwise untrusted. err: no reply, or the
 * error in its place: ERR_DENIED where rights are missing, ERR_INVALID for systemd's own refusals
 * ("Unit x.service not found."), with its words. */
typedef void (*systemd_cb)(void *arg, struct sd_bus_message *reply, const struct err *err);
/* The callback comes once, never before this returns, unless the call is cancelled or the bus
 * closed. */
struct systemd_call *systemd_ask(struct systemd_bus *bus, const struct systemd_question *question,
                                 systemd_cb done, void *arg);
/* False: nothing of it was or will be sent. */
bool systemd_was_sent(const struct systemd_call *call);
/* Forgets the call. What was asked for may still happen. */
void systemd_cancel(struct systemd_call *call);
/* Whether a call that failed with that error was not sent, or was refused. */
bool systemd_was_not_done(const struct err *err);

/* A job of the manager has ended: its object, its unit, and "done", "failed", "canceled",
 * "timeout", "dependency", "skipped", ... Borrowed for the call. */
typedef void (*systemd_job_cb)(void *arg, const char *job, const char *unit, const char *result);
/* Reports every job that ends from now on. It is in force when a call that is made after it is
 * answered; if it cannot be, the bus breaks. */
void systemd_watch_jobs(struct systemd_bus *bus, systemd_job_cb ended, void *arg);

/* The object of a unit. False if its name is too long. */
bool systemd_unit_path(const char *unit, char out[SYSTEMD_PATH_MAX]) MUST_CHECK;
