# gateway_test(NAME name SOURCES a.cpp ... LIBS gateway::x ... LABELS unit|fault|integration [TIMEOUT seconds] [OPTIMISED])
# One GoogleTest program, run as one ctest test of the same name: a process a program, not a process a test case, because starting
# one costs much under a sanitizer and more under an emulator. When cross-compiling it runs in the preset's emulator.
# LABELS says where it runs: unit everywhere, ARM emulation too; fault and integration on the build machine, sanitizers included.
# TIMEOUT: default 60 s for unit, 300 s otherwise; under emulation and sanitizers more by itself.
# OPTIMISED: as its preset says, like what it tries: for one that computes much itself.
gateway_dependency(NAME gtest PACKAGE libgmock-dev HEADER gmock/gmock.h LIBRARIES gmock_main gmock gtest USES Threads::Threads)
add_custom_target(unit_tests)

# Of timeouts, and of what tests compute themselves (tests/support/slowness.hpp)
set(slowness 1)
if(CMAKE_CROSSCOMPILING)
  set(slowness 10)
elseif(CMAKE_CXX_FLAGS_DEBUG MATCHES "-fsanitize" AND CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(slowness 6)
endif()

# What tests themselves compute is little beside what they try, which is optimised as its preset says; with precompiled headers optimising
# them took a seventh of their compile time (GCC 12). Not in release, whose benchmarks are measured against tests' doubles.
add_library(gateway_test_options INTERFACE)
set(optimised "$<BOOL:$<TARGET_PROPERTY:GATEWAY_OPTIMISED>>")
target_compile_options(gateway_test_options INTERFACE $<$<NOT:$<OR:$<CONFIG:RelWithDebInfo>,${optimised}>>:-O0>)
target_compile_definitions(gateway_test_options INTERFACE GATEWAY_TEST_SLOWNESS=${slowness})

function(gateway_test)
  cmake_parse_arguments(ARG "OPTIMISED" "NAME;TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT ARG_NAME OR NOT ARG_SOURCES OR ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "gateway_test(${ARGV}): NAME and SOURCES are needed, and I don't know '${ARG_UNPARSED_ARGUMENTS}'")
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE gateway_options gateway_test_options ${ARG_LIBS} deps::gtest)
  set_target_properties(${ARG_NAME} PROPERTIES GATEWAY_OPTIMISED "${ARG_OPTIMISED}")
  gateway_unite(${ARG_NAME} TEST)
  if(NOT ARG_OPTIMISED OR CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    gateway_precompile(${ARG_NAME} TEST)  # GCC wants the same optimisation of the headers and of what includes them
  endif()
  set_target_properties(${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} --gtest_brief=1)
  gateway_test_properties(${ARG_NAME})
  if("unit" IN_LIST ARG_LABELS)
    add_dependencies(unit_tests ${ARG_NAME})
  endif()
endfunction()

# gateway_script_test(NAME name COMMAND program argument ... LABELS ... [TIMEOUT seconds]): a test that is a script.
# Scripts in Python say /usr/bin/python3: Debian's packages (pymodbus) are its, not those of a python3 earlier on the PATH.
function(gateway_script_test)
  cmake_parse_arguments(ARG "" "NAME;TIMEOUT" "COMMAND;LABELS" ${ARGN})
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_COMMAND})
  gateway_test_properties(${ARG_NAME})
endfunction()

macro(gateway_test_properties name)
  foreach(label IN LISTS ARG_LABELS)
    if(NOT label MATCHES "^(unit|fault|integration)$")
      message(FATAL_ERROR "test ${name}: '${label}' is not one of unit, fault, integration")
    endif()
  endforeach()
  if(NOT ARG_LABELS)
    message(FATAL_ERROR "test ${name}: LABELS is missing, one of unit, fault, integration")
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
    if("unit" IN_LIST ARG_LABELS)
      set(ARG_TIMEOUT 60)
    endif()
  endif()
  math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * ${slowness}")
  # What takes long is begun first, so that a suite does not end with one test that all wait for.
  set(cost 1)
  if("fault" IN_LIST ARG_LABELS)
    set(cost 3)
  elseif("integration" IN_LIST ARG_LABELS)
    set(cost 2)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT "${ARG_TIMEOUT}" COST ${cost})
endmacro()
