# Run by cpack when the files of all components lie in CPACK_TEMPORARY_DIRECTORY/COMPONENT: adds what
# Debian's policy asks for.
set(packages runtime "${CPACK_CFUTURES_RUNTIME_PACKAGE}" development libcfutures-dev tools cfutures-tools)
file(READ "${CPACK_CFUTURES_SOURCE_DIR}/LICENSE" license)
string(REGEX MATCH "Copyright[^\n]*" copyright "${license}")
string(REGEX REPLACE "^.*(Permission is hereby)" "\\1" license "${license}")
string(STRIP "${license}" license)
string(REPLACE "\n\n" "\n.\n" license "${license}")
string(REPLACE "\n" "\n " license "${license}")
string(REGEX REPLACE "Copyright \\([cC]\\) " "" holder "${copyright}")
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)

# CPack has no way to leave these scripts out. They do what the trigger does, once more.
set(tag "${CPACK_CFUTURES_RUNTIME_PACKAGE}: maintscript-calls-ldconfig")
file(WRITE "${CPACK_TEMPORARY_DIRECTORY}/runtime/usr/share/lintian/overrides/${CPACK_CFUTURES_RUNTIME_PACKAGE}"
    "${tag} [postinst]\n${tag} [postrm]\n")

while(packages)
    list(POP_FRONT packages component package)
    set(root "${CPACK_TEMPORARY_DIRECTORY}/${component}/usr")
    set(folder "${root}/share/doc/${package}")
    file(WRITE "${folder}/copyright"
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        "Upstream-Name: libcfutures\n\nFiles: *\nCopyright: ${holder}\nLicense: Expat\n ${license}\n")
    file(WRITE "${folder}/changelog"
        "cfutures (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium\n\n"
        "  * See docs/ in the sources for what is new.\n\n"
        " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
    execute_process(COMMAND gzip -9n "${folder}/changelog" COMMAND_ERROR_IS_FATAL ANY)
    file(GLOB pages "${root}/share/man/man*/*")
    if(pages)
        execute_process(COMMAND gzip -9n ${pages} COMMAND_ERROR_IS_FATAL ANY)
    endif()
    # umask may say otherwise
    file(GLOB_RECURSE files LIST_DIRECTORIES true "${root}/*")
    foreach(file IN LISTS files)
        if(IS_DIRECTORY "${file}" OR file MATCHES "/usr/bin/")
            file(CHMOD "${file}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
                GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
        elseif(NOT IS_SYMLINK "${file}")
            file(CHMOD "${file}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
        endif()
    endforeach()
endwhile()

# In /usr the loader finds the library by itself.
file(RPATH_REMOVE FILE "${CPACK_TEMPORARY_DIRECTORY}/tools/usr/bin/cfutures-worker")
