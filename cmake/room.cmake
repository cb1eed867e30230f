# libexec_room(NAME SOURCES a.cpp ... HEADERS x/y.hpp ... USES room ... PRIVATE target ...)
#
# One room of the library: a static library `libexec_NAME` (alias `libexec::NAME`) whose public headers are a
# file set, installed and each proven to compile alone. USES are the rooms below it; PRIVATE are third-party
# targets that no public header shows.
function(libexec_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;HEADERS;USES;PUBLIC;PRIVATE" ${ARGN})
    set(target libexec_${name})
    add_library(${target} STATIC ${ROOM_SOURCES})
    add_library(libexec::${name} ALIAS ${target})
    set(include ${PROJECT_SOURCE_DIR}/libexec/include)
    list(TRANSFORM ROOM_HEADERS PREPEND ${include}/libexec/)
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${include} FILES ${ROOM_HEADERS})
    list(TRANSFORM ROOM_USES PREPEND libexec::)
    target_link_libraries(${target} PUBLIC ${ROOM_USES} ${ROOM_PUBLIC}
        PRIVATE $<BUILD_INTERFACE:libexec_warnings>)
    foreach(dependency IN LISTS ROOM_PRIVATE)
        target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${dependency}>)
    endforeach()
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ON
        POSITION_INDEPENDENT_CODE ON)
    install(TARGETS ${target} EXPORT libexec FILE_SET HEADERS)
endfunction()
