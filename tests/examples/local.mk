# The examples as their readers use them: against the installed library.
example_tests = \
	tests/examples/acme.sh \
	tests/examples/embed.sh
TESTS += $(example_tests)
EXTRA_DIST += tests/examples/installed.sh $(example_tests)

# Both install the tree, and two installations at once would meet.
tests/examples/embed.log: tests/examples/acme.log
