/* Shared by the collector of search clusters and what names its tables. */
#pragma once

#define ELASTICSEARCH_KIND "elasticsearch"
#define ELASTICSEARCH_SUMMARY_TABLE "summary"
#define ELASTICSEARCH_NODES_TABLE "nodes"     /* the key of a row is the id of the node */
#define ELASTICSEARCH_SHARDS_TABLE "shards"   /* "INDEX/SHARD/p1", "INDEX/SHARD/r1" */
#define ELASTICSEARCH_INDICES_TABLE "indices" /* the key of a row is the name of the index */
#define ELASTICSEARCH_QUERIES_TABLE \
  "queries" /* the key of a row is its name in the configuration */
