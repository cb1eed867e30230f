# Uses libexec as an outside project does. HOW is `installed` (find_package and pkg-config from an installed tree) or
# `added` (add_subdirectory). Fails when something does not configure, compile, link, run or reach an order's end.
function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(NOT code EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${command}\nended with ${code} and said:\n${said}")
    endif()
    set(said "${said}" PARENT_SCOPE)
endfunction()

function(trade program)
    file(MAKE_DIRECTORY ${WORK}/data)
    run(${program} ${WORK}/data/${HOW}.db)
    if(NOT said MATCHES "^pending\n.*(confirmed|failed|expired)\n$")
        message(FATAL_ERROR "the order did not reach its end:\n${said}")
    endif()
    file(REMOVE_RECURSE ${WORK}/data)
endfunction()

file(REMOVE_RECURSE ${WORK})
set(project ${CMAKE_CURRENT_LIST_DIR}/project)
set(configure ${CMAKE_COMMAND} -G ${GENERATOR} -S ${project} -B ${WORK}/build -DCMAKE_BUILD_TYPE=Debug
    -DCMAKE_CXX_FLAGS=${FLAGS} -DCMAKE_CXX_FLAGS_DEBUG=-O0)

if(HOW STREQUAL "added")
    run(${configure} -DLIBEXEC_SOURCES=${SOURCES})
    run(${CMAKE_COMMAND} --build ${WORK}/build --target consumer)
    trade(${WORK}/build/consumer)
    return()
endif()

# Moved after the install: nothing may remember where it was put first.
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/first)
file(RENAME ${WORK}/first ${WORK}/prefix)

# What is installed is what the tree calls public, and the papers.
file(GLOB_RECURSE public RELATIVE ${SOURCES}/libexec/include ${SOURCES}/libexec/include/*.hpp)
file(GLOB_RECURSE installed RELATIVE ${WORK}/prefix/include ${WORK}/prefix/include/*)
list(SORT public)
list(SORT installed)
if(NOT "${public}" STREQUAL "${installed}")
    message(FATAL_ERROR "public headers:\n${public}\ninstalled:\n${installed}")
endif()
foreach(paper README.md CHANGELOG.md library.md)
    if(NOT EXISTS ${WORK}/prefix/share/doc/libexec/${paper})
        message(FATAL_ERROR "${paper} is not installed")
    endif()
endforeach()

# A program asks for the minor version it was written for; before 1.0 another minor is another library.
run(${configure} -DCMAKE_PREFIX_PATH=${WORK}/prefix -DLIBEXEC_VERSION=${VERSION})
run(${CMAKE_COMMAND} --build ${WORK}/build)
foreach(other 0.0 0.99 1.0)
    execute_process(COMMAND ${configure} -DCMAKE_PREFIX_PATH=${WORK}/prefix -DLIBEXEC_VERSION=${other}
        RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(code EQUAL 0 OR NOT said MATCHES "compatible with requested version \"${other}\"")
        message(FATAL_ERROR "a program that asks for libexec ${other} should be refused, configuring said:\n${said}")
    endif()
endforeach()
trade(${WORK}/build/consumer)

find_program(PKG_CONFIG pkg-config)
if(PKG_CONFIG)
    file(GLOB_RECURSE pc ${WORK}/prefix/libexec.pc)
    cmake_path(GET pc PARENT_PATH pc_dir)
    set(ENV{PKG_CONFIG_PATH} ${pc_dir})
    run(${PKG_CONFIG} --cflags --libs libexec)
    separate_arguments(from_pc UNIX_COMMAND "${said}")
    separate_arguments(flags UNIX_COMMAND "${FLAGS}")
    run(${CXX} -std=c++20 ${flags} ${project}/main.cpp -o ${WORK}/by_pkg_config ${from_pc})
    trade(${WORK}/by_pkg_config)
endif()
