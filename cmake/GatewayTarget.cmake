# gateway_library(name SOURCES ... [PUBLIC ...] [PRIVATE ...] [SMALL]): one static library a folder, known as gateway::name.
# The PUBLIC/PRIVATE links are the architecture: what is not linked here cannot be used. SMALL: no reading passes through it, so where
# the compiler optimises it does so for size (HTTP's templates, above all): pages that a small box need not hold.
add_library(gateway_options INTERFACE)
target_include_directories(gateway_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(gateway_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
target_link_libraries(gateway_options INTERFACE Threads::Threads)
# Where files are compiled as one (Unity.cmake), a local name of one may shadow one of another, and GCC takes what is local to a file for
# something that many include.
set(united "$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>")
target_compile_options(gateway_options INTERFACE $<${united}:-Wno-shadow> $<$<AND:${united},$<CXX_COMPILER_ID:GNU>>:-Wno-subobject-linkage>)
# Files beyond 2 GB, as a store may be, on 32-bit ARM too. Not _TIME_BITS=64: Debian 12's libraries for it, libstdc++ among them, count
# seconds in 32 bits whatever we say.
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  target_compile_definitions(gateway_options INTERFACE _FILE_OFFSET_BITS=64)
endif()
# What nothing calls stays out of the program: a smaller file, and fewer pages of it in a small box's memory
target_compile_options(gateway_options INTERFACE $<$<NOT:$<CONFIG:Debug>>:-ffunction-sections> $<$<NOT:$<CONFIG:Debug>>:-fdata-sections>)
target_link_options(gateway_options INTERFACE $<$<NOT:$<CONFIG:Debug>>:-Wl,--gc-sections>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these two on the standard library's own inlined code (gcc bugs 105562, 105329)
  target_compile_options(gateway_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # GCC 12's standard library calls what it has itself deprecated (stable_sort); Clang is told nothing useful to an assembler file
  target_compile_options(gateway_options INTERFACE -Wno-deprecated-declarations -Wno-unused-command-line-argument)
endif()

function(gateway_library name)
  cmake_parse_arguments(ARG "SMALL" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(gateway_${name} STATIC ${ARG_SOURCES})
  if(ARG_SMALL)
    target_compile_options(gateway_${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-Os>)
  endif()
  add_library(gateway::${name} ALIAS gateway_${name})
  target_link_libraries(gateway_${name} PUBLIC gateway_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  gateway_precompile(gateway_${name})
  gateway_unite(gateway_${name})
endfunction()

# gateway_program(name SOURCES ... PRIVATE ...): a program in build/<preset>/bin; the target `programs` builds all of them.
add_custom_target(programs)
function(gateway_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PRIVATE" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE gateway_options ${ARG_PRIVATE})
  gateway_precompile(${name})
  gateway_unite(${name})
  add_dependencies(programs ${name})
endfunction()

# gateway_floor(name a b ...): the folders below, as one gateway::name
function(gateway_floor name)
  add_library(gateway_${name} INTERFACE)
  add_library(gateway::${name} ALIAS gateway_${name})
  foreach(folder IN LISTS ARGN)
    if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt")
      add_subdirectory(${folder})
      if(TARGET gateway_${folder})
        target_link_libraries(gateway_${name} INTERFACE gateway_${folder})
      endif()
    endif()
  endforeach()
endfunction()
