# What `cmake --install` puts under a prefix. The tree may be moved afterwards: the CMake package,
# both pkg-config files and the worker's search path are all relative to where they lie. The install
# components are the packages of CfuturesPackage.
include(CMakePackageConfigHelpers)

# The C++ headers need nlohmann_json where they are used and the static library needs threads, so
# each of the two has an export file that the package loads only when it is wanted.
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/cfutures")
set(development COMPONENT development)
install(TARGETS cfutures cfutures-worker EXPORT cfutures
    LIBRARY COMPONENT runtime NAMELINK_COMPONENT development
    RUNTIME COMPONENT tools
    FILE_SET HEADERS ${development})
install(TARGETS cfutures_cpp EXPORT cfutures_cpp FILE_SET HEADERS ${development})
set(exports cfutures cfutures_cpp)
if(CFUTURES_BUILD_STATIC)
    install(TARGETS cfutures_static EXPORT cfutures_static
        ARCHIVE ${development} FILE_SET HEADERS ${development})
    list(APPEND exports cfutures_static)
endif()
foreach(export IN LISTS exports)
    install(EXPORT ${export}
        NAMESPACE cfutures:: FILE ${export}-targets.cmake DESTINATION "${package_dir}" ${development})
endforeach()

configure_package_config_file(cmake/cfuturesConfig.cmake.in cfuturesConfig.cmake
    INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
# Each minor version may break the ABI until 1.0; SameMajorVersion is right from then on.
write_basic_package_version_file(cfuturesConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
    "${CMAKE_CURRENT_BINARY_DIR}/cfuturesConfig.cmake"
    "${CMAKE_CURRENT_BINARY_DIR}/cfuturesConfigVersion.cmake"
    DESTINATION "${package_dir}" ${development})

file(RELATIVE_PATH pc_to_prefix
    "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
cmake_path(GET pc_to_prefix PARENT_PATH pc_to_prefix) # the same without the last slash
foreach(name IN ITEMS cfutures cfutures-cpp)
    configure_file(cmake/${name}.pc.in ${name}.pc @ONLY)
    install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${name}.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" ${development})
endforeach()

# Man pages are made from docs/man/pages and the header. Without Python there are none.
find_package(Python3 QUIET COMPONENTS Interpreter)
if(Python3_Interpreter_FOUND)
    set(pages "${PROJECT_SOURCE_DIR}/docs/man")
    set(man "${PROJECT_BINARY_DIR}/man")
    set(header "${PROJECT_SOURCE_DIR}/capi/include/cfutures/cfutures.h")
    file(GLOB page_sources "${pages}/pages/*")
    # The header is one already: CfuturesVersion.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page_sources} "${pages}/pages.py")
    file(REMOVE_RECURSE "${man}")
    # That every function has a page is a matter of the tests.
    execute_process(COMMAND "${Python3_EXECUTABLE}" -B "${pages}/pages.py" "${header}" "${man}" OUTPUT_QUIET)
    install(DIRECTORY "${man}/man1" DESTINATION "${CMAKE_INSTALL_MANDIR}" COMPONENT tools)
    install(DIRECTORY "${man}/man3" "${man}/man7" DESTINATION "${CMAKE_INSTALL_MANDIR}" ${development})
endif()

add_custom_target(uninstall
    COMMAND "${CMAKE_COMMAND}"
        "-DMANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt"
        -P "${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake"
    VERBATIM)
