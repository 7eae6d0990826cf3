/* What the kernel says about sockets, interfaces and counters, as texts and messages. */
#include "clients/network/network_links.h"
#include "clients/network/network_owner.h"
#include "clients/network/network_stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>

static const char *local_of(const struct network_socket *socket, char out[NETWORK_ADDRESS_MAX]) {
  return network_endpoint_text(out, &socket->local, socket->local_port);
}

static void test_lines(void **state) {
  struct network_socket socket;
  char text[NETWORK_ADDRESS_MAX];
  (void)state;
  assert_false(
      network_socket_parse(&socket, false, "  sl  local_address rem_address   st tx_queue"));
  assert_false(network_socket_parse(&socket, false, ""));
  assert_false(network_socket_parse(&socket, false, "   0: 0100007F:1F90 00000000"));
  assert_false(
      network_socket_parse(&socket, false, "   0: 0100007:1F90 00000000:0000 0A 0:0 0:0 0 0 0 1"));
  assert_true(
      network_socket_parse(&socket, false,
                           "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 "
                           "00000000  1000        0 25718 1 0000000000000000 100 0 0 10 0"));
  assert_string_equal(local_of(&socket, text), "127.0.0.1:8080");
  assert_int_equal(socket.state, NETWORK_LISTEN);
  assert_int_equal(socket.receive, 3);
  assert_int_equal(socket.backlog, -1); /* the file does not have it */
  assert_int_equal(socket.user, 1000);
  assert_int_equal(socket.inode, 25718);
  /* an IPv4 address within IPv6 is one */
  assert_true(network_socket_parse(&socket, false,
                                   "   1: 0000000000000000FFFF00000100007F:0050 "
                                   "0000000000000000FFFF00000200007F:C350 08 00000001:00000010 "
                                   "01:00000014 00000002     0        0 7 2"));
  assert_string_equal(local_of(&socket, text), "127.0.0.1:80");
  assert_string_equal(network_endpoint_text(text, &socket.peer, socket.peer_port),
                      "127.0.0.2:50000");
  assert_string_equal(network_state_name(socket.state), "CLOSE_WAIT");
  assert_int_equal(socket.send, 1);
  assert_int_equal(socket.receive, 16);
  assert_int_equal(socket.retransmits, 2);
  assert_true(network_socket_parse(&socket, false,
                                   "   2: 00000000000000000000000001000000:0050 "
                                   "00000000000000000000000000000000:0000 0A 00000000:00000000 "
                                   "00:00000000 00000000     0        0 9 1"));
  assert_string_equal(local_of(&socket, text), "[::1]:80");
  assert_true(network_address_is_loopback(&socket.local));
  assert_true(
      network_socket_parse(&socket, true,
                           " 4021: 00000000:0035 00000000:0000 07 00000000:00000100 00:00000000 "
                           "00000000   101        0 20563 2 0000000000000000 42"));
  assert_int_equal(socket.drops, 42);
  assert_true(network_address_is_any(&socket.local));
}

static void test_messages(void **state) {
  struct {
    struct inet_diag_msg diag;
    struct rtattr only, memory;
    uint32_t figures[9];
  } message = {.diag = {.idiag_family = AF_INET,
                        .idiag_state = NETWORK_LISTEN,
                        .idiag_rqueue = 5,
                        .idiag_wqueue = 4,
                        .idiag_uid = 7,
                        .idiag_inode = 9}};
  struct network_socket socket;
  char text[NETWORK_ADDRESS_MAX];
  (void)state;
  message.diag.id.idiag_sport = htons(8000);
  message.diag.id.idiag_src[0] = htonl(INADDR_LOOPBACK);
  assert_false(network_socket_read(&socket, false, &message, sizeof message.diag - 1));
  message.only = (struct rtattr){sizeof(struct rtattr), INET_DIAG_SKV6ONLY};
  message.memory =
      (struct rtattr){sizeof(struct rtattr) + sizeof message.figures, INET_DIAG_SKMEMINFO};
  message.figures[8] = 77;
  assert_true(network_socket_read(&socket, false, &message, sizeof message));
  assert_string_equal(local_of(&socket, text), "127.0.0.1:8000");
  assert_int_equal(socket.receive, 5);
  assert_int_equal(socket.backlog, 4);
  assert_int_equal(socket.send, 0);
  assert_int_equal(socket.drops, 77);
  message.memory.rta_len = 60000; /* beyond the message */
  assert_true(network_socket_read(&socket, false, &message, sizeof message));
  assert_int_equal(socket.drops, -1);
  message.only.rta_len = 0;
  assert_true(network_socket_read(&socket, false, &message, sizeof message));
}

static void test_counters(void **state) {
  static const char text[] = "TcpExt: SyncookiesSent ListenOverflows ListenDrops\n"
                             "TcpExt: 1 18446744073709551615 3\n"
                             "IpExt: InNoRoutes ListenDrops\nIpExt: 4 5\n"
                             "MPTcpExt: A\nMPTcpExt: -1\nBroken: A B\nOther: 1 2\n";
  (void)state;
  assert_int_equal(network_counter(text, "TcpExt:", "SyncookiesSent"), 1);
  assert_int_equal(network_counter(text, "TcpExt:", "ListenDrops"), 3);
  assert_int_equal(network_counter(text, "TcpExt:", "ListenDrop"), -1);
  assert_true(network_counter(text, "TcpExt:", "ListenOverflows") >= 0);
  assert_int_equal(network_counter(text, "IpExt:", "ListenDrops"), 5);
  assert_int_equal(network_counter(text, "MPTcpExt:", "A"), -1);
  assert_int_equal(network_counter(text, "Broken:", "A"), -1);
  assert_int_equal(network_counter(text, "Tcp:", "OutSegs"), -1);
  assert_int_equal(network_counter("", "Tcp:", "OutSegs"), -1);
  assert_int_equal(network_counter("Tcp:", "Tcp:", "OutSegs"), -1);
}

static void test_lists(void **state) {
  (void)state;
  assert_int_equal(network_ports_listed("", 1, 65535), 0);
  assert_int_equal(network_ports_listed("\n", 1, 65535), 0);
  assert_int_equal(network_ports_listed("80,8000-8010,9000\n", 8005, 8999), 6);
  assert_int_equal(network_ports_listed("80-", 1, 65535), 0);
  assert_int_equal(
      network_files_limit("Limit   Soft Limit  Hard Limit\nMax open files            1024   "
                          "              524288               files     \n"),
      1024);
  assert_true(network_files_limit("Max open files            unlimited            unlimited") ==
              INT64_MAX);
  assert_int_equal(network_files_limit("Max cpu time 1"), -1);
  assert_int_equal(network_socket_inode("socket:[123]"), 123);
  assert_int_equal(network_socket_inode("socket:[123"), 0);
  assert_int_equal(network_socket_inode("pipe:[123]"), 0);
  assert_int_equal(network_socket_inode("socket:[99999999999]"), 0);
}

static void test_devices(void **state) {
  struct network_link link;
  (void)state;
  assert_false(network_link_parse(&link, "Inter-|   Receive                          |  Transmit"));
  assert_false(network_link_parse(&link, " face |bytes    packets errs drop fifo frame"));
  assert_true(network_link_parse(&link, "  eth0: 100 2 3 4 0 0 0 0 500 6 7 8 0 0 0 0"));
  assert_string_equal(link.name, "eth0");
  assert_int_equal(link.received, 100);
  assert_int_equal(link.errors_in, 3);
  assert_int_equal(link.sent, 500);
  assert_int_equal(link.drops_out, 8);
  assert_int_equal(link.queue_drops, -1);
  assert_false(network_link_parse(&link, "  eth0: 100 2"));
  assert_false(network_link_read(&link, "short", 5));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines),    cmocka_unit_test(test_messages),
      cmocka_unit_test(test_counters), cmocka_unit_test(test_lists),
      cmocka_unit_test(test_devices),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
