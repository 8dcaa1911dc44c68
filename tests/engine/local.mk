# The whole engine through gamut.h: test providers, and a vendor on loopback
# whose answers each test writes down.
check_LTLIBRARIES += tests/engine/libengine.la
tests_engine_libengine_la_CPPFLAGS = $(test_cppflags)
tests_engine_libengine_la_SOURCES = \
	tests/engine/prom.c \
	tests/engine/prom.h \
	tests/engine/script.c \
	tests/engine/script.h \
	tests/engine/taker.c \
	tests/engine/taker.h \
	tests/engine/timed.c \
	tests/engine/timed.h \
	tests/engine/vendor.c \
	tests/engine/vendor.h \
	tests/unit/scratch.c \
	tests/unit/scratch.h \
	tests/unit/server.c \
	tests/unit/server.h

check_LTLIBRARIES += tests/engine/libcachekit.la
tests_engine_libcachekit_la_CPPFLAGS = $(test_cppflags)
tests_engine_libcachekit_la_SOURCES = \
	tests/engine/cache_kit.c \
	tests/engine/cache_kit.h
engine_attach = \
	tests/engine/attach_kit.c \
	tests/engine/attach_kit.h
engine_books = \
	tests/engine/books.c \
	tests/engine/books.h

engine_tests = \
	tests/engine/test_attach \
	tests/engine/test_backup \
	tests/engine/test_breakers \
	tests/engine/test_budget \
	tests/engine/test_cache \
	tests/engine/test_cache_disk \
	tests/engine/test_cache_flight \
	tests/engine/test_callbacks \
	tests/engine/test_cancel \
	tests/engine/test_chain \
	tests/engine/test_choice \
	tests/engine/test_deadlines \
	tests/engine/test_expired \
	tests/engine/test_fal_keys \
	tests/engine/test_faults \
	tests/engine/test_fetch \
	tests/engine/test_inputs \
	tests/engine/test_inputs_change \
	tests/engine/test_ledger \
	tests/engine/test_hedge \
	tests/engine/test_left \
	tests/engine/test_life \
	tests/engine/test_limits \
	tests/engine/test_listen \
	tests/engine/test_lookup \
	tests/engine/test_many \
	tests/engine/test_metrics \
	tests/engine/test_money \
	tests/engine/test_once \
	tests/engine/test_once_two \
	tests/engine/test_pacing \
	tests/engine/test_parts \
	tests/engine/test_perform \
	tests/engine/test_prefer \
	tests/engine/test_query \
	tests/engine/test_replies \
	tests/engine/test_settle \
	tests/engine/test_spread \
	tests/engine/test_store \
	tests/engine/test_stream \
	tests/engine/test_stream_left \
	tests/engine/test_takeup \
	tests/engine/test_token \
	tests/engine/test_torture \
	tests/engine/test_trace
check_PROGRAMS += $(engine_tests)
TESTS += $(engine_tests)
engine_ldadd = tests/engine/libengine.la $(LDADD)
cache_ldadd = tests/engine/libcachekit.la tests/store/libkit.la $(engine_ldadd)
tests_engine_test_attach_SOURCES = $(engine_attach) tests/engine/test_attach.c
tests_engine_test_attach_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_backup_LDADD = $(engine_ldadd)
tests_engine_test_breakers_LDADD = $(engine_ldadd)
tests_engine_test_cache_LDADD = $(cache_ldadd)
# The program's own clock and write() must be seen by the plugin.
tests_engine_test_cache_disk_LDFLAGS = $(AM_LDFLAGS) -export-dynamic
tests_engine_test_cache_disk_LDADD = $(cache_ldadd)
tests_engine_test_cache_flight_LDADD = $(cache_ldadd)
tests_engine_test_budget_SOURCES = $(engine_books) tests/engine/test_budget.c
tests_engine_test_budget_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_callbacks_LDADD = $(engine_ldadd)
tests_engine_test_cancel_LDADD = $(engine_ldadd)
tests_engine_test_chain_LDADD = $(engine_ldadd)
tests_engine_test_choice_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_deadlines_LDADD = $(engine_ldadd)
tests_engine_test_expired_SOURCES = $(engine_books) tests/engine/test_expired.c
tests_engine_test_expired_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_fal_keys_LDADD = $(engine_ldadd)
tests_engine_test_faults_LDADD = $(engine_ldadd)
tests_engine_test_fetch_LDADD = $(engine_ldadd)
tests_engine_test_inputs_LDADD = $(engine_ldadd)
tests_engine_test_inputs_change_LDADD = $(engine_ldadd)
tests_engine_test_ledger_SOURCES = $(engine_books) tests/engine/test_ledger.c
tests_engine_test_ledger_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_hedge_LDADD = $(engine_ldadd)
tests_engine_test_left_SOURCES = $(engine_attach) tests/engine/test_left.c
tests_engine_test_left_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_life_LDADD = $(engine_ldadd)
tests_engine_test_limits_LDADD = $(engine_ldadd)
tests_engine_test_listen_LDADD = $(engine_ldadd)
tests_engine_test_lookup_SOURCES = $(engine_books) tests/engine/test_lookup.c
tests_engine_test_lookup_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_many_LDADD = $(engine_ldadd)
tests_engine_test_metrics_LDADD = $(engine_ldadd)
tests_engine_test_money_LDADD = $(engine_ldadd)
tests_engine_test_once_SOURCES = $(engine_attach) tests/engine/test_once.c
tests_engine_test_once_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_once_two_SOURCES = $(engine_attach) tests/engine/test_once_two.c
tests_engine_test_once_two_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_pacing_LDADD = $(engine_ldadd)
tests_engine_test_parts_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_perform_LDADD = $(engine_ldadd)
tests_engine_test_prefer_LDADD = $(engine_ldadd)
tests_engine_test_query_LDADD = $(engine_ldadd)
tests_engine_test_replies_LDADD = $(engine_ldadd)
tests_engine_test_stream_LDADD = $(engine_ldadd)
tests_engine_test_stream_left_SOURCES = $(engine_books) tests/engine/test_stream_left.c
tests_engine_test_stream_left_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_takeup_LDADD = $(engine_ldadd)
tests_engine_test_settle_SOURCES = $(engine_books) tests/engine/test_settle.c
tests_engine_test_settle_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_spread_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_store_LDADD = tests/store/libkit.la $(engine_ldadd)
tests_engine_test_token_LDADD = $(engine_ldadd)
tests_engine_test_torture_LDADD = $(engine_ldadd)
tests_engine_test_trace_LDADD = $(engine_ldadd)

# A server with HTTP/2, which is spoken over TLS only.
if HAVE_SSL
check_PROGRAMS += tests/engine/test_h2
TESTS += tests/engine/test_h2
tests_engine_test_h2_SOURCES = \
	tests/engine/h2.c \
	tests/engine/h2.h \
	tests/engine/test_h2.c
tests_engine_test_h2_CPPFLAGS = $(test_cppflags) $(SSL_CFLAGS)
tests_engine_test_h2_LDADD = $(engine_ldadd) $(SSL_LIBS) $(CRYPTO_LIBS)
endif

# Stands in for SQLite's disk; and its clock must be seen by the plugin, and by
# curl.
if HAVE_SQLITE
check_PROGRAMS += tests/engine/test_orders
TESTS += tests/engine/test_orders
tests_engine_test_orders_SOURCES = \
	tests/engine/orders.c \
	tests/engine/orders.h \
	tests/engine/orders_judge.c \
	tests/engine/shop.c \
	tests/engine/shop.h \
	tests/engine/test_orders.c \
	tests/store/shim.c \
	tests/store/shim.h
tests_engine_test_orders_CPPFLAGS = $(test_cppflags) $(SQLITE_CFLAGS)
tests_engine_test_orders_LDFLAGS = $(AM_LDFLAGS) -export-dynamic
tests_engine_test_orders_LDADD = tests/store/libkit.la $(engine_ldadd) \
	$(SQLITE_LIBS)
endif
