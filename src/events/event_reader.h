/* Reads the pages of the history that a person looks at. Lives on the loop; a thread waits for the
 * disk. A new question ends the one before. */
#pragma once

#include "io/io.h"
#include "model/event/event_page.h"

struct event_reader;

/* state: borrowed for the call. changed: the page has changed. */
struct event_reader *event_reader_new(struct io *io, const char *state, void (*changed)(void *arg),
                                      void *arg);
const struct event_page *event_reader_page(const struct event_reader *reader);
void event_reader_ask(struct event_reader *reader, const struct event_query *query);
/* Reads the rows again if anything was written. */
void event_reader_refresh(struct event_reader *reader);
/* Frees itself in a later turn of the loop; nothing is called any more. NULL: nothing. */
void event_reader_close(struct event_reader *reader);
