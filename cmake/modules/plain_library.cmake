# find_plain_library(NAME TARGET HEADER LIBRARY): one library and one header as an imported target, for those whose
# Debian package has no CMake configuration. What a Find module of such a library consists of.
include(FindPackageHandleStandardArgs)

macro(find_plain_library name target header library)
    find_path(${name}_INCLUDE_DIR ${header})
    find_library(${name}_LIBRARY ${library})
    find_package_handle_standard_args(${name} REQUIRED_VARS ${name}_LIBRARY ${name}_INCLUDE_DIR)
    if(${name}_FOUND AND NOT TARGET ${target})
        add_library(${target} UNKNOWN IMPORTED)
        set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${${name}_LIBRARY}
            INTERFACE_INCLUDE_DIRECTORIES ${${name}_INCLUDE_DIR})
    endif()
    mark_as_advanced(${name}_INCLUDE_DIR ${name}_LIBRARY)
endmacro()
