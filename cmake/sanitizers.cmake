# LIBEXEC_SANITIZE=address builds with ASan and UBSan, =thread with TSan; a report ends the program.
if(LIBEXEC_SANITIZE STREQUAL "address")
    # Without the checks that stand at every use of a pointer: they double the time to compile, ASan stops at a null
    # pointer by itself, and x86 does not mind alignment.
    add_compile_options(-fsanitize=address,undefined -fno-sanitize=null,alignment,vptr,object-size
        -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
elseif(LIBEXEC_SANITIZE STREQUAL "thread")
    add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
    add_link_options(-fsanitize=thread)
elseif(NOT LIBEXEC_SANITIZE STREQUAL "")
    message(FATAL_ERROR "LIBEXEC_SANITIZE is '${LIBEXEC_SANITIZE}': expected empty, address or thread")
endif()
