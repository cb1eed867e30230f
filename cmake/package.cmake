# For those who install libexec: find_package(libexec CONFIG) with the target libexec::libexec, and pkg-config.
include(CMakePackageConfigHelpers)

# Everything at once; a room by itself is libexec::base, libexec::engine and so on.
get_property(libexec_rooms GLOBAL PROPERTY LIBEXEC_ROOMS)
add_library(libexec INTERFACE)
add_library(libexec::libexec ALIAS libexec)
list(TRANSFORM libexec_rooms PREPEND libexec:: OUTPUT_VARIABLE libexec_targets)
target_link_libraries(libexec INTERFACE ${libexec_targets})
install(TARGETS libexec libexec_asio EXPORT libexec)

set(libexec_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/libexec)
install(EXPORT libexec NAMESPACE libexec:: FILE libexec-targets.cmake DESTINATION ${libexec_cmake_dir})
configure_package_config_file(cmake/libexec-config.cmake.in libexec-config.cmake
    INSTALL_DESTINATION ${libexec_cmake_dir})
write_basic_package_version_file(libexec-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/libexec-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/libexec-config-version.cmake DESTINATION ${libexec_cmake_dir})
install(FILES cmake/modules/FindAsio.cmake cmake/modules/FindHttpParser.cmake cmake/modules/FindSOCI.cmake
    cmake/modules/FindSodium.cmake cmake/modules/plain_library.cmake
    DESTINATION ${libexec_cmake_dir}/modules)

# Static archives in the order a linker wants them: whoever uses stands before what is used.
set(libexec_pc_libs "")
foreach(room IN LISTS libexec_rooms)
    string(PREPEND libexec_pc_libs " -lexec_${room}")
endforeach()
# Found from where the file lies, so that the installed tree may be moved.
set(libexec_pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}/${libexec_pc_dir}
    OUTPUT_VARIABLE libexec_pc_to_prefix)
configure_file(cmake/libexec.pc.in libexec.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/libexec.pc DESTINATION ${libexec_pc_dir})

install(FILES README.md CHANGELOG.md docs/library.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
