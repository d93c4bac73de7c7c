// SPDX-License-Identifier: Apache-2.0
//
// gzip_inflater over isa-l's streaming inflate. isa-l reads one member's data and trailer; this
// file reads the headers (isa-l refuses a header with a checksum of its own that comes in pieces),
// walks from member to member, keeps the bound and says when the stream may end. Any one thread.
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include <limits>

#include "base/assert.hpp"
#include "codec/gzip.hpp"
#include "codec/isal_inflation.hpp"

namespace weir {
namespace {

// RFC 1952, section 2.3: one member's header, a byte at a time.
class header_reader {
 public:
  enum class status : std::uint8_t { more, done, damaged };

  status take(std::uint8_t byte) noexcept {
    const bool summed = at_ != place::checksum;
    const status now = take_field(byte);
    if (summed) {
      checksum_ = crc32_gzip_refl(checksum_, &byte, 1);
    }
    return now;
  }

 private:
  enum class place : std::uint8_t { fixed, extra_length, extra, name, comment, checksum };
  static constexpr std::uint8_t flag_checksum = 2;
  static constexpr std::uint8_t flag_extra = 4;
  static constexpr std::uint8_t flag_name = 8;
  static constexpr std::uint8_t flag_comment = 16;
  static constexpr std::uint8_t flags_reserved = 0xE0;

  status take_field(std::uint8_t byte) noexcept {
    switch (at_) {
      case place::fixed:
        return take_fixed(byte);
      case place::extra_length:
        left_ = static_cast<std::uint16_t>(count_ == 0 ? byte : left_ | byte << 8);
        if (++count_ < 2) {
          return status::more;
        }
        return left_ > 0 ? go_to(place::extra) : after(place::extra);
      case place::extra:
        return --left_ > 0 ? status::more : after(place::extra);
      case place::name:
      case place::comment:
        return byte != 0 ? status::more : after(at_);
      case place::checksum:
        // The two low bytes of the checksum of all bytes before.
        if (byte != static_cast<std::uint8_t>(checksum_ >> (8 * count_))) {
          return status::damaged;
        }
        return ++count_ < 2 ? status::more : status::done;
    }
    return status::damaged;
  }

  status take_fixed(std::uint8_t byte) noexcept {
    constexpr std::array<std::uint8_t, 3> begin{0x1f, 0x8b, 8};  // magic, deflate
    if (count_ < begin.size() && byte != begin[count_]) {
      return status::damaged;
    }
    if (count_ == begin.size()) {
      flags_ = byte;
      if ((flags_ & flags_reserved) != 0) {
        return status::damaged;
      }
    }
    return ++count_ < 10 ? status::more : after(place::fixed);
  }

  // The next field that the flags name.
  status after(place done) noexcept {
    if (done < place::extra_length && (flags_ & flag_extra) != 0) {
      return go_to(place::extra_length);
    }
    if (done < place::name && (flags_ & flag_name) != 0) {
      return go_to(place::name);
    }
    if (done < place::comment && (flags_ & flag_comment) != 0) {
      return go_to(place::comment);
    }
    return (flags_ & flag_checksum) != 0 ? go_to(place::checksum) : status::done;
  }

  status go_to(place next) noexcept {
    at_ = next;
    count_ = 0;
    return status::more;
  }

  place at_ = place::fixed;
  std::uint8_t count_ = 0;  // bytes read of a field of fixed length
  std::uint8_t flags_ = 0;
  std::uint16_t left_ = 0;
  std::uint32_t checksum_ = 0;
};

}  // namespace

struct gzip_inflater::state {
  isal_inflation inflation;
  header_reader header;
  bool inside_member = false;
  bool inside_header = false;
  bool any_member = false;

  void begin_member() {
    isal_inflate_reset(&inflation.stream);
    inflation.stream.crc_flag = ISAL_GZIP_NO_HDR_VER;  // checksum and length are verified
    header = header_reader{};
    inside_member = true;
    inside_header = true;
  }
  inflate_status read_header();
  inflate_status step(const sink& out);
};

// `new` without braces leaves isa-l's tables unwritten.
gzip_inflater::gzip_inflater() : state_(new state) {
  reset(0);
}
gzip_inflater::~gzip_inflater() = default;

void gzip_inflater::reset(std::uint64_t inflated_bytes_max) {
  state_->inflation.reset(inflated_bytes_max);
  state_->inside_member = false;
  state_->any_member = false;
}

inflate_status gzip_inflater::state::read_header() {
  inflate_state& stream = inflation.stream;
  while (inside_header && stream.avail_in > 0) {
    const header_reader::status status = header.take(*stream.next_in);
    ++stream.next_in;
    --stream.avail_in;
    if (status == header_reader::status::damaged) {
      return inflate_status::damaged;
    }
    inside_header = status == header_reader::status::more;
  }
  return inflate_status::more;
}

// A member's header, or one call of isa-l.
inflate_status gzip_inflater::state::step(const sink& out) {
  if (!inside_member) {
    if (inflation.stream.avail_in == 0) {
      return inflate_status::more;
    }
    begin_member();  // whatever follows a member must be a member: Go's reader wants the same
  }
  if (inside_header) {
    const inflate_status status = read_header();
    if (status != inflate_status::more || inside_header || inflation.stream.avail_in == 0) {
      return status;
    }
  }
  const inflate_status status = inflation.step(out);
  if (status == inflate_status::more && inflation.at_end()) {
    inside_member = false;
    any_member = true;
  }
  return status;
}

inflate_status gzip_inflater::feed_some(std::string_view& piece, const sink& out) {
  isal_inflation& inflation = state_->inflation;
  WEIR_ASSERT(!inflation.failed);
  const inflate_status status = inflation.feed(piece, [&] { return state_->step(out); });
  inflation.failed = status != inflate_status::more;
  return status;
}

bool gzip_inflater::holds_output() const noexcept {
  return state_->inflation.holds_output && !state_->inflation.failed;
}

bool gzip_inflater::complete() const noexcept {
  return state_->any_member && !state_->inside_member && !state_->inflation.failed;
}

std::size_t gzip_inflater::held_bytes() const noexcept {
  return new_decoder_bytes;
}

std::uint64_t gzip_inflater::inflated_bytes() const noexcept {
  return state_->inflation.inflated_bytes;
}

}  // namespace weir
