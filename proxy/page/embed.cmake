# Makes a C++ source of files: cmake -DOUT=FILE -DFILES=a;b -P embed.cmake. A table of their names and bytes,
# as page/assets.hpp declares it.
set(arrays "")
set(rows "")
set(number 0)
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR bytes "${digits} / 2")
  # A string literal of escapes: a compiler reads it far faster than a list of numbers. It is cut into lines, and no
  # line ends in the middle of an escape.
  string(REGEX REPLACE "(..)" "\\\\x\\1" escapes "${hex}")
  string(REPEAT "." 80 line) # twenty escapes
  string(REGEX REPLACE "(${line})" "\\1\"\n    \"" escapes "${escapes}")
  string(APPEND arrays "constexpr char bytes_${number}[] =\n    \"${escapes}\";\n")
  string(APPEND rows "    asset{\"${name}\", {bytes_${number}, ${bytes}}},\n")
  math(EXPR number "${number} + 1")
endforeach()
set(text "// Made by proxy/page/embed.cmake.\n#include <array>\n\n#include \"page/assets.hpp\"\n\nnamespace weir::page {\nnamespace {\n\n")
string(APPEND text "${arrays}\nconstexpr std::array<asset, ${number}> table{{\n${rows}}};\n\n}  // namespace\n\n")
string(APPEND text "std::span<const asset> assets() noexcept {\n  return table;\n}\n\n}  // namespace weir::page\n")
file(WRITE ${OUT} "${text}")
