#include "config/own/config_own_dump.h"
#include "config/print/config_dump.h"
#include "config/print/config_print.h"

#include <string.h>

/* An example value for an option without a default. */
static void print_example(FILE *out, const struct option *option) {
  const char *choice = option->choices ? option->choices[0] : NULL;
  if (option->example) {
    fputs(option->example, out);
    return;
  }
  switch (option->type) {
  case OPTION_INT:
    fprintf(out, "%lld", (long long)option->min);
    break;
  case OPTION_DURATION:
    config_print_duration(out, option->min > 2000 ? option->min : 2000);
    break;
  case OPTION_BOOL:
    fputs("true", out);
    break;
  case OPTION_LIST:
    fputs("[a, b]", out);
    break;
  case OPTION_MAP:
    fprintf(out, "{%s: value}", choice ? choice : "name");
    break;
  case OPTION_CHOICE:
    fputs(choice ? choice : "\"\"", out);
    break;
  case OPTION_TEXT:
  case OPTION_SECRET:
    fputs("\"...\"", out);
    break;
  }
}

/* " (200ms to 1d, default 2s)". */
static void print_allowed(FILE *out, const struct option *option) {
  char allowed[OPTION_ALLOWED_MAX];
  bool has = *option_allowed(option, allowed), preset = option->fallback && *option->fallback;
  if (!has && !preset)
    return;
  fprintf(out, " (%s%s%s%s)", allowed, has && preset ? ", " : "", preset ? "default " : "",
          preset ? option->fallback : "");
}

/* "indent name: value  # help (200ms to 1d, default 2s)". */
static void print_option(FILE *out, const char *indent, const struct option *option) {
  fprintf(out, "%s%s: ", indent, option->name);
  if (option->fallback)
    config_print_text(out, option->fallback);
  else
    print_example(out, option);
  fprintf(out, "  # %s%s", option->required ? "required: " : "", option->help ? option->help : "");
  print_allowed(out, option);
  fputc('\n', out);
}

static bool needs_nothing(const struct target_kind *kind) {
  for (size_t i = 0; i < kind->option_count; i++)
    if (kind->options[i].required)
      return false;
  return !kind->check; /* a rule without a condition is an error */
}

/* "#    thresholds: {kafka.lag: {warn: 10000}}" with a metric of the kind that has a default, or
 * any. */
static void print_own_thresholds(FILE *out, const struct config_schema *schema,
                                 const struct target_kind *kind) {
  const struct column_spec *shown = NULL;
  for (size_t i = 0; i < schema->metric_count; i++) {
    const struct column_spec *column = schema->metrics[i];
    bool has = column->threshold.has_warn || column->threshold.has_crit;
    if (schema->metric_kinds[i] == kind && (!shown || (has && !shown->threshold.has_warn)))
      shown = column;
  }
  if (!shown)
    return;
  fprintf(out, "#    %s: {%s: ", config_thresholds_key, shown->metric);
  config_print_threshold(out, &shown->threshold, shown->unit);
  fputs("}  # for this target only; see Thresholds below\n", out);
}

/* A kind that needs nothing but a name is enabled, so that the file watches something. */
static void print_kind(FILE *out, const struct config_schema *schema,
                       const struct target_kind *kind) {
  bool on = needs_nothing(kind);
  const char *mark = on ? "" : "#";
  fprintf(out, "\n## %s\n%s%s:\n%s  - name: local\n", kind->title, mark, kind->key, mark);
  for (int i = TARGET_NAME + 1; i < TARGET_COMMON_COUNT; i++)
    if (target_kind_takes(kind, i))
      print_option(out, "#    ", &target_common_options[i]);
  for (size_t i = 0; i < kind->option_count; i++)
    print_option(out, "#    ", &kind->options[i]);
  print_own_thresholds(out, schema, kind);
  if (!kind->has_checks)
    return;
  fprintf(out, "#    %s:  # data checks: docs/data-checks.md\n", config_checks_key);
  for (size_t i = 0; i < CHECK_EXPECT; i++) /* expect is instead of warn and crit */
    print_option(out, i == CHECK_NAME ? "#      - " : "#        ", &check_options[i]);
}

static void print_metric(FILE *out, const struct column_spec *column) {
  fprintf(out, "#  %s: ", column->metric);
  config_print_threshold(out, &column->threshold, column->unit);
  fprintf(out, "  # %s\n", column->help ? column->help : column->title);
}

void config_print_default(FILE *out, const struct config_schema *schema) {
  fputs(
      "## stacktop configuration (YAML). \"##\" starts a comment. A single \"#\" disables a "
      "setting:\n## remove it to enable the setting. Allowed values and the default are in "
      "parentheses; a\n## value without a default is an example. ${VAR} and ${VAR:-default} in a "
      "value are replaced\n## from the environment, so that secrets can stay out of this file.\n\n",
      out);
  for (size_t i = 0; i < CONFIG_OPTION_COUNT; i++)
    print_option(out, i == CONFIG_INTERVAL ? "" : "#", &config_options[i]);
  for (size_t i = 0; i < schema->kind_count; i++)
    print_kind(out, schema, schema->kinds[i]);
  fputs("\n## Panes in rows, with weights (docs/configuration.md); default: by the size of the "
        "screen\n#layout:\n#  - [services, kafka: 2]\n#  - {height: 2, panes: [postgres]}\n",
        out);
  fprintf(out, "\n## Saved filters of logs (docs/logs.md)\n#%s:\n#  - name: slow requests\n",
          config_log_filters_key);
  for (size_t i = LOG_FILTER_NAME + 1; i < LOG_FILTER_OPTION_COUNT; i++)
    print_option(out, "#    ", &log_filter_options[i]);
  fprintf(out,
          "\n## Keys of the screen: a key, a list of them, or none (docs/keys.md)\n#%s:\n"
          "#  row-details: [i, F3]  # `stacktop keys` lists all names and keys\n"
          "#  app-quit: none        # Ctrl-C always quits\n",
          config_keys_key);
  fputs("\n## Thresholds: {warn: .., crit: .., for: 5m, below: true}, or off. An entry here "
        "replaces\n## the whole default of its metric. Thresholds of a target take "
        "precedence.\n#thresholds:\n",
        out);
  for (size_t i = 0; i < schema->metric_count; i++)
    print_metric(out, schema->metrics[i]);
  config_own_default(out);
}
