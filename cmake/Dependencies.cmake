# The libraries the gateway stands on, each as one imported target deps::NAME. All are Debian 12 packages; `./dev build` installs
# those that are missing. Found by header and library file rather than through each package's own CMake files: those differ in what
# they look for when cross-compiling, these find the multiarch files of the architecture that is built for.

# gateway_dependency(NAME name PACKAGE debian-package HEADER file [HEADER_FOLDER folder] [LIBRARIES a b] [DEFINES ...] [USES target ...])
function(gateway_dependency)
  cmake_parse_arguments(ARG "" "NAME;PACKAGE;HEADER;HEADER_FOLDER" "LIBRARIES;DEFINES;USES" ${ARGN})
  add_library(deps::${ARG_NAME} INTERFACE IMPORTED GLOBAL)
  set(missing "${ARG_PACKAGE}: install it (Debian 12), or let `./dev build` do so")
  find_path(${ARG_NAME}_HEADERS "${ARG_HEADER}" PATH_SUFFIXES ${ARG_HEADER_FOLDER})
  mark_as_advanced(${ARG_NAME}_HEADERS)
  if(NOT ${ARG_NAME}_HEADERS)
    message(FATAL_ERROR "No header ${ARG_HEADER} of ${missing}")
  endif()
  target_include_directories(deps::${ARG_NAME} SYSTEM INTERFACE "${${ARG_NAME}_HEADERS}")
  foreach(library IN LISTS ARG_LIBRARIES)
    find_library(${library}_LIBRARY ${library})
    mark_as_advanced(${library}_LIBRARY)
    if(NOT ${library}_LIBRARY)
      message(FATAL_ERROR "No library ${library} for ${CMAKE_SYSTEM_PROCESSOR} of ${missing}")
    endif()
    target_link_libraries(deps::${ARG_NAME} INTERFACE "${${library}_LIBRARY}")
  endforeach()
  target_compile_definitions(deps::${ARG_NAME} INTERFACE ${ARG_DEFINES})
  target_link_libraries(deps::${ARG_NAME} INTERFACE ${ARG_USES})
endfunction()

find_package(Threads REQUIRED)

# The definitions are those that Debian built each library with: headers and library must agree.
gateway_dependency(NAME modbus PACKAGE libmodbus-dev HEADER modbus.h HEADER_FOLDER modbus LIBRARIES modbus)
gateway_dependency(NAME openssl PACKAGE libssl-dev HEADER openssl/ssl.h LIBRARIES ssl crypto)
gateway_dependency(NAME paho_c PACKAGE libpaho-mqtt-dev HEADER MQTTAsync.h LIBRARIES paho-mqtt3as DEFINES OPENSSL=1)
gateway_dependency(NAME paho PACKAGE libpaho-mqttpp-dev HEADER mqtt/async_client.h LIBRARIES paho-mqttpp3
  USES deps::paho_c Threads::Threads)
gateway_dependency(NAME sqlite PACKAGE libsqlite3-dev HEADER sqlite3.h LIBRARIES sqlite3)
gateway_dependency(NAME argon2 PACKAGE libargon2-dev HEADER argon2.h LIBRARIES argon2)
# Loaded when it is needed (cloud-sync/notify/courier.cpp), not linked.
gateway_dependency(NAME curl PACKAGE libcurl4-openssl-dev HEADER curl/curl.h)
gateway_dependency(NAME zlib PACKAGE zlib1g-dev HEADER zlib.h LIBRARIES z)
gateway_dependency(NAME toml PACKAGE libtomlplusplus-dev HEADER toml++/toml.h LIBRARIES tomlplusplus
  DEFINES TOML_HEADER_ONLY=0 TOML_SHARED_LIB=1)
gateway_dependency(NAME cli11 PACKAGE libcli11-dev HEADER CLI/CLI.hpp)
gateway_dependency(NAME fmt PACKAGE libfmt-dev HEADER fmt/format.h LIBRARIES fmt DEFINES FMT_SHARED)
gateway_dependency(NAME spdlog PACKAGE libspdlog-dev HEADER spdlog/spdlog.h LIBRARIES spdlog
  DEFINES SPDLOG_SHARED_LIB SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL USES deps::fmt Threads::Threads)
gateway_dependency(NAME date_tz PACKAGE libhowardhinnant-date-dev HEADER date/tz.h LIBRARIES date-tz
  DEFINES USE_OS_TZDB=1 ONLY_C_LOCALE=1 HAS_STRING_VIEW=1 USES Threads::Threads)

# boost_headers: Asio, Beast and the other header-only parts.
gateway_dependency(NAME boost_headers PACKAGE libboost1.81-dev HEADER boost/asio.hpp USES Threads::Threads)
file(STRINGS "${boost_headers_HEADERS}/boost/version.hpp" boost_version REGEX "define BOOST_LIB_VERSION")
if(NOT boost_version MATCHES "\"1_81\"")
  message(FATAL_ERROR "Boost is not 1.81 but ${boost_version}: install libboost1.81-dev")
endif()
gateway_dependency(NAME boost_json PACKAGE libboost-json1.81-dev HEADER boost/json.hpp LIBRARIES boost_json boost_container
  DEFINES BOOST_JSON_DYN_LINK BOOST_JSON_NO_LIB BOOST_CONTAINER_DYN_LINK BOOST_CONTAINER_NO_LIB USES deps::boost_headers)
