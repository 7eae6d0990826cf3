#include "app/startup/init_draft.h"

#include "app/startup/discover.h"
#include "app/startup/init_containers.h"
#include "collectors/collector.h"
#include "config/config_compose.h"
#include "config/config_file.h"
#include "config/print/config_print.h"
#include "core/mem.h"
#include "core/text/names.h"
#include "core/text/text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  FILE_MAX = 1 << 20,
  UNITS_MAX = 30,
  ENGINE_NAME_MAX = 24,
  CONTEXT_MAX = 64 /* as the name of a target */
};

struct found {
  FILE *out;
  const struct config *config; /* what the usual places have */
  struct compose compose;
  const char *compose_file;        /* NULL: none here */
  bool answers[COMPOSE_PORTS_MAX]; /* the ports of the compose file */
  char context[CONTEXT_MAX];       /* of the kubeconfig; "": none */
  struct init_engines engines;
  char *units[UNITS_MAX];
  size_t unit_count;
  size_t targets;
};

/* ---- files */

static void compose_find(struct found *found) {
  static const char *const names[] = {"compose.yaml", "compose.yml", "docker-compose.yaml",
                                      "docker-compose.yml"};
  struct config_file file;
  struct err ignored;
  for (size_t i = 0; i < sizeof names / sizeof *names && !found->compose_file; i++)
    if (access(names[i], R_OK) == 0 && config_file_read(names[i], FILE_MAX, &file, &ignored)) {
      compose_parse(file.text, file.len, &found->compose);
      config_file_fini(&file);
      found->compose_file = names[i];
    }
}

/* The first file of KUBECONFIG, as kubectl names its context. */
static void kubeconfig_find(struct found *found) {
  const char *list = getenv("KUBECONFIG"), *home = getenv("HOME");
  char *path = list && *list ? mem_printf("%.*s", (int)strcspn(list, ":"), list)
                             : mem_printf("%s/.kube/config", home ? home : "");
  struct config_file file;
  struct err ignored;
  if (config_file_read(path, FILE_MAX, &file, &ignored)) {
    kubeconfig_context(file.text, file.len, found->context, sizeof found->context);
    config_file_fini(&file);
  }
  free(path);
}

/* Unit files of the administrator: those of packages are elsewhere, and enabling makes links.
 */
static void units_find(struct found *found) {
  static const char folder[] = "/etc/systemd/system", suffix[] = ".service";
  DIR *listing = opendir(folder);
  for (const struct dirent *entry;
       listing && found->unit_count < UNITS_MAX && (entry = readdir(listing));) {
    const size_t length = strlen(entry->d_name), end = sizeof suffix - 1;
    struct stat status;
    if (length > end && strcmp(entry->d_name + length - end, suffix) == 0 &&
        !strchr(entry->d_name, '@') &&
        fstatat(dirfd(listing), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode))
      found->units[found->unit_count++] = mem_dup(entry->d_name);
  }
  if (listing)
    closedir(listing);
}

/* ---- the text */

static const char *hint_of(const char *kind) {
  static const struct {
    const char *kind, *hint;
  } hints[] = {
      {"postgres", "add user= and dbname=; put the password into ~/.pgpass (mode 0600)"},
      {"pgbouncer", "add user=; put the password into ~/.pgpass (mode 0600)"},
      {"redis", "if it asks for one, password: \"${REDIS_PASSWORD}\""},
      {"kafka", "of a secured cluster, properties: {security.protocol: SASL_SSL, ...}"},
      {"service", "health: \"http://...\" requests a page, too"},
      {"docker", "projects: [NAME] limits it to compose projects"},
      {"host", "mounts: [/, /var] limits the file systems"},
  };
  for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
    if (strcmp(hints[i].kind, kind) == 0)
      return hints[i].hint;
  return NULL;
}

static void print_entry(struct found *found, const char *option, const char *value) {
  fprintf(found->out, "    %s: ", option);
  config_print_text(found->out, value);
  fputc('\n', found->out);
}

static void print_target(struct found *found, const struct target *target) {
  const struct target_kind *kind = target->kind;
  const char *hint = hint_of(kind->kind);
  fputs("  - name: ", found->out);
  config_print_text(found->out, target->name);
  fputc('\n', found->out);
  for (size_t i = 0; i < kind->option_count; i++)
    if (target->values[i].set && target->values[i].text && !kind->options[i].fallback)
      print_entry(found, kind->options[i].name, target->values[i].text);
  if (strcmp(kind->kind, "systemd") == 0 && found->unit_count > 0) {
    fputs("    units:  # those with a file in /etc/systemd/system; without it: all\n", found->out);
    for (size_t i = 0; i < found->unit_count; i++) {
      fputs("      - ", found->out);
      config_print_text(found->out, found->units[i]);
      fputc('\n', found->out);
    }
  }
  if (hint)
    fprintf(found->out, "    # %s\n", hint);
  found->targets++;
}

/* The kind of a server by the port in its container, and how its address is written. */
static const struct usual_place *place_of(const struct collector *collector, int port) {
  for (const struct usual_place *place = collector->usual; place && place->name; place++)
    if (place->port == port && place->port > 0 && strcmp(collector->kind.kind, "service") != 0)
      return place;
  return NULL;
}

static const struct collector *collector_of_port(int port, const struct usual_place **place) {
  for (const struct collector *const *each = collectors; *each; each++)
    if ((*place = place_of(*each, port)))
      return *each;
  *place = NULL;
  return collector_find("service");
}

/* Whether the usual place of its kind is that port: then it is in the list already. */
static bool is_listed(const struct found *found, const struct collector *collector, int port) {
  char address[32];
  snprintf(address, sizeof address, "%d", port);
  for (size_t i = 0; i < found->config->target_count; i++) {
    const struct target *target = found->config->targets[i];
    for (size_t v = 0; target->kind == &collector->kind && v < target->kind->option_count; v++) {
      const char *text = target->values[v].text;
      const char *at = text ? strstr(text, address) : NULL;
      if (at && at > text && (at[-1] == ':' || at[-1] == '='))
        return true;
    }
  }
  return false;
}

/* The usual address with the other port: "host=127.0.0.1 port=15432". */
static char *address_with(const struct usual_place *place, int port) {
  char usual[16];
  if (!place)
    return mem_printf("127.0.0.1:%d", port);
  snprintf(usual, sizeof usual, "%d", place->port);
  const char *at = strstr(place->value, usual);
  return at ? mem_printf("%.*s%d%s", (int)(at - place->value), place->value, port,
                         at + strlen(usual))
            : mem_dup(place->value);
}

static void print_heading(const struct found *found, const struct collector *collector,
                          bool *headed) {
  if (!*headed)
    fprintf(found->out, "\n%s:\n", collector->kind.key);
  *headed = true;
}

static void print_compose(struct found *found, const struct collector *collector, bool *headed) {
  for (size_t i = 0; i < found->compose.count; i++) {
    const struct compose_port *port = &found->compose.ports[i];
    const struct usual_place *place;
    if (!found->answers[i] || collector_of_port(port->container, &place) != collector ||
        is_listed(found, collector, port->host))
      continue;
    bool again = false; /* of a service that publishes several ports */
    for (size_t before = 0; before < i; before++)
      again = again || strcmp(found->compose.ports[before].service, port->service) == 0;
    char *address = address_with(place, port->host);
    char *name = again ? mem_printf("%.50s-%d", port->service, port->host) : mem_dup(port->service);
    const char *hint = hint_of(collector->kind.kind);
    print_heading(found, collector, headed);
    fputs("  - name: ", found->out);
    config_print_text(found->out, name);
    fprintf(found->out, "  # of %s\n", found->compose_file);
    print_entry(found, place ? place->option : "address", address);
    if (!place) {
      fputs("    runtime: {compose: ", found->out);
      config_print_text(found->out, port->service);
      fputs("}\n", found->out);
    }
    if (hint)
      fprintf(found->out, "    # %s\n", hint);
    found->targets++;
    free(name);
    free(address);
  }
}

/* ---- containers of no compose project */

static bool has_name(const struct found *found, const struct collector *collector,
                     const char *name) {
  for (size_t i = 0; i < found->config->target_count; i++)
    if (found->config->targets[i]->kind == &collector->kind &&
        strcmp(found->config->targets[i]->name, name) == 0)
      return true;
  for (size_t i = 0; i < found->compose.count; i++)
    if (strcmp(found->compose.ports[i].service, name) == 0)
      return true;
  return false;
}

/* Whether the compose file publishes the port. */
static bool is_composed(const struct found *found, int port) {
  for (size_t i = 0; i < found->compose.count; i++)
    if (found->compose.ports[i].host == port)
      return true;
  return false;
}

/* The target of the kind docker that is its engine: "podman-2". */
static const char *engine_name(const struct found *found, const struct init_engine *engine,
                               char out[ENGINE_NAME_MAX]) {
  const bool podman = strstr(engine->endpoint.socket, "podman") != NULL;
  snprintf(out, ENGINE_NAME_MAX, "%s-%zu", podman ? "podman" : "docker",
           (size_t)(engine - found->engines.items) + 1);
  return out;
}

/* A service, or a server of the kind that its port tells. */
static void print_container(struct found *found, const struct collector *collector,
                            const struct init_engine *engine,
                            const struct init_container *container) {
  const struct usual_place *place;
  char engine_is[ENGINE_NAME_MAX];
  (void)collector_of_port(container->container, &place);
  const char *hint = hint_of(collector->kind.kind);
  char *address = address_with(place, container->host);
  char *name = engine->usual && !has_name(found, collector, container->name)
                   ? mem_printf("%.50s", container->name)
                   : mem_printf("%.40s-%d", container->name, container->host);
  fputs("  - name: ", found->out);
  config_print_text(found->out, name);
  fputs("  # a running container\n", found->out);
  print_entry(found, place ? place->option : "address", address);
  if (!place) {
    fputs("    runtime: {docker: ", found->out);
    config_print_text(found->out, container->name);
    fputs("}\n", found->out);
    if (!engine->usual)
      print_entry(found, "engine", engine_name(found, engine, engine_is));
  }
  if (hint)
    fprintf(found->out, "    # %s\n", hint);
  found->targets++;
  free(name);
  free(address);
}

static void print_containers(struct found *found, const struct collector *collector, bool *headed) {
  for (size_t e = 0; e < found->engines.count; e++) {
    const struct init_engine *engine = &found->engines.items[e];
    for (size_t i = 0; i < engine->count; i++) {
      const struct init_container *container = &engine->containers[i];
      const struct usual_place *place;
      if (container->host == 0 || collector_of_port(container->container, &place) != collector ||
          is_listed(found, collector, container->host) || is_composed(found, container->host))
        continue;
      print_heading(found, collector, headed);
      print_container(found, collector, engine, container);
    }
  }
}

/* What is not in the lists of servers: containers that publish no port, those beyond the limit, and
 * engines that did not say. */
static void print_left_out(const struct found *found, const struct init_engine *engine) {
  struct names names = {0};
  char shown[2 * sizeof engine->err.text];
  for (size_t i = 0; i < engine->count; i++) {
    text_sanitize(shown, sizeof shown, engine->containers[i].name,
                  strlen(engine->containers[i].name), false);
    if (engine->containers[i].host == 0)
      names_add(&names, shown);
  }
  if (names.used > 0)
    fprintf(found->out, "    # they run and publish no port: %s\n",
            names_end(&names, "the pane Docker"));
  if (engine->left_out > 0)
    fprintf(found->out, "    # %zu more containers: too many, or a name that Docker would refuse\n",
            engine->left_out);
  text_sanitize(shown, sizeof shown, engine->err.text, strlen(engine->err.text), false);
  if (engine->err.kind != ERR_NONE)
    fprintf(found->out, "    # its containers are not listed here: %s\n", shown);
}

static void print_engine(struct found *found, const struct collector *collector,
                         const struct init_engine *engine, bool *headed) {
  char name[ENGINE_NAME_MAX];
  char *endpoint = mem_printf("unix://%s", engine->endpoint.socket);
  print_heading(found, collector, headed);
  fprintf(found->out, "  - name: %s\n", engine_name(found, engine, name));
  print_entry(found, "endpoint", endpoint);
  print_left_out(found, engine);
  found->targets++;
  free(endpoint);
}

static bool is_engine(const struct target_kind *kind) {
  return strcmp(kind->kind, "docker") == 0;
}

static void print_kind(struct found *found, const struct collector *collector) {
  bool headed = false;
  for (size_t i = 0; i < found->config->target_count; i++) {
    if (found->config->targets[i]->kind != &collector->kind)
      continue;
    print_heading(found, collector, &headed);
    print_target(found, found->config->targets[i]);
    if (is_engine(&collector->kind) && found->engines.count > 0)
      print_left_out(found, &found->engines.items[0]);
  }
  print_compose(found, collector, &headed);
  print_containers(found, collector, &headed);
  for (size_t i = 0; is_engine(&collector->kind) && i < found->engines.count; i++)
    if (!found->engines.items[i].usual)
      print_engine(found, collector, &found->engines.items[i], &headed);
  if (strcmp(collector->kind.kind, "kubernetes") == 0 && *found->context) {
    fprintf(found->out, "\n%s:\n  - name: ", collector->kind.key);
    config_print_text(found->out, found->context);
    fputs("  # the current context of the kubeconfig\n", found->out);
    print_entry(found, "context", found->context);
    fputs("    # namespaces: [NAME] limits it\n", found->out);
    found->targets++;
  }
}

static void name_print(const struct found *found) {
  char host[256] = "";
  if (gethostname(host, sizeof host - 1) != 0 || !*host)
    snprintf(host, sizeof host, "local");
  host[strcspn(host, ".")] = '\0';
  fputs("name: ", found->out);
  config_print_text(found->out, *found->compose.project ? found->compose.project : host);
  fputc('\n', found->out);
}

static void draft_print(struct found *found) {
  fputs("# Configuration of stacktop, written by `stacktop init` from what answered on this host.\n"
        "#\n"
        "# All options:         stacktop config --default\n"
        "# After each change:   stacktop config --check\n"
        "# What is in effect:   stacktop config\n"
        "#\n"
        "# Passwords do not belong into this file: write \"${VAR}\", "
        "\"${file:/run/secrets/NAME}\", or see\n"
        "# docs/configuration.md, \"Keep passwords out of the file\".\n\n",
        found->out);
  name_print(found);
  fputs("# environment: production  # the header says so, and confirmations are stricter\n"
        "interval: 2s\n",
        found->out);
  for (const struct collector *const *each = collectors; *each; each++)
    print_kind(found, *each);
  fputs("\n# Limits of your own replace the defaults, which `stacktop config` lists:\n"
        "# thresholds:\n"
        "#   disk.used: {warn: 80%, crit: 90%, for: 5m}\n",
        found->out);
}

/* "docker at /var/run/docker.sock: permission denied", of all that did not say what they run. */
static char *trouble_of(const struct init_engines *engines) {
  char *all = NULL;
  for (size_t i = 0; i < engines->count; i++) {
    const struct init_engine *engine = &engines->items[i];
    char shown[2 * sizeof engine->err.text];
    if (engine->err.kind == ERR_NONE)
      continue;
    const char *place = docker_endpoint_place(&engine->endpoint);
    text_sanitize(shown, sizeof shown, engine->err.text, strlen(engine->err.text), false);
    char *more =
        mem_printf("%s%sthe containers of the engine %s are not listed: %s", all ? all : "",
                   all ? "; " : "", *place ? place : "of the docker command", shown);
    free(all);
    all = more;
  }
  return all;
}

void init_draft_make(struct init_draft *draft, struct io *io, const struct app_schema *schema) {
  struct found found = {0};
  struct config *config = discover(io);
  int ports[COMPOSE_PORTS_MAX];
  size_t size;
  (void)schema;
  *draft = (struct init_draft){0};
  found.config = config;
  compose_find(&found);
  kubeconfig_find(&found);
  units_find(&found);
  for (size_t i = 0; i < found.compose.count; i++)
    ports[i] = found.compose.ports[i].host;
  discover_ports(io, ports, found.compose.count, found.answers);
  init_engines_find(&found.engines, io);
  found.out = open_memstream(&draft->text, &size);
  if (!found.out)
    mem_failed();
  draft_print(&found);
  fclose(found.out);
  draft->targets = found.targets;
  draft->trouble = trouble_of(&found.engines);
  init_engines_fini(&found.engines);
  for (size_t i = 0; i < found.unit_count; i++)
    free(found.units[i]);
  config_free(config);
}

void init_draft_fini(struct init_draft *draft) {
  free(draft->text);
  free(draft->trouble);
  *draft = (struct init_draft){0};
}
