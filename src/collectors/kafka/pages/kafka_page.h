/* Pages of Kafka: a page asks for one snapshot of its own client, and fills its tables from it.
 *
 *     static const struct kafka_page own = {.query = group_query, .fill = group_fill};
 *     const struct page page_kafka_group = {
 *         .spec = {...}, .watch = &kafka_page_watch, .own = &own}; */
#pragma once

#include "collectors/frame.h"
#include "collectors/kafka/kafka_target.h"
#include "collectors/row_past.h"

/* One collection of a page, for its functions. */
struct kafka_page_call {
  const struct page_focus *focus; /* what the page is about, and the order of its rows */
  const struct target *target;
  const struct kafka_snapshot *snapshot;
  struct kafka_history *history; /* since the page was opened, with this snapshot */
  const struct kafka_rules *rules;
  struct sample *sample; /* with the tables of the page */
  struct row_past *past; /* of counters of rows */
  struct kafka_still_list *still;
  bool *stands_still; /* set by a page about a group: the next collection asks why */
  int64_t now_us;     /* of the snapshot */
  int64_t open_ms;    /* how long the page has been open, by its first collection */
  int64_t wall_ms;    /* the time now, since 1970 */
};

struct kafka_page {
  /* Sets what is asked for: `query` has no groups, and the topics of the target. Texts from
   * kafka_page_keep live until the collection has ended. False with err: the page cannot be about
   * this row. */
  bool (*query)(struct watch *watch, struct kafka_query *query, struct err *err);
  /* Fills the tables. False with err: what it is about is gone. */
  bool (*fill)(struct kafka_page_call *call, struct err *err);
};

/* Seconds that the number of that row has not changed, since the page was opened. At most
 * KAFKA_STILL_MAX rows are remembered. */
enum { KAFKA_STILL_MAX = 1000 };
/* Of a next message that is not there, although the offset is before the end. */
#define KAFKA_NEXT_NONE "no message: ends of transactions, or removed by compaction"
struct value kafka_page_still(struct kafka_page_call *call, const char *key, int64_t number);

/* For `watch` of their descriptors; `own` is a struct kafka_page. */
extern const struct watch_kind kafka_page_watch;

/* Keeps that text, which is on the heap or NULL, until the collection has ended. Returns it. At
 * most KAFKA_PAGE_KEPT_MAX. */
enum { KAFKA_PAGE_KEPT_MAX = 4 };
char *kafka_page_keep(struct watch *watch, char *text);
/* The name as a glob that matches nothing else, kept. */
char *kafka_page_glob(struct watch *watch, const char *name);
/* Asks for that group only. */
void kafka_page_ask_group(struct watch *watch, struct kafka_query *query, const char *group);
/* Asks for that topic only, and for the groups of the target. */
void kafka_page_ask_topics(struct watch *watch, struct kafka_query *query, const char *topic);
void kafka_page_ask_groups(struct watch *watch, struct kafka_query *query);
