#include "config/config_compose.h"

#include "config/config_yaml.h"

#include <stdlib.h>
#include <string.h>

static const yaml_node_t *member(struct config_yaml *yaml, const yaml_node_t *mapping,
                                 const char *name) {
  const yaml_node_t *key, *value;
  if (mapping && mapping->type == YAML_MAPPING_NODE)
    for (size_t i = 0; config_yaml_pair(yaml, mapping, i, &key, &value); i++)
      if (key->type == YAML_SCALAR_NODE && strcmp(config_yaml_key(key), name) == 0)
        return value;
  return NULL;
}

/* With its variables, and a default where they are not set; "" if that fails. */
static void text_of(struct config_yaml *yaml, const yaml_node_t *node, char *out, size_t size) {
  char *text = node && node->type == YAML_SCALAR_NODE ? config_yaml_text(yaml, node, "") : NULL;
  snprintf(out, size, "%s", text && strlen(text) < size ? text : "");
  free(text);
}

static int port_of(const char *text) {
  char *end;
  const long port = strtol(text, &end, 10);
  return *text && (*end == '\0' || *end == '/') && port > 0 && port < 65536 ? (int)port : 0;
}

/* "127.0.0.1:15432:5432/tcp", "8000:8000"; a port alone is published anywhere, and ranges are left
 * out. */
static void short_read(const char *text, struct compose_port *port) {
  char copy[128];
  snprintf(copy, sizeof copy, "%s", text);
  char *container = strrchr(copy, ':');
  if (!container || strstr(copy, "/udp"))
    return;
  *container++ = '\0';
  const char *host = strrchr(copy, ':');
  port->host = port_of(host ? host + 1 : copy);
  port->container = port_of(container);
}

static void port_read(struct config_yaml *yaml, const yaml_node_t *node, const char *service,
                      struct compose *compose) {
  struct compose_port port = {0};
  char text[128];
  if (node->type == YAML_MAPPING_NODE) {
    text_of(yaml, member(yaml, node, "published"), text, sizeof text);
    port.host = port_of(text);
    text_of(yaml, member(yaml, node, "target"), text, sizeof text);
    port.container = port_of(text);
  } else {
    text_of(yaml, node, text, sizeof text);
    short_read(text, &port);
  }
  snprintf(port.service, sizeof port.service, "%s", service);
  if (port.host && port.container && compose->count < COMPOSE_PORTS_MAX)
    compose->ports[compose->count++] = port;
}

static void services_read(struct config_yaml *yaml, struct compose *compose) {
  const yaml_node_t *root = config_yaml_root(yaml), *services = member(yaml, root, "services");
  const yaml_node_t *key, *value;
  text_of(yaml, member(yaml, root, "name"), compose->project, sizeof compose->project);
  if (!services || services->type != YAML_MAPPING_NODE)
    return;
  for (size_t i = 0; config_yaml_pair(yaml, services, i, &key, &value); i++) {
    const yaml_node_t *ports = member(yaml, value, "ports"), *item;
    if (key->type != YAML_SCALAR_NODE || !ports || ports->type != YAML_SEQUENCE_NODE ||
        strlen(config_yaml_key(key)) >= sizeof compose->ports[0].service)
      continue;
    for (size_t n = 0; (item = config_yaml_item(yaml, ports, n)); n++)
      port_read(yaml, item, config_yaml_key(key), compose);
  }
}

void compose_parse(const char *text, size_t len, struct compose *compose) {
  struct config_errors errors;
  struct config_yaml yaml;
  *compose = (struct compose){0};
  config_errors_init(&errors, "compose");
  if (config_yaml_init(&yaml, text, len, &errors)) {
    services_read(&yaml, compose);
    config_yaml_fini(&yaml);
  }
  config_errors_fini(&errors);
}

const char *kubeconfig_context(const char *text, size_t len, char *out, size_t size) {
  struct config_errors errors;
  struct config_yaml yaml;
  *out = '\0';
  config_errors_init(&errors, "kubeconfig");
  if (config_yaml_init(&yaml, text, len, &errors)) {
    const yaml_node_t *node = member(&yaml, config_yaml_root(&yaml), "current-context");
    if (node && node->type == YAML_SCALAR_NODE && node->data.scalar.length < size)
      snprintf(out, size, "%s", (const char *)node->data.scalar.value);
    config_yaml_fini(&yaml);
  }
  config_errors_fini(&errors);
  return out;
}
