#include "clients/fleet/fleet_addresses.h"

#include "core/map.h"
#include "core/mem.h"
#include "io/http/http_url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 9 };

/* "[01-40]": a range; of an IPv6 address "[::1]" it is none. */
struct range {
  const char *start, *after; /* in the text: the bracket, and behind the other one */
  long first, last;
  int width; /* with leading zeros: "01" is 2 */
};

static bool take_number(const char **at, long *number, int *width) {
  const char *start = *at;
  *number = 0;
  for (; isdigit((unsigned char)**at) && *at - start < DIGITS_MAX; ++*at)
    *number = *number * 10 + (**at - '0');
  *width = (int)(*at - start);
  return *width > 0;
}

static bool range_at(const char *text, struct range *range) {
  const char *at = text + 1;
  int width;
  if (*text != '[' || !take_number(&at, &range->first, &range->width) || *at++ != '-' ||
      !take_number(&at, &range->last, &width) || *at != ']')
    return false;
  if (*text == '[' && range->width > 1 && text[1] != '0')
    range->width = 1; /* no leading zero: 9-10 */
  range->start = text;
  range->after = at + 1;
  return true;
}

static bool range_find(const char *text, struct range *range) {
  for (; *text; text++)
    if (range_at(text, range))
      return true;
  return false;
}

/* ---- one address */

static bool has_port(const char *host) {
  const char *colon = strrchr(host, ':');
  return colon && colon[1] && (*host != '[' || colon[-1] == ']') &&
         (*host == '[' || strchr(host, ':') == colon);
}

/* The URL that is asked, and how the host is called. */
static struct fleet_address address_of(const char *text) {
  const char *scheme = strstr(text, "://");
  const char *host = scheme ? scheme + 3 : text;
  const size_t length = strcspn(host, "/");
  char *place = mem_printf("%.*s", (int)length, host);
  const bool with_port = has_port(place);
  char *label = mem_dup(place);
  const char *usual = ":9100";
  if (strlen(label) > strlen(usual) && with_port &&
      strcmp(label + strlen(label) - strlen(usual), usual) == 0)
    label[strlen(label) - strlen(usual)] = '\0';
  char *port = with_port || scheme ? mem_dup("") : mem_printf(":%d", FLEET_PORT);
  const char *path = strcmp(host + length, "/") == 0 || !host[length] ? "/metrics" : host + length;
  if (strcmp(path, "/metrics") != 0) {
    char *longer = mem_printf("%s%s", label, path);
    free(label);
    label = longer;
  }
  char *url = mem_printf("%.*s%s%s%s", scheme ? (int)(host - text) : 7, scheme ? text : "http://",
                         place, port, path);
  free(place);
  free(port);
  return (struct fleet_address){.url = url, .label = label};
}

static void address_fini(struct fleet_address *address) {
  free(address->url);
  free(address->label);
}

static bool address_check(const char *text, struct err *err) {
  struct fleet_address address = address_of(text);
  const char *host = strstr(address.url, "://") + 3;
  bool good = http_url_check(address.url, err);
  if (good && memchr(host, '@', strcspn(host, "/")))
    good = err_set(err, ERR_INVALID,
                   "a login in the address would be shown; set username and password");
  address_fini(&address);
  return good;
}

/* ---- ranges */

struct expansion {
  bool (*take)(void *arg, const char *text, struct err *err);
  void *arg;
  size_t count; /* so far */
};

static bool expand(struct expansion *expansion, const char *text, struct err *err) {
  struct range range;
  if (strlen(text) >= FLEET_ADDRESS_MAX)
    return err_set(err, ERR_INVALID, "an address has at most %d bytes", FLEET_ADDRESS_MAX - 1);
  if (!range_find(text, &range)) {
    if (++expansion->count > FLEET_ADDRESSES_MAX)
      return err_set(err, ERR_INVALID, "more than %d addresses", FLEET_ADDRESSES_MAX);
    return expansion->take(expansion->arg, text, err);
  }
  if (range.first > range.last)
    return err_set(err, ERR_INVALID, "the range %.*s ends before it begins",
                   (int)(range.after - range.start), range.start);
  for (long i = range.first; i <= range.last; i++) {
    char one[FLEET_ADDRESS_MAX + DIGITS_MAX];
    snprintf(one, sizeof one, "%.*s%0*ld%s", (int)(range.start - text), text, range.width, i,
             range.after);
    if (!expand(expansion, one, err))
      return false;
  }
  return true;
}

static bool check_one(void *arg, const char *text, struct err *err) {
  (void)arg;
  return address_check(text, err);
}

bool fleet_address_check(const char *text, struct err *err) {
  struct expansion expansion = {.take = check_one};
  return expand(&expansion, text, err);
}

struct making {
  struct fleet_addresses *addresses;
  size_t capacity;
  struct map urls, labels;
};

static bool make_one(void *arg, const char *text, struct err *err) {
  struct making *making = arg;
  struct fleet_addresses *addresses = making->addresses;
  if (!address_check(text, err))
    return false;
  struct fleet_address address = address_of(text);
  if (!map_add(&making->urls, address.url, 0)) {
    address_fini(&address);
    return true;
  }
  if (!map_add(&making->labels, address.label, 0)) { /* http and https of one host */
    free(address.label);
    address.label = mem_dup(address.url);
  }
  if (addresses->count == making->capacity) {
    making->capacity = making->capacity ? making->capacity * 2 : 64;
    addresses->items = mem_resize(addresses->items, making->capacity * sizeof *addresses->items);
  }
  addresses->items[addresses->count++] = address;
  return true;
}

bool fleet_addresses_make(struct fleet_addresses *addresses, char *const *texts, size_t count,
                          struct err *err) {
  *addresses = (struct fleet_addresses){0};
  struct making making = {.addresses = addresses};
  struct expansion expansion = {.take = make_one, .arg = &making};
  bool good = true;
  for (size_t i = 0; good && i < count; i++)
    good = expand(&expansion, texts[i], err);
  map_fini(&making.urls);
  map_fini(&making.labels);
  if (!good)
    fleet_addresses_fini(addresses);
  return good;
}

void fleet_addresses_fini(struct fleet_addresses *addresses) {
  for (size_t i = 0; i < addresses->count; i++)
    address_fini(&addresses->items[i]);
  free(addresses->items);
  *addresses = (struct fleet_addresses){0};
}
