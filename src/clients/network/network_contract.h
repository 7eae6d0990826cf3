/* Shared by the network's collector and its pages. */
#pragma once

#define NETWORK_KIND "network"

/* Tables of the target. The key of a listener is its label: "*:8000", "127.0.0.1:5432", "*:53/udp".
 * That of an interface is its name. */
#define NETWORK_SUMMARY_TABLE "network"
#define NETWORK_LISTENERS_TABLE "listeners"
#define NETWORK_INTERFACES_TABLE "interfaces"
/* A table of the page network.peers; its key is the address. */
#define NETWORK_PEERS_TABLE "peers"
