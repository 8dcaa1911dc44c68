# The plugin ABI, pinned; compiled as a plugin's author would.

check_PROGRAMS += tests/abi/test_abi
TESTS += tests/abi/test_abi
tests_abi_test_abi_SOURCES = tests/abi/layout.h tests/abi/test_abi.c
tests_abi_test_abi_CPPFLAGS = $(GM_PUBLIC_CPPFLAGS) -I$(top_srcdir)/tests
tests_abi_test_abi_LDADD =
