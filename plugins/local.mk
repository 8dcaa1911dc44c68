# One module per provider, and one for each other thing that a library is linked
# for.  A new one is a name in plugin_names, a variable with its files, its line
# in the bundle, and the block that makes a module of them.  They see the public
# headers and nothing else, as anybody's plugin does.

plugindir = $(libdir)/gamut-$(GAMUT_PLUGIN_MAJOR)

plugin_names = \
	fal \
	google \
	higgsfield \
	modelgates \
	openai \
	runway \
	visgate

plugin_fal_sources = \
	plugins/fal/direct.c \
	plugins/fal/fal.c \
	plugins/fal/fal.h \
	plugins/fal/input.c \
	plugins/fal/options.c \
	plugins/fal/output.c \
	plugins/fal/query.c \
	plugins/fal/upload.c \
	plugins/fal/webhook.c

plugin_google_sources = \
	plugins/google/answer.c \
	plugins/google/embed.c \
	plugins/google/external.c \
	plugins/google/gemini.c \
	plugins/google/gemini_reply.c \
	plugins/google/google.c \
	plugins/google/google.h \
	plugins/google/imagen.c \
	plugins/google/input.c \
	plugins/google/models.c \
	plugins/google/place.c \
	plugins/google/token.c \
	plugins/google/token.h \
	plugins/google/upload.c \
	plugins/google/veo.c

plugin_openai_sources = \
	plugins/openai/embed.c \
	plugins/openai/error.c \
	plugins/openai/image.c \
	plugins/openai/lookup.c \
	plugins/openai/openai.c \
	plugins/openai/openai.h \
	plugins/openai/output.c \
	plugins/openai/query.c \
	plugins/openai/request.c \
	plugins/openai/upload.c \
	plugins/openai/video.c

plugin_higgsfield_sources = \
	plugins/higgsfield/higgsfield.c \
	plugins/higgsfield/higgsfield.h \
	plugins/higgsfield/input.c \
	plugins/higgsfield/jobset.c \
	plugins/higgsfield/query.c \
	plugins/higgsfield/upload.c \
	plugins/higgsfield/webhook.c

plugin_modelgates_sources = \
	plugins/modelgates/account.c \
	plugins/modelgates/body.c \
	plugins/modelgates/error.c \
	plugins/modelgates/facts.c \
	plugins/modelgates/image.c \
	plugins/modelgates/inputs.c \
	plugins/modelgates/modelgates.c \
	plugins/modelgates/modelgates.h \
	plugins/modelgates/models.c \
	plugins/modelgates/skus.c \
	plugins/modelgates/video.c \
	plugins/modelgates/webhook.c

plugin_runway_sources = \
	plugins/runway/body.c \
	plugins/runway/inputs.c \
	plugins/runway/query.c \
	plugins/runway/runway.c \
	plugins/runway/runway.h \
	plugins/runway/tags.c \
	plugins/runway/upload.c

plugin_visgate_sources = \
	plugins/visgate/account.c \
	plugins/visgate/body.c \
	plugins/visgate/options.c \
	plugins/visgate/reply.c \
	plugins/visgate/visgate.c \
	plugins/visgate/visgate.h

if HAVE_CRYPTO
plugin_names += crypto
plugin_crypto_sources = plugins/crypto/crypto.c
plugin_crypto_la = plugins/crypto.la
else
plugin_crypto_sources =
plugin_crypto_la =
endif

if HAVE_SQLITE
plugin_names += store-sqlite
plugin_store_sqlite_sources = \
	plugins/store-sqlite/blob.c \
	plugins/store-sqlite/clock.c \
	plugins/store-sqlite/commit.c \
	plugins/store-sqlite/fail.c \
	plugins/store-sqlite/file.c \
	plugins/store-sqlite/lock.c \
	plugins/store-sqlite/log.c \
	plugins/store-sqlite/scan.c \
	plugins/store-sqlite/schema.c \
	plugins/store-sqlite/sqlite.c \
	plugins/store-sqlite/sqlite.h
plugin_store_sqlite_la = plugins/store-sqlite.la
else
plugin_store_sqlite_sources =
plugin_store_sqlite_la =
endif

EXTRA_DIST += \
	plugins/fal/README.md \
	plugins/google/README.md \
	plugins/higgsfield/README.md \
	plugins/modelgates/README.md \
	plugins/openai/README.md \
	plugins/runway/README.md \
	plugins/store-sqlite/README.md \
	plugins/visgate/README.md

plugin_cppflags = $(GM_PUBLIC_CPPFLAGS)
# Tables of the ABI grow at the end: rows that leave new members out are right.
plugin_cflags = $(AM_CFLAGS) $(GM_PLUGIN_CFLAGS)
plugin_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared \
	-export-symbols-regex '_LTX_gamut_plugin$$'

if STATIC_PLUGINS

bundled_names = $(plugin_names)
bundled_libs = plugins/libbundled.la $(CRYPTO_LIBS) $(SQLITE_LIBS)
noinst_LTLIBRARIES += plugins/libbundled.la
plugins_libbundled_la_CPPFLAGS = $(plugin_cppflags)
plugins_libbundled_la_CFLAGS = $(plugin_cflags) $(CRYPTO_CFLAGS) \
	$(SQLITE_CFLAGS)
plugins_libbundled_la_SOURCES = \
	$(plugin_crypto_sources) \
	$(plugin_fal_sources) \
	$(plugin_google_sources) \
	$(plugin_higgsfield_sources) \
	$(plugin_modelgates_sources) \
	$(plugin_openai_sources) \
	$(plugin_runway_sources) \
	$(plugin_store_sqlite_sources) \
	$(plugin_visgate_sources)

else

bundled_names =
bundled_libs =
plugin_LTLIBRARIES = \
	$(plugin_crypto_la) \
	plugins/fal.la \
	plugins/google.la \
	plugins/higgsfield.la \
	plugins/modelgates.la \
	plugins/openai.la \
	plugins/runway.la \
	$(plugin_store_sqlite_la) \
	plugins/visgate.la

if HAVE_CRYPTO
plugins_crypto_la_SOURCES = $(plugin_crypto_sources)
plugins_crypto_la_CPPFLAGS = $(plugin_cppflags)
plugins_crypto_la_CFLAGS = $(plugin_cflags) $(CRYPTO_CFLAGS)
plugins_crypto_la_LDFLAGS = $(plugin_ldflags)
plugins_crypto_la_LIBADD = $(CRYPTO_LIBS)
endif

if HAVE_SQLITE
plugins_store_sqlite_la_SOURCES = $(plugin_store_sqlite_sources)
plugins_store_sqlite_la_CPPFLAGS = $(plugin_cppflags)
plugins_store_sqlite_la_CFLAGS = $(plugin_cflags) $(SQLITE_CFLAGS)
plugins_store_sqlite_la_LDFLAGS = $(plugin_ldflags)
plugins_store_sqlite_la_LIBADD = $(SQLITE_LIBS)
endif

plugins_fal_la_SOURCES = $(plugin_fal_sources)
plugins_fal_la_CPPFLAGS = $(plugin_cppflags)
plugins_fal_la_CFLAGS = $(plugin_cflags)
plugins_fal_la_LDFLAGS = $(plugin_ldflags)

plugins_google_la_SOURCES = $(plugin_google_sources)
plugins_google_la_CPPFLAGS = $(plugin_cppflags)
plugins_google_la_CFLAGS = $(plugin_cflags)
plugins_google_la_LDFLAGS = $(plugin_ldflags)

plugins_openai_la_SOURCES = $(plugin_openai_sources)
plugins_openai_la_CPPFLAGS = $(plugin_cppflags)
plugins_openai_la_CFLAGS = $(plugin_cflags)
plugins_openai_la_LDFLAGS = $(plugin_ldflags)

plugins_higgsfield_la_SOURCES = $(plugin_higgsfield_sources)
plugins_higgsfield_la_CPPFLAGS = $(plugin_cppflags)
plugins_higgsfield_la_CFLAGS = $(plugin_cflags)
plugins_higgsfield_la_LDFLAGS = $(plugin_ldflags)

plugins_modelgates_la_SOURCES = $(plugin_modelgates_sources)
plugins_modelgates_la_CPPFLAGS = $(plugin_cppflags)
plugins_modelgates_la_CFLAGS = $(plugin_cflags)
plugins_modelgates_la_LDFLAGS = $(plugin_ldflags)

plugins_runway_la_SOURCES = $(plugin_runway_sources)
plugins_runway_la_CPPFLAGS = $(plugin_cppflags)
plugins_runway_la_CFLAGS = $(plugin_cflags)
plugins_runway_la_LDFLAGS = $(plugin_ldflags)

plugins_visgate_la_SOURCES = $(plugin_visgate_sources)
plugins_visgate_la_CPPFLAGS = $(plugin_cppflags)
plugins_visgate_la_CFLAGS = $(plugin_cflags)
plugins_visgate_la_LDFLAGS = $(plugin_ldflags)

# Nothing reads the .la files of modules; without them libtool cannot
# uninstall, so we do.
install-data-hook:
	@for p in $(plugin_names); do \
	  rm -f "$(DESTDIR)$(plugindir)/$$p.la"; done

uninstall-hook:
	@for p in $(plugin_names); do \
	  rm -f "$(DESTDIR)$(plugindir)/$$p.so"; done

endif
