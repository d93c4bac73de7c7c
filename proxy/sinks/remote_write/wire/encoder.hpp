// SPDX-License-Identifier: Apache-2.0
//
// How samples become the body of a request: the one thing in which versions of remote write differ.
// What goes into which request is send_plan's part. Series whose labels are at the same place, as
// those of the fields of a line are, and samples like the one before cost next to nothing: they are
// written as copies (snappy_block.hpp). Pure.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sinks/remote_write/wire/numbered_texts.hpp"
#include "sinks/remote_write/wire/repeated.hpp"
#include "sinks/remote_write/wire/snappy_block.hpp"
#include "sinks/remote_write/wire/wire.hpp"

namespace weir {

/// Names of series that an encoder finds again by where they are.
inline constexpr std::size_t names_kept = 256;
[[nodiscard]] inline std::size_t place_of_name(std::string_view name) noexcept {
  const std::uint64_t at = reinterpret_cast<std::uintptr_t>(name.data());
  return (at * 0x9E3779B97F4A7C15ULL) >> (64 - std::bit_width(names_kept - 1));
}

class request_encoder {
 public:
  virtual ~request_encoder() = default;
  /// "Name: value" of the headers by which a receiver knows the form of the body.
  [[nodiscard]] virtual std::vector<std::string> headers() const = 0;
  /// Begins a new request.
  virtual void clear() = 0;
  /// One series with its samples, in order of time. Its texts must stay what they are, where they
  /// are, until the body is made.
  virtual void add(const wire_series& one, std::span<const wire_sample> samples) = 0;
  /// Ends the request: `body` is its body then, compressed.
  virtual void end(std::string& body) = 0;
};

/// Version 2: io.prometheus.write.v2.Request, whose labels refer to a table of texts.
class encoder_v2 final : public request_encoder {
 public:
  encoder_v2() { clear(); }
  [[nodiscard]] std::vector<std::string> headers() const override;
  void clear() override;
  void add(const wire_series& one, std::span<const wire_sample> samples) override;
  void end(std::string& body) override;

 private:
  /// References to the texts of some labels, as they are written.
  /// A label, and its name and value as references, as they are written.
  struct label_ref {
    std::string_view label;
    std::size_t bytes = 0;
    std::array<char, 2 * wire::varint_bytes_max> refs{};
  };
  struct label_refs {
    /// The labels, of the series added last.
    std::string_view of;
    /// Of its first `bytes`: the references.
    std::vector<char> refs;
    std::size_t bytes = 0;
    repeated_text written;

    [[nodiscard]] std::string_view text() const noexcept { return {refs.data(), bytes}; }
    void clear() noexcept {
      of = {};
      bytes = 0;
      written.forget();
    }
    void append(const label_ref& one) {
      if (refs.size() - bytes < one.refs.size()) {
        refs.resize(2 * refs.size() + one.refs.size());
      }
      std::memcpy(refs.data() + bytes, one.refs.data(), one.refs.size());
      bytes += one.bytes;
    }
  };
  static constexpr std::size_t labels_kept = 256;

  [[nodiscard]] std::uint32_t refer_to(std::string_view text);
  [[nodiscard]] const label_ref& refer_to_label(std::string_view label);
  [[nodiscard]] std::uint32_t refer_to_name(std::string_view name);
  void refer_to_labels(std::string_view labels, label_refs& to);
  [[nodiscard]] std::string_view compressed_symbols();

  numbered_texts symbols_;
  std::string symbol_bytes_;
  /// By a hash, labels that were referred to last.
  std::array<label_ref, labels_kept> kept_{};
  /// Names of series, by where they are: they are not compared.
  std::array<std::pair<std::string_view, std::uint32_t>, names_kept> names_{};
  std::uint32_t name_label_ = 0;
  snappy_block series_;
  label_refs before_;
  label_refs after_;
  repeated_sample samples_;
  /// Kept from one request to the next: as long as compressed symbols can be.
  std::unique_ptr<char[]> room_;
  std::size_t room_bytes_ = 0;
};

/// Version 1: prometheus.WriteRequest as one snappy block.
class encoder_v1 final : public request_encoder {
 public:
  [[nodiscard]] std::vector<std::string> headers() const override;
  void clear() override;
  void add(const wire_series& one, std::span<const wire_sample> samples) override;
  void end(std::string& body) override;

 private:
  [[nodiscard]] repeated_text& kept_name(std::string_view name);

  snappy_block message_;
  repeated_text before_;
  repeated_text after_;
  repeated_labels labels_;
  /// By where they are, of names written last.
  std::array<repeated_text, names_kept> names_;
  repeated_sample samples_;
  std::string name_;
};

}  // namespace weir
