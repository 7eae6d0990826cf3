#include "config/print/config_json_schema.h"

#include "config/config_layout.h"
#include "config/config_yaml.h"
#include "config/own/config_own_options.h"

#include <string.h>

/* A value may be written without quotes: YAML then reads 5 as a number. */
static const char scalar[] = "{\"type\": [\"string\", \"number\", \"boolean\"]}";

static void print_string(FILE *out, const char *text) {
  fputc('"', out);
  for (; *text; text++) {
    const unsigned char byte = (unsigned char)*text;
    if (byte == '"' || byte == '\\')
      fprintf(out, "\\%c", byte);
    else if (byte < 0x20)
      fprintf(out, "\\u%04x", byte);
    else
      fputc(byte, out);
  }
  fputc('"', out);
}

static void print_choices(FILE *out, const char *const *choices) {
  fputc('[', out);
  for (size_t i = 0; choices[i]; i++) {
    fputs(i > 0 ? ", " : "", out);
    print_string(out, choices[i]);
  }
  fputc(']', out);
}

/* A reference, ${VAR}, may stand for any value. */
static void print_or_reference(FILE *out) {
  fputs(", {\"type\": \"string\", \"pattern\": \"\\\\$\\\\{\"}]", out);
}

static void print_map(FILE *out, const struct option *option) {
  fputs("\"type\": \"object\", \"maxProperties\": 1000, \"additionalProperties\": ", out);
  fputs(scalar, out);
  if (option->choices) {
    fputs(", \"propertyNames\": {\"enum\": ", out);
    print_choices(out, option->choices);
    fputc('}', out);
  }
}

static void print_type(FILE *out, const struct option *option) {
  switch (option->type) {
  case OPTION_INT:
    fputs("\"anyOf\": [{\"type\": \"integer\"", out);
    if (option->min != option->max)
      fprintf(out, ", \"minimum\": %lld, \"maximum\": %lld", (long long)option->min,
              (long long)option->max);
    fputs("}, {\"type\": \"string\", \"pattern\": \"^-?[0-9]+$\"}", out);
    print_or_reference(out);
    break;
  case OPTION_BOOL:
    fputs("\"anyOf\": [{\"enum\": [true, false, \"true\", \"false\"]}", out);
    print_or_reference(out);
    break;
  case OPTION_DURATION:
    fputs("\"anyOf\": [{\"type\": \"string\", \"pattern\": "
          "\"^[0-9]+([.][0-9]+)? ?(ms|s|m|h|d)$\"}",
          out);
    print_or_reference(out);
    break;
  case OPTION_CHOICE:
    fputs("\"anyOf\": [{\"enum\": ", out);
    print_choices(out, option->choices);
    fputc('}', out);
    print_or_reference(out);
    break;
  case OPTION_LIST:
    fprintf(out, "\"type\": \"array\", \"maxItems\": %d, \"items\": %s", CONFIG_ITEMS_MAX, scalar);
    break;
  case OPTION_MAP:
    print_map(out, option);
    break;
  case OPTION_TEXT:
  case OPTION_SECRET:
    fputs("\"type\": [\"string\", \"number\", \"boolean\"]", out);
  }
}

/* "name": {"description": "...", ...} */
static void print_option(FILE *out, const struct option *option) {
  char allowed[OPTION_ALLOWED_MAX], help[512];
  const bool has = *option_allowed(option, allowed), preset = option->fallback && *option->fallback;
  snprintf(help, sizeof help, "%s%s%s%s%s%s%s", option->help ? option->help : "",
           has || preset ? " (" : "", allowed, has && preset ? ", " : "", preset ? "default " : "",
           preset ? option->fallback : "", has || preset ? ")" : "");
  print_string(out, option->name);
  fputs(": {\"description\": ", out);
  print_string(out, help);
  fputs(", ", out);
  print_type(out, option);
  fputc('}', out);
}

static void print_options(FILE *out, const struct option *options, size_t count) {
  for (size_t i = 0; i < count; i++) {
    fputs(i > 0 ? ",\n      " : "", out);
    print_option(out, &options[i]);
  }
}

/* ", \"required\": [...], \"additionalProperties\": false}" */
static void print_required(FILE *out, const struct option *first, size_t first_count,
                           const struct option *second, size_t second_count) {
  const char *comma = "";
  bool any = false;
  for (size_t i = 0; i < first_count + second_count; i++) {
    const struct option *option = i < first_count ? &first[i] : &second[i - first_count];
    if (!option->required)
      continue;
    fputs(any ? "" : ", \"required\": [", out);
    fputs(comma, out);
    print_string(out, option->name);
    comma = ", ";
    any = true;
  }
  fprintf(out, "%s, \"additionalProperties\": false}", any ? "]" : "");
}

/* A list of mappings with these options; all of its entries may be commented out. */
static void print_list(FILE *out, const struct option *options, size_t count) {
  fprintf(out,
          "{\"type\": [\"array\", \"null\"], \"maxItems\": %d, \"items\": {\"type\": \"object\", "
          "\"properties\": {",
          CONFIG_ITEMS_MAX);
  print_options(out, options, count);
  fputc('}', out);
  print_required(out, options, count, NULL, 0);
  fputc('}', out);
}

/* kind NULL: of all. YAML reads `off` as false. */
static void print_thresholds(FILE *out, const struct config_schema *schema,
                             const struct target_kind *kind) {
  bool any = false;
  fputs("{\"type\": [\"object\", \"null\"], \"properties\": {", out);
  for (size_t i = 0; i < schema->metric_count; i++) {
    if (kind && schema->metric_kinds[i] != kind)
      continue;
    const struct column_spec *column = schema->metrics[i];
    fputs(any ? ",\n      " : "", out);
    print_string(out, column->metric);
    fputs(": {\"$ref\": \"#/definitions/threshold\", \"description\": ", out);
    print_string(out, column->help ? column->help : column->title);
    fputc('}', out);
    any = true;
  }
  fputs("}, \"additionalProperties\": false}", out);
}

static void print_kind(FILE *out, const struct config_schema *schema,
                       const struct target_kind *kind) {
  bool any = false;
  print_string(out, kind->key);
  fprintf(out, ": {\"type\": [\"array\", \"null\"], \"maxItems\": %d, \"description\": ",
          CONFIG_ITEMS_MAX);
  print_string(out, kind->title);
  fputs(", \"items\": {\"type\": \"object\", \"properties\": {\n      ", out);
  for (int i = 0; i < TARGET_COMMON_COUNT; i++) {
    if (!target_kind_takes(kind, i))
      continue;
    fputs(any ? ",\n      " : "", out);
    print_option(out, &target_common_options[i]);
    any = true;
  }
  fputs(kind->option_count > 0 ? ",\n      " : "", out);
  print_options(out, kind->options, kind->option_count);
  fprintf(out, ",\n      \"%s\": ", config_thresholds_key);
  print_thresholds(out, schema, kind);
  if (kind->has_checks) {
    fprintf(out, ",\n      \"%s\": ", config_checks_key);
    print_list(out, check_options, CHECK_OPTION_COUNT);
  }
  fputs("}", out);
  print_required(out, target_common_options, TARGET_COMMON_COUNT, kind->options,
                 kind->option_count);
  fputs("}", out);
}

/* The parts of an action have forms of their own, which only the loader knows. */
static void print_actions(FILE *out) {
  fputs("{\"type\": [\"array\", \"null\"], \"items\": {\"type\": \"object\", \"properties\": {",
        out);
  for (size_t i = 0; i < OWN_OPTION_COUNT; i++) {
    const struct option *option = &own_options[i];
    const bool is_scalar = option->type != OPTION_LIST && option->type != OPTION_MAP;
    fputs(i > 0 ? ",\n      " : "", out);
    if (is_scalar) {
      print_option(out, option);
      continue;
    }
    print_string(out, option->name);
    fprintf(out, ": {\"type\": \"%s\", \"description\": ",
            option->type == OPTION_LIST ? "array" : "object");
    print_string(out, option->help);
    fputc('}', out);
  }
  fputc('}', out);
  print_required(out, own_options, OWN_OPTION_COUNT, NULL, 0);
  fputc('}', out);
}

static void print_secrets(FILE *out) {
  fputs("{\"type\": [\"object\", \"null\"], \"additionalProperties\": {\"type\": \"object\", "
        "\"properties\": {",
        out);
  print_options(out, secret_options, SECRET_OPTION_COUNT);
  fputs(
      "}, \"additionalProperties\": false, \"oneOf\": [{\"required\": [\"file\"]}, {\"required\": "
      "[\"command\"]}]}}",
      out);
}

static void print_definitions(FILE *out) {
  fputs("  \"definitions\": {\"threshold\": {\"anyOf\": [{\"enum\": [\"off\", false]}, {\"type\": "
        "\"object\", \"properties\": {",
        out);
  print_options(out, threshold_options, THRESHOLD_OPTION_COUNT);
  fputs(
      "}, \"additionalProperties\": false, \"anyOf\": [{\"required\": [\"warn\"]}, {\"required\": "
      "[\"crit\"]}]}]}}\n",
      out);
}

/* A name has a key, a list of keys, or none. */
static void print_keys(FILE *out) {
  fprintf(
      out,
      ",\n    \"%s\": {\"description\": \"keys by name: a key, a list, or none; `stacktop keys` "
      "lists the names\", \"type\": [\"object\", \"null\"], \"additionalProperties\": "
      "{\"anyOf\": [{\"type\": [\"string\", \"integer\"]}, {\"type\": \"array\", \"items\": "
      "{\"type\": [\"string\", \"integer\"]}}]}}",
      config_keys_key);
}

void config_json_schema(FILE *out, const struct config_schema *schema) {
  fputs("{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n  \"title\": \"stacktop "
        "configuration\",\n  \"type\": \"object\",\n  \"additionalProperties\": false,\n  "
        "\"properties\": {\n    ",
        out);
  print_options(out, config_options, CONFIG_OPTION_COUNT);
  fprintf(out,
          ",\n    \"%s\": {\"description\": \"files to read first; this one wins\", \"anyOf\": "
          "[{\"type\": [\"string\", \"null\"]}, {\"type\": \"array\", \"items\": {\"type\": "
          "\"string\"}}]},\n    \"%s\": ",
          config_include_key, config_secrets_key);
  print_secrets(out);
  for (size_t i = 0; i < schema->kind_count; i++) {
    fputs(",\n    ", out);
    print_kind(out, schema, schema->kinds[i]);
  }
  fprintf(out, ",\n    \"%s\": ", config_log_filters_key);
  print_list(out, log_filter_options, LOG_FILTER_OPTION_COUNT);
  print_keys(out);
  fprintf(out, ",\n    \"%s\": ", config_layout_key);
  config_layout_schema(out, schema);
  fprintf(out, ",\n    \"%s\": ", config_thresholds_key);
  print_thresholds(out, schema, NULL);
  fprintf(out, ",\n    \"%s\": ", config_actions_key);
  print_actions(out);
  fputs("\n  },\n", out);
  print_definitions(out);
  fputs("}\n", out);
}
