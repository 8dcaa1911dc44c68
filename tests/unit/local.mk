# One Check program per module: a name here is a file of that name plus .c.

if HAVE_CHECK
unit_tests = \
	tests/unit/test_address \
	tests/unit/test_arena \
	tests/unit/test_base64 \
	tests/unit/test_body \
	tests/unit/test_buf \
	tests/unit/test_cache_key \
	tests/unit/test_call \
	tests/unit/test_catalog \
	tests/unit/test_catalog_files \
	tests/unit/test_catalog_refresh \
	tests/unit/test_catalog_same \
	tests/unit/test_check \
	tests/unit/test_clock \
	tests/unit/test_credential \
	tests/unit/test_endpoints \
	tests/unit/test_error \
	tests/unit/test_file \
	tests/unit/test_host \
	tests/unit/test_host_body \
	tests/unit/test_host_build \
	tests/unit/test_host_json \
	tests/unit/test_http \
	tests/unit/test_http_budget \
	tests/unit/test_http_guard \
	tests/unit/test_http_pool \
	tests/unit/test_http_reply \
	tests/unit/test_incoming \
	tests/unit/test_instance \
	tests/unit/test_json \
	tests/unit/test_judge \
	tests/unit/test_key_file \
	tests/unit/test_log \
	tests/unit/test_log_sink \
	tests/unit/test_loop \
	tests/unit/test_map \
	tests/unit/test_meter \
	tests/unit/test_pace \
	tests/unit/test_pending \
	tests/unit/test_policy \
	tests/unit/test_price \
	tests/unit/test_price_catalog \
	tests/unit/test_probe \
	tests/unit/test_random \
	tests/unit/test_rate_headers \
	tests/unit/test_reader \
	tests/unit/test_receiver \
	tests/unit/test_retry_after \
	tests/unit/test_schema \
	tests/unit/test_settings \
	tests/unit/test_sha256 \
	tests/unit/test_slot \
	tests/unit/test_sse \
	tests/unit/test_str \
	tests/unit/test_texts \
	tests/unit/test_timer \
	tests/unit/test_trace \
	tests/unit/test_trust \
	tests/unit/test_url \
	tests/unit/test_validate \
	tests/unit/test_validate_common \
	tests/unit/test_vector \
	tests/unit/test_work
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

tests_unit_test_address_SOURCES = \
	tests/unit/route_files.h \
	tests/unit/test_address.c

tests_unit_test_catalog_SOURCES = \
	tests/unit/route_files.h \
	tests/unit/test_catalog.c

tests_unit_test_catalog_same_SOURCES = \
	tests/unit/route_files.h \
	tests/unit/test_catalog_same.c
tests_unit_test_catalog_refresh_SOURCES = \
	tests/unit/route_files.h \
	tests/unit/test_catalog_refresh.c

tests_unit_test_http_SOURCES = \
	tests/unit/client.h \
	tests/unit/server.c \
	tests/unit/server.h \
	tests/unit/test_http.c

tests_unit_test_http_budget_SOURCES = \
	tests/unit/client.h \
	tests/unit/server.c \
	tests/unit/server.h \
	tests/unit/test_http_budget.c

tests_unit_test_http_guard_SOURCES = \
	tests/unit/client.h \
	tests/unit/server.c \
	tests/unit/server.h \
	tests/unit/test_http_guard.c

tests_unit_test_http_pool_SOURCES = \
	tests/unit/client.h \
	tests/unit/server.c \
	tests/unit/server.h \
	tests/unit/test_http_pool.c

tests_unit_test_http_reply_SOURCES = \
	tests/unit/client.h \
	tests/unit/server.c \
	tests/unit/server.h \
	tests/unit/test_http_reply.c

tests_unit_test_log_sink_SOURCES = \
	tests/unit/scratch.c \
	tests/unit/scratch.h \
	tests/unit/test_log_sink.c

tests_unit_test_price_SOURCES = \
	tests/unit/route_json.h \
	tests/unit/test_price.c

tests_unit_test_price_catalog_SOURCES = \
	tests/unit/route_json.h \
	tests/unit/test_price_catalog.c

tests_unit_test_validate_SOURCES = \
	tests/unit/route_json.h \
	tests/unit/test_validate.c

tests_unit_test_validate_common_SOURCES = \
	tests/unit/route_json.h \
	tests/unit/test_validate_common.c

tests_unit_test_probe_SOURCES = \
	tests/unit/probe_files.c \
	tests/unit/probe_files.h \
	tests/unit/test_probe.c

EXTRA_DIST += tests/unit/unit.h

tests_unit_test_settings_SOURCES = \
	tests/unit/scratch.c \
	tests/unit/scratch.h \
	tests/unit/test_settings.c

tests_unit_test_slot_SOURCES = \
	tests/unit/instance_fixture.h \
	tests/unit/scratch.c \
	tests/unit/scratch.h \
	tests/unit/test_slot.c

tests_unit_test_trust_SOURCES = \
	tests/unit/scratch.c \
	tests/unit/scratch.h \
	tests/unit/test_trust.c

tests_unit_test_credential_SOURCES = \
	tests/unit/instance_fixture.h \
	tests/unit/scratch.c \
	tests/unit/scratch.h \
	tests/unit/test_credential.c

tests_unit_test_instance_SOURCES = \
	tests/unit/instance_fixture.h \
	tests/unit/scratch.c \
	tests/unit/scratch.h \
	tests/unit/test_instance.c

tests_unit_test_host_json_SOURCES = \
	tests/unit/call_fixture.h \
	tests/unit/test_host_json.c

tests_unit_test_judge_SOURCES = \
	tests/unit/call_fixture.h \
	tests/unit/test_judge.c

tests_unit_test_call_SOURCES = \
	tests/unit/call_fixture.h \
	tests/unit/test_call.c \
	tests/unit/tester.h

tests_unit_test_host_SOURCES = \
	tests/unit/call_fixture.h \
	tests/unit/test_host.c \
	tests/unit/tester.h

tests_unit_test_host_build_SOURCES = \
	tests/unit/call_fixture.h \
	tests/unit/test_host_build.c \
	tests/unit/tester.h

tests_unit_test_key_file_SOURCES = \
	tests/unit/rsa_key.h \
	tests/unit/scratch.c \
	tests/unit/scratch.h \
	tests/unit/test_key_file.c

tests_unit_test_vector_SOURCES = \
	tests/unit/call_fixture.h \
	tests/unit/test_vector.c \
	tests/unit/tester.h
