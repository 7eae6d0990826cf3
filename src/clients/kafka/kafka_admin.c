#include "clients/kafka/kafka_admin.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

struct kafka_admin *kafka_admin_new(void) {
  struct kafka_admin *admin = mem_new(sizeof *admin);
  arena_init(&admin->arena, KAFKA_ADMIN_BYTES_MAX);
  admin->time_ms = admin->mark_ms = -1;
  admin->facts.state_text = "not known";
  return admin;
}

void kafka_admin_free(struct kafka_admin *admin) {
  if (!admin)
    return;
  free(admin->spots);
  free(admin->topics);
  free(admin->settings);
  free(admin->loaded);
  arena_fini(&admin->arena);
  free(admin);
}

struct kafka_spot *kafka_admin_spot(struct kafka_admin *admin, const char *topic,
                                    int32_t partition) {
  if (admin->spot_count == KAFKA_SPOTS_MAX) {
    admin->cut = true;
    return NULL;
  }
  const char *kept = admin->spot_count > 0 ? admin->spots[admin->spot_count - 1].topic : NULL;
  if (!kept || strcmp(kept, topic) != 0) /* a topic's name is kept once */
    kept = arena_text(&admin->arena, topic, strlen(topic));
  if (admin->spot_count == admin->spot_capacity) {
    admin->spot_capacity = admin->spot_capacity ? admin->spot_capacity * 2 : 16;
    admin->spots = mem_resize(admin->spots, admin->spot_capacity * sizeof *admin->spots);
  }
  struct kafka_spot *spot = &admin->spots[admin->spot_count++];
  *spot = (struct kafka_spot){.topic = kept,
                              .partition = partition,
                              .committed = KAFKA_NO_OFFSET,
                              .start = KAFKA_NO_OFFSET,
                              .end = KAFKA_NO_OFFSET,
                              .at = KAFKA_NO_OFFSET,
                              .mark = KAFKA_NO_OFFSET,
                              .want = KAFKA_NO_OFFSET};
  return spot;
}

bool kafka_admin_sent(const struct kafka_admin *admin) {
  return admin->gate == KAFKA_GATE_SENT;
}
