# The files of a target compiled as one, where GATEWAY_UNITY says so: what they include is parsed once and what they instantiate is compiled
# once, which takes a third of the time or less (measured in docs/benchmarks.md).
#   ON     every target: in the sanitizer presets and those for ARM
#   TESTS  the tests, as in dev; OFF for none, as in release
# With OFF and TESTS a file of the program still has to include what it uses, and every change is built so. What is local to a file needs a
# name of its own in its target.
set(GATEWAY_UNITY OFF CACHE STRING "compile the files of a target as one: ON, TESTS (for those alone) or OFF")
set_property(CACHE GATEWAY_UNITY PROPERTY STRINGS OFF TESTS ON)

# gateway_unite(target [TEST])
function(gateway_unite target)
  if(NOT GATEWAY_UNITY OR (GATEWAY_UNITY STREQUAL "TESTS" AND NOT "TEST" IN_LIST ARGN))
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
endfunction()
