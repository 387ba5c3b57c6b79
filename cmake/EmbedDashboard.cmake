# gateway_dashboard(SOURCE folder INSTEAD page): builds the dashboard with npm and makes the library gateway::dashboard of it, with
#   extern const std::span<const gateway::EmbeddedFile> gateway::embedded::dashboard;
# npm works in a copy under the build folder: the source tree stays clean. With GATEWAY_DASHBOARD=OFF, the page takes
# its place and says so; the API is all there.
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
  set(work "${CMAKE_CURRENT_BINARY_DIR}/dashboard")
  set(pack "${CMAKE_CURRENT_BINARY_DIR}/dashboard.pack")
  set(settings package.json package-lock.json tsconfig.json vite.config.ts index.html)
  list(TRANSFORM settings PREPEND "${ARG_SOURCE}/" OUTPUT_VARIABLE settings_files)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${ARG_SOURCE}/src/*" "${ARG_SOURCE}/public/*")
  add_custom_command(OUTPUT "${work}/.installed"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${work}"
    COMMAND "${CMAKE_COMMAND}" -E copy "${ARG_SOURCE}/package.json" "${ARG_SOURCE}/package-lock.json" "${work}"
    COMMAND "${CMAKE_COMMAND}" -E copy "${CMAKE_SOURCE_DIR}/.npmrc" "${work}/.npmrc"
    COMMAND "${CMAKE_COMMAND}" -E chdir "${work}" "${NPM}" ci --no-progress --loglevel=error
    COMMAND "${CMAKE_COMMAND}" -E touch "${work}/.installed"
    DEPENDS "${ARG_SOURCE}/package.json" "${ARG_SOURCE}/package-lock.json" "${CMAKE_SOURCE_DIR}/.npmrc"
    COMMENT "Installing the dashboard's npm packages" VERBATIM)
  set(copy_public "${CMAKE_COMMAND}" -E true)
  if(EXISTS "${ARG_SOURCE}/public")
    set(copy_public "${CMAKE_COMMAND}" -E copy_directory "${ARG_SOURCE}/public" "${work}/public")
  endif()
  add_custom_command(OUTPUT "${pack}"
    COMMAND "${CMAKE_COMMAND}" -E rm -rf "${work}/src" "${work}/public" "${work}/dist"
    COMMAND "${CMAKE_COMMAND}" -E copy ${settings_files} "${work}"
    COMMAND "${CMAKE_COMMAND}" -E copy_directory "${ARG_SOURCE}/src" "${work}/src"
    COMMAND ${copy_public}
    COMMAND "${CMAKE_COMMAND}" -E chdir "${work}" "${NPM}" run --silent build
    COMMAND "${NODE}" "${CMAKE_SOURCE_DIR}/cmake/pack_dashboard.mjs" "${work}/dist" "${pack}"
    DEPENDS "${work}/.installed" "${CMAKE_SOURCE_DIR}/cmake/pack_dashboard.mjs" ${settings_files} ${sources}
    COMMENT "Building the dashboard" VERBATIM)
  gateway_embed(gateway_dashboard NAME dashboard FOLDER "${CMAKE_CURRENT_BINARY_DIR}" FILES "${pack}")
endfunction()
