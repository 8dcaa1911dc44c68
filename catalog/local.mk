# Models as data; adding one needs no build.

catalogdir = $(pkgdatadir)/catalog
dist_catalog_DATA = \
	catalog/fal.json
