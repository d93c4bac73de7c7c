// SPDX-License-Identifier: Apache-2.0
//
// The kinds "file" and "null": keys and checks. Pure.
#include <fmt/format.h>

#include "config/sinks/kind_keys.hpp"

namespace weir {
namespace {

using kind = file_settings;

sink_key_list keys() {
  constexpr std::uint64_t kib = std::uint64_t{1} << 10;
  constexpr std::uint64_t tib = std::uint64_t{1} << 40;
  sink_key_list list;
  const auto add = [&list](config_key<kind> key) {
    list.push_back(key_of_kind<kind>(std::move(key)));
  };
  add(text_key<kind>("directory", "one file of line protocol for each database in it",
                     WEIR_MEMBER(directory), check_directory));
  add(size_key<kind>("rotate", {4 * kib, tib}, "a file larger than this is set aside",
                     WEIR_MEMBER(rotate)));
  add(count_key<kind>("rotated_files", {0, 10'000}, "files",
                      "files set aside that are kept of each, besides the one being written",
                      WEIR_MEMBER(rotated_files)));
  return list;
}

void check(const config_node& node, const sink_settings& sink, config_issues& issues) {
  if (node.find("directory") == nullptr) {
    issues.push_back({node.place, fmt::format("sink \"{}\" has no directory; write directory = "
                                              "\"weir-data/lines\", for example",
                                              sink.name)});
  }
}

sink_texts texts(const sink_settings& sink) {
  sink_texts all;
  all.where = sink.as<kind>()->directory;
  return all;
}

/// Lines in a file are read again one day, and what is thrown away might as well be.
void add_to(const sink_settings&, takers& by) noexcept {
  by.file = true;
}

}  // namespace

extern const sink_kind file_kind;
constinit const sink_kind file_kind{.name = "file",
                                    .is = is_of<kind>,
                                    .defaults = defaults_of<kind>,
                                    .keys = keys,
                                    .check = check,
                                    .texts = texts,
                                    .add_to = add_to};

extern const sink_kind null_kind;
constinit const sink_kind null_kind{
    .name = "null",
    .is = is_of<null_settings>,
    .defaults = defaults_of<null_settings>,
    .keys = [] { return sink_key_list{}; },
    .check = [](const config_node&, const sink_settings&, config_issues&) {},
    .texts = [](const sink_settings&) { return sink_texts{}; },
    .add_to = add_to};

}  // namespace weir
