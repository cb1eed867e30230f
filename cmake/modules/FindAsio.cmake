# Target Asio::Asio: the stand-alone Asio, headers only.
find_package(Threads REQUIRED)
find_path(ASIO_INCLUDE_DIR asio.hpp)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Asio REQUIRED_VARS ASIO_INCLUDE_DIR)

if(Asio_FOUND AND NOT TARGET Asio::Asio)
    add_library(Asio::Asio INTERFACE IMPORTED)
    target_include_directories(Asio::Asio INTERFACE ${ASIO_INCLUDE_DIR})
    # Asio guesses whether std::aligned_alloc exists by what was included before it. Two files that guess differently
    # allocate a coroutine frame one way and free it the other: so it is told.
    target_compile_definitions(Asio::Asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED ASIO_HAS_STD_ALIGNED_ALLOC=1)
    target_link_libraries(Asio::Asio INTERFACE Threads::Threads)
endif()
mark_as_advanced(ASIO_INCLUDE_DIR)
