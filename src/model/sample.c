#include "model/sample.h"

#include "core/map.h"
#include "core/mem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct sample *sample_new(const struct table_spec *const *specs, size_t count) {
  struct sample *sample = mem_new(sizeof *sample);
  arena_init(&sample->arena, SAMPLE_BYTES_MAX);
  sample->tables = mem_new(count * sizeof *sample->tables);
  sample->table_count = count;
  for (size_t i = 0; i < count; i++)
    sample->tables[i].spec = specs[i];
  return sample;
}

void sample_free(struct sample *sample) {
  if (!sample)
    return;
  for (size_t i = 0; i < sample->table_count; i++)
    free(sample->tables[i].rows);
  free(sample->tables);
  arena_fini(&sample->arena);
  free(sample);
}

const struct table *sample_table_view(const struct sample *sample, const char *id) {
  for (size_t i = 0; i < sample->table_count; i++)
    if (strcmp(sample->tables[i].spec->id, id) == 0)
      return &sample->tables[i];
  return NULL;
}

struct table *sample_table(struct sample *sample, const char *id) {
  return (struct table *)sample_table_view(sample, id);
}

struct row *sample_row(struct sample *sample, struct table *table, const char *key,
                       const char *parent) {
  struct value *cells = arena_alloc(&sample->arena, table->spec->column_count * sizeof *cells);
  const char *own_key = cells ? sample_copy(sample, key) : "";
  const char *own_parent = cells && parent ? sample_copy(sample, parent) : NULL;
  if (sample->arena.exhausted) {
    table->truncated = true;
    return NULL;
  }
  if (table->row_count == table->row_capacity) {
    table->row_capacity = table->row_capacity ? table->row_capacity * 2 : 16;
    table->rows = mem_resize(table->rows, table->row_capacity * sizeof *table->rows);
  }
  struct row *row = &table->rows[table->row_count++];
  *row = (struct row){.key = own_key, .parent = own_parent, .cells = cells};
  return row;
}

const char *sample_text(struct sample *sample, const char *text, size_t len) {
  return arena_text(&sample->arena, text, len < SAMPLE_TEXT_MAX ? len : SAMPLE_TEXT_MAX);
}

const char *sample_copy(struct sample *sample, const char *text) {
  return sample_text(sample, text, text ? strnlen(text, SAMPLE_TEXT_MAX) : 0);
}

const char *sample_printf(struct sample *sample, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const char *text = arena_vprintf(&sample->arena, format, args);
  va_end(args);
  return text;
}

void sample_fact(struct sample *sample, enum fact_kind kind, const char *value) {
  sample->facts[kind] = value && *value ? sample_copy(sample, value) : NULL;
}

struct inventory *sample_inventory(struct sample *sample, const char *id, unsigned flags,
                                   size_t capacity) {
  if (sample->inventory_count == INVENTORIES_MAX || capacity > INVENTORY_ITEMS_MAX)
    return NULL;
  struct inventory_item *items =
      arena_alloc(&sample->arena, (capacity + 1) * sizeof(struct inventory_item));
  if (!items)
    return NULL;
  struct inventory *inventory = &sample->inventories[sample->inventory_count++];
  *inventory = (struct inventory){.id = id, .flags = flags, .items = items};
  return inventory;
}

void sample_item(struct sample *sample, struct inventory *inventory, const char *name,
                 const char *value, bool secret) {
  struct inventory_item *item = (struct inventory_item *)&inventory->items[inventory->count++];
  item->name = sample_copy(sample, name);
  item->value = !value   ? NULL
                : secret ? sample_printf(sample, "%016" PRIx64, map_hash_text(MAP_HASH, value))
                         : sample_copy(sample, value);
  item->secret = secret;
}

void sample_note(struct sample *sample, const char *table, const char *column, const char *format,
                 ...) {
  if (sample->note_count == SAMPLE_NOTES_MAX)
    return;
  va_list args;
  va_start(args, format);
  const char *text = arena_vprintf(&sample->arena, format, args);
  va_end(args);
  if (!*text) /* the sample is full */
    return;
  for (size_t i = 0; i < sample->note_count; i++)
    if (strcmp(sample->notes[i].text, text) == 0)
      return;
  sample->notes[sample->note_count++] = (struct note){table, column, text, SEVERITY_OK};
}

static bool same_table(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

/* Faults come before the notes, in order of arrival. */
static void insert_fault(struct sample *sample, const struct note *fault) {
  size_t at = 0;
  while (at < sample->note_count && sample->notes[at].severity != SEVERITY_OK)
    at++;
  if (at == SAMPLE_NOTES_MAX) { /* an equally severe one exists, or is made so */
    struct note *last = &sample->notes[SAMPLE_NOTES_MAX - 1];
    last->severity = severity_worse(last->severity, fault->severity);
    last->table = same_table(last->table, fault->table) ? last->table : NULL;
    return;
  }
  if (sample->note_count == SAMPLE_NOTES_MAX)
    sample->note_count--;
  memmove(&sample->notes[at + 1], &sample->notes[at],
          (sample->note_count - at) * sizeof *sample->notes);
  sample->notes[at] = *fault;
  sample->note_count++;
}

void sample_fault(struct sample *sample, const char *table, enum severity severity,
                  const char *format, ...) {
  va_list args;
  va_start(args, format);
  const char *text = arena_vprintf(&sample->arena, format, args);
  va_end(args);
  struct note fault = {table, NULL, *text ? text : "an answer does not fit into memory", severity};
  for (size_t i = 0; i < sample->note_count; i++) {
    struct note *note = &sample->notes[i];
    if (note->severity != SEVERITY_OK && same_table(note->table, table) &&
        strcmp(note->text, fault.text) == 0) {
      note->severity = severity_worse(note->severity, severity);
      return;
    }
  }
  insert_fault(sample, &fault);
}

bool sample_is_faulted(const struct sample *sample, const char *table) {
  for (size_t i = 0; i < sample->note_count; i++)
    if (sample->notes[i].severity != SEVERITY_OK &&
        (!sample->notes[i].table || same_table(sample->notes[i].table, table)))
      return true;
  return false;
}
