// A test program that is also a worker program defines this function. main() calls it before
// anything else, with no thread started. A result below zero means: go on with the tests; any other
// result is the exit status.
#pragma once

extern "C" int cf_test_early_main(int argc, char** argv);
