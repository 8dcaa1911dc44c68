# What is left of jobs when their process is killed.  `make check-crash` is the
# whole truth.
if HAVE_PRELOAD
check_LTLIBRARIES += tests/crash/killer.la
tests_crash_killer_la_SOURCES = tests/crash/killer.c tests/crash/shim.h
# Plain: the sanitizers of the program are not its.
tests_crash_killer_la_CPPFLAGS = -D_GNU_SOURCE -U_FORTIFY_SOURCE
tests_crash_killer_la_CFLAGS = -std=gnu11 -Wall -Wextra -fvisibility=hidden
tests_crash_killer_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_crash_killer_la_LIBADD = -ldl

check_LTLIBRARIES += tests/crash/trouble.la
tests_crash_trouble_la_SOURCES = tests/crash/shim.h tests/crash/trouble.c
tests_crash_trouble_la_CPPFLAGS = $(tests_crash_killer_la_CPPFLAGS)
tests_crash_trouble_la_CFLAGS = $(tests_crash_killer_la_CFLAGS)
tests_crash_trouble_la_LDFLAGS = $(tests_crash_killer_la_LDFLAGS)
tests_crash_trouble_la_LIBADD = -ldl

check_LTLIBRARIES += tests/crash/clock.la
tests_crash_clock_la_SOURCES = tests/crash/clock.c
tests_crash_clock_la_CPPFLAGS = $(tests_crash_killer_la_CPPFLAGS)
tests_crash_clock_la_CFLAGS = $(tests_crash_killer_la_CFLAGS)
tests_crash_clock_la_LDFLAGS = $(tests_crash_killer_la_LDFLAGS)

crash_sources = \
	tests/crash/books.c \
	tests/crash/books.h \
	tests/crash/clocks.c \
	tests/crash/clocks.h \
	tests/crash/flows.c \
	tests/crash/flows.h \
	tests/crash/look.h \
	tests/crash/run.c \
	tests/crash/run.h \
	tests/crash/spread.h
campaign_sources = \
	$(crash_sources) \
	tests/crash/campaign.c \
	tests/crash/campaign.h
check_PROGRAMS += tests/crash/faults tests/crash/hangs tests/crash/orders \
	tests/crash/points
tests_crash_faults_CPPFLAGS = $(test_cppflags)
tests_crash_faults_SOURCES = $(crash_sources) tests/crash/faults.c
tests_crash_faults_LDADD = $(JSONC_LIBS)
tests_crash_hangs_CPPFLAGS = $(test_cppflags)
tests_crash_hangs_SOURCES = $(campaign_sources) tests/crash/hangs.c
tests_crash_hangs_LDADD = $(JSONC_LIBS)
tests_crash_orders_CPPFLAGS = $(test_cppflags)
tests_crash_orders_SOURCES = \
	$(crash_sources) \
	tests/crash/order.c \
	tests/crash/order.h \
	tests/crash/orders.c \
	tests/crash/story.c \
	tests/crash/story.h
tests_crash_orders_LDADD = $(JSONC_LIBS)
tests_crash_points_CPPFLAGS = $(test_cppflags)
tests_crash_points_SOURCES = $(campaign_sources) tests/crash/points.c
tests_crash_points_LDADD = $(JSONC_LIBS)
endif

check_PROGRAMS += tests/crash/soak
tests_crash_soak_SOURCES = tests/crash/soak.c
tests_crash_soak_CPPFLAGS = $(GM_CONFIG_CPPFLAGS) $(GM_PUBLIC_CPPFLAGS)
tests_crash_soak_LDADD = core/libgamut.la

crash_tests = \
	tests/crash/batch.sh \
	tests/crash/faults.sh \
	tests/crash/full.sh \
	tests/crash/hangs.sh \
	tests/crash/locks.sh \
	tests/crash/orders.sh \
	tests/crash/points.sh \
	tests/crash/soak.sh \
	tests/crash/suspend.sh
TESTS += $(crash_tests)
EXTRA_DIST += tests/crash/common.sh tests/crash/program.sh $(crash_tests)

check-crash:
	CRASH_POINTS=0 FAULT_POINTS=0 CRASH_LINES=1000 CRASH_KILLS=10 \
		CRASH_ORDERS=4000 \
		$(MAKE) check TESTS='$(crash_tests)'
check-soak:
	SOAK_SECONDS=$${SOAK_SECONDS:-600} \
		$(MAKE) check TESTS=tests/crash/soak.sh
.PHONY: check-crash check-soak
