# cmake -DPROGRAM=file -DFOLDER=folder -DSAYS=regexes -P run_example.cmake
# Runs the program in FOLDER, which is empty before and gone afterwards. It must end with 0 and say all of SAYS, one
# regular expression a line, in that order.
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
execute_process(COMMAND ${PROGRAM} WORKING_DIRECTORY ${FOLDER} RESULT_VARIABLE code OUTPUT_VARIABLE said
    ERROR_VARIABLE complained)
file(REMOVE_RECURSE ${FOLDER})
if(NOT code EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} ended with ${code} and said:\n${said}\n${complained}")
endif()
set(rest "${said}")
string(REPLACE "\n" ";" expected "${SAYS}")
foreach(words IN LISTS expected)
    if(NOT rest MATCHES "${words}")
        message(FATAL_ERROR "${PROGRAM} does not say '${words}' where it should; it said:\n${said}")
    endif()
    string(FIND "${rest}" "${CMAKE_MATCH_0}" at)
    string(LENGTH "${CMAKE_MATCH_0}" size)
    math(EXPR after "${at} + ${size}")
    string(SUBSTRING "${rest}" ${after} -1 rest)
endforeach()
