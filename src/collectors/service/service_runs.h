/* What runs a service, looked at beside its health: neither waits for the other for long, and
 * neither makes the other unknown. */
#pragma once

#include "clients/service/service_driver.h"
#include "model/sample.h"

enum {
  SERVICE_RUNS_LOOK_MS = 5000,     /* for one look */
  SERVICE_RUNS_PATIENCE_MS = 1000, /* what a collection waits for it where health has answered */
  SERVICE_RUNS_KEPT_MS = 20000,    /* how long the last answer stands in for the next */
};

struct service_runs {
  const struct target *target;
  struct service_runtime *runtime; /* NULL: nothing is configured, or it could not be opened */
  bool configured;
  bool guesses;   /* no runtime is named: what is not found is not missed */
  bool explains;  /* it is looked at only while the service is not well */
  bool wanted;    /* explains: the service is not well */
  struct err err; /* why nothing is known; ERR_NONE: `state` is */

  bool looking;
  bool slow; /* the last look took longer than SERVICE_RUNS_PATIENCE_MS */
  int64_t began_ms;
  bool known;       /* `state` is there */
  int64_t taken_ms; /* when it was, on the steady clock */
  struct service_state state;
  struct arena arena; /* its texts */
  const char *names;  /* of its objects: "ecap-api-1, ecap-api-2" */
  char *cpu_run;      /* what the rate is computed from */
  double cpu_s, cpu;  /* cpu: -1: not known */
  int64_t cpu_us;
  void (*answered)(void *arg); /* a look has ended */
  void *arg;
};

void service_runs_init(struct service_runs *runs, struct io *io, const struct target *target,
                       void (*answered)(void *arg), void *arg);
/* Begins a look, unless one is under way, or none is wanted. complete: `check`, which has no second
 * one. */
void service_runs_look(struct service_runs *runs, bool complete);
/* What its health is now. Begins a look where only an unwell service has one. */
void service_runs_take_health(struct service_runs *runs, bool well);
/* Whether a collection should wait for the look under way; how long, from its beginning. */
bool service_runs_is_awaited(const struct service_runs *runs, bool complete, int64_t *wait_ms);
void service_runs_close(struct service_runs *runs, void (*closed)(void *arg), void *arg);
void service_runs_fini(struct service_runs *runs);

/* The cells of the row, and its reason and severity where the runtime has a worse one, after those
 * of health are there. What could not be known is a note or a fault of the sample. */
void service_runs_fill(const struct service_runs *runs, struct sample *sample, struct row *row);

/* Of its faults: no table of a sample, so that they say nothing of the table of services. */
#define SERVICE_RUNTIME_PART "runtime"
