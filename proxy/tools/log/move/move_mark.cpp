// SPDX-License-Identifier: Apache-2.0
#include "tools/log/move/move_mark.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <limits>
#include <sstream>

namespace weir {
namespace {

constexpr std::string_view first_line = "weir-move 1";

}  // namespace

std::string to_text(const move_mark& mark) {
  return fmt::format("{}\nlog {}\ntopic {}\ncluster {}\noffsets {}\n{}\n", first_line,
                     mark.identity, mark.topic, mark.cluster.empty() ? "-" : mark.cluster,
                     fmt::join(mark.offsets, " "), mark.whole ? "whole" : "begun");
}

std::optional<move_mark> move_mark_of(const std::string& text) {
  std::istringstream in{text};
  std::string line;
  if (!std::getline(in, line) || line != first_line) {
    return std::nullopt;
  }
  move_mark out;
  std::array<std::string, 4> names;
  in >> names[0] >> out.identity >> names[1] >> out.topic >> names[2] >> out.cluster >> names[3];
  if (!in || names != std::array<std::string, 4>{"log", "topic", "cluster", "offsets"} ||
      !std::getline(in, line)) {
    return std::nullopt;
  }
  std::istringstream offsets{line};
  for (std::int64_t each = 0; offsets >> each;) {
    out.offsets.push_back(each);
  }
  out.cluster = out.cluster == "-" ? "" : out.cluster;
  if (!std::getline(in, line) || (line != "whole" && line != "begun") || out.offsets.empty()) {
    return std::nullopt;
  }
  out.whole = line == "whole";
  return out;
}

bool is_same_move(const move_mark& one, const move_mark& other) {
  return one.identity == other.identity && one.topic == other.topic &&
         one.cluster == other.cluster && one.offsets.size() == other.offsets.size();
}

std::string to_text(const moved_origin& origin) {
  return fmt::format("{:08x}-{}-{}-{}", origin.identity, origin.position.number(),
                     origin.bytes.begin, origin.bytes.end);
}

std::optional<moved_origin> moved_origin_of(std::string_view text) {
  std::array<std::uint64_t, 4> numbers{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto [next, error] = std::from_chars(at, end, numbers[i], i == 0 ? 16 : 10);
    const bool last = i + 1 == numbers.size();
    if (error != std::errc{} || (last ? next != end : next == end || *next != '-')) {
      return std::nullopt;
    }
    at = last ? next : next + 1;
  }
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  if (numbers[0] > most || numbers[2] > most || numbers[3] > most) {
    return std::nullopt;
  }
  return moved_origin{
      .identity = static_cast<std::uint32_t>(numbers[0]),
      .position = log_position(numbers[1]),
      .bytes = {static_cast<std::uint32_t>(numbers[2]), static_cast<std::uint32_t>(numbers[3])}};
}

}  // namespace weir
