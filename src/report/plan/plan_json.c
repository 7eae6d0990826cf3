#include "report/plan/plan_json.h"

#include "core/json/json_writer.h"
#include "core/mem.h"
#include "report/plan/plan_json_parts.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

const char *const plan_json_parts[PLAN_PART_COUNT] = {
    [PLAN_EFFECT] = "effect",   [PLAN_BLAST] = "blast", [PLAN_PRECONDITION] = "precondition",
    [PLAN_WARNING] = "warning", [PLAN_LOSS] = "loss",   [PLAN_UNDO] = "undo",
};

/* Bytes that are not UTF-8 are read back unchanged. NULL: nothing is written. */
static void write_bytes(struct json_writer *writer, const char *key, const char *text) {
  if (!text || json_is_text(text)) {
    json_text_if(writer, key, text);
    return;
  }
  size_t length = strlen(text);
  char *digits = malloc(2 * length + 1);
  assert(digits);
  for (size_t i = 0; i < length; i++)
    snprintf(digits + 2 * i, 3, "%02x", (unsigned char)text[i]);
  json_open(writer, key, '{');
  json_text(writer, "bytes", digits);
  json_close(writer, '}');
  free(digits);
}

static void write_head(struct json_writer *writer, const struct plan *plan) {
  json_text(writer, "action", plan->action->id);
  json_text(writer, "kind", plan->kind);
  write_bytes(writer, "target", plan->target);
  write_bytes(writer, "address", plan->address);
  write_bytes(writer, "server", plan->server);
  write_bytes(writer, "start", plan->start);
  write_bytes(writer, "database", plan->database);
  write_bytes(writer, "environment", plan->environment);
  json_bool(writer, "production", plan->production);
  json_line(writer);
  write_bytes(writer, "title", plan->title);
  write_bytes(writer, "name", plan->name);
  json_bool(writer, "whole", plan->whole);
  json_int(writer, "count", plan->count);
  write_bytes(writer, "unit", plan->unit);
  json_int(writer, "hidden", (int64_t)plan->hidden);
}

static void write_shape(struct json_writer *writer, const struct plan *plan) {
  json_line(writer);
  json_open(writer, "params", '[');
  for (size_t i = 0; i < plan->param_count; i++) {
    json_open(writer, NULL, '{');
    write_bytes(writer, "name", plan->params[i].name);
    write_bytes(writer, "value", plan->params[i].value);
    json_close(writer, '}');
  }
  json_close(writer, ']');
  json_line(writer);
  json_open(writer, "columns", '[');
  for (size_t i = 0; i < plan->column_count; i++) {
    json_open(writer, NULL, '{');
    json_text(writer, "title", plan->columns[i].title);
    json_bool(writer, "right", plan->columns[i].right);
    json_close(writer, '}');
  }
  json_close(writer, ']');
  json_line(writer);
  json_open(writer, "pins", '[');
  for (size_t i = 0; i < plan->identity_count; i++)
    json_text(writer, NULL, plan->identities[i]);
  json_close(writer, ']');
}

static void write_object(struct json_writer *writer, const struct plan *plan,
                         const struct plan_object *object) {
  json_line(writer);
  json_open(writer, NULL, '{');
  write_bytes(writer, "key", object->key);
  write_bytes(writer, "label", object->label);
  json_open(writer, "cells", '{');
  for (size_t i = 0; i < plan->column_count; i++)
    write_bytes(writer, plan->columns[i].title, object->cells[i]);
  json_close(writer, '}');
  json_open(writer, "pins", '{');
  for (size_t i = 0; i < plan->identity_count; i++)
    write_bytes(writer, plan->identities[i], object->identities[i]);
  json_close(writer, '}');
  json_close(writer, '}');
}

static void write_lists(struct json_writer *writer, const struct plan *plan) {
  json_line(writer);
  json_open(writer, "victims", '[');
  for (size_t i = 0; i < plan->object_count; i++)
    write_object(writer, plan, &plan->objects[i]);
  json_close(writer, ']');
  json_line(writer);
  json_open(writer, "texts", '[');
  for (size_t i = 0; i < plan->text_count; i++) {
    json_line(writer);
    json_open(writer, NULL, '{');
    json_text(writer, "part", plan_json_parts[plan->texts[i].part]);
    write_bytes(writer, "text", plan->texts[i].text);
    json_close(writer, '}');
  }
  json_close(writer, ']');
}

/* canonical: the form for the hash. */
static void write_plan(struct json_writer *writer, const struct plan *plan, bool canonical) {
  char phrase[PLAN_PHRASE_MAX];
  json_open(writer, NULL, '{');
  json_int(writer, "version", PLAN_JSON_VERSION);
  json_text(writer, "stacktop", STACKTOP_VERSION);
  if (!canonical) {
    json_text_if(writer, "hash", plan->hash);
    json_int(writer, "made_ms", plan->made_ms);
    json_int(writer, "data_ms", plan->data_ms);
    json_line(writer);
    json_text(writer, "phrase", plan_phrase(plan, phrase));
  }
  write_head(writer, plan);
  write_shape(writer, plan);
  write_lists(writer, plan);
  json_close(writer, '}');
}

bool plan_json_write(FILE *out, const struct plan *plan) {
  struct json_writer writer = {.out = out, .lines = true};
  write_plan(&writer, plan, false);
  putc('\n', out);
  return fflush(out) == 0 && !ferror(out);
}

const char *plan_hash(const struct plan *plan, char out[PLAN_HASH_SIZE]) {
  char *text = NULL;
  size_t len = 0;
  FILE *stream = open_memstream(&text, &len);
  struct json_writer writer = {.out = stream};
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (!stream)
    mem_failed();
  write_plan(&writer, plan, true);
  if (fclose(stream) != 0 || !EVP_Digest(text, len, digest, &size, EVP_sha256(), NULL))
    mem_failed(); /* libcrypto fails here only without memory; a wrong hash would be worse */
  free(text);
  for (unsigned int i = 0; i < size && 2 * i + 2 < PLAN_HASH_SIZE; i++)
    snprintf(out + 2 * i, 3, "%02x", digest[i]);
  return out;
}

const struct plan_format plan_json = {
    .bytes_max = PLAN_JSON_MAX,
    .write = plan_json_write,
    .read = plan_json_read,
    .hash = plan_hash,
};
