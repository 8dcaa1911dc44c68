# One module per provider.  A new one is a name in plugin_names, a variable
# with its files, its line in the bundle, and the block that makes a module of
# them.  They see the public headers and nothing else, as anybody's plugin does.

plugindir = $(libdir)/gamut-$(GAMUT_PLUGIN_MAJOR)

plugin_names = \
	fal

plugin_fal_sources = \
	plugins/fal/fal.c \
	plugins/fal/fal.h \
	plugins/fal/input.c \
	plugins/fal/output.c

plugin_cppflags = $(GM_PUBLIC_CPPFLAGS)
# Tables of the ABI grow at the end: rows that leave new members out are right.
plugin_cflags = $(AM_CFLAGS) $(GM_PLUGIN_CFLAGS)
plugin_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared \
	-export-symbols-regex '_LTX_gamut_plugin$$'

if STATIC_PLUGINS

bundled_names = $(plugin_names)
bundled_libs = plugins/libbundled.la
noinst_LTLIBRARIES += plugins/libbundled.la
plugins_libbundled_la_CPPFLAGS = $(plugin_cppflags)
plugins_libbundled_la_CFLAGS = $(plugin_cflags)
plugins_libbundled_la_SOURCES = \
	$(plugin_fal_sources)

else

bundled_names =
bundled_libs =
plugin_LTLIBRARIES = \
	plugins/fal.la

plugins_fal_la_SOURCES = $(plugin_fal_sources)
plugins_fal_la_CPPFLAGS = $(plugin_cppflags)
plugins_fal_la_CFLAGS = $(plugin_cflags)
plugins_fal_la_LDFLAGS = $(plugin_ldflags)

# Nothing reads the .la files of modules; without them libtool cannot
# uninstall, so we do.
install-data-hook:
	@for p in $(plugin_names); do \
	  rm -f "$(DESTDIR)$(plugindir)/$$p.la"; done

uninstall-hook:
	@for p in $(plugin_names); do \
	  rm -f "$(DESTDIR)$(plugindir)/$$p.so"; done

endif
