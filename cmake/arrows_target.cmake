# The house rules as part of the build: every room waits for this check, which runs again when a source changed.
if(LIBEXEC_ARROWS)
    set(stamp ${CMAKE_CURRENT_BINARY_DIR}/arrows.stamp)
    add_custom_command(OUTPUT ${stamp} DEPFILE ${stamp}.d
        COMMAND ${CMAKE_COMMAND} -DSTAMP=${stamp} -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/arrows.cmake
        COMMENT "Checking the arrows between rooms" VERBATIM)
    add_custom_target(libexec_arrows DEPENDS ${stamp})
endif()
