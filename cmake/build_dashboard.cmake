# cmake -D SOURCE=... -D WORK=... -D PACK=... -D NPM=... -D NODE=... -P build_dashboard.cmake: the dashboard of SOURCE, built with npm in
# WORK, as the one file PACK. What WORK was last built of is written there, so that the next who wants the same has it at once. One at a
# time: others wait.
cmake_minimum_required(VERSION 3.25)

file(MAKE_DIRECTORY "${WORK}")
file(LOCK "${WORK}" DIRECTORY GUARD PROCESS TIMEOUT 600)

function(run)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY "${WORK}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# fingerprint(out file...): of their names and contents
function(fingerprint out)
  set(all "")
  foreach(file IN LISTS ARGN)
    file(SHA256 "${file}" hash)
    string(APPEND all "${file} ${hash}\n")
  endforeach()
  string(SHA256 all "${all}")
  set(${out} "${all}" PARENT_SCOPE)
endfunction()

# was(file text): whether that file holds that text
function(was out file text)
  set(held "")
  if(EXISTS "${file}")
    file(READ "${file}" held)
  endif()
  string(COMPARE EQUAL "${held}" "${text}" same)
  set(${out} ${same} PARENT_SCOPE)
endfunction()

set(root "${CMAKE_CURRENT_LIST_DIR}/..")
set(packages "${SOURCE}/package.json" "${SOURCE}/package-lock.json" "${root}/.npmrc")
set(settings "${SOURCE}/tsconfig.json" "${SOURCE}/vite.config.ts" "${SOURCE}/index.html")
file(GLOB_RECURSE sources "${SOURCE}/src/*" "${SOURCE}/public/*")

fingerprint(of_packages ${packages})
was(installed "${WORK}/.installed" "${of_packages}")
if(NOT installed)
  file(REMOVE "${WORK}/.installed" "${WORK}/.built")
  file(COPY ${packages} DESTINATION "${WORK}")
  run("${NPM}" ci --no-progress --no-audit --no-fund --loglevel=error)
  file(WRITE "${WORK}/.installed" "${of_packages}")
endif()

fingerprint(of_sources ${packages} ${settings} ${sources} "${CMAKE_CURRENT_LIST_DIR}/pack_dashboard.mjs")
was(built "${WORK}/.built" "${of_sources}")
if(NOT built)
  file(REMOVE_RECURSE "${WORK}/.built" "${WORK}/src" "${WORK}/public" "${WORK}/dist")
  file(COPY ${settings} "${SOURCE}/src" DESTINATION "${WORK}")
  if(EXISTS "${SOURCE}/public")
    file(COPY "${SOURCE}/public" DESTINATION "${WORK}")
  endif()
  run("${NPM}" run --silent build)
  run("${NODE}" "${CMAKE_CURRENT_LIST_DIR}/pack_dashboard.mjs" "${WORK}/dist" "${WORK}/dashboard.pack")
  file(WRITE "${WORK}/.built" "${of_sources}")
endif()
configure_file("${WORK}/dashboard.pack" "${PACK}" COPYONLY)
file(TOUCH "${PACK}")
