# `cmake --install` for those who use the parser in a program of their own: find_package(weir) gives
# them weir::parser (docs/library.md). `--component library` installs nothing else. The .deb holds
# the program alone (cmake/package.cmake).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(in_library COMPONENT library)
set(library_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/weir)
set(library_build_dir ${PROJECT_BINARY_DIR}/library)

# The names within the project and outside are the same.
add_library(weir::parser ALIAS weir_parser)
set_target_properties(weir_parser PROPERTIES EXPORT_NAME parser)
target_compile_features(weir_parser PUBLIC cxx_std_20)

install(TARGETS weir_parser EXPORT weir_targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} ${in_library}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/weir DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  ${in_library} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT weir_targets NAMESPACE weir:: FILE weirTargets.cmake
  DESTINATION ${library_cmake_dir} ${in_library})

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/weirConfig.cmake.in
  ${library_build_dir}/weirConfig.cmake INSTALL_DESTINATION ${library_cmake_dir}
  NO_SET_AND_CHECK_MACRO)
# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file(${library_build_dir}/weirConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${library_build_dir}/weirConfig.cmake ${library_build_dir}/weirConfigVersion.cmake
  DESTINATION ${library_cmake_dir} ${in_library})
