#include "cli/signals.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>

#include "base/error.h"

namespace tenon::cli {
namespace {

constexpr std::size_t kMostFiles = 64;

// Handlers may touch lock-free atomics and call unlink(), nothing else: hence fixed slots.
std::atomic<int> interrupt_count{0};
std::array<std::atomic<const char*>, kMostFiles> doomed_files{};
static_assert(std::atomic<int>::is_always_lock_free);
static_assert(std::atomic<const char*>::is_always_lock_free);

void remove_doomed_files() {
  for (auto& slot : doomed_files) {
    const char* path = slot.exchange(nullptr);
    if (path != nullptr) ::unlink(path);
  }
}

extern "C" void on_interrupt(int signal) {
  if (interrupt_count.fetch_add(1) == 0) return;
  remove_doomed_files();
  end_by_signal(signal);
}

extern "C" void on_end(int signal) {
  remove_doomed_files();
  end_by_signal(signal);
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) return;
  action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  // No SA_RESTART: a read from a silent pipe must end with EINTR for the flag to be seen.
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void install_signal_handlers() {
  handle(SIGINT, on_interrupt);
  handle(SIGTERM, on_end);
  handle(SIGHUP, on_end);
  handle(SIGQUIT, on_end);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

bool was_interrupted() {
  return interrupt_count.load(std::memory_order_relaxed) > 0;
}

void end_by_signal(int signal) {
  ::signal(signal, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::raise(signal);
  ::_exit(128 + signal);
}

DoomedFile::DoomedFile(const std::string& path) : slot_(0), path_(path) {
  for (; slot_ < kMostFiles; ++slot_) {
    const char* empty = nullptr;
    if (doomed_files[slot_].compare_exchange_strong(empty, path_.c_str())) return;
  }
  throw Error(ErrorKind::Resource, "more than 64 output files are open at once");
}

DoomedFile::~DoomedFile() {
  doomed_files[slot_].store(nullptr);
}

}  // namespace tenon::cli
