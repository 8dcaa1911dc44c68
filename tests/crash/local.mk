# What is left of jobs when their process is killed.  CRASH_KILLS=2000 for the
# whole truth.
crash_tests = tests/crash/kill.sh
TESTS += $(crash_tests)
EXTRA_DIST += $(crash_tests)
