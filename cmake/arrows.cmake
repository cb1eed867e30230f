# cmake [-DROOT=tree] [-DSTAMP=file] -P cmake/arrows.cmake
#
# Reads every source of the library and its programs and fails when one goes against the house rules:
#   - a room includes only the rooms below it, and third-party headers stay in their one room;
#   - public headers show the standard library and Asio, nothing else;
#   - nobody but the injected Clock, Timers and Random reads the time, waits or rolls dice;
#   - no co_await expression holds what g++ 12 destroys twice.
# All offences are listed at once. STAMP is touched on success, with a depfile of all that was read beside it.
cmake_minimum_required(VERSION 3.25)
if(NOT ROOT)
    cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH ROOT)
endif()

# ---- the table: a room, then what it may use directly; what those use comes with them ------------------------------

set(rooms "")
macro(room name)
    list(APPEND rooms ${name})
    set(may_use_${name} ${name})
    foreach(used ${ARGN})
        list(APPEND may_use_${name} ${may_use_${used}})
    endforeach()
    list(REMOVE_DUPLICATES may_use_${name})
endmacro()

room(base)
room(telemetry base)
room(model base telemetry)
room(json model)
room(net base telemetry)
room(access model json)
room(solana model)
room(venues model solana)
room(chain model json net solana)
room(routing venues)
room(engine routing chain)
room(storage engine json)
room(bus engine)
room(embed venues chain routing engine storage bus net json)
room(server embed net access)
room(cli embed net access)
room(simchain chain)
room(signer chain venues)

# Third-party headers, by the start of their name, and the only paths that may include them.
set(third_party "")
macro(third_party header paths)
    list(APPEND third_party ${header})
    set(paths_of_${header} "${paths}")
endmacro()

third_party(soci/ "^libexec/src/storage/")
third_party(libpq "^libexec/src/storage/")
third_party(sqlite3 "^libexec/src/storage/")
third_party(rapidjson/ "^libexec/src/json/")
third_party(websocketpp/ "^libexec/src/net/")
third_party(http_parser.h "^libexec/src/net/")
third_party(openssl/ "^libexec/src/net/")
third_party(spdlog/ "^libexec/src/telemetry/")
third_party(fmt/ "^libexec/src/telemetry/")
third_party(prometheus/ "^libexec/src/telemetry/")
third_party(sodium "^libexec/src/(access|solana)/")
third_party(boost/multiprecision/ "^libexec/src/(solana|venues)/")
third_party(curl/ "^(libexec/src/chain/rpc|cli)/")
third_party(toml++/ "^server/")
third_party(CLI/ "^(server|cli|simchain|signer)/[a-z_]+\\.cpp$")
third_party(asio "^")

# The C library and the kernel: sources may, public headers may not.
set(system_headers "^((arpa|linux|net|netinet|sys)/.*|(dirent|errno|fcntl|netdb|poll|pthread|signal|termios|unistd)\\.h)$")

# Time, waiting and chance outside the injected ones: "path regex|what that path may do".
set(impure "system_clock::now|steady_clock::now|high_resolution_clock::now|this_thread::sleep")
string(APPEND impure "|steady_timer|system_timer|waitable_timer|random_device|mt19937|default_random_engine")
string(APPEND impure "|getrandom *\\(|gettimeofday|clock_gettime|[^_a-zA-Z0-9]s?rand *\\(")
set(allowed_impure
    "^libexec/include/libexec/base/clock\\.hpp$|system_clock::now"  # SystemClock itself
    "^libexec/src/base/timers\\.cpp$|waitable_timer"                # Timers themselves
    "^libexec/src/base/uuid\\.cpp$|getrandom"                       # system_entropy, for seeding
    "^libexec/src/net/|steady_clock::now"                           # deadlines of connections
    "^libexec/src/net/|steady_timer"
    "^libexec/src/net/|waitable_timer"
    "^libexec/src/net/|this_thread::sleep"                          # closing, off every loop, until the last answer left
    "^libexec/src/storage/|steady_clock::now"                       # how long a database takes to answer
    "^libexec/src/bus/|waitable_timer"                              # as an event: it never expires
    "^cli/bench_|steady_timer"                                      # bench offers load at a rate and measures
    "^cli/|steady_clock::now")

# ---- the reading ---------------------------------------------------------------------------------------------------

set(offences "")
macro(offence file text)
    string(APPEND offences "  ${file}: ${text}\n")
endmacro()

function(check_include file room public line)
    if(NOT line MATCHES "include *[<\"]([^>\"]+)[>\"]")
        return()
    endif()
    set(header ${CMAKE_MATCH_1})

    if(header MATCHES "^libexec/([a-z_]+)/")
        if(NOT CMAKE_MATCH_1 IN_LIST may_use_${room})
            offence(${file} "${room} may not use ${CMAKE_MATCH_1} (${header})")
        endif()
    elseif(line MATCHES "\"")
        # A private header: named from the includer's folder, the room's or the one above, and never another room's.
        cmake_path(GET file PARENT_PATH folder)
        string(REGEX MATCH "^(libexec/src/${room}|${room})" home ${file})
        cmake_path(GET home PARENT_PATH above)
        set(found FALSE)
        foreach(from "${folder}" "${home}" "${above}")
            cmake_path(APPEND from ${header} OUTPUT_VARIABLE candidate)
            cmake_path(NORMAL_PATH candidate)
            if(candidate MATCHES "^${home}/" AND EXISTS ${ROOT}/${candidate})
                set(found TRUE)
            endif()
        endforeach()
        if(public)
            offence(${file} "a public header includes the private ${header}")
        elseif(NOT found AND header MATCHES "/")  # a bare name may also be made by the build
            offence(${file} "${header} is not a private header of this room")
        endif()
    elseif(header MATCHES "[./]")
        foreach(prefix IN LISTS third_party)
            string(FIND ${header} ${prefix} at)
            if(at EQUAL 0)
                if(NOT file MATCHES "${paths_of_${prefix}}" OR (public AND NOT prefix STREQUAL "asio"))
                    offence(${file} "<${header}> belongs to another room or to a source file")
                endif()
                set(offences "${offences}" PARENT_SCOPE)
                return()
            endif()
        endforeach()
        if(NOT header MATCHES "${system_headers}")
            offence(${file} "<${header}> has no room yet: give it one in cmake/arrows.cmake")
        elseif(public)
            offence(${file} "a public header shows <${header}>")
        endif()
    endif()
    set(offences "${offences}" PARENT_SCOPE)
endfunction()

function(check_purity file code)
    while(code MATCHES "(${impure})(.*)")
        set(found ${CMAKE_MATCH_1})
        set(code "${CMAKE_MATCH_2}")
        set(allowed FALSE)
        foreach(rule IN LISTS allowed_impure)
            string(REGEX MATCH "^(.*)[|]([^|]*)$" whole "${rule}")
            if(file MATCHES "${CMAKE_MATCH_1}" AND found MATCHES "${CMAKE_MATCH_2}")
                set(allowed TRUE)
            endif()
        endforeach()
        if(NOT allowed)
            string(STRIP "${found}" found)
            offence(${file} "'${found}': time, waiting and chance come from Clock, Timers and Random")
        endif()
    endwhile()
    set(offences "${offences}" PARENT_SCOPE)
endfunction()

# From a co_await to the end of its statement or the `{` of its block: a lambda, `T{`, `({` or a `?:`.
set(trap "co_await[^;{]*(\\[[^]]*\\] *[({]|[({,] *{|[A-Za-z0-9_>]{|[ \n]\\? )")

function(check_awaits file code)
    while(code MATCHES "(${trap})(.*)")
        string(REGEX REPLACE "[ \n]+" " " found "${CMAKE_MATCH_1}")
        set(code "${CMAKE_MATCH_3}")
        offence(${file} "'${found}': name it first, then await it (g++ 12 destroys it twice)")
    endwhile()
    set(offences "${offences}" PARENT_SCOPE)
endfunction()

# The code without its // comments. Brackets and semicolons would confuse CMake's lists, so it stays one string.
function(read_code file result)
    file(READ ${ROOT}/${file} code)
    string(REGEX REPLACE "(^|[ \t\n])//[^\n]*" "\\1" code "${code}")
    set(${result} "${code}" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE files RELATIVE ${ROOT}
    ${ROOT}/libexec/*.hpp ${ROOT}/libexec/*.cpp ${ROOT}/server/*.hpp ${ROOT}/server/*.cpp ${ROOT}/cli/*.hpp ${ROOT}/cli/*.cpp
    ${ROOT}/simchain/*.hpp ${ROOT}/simchain/*.cpp ${ROOT}/signer/*.hpp ${ROOT}/signer/*.cpp)
list(LENGTH files count)
if(count EQUAL 0)
    message(FATAL_ERROR "no sources under ${ROOT}")
endif()

foreach(file IN LISTS files)
    set(public FALSE)
    if(file MATCHES "^libexec/include/libexec/([^/]+)/")
        set(public TRUE)
    elseif(NOT file MATCHES "^libexec/src/([^/]+)/")
        string(REGEX MATCH "^([^/]+)/" whole ${file})
    endif()
    set(room ${CMAKE_MATCH_1})
    if(NOT room IN_LIST rooms)
        offence(${file} "the room '${room}' is not in the table of cmake/arrows.cmake")
        continue()
    endif()

    file(STRINGS ${ROOT}/${file} includes REGEX "^[ \t]*#[ \t]*include")
    foreach(line IN LISTS includes)
        check_include(${file} ${room} ${public} "${line}")
    endforeach()
    read_code(${file} code)
    check_purity(${file} "${code}")
    check_awaits(${file} "${code}")
endforeach()

# Tests and examples may do as they like, but a double free is one there too.
file(GLOB_RECURSE others RELATIVE ${ROOT} ${ROOT}/tests/*.hpp ${ROOT}/tests/*.cpp ${ROOT}/bench/*.cpp ${ROOT}/examples/*.cpp)
foreach(file IN LISTS others)
    read_code(${file} code)
    check_awaits(${file} "${code}")
endforeach()

if(offences)
    message(FATAL_ERROR "against the house rules:\n${offences}")
endif()
if(STAMP)
    # Folders too: a new file shows in its folder's time.
    set(read ${CMAKE_CURRENT_LIST_FILE})
    foreach(file IN LISTS files others)
        cmake_path(GET file PARENT_PATH folder)
        list(APPEND read ${ROOT}/${file} ${ROOT}/${folder})
    endforeach()
    list(REMOVE_DUPLICATES read)
    string(REPLACE " " "\\ " read "${read}")
    list(JOIN read " " read)
    file(WRITE ${STAMP}.d "${STAMP}: ${read}\n")
    file(TOUCH ${STAMP})
endif()
message(STATUS "the arrows of ${count} files point the right way")
