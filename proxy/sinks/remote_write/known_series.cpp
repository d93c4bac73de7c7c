// SPDX-License-Identifier: Apache-2.0
#include "sinks/remote_write/known_series.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/per_request/bring_near.hpp"

namespace weir {
namespace {

constexpr std::size_t cache_line_bytes = 64;
/// What an entry of a map costs beside its texts, about.
constexpr std::size_t node_bytes = 96;
/// Batches for which nothing is remembered where that was of no use.
constexpr std::uint32_t rest_batches = 64;
/// Different labels for each share, from which on whole lines are shared out, and not their series.
constexpr std::size_t lines_of_a_share = 8;

char* write_number(std::size_t number, char* to) noexcept {
  const auto bytes = static_cast<std::uint32_t>(number);
  std::memcpy(to, &bytes, sizeof bytes);
  return to + sizeof bytes;
}

/// The first and the last bytes of a text, which may overlap.
template <class Word>
void write_ends(std::string_view text, char* to) noexcept {
  std::memcpy(to, text.data(), sizeof(Word));
  std::memcpy(to + text.size() - sizeof(Word), text.data() + text.size() - sizeof(Word),
              sizeof(Word));
}

/// Faster than a call for the names of fields, most of which are short.
char* write_short(std::string_view text, char* to) noexcept {
  using two_words = std::array<std::uint64_t, 2>;
  if (text.size() > 2 * sizeof(two_words)) {
    std::memcpy(to, text.data(), text.size());
  } else if (text.size() >= sizeof(two_words)) {
    write_ends<two_words>(text, to);
  } else if (text.size() >= sizeof(std::uint64_t)) {
    write_ends<std::uint64_t>(text, to);
  } else if (text.size() >= sizeof(std::uint32_t)) {
    write_ends<std::uint32_t>(text, to);
  } else {
    for (std::size_t i = 0; i < text.size(); ++i) {
      to[i] = text[i];
    }
  }
  return to + text.size();
}

}  // namespace

std::size_t known_series::text_hash::operator()(std::string_view text) const noexcept {
  return XXH3_64bits(text.data(), text.size());
}

void known_series::begin(std::string_view database, std::string_view policy) {
  if (bytes_ > bytes_max_ || !remembers_) {
    forget();
  }
  ++batch_;
  of_batch_.clear();
  std::string lane(database);
  lane.append(1, '\0').append(policy);
  const auto [place, made] =
      lanes_.try_emplace(std::move(lane), static_cast<std::uint32_t>(lanes_.size()));
  bytes_ += made ? place->first.size() + node_bytes : 0;
  lane_ = place->second;
}

void known_series::forget() {
  if (remembers_) {
    remembers_ = found_ > made_;
    resting_ = 0;
  } else {
    remembers_ = ++resting_ == rest_batches;
  }
  found_ = made_ = 0;
  bytes_ = 0;
  label_bytes_most_ = 0;
  all_.clear();
  index_.clear();
  labels_.clear();
  names_.clear();
  lines_.clear();
  line_index_.clear();
  line_series_.clear();
  lanes_.clear();
}

wire_series known_series::wire(std::uint32_t number) const {
  return wire_of(at(number));
}

void known_series::expect_labels(std::uint32_t number) const {
  const entry& one = at(number);
  if (number > 0 && at(number - 1).labels == one.labels) {
    return;
  }
  for (std::size_t i = 0; i < one.before_bytes + one.after_bytes; i += cache_line_bytes) {
    bring_near(one.labels + i);
  }
}

std::optional<std::uint32_t> known_series::number_of(const series_key& key) const {
  const std::uint32_t place = index_.find(key, series_at());
  if (place == none || all_[place].batch != batch_) {
    return std::nullopt;
  }
  return all_[place].number;
}

std::vector<std::uint32_t> known_series::shares(std::size_t count) const {
  std::vector<std::uint64_t> hashes(of_batch_.size());
  std::unordered_set<std::uint64_t> different;
  const std::size_t enough = lines_of_a_share * count;
  const entry* before = nullptr;
  for (std::uint32_t i = 0; i < hashes.size(); ++i) {
    const entry& one = at(i);
    hashes[i] = before != nullptr && before->labels == one.labels
                    ? hashes[i - 1]
                    : XXH3_64bits(one.labels, one.before_bytes + one.after_bytes);
    if (different.size() < enough) {
      different.insert(hashes[i]);
    }
    before = &one;
  }
  const bool by_line = different.size() >= enough;
  std::vector<std::uint32_t> made(hashes.size());
  for (std::uint32_t i = 0; i < made.size(); ++i) {
    made[i] = static_cast<std::uint32_t>((by_line ? hashes[i] : at(i).key.high) % count);
  }
  return made;
}

series_key known_series::key_of(const point_view& point, point_form form) {
  std::size_t bytes = 3 * sizeof(std::uint32_t) + point.series.size();
  for (const field_view& each : point.fields) {
    bytes += sizeof(std::uint32_t) + each.key.size();
  }
  if (line_text_.size() < bytes) {
    line_text_.resize(2 * bytes);
  }
  char* to = line_text_.data();
  to = write_number(lane_, to);
  to = write_number(static_cast<std::size_t>(form), to);
  to = write_number(point.fields.size(), to);
  for (const field_view& each : point.fields) {
    to = write_number(each.key.size(), to);
    to = write_short(each.key, to);
  }
  std::memcpy(to, point.series.data(), point.series.size());
  return series_key_of({line_text_.data(), bytes});
}

std::uint32_t known_series::find(const point_view& point, point_form form) {
  const series_key key = key_of(point, form);
  std::uint32_t place = line_index_.find(key, line_at());
  if (place != none) {
    ++found_;
    return place;
  }
  ++made_;
  place = static_cast<std::uint32_t>(lines_.size());
  lines_.push_back({.key = key, .first = static_cast<std::uint32_t>(line_series_.size())});
  line_series_.resize(line_series_.size() + point.fields.size(), none);
  line_index_.add(place, line_at());
  bytes_ +=
      sizeof(known_line) + place_index::bytes_a_place + point.fields.size() * sizeof(std::uint32_t);
  return place;
}

std::uint32_t known_series::add(const series_key& key, const mapped_field& field,
                                const wire_labels& labels, const std::string*& kept) {
  std::uint32_t place = index_.find(key, series_at());
  if (place != none) {
    return place;
  }
  if (kept == nullptr) {
    kept = &labels_.emplace_back(labels.before + labels.after);
    bytes_ += kept->size() + sizeof(std::string);
  }
  const auto [name, is_new] = names_.insert(field.name);
  place = static_cast<std::uint32_t>(all_.size());
  all_.push_back({.key = key,
                  .labels = kept->data(),
                  .name = &*name,
                  .before_bytes = static_cast<std::uint32_t>(labels.before.size()),
                  .after_bytes = static_cast<std::uint32_t>(labels.after.size()),
                  .type = field.type});
  index_.add(place, series_at());
  label_bytes_most_ = std::max(label_bytes_most_, label_bytes_of(all_.back()));
  bytes_ +=
      sizeof(entry) + place_index::bytes_a_place + (is_new ? field.name.size() + node_bytes : 0);
  return place;
}

std::uint32_t known_series::line::find_row() {
  const std::uint32_t first = series_of(0);
  bool follow = true;
  for (std::size_t i = 1; i < point_.fields.size(); ++i) {
    follow = series_of(i) == first + i && follow;
  }
  known_line& seen = known_.lines_[place_];
  seen.batch = known_.batch_;
  seen.row = follow ? first : none;
  return seen.row;
}

std::uint32_t known_series::line::make(std::size_t index) {
  if (!taken_) {
    taken_ = true;
    mapper_.take(point_);
  }
  const mapped_field& field = mapper_.field(index);
  if (!encoded_ || quantile_ != field.quantile) {
    encode(field.quantile);
  }
  std::string& whole = known_.whole_;
  whole.assign(known_.line_labels_.before);
  append_label(wire::name_label, field.name, whole);
  whole.append(known_.line_labels_.after);
  return known_.add(series_key_of(whole), field, known_.line_labels_, kept_);
}

void known_series::line::encode(std::string_view quantile) {
  encoded_ = true;
  kept_ = nullptr;
  quantile_ = quantile;
  wire_labels& into = known_.line_labels_;
  into.before.clear();
  into.after.clear();
  const auto append = [&into](std::string_view name, std::string_view value) {
    append_label(name, value, name < wire::name_label ? into.before : into.after);
  };
  bool waits = !quantile.empty();
  for (const label_view& each : mapper_.labels()) {
    if (waits && series_mapper::quantile_label < each.name) {
      waits = false;
      append(series_mapper::quantile_label, quantile);
    }
    append(each.name, each.value);
  }
  if (waits) {
    append(series_mapper::quantile_label, quantile);
  }
}

std::uint64_t known_series::line::cut_labels() {
  const std::uint64_t cut = mapper_.cut_labels() - cut_before_;
  if (place_ == none) {
    return cut;
  }
  known_line& seen = known_.lines_[place_];
  if (encoded_) {
    seen.cut_labels = cut;
  }
  return seen.cut_labels;
}

}  // namespace weir
