#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/context.h"

namespace tenon::cli {

/// An output that can still be kept or given up.
class PendingOutput : public Output {
 public:
  /// Writes out what is buffered and closes; after this only keep() may be called.
  virtual void close() = 0;
  /// Puts a finished file in its place.
  virtual void keep() {}
};

/// Buffered writing to a descriptor with every error looked at: a full disk is Error(Resource)
/// naming `shown`, a pipe without a reader is ClosedPipe, SIGINT while a slow reader blocks is
/// Interrupted. On a terminal nothing waits in the buffer.
class DescriptorOutput : public PendingOutput {
 public:
  /// Owns `descriptor`. `path` is what path() gives, `shown` the name in messages.
  DescriptorOutput(int descriptor, std::string path, std::string shown,
                   std::function<void()> before_terminal_write);
  ~DescriptorOutput() override;

  void write(std::string_view bytes) override;
  void flush() override;
  bool is_terminal() const override { return is_terminal_; }
  const std::string& path() const override { return path_; }
  void close() override;

  /// As flush(), but neither SIGINT nor an error stops it: what is there shall be seen.
  void flush_regardless() noexcept;

 private:
  void write_out(std::string_view bytes, bool stop_at_interrupt);
  [[noreturn]] void fail(int code) const;

  int descriptor_;
  std::string path_;
  std::string shown_;
  std::function<void()> before_terminal_write_;
  bool is_terminal_;
  std::string buffer_;
};

/// Descriptors 0, 1 and 2 that are closed are taken, so that no file lands there and messages end up in results.
/// Reading or writing them still fails.
void open_standard_descriptors();

}  // namespace tenon::cli
