#include "cli/descriptor_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/signals.h"
#include "cli/terminal.h"

namespace tenon::cli {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

}  // namespace

DescriptorOutput::DescriptorOutput(int descriptor, std::string path, std::string shown,
                                   std::function<void()> before_terminal_write)
    : descriptor_(descriptor),
      path_(std::move(path)),
      shown_(std::move(shown)),
      before_terminal_write_(std::move(before_terminal_write)),
      is_terminal_(cli::is_terminal(descriptor)) {}

DescriptorOutput::~DescriptorOutput() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void DescriptorOutput::fail(int code) const {
  if (code == EPIPE) throw ClosedPipe{};
  const bool is_full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  throw Error(ErrorKind::Resource, "cannot write to " + shown_ + ": " + std::strerror(code))
      .hint(is_full ? "free some space, or write to another place with --output" : "");
}

void DescriptorOutput::write_out(std::string_view bytes, bool stop_at_interrupt) {
  if (is_terminal_ && before_terminal_write_ && !bytes.empty()) before_terminal_write_();
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      fail(errno);
    } else if (stop_at_interrupt && was_interrupted()) {
      buffer_ = bytes;
      throw Interrupted{};
    }
  }
}

void DescriptorOutput::write(std::string_view bytes) {
  if (is_terminal_ || buffer_.size() + bytes.size() > kBufferBytes) flush();
  if (is_terminal_ || bytes.size() > kBufferBytes) return write_out(bytes, true);
  buffer_ += bytes;
}

void DescriptorOutput::flush() {
  const std::string bytes = std::exchange(buffer_, {});
  write_out(bytes, true);
}

void DescriptorOutput::flush_regardless() noexcept {
  try {
    const std::string bytes = std::exchange(buffer_, {});
    write_out(bytes, false);
  } catch (...) {
    // The run has failed already and said why.
  }
}

void DescriptorOutput::close() {
  flush();
  // Some file systems report a full disk only now.
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail(errno);
}

void open_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) == -1 && errno == EBADF)
      // The lowest free number, which is this one; in the direction nobody uses.
      (void)::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

}  // namespace tenon::cli
