# Every third-party library, found once. Those without a CMake package of their own get a target here.
find_package(Threads REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(RapidJSON CONFIG REQUIRED)
find_package(websocketpp CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)

find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)
add_library(libexec_asio INTERFACE)
target_include_directories(libexec_asio SYSTEM INTERFACE $<BUILD_INTERFACE:${ASIO_INCLUDE_DIR}>)
target_compile_definitions(libexec_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED)
target_link_libraries(libexec_asio INTERFACE Threads::Threads)
if(LIBEXEC_SANITIZE STREQUAL "thread")
    # Asio's fences do not build under TSan with warnings as errors; every Asio file must agree.
    target_compile_definitions(libexec_asio INTERFACE ASIO_DISABLE_FENCED_BLOCK)
endif()
set_target_properties(libexec_asio PROPERTIES EXPORT_NAME asio)
install(TARGETS libexec_asio EXPORT libexec)

find_path(SOCI_INCLUDE_DIR soci/soci.h REQUIRED)
foreach(part core sqlite3)
    find_library(SOCI_${part}_LIBRARY soci_${part} REQUIRED)
    add_library(SOCI::${part} UNKNOWN IMPORTED)
    set_target_properties(SOCI::${part} PROPERTIES IMPORTED_LOCATION ${SOCI_${part}_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${SOCI_INCLUDE_DIR})
endforeach()
target_link_libraries(SOCI::core INTERFACE Threads::Threads ${CMAKE_DL_LIBS})
target_link_libraries(SOCI::sqlite3 INTERFACE SOCI::core SQLite::SQLite3)

find_path(HTTP_PARSER_INCLUDE_DIR http_parser.h REQUIRED)
find_library(HTTP_PARSER_LIBRARY http_parser REQUIRED)
add_library(http_parser::http_parser UNKNOWN IMPORTED)
set_target_properties(http_parser::http_parser PROPERTIES IMPORTED_LOCATION ${HTTP_PARSER_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${HTTP_PARSER_INCLUDE_DIR})

add_library(libexec_rapidjson INTERFACE)
target_include_directories(libexec_rapidjson SYSTEM INTERFACE ${RapidJSON_INCLUDE_DIRS})
target_compile_definitions(libexec_rapidjson INTERFACE RAPIDJSON_HAS_STDSTRING=1)
