// SPDX-License-Identifier: Apache-2.0
#include "letters/letter_store.hpp"

#include <algorithm>
#include <vector>

#include "base/assert.hpp"
#include "letters/letter_segments.hpp"

namespace weir {
namespace {

// Written at a time.
constexpr std::size_t chunk_bytes = std::size_t{256} << 10;
// A segment is an eighth of what is kept, so that rotation costs an eighth of the letters.
constexpr std::uint64_t segment_share = 8;
constexpr std::uint64_t segment_bytes_most = std::uint64_t{16} << 20;
constexpr std::int64_t retry_after_ns = 1'000'000'000;

failure refused(const char* what, const std::string& path, std::int64_t error) {
  return {std::string("cannot ") + what + " " + path + ": " + errno_text(error)};
}

std::uint64_t letters_of(std::span<const letter_batch> batches) {
  std::uint64_t sum = 0;
  for (const letter_batch& batch : batches) {
    sum += batch.lines.size();
  }
  return sum;
}

}  // namespace

result<std::unique_ptr<letter_store>> letter_store::open(letter_store_options options,
                                                         file_system& files) {
  std::unique_ptr<letter_store> made(new letter_store(std::move(options), files));
  const std::string& directory = made->options_.directory;
  if (const int error = files.make_directory(directory); error < 0) {
    return refused("make the directory", directory, error);
  }
  if (const std::string why = made->lock_.take(directory + "/lock"); !why.empty()) {
    return failure{"the dead letters' directory " + directory + ": " + why};
  }
  if (auto recovered = made->recover(); !recovered) {
    return recovered.error();
  }
  return made;
}

std::string letter_store::path_of(const segment& which) const {
  return options_.directory + "/" + letter_segment_name(which.first_id);
}

std::uint64_t letter_store::segment_bytes_max() const noexcept {
  return std::min(keep_.load(std::memory_order_relaxed) / segment_share, segment_bytes_most);
}

std::uint64_t letter_store::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const segment& each : segments_) {
    sum += each.bytes;
  }
  return sum;
}

outcome letter_store::recover() {
  const auto found = list_letter_segments(files_, options_.directory);
  if (!found) {
    return found.error();
  }
  for (const std::uint64_t first : found.value()) {
    segment each{.first_id = first};
    const file_handle file(files_, files_.open_to_read(path_of(each)));
    each.bytes =
        file.open() ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.size())) : 0;
    segments_.push_back(each);
  }
  if (!segments_.empty()) {
    if (auto done = recover_last(segments_.back()); !done) {
      return done;
    }
  }
  bytes_.set(bytes());
  return nothing{};
}

/// Learns the last id, and cuts off what a crash left half-written.
outcome letter_store::recover_last(segment& last) {
  next_id_ = last.first_id;
  const std::string path = path_of(last);
  file_handle file(files_, files_.open_to_write(path));
  std::string text(last.bytes, '\0');
  const std::int64_t read = file.open() ? file.read_fully(text, 0) : -1;
  if (read < 0) {
    return failure{"cannot read " + path + "; see who owns it and its permissions"};
  }
  text.resize(static_cast<std::size_t>(read));
  const std::size_t whole = text.rfind('\n') + 1;  // npos + 1 is 0
  letter_decoder decoder;
  for (std::size_t begin = 0; begin < whole;) {
    const std::size_t end = text.find('\n', begin);
    if (const auto found = decoder.decode(std::string_view(text).substr(begin, end - begin))) {
      next_id_ = std::max(next_id_, found->id + 1);
    }
    begin = end + 1;
  }
  if (whole < text.size() && file.truncate(whole) < 0) {
    return nothing{};  // the next letter begins a segment of its own
  }
  last.bytes = whole;
  if (next_id_ > last.first_id) {
    file_ = std::move(file);
  }
  return nothing{};
}

outcome letter_store::make_room(std::uint64_t wanted) {
  while (!segments_.empty() && bytes() + wanted > keep_.load(std::memory_order_relaxed)) {
    const segment oldest = segments_.front();
    const std::uint64_t end = segments_.size() > 1 ? segments_[1].first_id : next_id_;
    if (segments_.size() == 1) {
      file_.reset();
    }
    if (const int error = files_.remove(path_of(oldest)); error < 0) {
      return refused("remove", path_of(oldest), error);
    }
    rotated_.add(end - oldest.first_id);
    segments_.pop_front();
  }
  return nothing{};
}

outcome letter_store::begin_segment() {
  file_.reset();
  const segment made{.first_id = next_id_};
  const int created = files_.create(path_of(made));
  if (created < 0) {
    return refused("create", path_of(made), created);
  }
  file_ = file_handle(files_, created);
  // A segment of that name may be there: one in which no letter was whole.
  std::erase_if(segments_, [&](const segment& each) { return each.first_id == made.first_id; });
  segments_.push_back(made);
  return nothing{};
}

outcome letter_store::write(const std::string& text, std::uint64_t letters) {
  if (auto room = make_room(text.size()); !room) {
    return room;
  }
  if (!file_.open() || segments_.back().bytes >= segment_bytes_max()) {
    if (auto begun = begin_segment(); !begun) {
      return begun;
    }
  }
  segment& current = segments_.back();
  if (const int error = file_.write_fully({text}, current.bytes); error < 0) {
    const std::string path = path_of(current);
    if (file_.truncate(current.bytes) < 0) {
      // Some of its lines may stand there: their ids are used up.
      file_.reset();
      next_id_ += letters;
      current.bytes += text.size();
    }
    return refused("write to", path, error);
  }
  current.bytes += text.size();
  next_id_ += letters;
  kept_.add(letters);
  return nothing{};
}

outcome letter_store::append(std::span<const letter_batch> batches, std::int64_t now_ns) {
  std::uint64_t left = letters_of(batches);
  if (now_ns < retry_ns_) {
    lost_.add(left);
    return failure{failed_words_};
  }
  std::string text;
  std::uint64_t held = 0;
  outcome written = nothing{};
  const auto flush = [&] {
    if (written.ok() && held > 0) {
      written = write(text, held);
      left -= written.ok() ? held : 0;
    }
    text.clear();
    held = 0;
  };
  for (const letter_batch& batch : batches) {
    for (const letter_line& line : batch.lines) {
      append_letter(next_id_ + held, batch.header, line, text);
      ++held;
      if (text.size() >= chunk_bytes) {
        flush();
      }
    }
  }
  flush();
  bytes_.set(bytes());
  if (!written) {
    lost_.add(left);
    failures_.add();
    retry_ns_ = now_ns + retry_after_ns;
    failed_words_ = written.error().message;
  }
  return written;
}

void letter_store::collect(metric_collector& out) const {
  out.counter_value("weir_letters_kept_total", "Dead letters written.",
                    static_cast<double>(kept_.value()));
  out.counter_value("weir_letters_lost_total", "Dead letters that could not be kept, by reason.",
                    static_cast<double>(lost_.value()), {{"reason", "disk"}});
  out.counter_value("weir_letters_rotated_total",
                    "Dead letters removed to make room (letters.keep).",
                    static_cast<double>(rotated_.value()));
  out.counter_value("weir_letters_write_failures_total", "Refusals by the letters' disk.",
                    static_cast<double>(failures_.value()));
  out.gauge_value("weir_letters_bytes", "Bytes of the dead letters' files.",
                  static_cast<double>(bytes_.value()));
  out.gauge_value("weir_letters_keep_bytes", "letters.keep.",
                  static_cast<double>(keep_.load(std::memory_order_relaxed)));
}

}  // namespace weir
