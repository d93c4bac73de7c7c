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

std::size_t sample_batch::label_bytes(std::uint32_t series) const {
  const series_entry& one = series_[series];
  const label_set& labels = label_sets_[one.labels];
  return labels.before.bytes + labels.after.bytes + one.name.bytes + wire::series_bytes_max;
}

}  // namespace weir
