# One place for what the compiler may not accept. Linked by every target of ours, seen by nobody else.
add_library(libexec_warnings INTERFACE)
target_compile_options(libexec_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # What g++ 12 sees from -O2 on, after inlining, and is not there: overlaps and overflows inside std::string's own
    # operator+ (GCC bug 105651).
    target_compile_options(libexec_warnings INTERFACE
        -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(PROJECT_IS_TOP_LEVEL)
    target_compile_options(libexec_warnings INTERFACE -Werror)
endif()
