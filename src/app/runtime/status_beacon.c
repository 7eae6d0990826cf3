#include "app/runtime/status_beacon.h"

#include "audit/audit.h"
#include "io/beacon.h"
#include "io/clock.h"
#include "report/status/status_brief.h"

#include <stdlib.h>

static void on_timer(uv_timer_t *timer) {
  struct status_beacon *own = timer->data;
  struct status_brief brief;
  if (own->paused) {
    beacon_show(own->beacon, NULL);
    return;
  }
  status_brief_make(own->model, clock_now_ms(), &brief);
  char *text = status_brief_text(&brief);
  beacon_show(own->beacon, text);
  free(text);
}

static void beacon_show_of(struct status_beacon *own) {
  char *fallback = state_folder();
  own->beacon = beacon_new(own->io, fallback, own->model->config->path);
  free(fallback);
}

void status_beacon_rebase(struct status_beacon *own) {
  beacon_close(own->beacon);
  beacon_show_of(own);
}

void status_beacon_open(struct status_beacon *own, struct io *io, const struct model *model) {
  *own = (struct status_beacon){.io = io, .model = model};
  beacon_show_of(own);
  uv_timer_init(io->loop, &own->timer);
  own->timer.data = own;
  uv_timer_start(&own->timer, on_timer, BEACON_SHOW_MS, BEACON_SHOW_MS);
}

void status_beacon_pause(struct status_beacon *own, bool paused) {
  own->paused = paused;
}

void status_beacon_close(struct status_beacon *own) {
  uv_close((uv_handle_t *)&own->timer, NULL);
  beacon_close(own->beacon);
}
