# cmake -DSIMULATION=program -DSHIPPED=file;file;... -P tests/sim/not_shipped.cmake
#
# Fails when a library or a program that is shipped has anything of what takes the protocol's rules away. The
# simulation itself has it, or the search would prove nothing.
set(mark safeguard_holds)

execute_process(COMMAND grep -qF ${mark} ${SIMULATION} RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${mark} is not found in ${SIMULATION}, where it must be")
endif()
list(LENGTH SHIPPED count)
if(count EQUAL 0)
    message(FATAL_ERROR "there is nothing to search")
endif()
foreach(file IN LISTS SHIPPED)
    execute_process(COMMAND grep -qF ${mark} ${file} RESULT_VARIABLE status)
    if(NOT status EQUAL 1)  # 0: found, 2: cannot be read
        message(FATAL_ERROR "${file} can take rules of the protocol away, or cannot be read (grep: ${status})")
    endif()
endforeach()
message(STATUS "${count} shipped files know nothing of ${mark}")
