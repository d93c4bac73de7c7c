// SPDX-License-Identifier: Apache-2.0
//
// A book (sent_ledger, stale_book) in its file. After a write that failed, what would be appended
// is not what follows: the file is replaced first. Points are delivered all the same, because what
// a file protects from is a crash. Lives on its sink's thread.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "observe/metrics.hpp"
#include "sinks/state/sent_store.hpp"

namespace weir {

class book_file {
 public:
  /// `file` may be null: nothing is kept. `failures` counts, and must outlive it.
  book_file(std::unique_ptr<sent_store> file, counter& failures)
      : file_(std::move(file)), failures_(failures) {}

  /// Appends what is new in the book.
  template <class Book>
  void append(Book& book) {
    if (has_gaps_) {
      replace(book);
      return;
    }
    const std::string bytes = book.take_unwritten();
    if (!bytes.empty() && file_ != nullptr) {
      note(file_->append(bytes));
    }
  }
  /// Writes all of the book anew.
  template <class Book>
  void replace(Book& book) {
    const std::string bytes = book.whole();
    if (file_ != nullptr) {
      note(file_->replace(bytes));
    }
  }

 private:
  void note(bool written) {
    has_gaps_ = !written;
    failures_.add(written ? 0 : 1);
  }

  std::unique_ptr<sent_store> file_;
  counter& failures_;
  bool has_gaps_ = false;
};

}  // namespace weir
