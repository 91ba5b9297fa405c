# Debian packages, made by `cpack` from a build whose prefix is /usr: one for each install component.
#
#   runtime      libcfutures<soversion>  the shared library, named after its SONAME
#   development  libcfutures-dev         headers, static library, CMake and pkg-config files, man pages
#   tools        cfutures-tools          cfutures-worker
#
# What Debian asks of a package and an installation does not have (changelog, copyright) is added by
# debian_files.cmake, as the packages are made.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cfutures)
set(CPACK_PACKAGE_VENDOR "The libcfutures maintainers")
set(CPACK_PACKAGE_CONTACT "The libcfutures maintainers <maintainers@cfutures.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime development tools)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# cfutures-tools needs the runtime package of the same run.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

get_target_property(soversion cfutures SOVERSION)
set(runtime_package "libcfutures${soversion}")
set(this_version "= ${PROJECT_VERSION}")
set(introduction [[
Run this function on that input somewhere else, now or later. Wait for it,
cancel it, be called back, collect results as they come. One executor
interface, a pool of threads or of processes behind it, and a future for each
call, behind a C ABI that any language can call.
.
]])

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME "${runtime_package}")
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "${introduction}This package has the shared library.")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS cfutures-tools)
# How packages of programs that link the library depend on it, and that dpkg runs ldconfig after all packages.
set(control "${PROJECT_BINARY_DIR}/debian")
file(WRITE "${control}/shlibs" "libcfutures ${soversion} ${runtime_package} (>= ${PROJECT_VERSION})\n")
file(WRITE "${control}/triggers" "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA "${control}/shlibs;${control}/triggers")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libcfutures-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
    "${introduction}This package has what is needed to build programs that use the library.")
# The exported targets name the worker program.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "${runtime_package} (${this_version}), cfutures-tools (${this_version})")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_RECOMMENDS nlohmann-json3-dev)

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME cfutures-tools)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_TOOLS_DESCRIPTION
    "${introduction}This package has the program that serves the functions of shared\nlibraries in worker processes.")
set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS "${runtime_package} (${this_version})")

set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/debian_files.cmake")
set(CPACK_CFUTURES_SOURCE_DIR "${PROJECT_SOURCE_DIR}")
set(CPACK_CFUTURES_RUNTIME_PACKAGE "${runtime_package}")
include(CPack)
