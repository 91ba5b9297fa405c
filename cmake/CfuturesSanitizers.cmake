# CFUTURES_SANITIZER: "address" is AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer,
# "thread" is ThreadSanitizer. No suppressions: a report fails the test that caused it.
if(CFUTURES_SANITIZER STREQUAL "")
    return()
elseif(CFUTURES_SANITIZER STREQUAL "address")
    set(sanitizer_flags -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(CFUTURES_SANITIZER STREQUAL "thread")
    set(sanitizer_flags -fsanitize=thread)
    # ThreadSanitizer does not model fences; one in our code is a mistake, not a warning.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        add_compile_options(-Werror=tsan)
    endif()
else()
    message(FATAL_ERROR "CFUTURES_SANITIZER must be address, thread or empty")
endif()

# The fuzz targets want the library's branches counted; tests/fuzz links what counts them.
option(CFUTURES_FUZZER "Build the fuzz targets for libFuzzer (clang)" OFF)
if(CFUTURES_FUZZER)
    list(APPEND sanitizer_flags -fsanitize=fuzzer-no-link)
endif()

# For the whole tree: half-instrumented programs give false reports. Only the checks of undefined behaviour
# can stop at the library, and tests/ leaves them out.
add_compile_options(${sanitizer_flags} -fno-omit-frame-pointer)
add_link_options(${sanitizer_flags})
if(CFUTURES_SANITIZER STREQUAL "address" AND CMAKE_C_COMPILER_ID STREQUAL "Clang")
    # The checks of C++ in the library need their part of the runtime in C programs too.
    add_link_options($<$<LINK_LANGUAGE:C>:-fsanitize-link-c++-runtime>)
    link_libraries($<$<LINK_LANGUAGE:C>:stdc++>)
endif()
