# Recordings of official clients against our providers, as pure functions.  The
# program is told a provider; the recordings lie in a folder of its name, each
# beside a file that says what we would be asked for.

check_PROGRAMS += tests/golden/run_pure
tests_golden_run_pure_SOURCES = \
	tests/golden/cases.c \
	tests/golden/cases.h \
	tests/golden/pure.c \
	tests/golden/pure.h \
	tests/golden/pure_compare.c \
	tests/golden/pure_form.c \
	tests/golden/pure_query.c \
	tests/golden/run_pure.c
tests_golden_run_pure_CPPFLAGS = $(test_cppflags)
tests_golden_run_pure_LDADD = core/libgamut-internal.la

# And against the whole library, with the emulator as the vendor.
if HAVE_EMULATOR
check_PROGRAMS += tests/golden/run_engine
tests_golden_run_engine_SOURCES = \
	tests/golden/cases.c \
	tests/golden/cases.h \
	tests/golden/engine.c \
	tests/golden/engine.h \
	tests/golden/engine_ask.c \
	tests/golden/engine_play.c \
	tests/golden/engine_query.c \
	tests/golden/run_engine.c
tests_golden_run_engine_CPPFLAGS = $(test_cppflags)
tests_golden_run_engine_LDADD = core/libgamut-internal.la $(CURL_LIBS)

TESTS += tests/golden/engine.sh
endif
EXTRA_DIST += tests/golden/README.md tests/golden/engine.sh

TESTS += tests/golden/fal.sh
TESTS += tests/golden/higgsfield.sh
TESTS += tests/golden/runway.sh
TESTS += tests/golden/visgate.sh
EXTRA_DIST += \
	tests/golden/fal \
	tests/golden/fal.sh
EXTRA_DIST += tests/golden/higgsfield tests/golden/higgsfield.sh
TESTS += tests/golden/openai.sh
EXTRA_DIST += tests/golden/openai tests/golden/openai.sh
TESTS += tests/golden/google.sh
EXTRA_DIST += tests/golden/google tests/golden/google-studio tests/golden/google.sh
EXTRA_DIST += tests/golden/runway tests/golden/runway.sh
EXTRA_DIST += tests/golden/visgate tests/golden/visgate.sh
TESTS += tests/golden/modelgates.sh
EXTRA_DIST += tests/golden/modelgates tests/golden/modelgates.sh \
	tests/golden/openrouter
