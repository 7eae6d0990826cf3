#include "collectors/kafka/kafka_target.h"

#include <string.h>

struct kafka_client *kafka_client_open(struct io *io, const struct target *target,
                                       struct err *err) {
  const struct option_value *properties = target_option(target, "properties");
  const struct kafka_config config = {.bootstrap = target_text(target, "bootstrap"),
                                      .names = properties->names,
                                      .values = properties->items,
                                      .property_count = properties->item_count};
  struct err why = {0};
  struct kafka_client *client = kafka_client_new(io, &config, &why);
  if (client)
    return client;
  if (properties->origin.line > 0 && strncmp(why.text, "properties", 10) == 0)
    err_set(err, why.kind, "line %d: %s", properties->origin.line, why.text);
  else
    *err = why;
  return NULL;
}

struct kafka_rules kafka_rules_of(const struct target *target) {
  return (struct kafka_rules){.stall_ms = target_number(target, "window") / 2,
                              .allowed = target_number(target, "allowed")};
}
