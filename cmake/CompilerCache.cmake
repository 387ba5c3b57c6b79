# ccache, where it is installed: a second build of the same source is a copy, also from another folder (./dev sets CCACHE_BASEDIR).
find_program(CCACHE ccache)
mark_as_advanced(CCACHE)
if(CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()
# Paths in programs and debug information are relative to the source folder: the same source gives the same program anywhere.
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")
