// SPDX-License-Identifier: Apache-2.0
#include "gate/line_repair.hpp"

#include "gate/flink_gauges.hpp"

namespace weir {
namespace {

bool is_no_number(parse_code code) noexcept {
  return code == parse_code::invalid_number || code == parse_code::invalid_boolean ||
         code == parse_code::invalid_float;
}

}  // namespace

line_repair::outcome line_repair::try_repair(const parse_error& error, const parse_options& options,
                                             std::int64_t unit_ns,
                                             const database_settings& policy) {
  if (error.code == parse_code::time_outside_range && unit_ns != 1) {
    parse_options as_number = options;
    as_number.unit_ns = 1;
    return read(error.text, as_number, error.line) ? outcome::overflowed_time : outcome::none;
  }
  if (!policy.flink_gauges || !is_no_number(error.code) ||
      !take_out_flink_gauges(error.text, repaired_)) {
    return outcome::none;
  }
  if (repaired_.empty()) {
    return outcome::nothing_left;
  }
  // Where it is no point the line has another mistake.
  return read(repaired_, options, error.line) ? outcome::gauge_taken_out : outcome::none;
}

bool line_repair::read(std::string_view text, parse_options options, std::uint64_t line) {
  if (reader_ == nullptr) {
    reader_ = std::make_unique<line_reader>();
  }
  options.take_byte_order_mark = false;
  reader_->reset(options);
  reader_->feed(text);
  reader_->finish();
  if (reader_->next() != line_event::point) {
    return false;
  }
  point_ = reader_->point();
  point_.line = line;
  return true;
}

void line_repair::shrink(std::size_t buffer_bytes) {
  if (reader_ != nullptr) {
    reader_->shrink(buffer_bytes);
  }
  if (repaired_.capacity() > buffer_bytes) {
    repaired_ = {};
  }
}

}  // namespace weir
