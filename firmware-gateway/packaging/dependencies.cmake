# Read by cpack: turns the libraries that the program is linked to into package dependencies, with dpkg-shlibdeps. For another
# architecture it is shown the package database that make_sysroot keeps beside the unpacked packages. A library that no package is
# known for stops the packing.
set(work "${CPACK_TOPLEVEL_DIRECTORY}/dependencies")
file(MAKE_DIRECTORY "${work}/debian")
file(WRITE "${work}/debian/control" "Source: compound-gateway\n\nPackage: compound-gateway\nArchitecture: any\n")
set(command dpkg-shlibdeps -O --warnings=0)
if(CPACK_GATEWAY_SYSROOT)
  file(GLOB folders "${CPACK_GATEWAY_SYSROOT}/usr/lib/*-linux-gnu*")
  list(APPEND command "--admindir=${CPACK_GATEWAY_SYSROOT}/.packages")
  foreach(folder IN LISTS folders)
    list(APPEND command "-l${folder}")
  endforeach()
endif()
execute_process(COMMAND "${CMAKE_COMMAND}" -E env "DEB_HOST_ARCH=${CPACK_DEBIAN_PACKAGE_ARCHITECTURE}" ${command} "-e${CPACK_GATEWAY_PROGRAM}"
  WORKING_DIRECTORY "${work}" OUTPUT_VARIABLE found ERROR_VARIABLE problem RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT status EQUAL 0 OR NOT found MATCHES "^shlibs:Depends=(.+)$")
  message(FATAL_ERROR "dpkg-shlibdeps does not know what ${CPACK_GATEWAY_PROGRAM} needs:\n${found}\n${problem}")
endif()
# systemd: sysusers, tmpfiles and the service itself; dbus: timedatectl, which tells whether the clock is synchronised; tzdata: the calendar of the site; libcurl4: loaded when somebody is to be told by web or mail
set(CPACK_DEBIAN_PACKAGE_DEPENDS "${CMAKE_MATCH_1}, systemd (>= 252), dbus, tzdata, libcurl4, init-system-helpers (>= 1.54)")
