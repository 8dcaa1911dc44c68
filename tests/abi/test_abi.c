/* test_abi.c - pins the plugin ABI: plugins that are built today must load in
 * two years.  Most of it is decided by the compiler; what runs checks the part
 * that is frozen for all versions byte by byte, as a foreign loader reads it. */
#include <gamut/plugin.h>
#include <gamut/store.h>
#include <stdio.h>
#include <string.h>

#if UINTPTR_MAX == UINT64_MAX
#define AT(s, m, at)                                                           \
  _Static_assert(offsetof(struct s, m) == (at), #s "." #m " has moved");
#define SIZE(s, least)                                                         \
  _Static_assert(sizeof(struct s) >= (least), #s " has lost members");
#include "abi/layout.h"
#endif

/* Values that plugins carry in their code. */
_Static_assert(GAMUT_ABI_MAGIC == 0x54554d47, "magic");
_Static_assert(GAMUT_ABI_MAJOR == 1, "major");
_Static_assert(GAMUT_E_INVALID == -1 && GAMUT_E_PROTOCOL == -11 &&
                 GAMUT_E_NOMEM == -16,
               "classes");
_Static_assert(GAMUT_EV_OPEN == 1 && GAMUT_EV_START == 2 &&
                 GAMUT_EV_REPLY == 3 && GAMUT_EV_CHUNK == 4 &&
                 GAMUT_EV_CANCEL == 5 && GAMUT_EV_WORK == 6,
               "events");
_Static_assert(GAMUT_STRING == 1 && GAMUT_CHOICE == 9, "key types");
_Static_assert(GAMUT_IMAGE == 1 && GAMUT_VIDEO == 2 && GAMUT_AUDIO == 3 &&
                 GAMUT_TEXT == 4,
               "kinds");
_Static_assert(GAMUT_HTTP_BILLABLE == 1 && GAMUT_HTTP_KEYED == 2 &&
                 GAMUT_HTTP_ALL == 4 && GAMUT_HTTP_STREAM == 8 &&
                 GAMUT_HTTP_FILL == 16 && GAMUT_HTTP_PROBE == 32 &&
                 GAMUT_HTTP_DIRECT == 64,
               "exchange flags");
_Static_assert(GAMUT_REASON_FINAL == 1 && GAMUT_REASON_IF_SILENT == 2 &&
                 GAMUT_REASON_DOUBTFUL == 4 && GAMUT_REASON_AGAIN == 8,
               "flags of a reason");
_Static_assert(GAMUT_IF_ABSENT == 1 && GAMUT_IF_PRESENT == 2 &&
                 GAMUT_IF_VERSION == 4 && GAMUT_IF_MINE == 8 &&
                 GAMUT_IF_FREE == 16 && GAMUT_IF_MAX == 32,
               "conditions of a store");
_Static_assert(GAMUT_SET_BODY == 1 && GAMUT_SET_RANK == 2 &&
                 GAMUT_SET_TTL == 4 && GAMUT_SET_NUMBERS == 8 &&
                 GAMUT_ADD_NUMBERS == 16 && GAMUT_SET_OWNER == 32 &&
                 GAMUT_CLEAR_OWNER == 64 && GAMUT_REMOVE == 128,
               "changes of a store");
_Static_assert(GAMUT_SCAN_KEY == 1 && GAMUT_SCAN_BY_RANK == 2 &&
                 GAMUT_SCAN_DOWN == 4 && GAMUT_SCAN_FREE == 8 &&
                 GAMUT_SCAN_NO_BODY == 16 && GAMUT_TX_LOOSE == 1 &&
                 GAMUT_STORE_DURABLE == 1 && GAMUT_STORE_NUMBERS == 8,
               "scans of a store");

static const struct gamut_provider *const providers[] = { NULL };
GAMUT_PLUGIN(sample, .version = "1.2.3", .license = "MIT",
             .providers = providers);

int main(void)
{
  const uint16_t one = 1;
  unsigned char head[16];
  uint32_t size;
  unsigned char first;

  memcpy(head, &sample_LTX_gamut_plugin, sizeof(head));
  memcpy(&first, &one, 1);
  if (first == 1 && memcmp(head, "GMUT\1\0", 6) != 0) {
    puts("the head does not begin with magic and major");
    return 1;
  }
  memcpy(&size, head + 8, sizeof(size));
  if (size != sizeof(struct gamut_plugin)) {
    puts("the size is not where it belongs");
    return 1;
  }
  if (strcmp(sample_LTX_gamut_plugin.name, "sample") != 0) {
    puts("the name is not the symbol's");
    return 1;
  }
  return 0;
}
