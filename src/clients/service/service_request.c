#include "clients/service/service_request.h"

#include "core/mem.h"

#include <string.h>
#include <strings.h>

const char *const service_methods[] = {"GET", "HEAD", "POST", "PUT", "OPTIONS", NULL};

bool service_header_token_check(const char *name, struct err *err) {
  static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return (*name && !name[strspn(name, token)]) ||
         err_set(err, ERR_INVALID, "\"%.80s\" is not the name of a header", name);
}

bool service_header_name_check(const char *name, struct err *err) {
  static const char *const ours[] = {"Content-Length", "Transfer-Encoding", "Connection",
                                     "Accept-Encoding"};
  if (!service_header_token_check(name, err))
    return false;
  if (strcasecmp(name, "Host") == 0)
    return err_set(err, ERR_INVALID, "the header Host is set by the option host");
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    if (strcasecmp(name, ours[i]) == 0)
      return err_set(err, ERR_INVALID, "the header %s cannot be set; stacktop sends its own", name);
  return true;
}

bool service_header_check(const char *text, struct err *err) {
  for (; *text; text++)
    if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7F)
      return err_set(err, ERR_INVALID, "a header is one line without control characters");
  return true;
}

static bool has_header(const struct option_value *headers, const char *name) {
  for (size_t i = 0; i < headers->item_count; i++)
    if (strcasecmp(headers->names[i], name) == 0)
      return true;
  return false;
}

bool service_request_check(const struct target *target, struct err *err) {
  const struct option_value *headers = target_option(target, "headers");
  const char *method = target_text(target, "method");
  const bool head = method && strcmp(method, "HEAD") == 0;
  if (target_number(target, "tls") && target_text(target, "health"))
    return err_set(err, ERR_INVALID,
                   "tls is for a service without health; make health an https URL");
  if (target_text(target, "bearer") && has_header(headers, "Authorization"))
    return err_set(err, ERR_INVALID, "both bearer and the header Authorization are set");
  if (head && target_text(target, "body"))
    return err_set(err, ERR_INVALID, "a HEAD request has no body");
  const char *of_body = target_text(target, "expect_body")          ? "expect_body"
                        : target_option(target, "expect_json")->set ? "expect_json"
                                                                    : NULL;
  if (head && of_body)
    return err_set(err, ERR_INVALID, "%s needs a response with a body; that of HEAD has none",
                   of_body);
  if (target_text(target, "key_file") && !target_text(target, "cert_file"))
    return err_set(err, ERR_INVALID, "key_file is the key of a cert_file, which is not set");
  return true;
}

struct http_query service_request(const struct target *target, struct http_header **headers) {
  const struct option_value *configured = target_option(target, "headers");
  *headers = mem_new((configured->item_count + 1) * sizeof **headers);
  for (size_t i = 0; i < configured->item_count; i++)
    (*headers)[i] = (struct http_header){configured->names[i], configured->items[i]};
  return (struct http_query){.host = target_text(target, "host"),
                             .ca_file = target_text(target, "ca_file"),
                             .cert_file = target_text(target, "cert_file"),
                             .key_file = target_text(target, "key_file"),
                             .insecure = target_number(target, "insecure"),
                             .method = target_text(target, "method"),
                             .body = target_text(target, "body"),
                             .bearer = target_text(target, "bearer"),
                             .headers = *headers,
                             .header_count = configured->item_count,
                             .encoded = true};
}
