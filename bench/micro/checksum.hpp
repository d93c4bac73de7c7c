// SPDX-License-Identifier: Apache-2.0
//
// A checksum over all that a reader yields: names, types, values, times, errors. Two kernels that
// read a body alike have the same; the order of everything counts.
#pragma once

#include <cstdint>
#include <string_view>

#include "weir/line_protocol.hpp"

namespace weir::bench {

class checksum {
 public:
  void add(const point_view& point) noexcept;
  void add(const parse_error& error) noexcept;
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  void add(std::string_view bytes) noexcept;
  void add(std::uint64_t number) noexcept;
  void add(const field_view& field) noexcept;

  std::uint64_t value_ = 0;
};

}  // namespace weir::bench
