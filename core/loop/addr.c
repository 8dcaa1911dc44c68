/* addr.c - which addresses a vendor's URL must not lead to: everything that is
 * not on the open internet, also when IPv6 wraps such an IPv4 address. */
#include "loop/url.h"
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* clang-format off */
static const struct {
  uint32_t net;
  int bits;
} private4[] = {
  { 0x00000000,  8 }, /* 0/8         this network */
  { 0x0a000000,  8 }, /* 10/8        private */
  { 0x64400000, 10 }, /* 100.64/10   carrier's NAT */
  { 0x7f000000,  8 }, /* 127/8       loopback */
  { 0xa9fe0000, 16 }, /* 169.254/16  link-local, cloud metadata */
  { 0xac100000, 12 }, /* 172.16/12   private */
  { 0xc0000000, 24 }, /* 192.0.0/24  protocol assignments */
  { 0xc0a80000, 16 }, /* 192.168/16  private */
  { 0xc6120000, 15 }, /* 198.18/15   benchmarks */
  { 0xe0000000,  4 }, /* 224/4       multicast */
  { 0xf0000000,  4 }, /* 240/4       reserved, broadcast */
};

/* `wraps` >= 0: an IPv4 address stands at that byte and decides. */
static const struct {
  unsigned char net[12];
  int bits, wraps;
} private6[] = {
  { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96, 12 }, /* v4-mapped */
  { { 0 },                                        96, 12 }, /* v4-compatible */
  { { 0, 0x64, 0xff, 0x9b },                      96, 12 }, /* NAT64 */
  { { 0, 0x64, 0xff, 0x9b, 0, 1 },                48, -1 }, /* local NAT64 */
  { { 0x20, 0x02 },                               16,  2 }, /* 6to4 */
  { { 0x01 },                                     64, -1 }, /* discard only */
  { { 0xfc },                                      7, -1 }, /* unique local */
  { { 0xfe, 0x80 },                               10, -1 }, /* link-local */
  { { 0xfe, 0xc0 },                               10, -1 }, /* site-local */
  { { 0xff },                                      8, -1 }, /* multicast */
};
/* clang-format on */

static bool v4_is_private(uint32_t ip)
{
  for (size_t i = 0; i < GM_LEN(private4); i++) {
    if ((ip ^ private4[i].net) >> (32 - private4[i].bits) == 0)
      return true;
  }
  return false;
}

static bool same_bits(const unsigned char *a, const unsigned char *b, int bits)
{
  size_t bytes = (size_t)bits / 8;

  if (memcmp(a, b, bytes) != 0)
    return false;
  return bits % 8 == 0 || (a[bytes] ^ b[bytes]) >> (8 - bits % 8) == 0;
}

static bool v6_is_private(const unsigned char ip[16])
{
  for (size_t i = 0; i < GM_LEN(private6); i++) {
    const unsigned char *v4;

    if (!same_bits(ip, private6[i].net, private6[i].bits))
      continue;
    if (private6[i].wraps < 0)
      return true;
    v4 = ip + private6[i].wraps; /* :: and ::1 are 0.0.0.0 and 0.0.0.1 */
    return v4_is_private((uint32_t)v4[0] << 24 | (uint32_t)v4[1] << 16 |
                         (uint32_t)v4[2] << 8 | v4[3]);
  }
  return false;
}

bool gm_addr_is_private(const struct sockaddr *addr)
{
  struct sockaddr_in in;
  struct sockaddr_in6 in6;

  if (addr->sa_family == AF_INET) {
    memcpy(&in, addr, sizeof(in));
    return v4_is_private(ntohl(in.sin_addr.s_addr));
  }
  if (addr->sa_family == AF_INET6) {
    memcpy(&in6, addr, sizeof(in6));
    return v6_is_private(in6.sin6_addr.s6_addr);
  }
  return true; /* a Unix socket is as near as it gets */
}
