// SPDX-License-Identifier: Apache-2.0
#include "letters/letter_box.hpp"

#include <iterator>
#include <utility>

#include "observe/journal.hpp"

namespace weir {

letter_box::letter_box(letter_box_options options, std::unique_ptr<letter_store> store)
    : now_ns_(std::move(options.now_ns)),
      line_bytes_max_(options.line_bytes_max),
      dropped_(options.dropped),
      enabled_(store != nullptr),
      store_(std::move(store)),
      thread_([this] { run(); }) {}

letter_box::~letter_box() {
  stop();
}

void letter_box::put(std::vector<letter_batch> batches, std::size_t bytes) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_ || store_ == nullptr || waiting_bytes_ + bytes > letter_queue_bytes_max) {
      for (const letter_batch& each : batches) {
        lost_queue_.add_shared(each.lines.size());
      }
      return;
    }
    waiting_bytes_ += bytes;
    waiting_.insert(waiting_.end(), std::make_move_iterator(batches.begin()),
                    std::make_move_iterator(batches.end()));
  }
  wake_.notify_one();
}

void letter_box::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return !replacing_ && (stopping_ || !waiting_.empty()); });
    if (waiting_.empty()) {
      return;
    }
    const std::vector<letter_batch> taken = std::exchange(waiting_, {});
    const std::size_t taken_bytes = waiting_bytes_;
    writing_ = true;
    const std::shared_ptr<letter_store> store = store_;
    lock.unlock();
    if (auto written = store->append(taken, now_ns_()); !written) {
      journal_limited("letters", journal_level::error,
                      "dead letters are lost: " + written.error().message);
    }
    lock.lock();
    waiting_bytes_ -= taken_bytes;  // until now they were in memory
    writing_ = false;
    settled_.notify_all();
  }
}

void letter_box::flush() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [this] { return waiting_.empty() && !writing_; });
}

void letter_box::set_keep(std::uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  if (store_ != nullptr) {
    store_->set_keep(bytes);
  }
}

void letter_box::replace_store(std::unique_ptr<letter_store> store) {
  enabled_.store(store != nullptr, std::memory_order_relaxed);
  std::unique_lock lock(mutex_);
  replacing_ = true;
  settled_.wait(lock, [this] { return !writing_; });
  replacing_ = false;
  store_ = std::move(store);
  if (store_ == nullptr) {
    for (const letter_batch& each : std::exchange(waiting_, {})) {
      lost_queue_.add_shared(each.lines.size());
    }
    waiting_bytes_ = 0;
    settled_.notify_all();
  }
  wake_.notify_one();
}

void letter_box::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void letter_box::collect(metric_collector& out) const {
  std::shared_ptr<const letter_store> store;
  {
    const std::scoped_lock lock(mutex_);
    store = store_;
  }
  if (store == nullptr) {
    return;
  }
  store->collect(out);
  const auto lost = [&out](std::string_view reason, const counter& value) {
    out.counter_value("weir_letters_lost_total", "Dead letters that could not be kept, by reason.",
                      static_cast<double>(value.value()), {{"reason", reason}});
  };
  lost("queue", lost_queue_);
  lost("memory", lost_memory_);
}

}  // namespace weir
