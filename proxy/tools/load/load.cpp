// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace weir {

namespace {

constexpr std::uint64_t every_line = std::numeric_limits<std::uint64_t>::max();

failure too_long(const load_options& options, std::size_t line_bytes) {
  return {"--datagram " + std::to_string(options.datagram_bytes) +
          ": lines of this shape have up to " + std::to_string(line_bytes) + " bytes and more"};
}

std::string path_of(const load_options& options, std::uint64_t database) {
  if (options.databases == 0) {
    return options.path;
  }
  const bool v2 = options.path.starts_with("/api/v2/");
  return options.path + (options.path.find('?') == std::string::npos ? "?" : "&") +
         (v2 ? "bucket=load_" : "db=load_") + std::to_string(database);
}

}  // namespace

/// Fills a ring. Only while it is built.
class load_ring::builder {
 public:
  builder(const load_options& options, load_lines& lines, load_ring& ring)
      : options_(options), lines_(lines), ring_(ring) {}

  outcome fill() {
    // Grown by doubling it would need twice the memory. The last body goes beyond the bound; what
    // is not written to costs nothing.
    ring_.arena_.reserve(options_.ring_bytes + options_.ring_bytes / 8 + (std::uint64_t{1} << 20));
    return options_.udp ? fill_datagrams() : fill_bodies();
  }

 private:
  [[nodiscard]] bool full() const { return ring_.arena_.size() >= options_.ring_bytes; }

  outcome fill_bodies() {
    const std::uint64_t wanted = options_.lines.value_or(every_line);
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
    lines_.begin_body(0, 0);
    for (std::uint64_t i = 0; i < lines; ++i) {
      lines_.append_line(body_);
    }
    extent part{ring_.arena_.size(), 0, lines, body_.size(), lines_.bad_of_body()};
    if (options_.gzip) {
      const std::array<std::string_view, 1> pieces{body_};
      gzip_.append_member(pieces, ring_.arena_);
    } else {
      ring_.arena_ += body_;
    }
    part.length = ring_.arena_.size() - part.offset;
    return part;
  }

  outcome fill_datagrams() {
    std::uint64_t left = options_.lines.value_or(every_line);
    extent part{};
    while (left > 0 && !full()) {
      body_.clear();
      lines_.append_line(body_);
      if (body_.size() > options_.datagram_bytes) {
        return too_long(options_, body_.size());
      }
      if (part.length + body_.size() > options_.datagram_bytes) {
        ring_.pieces_.push_back(part);
        part = {ring_.arena_.size(), 0, 0, 0, {}};
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
  load_lines& lines_;
  load_ring& ring_;
  gzip_compressor gzip_;
  std::string body_;
};

load_piece load_ring::piece_of(const extent& part) const noexcept {
  return {.bytes = std::string_view(arena_).substr(part.offset, part.length),
          .lines = part.lines,
          .line_bytes = part.line_bytes,
          .bad = part.bad};
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
  return {.bytes = piece.bytes.substr(0, end), .lines = lines_left, .line_bytes = end};
}

std::uint64_t load_ring::lines() const noexcept {
  std::uint64_t sum = last_ ? last_->lines : 0;
  for (const extent& part : pieces_) {
    sum += part.lines;
  }
  return sum;
}

load_source::load_source(const load_options& options)
    : options_(&options),
      lines_(std::make_unique<load_lines>(options)),
      gzip_(options.gzip ? std::make_unique<gzip_compressor>() : nullptr) {}

result<load_source> load_source::build(const load_options& options) {
  load_source source(options);
  if (!options.makes_lines_while_sending()) {
    load_ring::builder build(options, *source.lines_, source.ring_);
    if (auto filled = build.fill(); !filled) {
      return filled.error();
    }
  } else if (options.udp && source.lines_->line_bytes_max() > options.datagram_bytes) {
    return too_long(options, source.lines_->line_bytes_max());
  }
  return source;
}

load_piece load_source::next(std::uint64_t lines_left, std::int64_t elapsed_ns,
                             std::string& buffer) {
  const std::uint64_t number = pieces_++;
  load_piece piece = options_->makes_lines_while_sending() ? make(lines_left, elapsed_ns, buffer)
                                                           : ring_.at(number, lines_left);
  piece.database = options_->databases > 0 ? number % options_->databases : 0;
  return piece;
}

load_piece load_source::make(std::uint64_t lines_left, std::int64_t elapsed_ns,
                             std::string& buffer) {
  std::string& body = options_->gzip ? body_ : buffer;
  body.clear();
  load_piece piece;
  lines_->begin_body(options_->databases > 0 ? (pieces_ - 1) % options_->databases : 0, elapsed_ns);
  const std::uint64_t most = std::min(options_->udp ? every_line : options_->batch, lines_left);
  do {
    lines_->append_line(body);
    ++piece.lines;
  } while (piece.lines < most &&
           !(options_->udp && body.size() + lines_->line_bytes_max() > options_->datagram_bytes));
  piece.line_bytes = body.size();
  piece.bad = lines_->bad_of_body();
  if (options_->gzip) {
    buffer.clear();
    const std::array<std::string_view, 1> pieces{body_};
    gzip_->append_member(pieces, buffer);
  }
  piece.bytes = buffer;
  return piece;
}

void append_request_head(const load_options& options, std::uint64_t database,
                         std::size_t body_bytes, std::string& out) {
  out.append("POST ").append(path_of(options, database)).append(" HTTP/1.1\r\nHost: ");
  out.append(to_string(options.address)).append("\r\nUser-Agent: weir-load\r\n");
  for (const std::string& header : options.headers) {
    out.append(header).append("\r\n");
  }
  // weir then says how many lines it took; other servers do not know it.
  out.append(options.bad_share > 0 ? "X-Weir-Verbose: true\r\n" : "");
  out.append(options.gzip ? "Content-Encoding: gzip\r\n" : "");
  out.append("Content-Length: ").append(std::to_string(body_bytes)).append("\r\n\r\n");
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
