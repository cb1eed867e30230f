# Target Sodium::sodium.
include(${CMAKE_CURRENT_LIST_DIR}/plain_library.cmake)
find_plain_library(Sodium Sodium::sodium sodium.h sodium)
