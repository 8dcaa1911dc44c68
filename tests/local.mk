# What make check runs: one line per program or script.  Each runs in a home
# of its own (tests/alone.sh), with the build's plugins and the tree's catalog,
# and finds its tools through the variables below.

TEST_EXTENSIONS = .sh
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/alone.sh
SH_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/alone.sh $(SHELL)
EXTRA_DIST += tests/alone.sh

AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	GAMUT_PLUGIN_PATH='$(abs_top_builddir)/plugins/.libs'; \
	export GAMUT_PLUGIN_PATH; \
	GAMUT_CATALOG_PATH='$(abs_top_srcdir)/catalog'; \
	export GAMUT_CATALOG_PATH; \
	GAMUT_LIBEXEC_PATH='$(abs_top_builddir)/core/cli'; \
	export GAMUT_LIBEXEC_PATH; \
	GAMUT_CLI='$(abs_top_builddir)/core/cli/gamut'; export GAMUT_CLI; \
	GAMUT_EMULATOR='$(emulator_path)'; export GAMUT_EMULATOR; \
	CC='$(CC)'; export CC; \
	CXX='$(TEST_CXX)'; export CXX; \
	NM='$(NM_TOOL)'; export NM; \
	SANITIZERS='$(SANITIZERS)'; export SANITIZERS; \
	CK_DEFAULT_TIMEOUT=120; export CK_DEFAULT_TIMEOUT;

# Empty when libmicrohttpd is missing: tests that need it are skipped then.
if HAVE_EMULATOR
emulator_path = $(abs_top_builddir)/tests/emulator/gamut-emulator
else
emulator_path =
endif

# Keys of the tests have "hush-" in them: when all of them have run, none of their
# logs may.
check-local: check-TESTS
	@if grep -alF -e hush- $(TEST_LOGS) $(TEST_LOGS:.log=.trs) 2>/dev/null; \
	then echo 'the key of a test is in these logs' >&2; exit 1; fi

# Programs of the tests see the core and link to it unhidden, unless they say
# otherwise.
LDADD = $(CHECK_LIBS) core/libgamut-internal.la
test_cppflags = $(GM_CORE_CPPFLAGS) $(CHECK_CFLAGS) -I$(top_srcdir)/tests

include tests/unit/local.mk
include tests/golden/local.mk
include tests/emulator/local.mk
include tests/clients/local.mk
include tests/abi/local.mk
include tests/tree/local.mk
include tests/fuzz/local.mk
include tests/cli/local.mk
include tests/bench/local.mk
include tests/plugins/local.mk
include tests/examples/local.mk
include tests/engine/local.mk
include tests/store/local.mk
include tests/crash/local.mk
