# What weir writes about itself: man pages and completions, made whenever the program is linked, and installed beside it.
# Included where the target weir is made. A sanitizer's build leaves them out: its program may not start everywhere.
include(GNUInstallDirs)
if(WEIR_SANITIZE OR WEIR_FUZZ)
  return()
endif()

set(manual_dir ${PROJECT_BINARY_DIR}/manual)
set(manual_gzip true)
find_program(WEIR_GZIP gzip)
if(WEIR_GZIP)
  set(manual_gzip "${WEIR_GZIP} -9nf \"$0\"/*.1")
endif()
add_custom_command(TARGET weir POST_BUILD
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${manual_dir}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${manual_dir}/bash ${manual_dir}/zsh ${manual_dir}/fish
  COMMAND weir manual ${manual_dir}/man1
  COMMAND sh -c "${manual_gzip}" ${manual_dir}/man1
  COMMAND sh -c "\"$0\" completion bash >\"$1/bash/weir\"" $<TARGET_FILE:weir> ${manual_dir}
  COMMAND sh -c "\"$0\" completion zsh >\"$1/zsh/_weir\"" $<TARGET_FILE:weir> ${manual_dir}
  COMMAND sh -c "\"$0\" completion fish >\"$1/fish/weir.fish\"" $<TARGET_FILE:weir> ${manual_dir}
  COMMENT "Writing man pages and completions" VERBATIM)

install(DIRECTORY ${manual_dir}/man1/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(DIRECTORY ${manual_dir}/bash/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY ${manual_dir}/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(DIRECTORY ${manual_dir}/fish/ DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# Debian has its own folder for what packages bring to zsh.
set(in_package COMPONENT package EXCLUDE_FROM_ALL)
install(DIRECTORY ${manual_dir}/man1/ DESTINATION usr/share/man/man1 ${in_package})
install(DIRECTORY ${manual_dir}/bash/ DESTINATION usr/share/bash-completion/completions ${in_package})
install(DIRECTORY ${manual_dir}/zsh/ DESTINATION usr/share/zsh/vendor-completions ${in_package})
install(DIRECTORY ${manual_dir}/fish/ DESTINATION usr/share/fish/vendor_completions.d ${in_package})
