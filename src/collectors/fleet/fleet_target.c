#include "collectors/fleet/fleet_target.h"

#include "clients/prometheus/prometheus_named.h"
#include "clients/web/web.h"

bool fleet_asks_nodes(const struct target *target) {
  return target_option(target, "addresses")->item_count > 0;
}

const struct target *fleet_server(const struct target *target) {
  const char *name = target_text(target, "prometheus");
  const struct target *found;
  if (!name)
    return target;
  return prometheus_named(target, name, &found, NULL) ? found : NULL;
}

static bool addresses_check(const struct target *target, struct err *err) {
  const struct option_value *texts = target_option(target, "addresses");
  struct fleet_addresses addresses;
  if (!fleet_addresses_make(&addresses, texts->items, texts->item_count, err))
    return false;
  fleet_addresses_fini(&addresses);
  return true;
}

bool fleet_target_check(const struct target *target, struct err *err) {
  const char *name = target_text(target, "prometheus");
  const bool has_url = target_text(target, "url");
  const struct target *found;
  const int places = fleet_asks_nodes(target) + (name != NULL) + has_url;
  if (places != 1)
    return err_set(err, ERR_INVALID,
                   "%s: set addresses of node_exporters, or prometheus, or url of a Prometheus",
                   places ? "it has several places to read its hosts" : "it has no hosts");
  if (!web_target_check(target, err) || !addresses_check(target, err))
    return false;
  if (!name)
    return true;
  if (target_text(target, "username") || target_text(target, "token") ||
      target_text(target, "ca_file") || target_text(target, "cert_file"))
    return err_set(
        err, ERR_INVALID,
        "the login and the certificates are those of prometheus \"%.80s\": remove them here", name);
  return prometheus_named(target, name, &found, err);
}
