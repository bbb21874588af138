#include "cli/input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "cli/signals.h"
#include "cli/terminal.h"

namespace tenon::cli {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;

class InputLines : public Context::Lines {
 public:
  explicit InputLines(std::unique_ptr<Input> input) : input_(std::move(input)) {}

  bool next(std::string& line) override {
    std::size_t end = buffer_.find('\n', begin_);
    while (end == std::string::npos) {
      buffer_.erase(0, std::exchange(begin_, 0));
      const std::size_t searched = buffer_.size();
      if (!input_->read_more(buffer_)) return last(line);
      end = buffer_.find('\n', searched);
    }
    line.assign(buffer_, begin_, end - begin_);
    begin_ = end + 1;
    ++number_;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return true;
  }

  bool is_ready() override {
    return buffer_.find('\n', begin_) != std::string::npos || input_->is_ready();
  }

  long number() const override { return number_; }

 private:
  // What stands behind the last line break, if anything.
  bool last(std::string& line) {
    line = std::exchange(buffer_, {});
    if (line.empty()) return false;
    if (line.back() == '\r') line.pop_back();
    ++number_;
    return true;
  }

  std::unique_ptr<Input> input_;
  std::string buffer_;
  std::size_t begin_ = 0;
  long number_ = 0;
};

}  // namespace

Input::Input(const std::string& path, const std::function<void()>& on_terminal)
    : shown_(path), descriptor_(STDIN_FILENO), is_owned_(false) {
  if (path.empty()) throw Error(ErrorKind::Usage, "the name of an input file is empty");
  if (path == "-") {
    shown_ = "stdin";
    if (is_terminal(STDIN_FILENO) && on_terminal) on_terminal();
    return;
  }
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor_ < 0 && errno == EINTR && was_interrupted()) throw Interrupted{};
  if (descriptor_ < 0)
    throw Error(ErrorKind::Resource, std::string("cannot open: ") + std::strerror(errno)).at(path);
  is_owned_ = true;
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(descriptor_);
    throw Error(ErrorKind::Resource, "is a directory, a file is needed")
        .at(path)
        .hint("name a file in it");
  }
}

Input::~Input() {
  if (is_owned_) ::close(descriptor_);
}

bool Input::read_more(std::string& buffer) {
  const std::size_t before = buffer.size();
  buffer.resize(before + kPieceBytes);
  for (;;) {
    if (was_interrupted()) throw Interrupted{};
    const ssize_t count = ::read(descriptor_, buffer.data() + before, kPieceBytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw Error(ErrorKind::Resource, std::string("cannot read: ") + std::strerror(errno))
          .at(shown_);
    buffer.resize(before + static_cast<std::size_t>(count));
    return count > 0;
  }
}

bool Input::is_ready() const {
  pollfd waiting{.fd = descriptor_, .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 0) != 0;  // the end and errors are for read_more() to meet
}

std::string read_whole(Input& input) {
  std::string bytes;
  while (input.read_more(bytes)) {
  }
  return bytes;
}

std::unique_ptr<Context::Lines> lines_of(std::unique_ptr<Input> input) {
  return std::make_unique<InputLines>(std::move(input));
}

}  // namespace tenon::cli
