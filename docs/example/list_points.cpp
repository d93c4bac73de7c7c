// SPDX-License-Identifier: Apache-2.0
//
// list_points FILE: prints each point of a file of line protocol, one a line, and what is wrong
// with the lines that are none. Shows how weir's parser is used by a program of one's own
// (docs/library.md). Exit status: 0, 1 if a line was refused, 2 if the file cannot be read.
#include <array>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <weir/line_protocol.hpp>

namespace {

void print_value(const weir::field_view& field) {
  std::string text;
  switch (field.type) {
    case weir::field_type::float64:
      std::cout << field.float_value;
      return;
    case weir::field_type::int64:
      std::cout << field.int_value;
      return;
    case weir::field_type::uint64:
      std::cout << field.uint_value;
      return;
    case weir::field_type::boolean:
      std::cout << (field.bool_value ? "true" : "false");
      return;
    case weir::field_type::string:
      weir::unescape_string(field.string_text(), text);
      std::cout << text;
      return;
  }
}

// Names are given as written; what they stand for is made when it is wanted.
void print_point(const weir::point_view& point) {
  std::string name;
  weir::unescape_measurement(point.measurement, name);
  std::cout << point.line << ": " << name;
  for (const weir::tag_view& tag : point.tags) {
    std::string key;
    std::string value;
    weir::unescape_tag(tag.key, key);
    weir::unescape_tag(tag.value, value);
    std::cout << " | " << key << " = " << value;
  }
  for (const weir::field_view& field : point.fields) {
    std::string key;
    weir::unescape_field_key(field.key, key);
    std::cout << " | " << key << " (" << name_of(field.type) << ") ";
    print_value(field);
  }
  if (point.time) {
    std::cout << " | at " << *point.time;
  }
  std::cout << '\n';
}

void print_error(const weir::parse_error& error) {
  std::cout << error.line << ":" << error.column << ": " << reason(error) << " ["
            << name_of(error.code) << "]\n";
}

// Until the reader wants more bytes. What it hands out lives until the next call.
void drain(weir::line_reader& reader) {
  for (;;) {
    switch (reader.next()) {
      case weir::line_event::point:
        print_point(reader.point());
        break;
      case weir::line_event::error:
        print_error(reader.error());
        break;
      case weir::line_event::more:
        return;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::ifstream file{argc == 2 ? argv[1] : "", std::ios::binary};
  if (!file) {
    std::cerr << "usage: list_points FILE\n";
    return 2;
  }
  weir::line_reader reader;
  std::array<char, 4096> piece;
  while (file.read(piece.data(), piece.size()) || file.gcount() > 0) {
    reader.feed(std::string_view{piece.data(), static_cast<std::size_t>(file.gcount())});
    drain(reader);
  }
  reader.finish();  // the last line may have no line feed
  drain(reader);
  std::cout << reader.counts().points << " points, " << reader.counts().errors << " refused\n";
  return reader.counts().errors == 0 ? 0 : 1;
}
