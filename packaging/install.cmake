# What `cmake --install` installs, and the Debian package (docs/install.md).
include(GNUInstallDirs)

# The manual and the completions, from the program's own tables.
file(GLOB DOCUMENT_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/documents/*.c)
add_executable(stacktop_documents ${DOCUMENT_SOURCES})
target_link_libraries(stacktop_documents PRIVATE room_app)
target_include_directories(stacktop_documents PRIVATE ${CMAKE_SOURCE_DIR}/tools/documents)
set(DOCUMENTS ${CMAKE_BINARY_DIR}/documents)
file(MAKE_DIRECTORY ${DOCUMENTS})
foreach(document stacktop.1 stacktop.yaml.5 stacktop.bash _stacktop stacktop.fish)
  add_custom_command(OUTPUT ${DOCUMENTS}/${document}
                     COMMAND stacktop_documents ${document} > ${DOCUMENTS}/${document}
                     DEPENDS stacktop_documents VERBATIM)
  list(APPEND DOCUMENT_FILES ${DOCUMENTS}/${document})
endforeach()
foreach(page stacktop.1 stacktop.yaml.5)
  add_custom_command(OUTPUT ${DOCUMENTS}/${page}.gz COMMAND gzip -9n < ${DOCUMENTS}/${page} > ${DOCUMENTS}/${page}.gz
                     DEPENDS ${DOCUMENTS}/${page} VERBATIM)
  list(APPEND DOCUMENT_FILES ${DOCUMENTS}/${page}.gz)
endforeach()
add_custom_command(OUTPUT ${DOCUMENTS}/changelog.Debian.gz
                   COMMAND gzip -9n < ${CMAKE_SOURCE_DIR}/packaging/changelog.Debian > ${DOCUMENTS}/changelog.Debian.gz
                   DEPENDS ${CMAKE_SOURCE_DIR}/packaging/changelog.Debian VERBATIM)
add_custom_command(OUTPUT ${DOCUMENTS}/changelog.gz COMMAND gzip -9n < ${CMAKE_SOURCE_DIR}/CHANGELOG.md > ${DOCUMENTS}/changelog.gz
                   DEPENDS ${CMAKE_SOURCE_DIR}/CHANGELOG.md VERBATIM)
list(APPEND DOCUMENT_FILES ${DOCUMENTS}/changelog.Debian.gz ${DOCUMENTS}/changelog.gz)
add_custom_target(documents ALL DEPENDS ${DOCUMENT_FILES})

set(DOC ${CMAKE_INSTALL_DATADIR}/doc/stacktop)
set(FILES PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
set(FOLDERS DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
    WORLD_EXECUTE)
install(TARGETS stacktop RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY themes runbooks DESTINATION ${CMAKE_INSTALL_DATADIR}/stacktop FILE_${FILES} ${FOLDERS})
install(DIRECTORY docs examples DESTINATION ${DOC} FILE_${FILES} ${FOLDERS})
install(FILES README.md packaging/copyright ${DOCUMENTS}/changelog.Debian.gz ${DOCUMENTS}/changelog.gz DESTINATION ${DOC} ${FILES})
install(FILES ${DOCUMENTS}/stacktop.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 ${FILES})
install(FILES ${DOCUMENTS}/stacktop.yaml.5.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 ${FILES})
install(FILES ${DOCUMENTS}/stacktop.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME stacktop ${FILES})
install(FILES ${DOCUMENTS}/_stacktop DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions ${FILES})
install(FILES ${DOCUMENTS}/stacktop.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d ${FILES})
install(FILES packaging/systemd/stacktop-watch.service packaging/systemd/stacktop-wall@.service
        DESTINATION lib/systemd/system ${FILES})

install(FILES packaging/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME stacktop ${FILES})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME stacktop)
set(CPACK_PACKAGE_VENDOR "The stacktop authors")
set(CPACK_PACKAGE_CONTACT "The stacktop authors <stacktop@example.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "terminal dashboard for a whole stack")
set(CPACK_PACKAGE_DESCRIPTION
    "stacktop is top for services, PostgreSQL, Kafka, Redis, containers and hosts:
it shows what is wrong, since when and why, and runs confirmed, audited
actions and runbooks. It watches without a screen as well.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ncurses-term")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "openssh-client, kubernetes-client")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
