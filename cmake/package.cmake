# `cpack` in a build directory makes a .deb: binary, unit, configuration, man pages and completions
# (cmake/manual.cmake), and a user of its own (conf/debian). Its files are a component that `cmake --install` leaves out, because they belong
# to fixed places of a Debian system.
if(NOT TARGET weir)
  return()
endif()

# The packaged configuration is conf/weir.toml with its data where the unit lets weir write.
set(package_dir ${PROJECT_BINARY_DIR}/package)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/conf/weir.toml)
file(READ ${PROJECT_SOURCE_DIR}/conf/weir.toml packaged_configuration)
string(REPLACE "weir-data" "/var/lib/weir" packaged_configuration "${packaged_configuration}")
if(NOT packaged_configuration MATCHES "directory = \"/var/lib/weir\"\n")
  message(FATAL_ERROR "conf/weir.toml no longer names weir-data as the log's directory")
endif()
file(CONFIGURE OUTPUT ${package_dir}/weir.toml CONTENT "@packaged_configuration@" @ONLY)

set(in_package COMPONENT package EXCLUDE_FROM_ALL)
install(TARGETS weir RUNTIME DESTINATION usr/bin ${in_package})
install(FILES ${PROJECT_SOURCE_DIR}/conf/systemd/weir.service DESTINATION lib/systemd/system
  ${in_package})
install(FILES ${package_dir}/weir.toml DESTINATION etc/weir ${in_package})
install(FILES ${PROJECT_SOURCE_DIR}/conf/debian/copyright.dygraphs DESTINATION usr/share/doc/weir
  ${in_package})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION usr/share/doc/weir RENAME copyright
  ${in_package})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/conf/kit DESTINATION usr/share/weir USE_SOURCE_PERMISSIONS ${in_package}
  PATTERN "__pycache__" EXCLUDE PATTERN "node_modules" EXCLUDE PATTERN "secrets" EXCLUDE
  # What makes the dashboards stays in the clone.
  PATTERN "kit_boards" EXCLUDE PATTERN "build.py" EXCLUDE PATTERN "fetch_sdk.sh" EXCLUDE PATTERN "requirements.txt" EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/conf/flink DESTINATION usr/share/weir/kit ${in_package})

set(CPACK_GENERATOR DEB)
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};${PROJECT_NAME};package;/")
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_PACKAGE_NAME weir)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The weir authors <weir@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "durable proxy for InfluxDB line protocol")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "weir receives InfluxDB line protocol, checks every line, keeps what it
acknowledged in a durable log and delivers it to the databases behind it at
the pace that they can take.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/conf/debian/conffiles ${PROJECT_SOURCE_DIR}/conf/debian/postinst
  ${PROJECT_SOURCE_DIR}/conf/debian/prerm ${PROJECT_SOURCE_DIR}/conf/debian/postrm)
set(CPACK_STRIP_FILES ON)
include(CPack)
