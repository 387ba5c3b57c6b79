# Headers that most files include, parsed once for all of them. Only where GATEWAY_PRECOMPILED says so: in the sanitizer presets, where
# nearly all of a file's compile time is parsing (Clang 19, four files tried: two to five times as fast, a test most; GCC gains less). The
# other presets build without, so a file still has to include what it uses.
option(GATEWAY_PRECOMPILED "parse the standard library's headers once for all files" OFF)

set(precompiled_headers
  <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <condition_variable> <cstdint> <deque> <expected> <filesystem> <fstream>
  <functional> <limits> <map> <memory> <mutex> <optional> <random> <set> <span> <sstream> <string> <string_view> <thread> <tuple>
  <unordered_map> <utility> <variant> <vector>)

# gateway_precompile(target [TEST]): TEST for those that include GoogleTest
function(gateway_precompile target)
  if(NOT GATEWAY_PRECOMPILED)
    return()
  endif()
  set(owner gateway_precompiled)
  set(headers ${precompiled_headers})
  if("TEST" IN_LIST ARGN)
    string(APPEND owner _test)
    list(APPEND headers <gmock/gmock.h> <gtest/gtest.h>)
  endif()
  if(NOT TARGET ${owner})
    set(source "${CMAKE_BINARY_DIR}/${owner}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "// holds precompiled headers\n")
    add_library(${owner} STATIC "${source}")
    target_link_libraries(${owner} PRIVATE gateway_options)
    if("TEST" IN_LIST ARGN)
      target_link_libraries(${owner} PRIVATE deps::gtest)
    endif()
    target_precompile_headers(${owner} PRIVATE ${headers})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      # Without the time in it, the same headers give the same bytes, and ccache can tell
      target_compile_options(${owner} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()
