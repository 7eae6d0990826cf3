#include "config/config_yaml.h"

#include "config/config_expand.h"
#include "core/mem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* The position of byte `offset`; columns count characters, as libyaml's marks do. */
static void place_of(const char *text, size_t offset, int *line, int *column) {
  *line = *column = 1;
  for (size_t i = 0; i < offset; i++) {
    if (text[i] == '\n') {
      ++*line;
      *column = 1;
    } else if (((unsigned char)text[i] & 0xC0) != 0x80) {
      ++*column;
    }
  }
}

/* Checked before libyaml, whose reader reports such errors without a line. */
static bool check_characters(const char *text, size_t len, struct config_errors *errors) {
  for (size_t at = 0; at < len;) {
    utf8proc_int32_t code;
    utf8proc_ssize_t bytes =
        utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(len - at), &code);
    bool control = code < 0x20 && code != '\t' && code != '\n' && code != '\r';
    if (bytes > 0 && !control) {
      at += (size_t)bytes;
      continue;
    }
    int line, column;
    place_of(text, at, &line, &column);
    config_errors_add(errors, line, column,
                      bytes > 0 ? "control character 0x%02X; remove it"
                                : "byte 0x%02X is not UTF-8; save the file as UTF-8",
                      (unsigned char)text[at]);
    return false;
  }
  return true;
}

static const char *byte_at(const char *text, size_t len, int line, int column) {
  const char *at = text, *end = text + len;
  for (; line > 1 && at < end; line--) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    at = newline ? newline + 1 : end;
  }
  for (; at < end && (column > 1 || ((unsigned char)*at & 0xC0) == 0x80); at++)
    column -= ((unsigned char)*at & 0xC0) != 0x80;
  return at < end ? at : "";
}

static void note_syntax_error(const yaml_parser_t *parser, const char *text, size_t len,
                              struct config_errors *errors) {
  const char *problem = parser->problem ? parser->problem : "the parser gives no reason";
  int line = (int)parser->problem_mark.line + 1, column = (int)parser->problem_mark.column + 1;
  if (parser->error == YAML_READER_ERROR)
    place_of(text, parser->problem_offset < len ? parser->problem_offset : len, &line, &column);
  if (*byte_at(text, len, line, column) == '\t')
    config_errors_add(errors, line, column,
                      "YAML syntax: a tab cannot indent or begin a value; use spaces");
  else if (strstr(problem, "mapping values are not allowed"))
    config_errors_add(errors, line, column,
                      "YAML syntax: unexpected \":\"; check the indentation, and quote text that "
                      "contains \": \"");
  else if (parser->context)
    config_errors_add(errors, line, column, "YAML syntax: %s %s (starting in line %d)", problem,
                      parser->context, (int)parser->context_mark.line + 1);
  else
    config_errors_add(errors, line, column, "YAML syntax: %s", problem);
}

/* One document is expected; anything after a second "---" would be lost silently. */
static bool check_end(yaml_parser_t *parser, const char *text, size_t len,
                      struct config_errors *errors) {
  yaml_document_t next;
  if (!yaml_parser_load(parser, &next)) {
    note_syntax_error(parser, text, len, errors);
    return false;
  }
  const yaml_node_t *root = yaml_document_get_root_node(&next);
  if (root)
    config_errors_add(errors, (int)root->start_mark.line + 1, (int)root->start_mark.column + 1,
                      "more than one YAML document; remove the \"---\"");
  yaml_document_delete(&next);
  return !root;
}

static bool load_document(struct config_yaml *yaml, yaml_parser_t *parser, const char *text,
                          size_t len) {
  if (!yaml_parser_load(parser, &yaml->document)) {
    note_syntax_error(parser, text, len, yaml->errors);
    return false;
  }
  if (!yaml_document_get_root_node(&yaml->document))
    config_errors_add(yaml->errors, 1, 1,
                      "the file is empty; `stacktop config --default` prints one to start from");
  else if (check_end(parser, text, len, yaml->errors))
    return true;
  yaml_document_delete(&yaml->document);
  return false;
}

static void parser_start(yaml_parser_t *parser, const char *text, size_t len) {
  if (!yaml_parser_initialize(parser))
    mem_failed();
  yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(parser, (const unsigned char *)text, len);
}

/* libyaml's time grows with the square of the depth: a megabyte of "[" would take hours. So the
 * depth is checked first, event by event. The second reading reports syntax errors. */
static bool check_depth(yaml_parser_t *parser, struct config_errors *errors) {
  int depth = 0;
  bool more = true;
  yaml_event_t event;
  while (more && depth <= CONFIG_DEPTH_MAX && yaml_parser_parse(parser, &event)) {
    yaml_event_type_t type = event.type;
    depth += type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
    depth -= type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
    more = type != YAML_STREAM_END_EVENT;
    if (depth > CONFIG_DEPTH_MAX)
      config_errors_add(errors, (int)event.start_mark.line + 1, (int)event.start_mark.column + 1,
                        "lists and mappings are nested more than %d levels deep", CONFIG_DEPTH_MAX);
    yaml_event_delete(&event);
  }
  return depth <= CONFIG_DEPTH_MAX;
}

/* Editors of other systems write one; libyaml would count it as a column. */
static const char byte_order_mark[] = "\xEF\xBB\xBF";
enum { MARK_BYTES = sizeof byte_order_mark - 1 };

bool config_yaml_init(struct config_yaml *yaml, const char *text, size_t len,
                      struct config_errors *errors) {
  *yaml = (struct config_yaml){.errors = errors, .path = errors->path};
  if (len >= MARK_BYTES && memcmp(text, byte_order_mark, MARK_BYTES) == 0) {
    text += MARK_BYTES;
    len -= MARK_BYTES;
  }
  if (len > CONFIG_FILE_MAX) {
    config_errors_add(errors, 0, 0,
                      "the file is larger than 1 MiB; split it, and name the parts in `include`");
    return false;
  }
  if (!check_characters(text, len, errors))
    return false;
  yaml_parser_t parser;
  parser_start(&parser, text, len);
  bool good = check_depth(&parser, errors);
  yaml_parser_delete(&parser);
  if (!good)
    return false;
  parser_start(&parser, text, len);
  good = load_document(yaml, &parser, text, len);
  yaml_parser_delete(&parser);
  return good;
}

void config_yaml_fini(struct config_yaml *yaml) {
  yaml_document_delete(&yaml->document);
}

const yaml_node_t *config_yaml_root(struct config_yaml *yaml) {
  return yaml_document_get_root_node(&yaml->document);
}

void config_yaml_error(struct config_yaml *yaml, const yaml_node_t *node, const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  config_errors_add(yaml->errors, (int)node->start_mark.line + 1, (int)node->start_mark.column + 1,
                    "%s", text);
}

/* Counts what is read: an alias takes three bytes to write and a whole tree to read. */
static bool visit(struct config_yaml *yaml, const yaml_node_t *node, size_t cost) {
  yaml->visits += cost;
  if (yaml->visits > CONFIG_VISITS_MAX && !yaml->exhausted) {
    yaml->exhausted = true;
    config_yaml_error(yaml, node, "the file is larger than 4 MiB after expanding its aliases");
  }
  return !yaml->exhausted;
}

bool config_yaml_is_null(const yaml_node_t *node) {
  if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
    return false;
  const char *text = (const char *)node->data.scalar.value;
  return !*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

static const char *type_name(const yaml_node_t *node) {
  return node->type == YAML_MAPPING_NODE    ? "a mapping"
         : node->type == YAML_SEQUENCE_NODE ? "a list"
         : config_yaml_is_null(node)        ? "empty"
                                            : "a text";
}

static size_t pair_count(const yaml_node_t *mapping) {
  return (size_t)(mapping->data.mapping.pairs.top - mapping->data.mapping.pairs.start);
}

static const yaml_node_t *key_at(struct config_yaml *yaml, const yaml_node_t *mapping, size_t i) {
  return yaml_document_get_node(&yaml->document, mapping->data.mapping.pairs.start[i].key);
}

const char *config_yaml_key(const yaml_node_t *key) {
  return (const char *)key->data.scalar.value;
}

static void note_if_twice(struct config_yaml *yaml, const yaml_node_t *mapping, size_t i) {
  const yaml_node_t *key = key_at(yaml, mapping, i);
  for (size_t j = 0; j < i; j++) {
    const yaml_node_t *before = key_at(yaml, mapping, j);
    if (strcmp(config_yaml_key(before), config_yaml_key(key)) != 0)
      continue;
    config_yaml_error(yaml, key, "duplicate key \"%s\", first used in line %d",
                      config_yaml_key(key), (int)before->start_mark.line + 1);
    return;
  }
}

static bool check_length(struct config_yaml *yaml, const yaml_node_t *node, size_t length,
                         const char *what) {
  if (length <= CONFIG_ITEMS_MAX)
    return true;
  config_yaml_error(yaml, node, "%s has more than %d entries", what, CONFIG_ITEMS_MAX);
  return false;
}

bool config_yaml_mapping(struct config_yaml *yaml, const yaml_node_t *node, const char *what) {
  if (node->type != YAML_MAPPING_NODE) {
    config_yaml_error(yaml, node, "%s must be a mapping, {name: value}, not %s", what,
                      type_name(node));
    return false;
  }
  if (!check_length(yaml, node, pair_count(node), what))
    return false;
  for (size_t i = 0; i < pair_count(node); i++) {
    const yaml_node_t *key = key_at(yaml, node, i);
    if (key->type != YAML_SCALAR_NODE) {
      config_yaml_error(yaml, key, "a key of %s must be text, not %s", what, type_name(key));
      return false;
    }
    if (!visit(yaml, key, 1 + key->data.scalar.length))
      return false;
    note_if_twice(yaml, node, i);
  }
  return true;
}

bool config_yaml_pair(struct config_yaml *yaml, const yaml_node_t *mapping, size_t i,
                      const yaml_node_t **key, const yaml_node_t **value) {
  if (i >= pair_count(mapping) || yaml->exhausted)
    return false;
  *key = key_at(yaml, mapping, i);
  *value = yaml_document_get_node(&yaml->document, mapping->data.mapping.pairs.start[i].value);
  return true;
}

static size_t item_count(const yaml_node_t *list) {
  return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

bool config_yaml_list(struct config_yaml *yaml, const yaml_node_t *node, const char *what) {
  if (node->type == YAML_SEQUENCE_NODE)
    return check_length(yaml, node, item_count(node), what) && visit(yaml, node, 1);
  config_yaml_error(yaml, node, "%s must be a list, [a, b] or lines with \"- \", not %s", what,
                    type_name(node));
  return false;
}

const yaml_node_t *config_yaml_item(struct config_yaml *yaml, const yaml_node_t *list, size_t i) {
  if (i >= item_count(list) || yaml->exhausted)
    return NULL;
  return yaml_document_get_node(&yaml->document, list->data.sequence.items.start[i]);
}

const char *config_first_use(char *out, size_t size, const struct config_yaml *yaml,
                             const struct origin *first) {
  *out = '\0';
  if (first->file && yaml->path && strcmp(first->file, yaml->path) != 0)
    snprintf(out, size, "; first in %s:%d", first->file, first->line);
  return out;
}

struct origin config_yaml_origin(const struct config_yaml *yaml, const yaml_node_t *node,
                                 unsigned by) {
  return (struct origin){.file = yaml->path,
                         .line = (int)node->start_mark.line + 1,
                         .column = (int)node->start_mark.column + 1,
                         .by = by};
}

char *config_yaml_text(struct config_yaml *yaml, const yaml_node_t *node, const char *what) {
  return config_yaml_text_by(yaml, node, what, NULL);
}

char *config_yaml_text_by(struct config_yaml *yaml, const yaml_node_t *node, const char *what,
                          unsigned *by) {
  if (node->type != YAML_SCALAR_NODE || config_yaml_is_null(node)) {
    config_yaml_error(yaml, node, "%s must be text, not %s", what, type_name(node));
    return NULL;
  }
  if (!visit(yaml, node, 1 + node->data.scalar.length))
    return NULL;
  struct err err;
  char *text = config_expand((const char *)node->data.scalar.value, node->data.scalar.length,
                             yaml->lookup, by, &err);
  if (!text) {
    config_yaml_error(yaml, node, "%s: %s", what, err.text);
    return NULL;
  }
  if (!visit(yaml, node, strlen(text))) { /* the environment's values count as well */
    free(text);
    return NULL;
  }
  return text;
}
