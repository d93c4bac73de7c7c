// SPDX-License-Identifier: Apache-2.0
//
// Which samples of a batch are sent, and in which order. Pure.
#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "sinks/remote_write/sample_batch.hpp"

namespace weir {
namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

}  // namespace

// Two points of a series in one millisecond are one sample: the one written last, as in InfluxDB.
void sample_batch::keep_last_of_each_time() {
  const auto place = [](const sample& one) { return std::tuple(one.series, one.time_ms); };
  std::stable_sort(samples_.begin(), samples_.end(), [&](const sample& one, const sample& other) {
    return place(one) < place(other);
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    if (i + 1 < samples_.size() && place(samples_[i]) == place(samples_[i + 1])) {
      note(samples_[i].point, discard_reason::duplicate);
    } else {
      samples_[kept++] = samples_[i];
    }
  }
  samples_.resize(kept);
}

void sample_batch::drop_too_old(std::int64_t least_ms) {
  std::erase_if(samples_, [&](const sample& one) {
    if (one.time_ms >= least_ms) {
      return false;
    }
    note(one.point, discard_reason::too_old);
    return true;
  });
}

void sample_batch::drop_what_is_sent(const sample_rules& rules, sent_ledger& ledger) {
  std::uint32_t series = none;
  std::optional<std::int64_t> last;
  bool last_is_uncertain = false;
  std::erase_if(samples_, [&](sample& one) {
    const sent_sample sent = sent_of(one);
    if (one.series != series) {
      series = one.series;
      last = ledger.last(sent.series);
      last_is_uncertain = last && ledger.uncertain({sent.series, *last});
    }
    if (rules.refused != nullptr && !rules.refused->empty()) {
      if (const auto found = rules.refused->find(sent); found != rules.refused->end()) {
        refuse(one, found->second);
        return true;
      }
    }
    if (ledger.delivered(sent)) {
      deliver(one);
      return true;
    }
    if (!last || one.time_ms > *last) {
      return false;
    }
    // The server has nothing newer for certain, so the whole of what got lost may be sent again.
    if (last_is_uncertain && ledger.uncertain(sent)) {
      one.question = ledger.question(sent);
      return false;
    }
    if (rules.older && one.time_ms < *last) {
      return false;
    }
    note(one.point,
         one.time_ms == *last ? discard_reason::duplicate : discard_reason::out_of_order);
    return true;
  });
}

void sample_batch::order(bool several) {
  for (std::size_t i = 1; i < samples_.size() && !several; ++i) {
    const bool same = samples_[i].series == samples_[i - 1].series;
    samples_[i].round = same ? samples_[i - 1].round + 1 : 0;
  }
  std::sort(samples_.begin(), samples_.end(), [](const sample& one, const sample& other) {
    return std::tuple(one.round, one.time_ms, one.series) <
           std::tuple(other.round, other.time_ms, other.series);
  });
}

std::size_t sample_batch::make_request(std::size_t begin, std::size_t samples_max,
                                       std::size_t bytes_max) {
  place_of_series_.resize(series_.size(), none);
  samples_of_place_.clear();
  std::size_t end = begin;
  std::size_t bytes = 0;
  for (; end < samples_.size() && end - begin < samples_max; ++end) {
    const sample& one = samples_[end];
    std::uint32_t& place = place_of_series_[one.series];
    bytes += wire::sample_bytes_max + (place == none ? label_bytes(one.series) : 0);
    if (end > begin && (bytes > bytes_max || one.round != samples_[begin].round)) {
      break;
    }
    if (place == none) {
      place = static_cast<std::uint32_t>(samples_of_place_.size());
      samples_of_place_.push_back(0);
    }
    ++samples_of_place_[place];
  }
  put_series_together(begin, end);
  return end;
}

/// Series in the order of their first samples, so that the oldest of all comes first: an empty
/// Prometheus takes nothing that is an hour older than the first sample that it gets.
void sample_batch::put_series_together(std::size_t begin, std::size_t end) {
  const std::size_t places = samples_of_place_.size();
  if (places < end - begin) {
    std::uint32_t at = 0;
    for (std::uint32_t& count : samples_of_place_) {
      at += std::exchange(count, at);
    }
    together_.resize(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      together_[samples_of_place_[place_of_series_[samples_[i].series]]++] = samples_[i];
    }
    std::copy(together_.begin(), together_.end(),
              samples_.begin() + static_cast<std::ptrdiff_t>(begin));
  }
  for (std::size_t i = begin; i < end; ++i) {
    place_of_series_[samples_[i].series] = none;
  }
}

bool sample_batch::holds_a_series_twice(std::size_t begin, std::size_t end) const {
  const auto from = samples_.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto to = samples_.begin() + static_cast<std::ptrdiff_t>(end);
  return std::adjacent_find(from, to, [](const sample& one, const sample& next) {
           return one.series == next.series;
         }) != to;
}

std::size_t sample_batch::label_bytes(std::uint32_t series) const {
  const series_entry& one = series_[series];
  const label_set& labels = label_sets_[one.labels];
  return labels.before.bytes + labels.after.bytes + one.name.bytes + wire::series_bytes_max;
}

}  // namespace weir
