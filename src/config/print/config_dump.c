#include "config/print/config_dump.h"

#include "config/own/config_own_dump.h"
#include "config/print/config_mask.h"
#include "config/print/config_print.h"
#include "core/mask.h"
#include "core/mem.h"
#include "core/secret.h"

#include <stdlib.h>
#include <string.h>

/* The value of a MAP is masked by its name, unless a check has validated it; a SECRET is masked in
 * its parts, and a TEXT if it is a URI with a password. */
static char *shown(const struct option *option, const char *name, const char *text) {
  if (!text)
    return mem_dup("");
  if (option->hidden || (name && !option->check && name_is_secret(name)))
    return mem_dup("***");
  if (option->type == OPTION_SECRET || strstr(text, "://"))
    return config_mask(text);
  return mem_dup(text);
}

static void print_shown(FILE *out, const struct option *option, const char *name,
                        const char *text) {
  char *masked = shown(option, name, text);
  config_print_text(out, masked);
  free(masked);
}

static void dump_items(FILE *out, const struct option *option, const struct option_value *value) {
  bool map = option->type == OPTION_MAP && value->names;
  fputs(map ? "{" : "[", out);
  for (size_t i = 0; i < value->item_count; i++) {
    if (i > 0)
      fputs(", ", out);
    if (map) {
      config_print_text(out, value->names[i]);
      fputs(": ", out);
    }
    print_shown(out, option, map ? value->names[i] : NULL, value->items[i]);
  }
  fputs(map ? "}" : "]", out);
}

static void dump_option(FILE *out, const struct option *option, const struct option_value *value) {
  if (!value->set)
    return;
  fprintf(out, "    %s: ", option->name);
  if (option->type == OPTION_LIST || option->type == OPTION_MAP)
    dump_items(out, option, value);
  else
    print_shown(out, option, NULL, value->text);
  fputc('\n', out);
}

static void dump_rules(FILE *out, const struct rules *rules, const char *indent,
                       const struct config_schema *schema) {
  if (rules->count > 0)
    fprintf(out, "%s%s:\n", indent, config_thresholds_key);
  for (size_t i = 0; i < rules->count; i++) {
    const struct rule *rule = &rules->items[i];
    const struct column_spec *column = config_schema_metric(schema, rule->metric);
    if (!column)
      continue;
    fprintf(out, "%s  %s: ", indent, rule->metric);
    config_print_threshold(out, &rule->threshold, column->unit);
    fputc('\n', out);
  }
}

static void dump_check_text(FILE *out, enum check_option option, const char *text) {
  fprintf(out, "%s%s: ", option == CHECK_NAME ? "      - " : "        ",
          check_options[option].name);
  config_print_text(out, text);
  fputc('\n', out);
}

static void dump_check_limit(FILE *out, const struct data_check *check, enum check_option option,
                             double limit) {
  fprintf(out, "        %s: ", check_options[option].name);
  if (strcmp(check->unit, "seconds") == 0)
    config_print_limit(out, limit, UNIT_SECONDS);
  else
    fprintf(out, "%.15g", limit);
  fputc('\n', out);
}

static void dump_check(FILE *out, const struct data_check *check) {
  size_t len = strlen(check->sql);
  char *sql = mask_likely(check->sql, &len);
  dump_check_text(out, CHECK_NAME, check->name);
  dump_check_text(out, CHECK_SQL, sql);
  free(sql);
  fputs("        interval: ", out);
  config_print_duration(out, check->interval_ms);
  fputs("\n        timeout: ", out);
  config_print_duration(out, check->timeout_ms);
  fputc('\n', out);
  if (check->threshold.has_warn)
    dump_check_limit(out, check, CHECK_WARN, check->threshold.warn);
  if (check->threshold.has_crit)
    dump_check_limit(out, check, CHECK_CRIT, check->threshold.crit);
  fputs(check->threshold.below ? "        below: true\n" : "", out);
  if (*check->unit)
    dump_check_text(out, CHECK_UNIT, check->unit);
  fputs(check->per_row ? "        per_row: true\n" : "", out);
  if (check->expect)
    dump_check_text(out, CHECK_EXPECT, check->expect);
}

static void dump_target(FILE *out, const struct target *target,
                        const struct config_schema *schema) {
  fputs("  - name: ", out);
  config_print_text(out, target->name);
  fputs("\n    interval: ", out);
  config_print_duration(out, target->interval_ms);
  if (target->timeout_ms > 0) {
    fputs("\n    timeout: ", out);
    config_print_duration(out, target->timeout_ms);
  }
  fputs(target->read_only ? "\n    read_only: true\n" : "\n", out);
  if (target->disabled) {
    fputs("    disabled: ", out);
    config_print_text(out, target->disabled);
    fputc('\n', out);
  }
  const struct option_value logs = {
      .set = target->log_count > 0, .items = target->logs, .item_count = target->log_count};
  dump_option(out, &target_common_options[TARGET_LOGS], &logs);
  for (size_t i = 0; i < target->kind->option_count; i++)
    dump_option(out, &target->kind->options[i], &target->values[i]);
  dump_rules(out, &target->rules, "    ", schema);
  if (target->check_count > 0)
    fprintf(out, "    %s:\n", config_checks_key);
  for (size_t i = 0; i < target->check_count; i++)
    dump_check(out, &target->checks[i]);
}

static void dump_kind(FILE *out, const struct config *config, const struct target_kind *kind,
                      const struct config_schema *schema) {
  bool any = false;
  for (size_t i = 0; i < config->target_count; i++) {
    if (config->targets[i]->kind != kind)
      continue;
    if (!any)
      fprintf(out, "%s:\n", kind->key);
    any = true;
    dump_target(out, config->targets[i], schema);
  }
}

static void dump_text(FILE *out, const char *key, const char *text) {
  if (!text)
    return;
  fprintf(out, "%s: ", key);
  config_print_text(out, text);
  fputc('\n', out);
}

/* "    grep: ..." */
static void dump_filter_text(FILE *out, enum log_filter_option option, const char *text) {
  if (!text)
    return;
  fprintf(out, "    %s: ", log_filter_options[option].name);
  config_print_text(out, text);
  fputc('\n', out);
}

static void dump_filter(FILE *out, const struct log_saved *saved) {
  const struct log_filter_spec *spec = log_filter_spec(saved->filter);
  fputs("  - name: ", out);
  config_print_text(out, saved->name);
  fputc('\n', out);
  dump_filter_text(out, LOG_FILTER_HELP, saved->help);
  dump_filter_text(out, LOG_FILTER_GREP, spec->grep);
  dump_filter_text(out, LOG_FILTER_EXCLUDE, spec->exclude);
  if (spec->level != LOG_LEVEL_NONE)
    dump_filter_text(out, LOG_FILTER_LEVEL, log_level_name(spec->level));
  const struct option_value fields = {.set = spec->condition_count > 0,
                                      .items = (char **)spec->conditions,
                                      .item_count = spec->condition_count};
  dump_option(out, &log_filter_options[LOG_FILTER_FIELDS], &fields);
  dump_filter_text(out, LOG_FILTER_SOURCE, spec->source);
  if (saved->since_ms > 0) {
    fprintf(out, "    %s: ", log_filter_options[LOG_FILTER_SINCE].name);
    config_print_duration(out, saved->since_ms);
    fputc('\n', out);
  }
}

void config_dump(FILE *out, const struct config *config, const struct config_schema *schema) {
  dump_text(out, "name", config->name);
  dump_text(out, "environment", config->environment);
  fputs("interval: ", out);
  config_print_duration(out, config->interval_ms);
  fputc('\n', out);
  dump_text(out, "theme", config->theme);
  dump_text(out, "state", config->state);
  if (config->read_only)
    fputs("read_only: true\n", out);
  if (config->audit_syslog)
    fputs("audit_syslog: true\n", out);
  for (size_t i = 0; i < schema->kind_count; i++)
    dump_kind(out, config, schema->kinds[i], schema);
  if (config->log_filter_count > 0)
    fprintf(out, "%s:\n", config_log_filters_key);
  for (size_t i = 0; i < config->log_filter_count; i++)
    dump_filter(out, &config->log_filters[i]);
  dump_rules(out, &config->rules, "", schema);
  config_own_dump(out, config);
}
