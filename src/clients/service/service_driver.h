/* What runs services, one driver per runtime: containers of a Docker engine, deployments of
 * Kubernetes, units of systemd, programs of the operator's own. The collector looks at a service's
 * runtime and the actions change it, both by the same driver.
 *
 * To add one: a file service_NAME.c beside this one with `const struct service_driver
 * service_driver_NAME`, and a line in service_drivers.def. Everything comes on the loop's thread,
 * nothing blocks, and each call ends with exactly one callback, never before the call returns,
 * unless it is cancelled. A driver keeps no secret in what it hands out: texts of objects and
 * states are shown, printed and recorded. They come from a server as they are; the screen sanitises
 * them. */
#pragma once

#include "clients/service/service_runtime.h"
#include "core/arena.h"
#include "io/io.h"
#include "model/action/outcome.h"
#include "model/judge/severity.h"

enum {
  SERVICE_OBJECTS_MAX = 64,   /* of one service: containers, ... */
  SERVICE_STATE_MAX = 32,     /* bytes of a state: "exited 137" */
  SERVICE_REASON_MAX = 480,   /* bytes of a sentence */
  SERVICE_UNDONE_MAX = 3,     /* warnings of one object */
  SERVICE_VARIABLES_MAX = 64, /* of the option `environment` */
  SERVICE_COMMAND_TEXT_MAX = 4096,
};

/* ---- what a driver finds */

/* What is compared, inside the effect itself, with what is there: a change of anything that is not
 * the object that was shown is refused. Never NULL; "" where a runtime has no such thing. */
struct service_identity {
  const char *place;    /* of the engine, cluster, ...: where the configuration says it is */
  const char *id;       /* never used again: a container's id, a deployment's uid; the commands */
  const char *run;      /* which run or revision of it: when it was started, its generation */
  const char *state;    /* in the runtime's words: "running", "exited" */
  const char *restarts; /* by the runtime itself, which are not changes by others */
};

/* One thing that a change acts on. Texts are never NULL. */
struct service_object {
  struct service_identity identity;
  const char *name;  /* as a person names it: "ecap-api-1", "ecap-api", "ecap-api.service" */
  const char *group; /* compose project, namespace; "" */
  const char *image;
  /* Who undoes a stop, as sentences for the plan's warnings, ended by NULL: "it has the restart
   * policy always: a restart of the engine starts it again". */
  const char *undone_by[SERVICE_UNDONE_MAX + 1];
  const char *scaled_by; /* who undoes a scale, as a sentence; NULL: none, or not asked for */
};

/* The worst last. */
enum service_variable { VARIABLE_UNKNOWN, VARIABLE_SET, VARIABLE_EMPTY, VARIABLE_MISSING };

/* What a look found of a service as a whole. Numbers that are not known are -1; each says by its
 * own text why it is not known, where it could have been (NULL: it does not apply). */
struct service_state {
  const struct service_object *objects; /* in the order in which they are changed */
  size_t object_count;
  const char *found_by; /* how they were found, where no option says it: "label ..."; "" */

  char state[SERVICE_STATE_MAX]; /* "running", "restarting", "exited 137", "OOM-killed", "absent" */
  enum severity severity;        /* of the runtime alone; health is judged elsewhere */
  char
      reason[SERVICE_REASON_MAX]; /* the cause in words, unless severity is OK: "crash loop: ..." */
  double since_s;                 /* how long it has been in that state, or up */
  int64_t exit_code;              /* of the last run that ended, where it does not run */
  int64_t restarts;               /* by the runtime itself */
  int64_t ready, wanted;          /* replicas */
  /* CPU: what was used since `cpu_run` began, all objects together; the collector makes the rate.
   * A runtime that knows the rate says it in `cpu` (1 is one CPU). */
  double cpu_s;
  int64_t cpu_us;      /* when cpu_s was read, on the steady clock */
  const char *cpu_run; /* changes when cpu_s begins again */
  double cpu;
  int64_t memory;         /* bytes, without what can be dropped at once */
  int64_t memory_limit;   /* bytes; 0: it has none */
  double memory_share;    /* of its limit, of the object that has the least left */
  const char *unused_why; /* why CPU and memory are not known; NULL: nothing runs */
  const char *image;      /* of the first object; "" */
  const char *address;    /* of the engine, cluster, ... that said so; "" */
  /* One per variable asked for; whether it is in the environment that the runtime gives it. */
  enum service_variable variables[SERVICE_VARIABLES_MAX];
  const char *variables_why; /* why they are not known; NULL: they are */
  const char *note; /* one more sentence: what a status command says, a right that it lacks; NULL */
};

/* Nothing is known: for a driver to begin with. */
extern const struct service_state service_state_unknown;

/* ---- what it is asked */

struct service_look {
  /* Waits until CPU and memory are known, which may take longer; else those of an earlier look of
   * the same opening are good enough. */
  bool complete;
  /* Names of environment variables to check: set, empty or missing. Values are compared where they
   * are read, and kept nowhere. */
  char *const *variables;
  size_t variable_count;
  bool scaling; /* also who sets the number of replicas */
  int64_t timeout_ms;
};
/* state: borrowed for the callback; NULL with err: the runtime did not answer, or what is
 * configured is ambiguous. Nothing there is no error: 0 objects and the state "absent". */
typedef void (*service_look_cb)(void *arg, const struct service_state *state,
                                const struct err *err);

struct service_change {
  enum service_verb verb;
  struct service_identity identity; /* of the plan */
  const char *name;                 /* of the object, for words */
  int64_t replicas;                 /* SERVICE_SCALE */
  int64_t timeout_ms;
};
/* What became of a change. words: "" or a sentence.
 *   OBJECT_SENT     accepted (of change)
 *   OBJECT_DONE     it is as wanted (of follow): "running"
 *   OBJECT_PENDING  not yet (of follow): "still starting"; follow again
 *   OBJECT_PARTLY   changed, but not as wanted, and not to be expected any more
 *   OBJECT_GONE     the object no longer exists
 *   OBJECT_REFUSED  nothing was done: it is not the one that was planned for, or the runtime's
 * words OBJECT_UNKNOWN  sent, and no answer OBJECT_SKIPPED  nothing was sent; nor can anything else
 * be */
typedef void (*service_change_cb)(void *arg, enum object_result result, const char *words);

/* An open runtime of one service. A driver's own struct begins with it. One call at a time. */
struct service_runtime {
  const struct service_driver *driver;
  struct io *io;
  const struct target *target; /* outlives it */
  /* Of a change under way, by the driver: whether it may have had an effect already, and, where a
   * cancel ends it, the program that runs. */
  bool sent;
  const char *running;
};

struct service_driver {
  const char *name;            /* "docker", as shown: "found by docker" */
  const char *const *runtimes; /* names of the option `runtime` that it is for; ends with NULL */
  const char *noun, *nouns;    /* of its objects: "container", "containers" */
  bool looks;  /* knows a state at any time; programs of the operator's own do not */
  bool kills;  /* cancel ends a change under way: its outcome is then unknown */
  bool scales; /* has SERVICE_SCALE */
  /* The text of a name of the option; must not block. */
  bool (*check)(const char *runtime, const char *text, struct err *err);
  /* Whether it may look for a service that names no runtime, by what it is called and where it is;
   * must not block. A look that finds nothing says nothing then. NULL: never. */
  bool (*finds)(const struct target *target);
  /* Whether there is a sign of it on this host, where a service names several runtimes; must not
   * block. NULL: always. */
  bool (*present)(const struct target *target);
  /* Whether a look says why a service is not well, at the price of a program: it is then looked at
   * only while it is not. NULL: no. */
  bool (*explains)(const struct target *target);
  /* Whether the configuration lets it do that: false with what to add. */
  bool (*can)(const struct target *target, enum service_verb verb, struct err *why);
  /* Opens no connection yet. NULL with err where the options of the target contradict each other.
   */
  struct service_runtime *(*open)(struct io *io, const struct target *target, struct err *err);

  /* Everything that is known of it now. */
  void (*look)(struct service_runtime *runtime, const struct service_look *look,
               service_look_cb done, void *arg);
  /* Makes one change once, after comparing the identity; never sends it twice. */
  void (*change)(struct service_runtime *runtime, const struct service_change *change,
                 service_change_cb done, void *arg);
  /* One look at what became of a change that was sent by this or an earlier opening; called again
   * and again until it is not OBJECT_PENDING. It may take what it saw before into account. */
  void (*follow)(struct service_runtime *runtime, const struct service_change *change,
                 service_change_cb done, void *arg);
  /* Gives up what is under way, without its callback. Nothing: no effect. */
  void (*cancel)(struct service_runtime *runtime);
  /* Nothing is under way. Frees it at once or later on the loop; then closed(arg), unless it is
   * NULL. */
  void (*close)(struct service_runtime *runtime, void (*closed)(void *arg), void *arg);

  /* Pure: whether it makes sense for an object in that state; a running one is not started. */
  bool (*fits)(enum service_verb verb, const char *state);
  /* Pure: what a person would type for the change, in the arena; a line for each command. */
  const char *(*command)(struct arena *arena, const struct target *target,
                         const struct service_change *change);
  /* Pure: "SIGTERM, SIGKILL after 10s, then a new run of the same container"; "": nothing to say.
   */
  const char *(*impact)(enum service_verb verb);
};

/* All of them, from service_drivers.def; ends with NULL. */
extern const struct service_driver *const service_drivers[];
/* `check` of the driver that the name belongs to; for `check_item` of the option `runtime`. */
bool service_driver_check(const char *runtime, const char *text, struct err *err) MUST_CHECK;
const struct service_driver *service_driver_named(const char *runtime); /* NULL: no such name */
/* The driver that knows the state of a target, by its option `runtime`: where it has several names,
 * the first that is present; where it has none, one that may find it. NULL: none. */
const struct service_driver *service_driver_of(const struct target *target);
/* The one that makes a change: the operator's own program where there is one for it, else the one
 * above. NULL with what to add to the configuration. */
const struct service_driver *service_driver_for(const struct target *target, enum service_verb verb,
                                                struct err *why);
