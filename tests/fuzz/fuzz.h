/* Shared by the fuzzers: input in pieces, and the invariants of every sample and every text. */
#pragma once

#include "model/sample.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The rest of the input. After its end come zeros. */
struct fuzz_input {
  const uint8_t *data;
  size_t size;
};

static inline uint8_t fuzz_byte(struct fuzz_input *input) {
  if (input->size == 0)
    return 0;
  input->size--;
  return *input->data++;
}

static inline int64_t fuzz_int(struct fuzz_input *input, int bytes) {
  uint64_t number = 0;
  for (int i = 0; i < bytes; i++)
    number = number << 8 | fuzz_byte(input);
  return (int64_t)number;
}

/* The rest of the input up to `stop`, which is skipped, as a heap text; bytes after a NUL in it are
 * not visible. */
static inline char *fuzz_text(struct fuzz_input *input, char stop) {
  const uint8_t *end = input->size ? memchr(input->data, stop, input->size) : NULL;
  size_t length = end ? (size_t)(end - input->data) : input->size;
  char *text = malloc(length + 1);
  assert(text);
  if (length > 0)
    memcpy(text, input->data, length);
  text[length] = '\0';
  input->data += length + (end ? 1 : 0);
  input->size -= length + (end ? 1 : 0);
  return text;
}

/* Valid UTF-8 without control characters; all ASCII if `ascii` is set. */
static inline void fuzz_check_clean(const char *text, size_t length, bool ascii) {
  for (size_t at = 0; at < length;) {
    utf8proc_int32_t code;
    utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                             (utf8proc_ssize_t)(length - at), &code);
    assert(step > 0);
    assert(code >= 0x20 && code != 0x7F && (code < 0x80 || code >= 0xA0));
    assert(!ascii || code < 0x80);
    assert(code < 0x202A || code > 0x202E); /* nothing that changes the text direction */
    at += (size_t)step;
  }
}

static inline void fuzz_check_row(const struct table *table, size_t index) {
  const struct row *row = &table->rows[index];
  assert(row->key && table_find(table, row->key) == row); /* unique */
  assert(row->severity == SEVERITY_OK || (row->reason && *row->reason));
  if (row->parent) { /* precedes its children */
    const struct row *parent = table_find(table, row->parent);
    assert(parent && parent < row);
  }
  for (size_t i = 0; i < table->spec->column_count; i++) {
    const struct value cell = row->cells[i];
    assert(cell.type != VALUE_TEXT || cell.text);
    assert(cell.type != VALUE_REAL || isfinite(cell.real));
    if (cell.type == VALUE_REAL && table->spec->columns[i].unit == UNIT_RATIO)
      assert(cell.real >= 0);
  }
}

/* The guarantees of table.h and sample.h. */
static inline void fuzz_check_sample(const struct sample *sample) {
  for (size_t i = 0; i < sample->table_count; i++)
    for (size_t j = 0; j < sample->tables[i].row_count; j++)
      fuzz_check_row(&sample->tables[i], j);
  for (size_t i = 0; i < sample->note_count; i++)
    assert(sample->notes[i].text && *sample->notes[i].text);
}
