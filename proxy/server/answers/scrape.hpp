// SPDX-License-Identifier: Apache-2.0
//
// The body of an answer to /metrics. One thread.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "http/message.hpp"
#include "observe/metrics.hpp"

namespace weir {

/// /metrics: the numbers are collected in parts, then written in pieces.
class scrape final : public http::body_source {
 public:
  explicit scrape(metric_parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] bool next(std::string& out) override {
    if (gathering_) {
      gathering_ = parts_(text_);
      return true;
    }
    return text_.write_some(out);
  }
  [[nodiscard]] std::size_t held_bytes() const noexcept override { return text_.held_bytes(); }

 private:
  const metric_parts parts_;
  metrics_text text_;
  bool gathering_ = true;
};

}  // namespace weir
