# Models as data; adding one needs no build.

catalogdir = $(pkgdatadir)/catalog
dist_catalog_DATA = \
	catalog/fal.json \
	catalog/google-studio.json \
	catalog/google.json \
	catalog/higgsfield.json \
	catalog/modelgates.json \
	catalog/openai.json \
	catalog/openrouter.json \
	catalog/runway.json \
	catalog/schema.json \
	catalog/visgate.json
