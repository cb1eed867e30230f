# One place for what the compiler may not accept. Linked by every target of ours, seen by nobody else.
add_library(libexec_warnings INTERFACE)
target_compile_options(libexec_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # What g++ 12 sees after inlining and is not there. Inside std::string's own operator+: overlaps, overflows and
    # reads past a short string's buffer (GCC bug 105651). In Asio's coroutine frames: operator new is inlined down to
    # aligned_alloc while the operator delete beside it, which ends in free, is not, and the two look like strangers.
    # That they do belong together rests on ASIO_HAS_STD_ALIGNED_ALLOC being the same in every file (FindAsio.cmake);
    # AddressSanitizer watches that at run time.
    target_compile_options(libexec_warnings INTERFACE
        -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-mismatched-new-delete)
endif()
if(LIBEXEC_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The sanitizers' own code hides what is set: g++ then asks about the empty allocator of asio::use_future.
    target_compile_options(libexec_warnings INTERFACE -Wno-maybe-uninitialized)
endif()
if(PROJECT_IS_TOP_LEVEL)
    target_compile_options(libexec_warnings INTERFACE -Werror)
endif()
