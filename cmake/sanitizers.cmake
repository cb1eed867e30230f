# LIBEXEC_SANITIZE=address builds with ASan and UBSan, =thread with TSan, =fuzzer (clang only) with both of the first
# and what libFuzzer counts; a report ends the program.
# Linking what sanitizers make takes GNU ld four times as long.
find_program(LIBEXEC_LLD ld.lld)
if(LIBEXEC_SANITIZE AND LIBEXEC_LLD)
    add_link_options(-fuse-ld=lld)
endif()

if(LIBEXEC_SANITIZE STREQUAL "address")
    # Without the checks that stand at every use of a pointer: they double the time to compile, ASan stops at a null
    # pointer by itself, and x86 does not mind alignment.
    add_compile_options(-fsanitize=address,undefined -fno-sanitize=null,alignment,vptr,object-size
        -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
elseif(LIBEXEC_SANITIZE STREQUAL "thread")
    add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
    add_link_options(-fsanitize=thread)
elseif(LIBEXEC_SANITIZE STREQUAL "fuzzer")
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "LIBEXEC_SANITIZE=fuzzer needs clang: libFuzzer is part of it. ./dev fuzz brings it")
    endif()
    # Without `function`: clang 14 puts its mark before coroutines too, and then cannot emit them.
    add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=function,vptr -fno-sanitize-recover=all
        -fsanitize-ignorelist=${CMAKE_CURRENT_LIST_DIR}/sanitizer-ignore.txt -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
elseif(NOT LIBEXEC_SANITIZE STREQUAL "")
    message(FATAL_ERROR "LIBEXEC_SANITIZE is '${LIBEXEC_SANITIZE}': expected empty, address, thread or fuzzer")
endif()
