// SPDX-License-Identifier: Apache-2.0
//
// Reads a head for what it says of its body. Pure; any thread.
#include "http/framing.hpp"

#include <algorithm>
#include <array>

#include "base/text/ascii.hpp"
#include "base/text/utf8.hpp"

namespace weir::http {
namespace {

// Codings that exist and are not read here, with those that parts of a name give away. Their first
// bytes may look like text (10 bytes of snappy begin with "\n$"), so the name decides.
constexpr std::array<std::string_view, 7> other_codings{"br",  "compress", "x-compress", "exi",
                                                        "dcb", "dcz",      "aes128gcm"};
constexpr std::array<std::string_view, 10> other_families{
    "deflate", "zlib", "snappy", "zstd", "brotli", "lz4", "bzip", "lzma", "pack200", "xz"};

struct named_coding {
  std::string_view name;
  content_coding means;
};
constexpr std::array known_codings{
    named_coding{"gzip", content_coding::gzip}, named_coding{"x-gzip", content_coding::gzip},
    named_coding{"deflate", content_coding::deflate}, named_coding{"zstd", content_coding::zstd}};

coding coding_named(std::string_view name, content_coding& known) noexcept {
  if (name.empty() || equal_ignoring_case(name, "identity")) {
    return coding::identity;
  }
  for (const named_coding& each : known_codings) {
    if (equal_ignoring_case(name, each.name)) {
      known = each.means;
      return coding::coded;
    }
  }
  if (equal_ignoring_case(name, "snappy") || equal_ignoring_case(name, "x-snappy-framed")) {
    return coding::snappy;
  }
  const bool other = std::any_of(other_codings.begin(), other_codings.end(),
                                 [&](auto each) { return equal_ignoring_case(name, each); }) ||
                     std::any_of(other_families.begin(), other_families.end(),
                                 [&](auto each) { return contains_ignoring_case(name, each); });
  return other ? coding::unknown : coding::doubtful;
}

// One name after another.
class coding_list {
 public:
  explicit coding_list(coding_layers& layers) noexcept : layers_(layers) { layers_.count = 0; }

  void add(std::string_view name) noexcept {
    content_coding known{};
    const coding next = coding_named(name, known);
    if (next == coding::coded) {
      if (layers_.count == coding_layers::layers_max) {
        seen_ = coding::unknown;
        return;
      }
      layers_.of[layers_.count++] = known;
      only_gzip_ = only_gzip_ && known == content_coding::gzip;
    }
    if (next != coding::identity) {
      seen_ = both(seen_, next);
    }
  }

  [[nodiscard]] coding seen() const noexcept {
    // A body whose first bytes tell may be gzip or plain.
    return seen_ == coding::doubtful && !only_gzip_ ? coding::unknown : seen_;
  }

 private:
  static coding both(coding one, coding other) noexcept {
    if (one == coding::identity) {
      return other;
    }
    if (one == coding::coded && other == coding::coded) {
      return coding::coded;
    }
    if (one == coding::unknown || other == coding::unknown || one == coding::snappy ||
        other == coding::snappy) {
      return coding::unknown;
    }
    return coding::doubtful;
  }

  coding_layers& layers_;
  coding seen_ = coding::identity;
  bool only_gzip_ = true;
};

// Whether `bytes` may be the beginning of a request: a method, a space and the target's first byte,
// as far as they are here. Empty lines before it belong to no request.
bool may_begin_request(std::string_view bytes) noexcept {
  static constexpr std::array<std::string_view, 9> methods{
      "GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE "};
  bytes.remove_prefix(std::min(bytes.size(), bytes.find_first_not_of("\r\n")));
  return std::any_of(methods.begin(), methods.end(), [bytes](std::string_view each) {
    if (bytes.size() <= each.size()) {
      return each.starts_with(bytes);
    }
    return bytes.starts_with(each) && (bytes[each.size()] == '/' || bytes[each.size()] == '*' ||
                                       to_lower(bytes[each.size()]) == 'h');
  });
}

bool text_byte(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= 0x20 && byte != 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

coding coding_of(const request_head& head, coding_layers& layers) noexcept {
  coding_list seen(layers);
  for (const header_field& field : head.headers) {
    if (!equal_ignoring_case(field.name, "content-encoding")) {
      continue;
    }
    std::string_view rest = field.value;
    for (;;) {
      const std::size_t comma = rest.find(',');
      seen.add(trimmed(rest.substr(0, comma)));
      if (comma == std::string_view::npos) {
        break;
      }
      rest.remove_prefix(comma + 1);
    }
  }
  if (seen.seen() != coding::coded) {
    layers.count = 0;
  }
  return seen.seen();
}

coding coding_shown(std::string_view first_bytes) noexcept {
  if (first_bytes.starts_with("\x1f\x8b\x08")) {
    return coding::coded;
  }
  if (!std::all_of(first_bytes.begin(), first_bytes.end(), text_byte)) {
    return coding::unknown;
  }
  // The last character may be cut.
  for (std::size_t cut = 0; cut < 4 && cut <= first_bytes.size(); ++cut) {
    if (is_utf8(first_bytes.substr(0, first_bytes.size() - cut))) {
      const bool may_be_cut = first_bytes.size() >= coding_bytes_shown;
      return cut == 0 || may_be_cut ? coding::identity : coding::unknown;
    }
  }
  return coding::unknown;
}

bool framing::show(std::string_view& piece) {
  const std::string_view more = piece.substr(0, coding_bytes_shown - shown.size());
  shown.append(more);
  piece.remove_prefix(more.size());
  return shown.size() == coding_bytes_shown;
}

framing framing_of(const request_head& head, std::string_view following) {
  framing seen;
  seen.chunked = head.chunked;
  seen.remaining = head.content_length.value_or(0);
  seen.encoding = coding_of(head, seen.layers);
  const bool bodiless =
      head.method == method::get || head.method == method::head || head.method == method::options;
  if (!bodiless && !head.chunked && !head.content_length) {
    seen.length_unknown = head.version_1_0 || !head.keep_alive || head.expect_continue ||
                          !may_begin_request(following);
  }
  return seen;
}

}  // namespace weir::http
