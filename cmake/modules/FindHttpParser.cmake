# Target http_parser::http_parser.
include(${CMAKE_CURRENT_LIST_DIR}/plain_library.cmake)
find_plain_library(HttpParser http_parser::http_parser http_parser.h http_parser)
