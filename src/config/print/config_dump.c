#include "config/print/config_dump.h"

#include "config/config_layout.h"
#include "config/own/config_own_dump.h"
#include "config/print/config_dump_line.h"
#include "config/print/config_mask.h"
#include "config/print/config_print.h"
#include "core/mem.h"
#include "core/secret.h"
#include "core/text/mask.h"
#include "core/text/text.h"

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

static void dump_option(const struct dump *dump, const struct option *option,
                        const struct option_value *value) {
  FILE *out = dump->out;
  if (!value->set)
    return;
  fprintf(out, "    %s: ", option->name);
  if (option->type == OPTION_LIST || option->type == OPTION_MAP)
    dump_items(out, option, value);
  else
    print_shown(out, option, NULL, value->text);
  config_dump_line_end(dump, &value->origin);
}

static void dump_rules(const struct dump *dump, const struct rules *rules, const char *indent) {
  FILE *out = dump->out;
  if (rules->count > 0)
    fprintf(out, "%s%s:\n", indent, config_thresholds_key);
  for (size_t i = 0; i < rules->count; i++) {
    const struct rule *rule = &rules->items[i];
    const struct column_spec *column = config_schema_metric(dump->schema, rule->metric);
    if (!column)
      continue;
    fprintf(out, "%s  %s: ", indent, rule->metric);
    config_print_threshold(out, &rule->threshold, column->unit);
    config_dump_line_end(dump, &rule->origin);
  }
}

/* A check of a target. */
struct dump_check {
  const struct dump *dump;
  const struct data_check *check;
};

static void check_name(const struct dump_check *own, enum check_option option) {
  fprintf(own->dump->out, "%s%s: ", option == CHECK_NAME ? "      - " : "        ",
          check_options[option].name);
}

static void check_end(const struct dump_check *own, enum check_option option) {
  const struct origin *origins = own->check->origins;
  config_dump_line_end(own->dump, origins ? &origins[option] : NULL);
}

static void check_text(const struct dump_check *own, enum check_option option, const char *text) {
  check_name(own, option);
  config_print_text(own->dump->out, text);
  check_end(own, option);
}

static void check_true(const struct dump_check *own, enum check_option option) {
  check_name(own, option);
  fputs("true", own->dump->out);
  check_end(own, option);
}

static void check_duration(const struct dump_check *own, enum check_option option, int64_t ms) {
  check_name(own, option);
  config_print_duration(own->dump->out, ms);
  check_end(own, option);
}

static void check_limit(const struct dump_check *own, enum check_option option, double limit) {
  check_name(own, option);
  if (strcmp(own->check->unit, "seconds") == 0)
    config_print_limit(own->dump->out, limit, UNIT_SECONDS);
  else
    fprintf(own->dump->out, "%.15g", limit);
  check_end(own, option);
}

static void dump_check(const struct dump *dump, const struct data_check *check) {
  const struct dump_check own = {dump, check};
  size_t len = strlen(check->sql);
  char *sql = mask_likely(check->sql, &len);
  check_text(&own, CHECK_NAME, check->name);
  check_text(&own, CHECK_SQL, sql);
  free(sql);
  check_duration(&own, CHECK_INTERVAL, check->interval_ms);
  check_duration(&own, CHECK_TIMEOUT, check->timeout_ms);
  if (check->threshold.has_warn)
    check_limit(&own, CHECK_WARN, check->threshold.warn);
  if (check->threshold.has_crit)
    check_limit(&own, CHECK_CRIT, check->threshold.crit);
  if (check->threshold.below)
    check_true(&own, CHECK_BELOW);
  if (*check->unit)
    check_text(&own, CHECK_UNIT, check->unit);
  if (check->per_row)
    check_true(&own, CHECK_PER_ROW);
  if (check->expect)
    check_text(&own, CHECK_EXPECT, check->expect);
}

/* Of what a target has from the file, unless it has its own. */
static const struct origin *common_origin(const struct dump *dump, const struct target *target,
                                          enum target_common own, enum config_option inherited) {
  if (target->origins && target->origins[own].file)
    return &target->origins[own];
  const bool of_kind = own == TARGET_INTERVAL && target->interval_ms != dump->config->interval_ms;
  return dump->config->options && !of_kind ? &dump->config->options[inherited].origin : NULL;
}

static void dump_target(const struct dump *dump, const struct target *target) {
  FILE *out = dump->out;
  const struct origin *origins = target->origins;
  fputs("  - name: ", out);
  config_print_text(out, target->name);
  config_dump_line_end(dump, &target->origin);
  fputs("    interval: ", out);
  config_print_duration(out, target->interval_ms);
  config_dump_line_end(dump, common_origin(dump, target, TARGET_INTERVAL, CONFIG_INTERVAL));
  if (target->timeout_ms > 0) {
    fputs("    timeout: ", out);
    config_print_duration(out, target->timeout_ms);
    config_dump_line_end(dump, common_origin(dump, target, TARGET_TIMEOUT, CONFIG_TIMEOUT));
  }
  if (target->read_only) {
    fputs("    read_only: true", out);
    config_dump_line_end(dump, origins ? &origins[TARGET_READ_ONLY] : NULL);
  }
  if (target->disabled) {
    fputs("    disabled: ", out);
    config_print_text(out, target->disabled);
    config_dump_line_end(dump, origins ? &origins[TARGET_DISABLED] : NULL);
  }
  const struct option_value logs = {.set = target->log_count > 0,
                                    .items = target->logs,
                                    .item_count = target->log_count,
                                    .origin = origins ? origins[TARGET_LOGS] : (struct origin){0}};
  dump_option(dump, &target_common_options[TARGET_LOGS], &logs);
  const struct option_value depends = {.set = target->depends_count > 0,
                                       .items = target->depends_on,
                                       .item_count = target->depends_count,
                                       .origin = origins ? origins[TARGET_DEPENDS_ON]
                                                         : (struct origin){0}};
  dump_option(dump, &target_common_options[TARGET_DEPENDS_ON], &depends);
  for (size_t i = 0; i < target->kind->option_count; i++)
    dump_option(dump, &target->kind->options[i], &target->values[i]);
  dump_rules(dump, &target->rules, "    ");
  if (target->check_count > 0)
    fprintf(out, "    %s:\n", config_checks_key);
  for (size_t i = 0; i < target->check_count; i++)
    dump_check(dump, &target->checks[i]);
}

static void dump_kind(const struct dump *dump, const struct target_kind *kind) {
  bool any = false;
  for (size_t i = 0; i < dump->config->target_count; i++) {
    if (dump->config->targets[i]->kind != kind)
      continue;
    if (!any)
      fprintf(dump->out, "%s:\n", kind->key);
    any = true;
    dump_target(dump, dump->config->targets[i]);
  }
}

static const struct origin *option_origin(const struct dump *dump, enum config_option option) {
  return dump->config->options ? &dump->config->options[option].origin : NULL;
}

static void dump_text(const struct dump *dump, enum config_option option, const char *text) {
  if (!text)
    return;
  fprintf(dump->out, "%s: ", config_options[option].name);
  config_print_text(dump->out, text);
  config_dump_line_end(dump, option_origin(dump, option));
}

/* What is true; false too, where origins are shown. */
static void dump_bool(const struct dump *dump, enum config_option option, bool value) {
  if (!value && !dump->effects)
    return;
  fprintf(dump->out, "%s: %s", config_options[option].name, value ? "true" : "false");
  config_dump_line_end(dump, option_origin(dump, option));
}

/* What is not the default, or all. */
static void dump_events(const struct dump *dump) {
  const struct config *config = dump->config;
  if (!config->events || dump->effects) {
    fprintf(dump->out, "%s: %s", config_options[CONFIG_EVENTS].name,
            config->events ? "true" : "false");
    config_dump_line_end(dump, option_origin(dump, CONFIG_EVENTS));
  }
  if (config->events_keep_ms != INT64_C(30) * 86400000 || dump->effects) {
    fprintf(dump->out, "%s: ", config_options[CONFIG_EVENTS_KEEP].name);
    config_print_duration(dump->out, config->events_keep_ms);
    config_dump_line_end(dump, option_origin(dump, CONFIG_EVENTS_KEEP));
  }
  if (config->events_bytes != INT64_C(256) << 20 || dump->effects) {
    fprintf(dump->out, "%s: %lldMB", config_options[CONFIG_EVENTS_SIZE].name,
            (long long)(config->events_bytes >> 20));
    config_dump_line_end(dump, option_origin(dump, CONFIG_EVENTS_SIZE));
  }
}

/* "keys:" with "  row-details: [d, F3]", an entry a line. */
static void dump_keys(const struct dump *dump) {
  const struct config *config = dump->config;
  FILE *out = dump->out;
  if (config->key_count > 0)
    fprintf(out, "%s:\n", config_keys_key);
  for (size_t i = 0; i < config->key_count; i++) {
    const struct key_setting *setting = &config->keys[i];
    fprintf(out, "  %s: ", setting->name);
    if (setting->key_count == 0)
      fputs("none", out);
    for (size_t j = 0; j < setting->key_count; j++) {
      fputs(j > 0 ? ", " : "[", out);
      config_print_text(out, setting->keys[j]);
    }
    fputs(setting->key_count > 0 ? "]" : "", out);
    config_dump_line_end(dump, &setting->origin);
  }
}

static const struct origin *filter_origin(const struct log_saved *saved,
                                          enum log_filter_option option) {
  return saved->origins ? &saved->origins[option] : NULL;
}

static void filter_text(const struct dump *dump, const struct log_saved *saved,
                        enum log_filter_option option, const char *text) {
  if (!text)
    return;
  fprintf(dump->out, "%s%s: ", option == LOG_FILTER_NAME ? "  - " : "    ",
          log_filter_options[option].name);
  config_print_text(dump->out, text);
  config_dump_line_end(dump, filter_origin(saved, option));
}

static void dump_filter(const struct dump *dump, const struct log_saved *saved) {
  const struct log_filter_spec *spec = log_filter_spec(saved->filter);
  const struct origin *of_fields = filter_origin(saved, LOG_FILTER_FIELDS);
  const struct option_value fields = {.set = spec->condition_count > 0,
                                      .items = (char **)spec->conditions,
                                      .item_count = spec->condition_count,
                                      .origin = of_fields ? *of_fields : (struct origin){0}};
  filter_text(dump, saved, LOG_FILTER_NAME, saved->name);
  filter_text(dump, saved, LOG_FILTER_HELP, saved->help);
  filter_text(dump, saved, LOG_FILTER_GREP, spec->grep);
  filter_text(dump, saved, LOG_FILTER_EXCLUDE, spec->exclude);
  if (spec->level != LOG_LEVEL_NONE)
    filter_text(dump, saved, LOG_FILTER_LEVEL, log_level_name(spec->level));
  dump_option(dump, &log_filter_options[LOG_FILTER_FIELDS], &fields);
  filter_text(dump, saved, LOG_FILTER_SOURCE, spec->source);
  if (saved->since_ms > 0) {
    fprintf(dump->out, "    %s: ", log_filter_options[LOG_FILTER_SINCE].name);
    config_print_duration(dump->out, saved->since_ms);
    config_dump_line_end(dump, filter_origin(saved, LOG_FILTER_SINCE));
  }
}

/* "# read_only: true  # --read-only": what the configuration cannot say. */
static void dump_effects(const struct dump *dump) {
  const struct config_dump_effects *effects = dump->effects;
  for (size_t i = 0; i < dump->config->file_count; i++) {
    char path[1024];
    const char *file = dump->config->files[dump->config->file_count - 1 - i];
    text_sanitize(path, sizeof path, file, strlen(file), false);
    fprintf(dump->out, "# %s %s\n", i == 0 ? "file:" : "includes:", path);
  }
  if (dump->config->discovered)
    fputs("# no configuration file: found on this host\n", dump->out);
  if (effects->read_only_by)
    fprintf(dump->out, "# read-only and not to be unlocked, by %s\n", effects->read_only_by);
  if (effects->theme_by && effects->theme) {
    fprintf(dump->out, "# theme: ");
    config_print_text(dump->out, effects->theme);
    fprintf(dump->out, ", by %s\n", effects->theme_by);
  }
  for (size_t i = 0; effects->others && effects->others[i]; i++)
    fprintf(dump->out, "# %s\n", effects->others[i]);
  if (effects->state && !dump->config->state) {
    fputs("# state: ", dump->out);
    config_print_text(dump->out, effects->state);
    fputs("  # default\n", dump->out);
  }
}

static bool has_kind(const struct config *config, const struct target_kind *kind) {
  for (size_t i = 0; i < config->target_count; i++)
    if (config->targets[i]->kind == kind)
      return true;
  return false;
}

/* Thresholds of metrics that the file does not mention, of the kinds that are watched. */
static void dump_default_rules(const struct dump *dump) {
  const struct rules *rules = &dump->config->rules;
  const struct config_schema *schema = dump->schema;
  bool any = rules->count > 0;
  for (size_t i = 0; i < schema->metric_count; i++) {
    const struct column_spec *column = schema->metrics[i];
    bool named = !column->threshold.has_warn && !column->threshold.has_crit;
    for (size_t r = 0; r < rules->count; r++)
      named = named || strcmp(rules->items[r].metric, column->metric) == 0;
    if (named || !has_kind(dump->config, schema->metric_kinds[i]))
      continue;
    fprintf(dump->out, "%s  %s: ", any ? "" : "thresholds:\n", column->metric);
    config_print_threshold(dump->out, &column->threshold, column->unit);
    config_dump_line_end(dump, NULL);
    any = true;
  }
}

/* With origins also where it is the default. */
static void dump_time(const struct dump *dump, enum config_option option, int64_t ms) {
  const struct origin *origin = option_origin(dump, option);
  if (!dump->effects && (!origin || !origin->file))
    return;
  fprintf(dump->out, "%s: ", config_options[option].name);
  config_print_duration(dump->out, ms);
  config_dump_line_end(dump, origin);
}

static void dump_wall(const struct dump *dump) {
  const struct config_wall *wall = &dump->config->wall;
  const struct option_value run = {.set = true, .items = wall->run, .item_count = wall->run_count};
  dump_bool(dump, CONFIG_WALL_BELL, wall->bell);
  if (wall->notice != WALL_NOTICE_NONE || dump->effects)
    dump_text(dump, CONFIG_WALL_NOTICE, config_options[CONFIG_WALL_NOTICE].choices[wall->notice]);
  if (wall->run_count > 0) {
    fprintf(dump->out, "%s: ", config_options[CONFIG_WALL_RUN].name);
    dump_items(dump->out, &config_options[CONFIG_WALL_RUN], &run);
    config_dump_line_end(dump, option_origin(dump, CONFIG_WALL_RUN));
  }
  dump_time(dump, CONFIG_WALL_EVERY, wall->every_ms);
  dump_time(dump, CONFIG_WALL_ROTATE, wall->rotate_ms);
}

static void dump_all(const struct dump *dump) {
  const struct config *config = dump->config;
  FILE *out = dump->out;
  if (dump->effects)
    dump_effects(dump);
  dump_text(dump, CONFIG_NAME, config->name);
  dump_text(dump, CONFIG_ENVIRONMENT, config->environment);
  fprintf(out, "%s: ", config_options[CONFIG_INTERVAL].name);
  config_print_duration(out, config->interval_ms);
  config_dump_line_end(dump, option_origin(dump, CONFIG_INTERVAL));
  if (dump->effects && config->options && config->options[CONFIG_TIMEOUT].set)
    dump_time(dump, CONFIG_TIMEOUT, config->options[CONFIG_TIMEOUT].number);
  dump_text(dump, CONFIG_THEME, config->theme);
  dump_text(dump, CONFIG_STATE, config->state);
  dump_bool(dump, CONFIG_READ_ONLY, config->read_only);
  dump_bool(dump, CONFIG_AUDIT_SYSLOG, config->audit_syslog);
  dump_wall(dump);
  if (!config->mouse || dump->effects) {
    fprintf(out, "%s: %s", config_options[CONFIG_MOUSE].name, config->mouse ? "true" : "false");
    config_dump_line_end(dump, option_origin(dump, CONFIG_MOUSE));
  }
  dump_keys(dump);
  dump_events(dump);
  for (size_t i = 0; i < dump->schema->kind_count; i++)
    dump_kind(dump, dump->schema->kinds[i]);
  config_layout_dump(dump);
  if (config->log_filter_count > 0)
    fprintf(out, "%s:\n", config_log_filters_key);
  for (size_t i = 0; i < config->log_filter_count; i++)
    dump_filter(dump, &config->log_filters[i]);
  dump_rules(dump, &config->rules, "");
  if (dump->effects)
    dump_default_rules(dump);
  config_own_dump(dump);
}

void config_dump(FILE *out, const struct config *config, const struct config_schema *schema) {
  dump_all(&(struct dump){.out = out, .config = config, .schema = schema});
}

void config_dump_origins(FILE *out, const struct config *config, const struct config_schema *schema,
                         const struct config_dump_effects *effects) {
  dump_all(&(struct dump){.out = out, .config = config, .schema = schema, .effects = effects});
}
