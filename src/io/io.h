/* Shared by all clients: the loop and what exists once on it. Created and owned by app. */
#pragma once

#include <uv.h>

struct http_client;      /* io/http/http.h: one curl multi handle for all */
struct resolver;         /* io/net/resolve.h: running lookups */
struct pg_share;         /* clients/postgres/pg_share.h: connections offered for loans */
struct keep;             /* io/file/keep.h: what outlives the program; whether it notifies */
struct leftovers;        /* io/file/leftovers.h: folders that a signal that ends us has to remove */
struct docker_gate;      /* clients/docker/docker_gate.h: who waits for ssh */
struct kubernetes_proxy; /* clients/kubernetes/kubernetes_proxy.h: kubectl, one for each login */

struct io {
  uv_loop_t *loop;
  struct http_client *http;   /* made at first use by http_client_get */
  struct resolver *resolver;  /* made at first use by resolve_start */
  const char *kafka_child;    /* the executable that runs librdkafka (clients/kafka/kafka_child.h);
                                 NULL: none */
  struct pg_share *pg_shares; /* a list; NULL at first */
  struct docker_gate *docker_gates;            /* a list; NULL at first */
  struct kubernetes_proxy *kubernetes_proxies; /* a list; NULL at first */
  struct leftovers *leftovers;                 /* NULL: they are not removed */
  struct keep *keep;                           /* of `stacktop watch`; NULL: none */
};
