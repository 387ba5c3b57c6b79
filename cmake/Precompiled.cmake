# Headers that most files include, parsed once for all of them, where GATEWAY_PRECOMPILED says so:
#   ON     for every file: in the sanitizer presets, where nearly all of a file's compile time is parsing (Clang 19: two to five times as
#          fast), and in those for ARM (GCC 12, measured natively: a third less)
#   TESTS  for the tests, as in dev; OFF for none, as in release
# With OFF and TESTS a file of the program still has to include what it uses, and every change is built with TESTS.
set(GATEWAY_PRECOMPILED OFF CACHE STRING "parse the standard library's headers once for all files: ON, TESTS (for those alone) or OFF")
set_property(CACHE GATEWAY_PRECOMPILED PROPERTY STRINGS OFF TESTS ON)

set(precompiled_headers
  <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <condition_variable> <cstdint> <deque> <expected> <filesystem> <fstream>
  <functional> <limits> <map> <memory> <mutex> <optional> <random> <set> <span> <sstream> <string> <string_view> <thread> <tuple>
  <unordered_map> <utility> <variant> <vector>)

# ccache needs -fpch-preprocess to see what GCC precompiled. What GCC 12 keeps quiet about in a system header it warns of where the header
# was precompiled: that the inlined ends_with of std::string reads more than there is memory.
function(gateway_precompiled_options target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess> $<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overread>)
  endif()
endfunction()

# gateway_precompile(target [TEST]): TEST for those that include GoogleTest
function(gateway_precompile target)
  set(owner gateway_precompiled)
  set(headers ${precompiled_headers})
  if("TEST" IN_LIST ARGN)
    string(APPEND owner _test)
    list(APPEND headers <gmock/gmock.h> <gtest/gtest.h>)
  endif()
  if(NOT GATEWAY_PRECOMPILED OR (GATEWAY_PRECOMPILED STREQUAL "TESTS" AND NOT "TEST" IN_LIST ARGN))
    return()
  endif()
  if(NOT TARGET ${owner})
    set(source "${CMAKE_BINARY_DIR}/${owner}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "// holds precompiled headers\n")
    add_library(${owner} STATIC "${source}")
    target_link_libraries(${owner} PRIVATE gateway_options)
    if("TEST" IN_LIST ARGN)
      target_link_libraries(${owner} PRIVATE gateway_test_options deps::gtest)
    endif()
    target_precompile_headers(${owner} PRIVATE ${headers})
    gateway_precompiled_options(${owner})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      # Without the time in it, the same headers give the same bytes, and ccache can tell
      target_compile_options(${owner} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
  gateway_precompiled_options(${target})
endfunction()
