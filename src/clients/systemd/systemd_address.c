/* Where a message bus listens. */
#include "clients/systemd/systemd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define SYSTEM_SOCKET "/run/dbus/system_bus_socket"
#define SYSTEM_ADDRESS "unix:path=" SYSTEM_SOCKET
#define MANAGER_UNITS "/org/freedesktop/systemd1/unit"
#define BOOTED "/run/systemd/system" /* as sd_booted(3) */

static bool is_socket(const char *address, size_t length) {
  static const char *const starts[] = {"unix:path=/", "unix:abstract="};
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
    if (length > strlen(starts[i]) && strncmp(address, starts[i], strlen(starts[i])) == 0)
      return true;
  return false;
}

static bool are_sockets(const char *address) {
  for (const char *part = address; *part;) {
    const size_t length = strcspn(part, ";");
    if (!is_socket(part, length))
      return false;
    part += length;
    part += *part == ';';
  }
  return *address != '\0';
}

static bool user_address(char out[SYSTEMD_ADDRESS_MAX], struct err *err) {
  const char *folder = getenv("XDG_RUNTIME_DIR");
  if (!folder || *folder != '/')
    return err_set(err, ERR_INVALID, "XDG_RUNTIME_DIR is not set: the user has no session bus");
  const int length = snprintf(out, SYSTEMD_ADDRESS_MAX, "unix:path=%s/bus", folder);
  return (length > 0 && length < SYSTEMD_ADDRESS_MAX && !strpbrk(folder, ",;%")) ||
         err_set(err, ERR_INVALID, "XDG_RUNTIME_DIR is not the path of a bus: %.100s", folder);
}

bool systemd_address(const char *bus, char out[SYSTEMD_ADDRESS_MAX], struct err *err) {
  const char *address = bus;
  if (bus && strcmp(bus, "user") == 0)
    return user_address(out, err);
  if (!bus || strcmp(bus, "system") == 0) {
    address = getenv("DBUS_SYSTEM_BUS_ADDRESS");
    address = address && *address ? address : SYSTEM_ADDRESS;
  }
  if (!are_sockets(address))
    return err_set(
        err, ERR_INVALID,
        "\"%.80s\" is not a bus; use system, user, or the address of a Unix socket, such "
        "as " SYSTEM_ADDRESS,
        address);
  if (strlen(address) >= SYSTEMD_ADDRESS_MAX)
    return err_set(err, ERR_INVALID, "the address of the bus is longer than %d bytes",
                   SYSTEMD_ADDRESS_MAX - 1);
  snprintf(out, SYSTEMD_ADDRESS_MAX, "%s", address);
  return true;
}

const char *systemd_address_shown(const char *address, char out[SYSTEMD_ADDRESS_MAX]) {
  const char *path = strncmp(address, "unix:path=", 10) == 0 ? address + 10 : address;
  snprintf(out, SYSTEMD_ADDRESS_MAX, "%.*s", (int)strcspn(path, ",;"), path);
  return out;
}

bool systemd_exists(void) {
  return access(BOOTED, F_OK) == 0 && access(SYSTEM_SOCKET, F_OK) == 0;
}

bool systemd_unit_path(const char *unit, char out[SYSTEMD_PATH_MAX]) {
  char *path = NULL;
  const int status = sd_bus_path_encode(MANAGER_UNITS, unit, &path);
  const bool fits = status >= 0 && strlen(path) < SYSTEMD_PATH_MAX;
  if (fits)
    memcpy(out, path, strlen(path) + 1);
  free(path);
  return fits;
}
