#include "clients/service/service_kubernetes_place.h"

#include "model/config/config.h"

#include <stdio.h>
#include <string.h>

static bool name_check(const char *text, size_t len, struct err *err) {
  return (len > 0 && len < SERVICE_KUBERNETES_NAME_MAX &&
          strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") >= len) ||
         err_set(err, ERR_INVALID,
                 "expected KIND/NAME or NAMESPACE/KIND/NAME, such as deployment/ecap-api");
}

bool service_kubernetes_place_read(struct service_kubernetes_place *place, const char *text,
                                   struct err *err) {
  const char *last = strrchr(text, '/'), *first = strchr(text, '/');
  char kind[32];
  *place = (struct service_kubernetes_place){.kind = KUBERNETES_KIND_COUNT};
  if (!last || !name_check(last + 1, strlen(last + 1), err))
    return last ? false : name_check("", 0, err);
  const char *from = first == last ? text : first + 1;
  if (memchr(from, '/', (size_t)(last - from)))
    return name_check("", 0, err);
  snprintf(kind, sizeof kind, "%.*s", (int)(last - from), from);
  place->kind = kubernetes_kind_of(kind);
  if (place->kind > KUBERNETES_DAEMON_SET)
    return err_set(err, ERR_INVALID, "\"%.30s\" is not deployment, statefulset or daemonset", kind);
  if (first != last) {
    if (!name_check(text, (size_t)(first - text), err))
      return false;
    snprintf(place->namespace, sizeof place->namespace, "%.*s", (int)(first - text), text);
  }
  snprintf(place->name, sizeof place->name, "%s", last + 1);
  return true;
}

/* NULL: it has no such runtime. */
static const char *text_of(const struct target *service) {
  const struct option_value *runtime = target_option(service, "runtime");
  for (size_t i = 0; i < runtime->item_count; i++)
    if (strcmp(runtime->names[i], "kubernetes") == 0)
      return runtime->items[i];
  return NULL;
}

bool service_kubernetes_place_has(const struct target *service) {
  return text_of(service) != NULL;
}

static bool cluster_of(const struct target *service, const struct target **cluster,
                       struct err *err) {
  const char *engine = target_text(service, "engine");
  const struct config *config = service->config;
  size_t count = 0;
  *cluster = NULL;
  for (size_t i = 0; config && i < config->all_count; i++) {
    const struct target *one = config->all[i];
    if (strcmp(one->kind->kind, "kubernetes") != 0 || (engine && strcmp(one->name, engine) != 0))
      continue;
    *cluster = one;
    count++;
  }
  if (count == 0 && engine)
    return err_set(err, ERR_INVALID, "engine: no target of the kind kubernetes is named %.80s",
                   engine);
  return count <= 1 || err_set(err, ERR_INVALID,
                               "there is more than one target of the kind kubernetes: name one "
                               "with engine");
}

bool service_kubernetes_place_find(struct service_kubernetes_place *place,
                                   const struct target *service, const struct target **cluster,
                                   struct err *err) {
  const char *text = text_of(service);
  if (!service_kubernetes_place_read(place, text ? text : "", err) ||
      !cluster_of(service, cluster, err))
    return false;
  const struct option_value *namespaces = *cluster ? target_option(*cluster, "namespaces") : NULL;
  if (!*place->namespace)
    snprintf(place->namespace, sizeof place->namespace, "%s",
             namespaces && namespaces->item_count == 1 ? namespaces->items[0] : "default");
  return true;
}
