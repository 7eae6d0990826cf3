/* What of a PostgreSQL server is watched for changes (model/inventory.h): settings, settings of
 * roles and databases, roles, and the relations of the database of the dsn with their columns.
 *
 * One query returns a hash of each; the items are only read when their hash differs from the last
 * one, and left out of the sample otherwise. Passwords of roles, functions, constraints and the
 * texts of views are not watched. */
#pragma once

#include "clients/postgres/pg_rows.h"
#include "collectors/postgres/postgres_queries.h"
#include "model/sample.h"

/* Limits of one inventory that is read: items and bytes. With more relations than items their
 * columns are not even hashed. */
enum { POSTGRES_ITEMS_MAX = 5000, POSTGRES_ITEMS_BYTES = 4 << 20 };

enum postgres_inventory_kind {
  POSTGRES_OF_SETTINGS,
  POSTGRES_OF_ROLE_SETTINGS,
  POSTGRES_OF_ROLES,
  POSTGRES_OF_RELATIONS,
  POSTGRES_INVENTORY_COUNT
};

/* Zeroed: nothing is known. */
struct postgres_inventories {
  char known[POSTGRES_INVENTORY_COUNT][48]; /* the hashes of what was read last; "": nothing */
  char now[POSTGRES_INVENTORY_COUNT][48];   /* as answered; "": too large to be watched */
  struct postgres_inventory {
    bool due, read;      /* to be asked; in `rows` */
    struct pg_rows rows; /* in the arena */
  } items[POSTGRES_INVENTORY_COUNT];
  struct arena arena;
  int64_t asked_ms; /* of the last hashes; 0: never */
  struct err err;   /* why they are not known; ERR_NONE */
};

void postgres_inventories_fini(struct postgres_inventories *inventories);
/* Forgets all: it may be another server. */
void postgres_inventories_reset(struct postgres_inventories *inventories);
/* Begins a collection that asks for the hashes. */
void postgres_inventories_begin(struct postgres_inventories *inventories, int64_t now_ms);

char *postgres_hashes_query(const struct postgres_timeouts *timeouts);
void postgres_hashes_read(struct postgres_inventories *inventories, const struct pg_rows *rows,
                          const struct err *err);
/* The next one that has changed; POSTGRES_INVENTORY_COUNT: none. */
size_t postgres_inventory_due(const struct postgres_inventories *inventories);
char *postgres_inventory_query(const struct postgres_timeouts *timeouts, size_t kind);
void postgres_inventory_read(struct postgres_inventories *inventories, size_t kind,
                             const struct pg_rows *rows, const struct err *err);

/* What was read in this collection, and notes on what is not watched. Empties the arena. */
void postgres_inventories_fill(struct postgres_inventories *inventories, struct sample *sample);
