# The emulator: a vendor on loopback, for tests, benchmarks and development.
# It shares no code with the library, so that one mistake cannot hide another.

tests_emulator_gamut_emulator_SOURCES = \
	tests/emulator/control.c \
	tests/emulator/embed.c \
	tests/emulator/embed.h \
	tests/emulator/fal.c \
	tests/emulator/fal.h \
	tests/emulator/fal_check.c \
	tests/emulator/fal_fields.c \
	tests/emulator/fal_hook.c \
	tests/emulator/fal_models.c \
	tests/emulator/fal_output.c \
	tests/emulator/fal_platform.c \
	tests/emulator/fal_price.c \
	tests/emulator/fal_rest.c \
	tests/emulator/fal_shape.c \
	tests/emulator/fal_stream.c \
	tests/emulator/fal_upload.c \
	tests/emulator/faults.c \
	tests/emulator/faults.h \
	tests/emulator/files.c \
	tests/emulator/google.c \
	tests/emulator/google.h \
	tests/emulator/google_check.c \
	tests/emulator/google_embed.c \
	tests/emulator/google_files.c \
	tests/emulator/google_image.c \
	tests/emulator/google_models.c \
	tests/emulator/google_token.c \
	tests/emulator/google_video.c \
	tests/emulator/h264.c \
	tests/emulator/higgsfield.c \
	tests/emulator/higgsfield.h \
	tests/emulator/higgsfield_account.c \
	tests/emulator/higgsfield_hook.c \
	tests/emulator/higgsfield_models.c \
	tests/emulator/higgsfield_output.c \
	tests/emulator/higgsfield_upload.c \
	tests/emulator/hooks.c \
	tests/emulator/hooks.h \
	tests/emulator/hosts.c \
	tests/emulator/hosts.h \
	tests/emulator/jobs.c \
	tests/emulator/jobs.h \
	tests/emulator/jpeg.c \
	tests/emulator/main.c \
	tests/emulator/modelgates.c \
	tests/emulator/modelgates.h \
	tests/emulator/modelgates_account.c \
	tests/emulator/modelgates_check.c \
	tests/emulator/modelgates_hook.c \
	tests/emulator/modelgates_image.c \
	tests/emulator/modelgates_inputs.c \
	tests/emulator/modelgates_models.c \
	tests/emulator/modelgates_price.c \
	tests/emulator/modelgates_video.c \
	tests/emulator/mp4.c \
	tests/emulator/openai.c \
	tests/emulator/openai.h \
	tests/emulator/openai_character.c \
	tests/emulator/openai_check.c \
	tests/emulator/openai_embed.c \
	tests/emulator/openai_file.c \
	tests/emulator/openai_form.c \
	tests/emulator/openai_formats.c \
	tests/emulator/openai_hook.c \
	tests/emulator/openai_image.c \
	tests/emulator/openai_list.c \
	tests/emulator/openai_video.c \
	tests/emulator/otlp.c \
	tests/emulator/otlp.h \
	tests/emulator/picture.c \
	tests/emulator/picture.h \
	tests/emulator/png.c \
	tests/emulator/replay.c \
	tests/emulator/replay.h \
	tests/emulator/replay_compare.c \
	tests/emulator/replay_files.c \
	tests/emulator/reply.c \
	tests/emulator/runway.c \
	tests/emulator/runway.h \
	tests/emulator/runway_account.c \
	tests/emulator/runway_fields.c \
	tests/emulator/runway_models.c \
	tests/emulator/runway_output.c \
	tests/emulator/runway_upload.c \
	tests/emulator/runway_uri.c \
	tests/emulator/server.c \
	tests/emulator/server.h \
	tests/emulator/sign.c \
	tests/emulator/util.c \
	tests/emulator/util.h \
	tests/emulator/visgate.c \
	tests/emulator/visgate.h \
	tests/emulator/visgate_account.c \
	tests/emulator/visgate_check.c \
	tests/emulator/visgate_models.c \
	tests/emulator/visgate_output.c

EXTRA_DIST += tests/emulator/check.sh tests/emulator/hooks.sh \
	tests/emulator/recording.json \
	tests/emulator/rest.sh tests/emulator/upload.sh
EXTRA_DIST += tests/emulator/modelgates.sh tests/emulator/openai.sh
EXTRA_DIST += tests/emulator/google.sh tests/emulator/higgsfield.sh
EXTRA_DIST += tests/emulator/visgate.sh

if HAVE_EMULATOR
bin_PROGRAMS += tests/emulator/gamut-emulator
tests_emulator_gamut_emulator_CPPFLAGS = $(GM_CONFIG_CPPFLAGS)
tests_emulator_gamut_emulator_CFLAGS = \
	$(AM_CFLAGS) $(MICROHTTPD_CFLAGS) $(JSONC_CFLAGS) $(ZLIB_CFLAGS) \
	$(CRYPTO_CFLAGS)
tests_emulator_gamut_emulator_LDADD = \
	$(MICROHTTPD_LIBS) $(JSONC_LIBS) $(ZLIB_LIBS) $(CRYPTO_LIBS) \
	-lm -lpthread

check_PROGRAMS += tests/emulator/load
tests_emulator_load_SOURCES = tests/emulator/load.c
tests_emulator_load_CPPFLAGS = $(GM_CONFIG_CPPFLAGS)
tests_emulator_load_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_emulator_load_LDADD = $(CURL_LIBS)

TESTS += tests/emulator/check.sh tests/emulator/hooks.sh tests/emulator/rest.sh
TESTS += tests/emulator/upload.sh
check_PROGRAMS += tests/emulator/uploads
tests_emulator_uploads_SOURCES = tests/emulator/uploads.c
tests_emulator_uploads_CPPFLAGS = $(GM_CONFIG_CPPFLAGS) $(GM_PUBLIC_CPPFLAGS)
tests_emulator_uploads_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_emulator_uploads_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_emulator_uploads_LDADD = core/libgamut.la $(CURL_LIBS)

TESTS += tests/emulator/google.sh
TESTS += tests/emulator/higgsfield.sh
TESTS += tests/emulator/modelgates.sh
TESTS += tests/emulator/openai.sh
TESTS += tests/emulator/visgate.sh
endif
