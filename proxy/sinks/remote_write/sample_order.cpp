// SPDX-License-Identifier: Apache-2.0
//
// Which samples of a batch are sent, and in which order. Pure.
#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

#include "sinks/remote_write/sample_batch.hpp"

namespace weir {
// Two points of a series in one millisecond are one sample: the one written last, as in InfluxDB.
void sample_batch::keep_last_of_each_time() {
  if (in_order_) {
    return;
  }
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
  for (std::size_t i = 0; i < samples_.size() && !several; ++i) {
    samples_[i].round = series_[samples_[i].series].rounds++;
  }
  const auto by_time = [](const sample& one, const sample& other) {
    return std::tie(one.round, one.time_ms) < std::tie(other.round, other.time_ms);
  };
  if (!std::is_sorted(samples_.begin(), samples_.end(), by_time)) {
    std::stable_sort(samples_.begin(), samples_.end(), by_time);
  }
}

}  // namespace weir
