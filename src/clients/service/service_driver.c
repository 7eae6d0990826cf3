#include "clients/service/service_driver.h"

#include <string.h>

#define DRIVER(name) extern const struct service_driver service_driver_##name;
#include "service_drivers.def"
#undef DRIVER

const struct service_driver *const service_drivers[] = {
#define DRIVER(name) &service_driver_##name,
#include "service_drivers.def"
#undef DRIVER
    NULL};

const struct service_state service_state_unknown = {.found_by = "",
                                                    .severity = SEVERITY_OK,
                                                    .since_s = -1,
                                                    .exit_code = -1,
                                                    .restarts = -1,
                                                    .ready = -1,
                                                    .wanted = -1,
                                                    .cpu_s = -1,
                                                    .cpu_run = "",
                                                    .cpu = -1,
                                                    .memory = -1,
                                                    .memory_limit = -1,
                                                    .memory_share = -1,
                                                    .image = "",
                                                    .address = ""};

static bool is_for(const struct service_driver *driver, const char *runtime) {
  for (const char *const *name = driver->runtimes; *name; name++)
    if (strcmp(*name, runtime) == 0)
      return true;
  return false;
}

const struct service_driver *service_driver_named(const char *runtime) {
  for (const struct service_driver *const *driver = service_drivers; *driver; driver++)
    if (is_for(*driver, runtime))
      return *driver;
  return NULL;
}

bool service_driver_check(const char *runtime, const char *text, struct err *err) {
  const struct service_driver *driver = service_driver_named(runtime);
  return !driver || driver->check(runtime, text, err);
}

const struct service_driver *service_driver_of(const struct target *target) {
  const struct option_value *runtime = target_option(target, "runtime");
  const struct service_driver *first = NULL;
  for (size_t i = 0; i < runtime->item_count; i++) {
    const struct service_driver *driver = service_driver_named(runtime->names[i]);
    if (!driver || !driver->looks)
      continue;
    if (!driver->present || driver->present(target))
      return driver;
    first = first ? first : driver;
  }
  if (first)
    return first;
  if (runtime->item_count > 0)
    return service_driver_named(runtime->names[0]);
  for (const struct service_driver *const *driver = service_drivers; *driver; driver++)
    if ((*driver)->finds && (*driver)->finds(target))
      return *driver;
  return NULL;
}

const struct service_driver *service_driver_for(const struct target *target, enum service_verb verb,
                                                struct err *why) {
  const struct option_value *runtime = target_option(target, "runtime");
  *why = (struct err){0};
  for (const struct service_driver *const *driver = service_drivers; *driver; driver++)
    for (size_t i = 0; i < runtime->item_count; i++)
      if (!(*driver)->looks && is_for(*driver, runtime->names[i]) &&
          (*driver)->can(target, verb, why))
        return *driver;
  const struct service_driver *driver = service_driver_of(target);
  if (driver && driver->can(target, verb, why))
    return driver;
  if (why->kind == ERR_NONE)
    err_set(why, ERR_UNSUPPORTED,
            "the configuration does not say what runs it: add runtime: {compose: SERVICE} or "
            "{%s: \"PROGRAM ARGS\"} to the service",
            service_verb_name(verb));
  return NULL;
}
