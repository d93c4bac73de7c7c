// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "codec/gzip.hpp"

namespace weir {

/// Fills a ring. Only while it is built.
class load_ring::builder {
 public:
  builder(const load_options& options, load_ring& ring)
      : options_(options),
        ring_(ring),
        lines_(options.shape, options.seed, options.first_time_ns) {}

  outcome fill() { return options_.udp ? fill_datagrams() : fill_bodies(); }

 private:
  [[nodiscard]] bool full() const { return ring_.arena_.size() >= options_.ring_bytes; }

  outcome fill_bodies() {
    const std::uint64_t wanted = options_.lines.value_or(std::numeric_limits<std::uint64_t>::max());
    const std::uint64_t whole = wanted / options_.batch;
    while (ring_.pieces_.size() < whole && (ring_.pieces_.empty() || !full())) {
      ring_.pieces_.push_back(append_body(options_.batch));
    }
    if (options_.lines && wanted % options_.batch > 0) {
      ring_.last_ = append_body(wanted % options_.batch);
    }
    return nothing{};
  }

  extent append_body(std::uint64_t lines) {
    body_.clear();
    for (std::uint64_t i = 0; i < lines; ++i) {
      lines_.append_line(body_);
    }
    extent part{ring_.arena_.size(), 0, lines, body_.size()};
    const std::string* sent = &body_;
    if (options_.gzip) {
      compressed_.clear();
      const std::array<std::string_view, 1> pieces{body_};
      gzip_.append_member(pieces, compressed_);
      sent = &compressed_;
    }
    append_head(sent->size());
    ring_.arena_ += *sent;
    part.length = ring_.arena_.size() - part.offset;
    return part;
  }

  void append_head(std::size_t body_bytes) {
    std::string& out = ring_.arena_;
    out.append("POST ").append(options_.path).append(" HTTP/1.1\r\nHost: ");
    out.append(to_string(options_.address)).append("\r\nUser-Agent: weir-load\r\n");
    for (const std::string& header : options_.headers) {
      out.append(header).append("\r\n");
    }
    out.append(options_.gzip ? "Content-Encoding: gzip\r\n" : "");
    out.append("Content-Length: ").append(std::to_string(body_bytes)).append("\r\n\r\n");
  }

  outcome fill_datagrams() {
    std::uint64_t left = options_.lines.value_or(std::numeric_limits<std::uint64_t>::max());
    extent part{};
    while (left > 0 && !full()) {
      body_.clear();
      lines_.append_line(body_);
      if (body_.size() > options_.datagram_bytes) {
        return failure{"--datagram " + std::to_string(options_.datagram_bytes) +
                       ": lines of this shape have up to " + std::to_string(body_.size()) +
                       " bytes and more"};
      }
      if (part.length + body_.size() > options_.datagram_bytes) {
        ring_.pieces_.push_back(part);
        part = {ring_.arena_.size(), 0, 0, 0};
      }
      ring_.arena_ += body_;
      part.length += body_.size();
      part.line_bytes += body_.size();
      ++part.lines;
      --left;
    }
    ring_.pieces_.push_back(part);
    return nothing{};
  }

  const load_options& options_;
  load_ring& ring_;
  bench::line_generator lines_;
  gzip_compressor gzip_;
  std::string body_;
  std::string compressed_;
};

result<load_ring> load_ring::build(const load_options& options) {
  load_ring ring;
  // Grown by doubling it would need twice the memory. The last body goes beyond the bound; what is
  // not written to costs nothing.
  ring.arena_.reserve(options.ring_bytes + options.ring_bytes / 8 + (std::uint64_t{1} << 20));
  builder build(options, ring);
  if (auto filled = build.fill(); !filled) {
    return filled.error();
  }
  return ring;
}

load_piece load_ring::piece_of(const extent& part) const noexcept {
  return {std::string_view(arena_).substr(part.offset, part.length), part.lines, part.line_bytes};
}

load_piece load_ring::at(std::uint64_t number, std::uint64_t lines_left) const {
  WEIR_ASSERT(lines_left > 0);
  if (last_ && (pieces_.empty() || lines_left <= last_->lines)) {
    return piece_of(*last_);
  }
  load_piece piece = piece_of(pieces_[number % pieces_.size()]);
  if (piece.lines <= lines_left) {
    return piece;
  }
  // Only a datagram can be too long: bodies are counted out when the ring is built.
  std::size_t end = 0;
  for (std::uint64_t i = 0; i < lines_left; ++i) {
    end = piece.bytes.find('\n', end) + 1;
  }
  return {piece.bytes.substr(0, end), lines_left, end};
}

std::uint64_t load_ring::lines() const noexcept {
  std::uint64_t sum = last_ ? last_->lines : 0;
  for (const extent& part : pieces_) {
    sum += part.lines;
  }
  return sum;
}

load_plan::load_plan(const load_options& options)
    : lines_per_second_(options.lines_per_second),
      lines_(options.lines),
      duration_ns_(options.duration ? std::optional(std::int64_t{options.duration->count()})
                                    : std::nullopt) {}

std::int64_t load_plan::due_ns(std::int64_t now_ns) const noexcept {
  if (!lines_per_second_) {
    return now_ns;
  }
  const double after_ns = static_cast<double>(granted_lines_) / *lines_per_second_ * 1e9;
  // Beyond a century nothing is ever due.
  return started_ns_ + static_cast<std::int64_t>(std::min(after_ns, 3e18));
}

bool load_plan::due(std::int64_t now_ns) const noexcept {
  return !over(now_ns) && due_ns(now_ns) <= now_ns;
}

std::uint64_t load_plan::lines_left() const noexcept {
  if (!lines_) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return *lines_ - std::min(granted_lines_, *lines_);
}

bool load_plan::over(std::int64_t now_ns) const noexcept {
  return stopped_ || lines_left() == 0 || (duration_ns_ && now_ns - started_ns_ >= *duration_ns_);
}

}  // namespace weir
