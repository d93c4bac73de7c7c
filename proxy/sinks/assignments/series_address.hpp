// SPDX-License-Identifier: Apache-2.0
//
// Which of several addresses a series goes to, by rendezvous hashing: of all addresses the one that
// weighs most for the series. One address more takes a series only to itself, one less gives away
// only its own. The hashes are a format (docs/cursor_format.md): a weir that counts otherwise would
// split old frames otherwise. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "weir/line_protocol.hpp"

namespace weir {

/// By measurement and tag set, whatever the order of the tags; escapes are undone before.
class tag_set_hasher {
 public:
  [[nodiscard]] std::uint64_t hash(const point_view& point);

 private:
  [[nodiscard]] std::string_view plain(std::string_view written,
                                       void (*unescape)(std::string_view, std::string&),
                                       std::string& into);
  std::string key_;
  std::string value_;
};

/// Of an address by its name. The same for all series, so it is kept.
[[nodiscard]] std::uint64_t address_hash(std::string_view name) noexcept;

/// The index of the one that weighs most; of equal ones the first. Requires: there is one.
[[nodiscard]] std::size_t heaviest_address(std::span<const std::uint64_t> address_hashes,
                                           std::uint64_t series) noexcept;

}  // namespace weir
