# cfutures_target_warnings(TARGET): the warnings every target of this project is built with.
#
# They are an argument of our own targets and never of their users. Whether they are errors is
# CFUTURES_WERROR, off by default so that a newer compiler cannot break a package build.
add_library(cfutures_warnings INTERFACE)
target_compile_options(cfutures_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wconversion -Wcast-qual -Wcast-align -Wformat=2
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes>
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi>
    $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
    $<$<BOOL:${CFUTURES_WERROR}>:-Werror>)

function(cfutures_target_warnings target)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:cfutures_warnings>)
endfunction()
