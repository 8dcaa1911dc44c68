# What is left of jobs when their process is killed.  `make check-crash` is the
# whole truth.
crash_tests = tests/crash/kill.sh
TESTS += $(crash_tests)
EXTRA_DIST += $(crash_tests)

check-crash:
	CRASH_KILLS=2000 $(MAKE) check TESTS='$(crash_tests)'
.PHONY: check-crash
