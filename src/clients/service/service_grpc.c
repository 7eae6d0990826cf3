#include "clients/service/service_grpc.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PREFIX = 5, STATUS_OK = 0, STATUS_NOT_FOUND = 5, STATUS_UNIMPLEMENTED = 12, MESSAGE = 100 };

bool service_grpc_name_check(const char *service, struct err *err) {
  const size_t len = strlen(service);
  bool plain = len > 0 && len <= GRPC_SERVICE_MAX;
  for (const char *at = service; *at; at++)
    plain = plain && *at > ' ' && *at < 0x7F;
  return plain ||
         err_set(err, ERR_INVALID, "\"%.40s\" is not the name of a gRPC service, such as shop.Cart",
                 service);
}

bool service_grpc_check(const struct target *target, struct err *err) {
  static const char *const others[] = {"health", "method", "body", "expect_body"};
  static const char *const maps[] = {"expect_json", "expect_headers"};
  if (!target_text(target, "grpc"))
    return !target_text(target, "grpc_service") ||
           err_set(err, ERR_INVALID, "grpc_service needs grpc, the address of the server");
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (target_text(target, others[i]))
      return err_set(err, ERR_INVALID, "%s is for a service without grpc", others[i]);
  for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
    if (target_option(target, maps[i])->set)
      return err_set(err, ERR_INVALID, "%s is for a service without grpc", maps[i]);
  return true;
}

/* A message: not compressed, its length in four bytes, then the field `string service = 1`. */
size_t service_grpc_request(const char *service, char out[GRPC_REQUEST_MAX]) {
  const size_t name = service ? strlen(service) : 0, len = name ? name + 2 : 0;
  memset(out, 0, GRPC_REQUEST_MAX);
  if (name > GRPC_SERVICE_MAX)
    return PREFIX;
  out[PREFIX - 1] = (char)len;
  if (name == 0)
    return PREFIX;
  out[PREFIX] = 0x0A;
  out[PREFIX + 1] = (char)name; /* under 128: one byte */
  for (size_t i = 0; i < name; i++)
    out[PREFIX + 2 + i] = service[i];
  return PREFIX + len;
}

/* ---- headers and trailers */

/* The last one of that name, because a trailer comes after the headers; "" if there is none. */
static void header_of(const char *headers, const char *name, char *out, size_t size) {
  const size_t len = strlen(name);
  *out = '\0';
  for (const char *line = headers; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    if (strncasecmp(line, name, len) != 0 || line[len] != ':')
      continue;
    const char *value = line + len + 1 + strspn(line + len + 1, " \t");
    snprintf(out, size, "%.*s", (int)strcspn(value, "\r\n"), value);
  }
}

static int digit_of(char c) {
  return isdigit((unsigned char)c)    ? c - '0'
         : isxdigit((unsigned char)c) ? tolower(c) - 'a' + 10
                                      : -1;
}

/* grpc-message is percent-encoded UTF-8. */
static void decode(char *text) {
  char *out = text;
  for (const char *at = text; *at; at++) {
    const int high = *at == '%' ? digit_of(at[1]) : -1, low = high >= 0 ? digit_of(at[2]) : -1;
    if (low < 0) {
      *out++ = *at;
      continue;
    }
    *out++ = (char)(high * 16 + low);
    at += 2;
  }
  *out = '\0';
}

static const char *const status_names[] = {
    "OK",        "CANCELLED",      "UNKNOWN",       "INVALID_ARGUMENT", "DEADLINE",
    "NOT_FOUND", "ALREADY_EXISTS", "DENIED",        "EXHAUSTED",        "PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED", "INTERNAL",         "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTIC"};
enum { STATUS_COUNT = sizeof status_names / sizeof *status_names };

static bool number_of(const char *text, long most, long *number) {
  char *end;
  *number = strtol(text, &end, 10);
  return *text >= '0' && *text <= '9' && !*end && *number <= most;
}

/* ---- the message */

static bool varint(const unsigned char **at, const unsigned char *end, uint64_t *number) {
  *number = 0;
  for (int shift = 0; *at < end && shift < 64; shift += 7) {
    const unsigned char byte = *(*at)++;
    *number |= (uint64_t)(byte & 0x7F) << shift;
    if (!(byte & 0x80))
      return true;
  }
  return false;
}

/* Behind a field of that wire type. */
static bool skip(const unsigned char **at, const unsigned char *end, unsigned type) {
  uint64_t len = 0;
  if (type == 0)
    return varint(at, end, &len);
  if (type == 1 || type == 5)
    len = type == 1 ? 8 : 4;
  else if (type != 2 || !varint(at, end, &len))
    return false;
  if (len > (uint64_t)(end - *at))
    return false;
  *at += len;
  return true;
}

/* The field `ServingStatus status = 1`; 0 (UNKNOWN) if it is missing. */
static bool serving_status(const char *body, size_t len, uint64_t *status) {
  const unsigned char *at = (const unsigned char *)body;
  *status = 0;
  if (len < PREFIX || at[0] != 0) /* compressed, which was not offered */
    return false;
  const uint64_t size =
      (uint64_t)at[1] << 24 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 8 | at[4];
  if (size != len - PREFIX)
    return false;
  const unsigned char *end = at + len;
  for (at += PREFIX; at < end;) {
    uint64_t key;
    if (!varint(&at, end, &key))
      return false;
    if (key == 0x08 ? !varint(&at, end, status) : !skip(&at, end, (unsigned)key & 7))
      return false;
  }
  return true;
}

/* ---- what it means */

__attribute__((format(printf, 3, 4))) static void say(struct service_grpc *grpc, const char *state,
                                                      const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(grpc->reason, sizeof grpc->reason, format, args);
  va_end(args);
  snprintf(grpc->state, sizeof grpc->state, "%s", state);
}

static void say_serving(struct service_grpc *grpc, uint64_t status, const char *what) {
  grpc->serving = status == 1;
  if (status == 1)
    snprintf(grpc->state, sizeof grpc->state, "SERVING");
  else if (status == 2)
    say(grpc, "NOT_SERVING", "%s does not serve (NOT_SERVING)", what);
  else if (status == 3)
    say(grpc, "UNKNOWN", "the server does not know %s (SERVICE_UNKNOWN)", what);
  else if (status == 0)
    say(grpc, "UNKNOWN", "the server does not say whether %s serves (UNKNOWN)", what);
  else
    say(grpc, "UNKNOWN", "unknown health status %llu of %s", (unsigned long long)status, what);
}

static void say_failed(struct service_grpc *grpc, long status, const char *message,
                       const char *what) {
  const char *name = status < STATUS_COUNT ? status_names[status] : "error";
  if (status == STATUS_UNIMPLEMENTED)
    say(grpc, name, "the server has no health service (UNIMPLEMENTED)");
  else if (status == STATUS_NOT_FOUND)
    say(grpc, name, "the server does not know %s (NOT_FOUND)", what);
  else
    say(grpc, name, "the health check fails: %s (status %ld)%s%s", name, status,
        *message ? ": " : "", message);
}

/* "application/grpc", "application/grpc+proto"; not "application/grpc-web". */
static bool is_grpc_type(const char *type) {
  static const char name[] = "application/grpc";
  return strncasecmp(type, name, sizeof name - 1) == 0 &&
         (!type[sizeof name - 1] || strchr("+; ", type[sizeof name - 1]));
}

bool service_grpc_read(int status, const char *headers, const char *body, size_t len,
                       const char *service, struct service_grpc *grpc, struct err *err) {
  char type[64] = "", code[16], message[MESSAGE], what[GRPC_SERVICE_MAX + 16];
  long number;
  uint64_t serving;
  *grpc = (struct service_grpc){0};
  snprintf(what, sizeof what, "%s%s", service ? "the service " : "the server",
           service ? service : "");
  header_of(headers, "content-type", type, sizeof type);
  const bool is_grpc = status == 200 && is_grpc_type(type);
  header_of(headers, "grpc-status", code, sizeof code);
  header_of(headers, "grpc-message", message, sizeof message);
  decode(message);
  if (!*code && !is_grpc)
    return err_set(err, ERR_PROTOCOL, "the answer is not gRPC (HTTP status %d)", status);
  if (!number_of(code, INT16_MAX, &number))
    return err_set(err, ERR_PROTOCOL, "the answer has no grpc-status");
  if (number != STATUS_OK) {
    say_failed(grpc, number, message, what);
    return true;
  }
  if (!is_grpc) /* a proxy's page, or gRPC-Web */
    return err_set(err, ERR_PROTOCOL, "the answer is not gRPC (HTTP status %d, %.40s)", status,
                   *type ? type : "no content type");
  if (!serving_status(body, len, &serving))
    return err_set(err, ERR_PROTOCOL, "the answer is not that of a health check");
  say_serving(grpc, serving, what);
  return true;
}
