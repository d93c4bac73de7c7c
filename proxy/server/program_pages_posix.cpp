// SPDX-License-Identifier: Apache-2.0
#include "server/program_pages_posix.hpp"

#include <link.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace weir {
namespace {

/// What the loader wrote to code would be lost with its pages.
bool has_relocated_code(const dl_phdr_info& of) noexcept {
  for (int i = 0; i < of.dlpi_phnum; ++i) {
    if (of.dlpi_phdr[i].p_type != PT_DYNAMIC) {
      continue;
    }
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells numbers
    const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(of.dlpi_addr + of.dlpi_phdr[i].p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag == DT_TEXTREL ||
          (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0)) {
        return true;
      }
    }
  }
  return false;
}

/// Requires: nothing was ever written there.
void release(std::uintptr_t begin, std::size_t bytes) noexcept {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::uintptr_t from = (begin + page - 1) / page * page;
  const std::uintptr_t to = (begin + bytes) / page * page;
  if (from < to) {
    // What fails costs memory and nothing else.
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells numbers
    static_cast<void>(::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED));
  }
}

int release_of(dl_phdr_info* of, std::size_t, void*) {
  // The program itself has no name, and what the kernel maps has one without a path.
  const bool is_file =
      of->dlpi_name == nullptr || of->dlpi_name[0] == '\0' || of->dlpi_name[0] == '/';
  if (!is_file || has_relocated_code(*of)) {
    return 0;
  }
  for (int i = 0; i < of->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = of->dlpi_phdr[i];
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0) {
      release(of->dlpi_addr + segment.p_vaddr, segment.p_filesz);
    }
  }
  return 0;
}

}  // namespace

void keep_heap_pages() noexcept {
#ifdef __GLIBC__
  // The largest buffers of a batch are some MiB. What is freed at the end of an arena stays up to
  // the second bound; the library's own rule would let it grow to 64 MiB, after it had given pages
  // back and fetched them again for each batch on the way there.
  constexpr int mapped_from = 8 << 20;
  constexpr int kept_at_end = 16 << 20;
  static_cast<void>(::mallopt(M_MMAP_THRESHOLD, mapped_from));
  static_cast<void>(::mallopt(M_TRIM_THRESHOLD, kept_at_end));
#endif
}

void give_back_heap_pages() noexcept {
#ifdef __GLIBC__
  static_cast<void>(::malloc_trim(0));
#endif
}

void release_program_pages() noexcept {
  ::dl_iterate_phdr(release_of, nullptr);
}

}  // namespace weir
