# Programs and a plugin of somebody else's, built by the tests against the
# installed library.  The programs are built here as well, with our warnings.

embed_programs = \
	examples/embed/epoll \
	examples/embed/many \
	examples/embed/sync
check_PROGRAMS += $(embed_programs)

examples_embed_epoll_SOURCES = examples/embed/epoll.c
examples_embed_epoll_CPPFLAGS = $(GM_PUBLIC_CPPFLAGS)
examples_embed_epoll_LDADD = core/libgamut.la
examples_embed_many_SOURCES = examples/embed/many.c
examples_embed_many_CPPFLAGS = $(GM_PUBLIC_CPPFLAGS)
examples_embed_many_CFLAGS = $(AM_CFLAGS) -pthread
examples_embed_many_LDADD = core/libgamut.la
examples_embed_sync_SOURCES = examples/embed/sync.c
examples_embed_sync_CPPFLAGS = $(GM_PUBLIC_CPPFLAGS)
examples_embed_sync_LDADD = core/libgamut.la

EXTRA_DIST += \
	examples/acme/Makefile \
	examples/acme/README.md \
	examples/acme/acme.c \
	examples/acme/recording.json \
	examples/embed/Makefile
