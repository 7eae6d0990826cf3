/* Exercises the YAML reader and everything built from it: options, targets, thresholds, and the
 * dump. Holds: either a configuration or at least one error comes back, and the dump of a
 * configuration loads again. */
#include "config/config_load.h"
#include "config/print/config_dump.h"

#include <stdlib.h>

static const char *const runtimes[] = {"compose", "kubernetes", NULL};
static const struct option options[] = {
    {.name = "address", .type = OPTION_TEXT, .required = true},
    {.name = "dsn", .type = OPTION_SECRET},
    {.name = "port", .type = OPTION_INT, .min = 1, .max = 65535, .fallback = "80"},
    {.name = "insecure", .type = OPTION_BOOL, .fallback = "false"},
    {.name = "slow", .type = OPTION_DURATION, .fallback = "5s"},
    {.name = "mode", .type = OPTION_CHOICE, .choices = runtimes},
    {.name = "mounts", .type = OPTION_LIST},
    {.name = "runtime", .type = OPTION_MAP, .choices = runtimes},
    {.name = "properties", .type = OPTION_MAP},
};
static const struct target_kind kind = {.kind = "service",
                                        .key = "services",
                                        .title = "Services",
                                        .options = options,
                                        .option_count = 9};
static const struct target_kind *const kinds[] = {&kind};
static const struct column_spec ratio = {.id = "u", .unit = UNIT_RATIO, .metric = "disk.used"};
static const struct column_spec bytes = {.id = "m", .unit = UNIT_BYTES, .metric = "redis.memory"};
static const struct column_spec age = {.id = "a", .unit = UNIT_SECONDS, .metric = "pg.age"};
static const struct column_spec *const metrics[] = {&ratio, &bytes, &age};
static const struct target_kind *const metric_kinds[] = {&kind, &kind, NULL};
static const struct column_spec columns[] = {{.id = "name"}, {.id = "state"}};
static const struct table_spec table = {.id = "services", .columns = columns, .column_count = 2};
static const struct table_spec *const tables_of_kind[] = {&table, NULL};
static const struct table_spec *const *const tables[] = {tables_of_kind};
static const struct config_schema schema = {.tables = tables,
                                            .kinds = kinds,
                                            .kind_count = 1,
                                            .metrics = metrics,
                                            .metric_count = 3,
                                            .metric_kinds = metric_kinds};

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static struct config *load(const char *text, size_t len) {
  struct config_errors errors;
  config_errors_init(&errors, "fuzz.yaml");
  struct config *config = config_parse("fuzz.yaml", text, len, &schema, &errors);
  if (!config == (errors.count == 0))
    abort();
  config_errors_fini(&errors);
  return config;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  struct config *config = load((const char *)data, size);
  if (!config)
    return 0;
  char *dump;
  size_t dump_size;
  FILE *out = open_memstream(&dump, &dump_size);
  config_dump(out, config, &schema);
  fclose(out);
  config_free(config);
  struct config *again = load(dump, dump_size);
  if (!again)
    abort();
  config_free(again);
  free(dump);
  return 0;
}
