# gateway_dashboard(SOURCE folder INSTEAD page): builds the dashboard with npm and makes the library gateway::dashboard of it, with
#   extern const std::span<const gateway::EmbeddedFile> gateway::embedded::dashboard;
# npm works in a copy, in GATEWAY_DASHBOARD_WORK: the source tree stays clean, and presets that name the same folder build it once. With
# GATEWAY_DASHBOARD=OFF, the page takes its place and says so; the API is all there.
set(GATEWAY_DASHBOARD_WORK "${CMAKE_BINARY_DIR}/dashboard" CACHE PATH "where the dashboard is built; build folders may share it")

function(gateway_dashboard)
  cmake_parse_arguments(ARG "" "SOURCE;INSTEAD" "" ${ARGN})
  add_library(gateway_dashboard STATIC)
  add_library(gateway::dashboard ALIAS gateway_dashboard)
  target_link_libraries(gateway_dashboard PUBLIC gateway::core)
  if(NOT GATEWAY_DASHBOARD)
    get_filename_component(folder "${ARG_INSTEAD}" DIRECTORY)
    gateway_embed(gateway_dashboard NAME dashboard FOLDER "${folder}" FILES "${ARG_INSTEAD}")
    return()
  endif()
  find_program(NODE node REQUIRED)
  find_program(NPM npm REQUIRED)
  mark_as_advanced(NODE NPM)
  set(files package.json package-lock.json tsconfig.json vite.config.ts index.html)
  list(TRANSFORM files PREPEND "${ARG_SOURCE}/")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${ARG_SOURCE}/src/*" "${ARG_SOURCE}/public/*")
  set(pack "${CMAKE_CURRENT_BINARY_DIR}/dashboard.pack")
  add_custom_command(OUTPUT "${pack}"
    COMMAND "${CMAKE_COMMAND}" -D "SOURCE=${ARG_SOURCE}" -D "WORK=${GATEWAY_DASHBOARD_WORK}" -D "PACK=${pack}" -D "NPM=${NPM}" -D "NODE=${NODE}"
      -P "${CMAKE_SOURCE_DIR}/cmake/build_dashboard.cmake"
    DEPENDS ${files} ${sources} "${CMAKE_SOURCE_DIR}/.npmrc" "${CMAKE_SOURCE_DIR}/cmake/build_dashboard.cmake"
      "${CMAKE_SOURCE_DIR}/cmake/pack_dashboard.mjs"
    COMMENT "Building the dashboard" VERBATIM)
  gateway_embed(gateway_dashboard NAME dashboard FOLDER "${CMAKE_CURRENT_BINARY_DIR}" FILES "${pack}")
endfunction()
