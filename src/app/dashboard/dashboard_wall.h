/* What `--wall` does when a critical finding begins: the bell, a notification of the terminal, a
 * program; each only where the configuration says so, and together at most once in a time. */
#pragma once

#include "io/io.h"
#include "model/model.h"

struct terminal;
struct child;

struct dashboard_wall {
  struct io *io;
  struct model *model;
  struct terminal *terminal;
  void (*changed)(void *arg); /* a redraw is needed */
  void *arg;

  /* internal */
  uv_timer_t timer;
  uint64_t seen;   /* events */
  int64_t last_ms; /* of the last signal; 0: none */
  size_t waiting;  /* critical findings that began and were not signalled yet */
  char *text;      /* of the latest of them: "api: refused" */
  struct child *child;
};

/* The five above the line are set; the rest is zero. */
void dashboard_wall_open(struct dashboard_wall *own);
/* The model was evaluated. */
void dashboard_wall_see(struct dashboard_wall *own);
/* What is left ends on the loop. */
void dashboard_wall_close(struct dashboard_wall *own);
