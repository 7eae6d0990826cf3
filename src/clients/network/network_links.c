#include "clients/network/network_links.h"

#include "clients/network/network_netlink.h"
#include "clients/network/network_numbers.h"
#include "core/mem.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/gen_stats.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Calls each(arg, attribute) for the attributes within those bytes. */
typedef void attribute_each(void *arg, const struct rtattr *attribute);
static void attributes_read(const char *bytes, size_t size, attribute_each *each, void *arg) {
  while (size >= sizeof(struct rtattr)) {
    const struct rtattr *attribute = (const void *)bytes;
    if (attribute->rta_len < sizeof *attribute || attribute->rta_len > size)
      return;
    each(arg, attribute);
    const size_t step = RTA_ALIGN(attribute->rta_len);
    if (step >= size)
      return;
    bytes += step;
    size -= step;
  }
}

/* A number of 32 bits; 0 if it is shorter. */
static uint32_t small_of(const struct rtattr *attribute) {
  uint32_t number = 0;
  if (RTA_PAYLOAD(attribute) >= sizeof number)
    memcpy(&number, RTA_DATA(attribute), sizeof number);
  return number;
}

static void text_of(char *out, size_t size, const struct rtattr *attribute) {
  snprintf(out, size, "%.*s", (int)RTA_PAYLOAD(attribute), (const char *)RTA_DATA(attribute));
}

/* ---- links */

/* The structure grows with the kernel: what an old one does not have stays 0. */
static void read_counters(struct network_link *link, const struct rtattr *attribute) {
  struct rtnl_link_stats64 stats = {0};
  const size_t size = RTA_PAYLOAD(attribute);
  memcpy(&stats, RTA_DATA(attribute), size < sizeof stats ? size : sizeof stats);
  link->received = (int64_t)stats.rx_bytes;
  link->sent = (int64_t)stats.tx_bytes;
  link->packets_in = (int64_t)stats.rx_packets;
  link->packets_out = (int64_t)stats.tx_packets;
  link->errors_in = (int64_t)stats.rx_errors;
  link->errors_out = (int64_t)stats.tx_errors;
  link->drops_in = (int64_t)(stats.rx_dropped + stats.rx_missed_errors);
  link->drops_out = (int64_t)stats.tx_dropped;
}

static void read_info(void *arg, const struct rtattr *attribute) {
  struct network_link *link = arg;
  if (attribute->rta_type == IFLA_INFO_KIND)
    text_of(link->kind, sizeof link->kind, attribute);
}

static void read_link_attribute(void *arg, const struct rtattr *attribute) {
  struct network_link *link = arg;
  switch (attribute->rta_type & NLA_TYPE_MASK) {
  case IFLA_IFNAME:
    text_of(link->name, sizeof link->name, attribute);
    break;
  case IFLA_MTU:
    link->mtu = small_of(attribute);
    break;
  case IFLA_MASTER:
    link->master = (int)small_of(attribute);
    break;
  case IFLA_CARRIER:
    link->carrier = RTA_PAYLOAD(attribute) >= 1 && *(const uint8_t *)RTA_DATA(attribute);
    break;
  case IFLA_CARRIER_CHANGES:
    link->carrier_changes = small_of(attribute);
    break;
  case IFLA_LINK_NETNSID:
    link->far_end = true;
    break;
  case IFLA_STATS64:
    read_counters(link, attribute);
    break;
  case IFLA_LINKINFO:
    attributes_read(RTA_DATA(attribute), RTA_PAYLOAD(attribute), read_info, link);
    break;
  default:
    break;
  }
}

static const struct network_link unknown = {.mtu = -1,
                                            .speed_bits = -1,
                                            .received = -1,
                                            .sent = -1,
                                            .packets_in = -1,
                                            .packets_out = -1,
                                            .errors_in = -1,
                                            .errors_out = -1,
                                            .drops_in = -1,
                                            .drops_out = -1,
                                            .queue_drops = -1,
                                            .carrier_changes = -1};

bool network_link_read(struct network_link *link, const void *message, size_t size) {
  struct ifinfomsg info;
  if (size < sizeof info)
    return false;
  memcpy(&info, message, sizeof info);
  *link = unknown;
  link->index = info.ifi_index;
  link->loopback = info.ifi_flags & IFF_LOOPBACK;
  link->up = info.ifi_flags & IFF_UP;
  link->carrier = info.ifi_flags & IFF_RUNNING;
  const size_t at = NLMSG_ALIGN(sizeof info);
  if (size > at)
    attributes_read((const char *)message + at, size - at, read_link_attribute, link);
  return *link->name != '\0';
}

static void link_add(struct network_links *links, const struct network_link *link) {
  if (links->count == NETWORK_LINKS_MAX) {
    links->cut = true;
    return;
  }
  if (links->count % 16 == 0)
    links->items = mem_resize(links->items, (links->count + 16) * sizeof *links->items);
  links->items[links->count++] = *link;
}

static struct network_link *link_of(const struct network_links *links, int index) {
  for (size_t i = 0; i < links->count; i++)
    if (links->items[i].index == index)
      return &links->items[i];
  return NULL;
}

static void on_link(void *arg, unsigned type, const void *message, size_t size) {
  struct network_link link;
  if (type == RTM_NEWLINK && network_link_read(&link, message, size))
    link_add(arg, &link);
}

/* ---- addresses */

struct address_read {
  const void *bytes;
  size_t size;
};

/* IFA_LOCAL is the own one where the other is that of the peer. */
static void read_address(void *arg, const struct rtattr *attribute) {
  struct address_read *address = arg;
  if (attribute->rta_type == IFA_LOCAL || (attribute->rta_type == IFA_ADDRESS && !address->bytes))
    *address = (struct address_read){RTA_DATA(attribute), RTA_PAYLOAD(attribute)};
}

static void on_address(void *arg, unsigned type, const void *message, size_t size) {
  struct ifaddrmsg info;
  struct address_read address = {0};
  if (type != RTM_NEWADDR || size < sizeof info)
    return;
  memcpy(&info, message, sizeof info);
  struct network_link *link = link_of(arg, (int)info.ifa_index);
  const size_t at = NLMSG_ALIGN(sizeof info);
  if (!link || *link->address || info.ifa_scope == RT_SCOPE_LINK || size <= at)
    return;
  attributes_read((const char *)message + at, size - at, read_address, &address);
  if (address.size != (info.ifa_family == AF_INET6 ? 16 : 4))
    return;
  struct network_address own = {.v6 = info.ifa_family == AF_INET6};
  memcpy(own.bytes, address.bytes, address.size);
  network_address_text(link->address, &own);
}

/* ---- queues */

static void read_queue(void *arg, const struct rtattr *attribute) {
  struct gnet_stats_queue queue;
  int64_t *drops = arg;
  if (attribute->rta_type != TCA_STATS_QUEUE || RTA_PAYLOAD(attribute) < sizeof queue)
    return;
  memcpy(&queue, RTA_DATA(attribute), sizeof queue);
  *drops = queue.drops;
}

static void read_queue_attribute(void *arg, const struct rtattr *attribute) {
  if ((attribute->rta_type & NLA_TYPE_MASK) == TCA_STATS2)
    attributes_read(RTA_DATA(attribute), RTA_PAYLOAD(attribute), read_queue, arg);
}

/* The one at the root sums up those below it. */
static void on_queue(void *arg, unsigned type, const void *message, size_t size) {
  struct tcmsg info;
  if (type != RTM_NEWQDISC || size < sizeof info)
    return;
  memcpy(&info, message, sizeof info);
  struct network_link *link = link_of(arg, info.tcm_ifindex);
  const size_t at = NLMSG_ALIGN(sizeof info);
  if (link && info.tcm_parent == TC_H_ROOT && size > at)
    attributes_read((const char *)message + at, size - at, read_queue_attribute,
                    &link->queue_drops);
}

/* ---- speed */

/* What the driver says. A veth says 10 Gb/s whatever is behind it. */
static void read_speed(int fd, struct network_link *link) {
  enum { WORDS_MAX = sizeof(struct ethtool_link_settings) / sizeof(uint32_t) + 3 * INT8_MAX };
  uint32_t words[WORDS_MAX] = {0}; /* the settings, then three masks of modes */
  struct ethtool_link_settings *asked = (struct ethtool_link_settings *)words;
  struct ifreq request = {0};
  memcpy(request.ifr_name, link->name, strnlen(link->name, sizeof request.ifr_name - 1));
  request.ifr_data = (void *)words;
  asked->cmd = ETHTOOL_GLINKSETTINGS;
  if (strcmp(link->kind, "veth") == 0 || strcmp(link->kind, "tun") == 0 ||
      ioctl(fd, SIOCETHTOOL, &request) < 0 || asked->link_mode_masks_nwords >= 0)
    return;
  asked->cmd = ETHTOOL_GLINKSETTINGS; /* the answer says how long the masks are */
  asked->link_mode_masks_nwords = (int8_t)-asked->link_mode_masks_nwords;
  if (ioctl(fd, SIOCETHTOOL, &request) == 0 && asked->speed > 0 && asked->speed < UINT32_MAX / 2)
    link->speed_bits = (int64_t)asked->speed * 1000000;
}

/* ---- /proc */

/* Of each direction bytes, packets, errors and drops, and four more. */
bool network_link_parse(struct network_link *link, const char *line) {
  enum { BYTES, PACKETS, ERRORS, DROPS, EACH = 8 };
  uint64_t numbers[2 * EACH];
  line += strspn(line, " ");
  const size_t length = strcspn(line, ": ");
  *link = unknown;
  if (length == 0 || length >= sizeof link->name || line[length] != ':' ||
      !network_numbers(line + length, 10, numbers, 2 * EACH))
    return false;
  memcpy(link->name, line, length);
  link->loopback = strcmp(link->name, "lo") == 0;
  link->up = link->carrier = true;
  link->received = (int64_t)numbers[BYTES];
  link->packets_in = (int64_t)numbers[PACKETS];
  link->errors_in = (int64_t)numbers[ERRORS];
  link->drops_in = (int64_t)numbers[DROPS];
  link->sent = (int64_t)numbers[EACH + BYTES];
  link->packets_out = (int64_t)numbers[EACH + PACKETS];
  link->errors_out = (int64_t)numbers[EACH + ERRORS];
  link->drops_out = (int64_t)numbers[EACH + DROPS];
  return true;
}

static bool read_file(const char *proc, struct network_links *links, struct err *err) {
  char path[512], *line = NULL;
  size_t size = 0;
  snprintf(path, sizeof path, "%s/thread-self/net/dev", proc);
  FILE *file = fopen(path, "re");
  if (!file)
    return err_set(err, ERR_IO, "%.200s: %s", path, strerror(errno));
  while (getline(&line, &size, file) > 0) {
    struct network_link link;
    if (network_link_parse(&link, line))
      link_add(links, &link);
  }
  free(line);
  fclose(file);
  links->from_proc = true;
  return true;
}

/* ---- all */

bool network_links_read(const struct network_source *source, struct network_links *links,
                        struct err *err) {
  const struct ifinfomsg all = {0};
  const struct ifaddrmsg addresses = {0};
  const struct tcmsg queues = {0};
  struct err lost = {0};
  *links = (struct network_links){0};
  if (source->without_diag ||
      !network_dump(NETLINK_ROUTE, RTM_GETLINK, &all, sizeof all, on_link, links, &lost)) {
    network_links_fini(links);
    return lost.kind == ERR_NONE || lost.kind == ERR_UNSUPPORTED
               ? read_file(source->proc, links, err)
               : (*err = lost, false);
  }
  /* without them, the interfaces are known nevertheless */
  if (!network_dump(NETLINK_ROUTE, RTM_GETADDR, &addresses, sizeof addresses, on_address, links,
                    &lost) ||
      !network_dump(NETLINK_ROUTE, RTM_GETQDISC, &queues, sizeof queues, on_queue, links, &lost))
    lost = (struct err){0};
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  for (size_t i = 0; fd >= 0 && i < links->count; i++)
    if (links->items[i].up && !links->items[i].loopback)
      read_speed(fd, &links->items[i]);
  if (fd >= 0)
    close(fd);
  return true;
}

void network_links_fini(struct network_links *links) {
  free(links->items);
  *links = (struct network_links){0};
}
