# cmake -DMARKED=program -DUNMARKED=program -DSOURCES=tree -DGENERATOR=... -DCXX=... -DWORK=folder -P tests/sim/failpoints_not_shipped.cmake
#
# Fails when what is installed can be told to die at a failpoint. MARKED is built with the option LIBEXEC_FAILPOINTS, or
# the search would prove nothing; UNMARKED is compiled from the same marked sources without it and must have none. A
# Release build configured as anybody does it must not have the option on for a single file.
set(marks after-intent-commit LIBEXEC_FAILPOINT)

foreach(mark IN LISTS marks)
    execute_process(COMMAND grep -qF ${mark} ${MARKED} RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${mark} is not found in ${MARKED}, where it must be")
    endif()
    execute_process(COMMAND grep -qF ${mark} ${UNMARKED} RESULT_VARIABLE status)
    if(NOT status EQUAL 1)  # 0: found, 2: cannot be read
        message(FATAL_ERROR "${UNMARKED} has failpoints without the option, or cannot be read (grep: ${status})")
    endif()
endforeach()

file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCES} -B ${WORK} -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_BUILD_TYPE=Release
    OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "a Release build cannot be configured:\n${said}")
endif()
file(READ ${WORK}/compile_commands.json commands)
file(REMOVE_RECURSE ${WORK})
if(NOT commands MATCHES "order_runner\\.cpp")
    message(FATAL_ERROR "the commands of the Release build are not all there")
endif()
if(commands MATCHES "LIBEXEC_FAILPOINTS|failpoint\\.cpp")
    message(FATAL_ERROR "a Release build has failpoints: ${CMAKE_MATCH_0}")
endif()
message(STATUS "no failpoint leaves this tree")
