#include "config/config_checks.h"

#include "config/config_option.h"
#include "config/config_rules.h"
#include "config/own/config_own_text.h"
#include "core/mem.h"
#include "core/text/names.h"
#include "core/text/suggest.h"

#include <stdlib.h>
#include <string.h>

static void note_unknown(struct config_yaml *yaml, const yaml_node_t *key) {
  struct suggestion near = {0};
  struct names known = {0};
  for (size_t i = 0; i < CHECK_OPTION_COUNT; i++) {
    suggest_consider(&near, config_yaml_key(key), check_options[i].name);
    names_add(&known, check_options[i].name);
  }
  config_yaml_error(yaml, key, "unknown key \"%.60s\" in %s%s%s%s%s", config_yaml_key(key),
                    config_checks_key, suggest_text(&near), near.best ? "" : " (known: ",
                    near.best ? "" : names_end(&known, "`stacktop config --default`"),
                    near.best ? "" : ")");
}

/* A check while it is being read. */
struct draft {
  struct config_yaml *yaml;
  const yaml_node_t *node;
  const yaml_node_t *nodes[CHECK_OPTION_COUNT];
  struct option_value values[CHECK_OPTION_COUNT];
};

static void defaults_set(struct draft *draft) {
  struct err err;
  for (size_t i = 0; i < CHECK_OPTION_COUNT; i++)
    if (check_options[i].fallback &&
        !option_parse(&check_options[i], check_options[i].fallback, &draft->values[i], &err))
      abort(); /* the default of an option parses */
}

static bool keys_read(struct draft *draft) {
  const yaml_node_t *key, *value;
  bool good = config_yaml_mapping(draft->yaml, draft->node, config_checks_key);
  for (size_t i = 0; good && config_yaml_pair(draft->yaml, draft->node, i, &key, &value); i++) {
    const int option = config_option_find(check_options, CHECK_OPTION_COUNT, config_yaml_key(key));
    if (option < 0) {
      note_unknown(draft->yaml, key);
      return false;
    }
    draft->nodes[option] = value;
    if (option != CHECK_SQL)
      good = config_option_read(draft->yaml, &check_options[option], value, &draft->values[option]);
  }
  for (size_t i = 0; good && i < CHECK_OPTION_COUNT; i++)
    if (check_options[i].required && !draft->nodes[i]) {
      config_yaml_error(draft->yaml, draft->node, "missing key \"%s\" in %s: %s",
                        check_options[i].name, config_checks_key, check_options[i].help);
      good = false;
    }
  return good;
}

static bool name_read(struct draft *draft, const struct target *target) {
  const char *name = draft->values[CHECK_NAME].text;
  for (size_t i = 0; i < target->check_count; i++)
    if (strcmp(target->checks[i].name, name) == 0) {
      config_yaml_error(draft->yaml, draft->nodes[CHECK_NAME],
                        "%s has two checks named \"%s\"; names must be unique in a target",
                        config_checks_key, name);
      return false;
    }
  return true;
}

/* "5%" is the 5 of a check whose values are per cent. */
static bool limit_read(struct draft *draft, enum check_option option, bool *has, double *limit) {
  const char *text = draft->values[option].text, *unit = draft->values[CHECK_UNIT].text;
  struct err err;
  if (!text)
    return true;
  *has = true;
  char *number = mem_dup(text);
  const size_t len = strlen(number);
  if (len > 0 && number[len - 1] == '%' && unit && *unit == '%')
    number[len - 1] = '\0';
  const enum unit as = !unit                          ? UNIT_NONE
                       : strcmp(unit, "bytes") == 0   ? UNIT_BYTES
                       : strcmp(unit, "seconds") == 0 ? UNIT_SECONDS
                                                      : UNIT_NONE;
  bool good = quantity_parse_in(as, number, limit, &err);
  if (!good)
    config_yaml_error(draft->yaml, draft->nodes[option], "%s: %s", check_options[option].name,
                      err.text);
  free(number);
  return good;
}

/* A limit that is never reached because the other one is reached first would be a mistake. */
static bool limits_read(struct draft *draft, struct threshold *threshold) {
  if (!limit_read(draft, CHECK_WARN, &threshold->has_warn, &threshold->warn) ||
      !limit_read(draft, CHECK_CRIT, &threshold->has_crit, &threshold->crit))
    return false;
  threshold->below = draft->values[CHECK_BELOW].number;
  const bool has = threshold->has_warn || threshold->has_crit;
  const yaml_node_t *expect = draft->nodes[CHECK_EXPECT];
  if (has && expect) {
    config_yaml_error(draft->yaml, expect, "a check has either expect or warn and crit, not both");
    return false;
  }
  if (threshold->has_warn && threshold->has_crit &&
      (threshold->below ? threshold->crit > threshold->warn : threshold->crit < threshold->warn)) {
    config_yaml_error(draft->yaml, draft->nodes[CHECK_CRIT], "crit is %s warn; %s",
                      threshold->below ? "above" : "below",
                      threshold->below ? "with below: true it must not be"
                                       : "for a lower bound, add below: true");
    return false;
  }
  return true;
}

static bool check_read(struct draft *draft, const struct target *target, struct data_check *check) {
  if (!keys_read(draft) || !name_read(draft, target) || !limits_read(draft, &check->threshold))
    return false;
  check->sql = config_check_sql(draft->yaml, draft->nodes[CHECK_SQL]);
  if (!check->sql)
    return false;
  const char *unit = draft->values[CHECK_UNIT].text, *expect = draft->values[CHECK_EXPECT].text;
  check->name = mem_dup(draft->values[CHECK_NAME].text);
  check->unit = mem_dup(unit ? unit : "");
  check->expect = expect ? mem_dup(expect) : NULL;
  check->interval_ms = draft->values[CHECK_INTERVAL].number;
  check->timeout_ms = draft->values[CHECK_TIMEOUT].number;
  check->per_row = draft->values[CHECK_PER_ROW].number;
  draft->values[CHECK_SQL].origin = config_yaml_origin(draft->yaml, draft->nodes[CHECK_SQL], 0);
  check->origins = config_option_origins(draft->values, CHECK_OPTION_COUNT);
  return true;
}

void config_checks_read(struct config_yaml *yaml, const yaml_node_t *list, struct target *target) {
  const yaml_node_t *item;
  if (config_yaml_is_null(list) || !config_yaml_list(yaml, list, config_checks_key))
    return;
  for (size_t i = 0; (item = config_yaml_item(yaml, list, i)); i++) {
    struct draft draft = {.yaml = yaml, .node = item};
    struct data_check check = {0};
    if (i == DATA_CHECKS_MAX) {
      config_yaml_error(yaml, item, "%s has more than %d entries", config_checks_key,
                        DATA_CHECKS_MAX);
      return;
    }
    defaults_set(&draft);
    if (check_read(&draft, target, &check)) {
      target->checks =
          mem_resize(target->checks, (target->check_count + 1) * sizeof *target->checks);
      target->checks[target->check_count++] = check;
    }
    for (size_t o = 0; o < CHECK_OPTION_COUNT; o++)
      option_value_fini(&draft.values[o]);
  }
}
