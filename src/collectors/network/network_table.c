#include "collectors/network/network_table.h"

#include "clients/network/network_contract.h"

#include <stdlib.h>
#include <string.h>

#define FACT(member) FIGURE_FIELD(0, struct network_facts, member)

static const struct column_spec network_columns[NETWORK_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "network_summary.def"
#undef COLUMN
};
const struct table_spec network_table = {.id = NETWORK_SUMMARY_TABLE,
                                         .title = "Network",
                                         .flags = TABLE_SUMMARY,
                                         .columns = network_columns,
                                         .column_count = NETWORK_COLUMN_COUNT};

static const struct column_spec listener_columns[LISTENER_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "network_listeners.def"
#undef COLUMN
};
const struct table_spec listener_table = {.id = NETWORK_LISTENERS_TABLE,
                                          .title = "Listeners",
                                          .columns = listener_columns,
                                          .column_count = LISTENER_COLUMN_COUNT};

static const struct column_spec link_columns[LINK_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "network_interfaces.def"
#undef COLUMN
};
const struct table_spec link_table = {.id = NETWORK_INTERFACES_TABLE,
                                      .title = "Interfaces",
                                      .columns = link_columns,
                                      .column_count = LINK_COLUMN_COUNT};

static const void *facts_part(const void *of, int part, const char **none) {
  (void)part;
  (void)none;
  return of;
}

const struct figures network_figures = {
    .table = &network_table, .part = facts_part, .unsaid = UNREPORTED};

void network_past_fini(struct network_past *past) {
  row_past_fini(&past->rows);
  free(past->links);
  for (size_t i = 0; i < past->listener_count; i++)
    free(past->listeners[i].key);
  free(past->listeners);
  map_fini(&past->by_key);
  *past = (struct network_past){0};
}

void network_past_begin(struct network_past *past, const struct network_reading *reading) {
  if (strcmp(past->space, reading->stack.space) != 0)
    network_past_fini(past);
  memcpy(past->space, reading->stack.space, sizeof past->space);
  row_past_begin(&past->rows);
}

const char *network_device_name(const struct network_links *links, uint32_t index) {
  for (size_t i = 0; index > 0 && i < links->count; i++)
    if (links->items[i].index == (int)index)
      return links->items[i].name;
  return NULL;
}

/* Lines "name:password:number:..." */
const char *network_user(struct sample *sample, const struct file_text *passwd, uint32_t user) {
  const char *line = passwd->text;
  while (line && *line) {
    const size_t name = strcspn(line, ":\n");
    const char *at = line + name;
    at += *at == ':' ? 1 + strcspn(at + 1, ":\n") : 0;
    char *end = NULL;
    if (*at == ':' && strtoul(at + 1, &end, 10) == user && end > at + 1 && *end == ':')
      return sample_text(sample, line, name);
    line += strcspn(line, "\n");
    line += *line == '\n';
  }
  return sample_printf(sample, "%u", user);
}
