/* The logs that are open in the dashboard: reads what the view asks for and publishes it as
 * model.logs. */
#pragma once

#include "io/io.h"
#include "logs/log_session.h"
#include "model/action/request.h"
#include "model/model.h"

struct dashboard_logs {
  struct io *io;
  struct model *model;
  bool utc;
  void (*changed)(void *arg); /* a redraw is needed */
  void *arg;

  /* internal */
  struct logs logs;
  struct log *log, *hits;
  struct log_rates rates;
  struct log_filter *filter;
  struct log_session *session, *search;
  size_t target_index;
  char *table, *key;
  bool paused;
};

/* The five above the line are set; the rest is zero. */
void dashboard_logs_open(struct dashboard_logs *own);
/* REQUEST_LOGS_...; false for others. */
bool dashboard_logs_request(struct dashboard_logs *own, const struct request *request);
/* Nothing new is shown while the screen is paused; what is asked for then is read. */
void dashboard_logs_pause(struct dashboard_logs *own, bool paused);
/* Stops reading and frees everything; what is left of it ends on the loop. */
void dashboard_logs_close(struct dashboard_logs *own);
