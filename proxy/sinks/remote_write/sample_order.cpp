// SPDX-License-Identifier: Apache-2.0
//
// Which samples of a batch are sent, and in which order. Pure.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "sinks/remote_write/sample_batch.hpp"

namespace weir {
namespace {

bool is_earlier(const sample& one, const sample& other) noexcept {
  return one.time_ms < other.time_ms;
}

/// Samples are read point by point, and those of a point have one time: points are sorted, which
/// are fewer, and each sample is moved once.
void sort_by_time(std::vector<sample>& samples) {
  if (std::is_sorted(samples.begin(), samples.end(), is_earlier)) {
    return;
  }
  struct of_point {
    std::int64_t time_ms;
    std::uint32_t begin;
    std::uint32_t end;
  };
  std::vector<of_point> points;
  for (std::uint32_t i = 0; i < samples.size(); ++i) {
    if (i > 0 && samples[i].point == samples[i - 1].point) {
      points.back().end = i + 1;
    } else {
      points.push_back({samples[i].time_ms, i, i + 1});
    }
  }
  std::stable_sort(points.begin(), points.end(), [](const of_point& one, const of_point& other) {
    return one.time_ms < other.time_ms;
  });
  std::vector<sample> sorted;
  sorted.reserve(samples.size());
  for (const of_point& one : points) {
    sorted.insert(sorted.end(), samples.begin() + one.begin, samples.begin() + one.end);
  }
  samples.swap(sorted);
}

}  // namespace

/// For each series, the places of its samples, by time, and as they were read where that is the
/// same. A series' places lie together; `then` gets each two that follow one another.
template <class Then>
void sample_batch::for_each_pair_of_a_series(Then then) const {
  std::vector<std::uint32_t> end_of(series_.size());
  for (const sample& one : samples_) {
    ++end_of[one.series];
  }
  std::exclusive_scan(end_of.begin(), end_of.end(), end_of.begin(), 0U);
  std::vector<std::uint32_t> places(samples_.size());
  for (std::uint32_t i = 0; i < samples_.size(); ++i) {
    places[end_of[samples_[i].series]++] = i;
  }
  const auto earlier = [this](std::uint32_t one, std::uint32_t other) {
    return is_earlier(samples_[one], samples_[other]);
  };
  auto begin = places.begin();
  for (const std::uint32_t until : end_of) {
    const auto end = places.begin() + until;
    if (!std::is_sorted(begin, end, earlier)) {
      std::stable_sort(begin, end, earlier);
    }
    for (; begin != end && begin + 1 != end; ++begin) {
      then(*begin, begin[1]);
    }
    begin = end;
  }
}

// Two points of a series in one millisecond are one sample: the one written last, as in InfluxDB.
void sample_batch::keep_last_of_each_time() {
  if (in_order_) {
    return;
  }
  std::vector<bool> dropped(samples_.size());
  for_each_pair_of_a_series([&](std::uint32_t one, std::uint32_t next) {
    if (samples_[one].time_ms == samples_[next].time_ms) {
      dropped[one] = true;
      note(samples_[one].point, discard_reason::duplicate);
    }
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    if (!dropped[i]) {
      samples_[kept++] = samples_[i];
    }
  }
  samples_.resize(kept);
}

void sample_batch::drop_too_old(std::int64_t least_ms) {
  if (least_ms == std::numeric_limits<std::int64_t>::min()) {
    return;
  }
  std::erase_if(samples_, [&](const sample& one) {
    if (one.time_ms >= least_ms) {
      return false;
    }
    note(one.point, discard_reason::too_old);
    return true;
  });
}

sample_batch::series_entry& sample_batch::asked(const sample& one, sent_ledger& ledger) {
  series_entry& series = series_[one.series];
  if (!series.asked) {
    series.asked = true;
    const series_key& key = known_.key(one.series);
    series.last_sent_ms = ledger.last(key, known_.places(one.series).sent);
    series.last_is_uncertain = series.last_sent_ms && ledger.uncertain({key, *series.last_sent_ms});
  }
  return series;
}

void sample_batch::drop_what_is_sent(const sample_rules& rules, sent_ledger& ledger) {
  const bool first_attempt =
      !ledger.knows_of_earlier() && (rules.refused == nullptr || rules.refused->empty());
  const sample* const end = samples_.data() + samples_.size();
  const auto behind = [end](const sample& one, std::ptrdiff_t by) -> const sample& {
    return (&one)[std::min(by, end - &one - 1)];
  };
  std::erase_if(samples_, [&](sample& one) {
    expect(behind(one, 2 * std::ptrdiff_t{ahead}));
    ledger.expect(known_.places(behind(one, ahead).series).sent);
    const series_entry& series = asked(one, ledger);
    const std::optional<std::int64_t>& last = series.last_sent_ms;
    if (first_attempt && (!last || one.time_ms > *last)) {
      return false;
    }
    const sent_sample sent = sent_of(one);
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
    if (series.last_is_uncertain && ledger.uncertain(sent)) {
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

// Where nobody mixed up the times it is in order already.
void sample_batch::order(bool several) {
  sort_by_time(samples_);
  if (several) {
    return;
  }
  for (sample& each : samples_) {
    each.round = series_[each.series].rounds++;
  }
  const auto by_round = [](const sample& one, const sample& other) {
    return one.round < other.round;
  };
  if (!std::is_sorted(samples_.begin(), samples_.end(), by_round)) {
    std::stable_sort(samples_.begin(), samples_.end(), by_round);
  }
}

}  // namespace weir
