# What the project needs from outside, and who needs it:
#   Threads         the core
#   nlohmann_json   the C++ headers
#   GTest           the tests
#   CURL            the examples that fetch pages
find_package(Threads REQUIRED)

# For a machine that has neither library: the release that Debian 12 has, pinned by hash. A copy on
# the system wins, and FETCHCONTENT_SOURCE_DIR_<NAME> takes sources from there without a network.
if(CFUTURES_FETCH_DEPS)
    include(FetchContent)
    set(CMAKE_POLICY_DEFAULT_CMP0077 NEW) # their option() commands heed what is set here
    set(INSTALL_GTEST OFF)
    set(BUILD_GMOCK OFF)
    set(JSON_BuildTests OFF)
    set(JSON_Install ${CFUTURES_INSTALL}) # the installed C++ headers need it
    FetchContent_Declare(nlohmann_json
        URL https://github.com/nlohmann/json/archive/refs/tags/v3.11.2.tar.gz
        URL_HASH SHA256=d69f9deb6a75e2580465c6c4c5111b89c4dc2fa94e3a85fcd2ffcd9a143d9273
        FIND_PACKAGE_ARGS 3.11)
    FetchContent_MakeAvailable(nlohmann_json)
    if(CFUTURES_BUILD_TESTS)
        FetchContent_Declare(GTest
            URL https://github.com/google/googletest/archive/refs/tags/release-1.12.1.tar.gz
            URL_HASH SHA256=81964fe578e9bd7c94dfdb09c8e4d6e6759e19967e397dbea48d1c10e45d0df2
            FIND_PACKAGE_ARGS 1.12)
        FetchContent_MakeAvailable(GTest)
    endif()
elseif(CFUTURES_BUILD_TESTS OR CFUTURES_BUILD_EXAMPLES)
    find_package(nlohmann_json 3.11 REQUIRED)
    if(CFUTURES_BUILD_TESTS)
        find_package(GTest 1.12 REQUIRED)
    endif()
else()
    # The library alone does not need it; a parent project may, through cfutures::cpp.
    find_package(nlohmann_json 3.11 QUIET)
endif()

if(CFUTURES_BUILD_EXAMPLES)
    find_package(CURL REQUIRED)
endif()
