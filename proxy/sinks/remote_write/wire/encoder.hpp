// SPDX-License-Identifier: Apache-2.0
//
// How samples become the body of a request: the one thing in which versions of remote write differ.
// What goes into which request is send_plan's part. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
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
  /// The body of the request, compressed. Ends it.
  [[nodiscard]] virtual std::string body() = 0;

 protected:
  /// As one snappy block.
  [[nodiscard]] std::string compressed(std::string_view message);

 private:
  /// Kept from one request to the next: as long as a block can be, and most of it never written.
  std::unique_ptr<char[]> room_;
  std::size_t room_bytes_ = 0;
};

/// Version 2: io.prometheus.write.v2.Request, whose labels refer to a table of texts. What is added
/// must outlive the request.
class encoder_v2 final : public request_encoder {
 public:
  encoder_v2() { clear(); }
  [[nodiscard]] std::vector<std::string> headers() const override;
  void clear() override;
  void add(const wire_series& one, std::span<const wire_sample> samples) override;
  [[nodiscard]] std::string body() override;

 private:
  [[nodiscard]] std::uint32_t refer_to(std::string_view text);
  void refer_to_labels(std::string_view labels, std::string& out);

  std::unordered_map<std::string_view, std::uint32_t> symbols_;
  std::string symbol_bytes_;
  std::string series_bytes_;
  /// Of the series added last.
  std::string_view kept_before_;
  std::string_view kept_after_;
  /// References, as they are written.
  std::string refs_before_;
  std::string refs_after_;
  std::string refs_;
  std::uint32_t name_label_ = 0;
};

/// Version 1: prometheus.WriteRequest as one snappy block.
class encoder_v1 final : public request_encoder {
 public:
  [[nodiscard]] std::vector<std::string> headers() const override;
  void clear() override { message_.clear(); }
  void add(const wire_series& one, std::span<const wire_sample> samples) override;
  [[nodiscard]] std::string body() override;

 private:
  std::string message_;
};

}  // namespace weir
