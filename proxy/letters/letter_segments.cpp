// SPDX-License-Identifier: Apache-2.0
#include "letters/letter_segments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace weir {
namespace {

constexpr std::string_view suffix = ".ndjson";
constexpr std::size_t id_digits = 20;
constexpr std::size_t block_bytes = std::size_t{256} << 10;

/// One pass over one segment. False: `see` has seen enough.
class segment_scan {
 public:
  segment_scan(letter_decoder& decoder, const std::function<bool(letter&)>& see, letter_scan& met)
      : decoder_(decoder), see_(see), met_(met) {}

  [[nodiscard]] bool run(const file_handle& file);

 private:
  [[nodiscard]] bool take(std::string_view line);

  letter_decoder& decoder_;
  const std::function<bool(letter&)>& see_;
  letter_scan& met_;
};

bool segment_scan::take(std::string_view line) {
  auto found = decoder_.decode(line);
  if (!found) {
    ++met_.damaged;
    return true;
  }
  return see_(*found);
}

bool segment_scan::run(const file_handle& file) {
  std::string held;
  std::vector<char> block(block_bytes);
  std::uint64_t offset = 0;
  for (;;) {
    const std::int64_t read = file.read_fully(block, offset);
    if (read <= 0) {
      // What has no line feed is being written, or was when weir was killed.
      return true;
    }
    offset += static_cast<std::uint64_t>(read);
    held.append(block.data(), static_cast<std::size_t>(read));
    std::size_t begin = 0;
    for (std::size_t end = held.find('\n'); end != std::string::npos;
         end = held.find('\n', begin)) {
      if (!take(std::string_view(held).substr(begin, end - begin))) {
        return false;
      }
      begin = end + 1;
    }
    held.erase(0, begin);
  }
}

}  // namespace

std::string letter_segment_name(std::uint64_t first_id) {
  return fmt::format("{:020}{}", first_id, suffix);
}

std::optional<std::uint64_t> letter_segment_id(std::string_view name) noexcept {
  if (name.size() != id_digits + suffix.size() || !name.ends_with(suffix)) {
    return std::nullopt;
  }
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + id_digits, id);
  return error == std::errc{} && end == name.data() + id_digits ? std::optional(id) : std::nullopt;
}

result<std::vector<std::uint64_t>> list_letter_segments(file_system& files,
                                                        const std::string& directory) {
  std::vector<std::string> names;
  if (const int error = files.list(directory, names); error < 0 && error != -ENOENT) {
    return failure{"cannot read " + directory + ": " + errno_text(error)};
  }
  std::vector<std::uint64_t> ids;
  for (const std::string& name : names) {
    if (const auto id = letter_segment_id(name)) {
      ids.push_back(*id);
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

result<letter_scan> scan_letters(file_system& files, const std::string& directory,
                                 const std::function<bool(letter&)>& see) {
  const auto segments = list_letter_segments(files, directory);
  if (!segments) {
    return segments.error();
  }
  letter_scan met;
  letter_decoder decoder;
  for (const std::uint64_t first : segments.value()) {
    const std::string path = directory + "/" + letter_segment_name(first);
    const int opened = files.open_to_read(path);
    if (opened == -ENOENT) {
      continue;  // rotated away meanwhile
    }
    if (opened < 0) {
      return failure{"cannot read " + path + ": " + errno_text(opened)};
    }
    if (!segment_scan(decoder, see, met).run(file_handle(files, opened))) {
      break;
    }
  }
  return met;
}

}  // namespace weir
