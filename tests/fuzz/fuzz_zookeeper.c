/* Exercises how answers to ZooKeeper's four-letter words are read. The first byte says which word
 * the rest answers: mntr (m), srvr (s), ruok (r). Holds: names and values are within the answer;
 * none is there twice. */
#include "fuzz.h"

#include "clients/zookeeper/zookeeper.h"

#include <string.h>

static bool within(const char *bytes, size_t length, const char *text) {
  return text >= bytes && text + strlen(text) <= bytes + length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct zookeeper_fields fields;
  if (size == 0)
    return 0;
  const char *word = *data == 'm' ? "mntr" : *data == 's' ? "srvr" : "ruok";
  char *text = malloc(size);
  memcpy(text, data + 1, size - 1);
  text[size - 1] = '\0';
  fields.count = 0;
  zookeeper_read(word, text, &fields);
  assert(fields.count <= ZOOKEEPER_FIELDS_MAX);
  for (size_t i = 0; i < fields.count; i++) {
    const struct zookeeper_field *field = &fields.items[i];
    assert(within(text, size, field->value));
    assert(zookeeper_field(&fields, field->name) == field->value); /* the first of that name */
  }
  free(text);
  return 0;
}
