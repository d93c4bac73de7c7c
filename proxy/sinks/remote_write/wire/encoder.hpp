// SPDX-License-Identifier: Apache-2.0
//
// How samples become the body of a request: the one thing in which versions of remote write differ.
// What goes into which request is send_plan's part. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sinks/remote_write/wire/wire.hpp"

namespace weir {

class request_encoder {
 public:
  virtual ~request_encoder() = default;
  /// "Name: value" of the headers by which a receiver knows the form of the body.
  [[nodiscard]] virtual std::vector<std::string> headers() const = 0;
  /// Begins a new request.
  virtual void clear() = 0;
  /// One series with its samples, in order of time.
  virtual void add(const wire_series& one, std::span<const wire_sample> samples) = 0;
  /// The body of the request, compressed.
  [[nodiscard]] virtual std::string body() const = 0;
};

/// Version 1: prometheus.WriteRequest as one snappy block.
class encoder_v1 final : public request_encoder {
 public:
  [[nodiscard]] std::vector<std::string> headers() const override;
  void clear() override { message_.clear(); }
  void add(const wire_series& one, std::span<const wire_sample> samples) override;
  [[nodiscard]] std::string body() const override;

 private:
  std::string message_;
  std::string series_;
  std::string sample_;
};

}  // namespace weir
