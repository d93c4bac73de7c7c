// SPDX-License-Identifier: Apache-2.0
#include "fleet/series_record.hpp"

#include <cstddef>

#include "base/little_endian.hpp"

namespace weir {
namespace {

constexpr std::size_t name_max = 255;

class value_reader {
 public:
  explicit value_reader(std::string_view of) : left_(of) {}

  template <class Number>
  [[nodiscard]] bool read(Number& out) {
    if (left_.size() < sizeof out) {
      return false;
    }
    out = little_endian::get<Number>(left_, 0);
    left_.remove_prefix(sizeof out);
    return true;
  }
  [[nodiscard]] bool read(std::size_t size, std::string& out) {
    if (left_.size() < size) {
      return false;
    }
    out = left_.substr(0, size);
    left_.remove_prefix(size);
    return true;
  }
  [[nodiscard]] std::size_t left() const noexcept { return left_.size(); }

 private:
  std::string_view left_;
};

bool read_measurement(value_reader& from, series_batch::measurement& out) {
  std::uint8_t name_size = 0;
  std::uint32_t count = 0;
  if (!from.read(out.key) || !from.read(name_size) || !from.read(name_size, out.name) ||
      !from.read(count) || count == 0 || count > from.left() / sizeof(std::uint64_t)) {
    return false;
  }
  out.series.resize(count);
  for (std::uint64_t& each : out.series) {
    static_cast<void>(from.read(each));  // they are there
  }
  return true;
}

}  // namespace

std::string spell_series(const series_batch& batch) {
  std::string out;
  little_endian::put(batch.check, out);
  little_endian::put(batch.age_s, out);
  little_endian::put(static_cast<std::uint8_t>(batch.is_new ? 1 : 0), out);
  for (const series_batch::measurement& each : batch.measurements) {
    const std::string_view name = std::string_view(each.name).substr(0, name_max);
    little_endian::put(each.key, out);
    little_endian::put(static_cast<std::uint8_t>(name.size()), out);
    out += name;
    little_endian::put(static_cast<std::uint32_t>(each.series.size()), out);
    for (const std::uint64_t one : each.series) {
      little_endian::put(one, out);
    }
  }
  return out;
}

std::optional<series_batch> read_series(std::string_view value) {
  value_reader from(value);
  series_batch out;
  std::uint8_t is_new = 0;
  if (!from.read(out.check) || !from.read(out.age_s) || !from.read(is_new) || is_new > 1) {
    return std::nullopt;
  }
  out.is_new = is_new == 1;
  while (from.left() > 0) {
    if (!read_measurement(from, out.measurements.emplace_back())) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace weir
