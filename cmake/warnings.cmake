# One place for what the compiler may not accept. Linked by every target of ours, seen by nobody else.
add_library(libexec_warnings INTERFACE)
target_compile_options(libexec_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
