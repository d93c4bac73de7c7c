// SPDX-License-Identifier: Apache-2.0
//
// Choosing frames and laying out bodies.
#include "sinks/batcher.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "base/assert.hpp"
#include "sinks/influxdb/line_cutter.hpp"

namespace weir {
namespace {

/// Of `points`, which were counted as pending, so many are to be delivered.
void leave_out(batch& made, std::uint64_t taken, std::uint64_t points) {
  made.points -= points;
  taken = std::min(taken, points);
  made.points += taken;
  made.filtered += points - taken;
}

/// Takes lines of `source` from where the lane stands in it, as many as the limits allow.
gathered gather_part(const frame& source, const lane_key& lane, std::uint32_t skip_bytes,
                     std::uint32_t skip_points, const batch_limits& limits) {
  gathered out;
  out.made.lane = lane;
  out.made.cut_position = source.header.position;
  out.made.after.next = source.header.position.next();
  std::string lines;
  if (!inflate_frame(source, lines) || lines.size() <= skip_bytes) {
    out.status = gather_status::damaged;
    out.made.points = source.header.points - std::min(source.header.points, skip_points);
    return out;
  }
  const std::string_view rest = std::string_view(lines).substr(skip_bytes);
  const std::uint64_t bytes_max = limits.cuts ? limits.bytes : rest.size();
  const line_cut cut = cut_lines(rest, bytes_max);
  const std::uint32_t points_left =
      source.header.points - std::min(source.header.points, skip_points);
  out.status = gather_status::ready;
  out.made.cut = cut.lines;
  out.made.inflated_bytes = cut.lines.size();
  out.made.cut_ends_frame = cut.lines.size() == rest.size();
  // The header's number is what was counted as accepted, so the last part takes what is left of it.
  out.made.points = out.made.cut_ends_frame ? points_left : std::min(cut.points, points_left);
  if (!out.made.cut_ends_frame) {
    out.made.after = {source.header.position,
                      skip_bytes + static_cast<std::uint32_t>(cut.lines.size()),
                      skip_points + static_cast<std::uint32_t>(out.made.points)};
  }
  if (limits.filter != nullptr) {
    out.made.cut.clear();
    leave_out(out.made,
              limits.filter->append_taken(cut.lines, source.header.position, out.made.cut),
              out.made.points);
  }
  return out;
}

bool fits(const batch& made, const frame_header& header, const batch_limits& limits) {
  return made.inflated_bytes + header.inflated_bytes <= limits.bytes &&
         made.points + header.points <= limits.points &&
         (limits.span_ns == 0 || header.received_ns - made.received_ns <= limits.span_ns);
}

/// False, and nothing was put, if it is damaged where a filter must look into it.
bool put(batch& made, frame_ptr found, const line_filter* filter) {
  made.points += found->header.points;
  if (filter != nullptr) {
    std::string lines;
    if (!inflate_frame(*found, lines)) {
      made.points -= found->header.points;
      return false;
    }
    made.picked = true;
    leave_out(made, filter->append_taken(lines, found->header.position, made.cut),
              found->header.points);
  }
  made.inflated_bytes += found->header.inflated_bytes;
  made.after = {found->header.position.next(), 0, 0};
  made.frames.push_back(std::move(found));
  return true;
}

}  // namespace

gathered gather(log_reader& reader, const lane_key& lane, const lane_position& from,
                log_position end, const batch_limits& limits) {
  gathered out;
  out.made.lane = lane;
  log_position at = from.next;
  while (at < end) {
    read_result read = reader.next(at, lane);
    if (read.status == read_status::failed) {
      if (out.made.frames.empty()) {
        out.status = gather_status::failed;
        out.detail = std::move(read.detail);
      }
      return out;
    }
    if (read.status == read_status::caught_up || read.found->header.position >= end) {
      return out;
    }
    const frame_header& header = read.found->header;
    at = std::max(read.next, header.position.next());
    if (header.kind != frame_kind::lines ||
        (limits.filter != nullptr && !limits.filter->concerns(header.position))) {
      continue;
    }
    if (out.made.frames.empty()) {
      const bool begun = header.position == from.next && from.skip_bytes > 0;
      if (begun || (limits.cuts && header.inflated_bytes > limits.bytes)) {
        gathered part = gather_part(*read.found, lane, begun ? from.skip_bytes : 0,
                                    begun ? from.skip_points : 0, limits);
        part.made.received_ns = header.received_ns;
        return part;
      }
      out.made.received_ns = header.received_ns;
    } else if (!fits(out.made, header, limits)) {
      return out;
    }
    if (!put(out.made, read.found, limits.filter)) {
      if (out.made.frames.empty()) {
        return gather_part(*read.found, lane, 0, 0, limits);  // which says that it is damaged
      }
      return out;
    }
    out.status = gather_status::ready;
  }
  return out;
}

bool append_lines(const batch& source, std::string& out) {
  out.append(source.cut);
  if (source.picked) {
    return true;
  }
  bool whole = true;
  for (const frame_ptr& one : source.frames) {
    whole = inflate_frame(*one, out) && whole;
  }
  return whole;
}

request_body build_body(const batch& source, compression_mode mode, gzip_compressor& compressor) {
  if (source.picked) {
    return build_body(std::vector<std::string_view>{source.cut}, mode, compressor);
  }
  request_body body;
  std::vector<std::string_view> plain;
  if (!source.cut.empty()) {
    plain.emplace_back(source.cut);
  }
  body.gzip = mode != compression_mode::none ||
              std::any_of(source.frames.begin(), source.frames.end(), [](const frame_ptr& one) {
                return one->header.codec == frame_codec::gzip;
              });
  const auto flush_plain = [&] {
    if (plain.empty()) {
      return;
    }
    if (body.gzip) {
      compressor.append_member(plain, body.made.emplace_back());
      body.pieces.emplace_back(body.made.back());
    } else {
      body.pieces.insert(body.pieces.end(), plain.begin(), plain.end());
    }
    plain.clear();
  };
  for (const frame_ptr& one : source.frames) {
    if (one->header.codec == frame_codec::gzip) {
      flush_plain();
      body.pieces.emplace_back(one->stored);
    } else {
      plain.emplace_back(one->stored);
    }
  }
  flush_plain();
  for (const std::string_view piece : body.pieces) {
    body.bytes += piece.size();
  }
  return body;
}

request_body build_body(const std::vector<std::string_view>& lines, compression_mode mode,
                        gzip_compressor& compressor) {
  request_body body;
  body.gzip = mode != compression_mode::none;
  if (body.gzip) {
    compressor.append_member(lines, body.made.emplace_back());
    body.pieces.emplace_back(body.made.back());
  } else {
    body.pieces = lines;
  }
  for (const std::string_view piece : body.pieces) {
    body.bytes += piece.size();
  }
  return body;
}

}  // namespace weir
