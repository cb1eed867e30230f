# libexec_room(NAME SOURCES a.cpp ... HEADERS x/y.hpp ... USES room ... PUBLIC target ... PRIVATE target ...)
#
# One room of the library: a static library `libexec_NAME` (alias `libexec::NAME`) whose public headers are a
# file set, installed and each proven to compile alone. USES are the rooms below it; PRIVATE are third-party
# targets that no public header shows.
function(libexec_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;HEADERS;USES;PUBLIC;PRIVATE;APART" ${ARGN})
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
        get_target_property(kind ${dependency} TYPE)
        if(kind STREQUAL "INTERFACE_LIBRARY")
            # Headers only: nothing of it is left for whoever links the installed archive.
            target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${dependency}>)
        else()
            target_link_libraries(${target} PRIVATE ${dependency})
        endif()
    endforeach()
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} OUTPUT_NAME exec_${name}
        VERIFY_INTERFACE_HEADER_SETS ON POSITION_INDEPENDENT_CODE ON)
    if(TARGET libexec_arrows)
        add_dependencies(${target} libexec_arrows)
    endif()
    libexec_precompile(${target} rooms)
    libexec_unity(${target} APART ${ROOM_APART})
    install(TARGETS ${target} EXPORT libexec ARCHIVE FILE_SET HEADERS)
    set_property(GLOBAL APPEND PROPERTY LIBEXEC_ROOMS ${name})
endfunction()

# libexec_unity(TARGET [APART a.cpp ...])
#
# With LIBEXEC_UNITY several sources are compiled as one, which takes half the time from nothing. Names in unnamed
# namespaces then meet: a source whose names others have as well is compiled APART. The `dev` build compiles each alone.
function(libexec_unity target)
    if(NOT LIBEXEC_UNITY)
        return()
    endif()
    cmake_parse_arguments(UNITY "" "" "APART" ${ARGN})
    # GCC does not say this of a type in a main source, and takes every part of such a source for a header.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    set_source_files_properties(${UNITY_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# libexec_precompile(TARGET rooms|programs)
#
# With LIBEXEC_PRECOMPILE the Asio and standard headers that nearly every file reads are parsed once a build: one
# precompiled header for the rooms, one for everything that is linked as a program (they differ in -fPIC, which the
# compiler insists on). The `dev` build goes without, so that a forgotten #include never lasts.
function(libexec_precompile target kind)
    if(NOT LIBEXEC_PRECOMPILE)
        return()
    endif()
    set(carrier libexec_precompiled_${kind})
    if(NOT TARGET ${carrier})
        add_library(${carrier} OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
        target_precompile_headers(${carrier} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled.hpp)
        target_link_libraries(${carrier} PRIVATE libexec_asio libexec_warnings)
        if(kind STREQUAL "rooms")
            set_target_properties(${carrier} PROPERTIES POSITION_INDEPENDENT_CODE ON)
        endif()
    endif()
    target_precompile_headers(${target} REUSE_FROM ${carrier})
endfunction()

# libexec_failpoints(a.cpp ...): these files of the folder have marks of libexec/base/failpoint.hpp, which mean something
# only with the option. A file that is forgotten here has none: the crash tests then miss its marks.
function(libexec_failpoints)
    if(LIBEXEC_FAILPOINTS)
        set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_DEFINITIONS LIBEXEC_FAILPOINTS)
    endif()
endfunction()
