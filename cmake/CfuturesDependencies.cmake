# What the project needs from outside, and who needs it:
#   Threads         the core
#   nlohmann_json   the C++ headers
#   GTest           the tests
#   CURL            the examples that fetch pages
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
if(CFUTURES_BUILD_TESTS)
    find_package(GTest 1.12 REQUIRED)
endif()
if(CFUTURES_BUILD_EXAMPLES)
    find_package(CURL REQUIRED)
endif()
