# Targets SOCI::core, SOCI::sqlite3, SOCI::postgresql. Debian's package has no CMake configuration.
#
# Debian builds SOCI with Boost support and its headers then want Boost, which the package does not bring along. We
# use none of that: a copy of the configuration header without the two words goes ahead on the include path. They
# only add template overloads, never a member, so the compiled library is the same with and without.
find_package(Threads REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)

find_path(SOCI_INCLUDE_DIR soci/soci.h)
find_library(SOCI_core_LIBRARY soci_core)
find_library(SOCI_sqlite3_LIBRARY soci_sqlite3)
find_library(SOCI_postgresql_LIBRARY soci_postgresql)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SOCI
    REQUIRED_VARS SOCI_core_LIBRARY SOCI_sqlite3_LIBRARY SOCI_postgresql_LIBRARY SOCI_INCLUDE_DIR)

if(SOCI_FOUND AND NOT TARGET SOCI::core)
    set(SOCI_config_dir ${CMAKE_CURRENT_BINARY_DIR}/soci-without-boost)
    file(READ ${SOCI_INCLUDE_DIR}/soci/soci-config.h SOCI_config)
    string(REGEX REPLACE "#define (SOCI_HAVE_BOOST[A-Z_]*)" "/* #undef \\1 */" SOCI_config "${SOCI_config}")
    file(CONFIGURE OUTPUT ${SOCI_config_dir}/soci/soci-config.h CONTENT "${SOCI_config}" @ONLY)

    foreach(part core sqlite3 postgresql)
        add_library(SOCI::${part} UNKNOWN IMPORTED)
        set_target_properties(SOCI::${part} PROPERTIES IMPORTED_LOCATION ${SOCI_${part}_LIBRARY}
            INTERFACE_INCLUDE_DIRECTORIES "${SOCI_config_dir};${SOCI_INCLUDE_DIR}")
    endforeach()
    target_link_libraries(SOCI::core INTERFACE Threads::Threads ${CMAKE_DL_LIBS})
    target_link_libraries(SOCI::sqlite3 INTERFACE SOCI::core SQLite::SQLite3)
    target_link_libraries(SOCI::postgresql INTERFACE SOCI::core PostgreSQL::PostgreSQL)
endif()
mark_as_advanced(SOCI_INCLUDE_DIR SOCI_core_LIBRARY SOCI_sqlite3_LIBRARY SOCI_postgresql_LIBRARY)
