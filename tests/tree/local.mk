# Tests of the tree itself: what the compiler cannot see.

tree_tests = \
	tests/tree/banned.sh \
	tests/tree/headers.sh \
	tests/tree/includes.sh \
	tests/tree/meters.sh \
	tests/tree/scripts.sh \
	tests/tree/sources.sh \
	tests/tree/symbols.sh \
	tests/tree/top.sh
TESTS += $(tree_tests)
EXTRA_DIST += \
	$(tree_tests) \
	tests/tree/declared.awk \
	tests/tree/strip.awk
